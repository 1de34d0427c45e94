import { create, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { problemsOf } from "../../src/message/problem-list.js";
import type { FieldNode, MessageNode } from "../../src/message/tree.js";
import { readValue } from "../../src/message/value.js";
import { MAX_DEPTH, walk } from "../../src/message/walk.js";
import { anyMessage, hex, registry, typeOf, vectors } from "../support/protobuf-samples.js";

function expectWhole(message: MessageNode): void {
  expect(lossIn(message)).toBeUndefined();
}

/** Every octet of a message has to lie in exactly one field, in order, all the way down. @returns where it does not */
function lossIn(message: MessageNode): string | undefined {
  let at = message.start;
  for (const node of message.fields) {
    if (node.start !== at || node.valueStart < at || node.end <= at || node.valueStart > node.end)
      return `field at ${at}`;
    const inner = node.message;
    if (inner !== undefined && (inner.start !== node.valueStart || inner.end > node.end)) return `message at ${at}`;
    const loss = inner && lossIn(inner);
    if (loss !== undefined) return loss;
    at = node.end;
  }
  return at === message.end ? undefined : `end at ${at}`;
}

function only(message: MessageNode): FieldNode {
  expect(message.fields).toHaveLength(1);
  return message.fields[0]!;
}

function codes(message: MessageNode): string[] {
  return problemsOf(message).map((problem) => problem.code);
}

/** Groups within groups, or messages within messages, all field 1. */
function nested(levels: number, open: number): Uint8Array {
  if (open === 0x0b) return Uint8Array.from([...Array(levels).fill(0x0b), ...Array(levels).fill(0x0c)]);
  let bytes: number[] = [];
  for (let level = 0; level < levels; level++) {
    const length = bytes.length < 128 ? [bytes.length] : [(bytes.length & 0x7f) | 0x80, bytes.length >> 7];
    bytes = [0x12, ...length, ...bytes];
  }
  return Uint8Array.from(bytes);
}

describe("the walker with a schema", () => {
  it("gives number, wire type, range and value of each field", () => {
    const tree = walk(hex("18 96 01 72 05 68 65 6c 6c 6f"), typeOf("Scalars"));
    const [first, second] = tree.fields;
    expect([first!.number, first!.wireType, first!.start, first!.valueStart, first!.end]).toEqual([3, 0, 0, 1, 3]);
    expect(readValue(first!)).toBe(150);
    expect([second!.start, second!.valueStart, second!.end]).toEqual([3, 5, 10]);
    expect(readValue(second!)).toBe("hello");
  });

  it("reads every scalar as its type", () => {
    const scalars = {
      doubleValue: -1.5,
      floatValue: 0.5,
      int32Value: -2147483648,
      int64Value: -9223372036854775808n,
      uint32Value: 4294967295,
      uint64Value: 18446744073709551615n,
      sint32Value: -2147483648,
      sint64Value: -9223372036854775808n,
      fixed32Value: 4294967295,
      fixed64Value: 18446744073709551615n,
      sfixed32Value: -1,
      sfixed64Value: -1n,
      boolValue: true,
      stringValue: "日本",
      bytesValue: hex("00ff"),
      color: 3,
    };
    const type = typeOf("Scalars");
    const tree = walk(toBinary(type, create(type, scalars)), type);
    const values = tree.fields.map(readValue);
    expect(values.slice(0, -1)).toEqual(Object.values(scalars).slice(0, -1));
    expect(values.at(-1)).toBe("COLOR_BLUE");
  });

  it("takes packed and unpacked numbers of either declared kind", () => {
    expect(readValue(only(walk(hex("1a 03 01 02 03"), typeOf("Repeated"))))).toEqual([1, 2, 3]);
    expect(readValue(only(walk(hex("18 01"), typeOf("Repeated"))))).toBe(1);
    expect(readValue(only(walk(hex("92 01 02 05 06"), typeOf("Repeated"))))).toEqual([5, 6]);
    expect(codes(walk(hex("1a 03 01 02 03 18 01 92 01 02 05 06"), typeOf("Repeated")))).toEqual([]);
  });

  it("opens groups, extensions and map entries", () => {
    const legacy = walk(hex("7b 0a 01 6b 7c a2 06 01 6e"), typeOf("Legacy"), registry);
    expect(legacy.fields.map((node) => node.plan?.name)).toEqual(["header", "framelens.everything.v1.nickname"]);
    expect(legacy.fields[0]!.end).toBe(5);
    expect(legacy.fields[0]!.message!.end).toBe(4);
    const entry = only(walk(hex("0a 06 0a 01 61 12 01 62"), typeOf("Maps"))).message!;
    expect(entry.fields.map(readValue)).toEqual(["a", "b"]);
  });

  it.each([
    ["an unknown field", "Scalars", "a0 06 01", "ERR_UNKNOWN_FIELD"],
    ["an unknown enum value", "Scalars", "80 01 63", "ERR_UNKNOWN_ENUM"],
    ["an unknown enum value among packed ones", "Repeated", "72 02 01 63", "ERR_UNKNOWN_ENUM"],
    ["another wire type than the schema's", "Scalars", "1d 00 00 00 00", "ERR_WIRE_TYPE"],
    ["text that is not UTF-8", "Scalars", "72 02 c3 28", "ERR_INVALID_UTF8"],
    ["a singular field that comes again", "Scalars", "18 01 18 02", "ERR_REPEATED_SINGULAR"],
    ["a singular field that comes again later", "Scalars", "18 01 20 01 18 02", "ERR_REPEATED_SINGULAR"],
    ["a second member of a oneof", "Choice", "08 01 12 01 61", "ERR_ONEOF_REPLACED"],
    ["a required field that is missing", "Legacy", "08 01", "ERR_MISSING_REQUIRED"],
    ["a cut string", "Scalars", "72 05 68 65", "ERR_TRUNCATED"],
    ["a cut varint", "Scalars", "18 96", "ERR_TRUNCATED"],
    ["a cut fixed number", "Scalars", "09 00 00", "ERR_TRUNCATED"],
    ["a cut tag", "Scalars", "80", "ERR_TRUNCATED"],
    ["a field number alone", "Scalars", "18", "ERR_TRUNCATED"],
    ["a cut packed value", "Repeated", "1a 02 01 80", "ERR_TRUNCATED"],
    ["packed fixed numbers that do not come out even", "Repeated", "0a 09 00 00 00 00 00 00 00 00 01", "ERR_TRUNCATED"],
    ["a group without its end", "Scalars", "0b 08 01", "ERR_TRUNCATED"],
    ["an end without its group", "Scalars", "0c", "ERR_UNMATCHED_END_GROUP"],
    ["field number 0", "Scalars", "00 01", "ERR_BAD_TAG"],
    ["wire type 6", "Scalars", "0e", "ERR_BAD_TAG"],
    ["wire type 7", "Scalars", "0f", "ERR_BAD_TAG"],
    ["a field number over 2^29-1", "Scalars", "80 80 80 80 10 00", "ERR_BAD_TAG"],
    ["a tag of more than five bytes", "Scalars", "88 80 80 80 80 00 00", "ERR_BAD_TAG"],
    ["a varint of more than ten bytes", "Scalars", "18 ff ff ff ff ff ff ff ff ff ff 01", "ERR_VARINT_TOO_LONG"],
  ])("tells %s", (_, type, bytes, code) => {
    const tree = walk(hex(bytes), typeOf(type));
    expectWhole(tree);
    expect(codes(tree)).toContain(code);
  });

  it("says how much of a cut value is there, and reads that", () => {
    const node = only(walk(hex("72 05 68 65"), typeOf("Scalars")));
    expect(node.problem?.message).toBe("cut: 2 of 5 bytes");
    expect(readValue(node)).toBe("he");
  });

  it("reads the fields of a message that is cut", () => {
    const node = only(walk(hex("0a 10 18 96 01 72"), typeOf("Everything")));
    expect(readValue(node.message!.fields[0]!)).toBe(150);
    expect(node.problem?.code).toBe("ERR_TRUNCATED");
  });
});

describe("the walker without a schema", () => {
  it("reads fields by their wire types", () => {
    const tree = walk(hex("08 96 01 12 02 68 69 1d 01 00 00 00 21 02 00 00 00 00 00 00 00"), undefined);
    expect(tree.fields.map(readValue)).toEqual([150n, hex("6869"), 1, 2n]);
    expect(problemsOf(tree)).toEqual([]);
  });

  it("opens groups", () => {
    const node = only(walk(hex("0b 10 01 0c"), undefined));
    expect(readValue(only(node.message!))).toBe(1n);
    expect(node.end).toBe(4);
  });
});

describe("what a peer may send to harm us", () => {
  it.each([
    ["groups", 0x0b, undefined],
    ["messages", 0x12, typeOf("LinkedNode")],
  ])("%s that are nested too deeply are kept as bytes", (_, open, type) => {
    const bytes = nested(MAX_DEPTH + 1, open);
    let node = only(walk(bytes, type));
    for (let depth = 1; depth <= MAX_DEPTH; depth++) node = only(node.message!);
    expect(node.message).toBeUndefined();
    expect(node.problem?.code).toBe("ERR_DEPTH");
    expect(codes(walk(nested(MAX_DEPTH, open), type))).toEqual([]);
  });

  it("a hundred thousand open groups are no trouble", () => {
    const tree = walk(new Uint8Array(100_000).fill(0x0b), undefined);
    expect(codes(tree)).toContain("ERR_TRUNCATED");
  });

  it("fields past the limit are kept as bytes", () => {
    const tree = walk(hex("08 01 08 02 08 03 08 04"), undefined, registry, { fields: 2 });
    expectWhole(tree);
    expect(tree.fields).toHaveLength(3);
    expect(tree.fields[2]!.problem?.code).toBe("ERR_TOO_MANY_FIELDS");
  });

  it("a length of 2^64-1 is a cut field", () => {
    const node = only(walk(hex("12 ff ff ff ff ff ff ff ff ff 01 61"), undefined));
    expect(node.problem?.code).toBe("ERR_TRUNCATED");
    expect(node.end).toBe(12);
  });

  it("problems are listed up to a limit", () => {
    const tree = walk(hex("00".repeat(2)), typeOf("Scalars"));
    expect(problemsOf(tree)).toHaveLength(1);
    const many = new Uint8Array(2000).fill(0).map((_, at) => (at % 2 === 0 ? 0x70 : 1));
    expect(problemsOf(walk(many, typeOf("Scalars")))).toHaveLength(100);
  });

  it("what rejects a message is listed whatever came before it", () => {
    const unknown = "98 06 01".repeat(150);
    const listed = codes(walk(hex(`${unknown} 98`), typeOf("Scalars")));
    expect(listed).toHaveLength(100);
    expect(new Set(listed.slice(0, 99))).toEqual(new Set(["ERR_UNKNOWN_FIELD"]));
    expect(listed[99]).toBe("ERR_TRUNCATED");
    expect(codes(walk(hex(unknown), typeOf("Scalars")))).toHaveLength(100);
  });
});

describe("any message", () => {
  it("made by protoc is read without a problem, with every octet in its place", () => {
    for (const { type, bytes } of vectors()) {
      const tree = walk(bytes, typeOf(type), registry);
      expectWhole(tree);
      expect(codes(tree).filter((code) => code !== "ERR_UNKNOWN_ENUM")).toEqual([]);
    }
  });

  it("that the schema allows is read without a problem, and any prefix of it with every octet in its place", () => {
    fc.assert(
      fc.property(anyMessage, fc.double({ min: 0, max: 1, noNaN: true }), ({ type, message }, share) => {
        const bytes = toBinary(type, message);
        const tree = walk(bytes, type, registry);
        expectWhole(tree);
        expect(codes(tree).filter((code) => code !== "ERR_UNKNOWN_ENUM")).toEqual([]);
        const prefix = bytes.subarray(0, Math.floor(share * bytes.length));
        expectWhole(walk(prefix, type, registry));
        expectWhole(walk(prefix, undefined));
      }),
    );
  });

  it("of random bytes is read to its end", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 400 }),
        fc.constantFrom("Everything", "Legacy", "Maps", "WellKnown"),
        (bytes, name) => {
          expectWhole(walk(bytes, typeOf(name), registry));
          expectWhole(walk(bytes, undefined));
        },
      ),
      { numRuns: 1000 },
    );
  });

  it("with octets changed is read to its end", () => {
    const samples = vectors();
    fc.assert(
      fc.property(
        fc.nat(samples.length - 1),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        (index, changes) => {
          const { type, bytes } = samples[index]!;
          const changed = Uint8Array.from(bytes);
          for (const [at, octet] of changes) changed[at % Math.max(1, changed.length)] = octet;
          expectWhole(walk(changed, typeOf(type), registry));
        },
      ),
      { numRuns: 500 },
    );
  });
});
