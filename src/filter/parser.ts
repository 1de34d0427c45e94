// Reads a filter's text into a tree, and tells on the way what could stand at its end (for completion).
import { fieldNamed } from "./fields.js";
import { type LexMode, readToken, type Token } from "./lexer.js";
import { isNumber, isUnitOf } from "./literals.js";
import { FilterError, orList, quoted, type Span } from "./mistake.js";
import { nearestWords } from "./nearest.js";
import { operatorNamed, operatorsOf } from "./operators.js";
import type { FieldName, FilterNode, Literal } from "./syntax.js";
import { TILDES, tildeNamed } from "./tildes.js";

/** No person writes more, and a page of text would show none of it. */
export const MAX_FILTER_CHARS = 4000;
/** Parentheses and negations within each other: the parser calls itself for each. */
const MAX_DEPTH = 64;

/** What may stand where the text ends. */
export type Expected =
  | { readonly what: "term"; readonly from: number; readonly joins: boolean }
  | { readonly what: "operator"; readonly from: number; readonly field: FieldName }
  | { readonly what: "value"; readonly from: number; readonly field: FieldName | undefined; readonly tilde?: string };

const WORDS: ReadonlyMap<string, string> = new Map([
  ["and", "&&"],
  ["or", "||"],
  ["&", "&&"],
  ["|", "||"],
]);
/** What other languages write. */
const MEANT: ReadonlyMap<string, string> = new Map([
  ["=", "=="],
  ["~", "=~"],
  ["===", "=="],
  ["<>", "!="],
  ["is", "=="],
  ["eq", "=="],
  ["ne", "!="],
  ["lt", "<"],
  ["gt", ">"],
  ["matches", "=~"],
  ["like", "contains"],
  ["has", "contains"],
]);

export class FilterParser {
  readonly #text: string;
  #at = 0;
  /** The first thing that was expected where the text ends; set while reading. */
  expected: Expected | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  /** @throws FilterError */
  parse(): FilterNode {
    if (this.#text.length > MAX_FILTER_CHARS) {
      const span: Span = [MAX_FILTER_CHARS, this.#text.length];
      throw new FilterError(`filter has ${this.#text.length} characters; ${MAX_FILTER_CHARS} at most`, span);
    }
    if (this.#peek("term").kind === "end") {
      this.#expect({ what: "term", from: this.#text.length, joins: false }, this.#peek("term"));
      return { kind: "all" };
    }
    const node = this.#or(0);
    const rest = this.#peek("term");
    if (rest.kind !== "end")
      throw new FilterError(`${quoted(rest.text)} without ${rest.text === ")" ? '"("' : "a condition"}`, rest.span);
    return node;
  }

  #or(depth: number): FilterNode {
    const parts = [this.#and(depth)];
    while (this.#takeJoiner("||")) parts.push(this.#and(depth));
    return parts.length === 1 ? parts[0]! : { kind: "or", parts };
  }

  #and(depth: number): FilterNode {
    const parts = [this.#not(depth)];
    for (;;) {
      const next = this.#peek("term");
      this.#expect({ what: "term", from: next.kind === "end" ? this.#text.length : next.span[0], joins: true }, next);
      if (this.#takeJoiner("&&") || startsTerm(next)) parts.push(this.#not(depth));
      else break;
    }
    return parts.length === 1 ? parts[0]! : { kind: "and", parts };
  }

  /** Negations are counted, not called: "!!!!" is no nesting. */
  #not(depth: number): FilterNode {
    let not = false;
    for (;;) {
      const token = this.#peek("term");
      const isWord = token.kind === "word" && token.text === "not" && startsTerm(this.#after(token));
      if (!isWord && !(token.kind === "symbol" && token.text === "!")) break;
      this.#at = token.span[1];
      not = !not;
    }
    const part = this.#term(depth);
    return not ? { kind: "not", part } : part;
  }

  #term(depth: number): FilterNode {
    const token = this.#next("term", { what: "term", from: 0, joins: false });
    switch (token.kind) {
      case "tilde":
        return this.#tilde(token);
      case "string":
        return { kind: "word", value: literal(token) };
      case "word":
        return this.#word(token);
      case "symbol":
        if (token.text === "(") return this.#group(token, depth);
        throw this.#badTerm(token);
      default:
        throw new FilterError(
          this.#text.trim() === "" ? "expected a condition" : "expected a condition after this",
          token.span,
        );
    }
  }

  #group(open: Token, depth: number): FilterNode {
    if (depth >= MAX_DEPTH) throw new FilterError(`parentheses within more than ${MAX_DEPTH} parentheses`, open.span);
    const node = this.#or(depth + 1);
    if (!this.#takeSymbol(")")) throw new FilterError('"(" without ")"', open.span);
    return node;
  }

  #word(token: Token): FilterNode {
    const field = nameOf(token);
    const known = resolves(field);
    const mark = this.#at;
    const next = this.#peek("term");
    if (known || next.kind !== "end") this.#expectOperator(next, field, known);
    const operator = this.#takeOperator(known);
    if (operator !== undefined) return { kind: "compare", field, operator, values: this.#values(operator.text, field) };
    this.#at = mark;
    // "status OK": an operator is missing, not two words; but "error duration > 1s" is two conditions.
    const isWord = next.kind === "word" && !WORDS.has(next.text) && next.text !== "not";
    const isNextField = isWord && resolvedType(field) === "flag" && resolves(nameOf(next));
    if (known && (next.kind === "string" || (isWord && !isNextField))) throw this.#missingOperator(field, next);
    return known ? { kind: "has", field } : { kind: "word", value: literal(token) };
  }

  #expectOperator(next: Token, field: FieldName, known: boolean): void {
    if (!known && next.kind !== "symbol") return;
    const from = next.kind === "end" ? this.#text.length : next.span[0];
    this.#expect({ what: "operator", from, field }, next);
  }

  /** @param known whether a field stands before it: only then can a word that is no operator be meant for one */
  #takeOperator(known: boolean): { readonly text: string; readonly span: Span } | undefined {
    const token = this.#peek("term");
    if (token.kind !== "word" && token.kind !== "symbol") return undefined;
    if (operatorNamed(token.text) !== undefined && (token.kind === "symbol" || known || this.#followedByValue(token))) {
      this.#at = token.span[1];
      return { text: token.text, span: token.span };
    }
    const meant = MEANT.get(token.text);
    const wrong = token.kind === "symbol" ? meant !== undefined : known && meant !== undefined;
    if (wrong) throw new FilterError(`${quoted(token.text)} is no operator`, token.span, [meant!]);
    return undefined;
  }

  /** "st contains x" is a comparison with a field that is misspelt; "users in" is two words. */
  #followedByValue(operator: Token): boolean {
    const next = this.#after(operator);
    if (operator.text === "in") return next.kind === "symbol" && (next.text === "(" || next.text === "[");
    return next.kind === "word" || next.kind === "string";
  }

