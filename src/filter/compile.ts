// A filter's tree into one closure: names are looked up, values read, and what costs little is asked first.
import type { CallView, MessageContent, MessageTest, ProblemTest } from "./call-view.js";
import { containsTest, numberTest, remembering, textTest, valueTest } from "./compare.js";
import { type Cost, costOf, encodingsOf, type FilterField, metadataOf, typeText } from "./field.js";
import { FILTER_FIELDS, fieldNamed } from "./fields.js";
import type { Step } from "./lexer.js";
import { numberOrSize, readChoice, readCode, readFlag, readNumber, readSize, readTime } from "./literals.js";
import { searchedTexts } from "./message-text.js";
import { textOf, valuesAt } from "./message-values.js";
import { FilterError, orList, quoted } from "./mistake.js";
import { nearestWords } from "./nearest.js";
import { type Operator, operatorNamed, operatorsOf } from "./operators.js";
import { fieldOf } from "./parser.js";
import type { FieldName, FilterNode, Literal } from "./syntax.js";
import { tildeNamed } from "./tildes.js";

export type Predicate = (call: CallView, now: number) => boolean;

/** A part of a filter, and what asking it costs. */
interface Compiled {
  readonly test: Predicate;
  readonly cost: Cost;
}

type Comparison = Extract<FilterNode, { kind: "compare" }>;

export class FilterCompiler {
  readonly needs = {
    fields: false,
    messages: false,
    problems: false,
    schema: false,
    time: "never" as "never" | "open" | "always",
  };
  #tests = 0;

  /** @throws FilterError */
  compile(node: FilterNode): Compiled {
    switch (node.kind) {
      case "all":
        return { test: () => true, cost: 0 };
      case "and":
        return all(node.parts.map((part) => this.compile(part)));
      case "or":
        return any(node.parts.map((part) => this.compile(part)));
      case "not": {
        const { test, cost } = this.compile(node.part);
        return { test: (call, now) => !test(call, now), cost };
      }
      case "word": {
        const contains = remembering(containsTest(node.value.text));
        return { test: (call) => contains(call.method), cost: 0 };
      }
      case "has":
        return this.#has(node.field);
      case "compare":
        return this.#compare(node);
      case "tilde":
        return this.#tilde(node.name.text, node.value);
    }
  }

