// What the options that name schemas open; loaded by those who decode, as a relay that does not stays small without it.
import { openSchema, type SchemaInput } from "../src/schema/open-schema.js";
import { problemLine, type SchemaProblem } from "../src/schema/problems.js";
import type { SchemaSet } from "../src/schema/schema-set.js";
import { visible } from "../src/view/visible.js";
import type { SchemaArguments } from "./options.js";

/**
 * Opens what the options name, and the built-in types. What is wrong with files is told with the schema's problems.
 * @param watch reads files again when they change
 */
export function openSchemaOf(args: SchemaArguments, watch: boolean): Promise<SchemaSet> {
  return openSchema({ inputs: inputsOf(args), importPaths: args.importPath ?? [], watch });
}

/** In the order of the command line; those of the environment, which is asked where the command line says nothing, come last. */
function inputsOf({ proto = [], protoset = [], schemaOrder = [] }: SchemaArguments): readonly SchemaInput[] {
  const left = { proto: [...proto], protoset: [...protoset] };
  const inputs: SchemaInput[] = [];
  for (const kind of [
    ...schemaOrder,
    ...proto.map(() => "proto" as const),
    ...protoset.map(() => "protoset" as const),
  ]) {
    const path = left[kind].shift();
    if (path !== undefined) inputs.push({ kind, path });
  }
  return inputs;
}

/**
 * Writes each problem of a schema to stderr, once: those that are known, and others when they are found.
 * @returns how to stop
 */
export function tellProblems(schema: SchemaSet): () => void {
  const told = new Set<string>();
  const tell = (problem: SchemaProblem) => {
    if (problem.asked === true) return;
    // Names in it may be a server's.
    const line = visible(problemLine(problem));
    if (told.has(line)) return;
    told.add(line);
    process.stderr.write(`framelens: ${problem.severity === "note" ? "note: " : ""}${line}\n`);
  };
  schema.problems.forEach(tell);
  return schema.onProblem(tell);
}
