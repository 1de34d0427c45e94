// The guessed tree: every octet once, in order; other readings beside it; what the user says; edits.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeTree } from "../../src/message/encode.js";
import type { MessageNode } from "../../src/message/tree.js";
import { FramelensError } from "../../src/model/errors.js";
import { encodeEdited } from "../../src/schemaless/edit.js";
import type { FieldJson, GuessJson } from "../../src/schemaless/guess.js";
import { SchemalessReader } from "../../src/schemaless/schemaless-reader.js";
import { textWidth } from "../../src/view/text-width.js";
import { hex } from "../support/protobuf-samples.js";
import { message, number, payload } from "./payloads.js";

const METHOD = "/acme.Things/Get";

function guess(bytes: Uint8Array) {
  return new SchemalessReader().guess(METHOD, "server", bytes);
}

function fieldsOf(bytes: Uint8Array): readonly FieldJson[] {
  return (JSON.parse(guess(bytes).json) as GuessJson).fields;
}

/** Fails unless the fields of each message follow one another from its first octet to its last. */
function checkCover(inside: MessageNode): void {
  let at = inside.start;
  for (const field of inside.fields) {
    expect(field.start).toBe(at);
    expect(field.end).toBeGreaterThan(field.start);
    at = field.end;
    if (field.message !== undefined) checkCover(field.message);
  }
  expect(at).toBe(inside.end);
}

/** Messages as they may be, and octets that are none. */
const anyOctets = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc
    .array(
      fc.oneof(
        fc
          .tuple(fc.integer({ min: 1, max: 40 }), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }))
          .map(([f, v]) => number(f, v)),
        fc.tuple(fc.integer({ min: 1, max: 40 }), fc.string()).map(([f, v]) => payload(f, v)),
        fc.tuple(fc.integer({ min: 1, max: 40 }), fc.uint8Array()).map(([f, v]) => payload(f, v)),
        fc
          .tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 9 }), fc.string())
          .map(([f, g, v]) => payload(f, number(1, 7), payload(g, v))),
      ),
      { maxLength: 12 },
    )
    .map((fields) => message(...fields)),
);

