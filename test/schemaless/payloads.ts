// Messages for the tests of the schemaless reader, written field by field, and hostile ones.

/** A varint as the wire has it. */
export function varint(value: number | bigint): number[] {
  const octets: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest >= 0x80n; rest >>= 7n) octets.push(Number(rest & 0x7fn) | 0x80);
  octets.push(Number(rest));
  return octets;
}

/** A field of a number. */
export function number(field: number, value: number | bigint): Uint8Array {
  return Uint8Array.from([...varint(field * 8), ...varint(value)]);
}

/** A field of text, octets, or a message made of fields. */
export function payload(field: number, ...parts: readonly (string | Uint8Array)[]): Uint8Array {
  const content = Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : part)));
  return Buffer.concat([Uint8Array.from([...varint(field * 8 + 2), ...varint(content.length)]), content]);
}

export function message(...fields: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(fields);
}

/** Field 1 in field 1 in field 1 …, each with its right length. */
export function nested(levels: number): Uint8Array {
  const heads: number[][] = [];
  let length = 0;
  for (let level = 0; level < levels; level++) {
    const head = [0x0a, ...varint(length)];
    heads.push(head);
    length += head.length;
  }
  return Uint8Array.from(heads.reverse().flat());
}
