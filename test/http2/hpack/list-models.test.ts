// Lists that are told by an earlier one: which it is, where they differ, and that nobody can tell from the fields.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type FieldList, HpackDecoder } from "../../../src/http2/hpack/decoder.js";
import type { Field } from "../../../src/model/fields.js";
import { HpackEncoder, type Indexing } from "../../support/hpack-encoder.js";
import { decodeList, problemOf } from "./blocks.js";

const COMMON: readonly Field[] = [
  [":method", "POST"],
  [":path", "/s/M"],
  ["te", "trailers"],
];

const withTimeout = (value: string): readonly Field[] => [...COMMON, ["grpc-timeout", value]];

class Side {
  readonly encoder = new HpackEncoder();
  readonly decoder: HpackDecoder;

  constructor(limits: ConstructorParameters<typeof HpackDecoder>[0] = {}) {
    this.decoder = new HpackDecoder(limits);
  }

  says(fields: readonly (Field | readonly [string, string, Indexing])[]): FieldList {
    const list = decodeList(this.decoder, this.encoder.encode(fields));
    expect(list.fields).toEqual(fields.map(([name, value]) => [name, value]));
    return list;
  }
}

describe("a list like one before", () => {
  test("names it and the places where it says something else, whatever the encoder does with the new value", () => {
    for (const indexing of ["incremental", "without", "never"] as const) {
      const side = new Side();
      const first = side.says([...COMMON, ["grpc-timeout", "1S", indexing]]);
      expect(first.model).toBeUndefined();
      const second = side.says([...COMMON, ["grpc-timeout", "999999u", indexing]]);
      expect(second.model).toBe(first);
      expect(second.changed).toBe(0b1000);
      expect(second.fieldBytes).toBe(first.fieldBytes + 5);
      const third = side.says([[":method", "GET"], [":path", "/s/N"], ...COMMON.slice(2), ["grpc-timeout", "1S"]]);
      expect(third.model).toBe(first);
      expect(third.changed).toBe(0b0011);
    }
  });

  test("that says nothing else is that list, and its fields are the very same once they are sent anew", () => {
    const side = new Side();
    const first = side.says(withTimeout("1S"));
    side.encoder.resize(0);
    side.encoder.resize(4096);
    expect(side.says(withTimeout("1S"))).toBe(first);
    const other = side.says(withTimeout("2S"));
    expect(other.model).toBe(first);
    for (const place of [0, 1, 2]) expect(other.fields[place]).toBe(first.fields[place]);
    // They went into the table as such, too: what refers to them is compared by nothing but identity.
    expect(side.decoder.tableFields()).toContain(first.fields[1]);
  });

  test("is found among four: calls of several kinds, headers and trailers", () => {
    const side = new Side();
    const lists = ["a", "b", "c", "d"].map((name) => side.says([...COMMON, [name, "1"]]));
    for (let round = 0; round < 3; round++) {
      for (const [i, name] of ["a", "c", "b", "d"].entries()) {
        const list = side.says([...COMMON, [name, `${round}${i}`]]);
        expect(list.model).toBe(lists["abcd".indexOf(name)]);
        expect(list.changed).toBe(0b1000);
      }
    }
    expect(side.says([...COMMON, ["e", "1"]]).model).toBeUndefined();
    // The one that was used longest ago made room.
    expect(side.says([...COMMON, ["a", "3"]]).model).toBeUndefined();
    expect(side.says([...COMMON, ["d", "3"]]).model).toBe(lists[3]);
  });

  test("with more, fewer or other fields has a model of its own", () => {
    const side = new Side();
    side.says(withTimeout("1S"));
    expect(side.says(COMMON).model).toBeUndefined();
    expect(side.says([...withTimeout("1S"), ["x", ""]]).model).toBeUndefined();
    expect(side.says([COMMON[0]!, COMMON[2]!, COMMON[1]!, ["grpc-timeout", "1S"]]).model).toBeUndefined();
  });
});

