// Values inside a decoded message, by path, and comparing them with what a filter's text says.
import type { Step } from "./lexer.js";

/**
 * All values at a path of protobuf JSON: a name goes into each element of a list.
 * @param steps names as in JSON or as in the .proto file; numbers for places in lists
 */
export function valuesAt(json: unknown, steps: readonly Step[]): readonly unknown[] {
  let level: readonly unknown[] = [json];
  for (const step of steps) {
    const below: unknown[] = [];
    for (const value of level) {
      if (typeof step === "number") {
        if (Array.isArray(value) && step < value.length) below.push(value[step]);
        else addMember(below, value, String(step));
      } else {
        for (const one of elements(value)) addMember(below, one, step);
      }
    }
    if (below.length === 0) return below;
    level = below;
  }
  return level.flatMap(elements).filter((value) => value !== null && value !== undefined);
}

/** Those of a list, of lists in lists too: JSON of google.protobuf.ListValue has them. */
function elements(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value.flat(20) as unknown[]) : [value];
}

function addMember(values: unknown[], value: unknown, name: string): void {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return;
  const members = value as Readonly<Record<string, unknown>>;
  if (Object.hasOwn(members, name)) values.push(members[name]);
  else {
    const camel = inJson(name);
    if (camel !== name && Object.hasOwn(members, camel)) values.push(members[camel]);
  }
}

/** What a name of a .proto file is in JSON, unless it has a `json_name` of its own. */
export function inJson(name: string): string {
  return name.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** As text; of an object its JSON. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : typeof value === "object" ? JSON.stringify(value) : String(value);
}

const WHOLE = /^-?\d{1,400}$/;
const NUMBER = /^-?\d+(?:\.\d+)?(?:e[-+]?\d+)?$/i;

/**
 * Compares as numbers where both are (64-bit ones are text in JSON, and exact), else as text.
 * @returns below 0, 0 or above 0; NaN for an object, which is like nothing
 */
export function compareValue(value: unknown, literal: string): number {
  if (typeof value === "object") return Number.NaN;
  const text = String(value);
  if (WHOLE.test(text) && WHOLE.test(literal)) {
    const [left, right] = [BigInt(text), BigInt(literal)];
    return left < right ? -1 : left > right ? 1 : 0;
  }
  if (NUMBER.test(text) && NUMBER.test(literal)) return Number(text) - Number(literal);
  return text < literal ? -1 : text > literal ? 1 : 0;
}
