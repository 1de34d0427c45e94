// What an operator and its values ask of a number, a text or a value of a message: one closure each.

import { compareValue, textOf } from "./message-values.js";
import { FilterError } from "./mistake.js";
import { Regex } from "./regex/regex.js";
import { RegexMistake } from "./regex/syntax.js";
import type { Literal } from "./syntax.js";

/** Texts whose answers are remembered: methods and their like come again and again. */
const MAX_REMEMBERED = 4096;

export function numberTest(operator: string, values: readonly number[]): (value: number) => boolean {
  const wanted = values[0]!;
  switch (operator) {
    case "==":
      return (value) => value === wanted;
    case "!=":
      return (value) => value !== wanted;
    case "<":
      return (value) => value < wanted;
    case "<=":
      return (value) => value <= wanted;
    case ">":
      return (value) => value > wanted;
    case ">=":
      return (value) => value >= wanted;
    default:
      return (value) => values.includes(value);
  }
}

/** @throws FilterError for a pattern that cannot be read */
export function textTest(operator: string, literals: readonly Literal[]): (text: string) => boolean {
  const literal = literals[0]!;
  const wanted = literal.text;
  switch (operator) {
    case "==":
      return (text) => text === wanted;
    case "!=":
      return (text) => text !== wanted;
    case "contains":
      return containsTest(wanted);
    case "=~": {
      const regex = readRegex(literal);
      return (text) => regex.test(text);
    }
    default: {
      const all = new Set(literals.map(({ text }) => text));
      return (text) => all.has(text);
    }
  }
}

/** In any case. */
export function containsTest(wanted: string): (text: string) => boolean {
  const lower = wanted.toLowerCase();
  return (text) => text.includes(wanted) || text.toLowerCase().includes(lower);
}

/** The same answer for the same text, found once. */
export function remembering(test: (text: string) => boolean): (text: string) => boolean {
  const known = new Map<string, boolean>();
  return (text) => {
    let answer = known.get(text);
    if (answer !== undefined) return answer;
    answer = test(text);
    if (known.size >= MAX_REMEMBERED) known.clear();
    known.set(text, answer);
    return answer;
  };
}

/** @throws FilterError for a pattern that cannot be read */
export function valueTest(operator: string, literals: readonly Literal[]): (value: unknown) => boolean {
  if (operator === "contains" || operator === "=~") {
    const test = textTest(operator, literals);
    return (value) => test(textOf(value));
  }
  const wanted = literals.map(({ text }) => text);
  const order = (value: unknown) => compareValue(value, wanted[0]!);
  switch (operator) {
    case "==":
      return (value) => order(value) === 0;
    case "!=":
      return (value) => typeof value !== "object" && order(value) !== 0;
    case "<":
      return (value) => order(value) < 0;
    case "<=":
      return (value) => order(value) <= 0;
    case ">":
      return (value) => order(value) > 0;
    case ">=":
      return (value) => order(value) >= 0;
    default:
      return (value) => wanted.some((text) => compareValue(value, text) === 0);
  }
}

function readRegex({ text, quoted, span }: Literal): Regex {
  try {
    return new Regex(text);
  } catch (error) {
    if (!(error instanceof RegexMistake)) throw error;
    const from = Math.min(span[0] + (quoted ? 1 : 0) + error.at, span[1] - 1);
    throw new FilterError(`pattern: ${error.message}`, [from, span[1]]);
  }
}
