// Types and messages of proto-samples/everything*.proto for tests (test/vectors/protobuf), and random messages of those types.
import { readFileSync } from "node:fs";
import {
  create,
  createFileRegistry,
  type DescField,
  type DescMessage,
  fromBinary,
  type Message,
  ScalarType,
} from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";

const folder = new URL("../vectors/protobuf/", import.meta.url);

export const registry = createFileRegistry(
  fromBinary(FileDescriptorSetSchema, readFileSync(new URL("everything.binpb", folder))),
);

/** @param name a message of framelens.everything.v1, or a full name */
export function typeOf(name: string): DescMessage {
  const type = registry.getMessage(name) ?? registry.getMessage(`framelens.everything.v1.${name}`);
  if (type === undefined) throw new Error(`no type ${name}`);
  return type;
}

export interface Vector {
  readonly type: string;
  readonly bytes: Uint8Array;
  readonly json: { readonly [key: string]: never };
}

/** Messages with the JSON that Python's protobuf writes for them. */
export function vectors(): Vector[] {
  const lines = readFileSync(new URL("everything.ndjson", folder), "utf8").trimEnd().split("\n");
  return lines.map((line) => {
    const { type, bytes, json }: { type: string; bytes: string; json: Vector["json"] } = JSON.parse(line);
    return { type, bytes: Buffer.from(bytes, "base64"), json };
  });
}

/** Octets from "0a 05 68…" */
export function hex(digits: string): Uint8Array {
  return Uint8Array.from(Buffer.from(digits.replaceAll(/\s/g, ""), "hex"));
}

const MAX_DEPTH = 3;
/** Types whose values JSON restricts: they have their own generators. */
const TYPES = ["Scalars", "Optionals", "Repeated", "Maps", "Choice", "Nesting", "Naming", "EdgeNumbers", "Legacy"];

/** A message of one of the sample types with any values its schema allows. */
export const anyMessage: fc.Arbitrary<{ readonly type: DescMessage; readonly message: Message }> = fc
  .constantFrom(...TYPES)
  .chain((name) => {
    const type = typeOf(name);
    return messageOf(type, 0).map((message) => ({ type, message }));
  });

function messageOf(type: DescMessage, depth: number): fc.Arbitrary<Message> {
  const form = wellKnown(type);
  if (form !== undefined) return form.map((init) => create(type, init));
  const fields = type.fields.filter((field) => depth < MAX_DEPTH || field.message === undefined);
  const values = fields.map((field) =>
    isRequired(field) ? anyValue(field, depth) : fc.option(anyValue(field, depth), { freq: 2 }),
  );
  return fc.tuple(...values).map((list) => {
    const message = create(type);
    const target = reflect(type, message);
    for (const [index, field] of fields.entries()) {
      const value = list[index];
      if (value === null || value === undefined) continue;
      if (field.fieldKind === "list")
        for (const item of value as Iterable<unknown>) target.get(field).add(wrap(field, item));
      else if (field.fieldKind === "map")
        for (const [key, item] of value as Iterable<[string, unknown]>) target.get(field).set(key, wrap(field, item));
      else target.set(field, wrap(field, value));
    }
    return message;
  });
}

function wrap(field: DescField, value: unknown): unknown {
  return field.message === undefined ? value : reflect(field.message, value as Message);
}

function isRequired(field: DescField): boolean {
  return field.presence === 3;
}

function wellKnown(type: DescMessage): fc.Arbitrary<Record<string, unknown>> | undefined {
  switch (type.typeName) {
    case "google.protobuf.Timestamp":
      return fc.record({ seconds: fc.bigInt(-62135596800n, 253402300799n), nanos: fc.nat(999_999_999) });
    case "google.protobuf.Empty":
      return fc.constant({});
    default:
      return undefined;
  }
}

function anyValue(field: DescField, depth: number): fc.Arbitrary<unknown> {
  if (field.fieldKind === "list") return fc.array(single(field, depth), { maxLength: 4 });
  if (field.fieldKind === "map")
    return fc.array(fc.tuple(scalar(field.mapKey), single(field, depth)), { maxLength: 4 });
  return single(field, depth);
}

function single(field: DescField, depth: number): fc.Arbitrary<unknown> {
  if (field.message !== undefined) return messageOf(field.message, depth + 1);
  if (field.enum !== undefined) {
    const known = fc.constantFrom(...field.enum.values.map((value) => value.number));
    return field.enum.open && field.enum.name !== "NullValue" ? fc.oneof(known, fc.integer()) : known;
  }
  return scalar(field.scalar!);
}

function scalar(type: ScalarType): fc.Arbitrary<unknown> {
  switch (type) {
    case ScalarType.DOUBLE:
      return fc.double();
    case ScalarType.FLOAT:
      return fc.float();
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n);
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return fc.bigInt(0n, 2n ** 64n - 1n);
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return fc.integer({ min: 0, max: 2 ** 32 - 1 });
    case ScalarType.BOOL:
      return fc.boolean();
    case ScalarType.STRING:
      return fc.string({ unit: "grapheme", maxLength: 80 });
    case ScalarType.BYTES:
      return fc.uint8Array({ maxLength: 80 });
    default:
      return fc.integer();
  }
}
