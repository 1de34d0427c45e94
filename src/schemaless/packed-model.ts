// How many bits the octets cost as numbers behind one length: varints, and fixed numbers of 4 or 8 octets.
import { bitLength64, Coder, integerBits } from "./code-length.js";
import { type FloatForm, fixedBits, floatBits, mantissaZeros, signedExponent } from "./number-model.js";
import type { PooledFloats, PooledVarints } from "./pooled-numbers.js";
import { varint, word } from "./scan.js";
import { Tally } from "./tally.js";

/** Octets of one payload that models look at: a longer one is judged by its beginning. */
export const MODEL_OCTETS = 4096;

/** Lengths of 64-bit numbers; behind them those of negative ones, which all have 10 octets. */
const LENGTHS = 65;
const lengths = new Int32Array(2 * LENGTHS);
const steps = new Int32Array(LENGTHS);
const values = new Tally(4 * MODEL_OCTETS);
const lengthCoder = new Coder(0.35, 18);
const stepCoder = new Coder(0.35, 14);
const zeroCoder = new Coder(0.5, 2);
const inOrder = new Float64Array(MODEL_OCTETS);
/** So few values are cheaper told one by one. */
const FEW = 4;
/** Bits for the end of the list, spread over its values. */
const PER_VALUE = 0.5;

/**
 * Bits of the octets as packed varints: told by their lengths, as a sorted list, or as a choice of few values.
 * @param last whether the octets end at `end`; else a varint may be cut there
 * @param pool takes them as well
 * @returns Infinity when they are no varints, or some that no serializer writes
 */
export function packedVarintBits(
  bytes: Uint8Array,
  start: number,
  end: number,
  last: boolean,
  pool: PooledVarints | undefined,
): number {
  let count = 0;
  let payload = 0;
  let single = 0;
  let isSorted = true;
  let previous = 0;
  let top = 0;
  lengths.fill(0, 0, LENGTHS);
  for (let at = start; at < end; ) {
    let low = bytes[at]!;
    let high = 0;
    let isNegative = false;
    let value = low;
    let length: number;
    if (low < 0x80) {
      at++;
      length = 32 - Math.clz32(low);
    } else {
      const next = varint.read(bytes, at, end);
      if (next < 0 && !last && end - at < 10) break;
      if (next < 0 || varint.isPadded) return Number.POSITIVE_INFINITY;
      at = next;
      low = varint.low;
      high = varint.high;
      value = high * 2 ** 32 + low;
      isNegative = high >>> 31 === 1;
      length = isNegative ? bitLength64(~low >>> 0, ~high >>> 0) : bitLength64(low, high);
    }
    if (value < previous) isSorted = false;
    previous = value;
    inOrder[count++] = value;
    if (isNegative) {
      if (top < LENGTHS) lengths.fill(0, LENGTHS);
      top = 2 * LENGTHS;
      lengths[LENGTHS + length]!++;
    } else {
      lengths[length]!++;
      if (length >= top) top = length + 1;
    }
    if (length > 1) payload += length - 1;
    if (count < FEW) single += integerBits(length, isNegative);
  }
  pool?.add(lengths, top, payload);
  let bits = payload + lengthCoder.bits(lengths, top);
  if (count < FEW) bits = Math.min(bits, single);
  else {
    bits = Math.min(bits, choiceBits(count));
    if (isSorted) bits = Math.min(bits, sortedBits(count));
  }
  return Math.min(bits + PER_VALUE * count, zeroRichBits(count, payload, top));
}

/** Zeros told apart first, as for plain octets: flags and counters have many. */
function zeroRichBits(count: number, payload: number, top: number): number {
  const zeros = lengths[0]!;
  lengths[0] = 0;
  const others = count - zeros;
  return 1 + zeroCoder.bitsOfTwo(zeros, others) + lengthCoder.bits(lengths, top) + payload + PER_VALUE * others;
}

