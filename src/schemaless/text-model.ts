// How many bits text costs: a chain over classes of characters, made by hand from identifiers, sentences, URLs and JSON.

/** Classes: start, lower case, upper case, digit, space, joiner, other ASCII mark, line end or tab, control, beyond ASCII. */
const CLASSES = "^aA0_.!ncu";
const CONTROL = CLASSES.indexOf("c");
const BEYOND = CLASSES.indexOf("u");

/** Bits to choose one character of its class; letters come as often as they do in English. */
const WITHIN = [0, 4.25, 4.4, 3.32, 0, 2.4, 4.4, 0.6, 5, 0];
/** What a change of class that is not listed costs. */
const RARE = 13;
/** Bits for the class of a character after a character of another. */
const FOLLOWS: Readonly<Record<string, string>> = {
  "^": "a1.1 A1.9 03.2 _8 .5 !5.5 n10 c11 u4",
  a: "a.3 A4.2 04.2 _3.6 .3.2 !5 n7 c13 u6",
  A: "a1.0 A1.4 03.5 _5 .4.5 !5.5 n7 c13 u7",
  0: "a2.6 A4 0.8 _5 .3 !4.5 n7 c13 u8",
  _: "a.6 A2.5 03.2 _4.5 .5 !3.5 n7 c13 u5",
  ".": "a1.2 A3 02 _3 .3 !4 n6.5 c13 u7",
  "!": "a1.6 A3 02.8 _3 .3 !2 n4 c13 u6",
  n: "a2 A2.5 03 _1.6 .4 !2.5 n2.5 c11 u4",
  c: "a2 A2.5 02.5 _4 .3.5 !2 n5 c3 u5",
  u: "a5 A6 06 _3.5 .5 !5 n7 c13 u.25",
};

const SIZE = CLASSES.length;
const BITS = new Float64Array(SIZE * SIZE).fill(RARE);
for (const [from, row] of Object.entries(FOLLOWS)) {
  for (const entry of row.split(" "))
    BITS[CLASSES.indexOf(from) * SIZE + CLASSES.indexOf(entry[0]!)] = Number.parseFloat(entry.slice(1));
}
for (let at = 0; at < BITS.length; at++) BITS[at]! += WITHIN[at % SIZE]!;

const CLASS_OF = Uint8Array.from({ length: 128 }, (_, code) => CLASSES.indexOf(classOf(code)));

function classOf(code: number): string {
  const char = String.fromCharCode(code);
  if (/[a-z]/.test(char)) return "a";
  if (/[A-Z]/.test(char)) return "A";
  if (/[0-9]/.test(char)) return "0";
  if (char === " ") return "_";
  // Escape begins what terminals obey, and stands in logs as often as line ends do.
  if (/[\n\t\r\x1b]/.test(char)) return "n";
  if ("-_./:,=@".includes(char)) return ".";
  return code > 32 && code < 127 ? "!" : "c";
}

const NOT_TEXT = /[\p{Cn}\p{Co}\p{Cc}\p{Cs}]/u;
const INVISIBLE = /\p{Cf}/u;
const NOT_TEXT_BITS = 20;
const INVISIBLE_BITS = 6;
/** Bits and one more by code point, filled as they are met; of 1.1 MB text uses little, and so much memory is taken. */
let strangeness: Uint8Array | undefined;
const CODE_POINTS = 0x110000;

function strangeBits(code: number): number {
  strangeness ??= new Uint8Array(CODE_POINTS);
  const known = strangeness[code]!;
  if (known > 0) return known - 1;
  const char = String.fromCodePoint(code);
  const bits = NOT_TEXT.test(char) ? NOT_TEXT_BITS : INVISIBLE.test(char) ? INVISIBLE_BITS : 0;
  strangeness[code] = bits + 1;
  text.asked++;
  return bits;
}

/** A character beyond ASCII costs less near the one before: scripts are blocks of 128, or large and of their own. */
function blockBits(code: number, before: number): number {
  if (before !== 0) {
    if (code >> 7 === before >> 7) return 6;
    if (isHan(code) && isHan(before)) return 11;
    if (isHangul(code) && isHangul(before)) return 10.5;
  }
  return code < 0x800 ? 10 : 13;
}

function isHan(code: number): boolean {
  return code >= 0x4e00 && code < 0xa000;
}

function isHangul(code: number): boolean {
  return code >= 0xac00 && code < 0xd7b0;
}

/** What the last {@link textBits} met. */
export const text = {
  hasControls: false,
  isAscii: true,
  /** Characters that were met for the first time: each takes as long as {@link ASKED_STEPS} octets. */
  asked: 0,
};

export const ASKED_STEPS = 256;

/**
 * Bits of the octets as text.
 * @param last whether the octets end at `end`; else a character may be cut there
 * @returns Infinity when they are not UTF-8
 */
export function textBits(bytes: Uint8Array, start: number, end: number, last: boolean): number {
  let bits = 0;
  let previous = 0;
  let before = 0;
  text.hasControls = false;
  text.isAscii = true;
  text.asked = 0;
  for (let at = start; at < end; ) {
    const octet = bytes[at]!;
    if (octet < 0x80) {
      const kind = CLASS_OF[octet]!;
      bits += BITS[previous * SIZE + kind]!;
      if (kind === CONTROL) text.hasControls = true;
      previous = kind;
      at++;
      continue;
    }
    text.isAscii = false;
    const more = octet < 0xc2 ? -1 : octet < 0xe0 ? 1 : octet < 0xf0 ? 2 : octet < 0xf5 ? 3 : -1;
    if (more < 0) return Number.POSITIVE_INFINITY;
    if (at + more >= end) return last ? Number.POSITIVE_INFINITY : bits;
    let code = octet & (0x3f >> more);
    for (let k = 1; k <= more; k++) {
      const next = bytes[at + k]!;
      if ((next & 0xc0) !== 0x80) return Number.POSITIVE_INFINITY;
      code = (code << 6) | (next & 0x3f);
    }
    // RFC 3629 §3: no overlong forms, no surrogates, nothing beyond U+10FFFF.
    if (more === 2 && (code < 0x800 || (code >= 0xd800 && code < 0xe000))) return Number.POSITIVE_INFINITY;
    if (more === 3 && (code < 0x10000 || code > 0x10ffff)) return Number.POSITIVE_INFINITY;
    bits += BITS[previous * SIZE + BEYOND]! + strangeBits(code) + blockBits(code, before);
    before = code;
    previous = BEYOND;
    at += more + 1;
  }
  return bits;
}
