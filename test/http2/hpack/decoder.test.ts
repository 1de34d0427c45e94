// The decoder follows what encoders may do: representations, the two tables, size updates (RFC 7541 §2 to §6).
import { describe, expect, test } from "vitest";
import { FieldList, HpackDecoder } from "../../../src/http2/hpack/decoder.js";
import { STATIC_FIELDS } from "../../../src/http2/hpack/static-table.js";
import type { Field } from "../../../src/model/fields.js";
import { HpackEncoder } from "../../support/hpack-encoder.js";
import { bytesOf, decodeFields, decodeHex, decodeList } from "./blocks.js";

describe("fields", () => {
  test("an empty block is an empty list", () => {
    const list = decodeList(new HpackDecoder(), bytesOf(""));
    expect(list).toBeInstanceOf(FieldList);
    expect(list).toMatchObject({ fields: [], droppedFields: 0, fieldBytes: 0, memo: undefined });
  });

  test("only the octets from start to end are read", () => {
    const bytes = bytesOf("00 82 86 00");
    const list = new HpackDecoder().decode(bytes, 1, 3);
    expect(list).toMatchObject({
      fields: [
        [":method", "GET"],
        [":scheme", "http"],
      ],
      fieldBytes: 21,
    });
  });

  test("each static index stands for its field, the same frozen tuple every time", () => {
    const decoder = new HpackDecoder();
    for (let index = 1; index <= 61; index++) {
      const [field] = decodeFields(decoder, Uint8Array.of(0x80 | index));
      expect(field).toBe(STATIC_FIELDS[index]);
      expect(Object.isFrozen(field)).toBe(true);
    }
    expect(STATIC_FIELDS[61]).toEqual(["www-authenticate", ""]);
  });

  test("a literal may take its name from either table", () => {
    const decoder = new HpackDecoder();
    expect(decodeHex(decoder, "40 01 61 01 31  7e 01 32  0f 2f 01 33  1f 30 01 34")).toEqual([
      ["a", "1"],
      ["a", "2"],
      ["a", "3"],
      ["a", "4"],
    ]);
    expect(decoder.tableFields()).toEqual([
      ["a", "2"],
      ["a", "1"],
    ]);
  });

  test("names and values may be empty and hold any octet", () => {
    const all = String.fromCharCode(...Array.from({ length: 256 }, (_, octet) => octet));
    for (const huffman of [true, false]) {
      const fields: Field[] = [
        ["", ""],
        ["", "x"],
        ["x", ""],
        [all, all],
      ];
      const encoder = new HpackEncoder({ huffman });
      expect(decodeFields(new HpackDecoder(), encoder.encode(fields))).toEqual(fields);
    }
  });

  test("strings of every length up to 300 come out whole, coded or not", () => {
    for (const huffman of [true, false]) {
      const encoder = new HpackEncoder({ huffman });
      const decoder = new HpackDecoder();
      for (let length = 0; length <= 300; length++) {
        const ascii = "abcdefghijklmnopqrstuvwxyz".repeat(12).slice(0, length);
        const fields: [string, string, "never"][] = [
          ["x", ascii, "never"],
          ["x", ascii.replaceAll("q", "\x80"), "never"],
        ];
        const decoded = decodeFields(decoder, encoder.encode(fields));
        expect(decoded.map((field) => field[1])).toEqual(fields.map((field) => field[1]));
      }
    }
  });

  test("a coded string longer than the scratch space comes out whole", () => {
    const value = "0123456789".repeat(2000);
    const block = new HpackEncoder().encode([["x", value, "never"]]);
    expect(decodeFields(new HpackDecoder(), block)).toEqual([["x", value]]);
  });

  test("an integer may be written with more zeros than it needs, within five octets", () => {
    expect(decodeHex(new HpackDecoder(), "0f 80 80 80 80 00 01 31")).toEqual([["accept-charset", "1"]]);
  });

  test("nothing of the block's octets is kept", () => {
    const decoder = new HpackDecoder();
    const block = bytesOf("40 01 61 01 31");
    const fields = decodeFields(decoder, block);
    block.fill(0xff);
    expect(fields).toEqual([["a", "1"]]);
    expect(decodeHex(decoder, "be")).toEqual([["a", "1"]]);
  });
});

