// Fields in .proto text: plain ones, groups and maps, with their options.
import { create, fromBinary } from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  DescriptorProtoSchema,
  type FieldDescriptorProto,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FieldDescriptorProtoSchema,
  FieldOptionsSchema,
  MessageOptionsSchema,
} from "@bufbuild/protobuf/wkt";
import { defaultValueText } from "./default-value.js";
import { jsonNameOf, mapEntryName } from "./field-names.js";
import type { OptionList } from "./parsed-file.js";
import { MAX_FIELD_NUMBER, MAX_INT32, type ProtoDraft } from "./proto-draft.js";
import { ParseFailure } from "./proto-tokens.js";

const SCALAR_TYPES: ReadonlyMap<string, FieldDescriptorProto_Type> = new Map([
  ["double", FieldDescriptorProto_Type.DOUBLE],
  ["float", FieldDescriptorProto_Type.FLOAT],
  ["int64", FieldDescriptorProto_Type.INT64],
  ["uint64", FieldDescriptorProto_Type.UINT64],
  ["int32", FieldDescriptorProto_Type.INT32],
  ["fixed64", FieldDescriptorProto_Type.FIXED64],
  ["fixed32", FieldDescriptorProto_Type.FIXED32],
  ["bool", FieldDescriptorProto_Type.BOOL],
  ["string", FieldDescriptorProto_Type.STRING],
  ["bytes", FieldDescriptorProto_Type.BYTES],
  ["uint32", FieldDescriptorProto_Type.UINT32],
  ["sfixed32", FieldDescriptorProto_Type.SFIXED32],
  ["sfixed64", FieldDescriptorProto_Type.SFIXED64],
  ["sint32", FieldDescriptorProto_Type.SINT32],
  ["sint64", FieldDescriptorProto_Type.SINT64],
]);

const LABELS: ReadonlyMap<string, FieldDescriptorProto_Label> = new Map([
  ["optional", FieldDescriptorProto_Label.OPTIONAL],
  ["required", FieldDescriptorProto_Label.REQUIRED],
  ["repeated", FieldDescriptorProto_Label.REPEATED],
]);

/** Where fields go: a message's own, or those of an extend block. */
export interface FieldHome {
  readonly fields: FieldDescriptorProto[];
  /** Where the message types of groups and maps go. */
  readonly types: DescriptorProto[];
  readonly scope: string;
  /** Set in an extend block: the name as written, and where it stands. */
  readonly extendee?: { readonly name: string; readonly at: number };
  /** Reads the body of a group: a message's, so that this file need not know of messages. */
  readBody(group: DescriptorProto, scope: string): void;
}

/** @param oneofIndex of the oneof that it is a member of */
export function readField(draft: ProtoDraft, home: FieldHome, oneofIndex?: number): void {
  const cursor = draft.cursor;
  const field = create(FieldDescriptorProtoSchema, {});
  const word = labelWord(draft);
  field.label = (word === undefined ? undefined : LABELS.get(word)) ?? FieldDescriptorProto_Label.OPTIONAL;
  if (home.extendee !== undefined) {
    field.extendee = home.extendee.name;
    draft.references.push({ kind: "extendee", field, scope: home.scope, at: home.extendee.at });
  }
  if (word === "optional" && draft.proto3) field.proto3Optional = true;
  if (oneofIndex !== undefined) field.oneofIndex = oneofIndex;
  if (cursor.sees("map") && cursor.seesNext("<")) mapField(draft, field, home);
  else if (draft.acceptKeyword("group")) group(draft, field, home);
  else plainField(draft, field, home);
}

function plainField(draft: ProtoDraft, field: FieldDescriptorProto, home: FieldHome): void {
  fieldType(draft, field, home.scope);
  fieldNameAndNumber(draft, field, home);
  fieldOptions(draft, field, home.scope);
  draft.cursor.expect(";", "at the end of the field");
}

function labelWord(draft: ProtoDraft): string | undefined {
  const cursor = draft.cursor;
  return [...LABELS.keys()].find((word) => cursor.sees(word) && draft.acceptKeyword(word, "."));
}