  #tilde(name: string, value: Literal | undefined): Compiled {
    const { fields, argument } = tildeNamed(name)!;
    if (fields.length === 0) return { test: () => true, cost: 0 };
    const parts = fields.map((text) => {
      const steps = text.split(".");
      if (value === undefined) return this.#has({ text, steps, span: [0, 0] });
      const field = fieldNamed(text)!;
      const literal = argument === "pattern" ? { ...value, text: anyCase(value.text) } : value;
      return this.#compareField(field, [], argument === "pattern" ? "=~" : "==", [literal]);
    });
    return any(parts);
  }

  #has(name: FieldName): Compiled {
    const field = fieldOf(name)!;
    this.#need(field);
    const cost = costOf(field);
    switch (field.from) {
      case "call":
        return { test: hasOf(field), cost };
      case "fields": {
        const key = keyOf(field, name);
        return { test: (call) => metadataOf(call, field.parts, key).length > 0, cost };
      }
      case "encoding":
        return { test: (call) => encodingsOf(call).length > 0, cost };
      case "problem":
        return this.#problem(field.drifts, () => true);
      case "message": {
        const steps = pathOf(field, name);
        return this.#message(field.side, steps, (values) => values.length > 0);
      }
      case "message-number":
        return this.#messageTest(field.side, undefined, (message) => (field.read(message) ?? 0) > 0);
    }
  }

  #compare({ field: name, operator, values }: Comparison): Compiled {
    const field = fieldOf(name);
    if (field === undefined) throw unknownField(name);
    const known = operatorNamed(operator.text)!;
    checkOperator(field, name, known, operator.span);
    const steps =
      field.from === "message" ? pathOf(field, name) : field.from === "fields" ? [keyOf(field, name) ?? ""] : [];
    return this.#compareField(field, steps, operator.text, values);
  }

  /** @param steps the path within a message; the name of metadata, "" for all */
  #compareField(field: FilterField, steps: readonly Step[], operator: string, values: readonly Literal[]): Compiled {
    this.#need(field);
    const cost = costOf(field);
    switch (field.from) {
      case "call":
        return { test: callTest(field, operator, values), cost };
      case "fields": {
        const test = textTest(operator, values);
        const key = String(steps[0] ?? "") || undefined;
        return { test: (call) => metadataOf(call, field.parts, key).some(test), cost };
      }
      case "encoding": {
        const test = textTest(operator, values);
        return { test: (call) => encodingsOf(call).some(test), cost };
      }
      case "problem":
        return this.#problem(field.drifts, textTest(operator, values));
      case "message": {
        const plain = values.map((value) => (value.quoted ? value : { ...value, text: plainNumber(value.text) }));
        const test = valueTest(operator, operator === "=~" || operator === "contains" ? values : plain);
        return this.#message(field.side, steps, (found) => found.some(test));
      }
      case "message-number": {
        const test = numberTest(operator, values.map(NUMBERS[field.type]));
        return this.#messageTest(field.side, undefined, (message) => {
          const value = field.read(message);
          return value !== undefined && test(value);
        });
      }
    }
  }

  /** @param steps the first may say which message */
  #message(side: MessageTest["side"], steps: readonly Step[], test: (values: readonly unknown[]) => boolean): Compiled {
    const index = typeof steps[0] === "number" ? steps[0] : undefined;
    const path = index === undefined ? steps : steps.slice(1);
    return this.#messageTest(side, index, (message) => {
      // The whole message is its text, even when no schema knows it.
      if (path.length === 0) return test(searchedTexts(message.text));
      return message.json !== undefined && test(valuesAt(message.json, path));
    });
  }

  #messageTest(
    side: MessageTest["side"],
    index: number | undefined,
    matches: (message: MessageContent) => boolean,
  ): Compiled {
    const test: MessageTest = { id: this.#tests++, side, index, matches };
    return { test: (call) => call.someMessage(test), cost: 2 };
  }

  #problem(drifts: "also" | "only", matches: (code: string) => boolean): Compiled {
    const drift = this.#messageTest(undefined, undefined, (message) => message.drifts.some(matches));
    if (drifts === "only") return drift;
    const test: ProblemTest = { id: this.#tests++, matches };
    return any([{ test: (call) => call.someProblem(test), cost: 2 }, drift]);
  }

  #need(field: FilterField): void {
    const { needs } = this;
    if (field.from === "fields" || field.from === "encoding" || (field.from === "call" && field.cost > 0))
      needs.fields = true;
    if (field.from === "message" || field.from === "message-number") needs.messages = true;
    if (field.from === "problem") {
      needs.messages = true;
      if (field.drifts === "also") needs.problems = true;
    }
    if (field.isOfSchema === true) needs.schema = true;
    if (field.time === "always" || (field.time === "open" && needs.time === "never")) needs.time = field.time;
  }
}

const NUMBERS = { number: readNumber, bytes: readSize, duration: readTime } as const;

type CallField = Extract<FilterField, { from: "call" }>;

function hasOf(field: CallField): Predicate {
  switch (field.type) {
    case "flag":
      return (call) => field.read(call);
    case "number":
    case "bytes":
      return (call, now) => (field.read(call, now) ?? 0) > 0;
    case "duration":
      return (call, now) => field.read(call, now) !== undefined;
    case "code":
      return (call) => field.read(call) !== undefined;
    default:
      return (call) => (field.read(call) ?? "") !== "";
  }
}

