// Protobuf JSON to bytes (protobuf.dev, "ProtoJSON Format"): what edits and mocks are written in. A mistake names its path.
import type { DescMessage } from "@bufbuild/protobuf";
import { EncodeContext, type EncodeOptions, isArray, membersOfJson } from "./encode-context.js";
import { writeScalar } from "./encode-scalar.js";
import { WELL_KNOWN_READERS } from "./encode-well-known.js";
import { type Json, parseJson } from "./json-parser.js";
import { type FieldPlan, type MessagePlan, NO_TYPES, planOf, planOfExtension, type TypeLookup } from "./plan.js";
import type { MessageNode } from "./tree.js";
import { TYPE, WIRE } from "./wire.js";

/**
 * @param json text, or a value as `JSON.parse` gives it (text keeps all digits of numbers, and tells a key that comes twice)
 * @throws FramelensError `ERR_JSON` where the text is no JSON, `ERR_JSON_MAPPING` where it does not fit the type, as in
 *   "user.tags[2]: expected string, got number"
 */
export function encodeJson(
  json: string | Exclude<Json, string>,
  type: DescMessage,
  types: TypeLookup = NO_TYPES,
  options: EncodeOptions = {},
): Uint8Array {
  const context = new EncodeContext(type.typeName, types, options);
  writeJsonMessage(context, planOf(type), typeof json === "string" ? parseJson(json) : json);
  return context.writer.finish();
}

/** The octets of a tree, field by field: those that were walked. */
export function encodeTree(message: MessageNode): Uint8Array {
  const bytes = new Uint8Array(message.end - message.start);
  for (const node of message.fields)
    bytes.set(message.bytes.subarray(node.start, node.end), node.start - message.start);
  return bytes;
}

/** Writes the fields of a message, without a length before them. */
export function writeJsonMessage(context: EncodeContext, plan: MessagePlan, json: Json): void {
  context.nested(() => {
    if (plan.wellKnown !== undefined) WELL_KNOWN_READERS[plan.wellKnown](context, plan, json);
    else writeJsonFields(context, plan, json, undefined);
  });
}

/** @param except a key that is no field: the type of an Any */
export function writeJsonFields(
  context: EncodeContext,
  plan: MessagePlan,
  json: Json,
  except: string | undefined,
): void {
  const members = membersOfJson(json);
  if (members === undefined) throw context.expected("object", json);
  const given = new Set<FieldPlan>();
  const chosen = new Map<number, FieldPlan>();
  for (const [key, value] of members) {
    if (key === except) continue;
    context.at(key, () => {
      const field = fieldOf(context, plan, key);
      if (field === undefined) return;
      if (given.has(field)) throw context.mistake(`given twice, also as ${JSON.stringify(field.name)}`);
      given.add(field);
      if (value === null && !takesNull(field)) return;
      if (field.oneof >= 0) {
        const other = chosen.get(field.oneof);
        if (other !== undefined) throw context.mistake(`only one of a oneof can be set, and ${other.jsonName} is`);
        chosen.set(field.oneof, field);
      }
      writeField(context, field, value);
    });
  }
  const missing = plan.required.find((field) => !given.has(field));
  if (missing !== undefined) throw context.mistake(`the required field ${missing.jsonName} is missing`);
}

/** By its JSON name, its name in the schema, or an extension's full name in brackets. */
function fieldOf(context: EncodeContext, plan: MessagePlan, key: string): FieldPlan | undefined {
  const field = plan.fieldByName(key);
  if (field !== undefined) return field;
  if (key.startsWith("[") && key.endsWith("]")) {
    const extension = context.types.getExtension?.(key.slice(1, -1));
    if (extension?.extendee.typeName === plan.typeName) return planOfExtension(extension);
  }
  if (context.ignoreUnknown) return undefined;
  throw context.mistake(`no field of ${plan.typeName} has this name`);
}

/** null means "not set", but for the types whose value it is. */
function takesNull(field: FieldPlan): boolean {
  if (field.repeated) return false;
  return field.enum?.isNull === true || field.message?.wellKnown === "value";
}

function writeField(context: EncodeContext, field: FieldPlan, json: Json): void {
  const { writer } = context;
  if (field.isMap) writeMap(context, field, json);
  else if (field.repeated) {
    if (!isArray(json)) throw context.expected("array", json);
    if (field.packed) {
      if (json.length === 0) return;
      writer.tag(field.number, WIRE.len);
      const begin = writer.begin();
      json.forEach((element, index) => {
        context.at(`[${index}]`, () => writeScalar(context, field, element));
      });
      writer.end(begin);
    } else {
      json.forEach((element, index) => {
        context.at(`[${index}]`, () => writeOne(context, field, element));
      });
    }
  } else writeOne(context, field, json);
}

/** A tag and one value. */
function writeOne(context: EncodeContext, field: FieldPlan, json: Json): void {
  const { writer } = context;
  const start = writer.length;
  writer.tag(field.number, field.wire);
  const value = writer.length;
  if (field.type === TYPE.group) {
    writeJsonMessage(context, field.message!, json);
    writer.tag(field.number, WIRE.endGroup);
  } else if (field.type === TYPE.message) {
    const begin = writer.begin();
    writeJsonMessage(context, field.message!, json);
    writer.end(begin);
  } else if (!writeScalar(context, field, json) || (field.implicit && writer.isZeroSince(value))) writer.cut(start);
}

export function writeMap(context: EncodeContext, field: FieldPlan, json: Json): void {
  const { writer } = context;
  const members = membersOfJson(json);
  if (members === undefined) throw context.expected("object", json);
  const [keyPlan, valuePlan] = field.message!.fields;
  for (const [key, value] of members) {
    context.at(`[${JSON.stringify(key)}]`, () => {
      const start = writer.length;
      writer.tag(field.number, WIRE.len);
      const begin = writer.begin();
      writeOne(context, keyPlan!, keyPlan!.type === TYPE.bool ? boolKey(key) : key);
      const before = writer.length;
      writeOne(context, valuePlan!, value);
      if (writer.length === before) writer.cut(start);
      else writer.end(begin);
    });
  }
}

function boolKey(key: string): Json {
  return key === "true" ? true : key === "false" ? false : key;
}
