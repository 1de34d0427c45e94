// Values as a filter's text has them: times, sizes, numbers, codes by name or number.
import { FilterError, orList, quoted, type Span } from "./mistake.js";
import { nearestWords } from "./nearest.js";
import type { FieldType } from "./operators.js";
import type { Literal } from "./syntax.js";

/** In ms. */
const TIMES: ReadonlyMap<string, number> = new Map([
  ["ns", 1e-6],
  ["us", 0.001],
  ["µs", 0.001],
  ["μs", 0.001],
  ["ms", 1],
  ["s", 1000],
  ["m", 60_000],
  ["min", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
]);
/** By their name in lower case. */
const SIZES: ReadonlyMap<string, number> = new Map([
  ["b", 1],
  ["k", 1024],
  ["kb", 1000],
  ["kib", 1024],
  ["m", 1024 ** 2],
  ["mb", 1000 ** 2],
  ["mib", 1024 ** 2],
  ["g", 1024 ** 3],
  ["gb", 1000 ** 3],
  ["gib", 1024 ** 3],
]);
export const TIME_UNITS: readonly string[] = ["us", "ms", "s", "m", "h"];
export const SIZE_UNITS: readonly string[] = ["KB", "KiB", "MB", "MiB", "GiB"];

const NUMBER = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d{1,3})?$/i;

export function isNumber(text: string): boolean {
  return NUMBER.test(text);
}

/** Whether a word can stand behind a number of a field of this type. */
export function isUnitOf(word: string, type: FieldType): boolean {
  if (type === "duration") return TIMES.has(word);
  return type === "bytes" && SIZES.has(word.toLowerCase());
}

/** @throws FilterError */
export function readNumber({ text, span }: Literal): number {
  if (!NUMBER.test(text)) throw expected(text, span, "a number");
  return Number(text);
}

/** @returns ms; a number without a unit is ms. @throws FilterError */
export function readTime(literal: Literal): number {
  return withUnit(literal, TIMES, "a time such as 100ms, 2s or 5m");
}

/** @returns bytes; a number without a unit is bytes. @throws FilterError */
export function readSize({ text, quoted: inQuotes, span }: Literal): number {
  return withUnit({ text: text.toLowerCase(), quoted: inQuotes, span }, SIZES, "a size such as 512, 1KiB or 2MB", text);
}

/** @returns undefined for what is neither a number nor a size */
export function numberOrSize(text: string): number | undefined {
  if (NUMBER.test(text)) return Number(text);
  const match = /^([-+]?[\d.]+)([a-z]+)$/i.exec(text);
  const unit = match === null ? undefined : SIZES.get(match[2]!.toLowerCase());
  return unit === undefined || !NUMBER.test(match![1]!) ? undefined : Number(match![1]) * unit;
}

function withUnit(
  { text, span }: Literal,
  units: ReadonlyMap<string, number>,
  what: string,
  shown: string = text,
): number {
  if (NUMBER.test(text)) return Number(text);
  const match = /^([-+]?[\d.]+)\s*([a-zµμ]+)$/i.exec(text);
  if (match === null || !NUMBER.test(match[1]!)) throw expected(shown, span, what);
  const unit = units.get(match[2]!);
  if (unit === undefined) throw new FilterError(`unknown unit ${quoted(match[2]!)}; expected ${what}`, span);
  return Number(match[1]) * unit;
}

/** @param names by code. @throws FilterError */
export function readCode({ text, span }: Literal, names: readonly string[]): number {
  if (/^\d{1,10}$/.test(text)) return Number(text);
  const wanted = plain(text);
  const code = names.findIndex((name) => plain(name) === wanted);
  if (code >= 0) return code;
  throw new FilterError(`${quoted(text)} is none of the names`, span, nearestWords(text, names));
}

/** NotFound and NOT_FOUND are the same, and so are the spellings of cancelled. */
function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[_-]/g, "").replace("cancelled", "canceled");
}

/** @throws FilterError */
export function readChoice({ text, span }: Literal, values: readonly string[]): string {
  const value = values.find((known) => known === text.toLowerCase());
  if (value !== undefined) return value;
  const near = nearestWords(text, values);
  if (near.length > 0) throw new FilterError(`${quoted(text)} is none of the values`, span, near);
  throw expected(text, span, orList(values));
}

/** @throws FilterError */
export function readFlag({ text, span }: Literal): boolean {
  if (/^(?:true|yes|1)$/i.test(text)) return true;
  if (/^(?:false|no|0)$/i.test(text)) return false;
  throw expected(text, span, "true or false");
}

function expected(text: string, span: Span, what: string): FilterError {
  return new FilterError(`${quoted(text)}; expected ${what}`, span);
}
