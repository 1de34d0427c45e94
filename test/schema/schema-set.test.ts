import { gzipSync } from "node:zlib";
import { create, toBinary, toJsonString } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { describe, expect, it } from "vitest";
import { problemLine } from "../../src/schema/problems.js";
import { parseProto } from "../../src/schema/proto-parser.js";
import { splitMethodPath } from "../../src/schema/schema-set.js";
import { golden } from "./descriptors.js";
import { changeOf, opened, openedProtos, TemporaryFolder } from "./temporary-folder.js";

/** A FileDescriptorProto from text without references to other files. */
function fileBytes(name: string, source: string): Uint8Array {
  const parsed = parseProto(source, name);
  if ("failure" in parsed) throw parsed.failure;
  return toBinary(FileDescriptorProtoSchema, parsed.proto);
}

const SET = toBinary(FileDescriptorSetSchema, golden("expected.binpb"));

describe("a descriptor set", () => {
  it.each([
    ["as protoc writes it", SET],
    ["gzipped", gzipSync(SET)],
    ["in JSON", new TextEncoder().encode(toJsonString(FileDescriptorSetSchema, golden("expected.binpb")))],
    ["as a buf image, with fields of buf's in each file", bufImage()],
  ])("is read %s", async (_, content) => {
    const folder = await new TemporaryFolder().write({ "set.bin": content });
    const set = await opened({ inputs: [{ kind: "protoset", path: folder.at("set.bin") }] });
    expect(set.method("/vectors.modern.Streams/Bidi")?.methodKind).toBe("bidi_streaming");
    expect(set.message("vectors.legacy.Legacy.Nested")?.nestedExtensions.map((e) => e.number)).toEqual([101, 102]);
    expect(set.getExtensionFor(set.message("vectors.legacy.Legacy")!, 101)?.name).toBe("nested_extension");
    set.loadAll();
    expect(set.problems).toEqual([]);
  });

  function bufImage(): Uint8Array {
    const writer = new BinaryWriter();
    for (const file of golden("expected.binpb").file) {
      writer.tag(1, WireType.LengthDelimited).fork().raw(toBinary(FileDescriptorProtoSchema, file));
      writer.tag(8042, WireType.LengthDelimited).fork().tag(1, WireType.Varint).bool(true).join();
      writer.join();
    }
    return writer.finish();
  }

  it("cut short gives the files before the cut", async () => {
    const folder = await new TemporaryFolder().write({ "set.bin": SET.subarray(0, SET.length - 100) });
    const set = await opened({ inputs: [{ kind: "protoset", path: folder.at("set.bin") }] });
    expect(set.message("vectors.shared.Shared")).toBeDefined();
    expect(set.problems.map(problemLine)).toEqual([expect.stringContaining("set.bin: cut short")]);
  });

  it.each([
    ["text", "hello"],
    ["nothing", ""],
    ["JSON of another kind", '{"file": 3}'],
    ["a damaged gzip", gzipSync(SET).subarray(0, 500)],
  ])("that is %s is a problem with its name", async (_, content) => {
    const folder = await new TemporaryFolder().write({ "set.bin": content });
    const set = await opened({ inputs: [{ kind: "protoset", path: folder.at("set.bin") }] });
    expect(set.problems.map(problemLine)).toEqual([expect.stringMatching(/set\.bin: no FileDescriptorSet; expected/)]);
  });

  it("is read again when it changes", async () => {
    const folder = await new TemporaryFolder().write({ "set.bin": SET });
    const set = await opened({ watch: true, inputs: [{ kind: "protoset", path: folder.at("set.bin") }] });
    const other = toBinary(
      FileDescriptorSetSchema,
      create(FileDescriptorSetSchema, { file: [{ name: "n", messageType: [{ name: "New" }] }] }),
    );
    const changed = changeOf(set);
    await folder.write({ "set.bin": other });
    await changed;
    expect(set.message("New")).toBeDefined();
    expect(set.message("vectors.shared.Shared")).toBeUndefined();
  });
});

