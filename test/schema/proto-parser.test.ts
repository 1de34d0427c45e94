import { describe, expect, it } from "vitest";
import { builtinSource } from "../../src/schema/builtin-source.js";
import { parseProto } from "../../src/schema/proto-parser.js";
import { ProtoSource } from "../../src/schema/proto-source.js";
import { positionOf } from "../../src/schema/proto-tokens.js";
import { RANK, SchemaSet } from "../../src/schema/schema-set.js";
import { asJson, golden, vectorPath } from "./descriptors.js";

async function compare(folder: string, set: string) {
  const source = await ProtoSource.open([folder], { importPaths: [folder], watch: false });
  const schema = new SchemaSet([source]);
  schema.add(builtinSource(), RANK.builtin);
  const expected = golden(set);
  const files = expected.file.filter((file) => !file.name.startsWith("google/protobuf/"));
  for (const file of files) {
    const ours = source.pool.fileNamed(file.name);
    expect(ours, file.name).toBeDefined();
    expect(asJson(ours!.desc.proto, expected), file.name).toEqual(asJson(file, expected));
  }
  expect(source.problems.filter((problem) => problem.severity === "error")).toEqual([]);
  schema.close();
  return files.map((file) => file.name);
}

describe("a .proto text gives the descriptor that protoc makes of it", () => {
  it("for every construct of proto2, proto3 and editions", async () => {
    const names = await compare(vectorPath("protos"), "expected.binpb");
    expect(names.sort()).toEqual([
      "editions.proto",
      "editions2024.proto",
      "legacy.proto",
      "modern.proto",
      "names.proto",
      "options.proto",
      "scopes.proto",
      "sub/shared.proto",
    ]);
  });

  it("for the sample contracts", async () => {
    const samples = new URL("../../proto-samples", import.meta.url).pathname;
    expect(await compare(samples, "samples.binpb")).toHaveLength(9);
  });
});

function faultOf(source: string) {
  const parsed = parseProto(source, "test.proto");
  if (!("failure" in parsed))
    return parsed.faults.map((fault) => ({ ...parsed.position(fault.at), message: fault.message }))[0];
  return { ...positionOf(source, parsed.failure.at), message: parsed.failure.message };
}

describe("a mistake is told with line, column and what was expected", () => {
  it.each([
    ['syntax = "proto3";\nmessage A {\n  int32 a = ;\n}', 3, 13, "expected a field number", 'found ";"'],
    ['syntax = "proto4";', 1, 10, 'expected syntax "proto2" or "proto3"', 'found "proto4"'],
    ["message A {\n  int32 a = 1", 2, 14, 'expected ";" at the end of the field', "the end of the file"],
    ["message A {\n  int32 a = 0;\n}", 2, 13, "expected a field number from 1 to 536870911", "found 0"],
    ["message A { int32 a = 99999999999999999999; }", 1, 23, "expected a field number", "99999999999999999999"],
    ["message A {}\n}", 2, 1, "expected message, enum, service", 'found "}"'],
    ["service S {\n  rpc A(B) return (C);\n}", 2, 12, 'expected "returns"', 'found "return"'],
    ["/* never closed", 1, 1, "comment is never closed", ""],
    ['import "a.proto', 1, 8, "not closed on its line", ""],
    ['option a = "\\q";', 1, 12, "escape", ""],
    ["message A { optional bool b = 1 [default = 3]; }", 1, 44, "default value that suits", ""],
    ["message A { int32 a = 1; string a = 2; }", 1, 33, '"a" is defined twice', ""],
    ["enum E { }", 1, 6, 'enum "E" has no value', ""],
    ["message \u0001 {}", 1, 9, "unexpected character", ""],
  ])("%j", (source, line, column, expected, found) => {
    const fault = faultOf(source);
    expect(fault).toMatchObject({ line, column });
    expect(fault!.message).toContain(expected);
    expect(fault!.message).toContain(found);
  });
});

describe("a hostile text", () => {
  it.each(["message A {", "option a = { a: ", "option a = { a: ["])(
    "that nests %j without end is refused, not followed",
    (piece) => {
      const parsed = parseProto(
        (piece.startsWith("option") ? "option a = { b: " : "") + piece.replace(/^option a = /, "").repeat(100_000),
        "a",
      );
      expect("failure" in parsed && parsed.failure.message).toMatch(/nested deeper than 64|expected/);
    },
  );

  it("with a number of a million digits is refused at once", () => {
    expect(faultOf(`message A { int32 a = ${"9".repeat(1_000_000)}; }`)!.message).toContain("expected a field number");
  });

  it("may use names of JavaScript's own as names of fields and messages", () => {
    const parsed = parseProto(
      "message __proto__ { optional __proto__ constructor = 1; optional int32 __proto__ = 2; }",
      "a",
    );
    expect("proto" in parsed && parsed.proto.messageType[0]!.field.map((field) => field.name)).toEqual([
      "constructor",
      "__proto__",
    ]);
  });
});

it("a package that stands behind the messages counts for all of them", () => {
  const parsed = parseProto("message A { optional B b = 1; } message B {} package late;", "a");
  expect("references" in parsed && parsed.references.map((reference) => reference.scope)).toEqual(["late.A"]);
});
