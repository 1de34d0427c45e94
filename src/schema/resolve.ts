// Gives the names of a parsed file their meaning: types, extendees, method types and options.
import { FieldDescriptorProto_Type } from "@bufbuild/protobuf/wkt";
import { encodeOptions } from "./option-encoder.js";
import type { ParsedFile, TypeReference } from "./parsed-file.js";
import type { SchemaSymbol, SymbolTable } from "./symbols.js";
import { withoutDot } from "./symbols.js";

/** What the resolver tells about a name or option that it could not make out. */
export interface ResolveFault {
  readonly message: string;
  readonly at: number;
  readonly kind: "type" | "option" | "import";
}

/**
 * Replaces names as written by full names, in place, and encodes the options. A name that nobody defines becomes that of a
 * message which the linker makes up, so that the rest of the file works.
 * @param elsewhere finds a full name that the file should have imported
 */
export function resolveNames(
  parsed: ParsedFile,
  table: SymbolTable,
  elsewhere: (name: string) => SchemaSymbol | undefined,
): readonly ResolveFault[] {
  const faults: ResolveFault[] = [];
  for (const reference of parsed.references) resolveReference(reference, table, elsewhere, faults);
  assignFeatures(parsed, table);
  for (const list of parsed.options) {
    const refuse = (message: string, at: number) => faults.push({ message, at, kind: "option" });
    const encoded = encodeOptions(list, table, refuse);
    if (encoded.length > 0) list.assign(encoded);
  }
  return faults;
}

/** Features first: they decide how the values of this file's own options are encoded. */
function assignFeatures(parsed: ParsedFile, table: SymbolTable): void {
  for (const list of parsed.options) {
    const statements = list.statements.filter(({ path }) => path[0]?.name === "features" && !path[0].extension);
    if (statements.length > 0)
      list.assign(encodeOptions({ type: list.type, scope: list.scope, statements }, table, () => {}));
  }
}

function resolveReference(
  reference: TypeReference,
  table: SymbolTable,
  elsewhere: (name: string) => SchemaSymbol | undefined,
  faults: ResolveFault[],
): void {
  const written = writtenName(reference);
  const accepts =
    reference.kind === "type"
      ? (symbol: SchemaSymbol) => symbol.kind === "message" || symbol.kind === "enum"
      : (symbol: SchemaSymbol) => symbol.kind === "message";
  let symbol = table.resolve(written, reference.scope, accepts);
  if (symbol === undefined) {
    symbol = findUnimported(written, reference.scope, accepts, elsewhere);
    const message =
      symbol === undefined
        ? `${reference.kind === "type" ? "type" : "message type"} "${written}" is not defined; its content is shown without a schema`
        : `"${written}" is defined in "${symbol.table.proto.name}", which is not imported`;
    faults.push({ message, at: reference.at, kind: symbol === undefined ? "type" : "import" });
  }
  const name = `.${symbol?.name ?? withoutDot(written)}`;
  if (reference.kind === "type") {
    const { field } = reference;
    field.typeName = name;
    if (symbol?.kind === "enum") field.type = FieldDescriptorProto_Type.ENUM;
    else if (field.type !== FieldDescriptorProto_Type.GROUP) field.type = FieldDescriptorProto_Type.MESSAGE;
  } else if (reference.kind === "extendee") {
    reference.field.extendee = name;
  } else if (reference.kind === "input") {
    reference.method.inputType = name;
  } else {
    reference.method.outputType = name;
  }
}

function writtenName(reference: TypeReference): string {
  switch (reference.kind) {
    case "type":
      return reference.field.typeName;
    case "extendee":
      return reference.field.extendee;
    case "input":
      return reference.method.inputType;
    case "output":
      return reference.method.outputType;
  }
}

/** Tries the name in each scope outward, among all files that are known. */
function findUnimported(
  written: string,
  scope: string,
  accepts: (symbol: SchemaSymbol) => boolean,
  elsewhere: (name: string) => SchemaSymbol | undefined,
): SchemaSymbol | undefined {
  if (written.startsWith(".")) return acceptable(elsewhere(written.slice(1)), accepts);
  const parts = scope === "" ? [] : scope.split(".");
  for (let kept = parts.length; kept >= 0; kept--) {
    const found = acceptable(elsewhere([...parts.slice(0, kept), written].join(".")), accepts);
    if (found !== undefined) return found;
  }
  return undefined;
}

function acceptable(
  symbol: SchemaSymbol | undefined,
  accepts: (symbol: SchemaSymbol) => boolean,
): SchemaSymbol | undefined {
  return symbol !== undefined && accepts(symbol) ? symbol : undefined;
}
