// Reading .proto tokens with an expectation: each method takes what it names or fails, saying what was expected and what stands there.
import type { AggregateField, OptionNamePart, OptionStatement, OptionValue } from "./parsed-file.js";
import { ParseFailure, Tokenizer, unquote } from "./proto-tokens.js";

/** Messages in messages, and values in values. protoc allows 32 levels of messages. */
export const MAX_NESTING = 64;

export class ProtoCursor {
  readonly #tokens: Tokenizer;
  #depth = 0;

  constructor(source: string) {
    this.#tokens = new Tokenizer(source);
    this.#tokens.next();
  }

  get at(): number {
    return this.#tokens.start;
  }

  get ended(): boolean {
    return this.#tokens.kind === "end";
  }

  fail(expected: string, at = this.at): never {
    const tokens = this.#tokens;
    if (tokens.kind === "bad") throw new ParseFailure(tokens.reason, tokens.start);
    throw new ParseFailure(`expected ${expected}, found ${this.#found()}`, at);
  }

  sees(text: string): boolean {
    return this.#tokens.kind !== "string" && this.#tokens.is(text);
  }

  seesString(): boolean {
    return this.#tokens.kind === "string";
  }

  seesIdentifier(): boolean {
    return this.#tokens.kind === "identifier";
  }

  /** Whether an identifier stands behind the present token, as in `message Foo` against `message = 1`. */
  seesIdentifierNext(): boolean {
    const start = this.at;
    this.#tokens.next();
    const found = this.#tokens.kind === "identifier";
    this.#tokens.rewind(start);
    return found;
  }

  seesNext(text: string): boolean {
    const start = this.at;
    this.#tokens.next();
    const found = this.sees(text);
    this.#tokens.rewind(start);
    return found;
  }

  accept(text: string): boolean {
    if (!this.sees(text)) return false;
    this.#tokens.next();
    return true;
  }

  expect(text: string, where: string): void {
    if (!this.accept(text)) this.fail(`"${text}" ${where}`);
  }