describe("several sources", () => {
  const one =
    'syntax = "proto2"; package p; message T { optional int32 one = 1; extensions 100 to 200; } message U { optional T t = 1; }';
  const two = one.replaceAll("one", "two");

  it("are asked in the user's order, and types of one refer to types of the same one", async () => {
    const folder = await new TemporaryFolder().write({
      "one/t.proto": `${one} extend T { optional int32 ext_one = 100; }`,
      "two/t.proto": `${two} extend T { optional int32 ext_two = 100; } message Only { optional T t = 1; }`,
    });
    const inputs = (["one", "two"] as const).flatMap((name) => [
      { kind: "proto", path: folder.at(name) } as const,
      { kind: "protoset", path: folder.at("none") } as const,
    ]);
    const set = await opened({ inputs });
    expect(set.message("p.T")?.fields[0]?.name).toBe("one");
    const theirs = set.message("p.Only")!.fields[0]!.message!;
    expect(theirs.fields[0]?.name).toBe("two");
    expect(set.getExtensionFor(theirs, 100)?.name).toBe("ext_two");
    expect(set.getExtensionFor(set.message("p.T")!, 100)?.name).toBe("ext_one");
    expect(set.lookupFor(set.message("p.Only")!).getMessage("p.U")?.fields[0]?.message).toBe(theirs);
    expect(set.sourceOf(theirs)).toBe(folder.at("two"));
  });

  it("come before what is built in", async () => {
    const folder = await new TemporaryFolder().write({
      "google/rpc/status.proto": 'syntax = "proto3"; package google.rpc; message Status { int32 mine = 1; }',
    });
    const set = await openedProtos(folder.path);
    expect(set.message("google.rpc.Status")?.fields.map((field) => field.name)).toEqual(["mine"]);
    expect(set.message("google.rpc.RetryInfo")).toBeDefined();
  });

  it("import from each other", async () => {
    const folder = await new TemporaryFolder().write({
      "set.bin": SET,
      "a/a.proto": 'syntax = "proto3"; import "sub/shared.proto"; message A { vectors.shared.Shared shared = 1; }',
    });
    const set = await opened({
      inputs: [
        { kind: "proto", path: folder.at("a") },
        { kind: "protoset", path: folder.at("set.bin") },
      ],
    });
    expect(set.message("A")?.fields[0]?.message).toBe(set.message("vectors.shared.Shared"));
    expect(set.problems).toEqual([]);
  });
});

describe("descriptors learned from others", () => {
  it("are known at once, and listeners hear of it", async () => {
    const set = await opened({});
    expect(set.method("/s.S/Do")).toBeUndefined();
    const changed = changeOf(set);
    const source = "package s; message M { optional .s.M m = 1; } service S { rpc Do(.s.M) returns (.s.M); }";
    const parsed = parseProto(source, "s.proto");
    if ("failure" in parsed) throw parsed.failure;
    parsed.proto.messageType[0]!.field[0]!.type = 11;
    expect(set.addDescriptors("reflection", [toBinary(FileDescriptorProtoSchema, parsed.proto)])).toBe(1);
    await changed;
    expect(set.method("/s.S/Do")?.input.fields[0]?.message?.typeName).toBe("s.M");
    expect(set.services()).toContainEqual({ name: "s.S", source: "reflection" });
    expect(set.addDescriptors("reflection", [toBinary(FileDescriptorProtoSchema, parsed.proto)])).toBe(0);
  });

  it("may lack what they import until it comes", async () => {
    const set = await opened({});
    const main = create(FileDescriptorProtoSchema, {
      name: "main.proto",
      syntax: "proto3",
      dependency: ["dep.proto"],
      messageType: [
        {
          name: "Main",
          field: [
            { name: "dep_field", number: 1, label: 1, type: 11, typeName: ".Dep" },
            { name: "e", number: 2, label: 1, type: 14, typeName: ".E" },
          ],
        },
      ],
    });
    set.addDescriptors("reflection", [toBinary(FileDescriptorProtoSchema, main)]);
    const before = set.message("Main")!;
    expect(
      before.fields.map((field) => [field.jsonName, field.message?.fields.length, field.enum?.values.length]),
    ).toEqual([
      ["depField", 0, undefined],
      ["e", undefined, 0],
    ]);
    set.addDescriptors("reflection", [
      fileBytes("dep.proto", "message Dep { optional int32 a = 1; } enum E { A = 0; }"),
    ]);
    expect(set.message("Main")?.fields[0]?.message?.fields).toHaveLength(1);
    expect(set.message("Main")?.fields[1]?.enum?.values).toHaveLength(1);
  });

  it("cannot change a file by sending another of the same name", async () => {
    const set = await opened({});
    set.addDescriptors("reflection", [fileBytes("a.proto", "message A { optional int32 first = 1; }")]);
    expect(set.addDescriptors("reflection", [fileBytes("a.proto", "message A { optional int32 second = 1; }")])).toBe(
      0,
    );
    expect(set.message("A")?.fields[0]?.name).toBe("first");
  });

  it("are bounded in number", async () => {
    const set = await opened({});
    const many = Array.from({ length: 6_000 }, (_, i) => fileBytes(`f${i}.proto`, `message M${i} {}`));
    expect(set.addDescriptors("reflection", many)).toBe(5_000);
    expect(set.message("M4999")).toBeDefined();
    expect(set.problems.map((problem) => problem.message)).toEqual([expect.stringContaining("more than 5000 files")]);
  });

  it("that contradict themselves cost their file, with the reason", async () => {
    const set = await opened({});
    const broken = create(FileDescriptorProtoSchema, {
      name: "broken.proto",
      messageType: [{ name: "B", field: [{ name: "x", number: 1, label: 1, type: 5, oneofIndex: 7 }] }],
    });
    set.addDescriptors("reflection", [
      toBinary(FileDescriptorProtoSchema, broken),
      fileBytes("fine.proto", "message Fine {}"),
    ]);
    expect(set.message("B")).toBeUndefined();
    expect(set.message("Fine")).toBeDefined();
    expect(set.problems.map(problemLine)).toEqual([
      expect.stringContaining("broken.proto in reflection: this descriptor contradicts itself"),
    ]);
  });

  it("whose messages nest a thousand deep are refused", async () => {
    let bytes = new Uint8Array();
    for (let depth = 0; depth < 1_000; depth++) {
      bytes = new BinaryWriter()
        .tag(1, WireType.LengthDelimited)
        .string("M")
        .tag(3, WireType.LengthDelimited)
        .bytes(bytes)
        .finish() as Uint8Array<ArrayBuffer>;
    }
    const file = new BinaryWriter()
      .tag(1, WireType.LengthDelimited)
      .string("deep.proto")
      .tag(4, WireType.LengthDelimited)
      .bytes(bytes)
      .finish();
    const set = await opened({});
    set.addDescriptors("reflection", [file]);
    expect(set.message("M")).toBeUndefined();
    expect(set.problems[0]?.message).toContain("cannot be decoded");
  });
});

