// The user's schema options → a SchemaSet. Loaded with `await import()` by those who need it: a relay without a schema stays small.
import { builtinSource } from "./builtin-source.js";
import { ProtoSource } from "./proto-source.js";
import { ProtosetSource } from "./protoset-source.js";
import { RANK, SchemaSet } from "./schema-set.js";
import type { SchemaSource } from "./schema-source.js";

/** One `--proto` or `--protoset`, in the order of the command line. */
export interface SchemaInput {
  readonly kind: "proto" | "protoset";
  readonly path: string;
}

export interface SchemaOptions {
  readonly inputs?: readonly SchemaInput[];
  /** `-I` */
  readonly importPaths?: readonly string[];
  /** Whether to read files again when they change; yes unless said otherwise. */
  readonly watch?: boolean;
}

/**
 * Opens what the user named, and the built-in types behind it. What is broken or missing is in `problems`; nothing is thrown.
 * Files named one by one are loaded at once, so that their problems are known; folders are parsed when a type is asked for.
 */
export async function openSchema(options: SchemaOptions = {}): Promise<SchemaSet> {
  const watch = options.watch !== false;
  const importPaths = options.importPaths ?? [];
  const set = new SchemaSet();
  set.add(builtinSource(), RANK.builtin);
  for (const group of grouped(options.inputs ?? [])) {
    const source: SchemaSource =
      group.kind === "protoset"
        ? await ProtosetSource.open(group.paths[0]!, { watch })
        : await ProtoSource.open(group.paths, { importPaths, watch });
    set.add(source, RANK.user);
    source.pool.loadNamed();
  }
  return set;
}

/** Proto paths that follow each other are one source: they import one another. */
function grouped(inputs: readonly SchemaInput[]): { readonly kind: SchemaInput["kind"]; readonly paths: string[] }[] {
  const groups: { readonly kind: SchemaInput["kind"]; readonly paths: string[] }[] = [];
  for (const { kind, path } of inputs) {
    const last = groups.at(-1);
    if (kind === "proto" && last?.kind === "proto") last.paths.push(path);
    else groups.push({ kind, paths: [path] });
  }
  return groups;
}
