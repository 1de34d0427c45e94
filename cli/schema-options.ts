// What the options that name schemas open; loaded by those who decode, as a relay that does not stays small without it.
import { openSchema, type SchemaInput } from "../src/schema/open-schema.js";
import type { SchemaSet } from "../src/schema/schema-set.js";
import type { SchemaArguments } from "./options.js";

/**
 * Opens what the options name, and the built-in types.
 * @param watch reads files again when they change
 */
export function openSchemaOf(args: SchemaArguments, watch: boolean): Promise<SchemaSet> {
  const inputs: SchemaInput[] = [
    ...(args.proto ?? []).map((path) => ({ kind: "proto" as const, path })),
    ...(args.protoset ?? []).map((path) => ({ kind: "protoset" as const, path })),
  ];
  return openSchema({ inputs, importPaths: args.importPath ?? [], watch });
}
