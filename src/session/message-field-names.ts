// What the fields of a message are called at a path into it, as a filter's path names them: from descriptors, for completion.
import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { ScalarType } from "@bufbuild/protobuf";
import type { MessageField } from "../filter/complete.js";
import { inJson } from "../filter/message-values.js";

/** Their JSON is one value (protobuf JSON mapping): there is nothing to name inside. */
const WHOLE = /^google\.protobuf\.(?:Timestamp|Duration|FieldMask|Any|Struct|Value|ListValue|Empty|\w+Value)$/;
const SCALAR_NAMES = new Map<number, string>(
  Object.entries(ScalarType).flatMap(([name, type]) =>
    typeof type === "number" ? [[type, name.toLowerCase()] as const] : [],
  ),
);

/**
 * @param path names from the message on, as in the .proto file or as in JSON; a map's key is a step as well
 * @returns none when the path leads nowhere, or to what is no message
 */
export function fieldNamesAt(type: DescMessage, path: readonly string[]): readonly MessageField[] {
  let message: DescMessage | undefined = type;
  let inMap = false;
  for (const step of path) {
    if (inMap) {
      inMap = false;
      continue;
    }
    const field: DescField | undefined = message?.fields.find(
      ({ name, jsonName }) => name === step || jsonName === step,
    );
    inMap = field?.fieldKind === "map";
    message = field === undefined ? undefined : inside(field);
  }
  // Keys of a map are nobody's to know.
  if (message === undefined || inMap) return [];
  return message.fields.map((field) => ({ name: nameInPath(field), type: typeOf(field), values: valuesOf(field) }));
}

/** Filters know the name of the .proto file by what becomes of it in JSON; a `json_name` of its own must be written as it is. */
function nameInPath({ name, jsonName }: DescField): string {
  return inJson(name) === jsonName ? name : jsonName;
}

function inside(field: DescField): DescMessage | undefined {
  const { message } = field;
  return message === undefined || WHOLE.test(message.typeName) ? undefined : message;
}

function typeOf(field: DescField): string {
  switch (field.fieldKind) {
    case "list":
      return `repeated ${valueType(field)}`;
    case "map":
      return `map<${SCALAR_NAMES.get(field.mapKey) ?? "?"}, ${valueType(field)}>`;
    default:
      return valueType(field);
  }
}

function valueType({ message, enum: kind, scalar }: DescField): string {
  return message?.name ?? kind?.name ?? SCALAR_NAMES.get(scalar ?? 0) ?? "?";
}

function valuesOf({ enum: kind, scalar }: DescField): readonly string[] {
  if (kind !== undefined) return kind.values.map(({ name }) => name);
  return scalar === ScalarType.BOOL ? ["true", "false"] : [];
}
