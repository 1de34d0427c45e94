import { toJson } from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { describe, expect, it } from "vitest";
import { builtinSource } from "../../src/schema/builtin-source.js";
import { golden } from "./descriptors.js";

/** Names, numbers and types; not options, nor the names of files. Python's descriptors have no JSON names. */
function definitions(file: FileDescriptorProto): unknown {
  const {
    name: _,
    dependency: __,
    options: ___,
    ...rest
  } = toJson(FileDescriptorProtoSchema, file) as Record<string, unknown>;
  return JSON.parse(
    JSON.stringify(rest, (key, value: unknown) => (key === "options" || key === "jsonName" ? undefined : value)),
  );
}

describe("the built-in types", () => {
  it("can all be loaded without a problem", () => {
    const source = builtinSource();
    source.pool.loadAll();
    expect(source.problems).toEqual([]);
  });

  it.each([
    "google.protobuf.Timestamp",
    "google.rpc.Status",
    "google.rpc.BadRequest.FieldViolation",
    "google.type.Money",
    "grpc.health.v1.HealthCheckRequest",
    "grpc.reflection.v1.ServerReflectionRequest",
    "grpc.reflection.v1alpha.ServerReflectionRequest",
    "grpc.channelz.v1.Channel",
    "google.api.HttpBody",
  ])("include %s", (name) => {
    expect(builtinSource().pool.getMessage(name)?.typeName).toBe(name);
  });

  it("define what protoc reads from the originals", () => {
    const { pool } = builtinSource();
    const originals = golden("builtin.binpb").file.filter((file) => !file.name.startsWith("google/protobuf/"));
    for (const original of originals) {
      const name = original.name.replace(/^grpc_/, "grpc/");
      const ours = pool.fileNamed(name);
      expect(ours, name).toBeDefined();
      expect(definitions(ours!.desc.proto), name).toEqual(definitions(original));
    }
    expect(originals.length).toBeGreaterThan(30);
  });
});