describe("any octets", () => {
  test("give a tree that has every octet once, in order, and encodes to the same octets", () => {
    fc.assert(
      fc.property(fc.array(anyOctets, { minLength: 1, maxLength: 4 }), (messages) => {
        const reader = new SchemalessReader();
        for (const bytes of messages) {
          const guessed = reader.guess(METHOD, "client", bytes);
          const { tree, json } = guessed;
          checkCover(tree);
          expect(Buffer.from(encodeTree(tree))).toEqual(Buffer.from(bytes));
          expect(() => JSON.parse(json)).not.toThrow();
          expect(textWidth(guessed.preview(40))).toBeLessThanOrEqual(40);
          expect([...guessed.lines()].length).toBeGreaterThanOrEqual(tree.fields.length);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("are told in text that no terminal obeys", () => {
    const shown = guess(payload(1, "\u001b[2J", "\u202e\u0085", "plain words behind it"));
    expect(shown.values).toContain("plain words behind it");
    for (const text of [shown.json, shown.values, shown.preview(80), ...shown.lines()])
      expect(text).not.toMatch(/[\x00-\x1f\x7f-\x9f\u202e]/);
  });
});

describe("a field", () => {
  test("has its number, name, kind, range, value and how sure that is", () => {
    expect(fieldsOf(message(number(1, 1001), payload(2, "Alice")))).toEqual([
      {
        number: 1,
        name: "field_1",
        kind: "varint",
        start: 0,
        end: 3,
        value: 1001,
        or: [{ type: "sint32", value: "-501" }],
      },
      { number: 2, name: "field_2", kind: "string", start: 3, end: 10, value: "Alice", bits: expect.any(Number) },
    ]);
  });

  test.each([
    ["a flag", number(1, 1), { type: "bool", value: "true" }],
    ["zigzag", number(1, 3), { type: "sint32", value: "-2" }],
    ["a negative number", number(1, -1n), { type: "uint64", value: "18446744073709551615" }],
    ["seconds", number(1, 1_700_000_000), { type: "seconds", value: "2023-11-14T22:13:20Z" }],
    ["milliseconds", number(1, 1_700_000_000_123), { type: "milliseconds", value: "2023-11-14T22:13:20.123Z" }],
  ])("that may be %s says so, with the value it would have", (_what, bytes, other) => {
    expect(fieldsOf(bytes)[0]?.or).toContainEqual(other);
  });

  test.each([
    ["a UUID in text", payload(1, "14522705-b428-4d4b-bf1e-fbb44fd59096"), "UUID"],
    ["JSON", payload(1, '{"a":[1,2,3]}'), "JSON"],
    ["gzip", payload(1, hex("1f8b0800000000000003cb48cdc9c95728cf2fca4901008511 4a0d0b000000")), "gzip"],
    [
      "a Timestamp",
      payload(1, number(1, 1_700_000_000), number(2, 5_000_000)),
      "google.protobuf.Timestamp 2023-11-14T22:13:20Z",
    ],
    [
      "an Any",
      payload(1, payload(1, "type.googleapis.com/acme.Thing"), payload(2, number(1, 5))),
      "google.protobuf.Any of acme.Thing",
    ],
  ])("that looks like %s says so", (_what, bytes, shape) => {
    expect(fieldsOf(bytes)[0]?.shape).toBe(shape);
  });

  test("of packed numbers has them all", () => {
    const list = payload(4, Uint8Array.from([3, 142, 2, 158, 167, 5, 3, 3, 3, 142, 2]));
    expect(fieldsOf(list)[0]).toMatchObject({ kind: "packed.varint", value: [3, 270, 86942, 3, 3, 3, 270] });
  });

  test("that is cut is told as a problem of the message", () => {
    const told = JSON.parse(guess(payload(2, "Alice").subarray(0, 5)).json) as GuessJson;
    expect(told.problem).toEqual({ code: "ERR_TRUNCATED", message: "cut: 3 of 5 bytes" });
  });
});

describe("what the user says of a field", () => {
  test("holds at once, for what was learned before as well, and can be taken back", () => {
    const reader = new SchemalessReader();
    const bytes = message(number(1, 3), payload(2, number(1, 5)));
    const values = () => reader.read(METHOD, "server", bytes).values;
    expect(reader.guess(METHOD, "server", bytes).values).toBe('{"field_1":3,"field_2":{"field_1":5}}');
    const before = reader.version(METHOD, "server");
    reader.types.set(METHOD, "server", "1", { name: "delta", type: "sint64" });
    reader.types.set(METHOD, "server", "2.1", { name: "count" });
    expect(values()).toBe('{"delta":"-2","field_2":{"count":5}}');
    expect(reader.version(METHOD, "server")).toBeGreaterThan(before);
    reader.types.set(METHOD, "server", "2", { type: "bytes" });
    expect(values()).toBe('{"delta":"-2","field_2":"CAU="}');
    reader.types.set(METHOD, "server", "2", {});
    reader.types.set(METHOD, "server", "1", {});
    expect(values()).toBe('{"field_1":3,"field_2":{"count":5}}');
  });

  test("is of one side alone, and goes before what is said of any method", () => {
    const { types } = new SchemalessReader();
    types.change("*", "server", "1", { type: "sint32" });
    types.change("*", "server", "1", { name: "any" });
    expect(types.of("/acme.Other/Get", "server").get("1")).toEqual({ name: "any", type: "sint32" });
    types.change("*", "server", "1", { type: "" });
    types.set(METHOD, "server", "1", { name: "own" });
    expect(types.of(METHOD, "server").get("1")).toEqual({ name: "own" });
    expect(types.of("/acme.Other/Get", "server").get("1")).toEqual({ name: "any" });
    expect(types.of(METHOD, "client").get("1")).toBeUndefined();
  });

  test("is kept as text that reads back as the same", () => {
    const { types } = new SchemalessReader();
    types.set(METHOD, "server", "10.2", { type: "packed float" });
    types.set(METHOD, "server", "3", { name: "city", type: "string" });
    const text = types.toText();
    const again = new SchemalessReader().types;
    again.load(text, "types.json");
    expect(again.toText()).toBe(text);
    expect(Object.keys(JSON.parse(text)[METHOD].server)).toEqual(["3", "10.2"]);
  });

  test.each([
    ["{", /^types\.json: /],
    ["[]", "types.json: expected an object"],
    ['{"/a/b":{"left":{}}}', "types.json: /a/b left; expected client or server"],
    ['{"/a/b":{"client":{"x":{}}}}', 'types.json: /a/b client x: "x" is no path; expected field numbers, as in 3.1'],
    ['{"/a/b":{"client":{"1":{"type":"text"}}}}', /"text" is no type; expected double, float/],
    ['{"/a/b":{"client":{"1":{"name":"a b"}}}}', /"a b" is no field name/],
  ])("is refused with a line that says where when it is %s", (text, expected) => {
    const { types } = new SchemalessReader();
    types.set(METHOD, "server", "1", { name: "kept" });
    expect(() => types.load(text, "types.json")).toThrow(expected);
    expect(types.of(METHOD, "server").get("1")).toEqual({ name: "kept" });
  });
});

describe("an edit", () => {
  const bytes = message(
    number(1, 5),
    payload(3, payload(1, "first"), number(2, 300)),
    payload(3, payload(1, "second"), number(2, 1)),
    number(9, 1),
  );

  test("changes the value, the lengths around it, and nothing else", () => {
    const edited = encodeEdited(guess(bytes).tree, "3[1].1", "another name");
    const expected = message(
      number(1, 5),
      payload(3, payload(1, "first"), number(2, 300)),
      payload(3, payload(1, "another name"), number(2, 1)),
      number(9, 1),
    );
    expect(Buffer.from(edited)).toEqual(Buffer.from(expected));
  });

  test("with the value that is there gives the same octets, also where lengths are wider than they must be", () => {
    const padded = Uint8Array.from([0x0a, 0x87, 0x80, 0x00, 0x0a, 0x05, ...Buffer.from("Alice")]);
    expect(Buffer.from(encodeEdited(guess(padded).tree, "1.1", "Alice"))).toEqual(Buffer.from(padded));
    expect(Buffer.from(encodeEdited(guess(bytes).tree, "field_3[0].field_2", 300))).toEqual(Buffer.from(bytes));
  });

  test.each([
    ["4", /there is no 4/],
    ["3[2].1", /there is no 3\[2\]/],
    ["3", /no value that can be edited/],
    ["a-b", /is no path/],
  ])("of %s is refused", (path, expected) => {
    expect(() => encodeEdited(guess(bytes).tree, path, 1)).toThrow(expected);
    expect(() => encodeEdited(guess(bytes).tree, path, 1)).toThrow(FramelensError);
  });

  test("with a value that does not fit is refused", () => {
    expect(() => encodeEdited(guess(bytes).tree, "1", "five")).toThrow("expected");
  });
});
