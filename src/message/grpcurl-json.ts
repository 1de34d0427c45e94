// Canonical JSON as grpcurl reads it: its JSON library knows every well-known type but FieldMask, which it wants as the message it is.
import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { snakeCase } from "./json-text.js";

const FIELD_MASK = "google.protobuf.FieldMask";

/**
 * @param json canonical protobuf JSON of a message of this type
 * @returns the same text where no mask is in it
 */
export function grpcurlJson(json: string, type: DescMessage): string {
  const value: unknown = JSON.parse(json);
  return replaceMasks(value, type) ? JSON.stringify(value) : json;
}

/** Recursion is no deeper than the JSON, which has a limit. @returns whether there was one */
function replaceMasks(value: unknown, type: DescMessage): boolean {
  if (!isObject(value)) return false;
  let found = false;
  for (const field of type.fields) {
    const { message, jsonName } = field;
    if (message === undefined || !Object.hasOwn(value, jsonName)) continue;
    const one = (holder: Record<string, unknown>, key: string) => {
      const inner = holder[key];
      if (message.typeName === FIELD_MASK && typeof inner === "string") {
        holder[key] = { paths: pathsOf(inner) };
        found = true;
      } else if (replaceMasks(inner, message)) found = true;
    };
    for (const [holder, key] of placesOf(value, jsonName, field)) one(holder, key);
  }
  return found;
}

type Place = readonly [holder: Record<string, unknown>, key: string];

/** Where the values of a field stand: one, each of a list, each of a map. */
function placesOf(value: Record<string, unknown>, name: string, { fieldKind }: DescField): readonly Place[] {
  const inner = value[name];
  if (fieldKind !== "list" && fieldKind !== "map") return [[value, name]];
  if (typeof inner !== "object" || inner === null) return [];
  const holder = inner as Record<string, unknown>;
  return Object.keys(holder).map((key): Place => [holder, key]);
}

/** "name,address.postalCode" as in JSON; paths are names of the .proto file. */
function pathsOf(mask: string): readonly string[] {
  return mask === "" ? [] : mask.split(",").map(snakeCase);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
