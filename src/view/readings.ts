// A value read as every type that its octets may be: for those who wonder whether a schema, or a guess, is right.

export interface Reading {
  /** As in a .proto file, or what it may stand for. */
  readonly type: string;
  readonly text: string;
}

/** Of text and octets. */
const MAX_CHARS = 200;
/** Times that people record: from 2000 to 2100, in seconds. */
const TIMES = { from: 946_684_800n, to: 4_102_444_800n } as const;
const VARINT = 0;
const I64 = 1;
const LEN = 2;
const I32 = 5;

/** @param wireType protobuf's; -1 for octets that are no field @param bytes of the value alone */
export function readings(wireType: number, bytes: Uint8Array): readonly Reading[] {
  switch (wireType) {
    case VARINT:
      return bytes.length > 0 && bytes.length <= 10 ? ofVarint(bytes) : [octets(bytes)];
    case I32:
      return bytes.length === 4 ? ofFixed32(bytes) : [octets(bytes)];
    case I64:
      return bytes.length === 8 ? ofFixed64(bytes) : [octets(bytes)];
    case LEN:
      return ofLength(bytes);
    default:
      return [octets(bytes)];
  }
}

function ofVarint(bytes: Uint8Array): Reading[] {
  const value = varintOf(bytes);
  const unsigned = BigInt.asUintN(64, value);
  const signed = BigInt.asIntN(64, value);
  const zigzag = zigzagOf(unsigned);
  const found: Reading[] = [{ type: "uint64", text: String(unsigned) }];
  if (signed !== unsigned) found.push({ type: "int64", text: String(signed) });
  if (unsigned > 0xffff_ffffn) found.push({ type: "int32", text: String(BigInt.asIntN(32, value)) });
  found.push({ type: "sint64", text: String(BigInt.asIntN(64, zigzag)) });
  if (unsigned <= 1n) found.push({ type: "bool", text: String(unsigned === 1n) });
  return [...found, ...asTime(unsigned)];
}

export function varintOf(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const [at, octet] of bytes.entries()) value |= BigInt(octet & 0x7f) << BigInt(7 * at);
  return value;
}

export function zigzagOf(value: bigint): bigint {
  return (value >> 1n) ^ -(value & 1n);
}

function ofFixed32(bytes: Uint8Array): Reading[] {
  const view = viewOf(bytes);
  const unsigned = view.getUint32(0, true);
  const signed = view.getInt32(0, true);
  const found: Reading[] = [{ type: "fixed32", text: String(unsigned) }];
  if (signed !== unsigned) found.push({ type: "sfixed32", text: String(signed) });
  found.push({ type: "float", text: String(Math.fround(view.getFloat32(0, true))) });
  return [...found, ...asTime(BigInt(unsigned))];
}

function ofFixed64(bytes: Uint8Array): Reading[] {
  const view = viewOf(bytes);
  const unsigned = view.getBigUint64(0, true);
  const signed = view.getBigInt64(0, true);
  const found: Reading[] = [{ type: "fixed64", text: String(unsigned) }];
  if (signed !== unsigned) found.push({ type: "sfixed64", text: String(signed) });
  found.push({ type: "double", text: String(view.getFloat64(0, true)) });
  return [...found, ...asTime(unsigned)];
}

function ofLength(bytes: Uint8Array): Reading[] {
  const found: Reading[] = [];
  const text = asText(bytes);
  if (text !== undefined) found.push({ type: "string", text: JSON.stringify(text) });
  if (bytes.length === 16) found.push({ type: "UUID", text: uuid(bytes) });
  const packed = asVarints(bytes);
  if (packed !== undefined) found.push({ type: "packed", text: packed });
  if (bytes.length > 0 && bytes.length % 4 === 0 && bytes.length <= 64)
    found.push({ type: "floats", text: floats(bytes) });
  return [...found, octets(bytes)];
}

function asTime(value: bigint): Reading[] {
  const scales: readonly (readonly [bigint, string])[] = [
    [1n, "seconds"],
    [1000n, "milliseconds"],
    [1_000_000n, "microseconds"],
    [1_000_000_000n, "nanoseconds"],
  ];
  for (const [scale, name] of scales) {
    const seconds = value / scale;
    if (seconds < TIMES.from || seconds >= TIMES.to) continue;
    const ms = scale < 1000n ? value * 1000n : value / (scale / 1000n);
    return [{ type: `time in ${name}`, text: new Date(Number(ms)).toISOString() }];
  }
  return [];
}

export function asText(bytes: Uint8Array): string | undefined {
  if (bytes.length === 0) return "";
  // A character has four octets at most; a cut one at the end is no fault of the text.
  const near = bytes.subarray(0, MAX_CHARS * 4);
  try {
    const text = new TextDecoder("utf-8", { fatal: near.length === bytes.length }).decode(near);
    return text.includes("\ufffd") && near.length !== bytes.length ? undefined : text.slice(0, MAX_CHARS);
  } catch {
    return undefined;
  }
}

function asVarints(bytes: Uint8Array): string | undefined {
  if (bytes.length === 0 || bytes.length > 1000 || bytes[bytes.length - 1]! >= 0x80) return undefined;
  const values: string[] = [];
  let value = 0n;
  let shift = 0n;
  for (const octet of bytes) {
    value |= BigInt(octet & 0x7f) << shift;
    shift += 7n;
    if (shift > 70n) return undefined;
    if (octet >= 0x80) continue;
    if (values.length < 20) values.push(String(BigInt.asUintN(64, value)));
    value = 0n;
    shift = 0n;
  }
  return `[${values.join(", ")}${values.length === 20 ? ", …" : ""}]`;
}

function floats(bytes: Uint8Array): string {
  const view = viewOf(bytes);
  const values: string[] = [];
  for (let at = 0; at < bytes.length; at += 4) values.push(view.getFloat32(at, true).toPrecision(4));
  return `[${values.join(", ")}]`;
}

function uuid(bytes: Uint8Array): string {
  const text = hexOf(bytes).replaceAll(" ", "");
  return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join("-");
}

export function octets(bytes: Uint8Array): Reading {
  const shown = bytes.subarray(0, MAX_CHARS / 4);
  const more = shown.length < bytes.length ? " …" : "";
  return { type: `${bytes.length} byte${bytes.length === 1 ? "" : "s"}`, text: hexOf(shown) + more };
}

function hexOf(bytes: Uint8Array): string {
  return [...bytes].map((octet) => octet.toString(16).padStart(2, "0")).join(" ");
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
