// framelens infer: a .proto file out of recorded messages, for services that nobody has the .proto of.
import { mkdirSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ArgumentsCamelCase, Argv, CommandModule } from "yargs";
import { EXIT, FramelensError } from "../src/index.js";
import { ProtoDraft } from "../src/schemaless/proto-draft.js";
import { SchemalessReader } from "../src/schemaless/schemaless-reader.js";
import { tellOfWaiting } from "./decode/waiting.js";
import { readFolder, readRecording } from "./infer/input.js";
import { checkLive, LiveDraft } from "./infer/live.js";
import { PROXY_OPTIONS, type ProxyArguments, withEnvironment } from "./options.js";
import { startSession } from "./session.js";
import { openTypesFile } from "./types-file.js";

/** Of the proxy's own options those that say how it is reached and how it reaches servers. */
const LIVE_OPTIONS = Object.fromEntries(
  (["listen", "for", "max-memory", "max-message", "insecure", "cacert", "cert", "key", "servername"] as const).map(
    (name) => [name, { ...PROXY_OPTIONS[name], group: "With --live:" }],
  ),
);

const OPTIONS = {
  out: { type: "string", alias: "o", requiresArg: true, describe: "folder to write one file a package to (stdout)" },
  types: { type: "string", requiresArg: true, describe: "file that says what fields are, in JSON" },
  live: { type: "boolean", default: false, describe: "be a proxy to a server, and keep the files current meanwhile" },
} as const;

interface InferArguments extends ProxyArguments {
  readonly input: string | undefined;
  readonly out: string | undefined;
  readonly live: boolean;
}

export const inferCommand: CommandModule<object, InferArguments> = {
  command: "infer [input]",
  describe: "write a .proto file for messages that have none",
  builder: (yargs) =>
    yargs
      .positional("input", {
        type: "string",
        describe:
          "ndjson written with --bodies, a gRPC binary log, or a folder with one message a file; - or nothing for stdin; with --live the server",
      })
      .options(withEnvironment(OPTIONS))
      .options(LIVE_OPTIONS)
      .example("$0 localhost:50051 -o ndjson --bodies | $0 infer -", "what services talk")
      .example("$0 infer payloads/ -o inferred/", "from files")
      .example(
        "$0 infer --live localhost:50051 -o inferred/",
        "while clients call localhost:50050",
      ) as unknown as Argv<InferArguments>,
  handler: async (args) => {
    process.exitCode = await runInfer(args);
  },
};

async function runInfer(args: ArgumentsCamelCase<InferArguments>): Promise<number> {
  const { input: path, out, types } = args;
  if (args.live) return runLive(args);
  // yargs makes nothing of a hyphen.
  const input = path === undefined || path === "" ? "-" : path;
  const draft = new ProtoDraft(new SchemalessReader(openTypesFile(types)));
  if (input === "-") tellOfWaiting();
  if (isFolder(input)) readFolder(input, draft);
  else await readRecording(input, draft, (text) => process.stderr.write(`framelens: note: ${text}\n`));
  if (draft.methods === 0) {
    throw new FramelensError(
      "ERR_INPUT",
      `no message in ${input}; expected ndjson with --bodies, a gRPC binary log, or a folder of messages`,
    );
  }
  const files = draft.files();
  if (out === undefined && files.size > 1) {
    const packages = [...files.keys()].map((name) => name || "none").join(", ");
    throw usage(`services of several packages (${packages}); expected --out FOLDER for a file each`);
  }
  for (const [name, text] of files) {
    if (out === undefined) process.stdout.write(text);
    else {
      write(out, name, text);
      process.stderr.write(`framelens: wrote ${fileOf(out, name)}\n`);
    }
  }
  return EXIT.ok;
}

async function runLive(args: ArgumentsCamelCase<InferArguments>): Promise<number> {
  const { input, out, types } = args;
  checkLive(input, out);
  const draft = new ProtoDraft(new SchemalessReader(openTypesFile(types)));
  const session = await startSession({ ...args, output: "none", filter: undefined, feed: false }, input);
  const written = new Map<string, string>();
  const live = new LiveDraft(session.proxy.capture, draft, () => {
    for (const [name, text] of draft.files()) {
      if (written.get(name) === text) continue;
      try {
        write(out, name, text);
      } catch (error) {
        // The traffic goes on; what could not be written is tried again with what comes.
        if (!(error instanceof FramelensError)) throw error;
        process.stderr.write(`framelens: ${error.message}\n`);
        return;
      }
      if (!written.has(name)) process.stderr.write(`framelens: keeping ${fileOf(out, name)} current\n`);
      written.set(name, text);
    }
  });
  const code = await session.untilOver();
  await live.finish();
  return code;
}

function fileOf(folder: string, name: string): string {
  return join(folder, `${name || "messages"}.proto`);
}

function isFolder(path: string): boolean {
  return path !== "-" && (statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false);
}

/** Whole or not at all: somebody may be reading it. */
function write(folder: string, name: string, text: string): void {
  const file = fileOf(folder, name);
  const draft = `${file}.${process.pid}.tmp`;
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(draft, text);
    renameSync(draft, file);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw usage(`cannot write ${file} (${code})`);
  }
}

function usage(message: string): FramelensError {
  return new FramelensError("ERR_USAGE", message, { exitCode: EXIT.usage });
}