describe("the dynamic table", () => {
  test("an entry counts its octets and 32 more", () => {
    const decoder = new HpackDecoder();
    decodeHex(decoder, "40 01 61 02 31 31");
    expect(decoder.tableBytes).toBe(35);
  });

  test("the newest entry has index 62, and an indexed entry is the same tuple every time", () => {
    const decoder = new HpackDecoder();
    const [first, second] = decodeHex(decoder, "40 01 61 01 31 40 01 62 01 32");
    const [newest, oldest] = decodeHex(decoder, "be bf");
    expect(newest).toBe(second);
    expect(oldest).toBe(first);
  });

  test("the oldest entries leave when the new one needs their room", () => {
    const decoder = new HpackDecoder();
    const encoder = new HpackEncoder();
    for (let i = 0; i < 1000; i++) decodeFields(decoder, encoder.encode([["n", String(i)]]));
    expect(decoder.tableFields()).toEqual(encoder.table);
    expect(decoder.tableBytes).toBe(encoder.tableBytes);
    expect(decoder.tableBytes).toBeLessThanOrEqual(4096);
    expect(decoder.tableFields()[0]).toEqual(["n", "999"]);
  });

  test("an entry that fills the table exactly stays, one octet more empties the table and is still a field", () => {
    const decoder = new HpackDecoder();
    const exact = "v".repeat(4096 - 32 - 1);
    decodeFields(decoder, new HpackEncoder().encode([["n", exact]]));
    expect(decoder.tableFields()).toEqual([["n", exact]]);
    expect(decodeFields(decoder, new HpackEncoder().encode([["n", `${exact}v`]]))).toEqual([["n", `${exact}v`]]);
    expect(decoder.tableFields()).toEqual([]);
    expect(decoder.tableBytes).toBe(0);
  });

  test("a literal may borrow the name of the very entry it pushes out", () => {
    const decoder = new HpackDecoder();
    const value = "v".repeat(4000);
    decodeFields(decoder, new HpackEncoder().encode([["name", value]]));
    expect(decodeHex(decoder, "7e 7f 81 01".concat("77".repeat(256)))).toEqual([["name", "w".repeat(256)]]);
    expect(decoder.tableFields()).toEqual([["name", "w".repeat(256)]]);
  });
});

describe("size updates", () => {
  function filled(): { decoder: HpackDecoder; encoder: HpackEncoder } {
    const [decoder, encoder] = [new HpackDecoder(), new HpackEncoder()];
    for (const name of ["a", "b", "c"]) decodeFields(decoder, encoder.encode([[name, "1"]]));
    return { decoder, encoder };
  }

  test("a lower size evicts the oldest", () => {
    const { decoder, encoder } = filled();
    encoder.resize(70);
    decodeFields(decoder, encoder.encode([]));
    expect(decoder.tableFields()).toEqual([
      ["c", "1"],
      ["b", "1"],
    ]);
  });

  test("two in one block, first lower, then higher, empty the table and then fill it again", () => {
    const { decoder, encoder } = filled();
    encoder.resize(0);
    encoder.resize(4096);
    expect(decodeFields(decoder, encoder.encode([["d", "1"]]))).toEqual([["d", "1"]]);
    expect(decoder.tableFields()).toEqual([["d", "1"]]);
  });

  test("more than the two of RFC 7541 §4.2 are followed too", () => {
    const { decoder } = filled();
    expect(decodeHex(decoder, "20 21 22 3f e1 1f 82")).toEqual([[":method", "GET"]]);
    expect(decoder.tableBytes).toBe(0);
  });

  test("a table of size 0 takes nothing in", () => {
    const decoder = new HpackDecoder();
    expect(decodeHex(decoder, "20 40 01 61 01 31")).toEqual([["a", "1"]]);
    expect(decoder.tableFields()).toEqual([]);
  });

  test("a size over 4,096 is good once it was announced", () => {
    const decoder = new HpackDecoder();
    decoder.allowTableSize(65536);
    const encoder = new HpackEncoder();
    encoder.resize(65536);
    const fields = Array.from({ length: 1000 }, (_, i): Field => ["n", String(i)]);
    expect(decodeFields(decoder, encoder.encode(fields))).toEqual(fields);
    expect(decoder.tableFields()).toEqual(encoder.table);
    expect(decoder.tableFields()).toHaveLength(1000);
  });

  test("announcing a smaller size later, or nonsense, takes nothing back", () => {
    const decoder = new HpackDecoder();
    for (const bytes of [65536, 100, 0, Number.NaN, -1]) decoder.allowTableSize(bytes);
    const encoder = new HpackEncoder();
    encoder.resize(65536);
    expect(decodeFields(decoder, encoder.encode([]))).toEqual([]);
  });

  test("the table stays at 4,096 until an update says more, whatever was announced", () => {
    const decoder = new HpackDecoder();
    decoder.allowTableSize(65536);
    const encoder = new HpackEncoder();
    for (let i = 0; i < 200; i++) decodeFields(decoder, encoder.encode([["n", String(i)]]));
    expect(decoder.tableFields()).toEqual(encoder.table);
  });
});