describe("no list is a model", () => {
  test("of more than 31 fields, or 8 KiB", () => {
    const side = new Side();
    const many = Array.from({ length: 32 }, (_, i): Field => [`n${i}`, "1"]);
    const long: readonly Field[] = [
      ["a", "x".repeat(8192)],
      ["b", ""],
    ];
    for (const fields of [many, long]) {
      side.says(fields);
      expect(side.says(fields.with(1, [fields[1]![0], "2"])).model).toBeUndefined();
    }
    side.says(many.slice(1));
    const other = side.says(many.slice(1).with(30, ["n31", "2"]));
    expect(other.changed).toBe(2 ** 30);
  });

  test("of which fields were dropped; and a list that must drop some is read to its end", () => {
    const side = new Side({ maxFields: 4, maxFieldBytes: 100 });
    const one = side.says(withTimeout("1S"));
    const encode = (fields: readonly Field[]): FieldList => decodeList(side.decoder, side.encoder.encode(fields));
    const long = encode(withTimeout("1".repeat(80)));
    expect(long).toMatchObject({ droppedFields: 1, model: undefined, fields: COMMON });
    const more = encode([...withTimeout("3S"), ["x", "1"]]);
    expect(more).toMatchObject({ droppedFields: 1, model: undefined, fields: withTimeout("3S") });
    expect(side.says(withTimeout("4S")).model).toBe(one);
  });
});

test("a size update within a list that is like one before is as wrong as in any other", () => {
  const decoder = new HpackDecoder();
  decodeList(decoder, Uint8Array.of(0x82, 0x84, 0x86));
  expect(problemOf(decoder, "8284 20 86")).toMatchObject({ code: "ERR_HPACK_UPDATE_LATE" });
});

const value = fc.oneof(
  fc.constantFrom("", "0", "1S", "trailers", "/s/M", "x".repeat(300)),
  fc.string({ maxLength: 12 }),
);
const change = fc.record({
  values: fc.array(fc.tuple(fc.nat(6), value), { maxLength: 3 }),
  indexing: fc.constantFrom<Indexing>("indexed", "incremental", "without", "never"),
  shape: fc.constantFrom("same", "same", "same", "same", "less", "more", "renamed"),
  sizes: fc.oneof(
    { weight: 5, arbitrary: fc.constant<number[]>([]) },
    fc.array(fc.constantFrom(0, 100, 200, 4096), { maxLength: 2 }),
  ),
});

function fieldsOf({ values, shape }: { values: readonly (readonly [number, string])[]; shape: string }): Field[] {
  const fields: Field[] = [...withTimeout("1S"), ["a", "1"], ["b", "2"], ["b", "3"]];
  for (const [place, text] of values) fields[place] = [fields[place]![0], text];
  if (shape === "less") fields.pop();
  if (shape === "more") fields.push(["c", "4"]);
  if (shape === "renamed") fields[4] = ["z", fields[4]![1]];
  return fields;
}

test("any calls that are nearly alike come back, and what a list says of its model is true", () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
      const side = new Side();
      for (const each of changes) {
        for (const bytes of each.sizes) side.encoder.resize(bytes);
        const fields = fieldsOf(each);
        const list = side.says(fields.map(([name, text]) => [name, text, each.indexing]));
        expect(side.decoder.tableFields()).toEqual(side.encoder.table);
        expect(list.droppedFields).toBe(0);
        expect(list.fieldBytes).toBe(fields.flat().join("").length);
        if (list.model === undefined) continue;
        expect(list.model.model).toBeUndefined();
        expect(list.model.fields.map(([name]) => name)).toEqual(fields.map(([name]) => name));
        const differs = list.model.fields.map(([, text], place) => (text === fields[place]![1] ? 0 : 1 << place));
        expect(list.changed).toBe(differs.reduce((bits, bit) => bits | bit, 0));
        expect(list.changed).not.toBe(0);
      }
    }),
    { numRuns: 500 },
  );
});
