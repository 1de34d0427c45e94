// Enums in .proto text.
import { create, fromBinary } from "@bufbuild/protobuf";
import {
  type EnumDescriptorProto,
  EnumDescriptorProto_EnumReservedRangeSchema,
  EnumDescriptorProtoSchema,
  EnumOptionsSchema,
  EnumValueDescriptorProtoSchema,
  EnumValueOptionsSchema,
  type SymbolVisibility,
} from "@bufbuild/protobuf/wkt";
import { MAX_INT32, MIN_INT32, type ProtoDraft, RANGE_MAX } from "./proto-draft.js";

export function readEnum(
  draft: ProtoDraft,
  home: EnumDescriptorProto[],
  scope: string,
  visibility: SymbolVisibility | undefined,
): void {
  const cursor = draft.cursor;
  const at = cursor.at;
  const type = create(EnumDescriptorProtoSchema, { name: cursor.identifier("the enum's name") });
  if (visibility !== undefined) type.visibility = visibility;
  if (draft.fresh(type.name, home, at)) home.push(type);
  const options = draft.optionList("EnumOptions", scope, (encoded) => {
    type.options = fromBinary(EnumOptionsSchema, encoded);
  });
  cursor.expect("{", "before the enum's values");
  while (!cursor.accept("}")) {
    if (cursor.accept(";")) continue;
    if (draft.acceptKeyword("option", "(")) {
      draft.optionStatement(options.statements);
    } else if (cursor.sees("reserved") && !cursor.seesNext("=")) {
      cursor.accept("reserved");
      draft.rangesOrNames(type.reservedName, () => {
        const [start, end] = draft.range(MIN_INT32, MAX_INT32);
        const last = end === RANGE_MAX ? MAX_INT32 : end;
        type.reservedRange.push(create(EnumDescriptorProto_EnumReservedRangeSchema, { start, end: last }));
      });
    } else {
      readEnumValue(draft, type, scope);
    }
  }
  if (type.value.length === 0) draft.faults.push({ message: `enum "${type.name}" has no value`, at });
}

function readEnumValue(draft: ProtoDraft, type: EnumDescriptorProto, scope: string): void {
  const cursor = draft.cursor;
  const at = cursor.at;
  const value = create(EnumValueDescriptorProtoSchema, { name: cursor.identifier("the enum value's name") });
  cursor.expect("=", "after the enum value's name");
  value.number = cursor.integerWithin("the enum value's number", MIN_INT32, MAX_INT32);
  if (draft.fresh(value.name, type.value, at)) type.value.push(value);
  // values are siblings of their enum: their options are looked up in the scope around it
  const options = draft.optionList("EnumValueOptions", scope, (encoded) => {
    value.options = fromBinary(EnumValueOptionsSchema, encoded);
  });
  draft.bracketed(() => options.statements.push(cursor.optionStatement()));
  cursor.expect(";", "at the end of the enum value");
}
