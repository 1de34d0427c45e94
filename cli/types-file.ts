// The types file of --types: what the user says of fields that no schema knows, read at the start and written when it changes.
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { EXIT, FramelensError } from "../src/index.js";
import { FixedTypes } from "../src/schemaless/fixed-types.js";

/**
 * @param file undefined when nothing is to be read or kept; one that is not there yet is made with the first change
 * @throws FramelensError ERR_FILE when it cannot be read, ERR_TYPES when it is no types file
 */
export function openTypesFile(file: string | undefined): FixedTypes {
  const types = new FixedTypes();
  if (file === undefined) return types;
  if (existsSync(file)) {
    let text: string;
    try {
      text = readFileSync(file, "utf8");
    } catch (error) {
      throw mistake("ERR_FILE", `cannot read ${file} (${codeOf(error)})`);
    }
    try {
      types.load(text, file);
    } catch (error) {
      throw error instanceof FramelensError ? mistake(error.code, error.message) : error;
    }
  }
  types.onChange(() => save(file, types.toText()));
  return types;
}

/** Whole or not at all: somebody may be reading it. */
function save(file: string, text: string): void {
  const draft = `${file}.${process.pid}.tmp`;
  try {
    writeFileSync(draft, text);
    renameSync(draft, file);
  } catch (error) {
    process.stderr.write(`framelens: cannot write ${file} (${codeOf(error)}); the types are kept until the end only\n`);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}

function mistake(code: string, message: string): FramelensError {
  return new FramelensError(code, message, { exitCode: EXIT.usage });
}
