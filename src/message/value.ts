// The value of a field, read from its octets when somebody asks.
import { type FieldNode, MessageNode } from "./tree.js";
import { fixed32, MAX_VARINT_BYTES, TYPE, textOf, varintHigh, varintLow, WIRE } from "./wire.js";

/** An enum value is its name, or its number where the schema has none; a message is its node; several packed values are an array. */
export type Value = number | bigint | string | boolean | Uint8Array | MessageNode | readonly Value[];

/** Packed values that are made into an array at once: a peer can announce 16 million in a message of 16 MB. */
export const MAX_PACKED_VALUES = 1_000_000;

/**
 * A field's value with the type the schema gives it; without one, a varint and fixed number is unsigned and the rest is octets.
 * @returns 64-bit integers as bigint; bytes as a view
 */
export function readValue(node: FieldNode): Value {
  if (node.message !== undefined) return node.message;
  if (node.isPacked) return packedValues(node).map(([start, end]) => readScalar(node, start, end));
  return readScalar(node, node.valueStart, node.end);
}

/** One value that is no message: of a field, or one of several that are packed. */
export function readScalar(node: FieldNode, start: number, end: number): Value {
  const { bytes } = node.parent;
  switch (node.read) {
    case TYPE.double:
      return doubleAt(bytes, start);
    case TYPE.float:
      return floatAt(bytes, start);
    case TYPE.int64:
    case TYPE.uint64:
    case TYPE.fixed64:
    case TYPE.sfixed64:
    case TYPE.sint64:
      return BigInt(int64Text(node.read, bytes, start, end));
    case TYPE.int32:
    case TYPE.uint32:
    case TYPE.fixed32:
    case TYPE.sfixed32:
    case TYPE.sint32:
      return int32At(node.read, bytes, start, end);
    case TYPE.bool:
      return boolAt(bytes, start, end);
    case TYPE.string:
      return textOf(bytes, start, end);
    case TYPE.enum: {
      const number = varintLow(bytes, start, end);
      return node.plan?.enum?.names.get(number) ?? number;
    }
    case TYPE.bytes:
      return bytes.subarray(start, end);
    default:
      return rawValue(node, start, end);
  }
}

/** What the wire type alone says. A value that is not whole is octets. */
function rawValue(node: FieldNode, start: number, end: number): Value {
  const { bytes } = node.parent;
  const size = end - start;
  if (node.wireType === WIRE.varint && size > 0 && size <= MAX_VARINT_BYTES && bytes[end - 1]! < 0x80)
    return unsigned64(varintHigh(bytes, start, end), varintLow(bytes, start, end));
  if (node.wireType === WIRE.i64 && size === 8) return unsigned64(fixed32(bytes, start + 4), fixed32(bytes, start));
  if (node.wireType === WIRE.i32 && size === 4) return fixed32(bytes, start) >>> 0;
  return bytes.subarray(start, end);
}

function unsigned64(high: number, low: number): bigint {
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}

/** Where each packed value lies, in order; a value that is cut is left out. */
export function packedValues(node: FieldNode): [start: number, end: number][] {
  const ranges: [number, number][] = [];
  eachPacked(node, (start, end) => ranges.push([start, end]) < MAX_PACKED_VALUES);
  return ranges;
}

/** @param visit returns false to stop */
export function eachPacked(node: FieldNode, visit: (start: number, end: number) => boolean): void {
  const { bytes } = node.parent;
  const wire = node.plan?.wire;
  const width = wire === WIRE.i32 ? 4 : wire === WIRE.i64 ? 8 : 0;
  let start = node.valueStart;
  while (start < node.end) {
    let end = start + width;
    if (width === 0) {
      end = start + 1;
      while (bytes[end - 1]! >= 0x80 && end < node.end) end++;
      if (bytes[end - 1]! >= 0x80 || end - start > MAX_VARINT_BYTES) return;
    }
    if (end > node.end || !visit(start, end)) return;
    start = end;
  }
}

/** An integer type of 32 bits. @param type see `TYPE` */
export function int32At(type: number, bytes: Uint8Array, start: number, end: number): number {
  switch (type) {
    case TYPE.uint32:
      return varintLow(bytes, start, end) >>> 0;
    case TYPE.fixed32:
      return fixed32(bytes, start) >>> 0;
    case TYPE.sfixed32:
      return fixed32(bytes, start);
    case TYPE.sint32: {
      const value = varintLow(bytes, start, end);
      return (value >>> 1) ^ -(value & 1);
    }
    default:
      return varintLow(bytes, start, end);
  }
}

/** An integer type of 64 bits, in decimal. @param type see `TYPE` */
export function int64Text(type: number, bytes: Uint8Array, start: number, end: number): string {
  const isFixed = type === TYPE.fixed64 || type === TYPE.sfixed64;
  let low = isFixed ? fixed32(bytes, start) : varintLow(bytes, start, end);
  let high = isFixed ? fixed32(bytes, start + 4) : varintHigh(bytes, start, end);
  if (type === TYPE.sint64) {
    const sign = -(low & 1);
    low = ((low >>> 1) | (high << 31)) ^ sign;
    high = (high >>> 1) ^ sign;
  }
  if (type === TYPE.uint64 || type === TYPE.fixed64) high >>>= 0;
  // Within ±2^52 a double holds it exactly.
  if (high < 2 ** 20 && high >= -(2 ** 20)) return String(high * 2 ** 32 + (low >>> 0));
  return String((BigInt(high) << 32n) + BigInt(low >>> 0));
}

export function boolAt(bytes: Uint8Array, start: number, end: number): boolean {
  return varintLow(bytes, start, end) !== 0 || varintHigh(bytes, start, end) !== 0;
}

const scratch = new DataView(new ArrayBuffer(8));

export function floatAt(bytes: Uint8Array, start: number): number {
  scratch.setInt32(0, fixed32(bytes, start), true);
  return scratch.getFloat32(0, true);
}

export function doubleAt(bytes: Uint8Array, start: number): number {
  scratch.setInt32(0, fixed32(bytes, start), true);
  scratch.setInt32(4, fixed32(bytes, start + 4), true);
  return scratch.getFloat64(0, true);
}

/**
 * The message that a singular field holds: when it comes in pieces, they are one message.
 * @param pieces in wire order, at least one, each with its message
 */
export function merged(pieces: readonly FieldNode[]): MessageNode {
  const first = pieces[0]!.message!;
  if (pieces.length === 1) return first;
  const whole = new MessageNode(
    first.bytes,
    first.plan,
    first.parent,
    first.start,
    first.end,
    first.depth,
    first.group,
  );
  for (const piece of pieces) for (const field of piece.message!.fields) whole.fields.push(field);
  whole.isPlain = false;
  return whole;
}
