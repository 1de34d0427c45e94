// What holds for any blocks: the decoder returns, agrees with the encoder, and its cache never shows.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FieldList, HpackDecoder } from "../../../src/http2/hpack/decoder.js";
import type { Field } from "../../../src/model/fields.js";
import { HpackEncoder, type Indexing } from "../../support/hpack-encoder.js";
import { decodeFields } from "./blocks.js";

const MOST_TABLE_BYTES = 65536;
const UNCACHED_BYTES = 1025;
const STATIC_METHOD = 0x82;

const octets = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString("latin1"));
// Few names and values, so that the tables get used, and now and then any.
const name = fc.oneof({ weight: 8, arbitrary: fc.constantFrom(":path", "te", "a", "b", "c") }, octets);
const value = fc.oneof({ weight: 8, arbitrary: fc.constantFrom("", "/", "1", "2", "v".repeat(90)) }, octets);
const indexing = fc.constantFrom<Indexing>("indexed", "indexed", "incremental", "without", "never");
const step = fc.record({
  sizes: fc.oneof(
    { weight: 4, arbitrary: fc.constant<number[]>([]) },
    fc.array(fc.constantFrom(0, 40, 100, 300, 4096, MOST_TABLE_BYTES), { maxLength: 2 }),
  ),
  fields: fc.array(fc.tuple(name, value, indexing), { maxLength: 8 }),
  times: fc.constantFrom(1, 1, 1, 3),
});
const script = fc.record({ huffman: fc.boolean(), steps: fc.array(step, { maxLength: 40 }) });

describe("any octets", () => {
  test("are a list or a problem, never an exception, however they are cut", () => {
    const anyOctets = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      // Mostly representations that are good, so that later octets are reached.
      fc
        .array(fc.constantFrom(0x82, 0x88, 0xbe, 0x40, 0x01, 0x61, 0x81, 0x07, 0x20, 0x3f, 0x7f, 0xff, 0x00, 0x10))
        .map((list) => Uint8Array.from(list)),
    );
    fc.assert(
      fc.property(fc.array(anyOctets, { maxLength: 8 }), (blocks) => {
        const decoder = new HpackDecoder({ maxFields: 20, maxFieldBytes: 500, maxTableBytes: 300 });
        for (const block of blocks) {
          const list = decoder.decode(block, 0, block.length);
          if (!(list instanceof FieldList)) {
            expect(list.code).toMatch(/^ERR_HPACK_[A-Z_]+$/);
            expect(list.message).toMatch(/octet.*expected.*\(RFC 7541 §[\d.]+\)$/);
            expect(decoder.broken).toBe(list);
            return;
          }
          expect(list.fields.length).toBeLessThanOrEqual(20);
          expect(list.fieldBytes).toBeLessThanOrEqual(500);
          expect(list.fieldBytes).toBe(list.fields.reduce((sum, field) => sum + field.join("").length, 0));
          expect(decoder.tableBytes).toBeLessThanOrEqual(300);
          expect(decoder.tableBytes).toBe(
            decoder.tableFields().reduce((sum, field) => sum + field.join("").length + 32, 0),
          );
        }
      }),
      { numRuns: 2000 },
    );
  });

  test("of a good block, cut or with one octet changed, are a list or a problem", () => {
    fc.assert(
      fc.property(script, fc.nat(), fc.nat(255), fc.boolean(), ({ huffman, steps }, where, octet, cut) => {
        const encoder = new HpackEncoder({ huffman });
        const decoder = new HpackDecoder();
        for (const { fields } of steps) {
          const block = encoder.encode(fields);
          const at = where % (block.length + 1);
          if (!cut) block[at] = octet;
          const list = decoder.decode(block, 0, cut ? at : block.length);
          expect(list instanceof FieldList || list === decoder.broken).toBe(true);
        }
      }),
    );
  });
});

describe("what an encoder writes", () => {
  test("comes back, over any use of the table and any size updates, and both tables stay alike", () => {
    fc.assert(
      fc.property(script, ({ huffman, steps }) => {
        const encoder = new HpackEncoder({ huffman });
        const decoder = new HpackDecoder();
        decoder.allowTableSize(MOST_TABLE_BYTES);
        for (const { sizes, fields, times } of steps) {
          for (const bytes of sizes) encoder.resize(bytes);
          for (let i = 0; i < times; i++) {
            expect(decodeFields(decoder, encoder.encode(fields))).toEqual(fields.map(fieldOf));
            expect(decoder.tableFields()).toEqual(encoder.table);
            expect(decoder.tableBytes).toBe(encoder.tableBytes);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  test("means the same to a decoder that has seen blocks before and to one that reads each for the first time", () => {
    fc.assert(
      fc.property(script, ({ huffman, steps }) => {
        const encoder = new HpackEncoder({ huffman });
        const cached = new HpackDecoder();
        cached.allowTableSize(MOST_TABLE_BYTES);
        const blocks: Uint8Array[] = [];
        for (const { sizes, fields, times } of steps.slice(0, 12)) {
          for (const bytes of sizes) encoder.resize(bytes);
          for (let i = 0; i < times; i++) {
            blocks.push(encoder.encode(fields));
            expect(decodeFields(cached, blocks.at(-1)!)).toEqual(decodeWithoutCache(blocks));
          }
        }
      }),
    );
  });
});

/** The last block's fields, from a decoder that never looks a block up. */
function decodeWithoutCache(blocks: readonly Uint8Array[]): readonly Field[] {
  const decoder = new HpackDecoder();
  decoder.allowTableSize(MOST_TABLE_BYTES);
  let fields: readonly Field[] = [];
  for (const block of blocks) {
    // A block over 1 KiB is never looked up: fields that change no table make it that long, and are then left out.
    const long = new Uint8Array(block.length + UNCACHED_BYTES).fill(STATIC_METHOD);
    long.set(block);
    fields = decodeFields(decoder, long).slice(0, -UNCACHED_BYTES);
  }
  return fields;
}

function fieldOf([name, value]: readonly [string, string, Indexing]): Field {
  return [name, value];
}
