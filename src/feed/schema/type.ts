// JSON Schema (draft 2020-12) and the TypeScript type of the same thing, said once: a schema that carries its type.

/** What of JSON Schema the feed uses. */
export interface JsonSchema {
  readonly title?: string;
  readonly description?: string;
  readonly type?: "string" | "number" | "integer" | "boolean" | "array" | "object";
  readonly const?: string | number | boolean;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: JsonSchema | false;
  readonly prefixItems?: readonly JsonSchema[];
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | false;
  readonly anyOf?: readonly JsonSchema[];
}

declare const TYPE: unique symbol;

/** @typeParam T what a value is that fits; there only for the compiler */
export interface Type<T> {
  readonly json: JsonSchema;
  readonly [TYPE]?: T;
}

/** The TypeScript type of what fits a schema. */
export type TypeOf<S> = S extends Type<infer T> ? T : never;

type Fields = Readonly<Record<string, Type<unknown>>>;
type Flat<T> = { readonly [K in keyof T]: T[K] };
type ObjectOf<R extends Fields, O extends Fields> = Flat<
  { [K in keyof R]: TypeOf<R[K]> } & { [K in keyof O]?: TypeOf<O[K]> }
>;

export function text(description: string, limits: Pick<JsonSchema, "pattern" | "maxLength"> = {}): Type<string> {
  return { json: { description, type: "string", ...limits } };
}

/** Any number; finite, as JSON knows no other. */
export function number(description: string): Type<number> {
  return { json: { description, type: "number" } };
}

/** A whole number that a double holds exactly. */
export function whole(description: string, minimum = 0, maximum = Number.MAX_SAFE_INTEGER): Type<number> {
  return { json: { description, type: "integer", minimum, maximum } };
}

export function yes(description: string): Type<true> {
  return { json: { description, const: true } };
}

export function flag(description: string): Type<boolean> {
  return { json: { description, type: "boolean" } };
}

export function literal<const T extends string | number>(value: T, description = ""): Type<T> {
  return { json: { ...(description === "" ? {} : { description }), const: value } };
}

export function oneOf<const T extends string>(values: readonly T[], description: string): Type<T> {
  return { json: { description, type: "string", enum: values } };
}

/** What stands here is somebody else's: a message as JSON. */
export function anything(description: string): Type<unknown> {
  return { json: { description } };
}

export function list<T>(items: Type<T>, description: string, maxItems?: number): Type<readonly T[]> {
  const limit = maxItems === undefined ? {} : { maxItems };
  return { json: { description, type: "array", items: items.json, ...limit } };
}

export function pair<A, B>(first: Type<A>, second: Type<B>, description: string): Type<readonly [A, B]> {
  const prefixItems = [first.json, second.json];
  return { json: { description, type: "array", prefixItems, items: false, minItems: 2, maxItems: 2 } };
}

export function numbersByName(description: string): Type<Readonly<Record<string, number>>> {
  return { json: { description, type: "object", additionalProperties: { type: "number" } } };
}

/** @param title its name in the documentation */
export function object<R extends Fields, O extends Fields = Record<never, never>>(
  title: string,
  description: string,
  required: R,
  optional?: O,
): Type<ObjectOf<R, O>> {
  const all = Object.entries({ ...required, ...optional }).map(([name, { json }]) => [name, json]);
  return {
    json: {
      title,
      description,
      type: "object",
      properties: Object.fromEntries(all) as Record<string, JsonSchema>,
      required: Object.keys(required),
      additionalProperties: false,
    },
  };
}

export function anyOf<const S extends readonly Type<unknown>[]>(
  title: string,
  description: string,
  types: S,
): Type<TypeOf<S[number]>> {
  return { json: { title, description, anyOf: types.map(({ json }) => json) } };
}

/** The same with another word on what it is for. */
export function described<T>(type: Type<T>, description: string): Type<T> {
  return { json: { ...type.json, description } };
}
