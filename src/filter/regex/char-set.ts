// Sets of UTF-16 code units as sorted ranges, for regular expressions (ECMA-262, "CharacterClassEscape").

/** Ranges as [first, last, first, last …], sorted, apart from each other. */
export type CharSet = readonly number[];

const LAST = 0xffff;

export const DIGITS: CharSet = [0x30, 0x39];
export const WORD: CharSet = [0x30, 0x39, 0x41, 0x5a, 0x5f, 0x5f, 0x61, 0x7a];
export const SPACE: CharSet = [
  0x09, 0x0d, 0x20, 0x20, 0xa0, 0xa0, 0x1680, 0x1680, 0x2000, 0x200a, 0x2028, 0x2029, 0x202f, 0x202f, 0x205f, 0x205f,
  0x3000, 0x3000, 0xfeff, 0xfeff,
];
/** What `.` stands for: all but line ends. */
export const ANY: CharSet = negate([0x0a, 0x0a, 0x0d, 0x0d, 0x2028, 0x2029]);

/** @param ranges in any order, overlapping or not */
export function charSet(ranges: readonly number[]): CharSet {
  const pairs: (readonly [number, number])[] = [];
  for (let at = 0; at < ranges.length; at += 2) pairs.push([ranges[at]!, ranges[at + 1]!]);
  pairs.sort((a, b) => a[0] - b[0]);
  const set: number[] = [];
  for (const [first, last] of pairs) {
    if (set.length > 0 && first <= set[set.length - 1]! + 1) set[set.length - 1] = Math.max(set[set.length - 1]!, last);
    else set.push(first, last);
  }
  return set;
}

export function negate(set: CharSet): CharSet {
  const out: number[] = [];
  let from = 0;
  for (let at = 0; at < set.length; at += 2) {
    if (set[at]! > from) out.push(from, set[at]! - 1);
    from = set[at + 1]! + 1;
  }
  if (from <= LAST) out.push(from, LAST);
  return out;
}

/** Letters beyond ASCII are looked at one by one, in ranges up to this. */
const MAX_FOLDED = 512;

/** Adds the other case of letters, as the flag `i` has it (ECMA-262, "Canonicalize"); in long ranges of ASCII's only. */
export function foldCase(set: CharSet): CharSet {
  const ranges = [...set];
  for (let at = 0; at < set.length; at += 2) {
    addShifted(ranges, set[at]!, set[at + 1]!, 0x41, 0x5a, 32);
    addShifted(ranges, set[at]!, set[at + 1]!, 0x61, 0x7a, -32);
    const last = Math.min(set[at + 1]!, set[at]! + MAX_FOLDED);
    for (let code = Math.max(set[at]!, 0x80); code <= last; code++) addOtherCase(ranges, String.fromCharCode(code));
  }
  return charSet(ranges);
}

function addOtherCase(ranges: number[], char: string): void {
  for (const other of [char.toUpperCase(), char.toLowerCase()]) {
    const code = other.charCodeAt(0);
    if (other.length === 1 && code >= 0x80 && other.toUpperCase() === char.toUpperCase()) ranges.push(code, code);
  }
}

function addShifted(ranges: number[], first: number, last: number, from: number, to: number, by: number): void {
  const low = Math.max(first, from);
  const high = Math.min(last, to);
  if (low <= high) ranges.push(low + by, high + by);
}

export function hasChar(set: CharSet, code: number): boolean {
  let low = 0;
  let high = set.length / 2;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (set[middle * 2 + 1]! < code) low = middle + 1;
    else high = middle;
  }
  return low < set.length / 2 && set[low * 2]! <= code;
}
