// FileDescriptorProtos as bytes: splitting a set, reading what a file defines without decoding it, decoding it when asked.
import { fromBinary, fromJsonString, toBinary } from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  type FieldDescriptorProto,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import { eachDelimited } from "../message/each-field.js";
import { jsonNameOf } from "./field-names.js";
import type { Outline } from "./outline.js";
import type { ParsedFile } from "./parsed-file.js";

const UTF8 = new TextDecoder();
/** protoc allows 32 levels of messages. */
const MAX_DEPTH = 64;

export interface DescriptorOutline extends Outline {
  readonly name: string;
}

/**
 * The files of a FileDescriptorSet, or of a buf image, which is one with more fields.
 * @returns as many as could be told apart, and whether that was all
 */
export function splitDescriptorSet(bytes: Uint8Array): { readonly files: Uint8Array[]; readonly whole: boolean } {
  const files: Uint8Array[] = [];
  const whole = visit(bytes, (number, value) => {
    if (number === 1) files.push(value);
  });
  return { files, whole };
}

/** The files of a FileDescriptorSet in protobuf's JSON form. @throws Error when it is not one */
export function splitJsonDescriptorSet(json: string): Uint8Array[] {
  const set = fromJsonString(FileDescriptorSetSchema, json, { ignoreUnknownFields: true });
  return set.file.map((file) => toBinary(FileDescriptorProtoSchema, file));
}

/** @returns undefined when the bytes are no FileDescriptorProto */
export function outlineOfDescriptor(bytes: Uint8Array): DescriptorOutline | undefined {
  let name = "";
  let packageName = "";
  const types: string[] = [];
  const services: string[] = [];
  const extendees = new Set<string>();
  const whole = visit(bytes, (number, value) => {
    if (number === 1) name = UTF8.decode(value);
    else if (number === 2) packageName = UTF8.decode(value);
    else if (number === 4) {
      types.push(nameIn(value));
      collectExtendees(value, extendees, 0);
    } else if (number === 5) types.push(nameIn(value));
    else if (number === 6) services.push(nameIn(value));
    else if (number === 7) addExtendee(value, extendees);
  });
  if (!whole || name === "") return undefined;
  const full = (short: string) => (packageName === "" ? short : `${packageName}.${short}`);
  return {
    name,
    package: packageName,
    types: types.map(full),
    services: services.map(full),
    extendees: [...extendees],
  };
}

/** Decodes one file. @throws Error when the bytes are no FileDescriptorProto */
export function decodeDescriptor(bytes: Uint8Array): ParsedFile {
  const proto = fromBinary(FileDescriptorProtoSchema, bytes);
  // descriptors inside generated code often come without JSON names
  for (const type of proto.messageType) addJsonNames(type, 0);
  proto.extension.forEach(addJsonName);
  const imports = proto.dependency.map((name) => ({ name, at: 0 }));
  return { proto, imports, references: [], options: [], faults: [], position: () => undefined };
}

function addJsonNames(type: DescriptorProto, depth: number): void {
  if (depth > MAX_DEPTH) throw new Error(`messages are nested deeper than ${MAX_DEPTH} levels`);
  type.field.forEach(addJsonName);
  type.extension.forEach(addJsonName);
  for (const nested of type.nestedType) addJsonNames(nested, depth + 1);
}

function addJsonName(field: FieldDescriptorProto): void {
  if (field.jsonName === "") field.jsonName = jsonNameOf(field.name);
}

function collectExtendees(message: Uint8Array, found: Set<string>, depth: number): void {
  if (depth > MAX_DEPTH) return;
  visit(message, (number, value) => {
    if (number === 3) collectExtendees(value, found, depth + 1);
    else if (number === 6) addExtendee(value, found);
  });
}

function addExtendee(field: Uint8Array, found: Set<string>): void {
  visit(field, (number, value) => {
    if (number !== 2) return;
    const name = UTF8.decode(value);
    found.add(name.slice(name.lastIndexOf(".") + 1));
  });
}

/** Field 1 of a message, enum or service descriptor. */
function nameIn(bytes: Uint8Array): string {
  let name = "";
  visit(bytes, (number, value) => {
    if (number === 1) name = UTF8.decode(value);
  });
  return name;
}

/** @returns whether the bytes could be read to their end */
function visit(bytes: Uint8Array, take: (number: number, value: Uint8Array) => void): boolean {
  try {
    eachDelimited(bytes, take);
    return true;
  } catch {
    return false;
  }
}
