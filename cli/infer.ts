// framelens infer: a .proto file out of recorded messages, for services that nobody has the .proto of.
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ArgumentsCamelCase, Argv, CommandModule } from "yargs";
import { EXIT, FramelensError } from "../src/index.js";
import { ProtoDraft } from "../src/schemaless/proto-draft.js";
import { SchemalessReader } from "../src/schemaless/schemaless-reader.js";
import { readEvents, readFolder } from "./infer/input.js";
import { withEnvironment } from "./options.js";
import { openTypesFile } from "./types-file.js";

const OPTIONS = {
  out: { type: "string", alias: "o", requiresArg: true, describe: "folder to write one file a package to (stdout)" },
  types: { type: "string", requiresArg: true, describe: "file that says what fields are, in JSON" },
} as const;

interface InferArguments {
  readonly input: string | undefined;
  readonly out: string | undefined;
  readonly types: string | undefined;
}

export const inferCommand: CommandModule<object, InferArguments> = {
  command: "infer [input]",
  describe: "write a .proto file for messages that have none",
  builder: (yargs) =>
    yargs
      .positional("input", {
        type: "string",
        describe: "ndjson written with --bodies, a folder with one message a file; - or nothing for ndjson on stdin",
      })
      .options(withEnvironment(OPTIONS))
      .example("$0 localhost:50051 -o ndjson --bodies | $0 infer -", "what services talk")
      .example("$0 infer payloads/ -o inferred/", "from files") as unknown as Argv<InferArguments>,
  handler: async (args) => {
    process.exitCode = await runInfer(args);
  },
};

async function runInfer({ input: path, out, types }: ArgumentsCamelCase<InferArguments>): Promise<number> {
  // yargs makes nothing of a hyphen.
  const input = path === undefined || path === "" ? "-" : path;
  const draft = new ProtoDraft(new SchemalessReader(openTypesFile(types)));
  if (isFolder(input)) readFolder(input, draft);
  else await readEvents(input, draft);
  if (draft.methods === 0) {
    throw new FramelensError(
      "ERR_INPUT",
      `no message in ${input}; expected ndjson with --bodies, or a folder of messages`,
    );
  }
  const files = draft.files();
  if (out === undefined && files.size > 1) {
    const packages = [...files.keys()].map((name) => name || "none").join(", ");
    throw usage(`services of several packages (${packages}); expected --out FOLDER for a file each`);
  }
  for (const [name, text] of files) {
    if (out === undefined) process.stdout.write(text);
    else write(out, name, text);
  }
  return EXIT.ok;
}

function isFolder(path: string): boolean {
  return path !== "-" && (statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false);
}

function write(folder: string, name: string, text: string): void {
  const file = join(folder, `${name || "messages"}.proto`);
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, text);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw usage(`cannot write ${file} (${code})`);
  }
  process.stderr.write(`framelens: wrote ${file}\n`);
}

function usage(message: string): FramelensError {
  return new FramelensError("ERR_USAGE", message, { exitCode: EXIT.usage });
}
