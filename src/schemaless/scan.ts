// The fields of one message without a schema, one level deep: numbers in a row, no objects (protobuf.dev, "Encoding").
import { WIRE } from "../message/wire.js";

/** Groups within groups; what is deeper counts as no message. As deep as messages may nest. */
const MAX_GROUPS = 100;
const MAX_NUMBER = 2 ** 29 - 1;
const SLOTS = 3;

/**
 * Fields of the messages that are being read, innermost last: a message takes its stretch off the end when it is done.
 * Each has its tag and two numbers: low and high half of a varint or fixed number, or where its value begins and ends.
 */
export class FieldStack {
  #slots = new Int32Array(1024 * SLOTS);
  length = 0;

  /** Number and wire type, as on the wire. */
  tag(index: number): number {
    return this.#slots[index * SLOTS]! >>> 0;
  }

  /** Low half, unsigned; or where the value begins. */
  low(index: number): number {
    return this.#slots[index * SLOTS + 1]! >>> 0;
  }

  /** High half, unsigned; or where the value ends. */
  high(index: number): number {
    return this.#slots[index * SLOTS + 2]! >>> 0;
  }

  push(tag: number, low: number, high: number): void {
    const at = this.length++ * SLOTS;
    if (at === this.#slots.length) {
      const larger = new Int32Array(at * 2);
      larger.set(this.#slots);
      this.#slots = larger;
    }
    this.#slots[at] = tag;
    this.#slots[at + 1] = low;
    this.#slots[at + 2] = high;
  }
}

/** Reads varints; the last one is in its fields. One for all, as nothing is kept between calls. */
class VarintReader {
  low = 0;
  high = 0;
  /** It could have been shorter: serializers that fill lengths in afterwards write such, others do not. */
  isPadded = false;

  /** @returns where it ends; -1 when it does not end before `end`, or has more than 64 bits */
  read(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    let octet = at < end ? bytes[at++]! : 0x80;
    this.isPadded = false;
    if (octet < 0x80) {
      this.low = octet;
      this.high = 0;
      return at;
    }
    let low = octet & 0x7f;
    let high = 0;
    for (let shift = 7; ; shift += 7) {
      if (at >= end || shift > 63) return -1;
      octet = bytes[at++]!;
      const bits = octet & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else if (shift < 63) high |= bits << (shift - 32);
      else if (bits > 1) return -1;
      else high |= bits << 31;
      if (octet < 0x80) break;
    }
    this.isPadded = octet === 0;
    this.low = low >>> 0;
    this.high = high >>> 0;
    return at;
  }
}

export const varint = new VarintReader();

export interface Scan {
  /** Where the fields that could be read end: the end of the message when it is one. */
  end: number;
  /** Varints that could have been shorter. */
  padded: number;
  /** Some are, or a field comes behind one of a higher number: no serializer that follows a schema writes such. */
  isOdd: boolean;
  /** Octets that were looked through for where groups end: each again for every group that it lies in. */
  searched: number;
  /** There were more fields than were wanted. */
  isFull: boolean;
}

/** The result of the last {@link scanFields}. */
export const scan: Scan = { end: 0, padded: 0, isOdd: false, searched: 0, isFull: false };

/**
 * Puts the fields of [start, end) onto the stack, as far as they can be read.
 * @param most fields that are wanted
 * @returns whether all of it is fields; see {@link scan}
 */
export function scanFields(
  bytes: Uint8Array,
  start: number,
  end: number,
  stack: FieldStack,
  most: number = Number.POSITIVE_INFINITY,
): boolean {
  const full = stack.length + most;
  let at = start;
  let before = 0;
  scan.padded = 0;
  scan.isOdd = false;
  scan.searched = 0;
  scan.isFull = false;
  while (at < end) {
    scan.end = at;
    if (stack.length >= full) {
      scan.isFull = true;
      return false;
    }
    let next = varint.read(bytes, at, Math.min(end, at + 5));
    if (next < 0 || varint.high !== 0 || varint.isPadded) return false;
    const tag = varint.low;
    const number = tag >>> 3;
    if (number === 0) return false;
    if (number < before) scan.isOdd = true;
    before = number;
    switch (tag & 7) {
      case WIRE.varint:
        next = varint.read(bytes, next, end);
        if (next < 0) return false;
        if (varint.isPadded) notePadded();
        stack.push(tag, varint.low, varint.high);
        break;
      case WIRE.len: {
        const from = varint.read(bytes, next, end);
        if (from < 0 || varint.high !== 0 || varint.low > end - from) return false;
        if (varint.isPadded) notePadded();
        next = from + varint.low;
        stack.push(tag, from, next);
        break;
      }
      case WIRE.i32:
        if (next + 4 > end) return false;
        stack.push(tag, word(bytes, next), 0);
        next += 4;
        break;
      case WIRE.i64:
        if (next + 8 > end) return false;
        stack.push(tag, word(bytes, next), word(bytes, next + 4));
        next += 8;
        break;
      case WIRE.startGroup: {
        const from = next;
        const close = groupEnd(bytes, from, end, number);
        scan.searched += searchedTo - from;
        if (close < 0) return false;
        next = varint.read(bytes, close, end);
        stack.push(tag, from, close);
        break;
      }
      default:
        return false;
    }
    at = next;
  }
  scan.end = end;
  return true;
}

function notePadded(): void {
  scan.padded++;
  scan.isOdd = true;
}

/** The four octets at `at`, little-endian, signed. */
export function word(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** Where the last tag began that {@link groupEnd} looked at. */
let searchedTo = 0;

/** @returns where the end tag of the group begins; -1 when there is none */
function groupEnd(bytes: Uint8Array, start: number, end: number, number: number): number {
  const open = [number];
  let at = start;
  searchedTo = start;
  while (at < end) {
    const tagAt = at;
    searchedTo = tagAt;
    at = varint.read(bytes, at, end);
    if (at < 0 || varint.high !== 0 || varint.low >>> 3 > MAX_NUMBER) return -1;
    const tag = varint.low;
    if (tag >>> 3 === 0) return -1;
    switch (tag & 7) {
      case WIRE.startGroup:
        if (open.push(tag >>> 3) > MAX_GROUPS) return -1;
        break;
      case WIRE.endGroup:
        if (open.pop() !== tag >>> 3) return -1;
        if (open.length === 0) return tagAt;
        break;
      case WIRE.varint:
      case WIRE.len:
        at = varint.read(bytes, at, end);
        if (at < 0) return -1;
        if ((tag & 7) === WIRE.len) at += varint.high * 2 ** 32 + varint.low;
        break;
      case WIRE.i32:
        at += 4;
        break;
      case WIRE.i64:
        at += 8;
        break;
      default:
        return -1;
    }
  }
  return -1;
}
