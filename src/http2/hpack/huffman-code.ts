// The Huffman code of string literals (RFC 7541 Appendix B): lengths as listed there, codes derived from them.

/** Bits of the code of each octet value, and of EOS at 256: the "len" column of Appendix B, sixteen to a row. */
// biome-ignore format: the rows are those of a 16-column table
export const CODE_BITS: readonly number[] = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
  28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
  6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
  5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
  7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
  15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
  6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
  20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
  24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
  22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
  21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
  26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
  19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
  20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
  26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
  30,
];

/** The symbol that never stands in a string; its first bits pad the last octet (RFC 7541 §5.2). */
export const EOS = 256;

const LONGEST_CODE = 30;

/**
 * The code of each symbol, aligned to the least significant bit.
 * The code is canonical (Appendix B): shorter codes first, symbols of one length in their own order, counting up.
 */
export const CODES: readonly number[] = canonicalCodes();

function canonicalCodes(): number[] {
  const symbols: number[] = new Array(LONGEST_CODE + 1).fill(0);
  for (const bits of CODE_BITS) symbols[bits]!++;
  const next = [0];
  for (let bits = 1; bits <= LONGEST_CODE; bits++) next.push(2 * (next[bits - 1]! + symbols[bits - 1]!));
  return CODE_BITS.map((bits) => next[bits]!++);
}
