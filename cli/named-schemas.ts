// Files and folders that --proto, --protoset and --import-path name: whether they are there. Apart from what reads them, which not every run loads.
import { statSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { EXIT, FramelensError } from "../src/index.js";
import type { SchemaArguments } from "./options.js";

/**
 * A name with a slip in it is told before anything starts: later, its types would be missed without a word.
 * @throws FramelensError ERR_FILE for a file or folder that is not there
 */
export function expectNamedSchemas({ proto = [], protoset = [], importPath = [] }: SchemaArguments): void {
  for (const root of importPath) {
    if (!isThere(root)) throw missing("import-path", root, "no such folder");
    if (!statSync(root).isDirectory()) throw missing("import-path", root, "no folder");
  }
  for (const path of proto) {
    // From here, else from an import root, as protoc and grpcurl have it.
    if (isThere(path) || (!isAbsolute(path) && importPath.some((root) => isThere(join(root, path))))) continue;
    throw missing("proto", path, "no such file or folder");
  }
  for (const path of protoset) if (!isThere(path)) throw missing("protoset", path, "no such file");
}

function isThere(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    // One that may not be looked at, or whose name is none.
    return false;
  }
}

function missing(option: string, path: string, what: string): FramelensError {
  return new FramelensError("ERR_FILE", `--${option} ${path}: ${what}`, { exitCode: EXIT.schema });
}
