// Numbers as a user writes them: sizes ("64MiB", "1.5GB", "4096"), seconds, whole numbers.
import { EXIT, FramelensError } from "../src/index.js";

const UNITS: ReadonlyMap<string, number> = new Map([
  ["", 1],
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
/** Timers hold 2^31 - 1 milliseconds, some 24 days. */
const MAX_SECONDS = 2_147_483;

/** @returns octets, a whole number above 0. @throws FramelensError ERR_USAGE */
export function parseSize(option: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim());
  const unit = UNITS.get(match?.[2]?.toLowerCase() ?? "?");
  const bytes = match === null || unit === undefined ? 0 : Math.floor(Number(match[1]) * unit);
  if (!(bytes >= 1 && Number.isSafeInteger(bytes))) throw mistake(option, text, "a size such as 64MiB");
  return bytes;
}

/** @returns seconds above 0, with a fraction. @throws FramelensError ERR_USAGE */
export function parseSeconds(option: string, text: string): number {
  const seconds = decimal(text);
  if (!(seconds > 0 && seconds <= MAX_SECONDS)) {
    throw mistake(option, text, `a number of seconds above 0, ${MAX_SECONDS} at most`);
  }
  return seconds;
}

/** @returns a number above 0. @throws FramelensError ERR_USAGE */
export function parsePositive(option: string, text: string): number {
  const value = decimal(text);
  if (!(value > 0)) throw mistake(option, text, "a number above 0");
  return value;
}

/** @returns a whole number from 0. @throws FramelensError ERR_USAGE */
export function parseWhole(option: string, text: string): number {
  const value = /^\d+$/.test(text.trim()) ? Number(text) : -1;
  if (value < 0 || !Number.isSafeInteger(value)) throw mistake(option, text, "a whole number");
  return value;
}

function decimal(text: string): number {
  return /^(\d+\.?\d*|\.\d+)$/.test(text.trim()) ? Number(text) : Number.NaN;
}

function mistake(option: string, text: string, expected: string): FramelensError {
  return new FramelensError("ERR_USAGE", `--${option} "${text}"; expected ${expected}`, { exitCode: EXIT.usage });
}
