// How many bits the octets cost as varints behind one length.
import { bitLength, bitLength64, Coder, integerBits } from "./code-length.js";
import type { OctetCounts } from "./octet-counts.js";
import type { PooledVarints } from "./pooled-numbers.js";
import { varint } from "./scan.js";
import { Tally } from "./tally.js";

/** Octets of one payload that models look at: a longer one is judged by its beginning. */
export const MODEL_OCTETS = 4096;

/** Octets of a varint that surely fits into 32 bits. */
export const NARROW = 4;

/** Lengths of 64-bit numbers; behind them those of negative ones, which all have 10 octets. */
const LENGTHS = 65;
const lengths = new Int32Array(2 * LENGTHS);
const steps = new Int32Array(LENGTHS);
const values = new Tally(MODEL_OCTETS);
const lengthCoder = new Coder(0.35, 18);
const stepCoder = new Coder(0.35, 14);
const zeroCoder = new Coder(0.5, 2);
const inOrder = new Float64Array(MODEL_OCTETS);
/** So few values are cheaper told one by one. */
const FEW = 4;
/** Bits for the end of the list, spread over its values. */
const PER_VALUE = 0.5;
/** Of the values, so many may differ for them to be a choice of few. */
const MAX_CHOICES = 0.6;

export interface VarintsSeen {
  /** Octets of the widest one. */
  widest: number;
  /** Octets that {@link widestVarint} looked at: those that are no varints mostly show it soon. */
  looked: number;
}

/** Of the octets that were last told by {@link packedVarintBits}. */
export const varintsSeen: VarintsSeen = { widest: 0, looked: 0 };

/**
 * Bits of the octets as packed varints: told by their lengths, as a sorted list, or as a choice of few values.
 * @param counted of the same octets
 * @param last whether the octets end at `end`; else a varint may be cut there
 * @param pool takes them as well
 * @returns Infinity when they are no varints, or some that no serializer writes
 */
export function packedVarintBits(
  bytes: Uint8Array,
  start: number,
  end: number,
  counted: OctetCounts,
  last: boolean,
  pool: PooledVarints,
): number {
  if (counted.isNarrow) return narrowBits(bytes, start, end, counted, pool);
  if (last && bytes[end - 1]! >= 0x80) return Number.POSITIVE_INFINITY;
  return wideBits(bytes, start, end, counted.ends, last, pool);
}

/** Where each octet is a number, how often each comes says all but their order. */
function narrowBits(
  bytes: Uint8Array,
  start: number,
  end: number,
  { of, distinct, size, total: count }: OctetCounts,
  pool: PooledVarints,
): number {
  varintsSeen.widest = 1;
  let payload = 0;
  let single = 0;
  let told = 0;
  let saved = 0;
  lengths.fill(0, 0, 8);
  const coder = count >= FEW && size < count * MAX_CHOICES ? choiceCoder(size) : undefined;
  for (let at = 0; at < size; at++) {
    const value = distinct[at]!;
    const times = of[value]!;
    const length = bitLength(value);
    lengths[length]! += times;
    if (length > 1) payload += (length - 1) * times;
    if (count < FEW) single += times * integerBits(length, false);
    else if (coder !== undefined) {
      told += integerBits(length, false);
      saved += coder.saved(times);
    }
  }
  pool.add(lengths, 8, payload);
  let bits = payload + lengthCoder.bits(lengths, 8);
  if (count < FEW) bits = Math.min(bits, single);
  else {
    if (coder !== undefined) bits = Math.min(bits, coder.total(count) + told - saved);
    if (isSorted(bytes, start, end)) {
      for (let at = 0; at < count; at++) inOrder[at] = bytes[start + at]!;
      bits = Math.min(bits, sortedBits(count));
    }
  }
  return Math.min(bits + PER_VALUE * count, zeroRichBits(count, payload, 8));
}

function isSorted(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start + 1; at < end; at++) if (bytes[at]! < bytes[at - 1]!) return false;
  return true;
}

/** @param ends of how many different octets varints end */
function wideBits(
  bytes: Uint8Array,
  start: number,
  end: number,
  ends: number,
  last: boolean,
  pool: PooledVarints,
): number {
  let count = 0;
  let payload = 0;
  let single = 0;
  let isSorted = true;
  let previous = 0;
  let top = 0;
  let widest = 1;
  lengths.fill(0);
  for (let at = start; at < end; ) {
    let low = bytes[at]!;
    let high = 0;
    let isNegative = false;
    let value = low;
    let length: number;
    if (low < 0x80) {
      at++;
      length = bitLength(low);
    } else if (at + 1 < end && bytes[at + 1]! < 0x80) {
      const second = bytes[at + 1]!;
      if (second === 0) return Number.POSITIVE_INFINITY;
      if (widest < 2) widest = 2;
      at += 2;
      low = (low & 0x7f) | (second << 7);
      value = low;
      length = bitLength(low);
    } else {
      const next = varint.read(bytes, at, end);
      if (next < 0 && !last && end - at < 10) break;
      if (next < 0 || varint.isPadded) return Number.POSITIVE_INFINITY;
      if (next - at > widest) widest = next - at;
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
      top = 2 * LENGTHS;
      lengths[LENGTHS + length]!++;
    } else {
      lengths[length]!++;
      if (length >= top) top = length + 1;
    }
    if (length > 1) payload += length - 1;
    if (count < FEW) single += integerBits(length, isNegative);
  }
  varintsSeen.widest = widest;
  pool.add(lengths, top, payload);
  let bits = payload + lengthCoder.bits(lengths, top);
  if (count < FEW) bits = Math.min(bits, single);
  else {
    if (ends < count * MAX_CHOICES) bits = Math.min(bits, choiceBits(count));
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
  values.clear(count);
  const most = count * MAX_CHOICES;
  for (let at = 0; at < count; at++) {
    const value = inOrder[at]!;
    const high = value < 2 ** 32 ? 0 : Math.floor(value / 2 ** 32);
    if (!values.add(value - high * 2 ** 32, high) || values.size >= most) return Number.POSITIVE_INFINITY;
  }
  const coder = choiceCoder(values.size);
  let bits = coder.total(count);
  for (let rank = 0; rank < values.size; rank++)
    bits += integerBits(bitLength64(values.low(rank), values.high(rank)), false) - coder.saved(values.count(rank));
  return bits;
}

/** For twice as many symbols, rounded up to a power of two: at least 8, at most twice as many as there are octets. */
const CHOICE_CODERS = Array.from(
  { length: bitLength(MODEL_OCTETS) + 2 },
  (_, bits) => new Coder(0.5, Math.max(8, 2 ** bits)),
);

function choiceCoder(symbols: number): Coder {
  return CHOICE_CODERS[bitLength(2 * symbols - 1)]!;
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
  let at = start;
  for (; at < end; at++) {
    const octet = bytes[at]!;
    if (octet >= 0x80) {
      if (at - first >= 9) break;
      continue;
    }
    if (octet === 0 && at > first) break;
    if (at - first === 9 && octet > 1) break;
    if (at - first >= widest) widest = at - first + 1;
    first = at + 1;
  }
  varintsSeen.looked = at - start;
  return first === end ? widest : 0;
}
