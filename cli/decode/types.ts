// The type that the user says a message has, by its name or by the method that carries it.
import type { DescMessage } from "@bufbuild/protobuf";
import { EXIT, FramelensError } from "../../src/index.js";
import type { SchemaSet } from "../../src/schema/schema-set.js";
import { nearest } from "../suggest.js";

export interface TypeArguments {
  readonly type: string | undefined;
  readonly method: string | undefined;
  readonly side: "client" | "server";
}

/** @returns undefined when neither says one */
export function typeOf(args: TypeArguments, schema: SchemaSet): DescMessage | undefined {
  if (args.type !== undefined) return findType(args.type, schema);
  if (args.method === undefined) return undefined;
  const path = args.method.startsWith("/") ? args.method : `/${args.method}`;
  const method = schema.method(path) ?? afterAll(schema, () => schema.method(path));
  if (method === undefined)
    throw unknown(`no schema knows the method ${path}${didYouMean(nearest(path.slice(1), methodNames(schema)))}`);
  return args.side === "client" ? method.input : method.output;
}

/**
 * Finds a type by its full name, or by the end of it where that says which.
 * @throws FramelensError ERR_TYPE, exit code 4
 */
export function findType(name: string, schema: SchemaSet): DescMessage {
  const wanted = name.replace(/^\./, "");
  const exact = schema.message(wanted);
  if (exact !== undefined) return exact;
  const candidates = schema.messagesNamed(wanted);
  if (candidates.length === 1) return schema.message(candidates[0]!)!;
  const imported = candidates.length === 0 ? afterAll(schema, () => schema.message(wanted)) : undefined;
  if (imported !== undefined) return imported;
  if (candidates.length === 0) throw unknownType(name, wanted, [...schema.typeNames()]);
  throw unknown(`${name} may be ${candidates.slice(0, 5).join(" or ")}; give the full name`);
}

/** Types in a folder that is still loaded whole, to hear what is wrong with it: some 500 files, 3 seconds. */
const MAX_TYPES_LOADED = 5_000;

/** Loads every file: only then are all problems told, and types known that no listed file but an imported one defines. */
function afterAll<T>(schema: SchemaSet, look: () => T): T {
  if ([...schema.typeNames()].length <= MAX_TYPES_LOADED) schema.loadAll();
  return look();
}

function unknownType(name: string, wanted: string, known: readonly string[]): FramelensError {
  if (known.some((full) => full === wanted || full.endsWith(`.${wanted}`)))
    return unknown(`the type ${name} is in a file that could not be read`);
  const short = new Map(known.map((full) => [full.slice(full.lastIndexOf(".") + 1), full]));
  const near = nearest(wanted, wanted.includes(".") ? known : short.keys());
  return unknown(`no schema knows the type ${name}${didYouMean(near && (short.get(near) ?? near))}`);
}

function didYouMean(name: string | undefined): string {
  return name === undefined ? "" : `; did you mean ${name}?`;
}

function* methodNames(schema: SchemaSet): IterableIterator<string> {
  for (const { name } of schema.services())
    for (const method of schema.service(name)?.methods ?? []) yield `${name}/${method.name}`;
}

function unknown(message: string): FramelensError {
  return new FramelensError("ERR_TYPE", message, { exitCode: EXIT.schema });
}
