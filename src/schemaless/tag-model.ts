// How many bits a message costs besides its values: field numbers, wire types, their order, and lengths.
import { WIRE } from "../message/wire.js";
import { bitLength, log2, sizeBits } from "./code-length.js";
import type { FieldStack } from "./scan.js";

/** By wire type: varint, 64 bit, length-delimited, group, end of a group, 32 bit. */
const WIRE_BITS = [1.3, 4, 1.2, 10, 4.2, 4.2];
/** Numbers that no .proto file may use. */
const RESERVED_FROM = 19_000;
const RESERVED_TO = 20_000;
const RESERVED_BITS = 15;
/** What any message costs. */
const MESSAGE_BITS = 1.5;
const FIELD_BITS = 0.4;
const REPEATED_BITS = 0.7;
/** The last field ends where the message does. */
const LAST_LENGTH_BITS = 0.6;
/** The first padded varint; a serializer that pads one pads all. */
const PADDED_BITS = 12;
const GROUP_BITS = 4;

/** @param padded varints that could have been shorter */
export function tagBits(fields: FieldStack, from: number, to: number, padded: number): number {
  let bits = MESSAGE_BITS + (padded === 0 ? 0 : PADDED_BITS + padded);
  let previous = -1;
  let run = 0;
  for (let at = from; at < to; at++) {
    const tag = fields.tag(at);
    run = tag === previous ? run + 1 : 0;
    bits += run > 1 ? REPEATED_BITS : FIELD_BITS + numberBits(previous < 0 ? 0 : previous >>> 3, tag);
    previous = tag;
    const wireType = tag & 7;
    if (wireType === WIRE.startGroup) bits += GROUP_BITS;
    if (wireType !== WIRE.len) continue;
    const length = bitLength(fields.high(at) - fields.low(at));
    bits += at === to - 1 ? LAST_LENGTH_BITS : sizeBits(length) + Math.max(0, length - 1) * 0.6;
  }
  return bits;
}

/** The same for messages that have the same fields, of the same lengths. */
export function layoutHash(fields: FieldStack, from: number, to: number): number {
  let hash = 0x811c9dc5;
  for (let at = from; at < to; at++) {
    const tag = fields.tag(at);
    hash = Math.imul(hash ^ tag, 0x01000193);
    if ((tag & 7) === WIRE.len) hash = Math.imul(hash ^ (fields.high(at) - fields.low(at)), 0x85ebca6b);
  }
  return (hash ^ (hash >>> 15)) >>> 2;
}

/** Serializers write fields in the order of their numbers, which begin at 1 and have few gaps. */
function numberBits(previous: number, tag: number): number {
  const number = tag >>> 3;
  const step = number - previous;
  let bits: number;
  if (previous === 0) bits = number < 20 ? 0.9 + 1.1 * log2(number) : 1 + 1.4 * log2(number);
  else if (step === 0) bits = 1.6;
  else if (step > 0) bits = 1.2 + log2(step) * (step < 20 ? 1 : 2);
  else bits = 5.5 + log2(1 - step);
  if (number >= RESERVED_FROM && number < RESERVED_TO) bits += RESERVED_BITS;
  return bits + WIRE_BITS[tag & 7]!;
}