  #values(operator: string, field: FieldName): readonly Literal[] {
    if (operator !== "in") return [this.#value(operator === "=~" ? "pattern" : "value", operator, field)];
    const open = this.#next("value", { what: "value", from: 0, field });
    if (open.kind !== "symbol" || (open.text !== "(" && open.text !== "["))
      throw new FilterError('expected "(" after in, as in: status in (NOT_FOUND, 13)', open.span);
    const close = open.text === "(" ? ")" : "]";
    const values: Literal[] = [];
    for (;;) {
      if (this.#takeSymbol(close)) break;
      values.push(this.#value("value", values.length === 0 ? open.text : ",", field));
      this.#takeSymbol(",");
    }
    if (values.length === 0) throw new FilterError("expected a value in the list", [open.span[0], this.#at]);
    return values;
  }

  #value(mode: LexMode, after: string, field: FieldName): Literal {
    const token = this.#next(mode, { what: "value", from: 0, field });
    if (token.kind === "word") return this.#withUnit(literal(token), field);
    if (token.kind === "string") return literal(token);
    if (token.kind === "end") throw new FilterError(`expected a value after ${quoted(after)}`, token.span);
    throw new FilterError(
      `expected a value after ${quoted(after)}; ${quoted(token.text)} must be in quotes to be one`,
      token.span,
    );
  }

  /** "100 ms" is one value; of the words that may stand behind a number, only a unit of the field's is no condition of its own. */
  #withUnit(value: Literal, field: FieldName): Literal {
    const next = this.#peek("term");
    if (next.kind !== "word" || !isUnitOf(next.text, resolvedType(field)) || !isNumber(value.text)) return value;
    // "duration > 100 m == 5" is about a field m, even where there is none.
    if (operatorNamed(this.#after(next).text) !== undefined) return value;
    this.#at = next.span[1];
    return { text: `${value.text} ${next.text}`, quoted: false, span: [value.span[0], next.span[1]] };
  }

  #tilde(token: Token): FilterNode {
    const tilde = tildeNamed(token.text);
    if (tilde === undefined) {
      const names = TILDES.map(({ name }) => `~${name}`);
      const near = nearestWords(`~${token.text}`, names);
      const message =
        near.length === 0
          ? `unknown operator ~${token.text}; there are ${names.join(" ")}`
          : `unknown operator ~${token.text}`;
      throw new FilterError(message, token.span, near);
    }
    if (tilde.argument === undefined) return { kind: "tilde", name: token, value: undefined };
    const mode = tilde.argument === "pattern" ? "pattern" : "value";
    const value = this.#next(mode, { what: "value", from: 0, field: undefined, tilde: tilde.name });
    if (value.kind === "word" || value.kind === "string") return { kind: "tilde", name: token, value: literal(value) };
    throw new FilterError(
      `expected a ${tilde.argument === "pattern" ? "pattern" : "status"} after ~${tilde.name}`,
      value.span,
    );
  }

  #badTerm(token: Token): FilterError {
    if (operatorNamed(token.text) !== undefined)
      return new FilterError(
        `expected a field before ${quoted(token.text)}, as in: status ${token.text} …`,
        token.span,
      );
    return new FilterError(`${quoted(token.text)} where a condition should begin`, token.span);
  }

  #missingOperator(field: FieldName, next: Token): FilterError {
    const names = operatorsOf(resolvedType(field)).map(({ name }) => name);
    return new FilterError(
      `expected ${orList(names)} between ${quoted(field.text)} and ${quoted(next.text)}`,
      next.span,
    );
  }

  #takeJoiner(joiner: "&&" | "||"): boolean {
    const token = this.#peek("term");
    if (token.kind !== "symbol" && token.kind !== "word") return false;
    const symbol = WORDS.get(token.text) ?? token.text;
    if (symbol !== joiner) return false;
    this.#at = token.span[1];
    return true;
  }

