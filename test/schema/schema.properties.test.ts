// Whatever a .proto file or a stranger's descriptor holds: no exception, no long wait.
import { readFileSync } from "node:fs";
import { toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { expect, test } from "vitest";
import { outlineOfDescriptor } from "../../src/schema/descriptor-bytes.js";
import { outlineOf } from "../../src/schema/outline.js";
import { parseProto } from "../../src/schema/proto-parser.js";
import { SchemaSet } from "../../src/schema/schema-set.js";
import { golden, vectorPath } from "./descriptors.js";

const TEXTS = ["legacy", "modern", "editions", "options", "scopes"].map((name) =>
  readFileSync(vectorPath(`protos/${name}.proto`), "utf8"),
);
const FILES = golden("expected.binpb").file.map((file) => toBinary(FileDescriptorProtoSchema, file));

const WORDS = [
  "{",
  "}",
  "[",
  "]",
  "<",
  ">",
  "=",
  ";",
  ",",
  ".",
  '"',
  "\\",
  "/*",
  "//",
  "-",
  "message",
  "option",
  "extend",
  "group",
  "max",
  "\0",
  "\ud800",
  "9".repeat(30),
];
const change = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  cut: fc.nat(20),
  put: fc.constantFrom("", ...WORDS),
});

function mutated(text: string, changes: readonly { at: number; cut: number; put: string }[]): string {
  let result = text;
  for (const { at, cut, put } of changes) {
    const start = Math.floor(at * result.length);
    result = result.slice(0, start) + put + result.slice(start + cut);
  }
  return result;
}

/** Makes every descriptor of what was learned. */
function loadAll(files: readonly Uint8Array[]): SchemaSet {
  const set = new SchemaSet();
  set.addDescriptors("learned", files);
  set.loadAll();
  return set;
}

test("a changed .proto text is parsed or has a fault with a place in the text", () => {
  fc.assert(
    fc.property(fc.constantFrom(...TEXTS), fc.array(change, { minLength: 1, maxLength: 6 }), (text, changes) => {
      const source = mutated(text, changes);
      outlineOf(source);
      const parsed = parseProto(source, "fuzz.proto");
      if ("failure" in parsed) {
        expect(parsed.failure.at).toBeGreaterThanOrEqual(0);
        expect(parsed.failure.at).toBeLessThanOrEqual(source.length);
      } else {
        loadAll([toBinary(FileDescriptorProtoSchema, parsed.proto)]);
      }
    }),
    { numRuns: 400 },
  );
});

test("the outline of a text that can be parsed names what the parser finds", () => {
  for (const text of TEXTS) {
    const parsed = parseProto(text, "a.proto");
    if ("failure" in parsed) throw parsed.failure;
    const full = (type: { readonly name: string }) => `${parsed.proto.package}.${type.name}`;
    const outline = outlineOf(text);
    expect(outline.types.toSorted()).toEqual([...parsed.proto.messageType, ...parsed.proto.enumType].map(full).sort());
    expect(outline.services).toEqual(parsed.proto.service.map(full));
  }
});

test("the outline of a descriptor's bytes is that of its text", () => {
  for (const file of golden("expected.binpb").file) {
    const outline = outlineOfDescriptor(toBinary(FileDescriptorProtoSchema, file));
    expect(outline?.name).toBe(file.name);
    expect(outline?.types).toHaveLength(file.messageType.length + file.enumType.length);
    expect(outline?.services).toHaveLength(file.service.length);
  }
});

test("changed descriptor bytes never throw, and cost their file at most", () => {
  const byteChange = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), to: fc.nat(255) });
  fc.assert(
    fc.property(fc.nat(FILES.length - 1), fc.array(byteChange, { minLength: 1, maxLength: 8 }), (which, changes) => {
      const files = FILES.map((bytes) => bytes.slice());
      const file = files[which]!;
      for (const { at, to } of changes) file[Math.floor(at * (file.length - 1))] = to;
      const set = loadAll(files);
      for (const { name } of set.services()) set.service(name);
      set.message("vectors.legacy.Legacy.Nested");
      set.method("/vectors.modern.Streams/Bidi");
    }),
    { numRuns: 300 },
  );
});

test("any bytes at all are a schema that knows nothing", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 }), (files) => {
      loadAll(files);
    }),
  );
});
