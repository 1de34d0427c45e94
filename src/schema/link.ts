// FileDescriptorProto → DescFile of @bufbuild/protobuf, one file at a time, each type once.
import {
  create,
  createFileRegistry,
  type DescEnum,
  type DescFile,
  type DescMessage,
  type FileRegistry,
} from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  Edition,
  type FieldDescriptorProto,
  FieldDescriptorProto_Type,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
} from "@bufbuild/protobuf/wkt";
import { parentOf, withoutDot } from "./symbols.js";

/** The file name of types that were referred to and that nobody defines. */
export const MISSING_FILE = "(missing)";

export interface Linked {
  readonly desc: DescFile;
  /** Its own types, and those of other files that they refer to. */
  readonly registry: FileRegistry;
}

/**
 * Makes descriptors of one file. Types of other files come from `outside`, so that each has one descriptor;
 * what is nowhere becomes an empty message or enum, whose content is then read without a schema.
 * @param dependencies the files it imports, as far as they could be linked
 * @param outside finds a type of another file by its full name
 * @throws Error when the descriptor contradicts itself
 */
export function linkFile(
  proto: FileDescriptorProto,
  dependencies: readonly DescFile[],
  outside: (typeName: string) => DescMessage | DescEnum | undefined,
): Linked {
  const own = ownTypeNames(proto);
  const messages: DescMessage[] = [];
  const enums: DescEnum[] = [];
  for (const [name, kind] of referredTypes(proto)) {
    if (own.has(name)) continue;
    const type = outside(name);
    const usable = type?.kind === kind ? type : missingType(name, kind);
    if (usable.kind === "message") messages.push(usable);
    else enums.push(usable);
  }
  // createFileRegistry walks through all that is imported, for every file anew; it is shown one file with just what is needed
  const written = proto.dependency;
  proto.dependency = [OUTSIDE];
  try {
    const registry = createFileRegistry(proto, () => outsideFile(messages, enums));
    const desc = registry.getFile(proto.name)!;
    desc.dependencies.splice(0, desc.dependencies.length, ...dependencies);
    return { desc, registry };
  } finally {
    proto.dependency = written;
  }
}

const OUTSIDE = "\0outside";

function outsideFile(messages: DescMessage[], enums: DescEnum[]): DescFile {
  return {
    kind: "file",
    proto: create(FileDescriptorProtoSchema, { name: OUTSIDE }),
    deprecated: false,
    edition: Edition.EDITION_PROTO3,
    name: OUTSIDE,
    dependencies: [],
    enums,
    messages,
    extensions: [],
    services: [],
    toString: () => "types of other files",
  };
}

function missingType(name: string, kind: "message" | "enum"): DescMessage | DescEnum {
  const short = name.slice(name.lastIndexOf(".") + 1);
  const file = create(FileDescriptorProtoSchema, {
    name: MISSING_FILE,
    package: parentOf(name),
    syntax: "proto3",
    messageType: kind === "message" ? [{ name: short }] : [],
    enumType: kind === "enum" ? [{ name: short }] : [],
  });
  const registry = createFileRegistry(file, () => undefined);
  return kind === "message" ? registry.getMessage(name)! : registry.getEnum(name)!;
}

function ownTypeNames(file: FileDescriptorProto): Set<string> {
  const names = new Set<string>();
  const add = (short: string, scope: string) => {
    const name = scope === "" ? short : `${scope}.${short}`;
    names.add(name);
    return name;
  };
  const addMessage = (message: DescriptorProto, scope: string) => {
    const name = add(message.name, scope);
    for (const type of message.nestedType) addMessage(type, name);
    for (const type of message.enumType) add(type.name, name);
  };
  for (const message of file.messageType) addMessage(message, file.package);
  for (const type of file.enumType) add(type.name, file.package);
  return names;
}

/** Full names of all the types a file refers to. */
function referredTypes(file: FileDescriptorProto): ReadonlyMap<string, "message" | "enum"> {
  const names = new Map<string, "message" | "enum">();
  const addField = (field: FieldDescriptorProto) => {
    if (field.extendee !== "") names.set(withoutDot(field.extendee), "message");
    if (field.typeName === "") return;
    names.set(withoutDot(field.typeName), field.type === FieldDescriptorProto_Type.ENUM ? "enum" : "message");
  };
  const addMessage = (message: DescriptorProto) => {
    message.field.forEach(addField);
    message.extension.forEach(addField);
    message.nestedType.forEach(addMessage);
  };
  file.messageType.forEach(addMessage);
  file.extension.forEach(addField);
  for (const service of file.service) {
    for (const method of service.method) {
      names.set(withoutDot(method.inputType), "message");
      names.set(withoutDot(method.outputType), "message");
    }
  }
  return names;
}