it("names of JavaScript's own are ordinary names", async () => {
  const folder = await new TemporaryFolder().write({ "set.bin": SET });
  const set = await opened({ inputs: [{ kind: "protoset", path: folder.at("set.bin") }] });
  expect(set.message("vectors.names.__proto__")?.fields.map((field) => field.name)).toEqual([
    "__proto__",
    "constructor",
    "hasOwnProperty",
    "p",
  ]);
  expect(set.method("/vectors.names.__proto__Service/constructor")?.output.typeName).toBe("vectors.names.constructor");
  expect(set.method("/vectors.names.__proto__Service/__proto__")?.input.typeName).toBe("vectors.names.constructor");
  for (const name of ["__proto__", "constructor", "toString", "", ".", "a..b"]) {
    expect(set.message(name)).toBeUndefined();
    expect(set.service(name)).toBeUndefined();
    expect(set.method(`/${name}/${name}`)).toBeUndefined();
  }
});

it("a method's path has a service and a name", () => {
  expect(splitMethodPath("/a.B/C")).toEqual({ service: "a.B", method: "C" });
  for (const path of ["", "/", "//", "/a.B", "/a.B/", "a.B/C", "//C"]) expect(splitMethodPath(path)).toBeUndefined();
});

describe("a method's standing", () => {
  const V1 = 'syntax = "proto3"; package a.v1; message M {} service S { rpc Get(M) returns (M); }';
  const V2 = V1.replace("}", "} message N {}").replace("rpc Get", "rpc New(M) returns (M); rpc Get");

  it("is by the user's files where they know the service, whatever a server tells of it", async () => {
    const folder = await new TemporaryFolder().write({ "a.proto": V1 });
    const set = await openedProtos(folder.path);
    set.addDescriptors("told", [fileBytes("told.proto", V2)]);
    expect(set.standing("/a.v1.S/Get")).toBe("known");
    expect(set.method("/a.v1.S/New")?.name).toBe("New");
    expect(set.standing("/a.v1.S/New")).toBe("no-method");
  });

  it("is good if any of the user's files has the method", async () => {
    const one = await new TemporaryFolder().write({ "a.proto": V1 });
    const other = await new TemporaryFolder().write({ "set.bin": setOf(fileBytes("b.proto", V2)) });
    const inputs = [
      { kind: "proto" as const, path: one.path },
      { kind: "protoset" as const, path: other.at("set.bin") },
    ];
    expect((await opened({ inputs })).standing("/a.v1.S/New")).toBe("known");
  });

  it("is by the package where nobody knows the service, and unknown where nobody knows that either", async () => {
    const folder = await new TemporaryFolder().write({ "a.proto": V1, "bare.proto": "message Bare {}" });
    const set = await openedProtos(folder.path);
    expect(set.standing("/a.v1.Other/Get")).toBe("no-service");
    expect(set.standing("/a.Other/Get")).toBe("unknown");
    expect(set.standing("/Other/Get")).toBe("unknown");
    expect(set.standing("/grpc.health.v1.Health/Check")).toBe("known");
    expect(set.standing("not a path")).toBe("unknown");
    set.addDescriptors("told", [fileBytes("t.proto", V1.replace(" S ", " Other "))]);
    expect(set.standing("/a.v1.Other/Get")).toBe("known");
  });

  function setOf(file: Uint8Array): Uint8Array {
    return new BinaryWriter().tag(1, WireType.LengthDelimited).bytes(file).finish();
  }
});
