// google.protobuf.Any: a message with the name of its type beside it, opened when somebody looks.
import type { TypeLookup } from "./plan.js";
import type { FieldNode, MessageNode } from "./tree.js";
import { MAX_DEPTH, walk } from "./walk.js";
import { textOf } from "./wire.js";

export interface OpenedAny {
  /** As it stands on the wire. */
  readonly typeUrl: string;
  /** What follows the last slash. */
  readonly typeName: string;
  readonly value: FieldNode | undefined;
  /** Read without a schema when the type is not known; undefined when nested too deeply or empty of both type and value. */
  readonly message: MessageNode | undefined;
}

/** @param node a message of type google.protobuf.Any */
export function openAny(node: MessageNode, types: TypeLookup): OpenedAny {
  const url = lastField(node, 1);
  const value = lastField(node, 2);
  const typeUrl = url === undefined ? "" : textOf(node.bytes, url.valueStart, url.end);
  const typeName = typeUrl.slice(typeUrl.lastIndexOf("/") + 1);
  if (typeUrl === "" && value === undefined) return { typeUrl, typeName, value, message: undefined };
  const depth = node.depth + 1;
  if (depth > MAX_DEPTH) return { typeUrl, typeName, value, message: undefined };
  const range = { start: value?.valueStart ?? node.end, end: value?.end ?? node.end, depth };
  return { typeUrl, typeName, value, message: walk(node.bytes, types.getMessage(typeName), types, {}, range) };
}

/** The field of that number that counts: the last that could be read as its type. */
export function lastField(node: MessageNode, number: number): FieldNode | undefined {
  const { fields } = node;
  for (let at = fields.length - 1; at >= 0; at--) {
    const field = fields[at]!;
    if (field.number === number && field.read !== 0) return field;
  }
  return undefined;
}
