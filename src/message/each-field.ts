// The fields of a message whose form the code knows by heart: a handful of numbers, read by the library's reader.
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";

export { WireType };

/**
 * Calls back for each field, in order.
 * @param take reads the field's value from the reader and says so; or leaves it, and it is skipped
 * @throws Error on bytes that are no message
 */
export function eachField(
  bytes: Uint8Array,
  take: (number: number, type: WireType, reader: BinaryReader) => boolean,
): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    if (!take(number, type, reader)) reader.skip(type, number);
  }
}

/** The same for length-delimited fields only: the others are skipped. */
export function eachDelimited(bytes: Uint8Array, take: (number: number, value: Uint8Array) => void): void {
  eachField(bytes, (number, type, reader) => {
    if (type !== WireType.LengthDelimited) return false;
    take(number, reader.bytes());
    return true;
  });
}
