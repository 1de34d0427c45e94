// The types file of --types: what the user says of fields that no schema knows, read at the start and when somebody edits it, and
// written when something else says more.
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { EXIT, FramelensError } from "../src/index.js";
import { FolderWatcher } from "../src/schema/folder-watcher.js";
import { FixedTypes } from "../src/schemaless/fixed-types.js";

/**
 * For a command that reads types and changes none.
 * @param file undefined when nothing is to be read
 * @throws FramelensError ERR_FILE when it cannot be read, ERR_TYPES when it is no types file
 */
export function openTypesFile(file: string | undefined): FixedTypes {
  if (file !== undefined && !existsSync(file)) throw mistake("ERR_FILE", `--types ${file}: no such file`);
  return open(file).types;
}

export interface FollowedTypes {
  readonly types: FixedTypes;
  close(): void;
}

/**
 * For a session: what is edited while it runs holds at once. A mistake in it is one line, and what was said before counts on.
 * @param file undefined when nothing is to be read or kept; one that is not there yet is made with the first change
 * @throws FramelensError ERR_FILE when it can neither be read nor made, ERR_TYPES when it is no types file
 */
export function followTypesFile(file: string | undefined, tell: (line: string) => void): FollowedTypes {
  if (file !== undefined && !existsSync(file)) {
    if (!existsSync(dirname(resolve(file)))) throw mistake("ERR_FILE", `--types ${file}: no such folder`);
    tell(`framelens: ${file} is not there yet; what you say of fields will be kept in it\n`);
  }
  const { types, reload } = open(file);
  if (file === undefined) return { types, close() {} };
  const watcher = new FolderWatcher(() => {
    try {
      reload();
    } catch (error) {
      if (!(error instanceof FramelensError)) throw error;
      tell(`framelens: --types: ${error.message}; what it said before counts on\n`);
    }
  });
  watcher.follow(new Set([dirname(resolve(file))]));
  return { types, close: () => watcher.close() };
}

function open(file: string | undefined): { readonly types: FixedTypes; reload(): void } {
  const types = new FixedTypes();
  if (file === undefined) return { types, reload() {} };
  /** What is in the file as far as we know: neither to be read nor to be written again. */
  let known: string | undefined;
  const reload = () => {
    // Gone for a moment while an editor replaces it.
    if (!existsSync(file)) return;
    const text = read(file);
    if (text === known) return;
    known = text;
    try {
      types.load(text, file);
    } catch (error) {
      throw error instanceof FramelensError ? mistake(error.code, error.message) : error;
    }
  };
  let isReading = true;
  const guarded = () => {
    isReading = true;
    try {
      reload();
    } finally {
      isReading = false;
    }
  };
  guarded();
  types.onChange(() => {
    if (isReading) return;
    known = types.toText();
    save(file, known);
  });
  return { types, reload: guarded };
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw mistake("ERR_FILE", `cannot read ${file} (${codeOf(error)})`);
  }
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