/** What is missing makes every comparison false. */
function callTest(field: CallField, operator: string, values: readonly Literal[]): Predicate {
  switch (field.type) {
    case "number":
    case "bytes":
    case "duration": {
      const test = numberTest(operator, values.map(NUMBERS[field.type]));
      return (call, now) => {
        const value = field.read(call, now);
        return value !== undefined && test(value);
      };
    }
    case "code": {
      const test = numberTest(
        operator,
        values.map((value) => readCode(value, field.names)),
      );
      return (call) => {
        const code = field.read(call);
        return code !== undefined && test(code);
      };
    }
    case "flag": {
      const wanted = readFlag(values[0]!) === (operator === "==");
      return (call) => field.read(call) === wanted;
    }
    case "choice": {
      const known = values.map((value) => ({ ...value, text: readChoice(value, field.values) }));
      const test = textTest(operator, known);
      return (call) => {
        const value = field.read(call);
        return value !== undefined && test(value);
      };
    }
    case "text": {
      const isWhole = operator === "==" || operator === "!=" || operator === "in";
      const literals = field.isPath === true && isWhole ? values.map(withSlash) : values;
      const test = field.cost === 0 ? remembering(textTest(operator, literals)) : textTest(operator, literals);
      return (call) => {
        const text = field.read(call);
        return text !== undefined && test(text);
      };
    }
  }
}

/** Views leave the first slash of a method out. */
function withSlash(literal: Literal): Literal {
  return literal.text.startsWith("/") ? literal : { ...literal, text: `/${literal.text}` };
}

function anyCase(pattern: string): string {
  return pattern.startsWith("(?i)") ? pattern : `(?i)${pattern}`;
}

/** "1KiB" as the number that it is; other text as it is. */
function plainNumber(text: string): string {
  const value = /[a-z]$/i.test(text) ? numberOrSize(text) : undefined;
  return value === undefined ? text : String(value);
}

function all(parts: readonly Compiled[]): Compiled {
  const tests = byCost(parts);
  const [first, second] = tests;
  const cost = costOfAll(parts);
  if (tests.length === 2) return { test: (call, now) => first!(call, now) && second!(call, now), cost };
  return { test: (call, now) => tests.every((test) => test(call, now)), cost };
}

function any(parts: readonly Compiled[]): Compiled {
  const tests = byCost(parts);
  const [first, second] = tests;
  const cost = costOfAll(parts);
  if (tests.length === 1) return { test: first!, cost };
  if (tests.length === 2) return { test: (call, now) => first!(call, now) || second!(call, now), cost };
  return { test: (call, now) => tests.some((test) => test(call, now)), cost };
}

function byCost(parts: readonly Compiled[]): readonly Predicate[] {
  return [...parts].sort((a, b) => a.cost - b.cost).map(({ test }) => test);
}

function costOfAll(parts: readonly Compiled[]): Cost {
  return Math.max(0, ...parts.map(({ cost }) => cost)) as Cost;
}

function checkOperator(field: FilterField, name: FieldName, operator: Operator, span: FieldName["span"]): void {
  if (operator.types.includes(field.type)) return;
  const names = operatorsOf(field.type).map((known) => known.name);
  throw new FilterError(
    `${quoted(operator.name)} does not work on ${quoted(name.text)} (${typeText(field)}); expected ${orList(names)}`,
    span,
  );
}

/** @returns what follows the field's own name */
function pathOf(field: FilterField, name: FieldName): readonly Step[] {
  const steps = name.steps.slice(field.name.split(".").length);
  if (steps.some((step) => step === ""))
    throw new FilterError(`${quoted(name.text)} has an empty name in it`, name.span);
  return steps;
}

function keyOf(field: FilterField, name: FieldName): string | undefined {
  const key = pathOf(field, name)[0];
  return key === undefined ? undefined : textOf(key).toLowerCase();
}

function unknownField(name: FieldName): FilterError {
  const near = nearestFields(name.text);
  const text = `unknown field ${quoted(name.text)}`;
  return near.length > 0
    ? new FilterError(text, name.span, near)
    : new FilterError(`${text}; to look for it in methods write it alone`, name.span);
}

/** By their names and by what others call them. */
function nearestFields(word: string): readonly string[] {
  const names = new Map<string, string>();
  for (const { name, aliases = [] } of FILTER_FIELDS) {
    names.set(name, name);
    for (const alias of aliases) if (!names.has(alias)) names.set(alias, name);
  }
  return [...new Set(nearestWords(word, [...names.keys()]).map((near) => names.get(near)!))];
}
