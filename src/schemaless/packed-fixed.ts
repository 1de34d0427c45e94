// How many bits the octets cost as fixed numbers of 4 or 8 octets behind one length.
import { Coder } from "./code-length.js";
import { type FloatForm, fixedBits, floatBits, mantissaZeros, signedExponent } from "./number-model.js";
import type { PooledFloats } from "./pooled-numbers.js";
import { word } from "./scan.js";

export interface FixedBits {
  floats: number;
  integers: number;
}

/** The result of the last {@link packedFixedBits}. */
export const fixedResult: FixedBits = { floats: 0, integers: 0 };

/** How often each sign and exponent comes; a double has 12 bits of them. Zero between payloads. */
const times = new Int32Array(1 << 12);
/** Those that come at all. */
const exponents = new Int32Array(1 << 12);
const zeroCoder = new Coder(0.5, 2);
const exponentCoder = { 4: new Coder(0.35, 24), 8: new Coder(0.35, 30) } as const;

/**
 * Bits of the octets as packed floats and as packed integers; see {@link fixedResult}.
 * @param pool takes the floats as well
 * @returns false when the width does not fit
 */
export function packedFixedBits(
  form: FloatForm,
  bytes: Uint8Array,
  start: number,
  end: number,
  pool: PooledFloats | undefined,
): boolean {
  const { width, mantissaBits } = form;
  const numbers = (end - start) / width;
  if (numbers === 0 || !Number.isInteger(numbers)) return false;
  let integers = 0;
  let zeros = mantissaBits;
  let others = 0;
  let least = Number.POSITIVE_INFINITY;
  let most = 0;
  let distinct = 0;
  for (let at = start; at < end; at += width) {
    const low = word(bytes, at) >>> 0;
    const high = width === 8 ? word(bytes, at + 4) >>> 0 : 0;
    const signed = signedExponent(form, low, high);
    if (times[signed]!++ === 0) exponents[distinct++] = signed;
    if (low === 0 && high === 0) continue;
    others++;
    integers += fixedBits(form, low, high);
    const value = high * 2 ** 32 + low;
    if (value < least) least = value;
    if (value > most) most = value;
    zeros = Math.min(zeros, mantissaZeros(form, low, high));
  }
  // As alike numbers: exponents learned as they come, and mantissas that all end in so many zeros.
  const coder = exponentCoder[width];
  let alike = coder.total(numbers) + others * (mantissaBits - zeros) + 6;
  let odd = 0;
  for (let rank = 0; rank < distinct; rank++) {
    const exponent = exponents[rank]!;
    const count = times[exponent]!;
    times[exponent] = 0;
    alike -= coder.saved(count);
    if (exponent !== 0) odd += count * oddExponentBits(form, exponent & form.infinite);
    pool?.addExponent(exponent, count);
  }
  alike += odd;
  pool?.addRest(others, zeros, odd);
  fixedResult.floats = Math.min(alike, numbers + eachFloatBits(form, bytes, start, end, alike - numbers)) + 1;
  fixedResult.integers = Math.min(integers + numbers, rangeBits(numbers, others, least, most, integers / others)) + 2;
  return true;
}

/** Bits of each alone; those of some of them where they are more than `most`. */
function eachFloatBits(form: FloatForm, bytes: Uint8Array, start: number, end: number, most: number): number {
  let bits = 0;
  for (let at = start; at < end && bits <= most; at += form.width) {
    const low = word(bytes, at) >>> 0;
    const high = form.width === 8 ? word(bytes, at + 4) >>> 0 : 0;
    if (low !== 0 || high !== 0) bits += floatBits(form, low, high);
  }
  return bits;
}

/** Points in time and identifiers lie near one another: where they begin, how far they reach, and each one's place in between. */
function rangeBits(count: number, others: number, least: number, most: number, eachBits: number): number {
  if (others < 2) return Number.POSITIVE_INFINITY;
  return 2 * eachBits + zeroCoder.bitsOfTwo(count - others, others) + others * Math.log2(most - least + 1);
}

/** What random octets mostly have as an exponent, and measurements do not. */
function oddExponentBits(form: FloatForm, exponent: number): number {
  if (form.width === 4) return exponent < 95 || exponent > 160 ? 8 : 0;
  return exponent < 960 || exponent > 1080 ? 12 : 0;
}