/** The different values first, then which of them each time; Infinity where that saves nothing. */
function choiceBits(count: number): number {
  values.clear();
  const most = count * 0.6;
  for (let at = 0; at < count; at++) {
    const value = inOrder[at]!;
    const high = Math.floor(value / 2 ** 32);
    values.add(value - high * 2 ** 32, high);
    if (values.size >= most) return Number.POSITIVE_INFINITY;
  }
  const coder = choiceCoder(values.size);
  let bits = coder.total(count);
  for (let rank = 0; rank < values.size; rank++)
    bits += integerBits(bitLength64(values.low(rank), values.high(rank)), false) - coder.saved(values.count(rank));
  return bits;
}

const choiceCoders = new Map<number, Coder>();

/** A coder for so many symbols, rounded up to a power of two: there are few of them. */
function choiceCoder(symbols: number): Coder {
  const size = Math.max(8, 2 ** Math.ceil(Math.log2(symbols * 2)));
  let coder = choiceCoders.get(size);
  if (coder === undefined) {
    coder = new Coder(0.5, size);
    choiceCoders.set(size, coder);
  }
  return coder;
}

/** The first value, then by how much each is larger. */
function sortedBits(count: number): number {
  steps.fill(0);
  let bits = 2 + integerBits(lengthOf(inOrder[0]!), false);
  for (let at = 1; at < count; at++) {
    const length = lengthOf(inOrder[at]! - inOrder[at - 1]!);
    steps[length]!++;
    bits += Math.max(0, length - 1);
  }
  return bits + stepCoder.bits(steps, LENGTHS);
}

function lengthOf(value: number): number {
  return value === 0 ? 0 : Math.floor(Math.log2(value)) + 1;
}

/** @returns octets of the widest varint; 0 when the octets are no varints as serializers write them */
export function widestVarint(bytes: Uint8Array, start: number, end: number): number {
  let first = start;
  let widest = 0;
  for (let at = start; at < end; at++) {
    const octet = bytes[at]!;
    if (octet >= 0x80) {
      if (at - first >= 9) return 0;
      continue;
    }
    if (octet === 0 && at > first) return 0;
    if (at - first === 9 && octet > 1) return 0;
    if (at - first >= widest) widest = at - first + 1;
    first = at + 1;
  }
  return first === end ? widest : 0;
}

export interface FixedBits {
  floats: number;
  integers: number;
}

/** The result of the last {@link packedFixedBits}. */
export const fixedResult: FixedBits = { floats: 0, integers: 0 };

const exponents = new Tally(MODEL_OCTETS);
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
  const count = (end - start) / width;
  if (count === 0 || !Number.isInteger(count)) return false;
  let floats = 0;
  let integers = 0;
  let zeros = mantissaBits;
  let others = 0;
  let least = Number.POSITIVE_INFINITY;
  let most = 0;
  for (let at = start; at < end; at += width) {
    const low = word(bytes, at) >>> 0;
    const high = width === 8 ? word(bytes, at + 4) >>> 0 : 0;
    exponents.add(signedExponent(form, low, high), 0);
    if (low === 0 && high === 0) continue;
    others++;
    floats += floatBits(form, low, high);
    integers += fixedBits(form, low, high);
    const value = high * 2 ** 32 + low;
    if (value < least) least = value;
    if (value > most) most = value;
    zeros = Math.min(zeros, mantissaZeros(form, low, high));
  }
  // As alike numbers: exponents learned as they come, and mantissas that all end in so many zeros.
  const coder = exponentCoder[width];
  let alike = coder.total(count) + others * (mantissaBits - zeros) + 6;
  let odd = 0;
  for (let rank = 0; rank < exponents.size; rank++) {
    const times = exponents.count(rank);
    const exponent = exponents.low(rank);
    alike -= coder.saved(times);
    if (exponent !== 0) odd += times * oddExponentBits(form, exponent & form.infinite);
    pool?.addExponent(exponent, times);
  }
  alike += odd;
  pool?.addRest(others, zeros, odd);
  exponents.clear();
  fixedResult.floats = Math.min(alike, floats + count) + 1;
  fixedResult.integers = Math.min(integers + count, rangeBits(count, others, least, most, integers / others)) + 2;
  return true;
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
