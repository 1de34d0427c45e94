// Reading and comparing descriptors: protoc's against ours, as JSON with custom options spelled out.
import { readFileSync } from "node:fs";
import { create, createFileRegistry, fromBinary, toJson } from "@bufbuild/protobuf";
import {
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  type FileDescriptorSet,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";

const VECTORS = new URL("../vectors/schema/", import.meta.url);

export function vectorPath(name: string): string {
  return new URL(name, VECTORS).pathname;
}

/** A FileDescriptorSet written by protoc. */
export function golden(name: string): FileDescriptorSet {
  return fromBinary(FileDescriptorSetSchema, readFileSync(new URL(name, VECTORS)));
}

/** Everything in a descriptor, with extensions as `set` defines them; keys in one order. */
export function asJson(file: FileDescriptorProto, set: FileDescriptorSet): unknown {
  const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: set.file }));
  return sorted(toJson(FileDescriptorProtoSchema, file, { registry }));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)] as const),
  );
}
