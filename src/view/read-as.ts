// One value read as one type that somebody names.
import { asText, octets, varintOf, viewOf, zigzagOf } from "./readings.js";

/**
 * A value read as one type that a .proto file has, "packed" ones included.
 * @param bytes of the value alone
 * @returns undefined when its octets are none of that type
 */
export function readAs(type: string, bytes: Uint8Array): string | undefined {
  if (type.startsWith("packed ")) return packed(type.slice("packed ".length), bytes);
  switch (type) {
    case "string":
      return asText(bytes) === undefined ? undefined : JSON.stringify(asText(bytes));
    case "bytes":
      return octets(bytes).text;
    case "double":
      return bytes.length === 8 ? String(viewOf(bytes).getFloat64(0, true)) : undefined;
    case "float":
      return bytes.length === 4 ? String(Number(viewOf(bytes).getFloat32(0, true).toPrecision(7))) : undefined;
    case "fixed32":
      return bytes.length === 4 ? String(viewOf(bytes).getUint32(0, true)) : undefined;
    case "sfixed32":
      return bytes.length === 4 ? String(viewOf(bytes).getInt32(0, true)) : undefined;
    case "fixed64":
      return bytes.length === 8 ? String(viewOf(bytes).getBigUint64(0, true)) : undefined;
    case "sfixed64":
      return bytes.length === 8 ? String(viewOf(bytes).getBigInt64(0, true)) : undefined;
    default:
      return bytes.length === 0 || bytes.length > 10 ? undefined : INTEGERS[type]?.(varintOf(bytes));
  }
}

const INTEGERS: Readonly<Record<string, (value: bigint) => string>> = {
  int32: (value) => String(BigInt.asIntN(32, value)),
  uint32: (value) => String(BigInt.asUintN(32, value)),
  sint32: (value) => String(BigInt.asIntN(32, zigzagOf(BigInt.asUintN(32, value)))),
  int64: (value) => String(BigInt.asIntN(64, value)),
  uint64: (value) => String(BigInt.asUintN(64, value)),
  sint64: (value) => String(BigInt.asIntN(64, zigzagOf(BigInt.asUintN(64, value)))),
  bool: (value) => String(value !== 0n),
};

const PACKED_SHOWN = 8;

function packed(type: string, bytes: Uint8Array): string | undefined {
  const size =
    type === "double" || (type.endsWith("64") && type.includes("fixed"))
      ? 8
      : type === "float" || type.includes("fixed")
        ? 4
        : 0;
  if (bytes.length === 0 || (size > 0 && bytes.length % size !== 0)) return undefined;
  const values: string[] = [];
  let at = 0;
  while (at < bytes.length && values.length < PACKED_SHOWN) {
    let end = at + size;
    if (size === 0) {
      end = at;
      while (end < bytes.length && bytes[end]! >= 0x80) end++;
      if (end++ >= bytes.length) return undefined;
    }
    const value = readAs(type, bytes.subarray(at, end));
    if (value === undefined) return undefined;
    values.push(value);
    at = end;
  }
  return `[${values.join(", ")}${at < bytes.length ? ", …" : ""}]`;
}