function fieldType(draft: ProtoDraft, field: FieldDescriptorProto, scope: string): void {
  const at = draft.cursor.at;
  const name = draft.cursor.dottedName("a field's type");
  const scalar = SCALAR_TYPES.get(name);
  if (scalar !== undefined) {
    field.type = scalar;
  } else {
    field.typeName = name;
    draft.references.push({ kind: "type", field, scope, at });
  }
}

function fieldNameAndNumber(draft: ProtoDraft, field: FieldDescriptorProto, home: FieldHome): void {
  const cursor = draft.cursor;
  const at = cursor.at;
  field.name = cursor.identifier("the field's name");
  field.jsonName = jsonNameOf(field.name);
  if (draft.fresh(field.name, home.fields, at)) home.fields.push(field);
  cursor.expect("=", "after the field's name");
  // extensions of message sets may use all 31 bits
  field.number = cursor.integerWithin("a field number", 1, home.extendee ? MAX_INT32 : MAX_FIELD_NUMBER);
}

function group(draft: ProtoDraft, field: FieldDescriptorProto, home: FieldHome): void {
  const cursor = draft.cursor;
  field.type = FieldDescriptorProto_Type.GROUP;
  const at = cursor.at;
  fieldNameAndNumber(draft, field, home);
  const group = create(DescriptorProtoSchema, { name: field.name });
  field.name = field.name.toLowerCase();
  field.jsonName = jsonNameOf(field.name);
  field.typeName = group.name;
  draft.references.push({ kind: "type", field, scope: home.scope, at });
  fieldOptions(draft, field, home.scope);
  if (draft.fresh(group.name, home.types, at)) home.types.push(group);
  home.readBody(group, home.scope);
}

function mapField(draft: ProtoDraft, field: FieldDescriptorProto, home: FieldHome): void {
  const cursor = draft.cursor;
  field.label = FieldDescriptorProto_Label.REPEATED;
  field.type = FieldDescriptorProto_Type.MESSAGE;
  cursor.accept("map");
  cursor.expect("<", "after map");
  const key = mapPart(draft, "key", 1, home.scope);
  cursor.expect(",", "after the map's key type");
  const value = mapPart(draft, "value", 2, home.scope);
  cursor.expect(">", "after the map's value type");
  const at = cursor.at;
  fieldNameAndNumber(draft, field, home);
  const entry = create(DescriptorProtoSchema, {
    name: mapEntryName(field.name),
    field: [key, value],
    options: create(MessageOptionsSchema, { mapEntry: true }),
  });
  field.typeName = entry.name;
  draft.references.push({ kind: "type", field, scope: home.scope, at });
  if (draft.fresh(entry.name, home.types, at)) home.types.push(entry);
  const options = fieldOptions(draft, field, home.scope);
  // a map's features count for its keys and values too
  for (const part of [key, value]) {
    const own = draft.optionList("FieldOptions", home.scope, (encoded) => {
      part.options = fromBinary(FieldOptionsSchema, encoded);
    });
    own.statements.push(...options.statements.filter((o) => o.path[0]?.name === "features" && !o.path[0].extension));
  }
  cursor.expect(";", "at the end of the field");
}

function mapPart(draft: ProtoDraft, name: string, number: number, scope: string): FieldDescriptorProto {
  const label = FieldDescriptorProto_Label.OPTIONAL;
  const part = create(FieldDescriptorProtoSchema, { name, number, label, jsonName: name });
  fieldType(draft, part, scope);
  return part;
}

function fieldOptions(draft: ProtoDraft, field: FieldDescriptorProto, scope: string): OptionList {
  const cursor = draft.cursor;
  const options = draft.optionList("FieldOptions", scope, (encoded) => {
    field.options = fromBinary(FieldOptionsSchema, encoded);
  });
  draft.bracketed(() => {
    if (cursor.sees("default") && cursor.seesNext("=")) {
      cursor.accept("default");
      cursor.accept("=");
      const at = cursor.at;
      const text = defaultValueText(field, cursor.optionValue());
      if (text === undefined) throw new ParseFailure(`expected a default value that suits field "${field.name}"`, at);
      field.defaultValue = text;
    } else if (cursor.sees("json_name") && cursor.seesNext("=")) {
      cursor.accept("json_name");
      cursor.accept("=");
      field.jsonName = cursor.string("the quoted JSON name");
    } else {
      options.statements.push(cursor.optionStatement());
    }
  });
  return options;
}
