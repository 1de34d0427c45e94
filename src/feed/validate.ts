// Whether a value fits a schema, without generated code: what clients of the feed send is looked at before anybody believes it.
import type { JsonSchema } from "./schema/type.js";

/**
 * Recursion is as deep as the schema, not as deep as the value.
 * @param path what the value is called in the answer
 * @returns what is wrong, in one line; undefined when it fits
 */
export function mismatch(value: unknown, schema: JsonSchema, path: string): string | undefined {
  if (schema.const !== undefined) return value === schema.const ? undefined : `${path} must be ${schema.const}`;
  switch (schema.type) {
    case "string":
      return stringMismatch(value, schema, path);
    case "integer":
      return wholeMismatch(value, schema, path);
    case "number":
      return typeof value === "number" ? undefined : `${path} must be a number`;
    case "boolean":
      return typeof value === "boolean" ? undefined : `${path} must be true or false`;
    case "array":
      return arrayMismatch(value, schema, path);
    case "object":
      return objectMismatch(value, schema, path);
    default:
      return undefined;
  }
}

function stringMismatch(value: unknown, { enum: names, maxLength }: JsonSchema, path: string): string | undefined {
  if (typeof value !== "string") return `${path} must be a string`;
  if (names !== undefined && !names.includes(value)) return `${path} must be one of ${names.join(", ")}`;
  if (maxLength !== undefined && value.length > maxLength) return `${path} must have at most ${maxLength} characters`;
  return undefined;
}

function wholeMismatch(value: unknown, { minimum = 0, maximum }: JsonSchema, path: string): string | undefined {
  const most = maximum ?? Number.MAX_SAFE_INTEGER;
  if (Number.isSafeInteger(value) && (value as number) >= minimum && (value as number) <= most) return undefined;
  const range = most === Number.MAX_SAFE_INTEGER ? `from ${minimum}` : `from ${minimum} to ${most}`;
  return `${path} must be a whole number ${range}`;
}

function arrayMismatch(value: unknown, { items, maxItems }: JsonSchema, path: string): string | undefined {
  if (!Array.isArray(value)) return `${path} must be a list`;
  if (maxItems !== undefined && value.length > maxItems) return `${path} must have at most ${maxItems} entries`;
  if (items === undefined || items === false) return undefined;
  for (const [index, item] of value.entries()) {
    const wrong = mismatch(item, items, `${path}[${index}]`);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

function objectMismatch(value: unknown, schema: JsonSchema, path: string): string | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return `${path} must be an object`;
  const given = value as Readonly<Record<string, unknown>>;
  const properties = schema.properties ?? {};
  for (const name of schema.required ?? []) if (!Object.hasOwn(given, name)) return `${path} has no "${name}"`;
  for (const [name, item] of Object.entries(given)) {
    const inner = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (inner === undefined) {
      const known = Object.keys(properties).join(", ");
      return `${path} has no field ${JSON.stringify(name.slice(0, 40))}; it has ${known}`;
    }
    const wrong = mismatch(item, inner, name);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}