  identifier(what: string): string {
    if (this.#tokens.kind !== "identifier") this.fail(what);
    return this.#taken();
  }

  /** A name with dots; a leading dot is kept. */
  dottedName(what: string): string {
    let name = this.accept(".") ? "." : "";
    name += this.identifier(what);
    while (this.accept(".")) name += `.${this.identifier(`a name after "${name}."`)}`;
    return name;
  }

  /** A whole number, as -1, 0x1f or 017. */
  integer(what: string): bigint {
    const at = this.at;
    const negative = this.accept("-");
    const value = this.#tokens.kind === "number" ? parseInteger(this.#tokens.text()) : undefined;
    if (value === undefined) this.fail(what, at);
    this.#tokens.next();
    return negative ? -value : value;
  }

  /** A whole number within bounds. */
  integerWithin(what: string, min: number, max: number): number {
    const at = this.at;
    const value = this.integer(what);
    if (value < min || value > max) {
      throw new ParseFailure(`expected ${what} from ${min} to ${max}, found ${value}`, at);
    }
    return Number(value);
  }

  /** One or more strings side by side. */
  stringBytes(what: string): Uint8Array {
    if (!this.seesString()) this.fail(what);
    const parts: Uint8Array[] = [];
    while (this.seesString()) {
      const part = unquote(this.#tokens.text());
      if (part === undefined)
        throw new ParseFailure("this string has an escape that is not one of protobuf's", this.at);
      parts.push(part);
      this.#tokens.next();
    }
    return parts.length === 1 ? parts[0]! : concat(parts);
  }

  string(what: string): string {
    return new TextDecoder().decode(this.stringBytes(what));
  }

  /** Runs a part of the grammar that may contain itself. */
  nested<T>(read: () => T): T {
    if (++this.#depth > MAX_NESTING) throw new ParseFailure(`nested deeper than ${MAX_NESTING} levels`, this.at);
    const result = read();
    this.#depth--;
    return result;
  }

  /** `name.(ext.name).part = value` */
  optionStatement(): OptionStatement {
    const at = this.at;
    const path: OptionNamePart[] = [];
    do {
      if (this.accept("(")) {
        path.push({ name: this.dottedName("the name of an extension"), extension: true });
        this.expect(")", "after the extension's name");
      } else {
        path.push({ name: this.identifier("an option's name"), extension: false });
      }
    } while (this.accept("."));
    this.expect("=", "after the option's name");
    return { path, value: this.optionValue(), at };
  }

  optionValue(): OptionValue {
    if (!this.sees("{")) return this.#scalarValue();
    this.#tokens.hashComments = true;
    const value = this.#messageValue("{", "}");
    this.#tokens.hashComments = false;
    this.expect("}", "after the value's last field");
    return value;
  }

  #scalarValue(): OptionValue {
    if (this.seesString()) return { kind: "string", bytes: this.stringBytes("a string") };
    const negative = this.accept("-");
    const kind = this.#tokens.kind;
    if (kind !== "number" && kind !== "identifier") this.fail("a value");
    return { kind, text: this.#taken(), negative };
  }

  /** Reads up to, not over, the closing bracket: what follows it may no longer be text format. */
  #messageValue(open: string, close: string): OptionValue {
    return this.nested(() => {
      this.expect(open, "before the value's fields");
      const fields: AggregateField[] = [];
      while (!this.sees(close)) {
        const at = this.at;
        const name = this.#aggregateName();
        const colon = this.accept(":");
        if (!colon && !this.sees("{") && !this.sees("<")) this.fail(`":" after the field's name`);
        fields.push({ ...name, value: this.#aggregateValue(), at });
        if (!this.accept(",")) this.accept(";");
      }
      return { kind: "message", fields };
    });
  }

  #aggregateName(): OptionNamePart {
    if (!this.accept("[")) return { name: this.identifier("a field's name"), extension: false };
    let name = this.dottedName("the name of an extension or type");
    for (;;) {
      if (this.accept("/")) name += `/${this.dottedName("the name of a type")}`;
      else if (this.accept("-")) name += `-${this.dottedName("the rest of the name")}`;
      else break;
    }
    this.expect("]", "after the name");
    return { name, extension: true };
  }

  #aggregateValue(): OptionValue {
    if (this.sees("{") || this.sees("<")) {
      const close = this.sees("{") ? "}" : ">";
      const value = this.#messageValue(this.sees("{") ? "{" : "<", close);
      this.expect(close, "after the value's last field");
      return value;
    }
    if (!this.accept("[")) return this.#scalarValue();
    return this.nested(() => {
      const items: OptionValue[] = [];
      while (!this.accept("]")) {
        items.push(this.#aggregateValue());
        if (!this.accept(",") && !this.sees("]")) this.fail(`"," or "]" in the list`);
      }
      return { kind: "list", items };
    });
  }

  #taken(): string {
    const text = this.#tokens.text();
    this.#tokens.next();
    return text;
  }

  #found(): string {
    if (this.ended) return "the end of the file";
    const text = this.#tokens.text();
    return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
  }
}

/** A .proto integer: decimal, 0x hexadecimal, 0 octal; undefined for anything else. */
export function parseInteger(text: string): bigint | undefined {
  if (/^0[xX][0-9a-fA-F]+$/.test(text) || /^(0|[1-9][0-9]*)$/.test(text))
    return text.length > 400 ? undefined : BigInt(text);
  return /^0[0-7]+$/.test(text) && text.length < 400 ? BigInt(`0o${text.slice(1)}`) : undefined;
}

/** A .proto number of any form, as a double. */
export function parseFloatText(text: string): number | undefined {
  const integer = parseInteger(text);
  if (integer !== undefined) return Number(integer);
  return /^([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?[fF]?$/.test(text) ? Number.parseFloat(text) : undefined;
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