  #takeSymbol(symbol: string): boolean {
    const token = this.#peek("value");
    if (token.kind !== "symbol" || token.text !== symbol) return false;
    this.#at = token.span[1];
    return true;
  }

  #next(mode: LexMode, expected: Expected): Token {
    const token = this.#peek(mode);
    const from = token.kind === "end" ? this.#text.length : token.span[0];
    this.#expect({ ...expected, from }, token);
    this.#at = token.span[1];
    return token;
  }

  /** Notes what was expected at the end of the text, when this token reaches it. */
  #expect(expected: Expected, token: Token): void {
    if (token.span[1] !== this.#text.length) return;
    const { expected: first } = this;
    // A whole symbol is followed by a value: "status ==" wants one.
    const afterSymbol = first?.what === "operator" && expected.what === "value" && !/\w$/.test(this.#text);
    if (first === undefined || afterSymbol) this.expected = expected;
  }

  #peek(mode: LexMode): Token {
    return readToken(this.#text, this.#at, mode);
  }

  #after(token: Token): Token {
    return readToken(this.#text, token.span[1], "term");
  }
}

function literal(token: Token): Literal {
  return { text: token.text, quoted: token.kind === "string", span: token.span };
}

function startsTerm(token: Token): boolean {
  if (token.kind === "symbol") return token.text === "(" || token.text === "!";
  return token.kind === "tilde" || token.kind === "string" || (token.kind === "word" && !WORDS.has(token.text));
}

function nameOf({ text, steps, span }: Token): FieldName {
  return { text, steps: steps ?? text.split("."), span };
}

/** Whether it names a field, whatever its path. */
function resolves(field: FieldName): boolean {
  return fieldOf(field) !== undefined;
}

function resolvedType(field: FieldName) {
  return fieldOf(field)?.type ?? "text";
}

/** The field with the longest name that the steps begin with, as far as names go without brackets. */
export function fieldOf(name: FieldName) {
  const names: string[] = [];
  for (const step of name.steps) {
    if (typeof step === "number") break;
    names.push(step);
  }
  for (let length = Math.min(names.length, 3); length > 0; length--) {
    const field = fieldNamed(names.slice(0, length).join("."));
    if (field === undefined) continue;
    const rest = name.steps.length - length;
    const takesRest = field.from === "message" || (field.from === "fields" && rest <= 1);
    if (rest === 0 || takesRest) return field;
  }
  return undefined;
}
