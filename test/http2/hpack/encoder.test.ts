// The encoder that needs no dynamic table: any decoder reads its blocks alike (RFC 7541 §5, §6).
import fc from "fast-check";
import { expect, test } from "vitest";
import { HpackDecoder } from "../../../src/http2/hpack/decoder.js";
import { appendInteger, encodeFields } from "../../../src/http2/hpack/encoder.js";
import type { Field } from "../../../src/model/fields.js";
import { decodeFields, hexOf } from "./blocks.js";

test("a trailers-only answer takes the static table's numbers where there are any", () => {
  const block = encodeFields([
    [":status", "200"],
    ["content-type", "application/grpc"],
    ["grpc-status", "14"],
  ]);
  expect(hexOf(block)).toBe("880f108b1d75d0620d263d4c4d656400889acac8b21234da8f820b5f");
});

test("any fields come back, and no table changes, with any options", () => {
  const octets = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString("latin1"));
  const field = fc.tuple(fc.oneof(fc.constantFrom(":status", "content-type", "te"), octets), octets);
  fc.assert(
    fc.property(
      fc.array(field, { maxLength: 20 }),
      fc.boolean(),
      fc.constantFrom("without" as const, "never" as const),
      (fields: Field[], huffman, indexing) => {
        const decoder = new HpackDecoder();
        expect(decodeFields(decoder, encodeFields(fields, { huffman, indexing }))).toEqual(fields);
        expect(decoder.tableFields()).toEqual([]);
      },
    ),
  );
});

test("integers take one octet below the prefix's limit and as few as they need from there", () => {
  const hex = (mask: number, value: number): string => {
    const out: number[] = [];
    appendInteger(out, 0, mask, value);
    return hexOf(Uint8Array.from(out));
  };
  expect(hex(0x1f, 30)).toBe("1e");
  expect(hex(0x1f, 31)).toBe("1f00");
  expect(hex(0x1f, 1337)).toBe("1f9a0a");
  expect(hex(0x7f, 2 ** 31 - 1)).toBe("7f80ffffff07");
});
