// All schemas of the feed as one JSON Schema document; what has a title stands once, under its title.
import { FEED_MESSAGE } from "./answers.js";
import { REQUEST } from "./requests.js";
import type { JsonSchema } from "./type.js";

type Written = { readonly [name: string]: unknown };

/** The document that the feed's port gives at /feed.schema.json. */
export function schemaDocument(): { readonly $defs: Readonly<Record<string, Written>> } & Written {
  const definitions = new Map<string, Written>();
  for (const { json } of [FEED_MESSAGE, REQUEST]) written(json, definitions);
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "The framelens feed, version 1",
    description: "What a client may send is a Request, what it hears is a FeedMessage.",
    $defs: Object.fromEntries(definitions),
  };
}

export function schemaText(): string {
  return JSON.stringify(schemaDocument(), undefined, 2);
}

/** Recursion is as deep as our own schemas. */
function written(schema: JsonSchema, definitions: Map<string, Written>): Written {
  const { title } = schema;
  if (title === undefined) return inner(schema, definitions);
  const name = definitionName(schema);
  if (!definitions.has(name)) definitions.set(name, inner(schema, definitions));
  return { $ref: `#/$defs/${name}` };
}

/** "list" is a request and an answer. */
function definitionName({ title = "", properties }: JsonSchema): string {
  return properties?.op === undefined ? title : `${title}-request`;
}

function inner(schema: JsonSchema, definitions: Map<string, Written>): Written {
  const { items, prefixItems, properties, anyOf, ...rest } = schema;
  return {
    ...rest,
    ...(items === undefined ? {} : { items: items === false ? false : written(items, definitions) }),
    ...(prefixItems === undefined ? {} : { prefixItems: prefixItems.map((item) => written(item, definitions)) }),
    ...(properties === undefined ? {} : { properties: mapped(properties, definitions) }),
    ...(anyOf === undefined ? {} : { anyOf: anyOf.map((item) => written(item, definitions)) }),
  };
}

function mapped(properties: NonNullable<JsonSchema["properties"]>, definitions: Map<string, Written>): Written {
  return Object.fromEntries(Object.entries(properties).map(([name, item]) => [name, written(item, definitions)]));
}
