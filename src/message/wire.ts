// The octets of protobuf's wire format: varints, fixed numbers, UTF-8 (protobuf.dev, "Encoding"). Nothing here allocates.
import { isAscii as isAsciiBuffer, isUtf8 } from "node:buffer";

/** Wire types, the low three bits of a tag. RAW is ours: octets that could not be read as fields. */
export const WIRE = { varint: 0, i64: 1, len: 2, startGroup: 3, endGroup: 4, i32: 5, raw: -1 } as const;

/** 64 bits in groups of 7. */
export const MAX_VARINT_BYTES = 10;

/** Field types by their number in google.protobuf.FieldDescriptorProto.Type. */
export const TYPE = {
  double: 1,
  float: 2,
  int64: 3,
  uint64: 4,
  int32: 5,
  fixed64: 6,
  fixed32: 7,
  bool: 8,
  string: 9,
  group: 10,
  message: 11,
  bytes: 12,
  uint32: 13,
  enum: 14,
  sfixed32: 15,
  sfixed64: 16,
  sint32: 17,
  sint64: 18,
} as const;

/** The names of field types in .proto text, by their number. */
export const TYPE_NAMES = [
  ...["", "double", "float", "int64", "uint64", "int32", "fixed64", "fixed32", "bool", "string", "group", "message"],
  ...["bytes", "uint32", "enum", "sfixed32", "sfixed64", "sint32", "sint64"],
] as const;

/** The wire type of one value, by the number of its field type. */
export const WIRE_OF_TYPE = [-2, 1, 5, 0, 0, 0, 1, 5, 0, 2, 3, 2, 2, 0, 0, 5, 1, 0, 0] as const;

/** The low 32 bits of the varint at `at`, signed. The varint ends before `end`. */
export function varintLow(bytes: Uint8Array, at: number, end: number): number {
  let octet = bytes[at]!;
  if (octet < 0x80) return octet;
  let value = octet & 0x7f;
  for (let shift = 7, next = at + 1; shift <= 28 && next < end; shift += 7, next++) {
    octet = bytes[next]!;
    value |= (octet & 0x7f) << shift;
    if (octet < 0x80) break;
  }
  return value;
}

/** The high 32 bits of the varint in [at, end), signed. */
export function varintHigh(bytes: Uint8Array, at: number, end: number): number {
  if (end - at < 5) return 0;
  let value = (bytes[at + 4]! & 0x7f) >> 4;
  const last = Math.min(end, at + MAX_VARINT_BYTES);
  for (let next = at + 5, shift = 3; next < last; next++, shift += 7) value |= (bytes[next]! & 0x7f) << shift;
  return value;
}

/** The four octets at `at`, little-endian, signed. */
export function fixed32(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** A native call costs about as much as looking at so many octets. */
const NEAR = 64;

/** @returns whether no octet is 128 or more */
export function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  const near = Math.min(end, start + NEAR);
  while (at < near && bytes[at]! < 0x80) at++;
  return at === end || (at === near && isAsciiBuffer(bytes.subarray(at, end)));
}

/** @returns whether the octets are UTF-8 as Unicode defines it: no surrogates, no overlong forms */
export function isText(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  const near = Math.min(end, start + NEAR);
  while (at < near && bytes[at]! < 0x80) at++;
  if (at === end) return true;
  if (end - at > NEAR) return isUtf8(bytes.subarray(at, end));
  while (at < end) {
    const lead = bytes[at++]!;
    if (lead < 0x80) continue;
    // RFC 3629 §4: what may follow depends on the first octet, and for some on the second.
    const more =
      lead >= 0xc2 && lead <= 0xdf ? 1 : lead >= 0xe0 && lead <= 0xef ? 2 : lead >= 0xf0 && lead <= 0xf4 ? 3 : 0;
    if (more === 0 || at + more > end) return false;
    const second = bytes[at]!;
    if (second < (lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80)) return false;
    if (second > (lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf)) return false;
    for (let k = 1; k < more; k++) if ((bytes[at + k]! & 0xc0) !== 0x80) return false;
    at += more;
  }
  return true;
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The octets as text; what is not UTF-8 becomes U+FFFD. */
export function textOf(bytes: Uint8Array, start: number, end: number): string {
  if (end - start > 24) return decoder.decode(bytes.subarray(start, end));
  let text = "";
  for (let at = start; at < end; at++) {
    const octet = bytes[at]!;
    if (octet >= 0x80) return decoder.decode(bytes.subarray(start, end));
    text += String.fromCharCode(octet);
  }
  return text;
}
