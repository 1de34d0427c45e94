// The part of src/feed/README.md that is made from the schemas: every message, every field.
import { ANSWERS } from "../../src/feed/schema/answers.js";
import { EVENTS } from "../../src/feed/schema/events.js";
import { REQUESTS } from "../../src/feed/schema/requests.js";
import type { JsonSchema } from "../../src/feed/schema/type.js";

/** Markdown, with headings of the third level. */
export function reference(): string {
  const shared = new Map<string, JsonSchema>();
  const section = (title: string, types: readonly { readonly json: JsonSchema }[]) => [
    `## ${title}`,
    ...types.map(({ json }) => message(json, shared)),
  ];
  const messages = [
    ...section("What a client may ask", Object.values(REQUESTS)),
    ...section("What it hears: events", EVENTS),
    ...section("What it hears besides", ANSWERS),
  ];
  const parts: string[] = [];
  // Parts have parts: the map grows while it is read.
  for (const [, json] of shared) parts.push(message(json, shared));
  return [...messages, "## What they are made of", ...parts].join("\n\n");
}

function message(schema: JsonSchema, shared: Map<string, JsonSchema>): string {
  const required = new Set(schema.required);
  const rows = Object.entries(schema.properties ?? {}).map(([name, field]) => [
    `\`${name}\`${required.has(name) ? "" : "?"}`,
    typeText(field, shared).replaceAll("|", "\\|"),
    field.title === undefined ? (field.description ?? "") : "",
  ]);
  const lines = rows.length === 0 ? [] : ["", ...table([["field", "type", "what it is"], ...rows])];
  return [`### ${schema.title}`, "", schema.description ?? "", ...lines].join("\n");
}

/** Columns of one width, as the formatter has them. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(3, ...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const padded = rows.map((row) => line(row.map((cell, column) => cell.padEnd(widths[column]!))));
  return [padded[0]!, line(widths.map((width) => "-".repeat(width))), ...padded.slice(1)];
}

function typeText(schema: JsonSchema, shared: Map<string, JsonSchema>): string {
  const { title, type } = schema;
  if (title !== undefined && schema.anyOf === undefined) {
    shared.set(title, schema);
    return title;
  }
  if (title !== undefined) return `one of the events above`;
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${value}\``).join(" ");
  if (schema.prefixItems !== undefined)
    return `[${schema.prefixItems.map((item) => typeText(item, shared)).join(", ")}]`;
  if (type === "array" && schema.items !== undefined && schema.items !== false)
    return `list of ${typeText(schema.items, shared)}`;
  if (type === "object") return "numbers by name";
  return type === "integer" ? "whole number" : (type ?? "any JSON");
}
