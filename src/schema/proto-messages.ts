// Messages in .proto text, with what stands in them: oneofs, extend blocks, reserved and extension ranges.
import { create, fromBinary } from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  DescriptorProto_ExtensionRangeSchema,
  DescriptorProto_ReservedRangeSchema,
  DescriptorProtoSchema,
  ExtensionRangeOptionsSchema,
  MessageOptionsSchema,
  OneofDescriptorProtoSchema,
  OneofOptionsSchema,
  type SymbolVisibility,
} from "@bufbuild/protobuf/wkt";
import type { OptionList } from "./parsed-file.js";
import { MAX_FIELD_NUMBER, MAX_INT32, type ProtoDraft, RANGE_MAX, within } from "./proto-draft.js";
import { readEnum } from "./proto-enums.js";
import { type FieldHome, readField } from "./proto-fields.js";

export function readMessage(
  draft: ProtoDraft,
  home: DescriptorProto[],
  scope: string,
  visibility: SymbolVisibility | undefined,
): void {
  const at = draft.cursor.at;
  const message = create(DescriptorProtoSchema, { name: draft.cursor.identifier("the message's name") });
  if (visibility !== undefined) message.visibility = visibility;
  if (draft.fresh(message.name, home, at)) home.push(message);
  readMessageBody(draft, message, scope);
}

function readMessageBody(draft: ProtoDraft, message: DescriptorProto, scope: string): void {
  const cursor = draft.cursor;
  const inner = within(scope, message.name);
  const options = draft.optionList("MessageOptions", scope, (encoded) => {
    message.options = fromBinary(MessageOptionsSchema, encoded);
  });
  const home: FieldHome = {
    fields: message.field,
    types: message.nestedType,
    scope: inner,
    readBody: (group, groupScope) => readMessageBody(draft, group, groupScope),
  };
  cursor.expect("{", "before the message's body");
  cursor.nested(() => {
    while (!cursor.accept("}")) readElement(draft, message, home, options);
  });
  if (draft.proto3) addSyntheticOneofs(message);
  const forMessageSet = options.statements.some((o) => o.path[0]?.name === "message_set_wire_format");
  const top = forMessageSet ? MAX_INT32 : MAX_FIELD_NUMBER + 1;
  for (const range of message.extensionRange) if (range.end === RANGE_MAX) range.end = top;
  for (const range of message.reservedRange) if (range.end === RANGE_MAX) range.end = top;
}

function readElement(draft: ProtoDraft, message: DescriptorProto, home: FieldHome, options: OptionList): void {
  const cursor = draft.cursor;
  if (cursor.accept(";")) return;
  const visibility = draft.visibility();
  if (draft.acceptKeyword("message")) {
    readMessage(draft, message.nestedType, home.scope, visibility);
  } else if (draft.acceptKeyword("enum")) {
    readEnum(draft, message.enumType, home.scope, visibility);
  } else if (draft.acceptKeyword("oneof")) {
    readOneof(draft, message, home);
  } else if (draft.acceptKeyword("extend", ".")) {
    readExtend(draft, { fields: message.extension, types: message.nestedType, scope: home.scope });
  } else if (draft.acceptKeyword("option", "(")) {
    draft.optionStatement(options.statements);
  } else if (cursor.accept("reserved")) {
    readReserved(draft, message);
  } else if (cursor.accept("extensions")) {
    readExtensions(draft, message, home.scope);
  } else {
    readField(draft, home);
  }
}

function readOneof(draft: ProtoDraft, message: DescriptorProto, home: FieldHome): void {
  const cursor = draft.cursor;
  const at = cursor.at;
  const oneof = create(OneofDescriptorProtoSchema, { name: cursor.identifier("the oneof's name") });
  const options = draft.optionList("OneofOptions", home.scope, (encoded) => {
    oneof.options = fromBinary(OneofOptionsSchema, encoded);
  });
  draft.fresh(oneof.name, message.oneofDecl, at);
  const index = message.oneofDecl.push(oneof) - 1;
  cursor.expect("{", "before the oneof's fields");
  while (!cursor.accept("}")) {
    if (cursor.accept(";")) continue;
    if (draft.acceptKeyword("option", "(")) {
      draft.optionStatement(options.statements);
    } else {
      readField(draft, home, index);
    }
  }
}

export function readExtend(draft: ProtoDraft, home: Omit<FieldHome, "extendee" | "readBody">): void {
  const cursor = draft.cursor;
  const at = cursor.at;
  const name = cursor.dottedName("the name of the message to extend");
  const readBody = (group: DescriptorProto, scope: string) => readMessageBody(draft, group, scope);
  cursor.expect("{", "before the extensions");
  while (!cursor.accept("}")) {
    if (!cursor.accept(";")) readField(draft, { ...home, extendee: { name, at }, readBody });
  }
}

function readReserved(draft: ProtoDraft, message: DescriptorProto): void {
  draft.rangesOrNames(message.reservedName, () => {
    const [start, end] = draft.range(1, MAX_FIELD_NUMBER);
    const after = end === RANGE_MAX ? end : end + 1;
    message.reservedRange.push(create(DescriptorProto_ReservedRangeSchema, { start, end: after }));
  });
}

function readExtensions(draft: ProtoDraft, message: DescriptorProto, scope: string): void {
  const cursor = draft.cursor;
  const first = message.extensionRange.length;
  do {
    const [start, end] = draft.range(1, MAX_INT32 - 1);
    const after = end === RANGE_MAX ? end : end + 1;
    message.extensionRange.push(create(DescriptorProto_ExtensionRangeSchema, { start, end: after }));
  } while (cursor.accept(","));
  const ranges = message.extensionRange.slice(first);
  const options = draft.optionList("ExtensionRangeOptions", scope, (encoded) => {
    for (const range of ranges) range.options = fromBinary(ExtensionRangeOptionsSchema, encoded);
  });
  draft.bracketed(() => options.statements.push(cursor.optionStatement()));
  cursor.expect(";", "after the extension ranges");
}

/** proto3 `optional`: each such field is alone in a oneof that nobody wrote, behind all the others (protoc, GenerateSyntheticOneofs). */
function addSyntheticOneofs(message: DescriptorProto): void {
  const optionals = message.field.filter((field) => field.proto3Optional);
  if (optionals.length === 0) return;
  const taken = new Set([...message.field, ...message.oneofDecl].map((element) => element.name));
  for (const field of optionals) {
    let name = field.name.startsWith("_") ? field.name : `_${field.name}`;
    while (taken.has(name)) name = `X${name}`;
    taken.add(name);
    field.oneofIndex = message.oneofDecl.push(create(OneofDescriptorProtoSchema, { name })) - 1;
  }
}
