// Everything that a set of schemas knows as one google.protobuf.FileDescriptorSet, for programs that decode elsewhere.
import { create, type DescFile, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import type { SchemaSet } from "./schema-set.js";

/** A reader of it has limits, too; a large organisation has some thousand files. */
const MAX_FILES = 10_000;

/** Files of services, and those of all messages; what a file imports stands before it. What cannot be loaded is left out. */
export function protosetOf(schema: SchemaSet): Uint8Array {
  const files = new Map<string, DescFile>();
  const add = (file: DescFile | undefined): void => {
    if (file === undefined || files.has(file.proto.name) || files.size >= MAX_FILES) return;
    for (const imported of file.dependencies) add(imported);
    files.set(file.proto.name, file);
  };
  for (const { name } of schema.services()) add(schema.service(name)?.file);
  for (const name of schema.typeNames()) add(schema.message(name)?.file);
  const set = create(FileDescriptorSetSchema, { file: [...files.values()].map(({ proto }) => proto) });
  return toBinary(FileDescriptorSetSchema, set);
}
