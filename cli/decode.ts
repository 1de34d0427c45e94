// framelens decode: bytes from wherever they came, as JSON or as a tree of fields.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import type { DescMessage } from "@bufbuild/protobuf";
import type { ArgumentsCamelCase, Argv, CommandModule } from "yargs";
import { EXIT, FramelensError } from "../src/index.js";
import { decompress } from "../src/message/decompress.js";
import { toJson } from "../src/message/json.js";
import { preview } from "../src/message/preview.js";
import { treeLines } from "../src/message/print.js";
import type { PlacedProblem } from "../src/message/problem-list.js";
import { isFatal } from "../src/message/problems.js";
import { walk } from "../src/message/walk.js";
import type { SchemaSet } from "../src/schema/schema-set.js";
import { visible } from "../src/view/visible.js";
import { checkInference, Inference } from "./decode/infer.js";
import { INPUT_KINDS, type InputKind, type InputMessage, isPlainText, readBase64, readInput } from "./decode/input.js";
import { findType, type TypeArguments, typeOf } from "./decode/types.js";
import { tellOfWaiting } from "./decode/waiting.js";
import { expectNamedSchemas } from "./named-schemas.js";
import { SCHEMA_OPTIONS, type SchemaArguments, withEnvironment } from "./options.js";
import { openSchemaOf, tellProblems } from "./schema-options.js";

const FORMATS = ["json", "tree", "text"] as const;
type Format = (typeof FORMATS)[number];

const OPTIONS = {
  ...SCHEMA_OPTIONS,
  type: {
    type: "string",
    requiresArg: true,
    describe: "message type, as acme.v1.User; User alone where it is the only one",
  },
  method: { type: "string", requiresArg: true, describe: "method whose message it is, as acme.v1.Users/Get" },
  side: {
    choices: ["client", "server"] as const,
    default: "server" as const,
    describe: "with --method: client or server sent it (server)",
  },
  infer: { type: "boolean", default: false, describe: "guess what fields are, by all messages together" },
  types: { type: "string", requiresArg: true, describe: "with --infer: file that says what fields are, in JSON" },
  input: { choices: INPUT_KINDS, describe: "hex, base64, binary or grpc; told by its look when left out" },
  encoding: { type: "string", requiresArg: true, describe: "grpc-encoding of compressed gRPC messages (gzip)" },
  format: {
    choices: FORMATS,
    default: "json" as const,
    describe: "json, tree (fields with their byte ranges) or text (one line)",
  },
  lines: { type: "boolean", default: false, describe: "each line is a message: TYPE BASE64, or BASE64 with --type" },
  "show-secrets": { type: "boolean", default: false, describe: "show fields marked debug_redact" },
} as const;

interface DecodeArguments extends SchemaArguments, TypeArguments {
  readonly file: string | undefined;
  readonly input: InputKind | undefined;
  readonly encoding: string | undefined;
  readonly format: Format;
  readonly lines: boolean;
  readonly infer: boolean;
  readonly types: string | undefined;
  readonly showSecrets: boolean;
}

/** Notes of one message. */
const MAX_NOTES = 20;

export const decodeCommand: CommandModule<object, DecodeArguments> = {
  command: "decode [file]",
  describe: "read messages given as hex, base64 or bytes",
  builder: (yargs) =>
    yargs
      .positional("file", { type: "string", describe: "file to read; - or nothing for stdin" })
      .options(withEnvironment(OPTIONS))
      .example("echo 08e90712 05416c696365 | $0 decode --proto users.proto --type User", "")
      .example("$0 decode --format tree message.bin", "without a schema: the fields as they are")
      .example(
        "$0 decode --infer --format tree message.bin",
        "and what they may be",
      ) as unknown as Argv<DecodeArguments>,
  handler: async (args) => {
    process.exitCode = await runDecode(args);
  },
};

async function runDecode(args: ArgumentsCamelCase<DecodeArguments>): Promise<number> {
  checkInference(args);
  if (args.infer) return args.lines ? await inferLines(args) : await inferWhole(args);
  expectNamedSchemas(args);
  const schema = await openSchemaOf(args, false);
  tellProblems(schema);
  try {
    if (args.lines) return await decodeLines(args, schema);
    return await decodeWhole(args, schema);
  } finally {
    schema.close();
  }
}

async function decodeWhole(args: DecodeArguments, schema: SchemaSet): Promise<number> {
  const type = typeOf(args, schema);
  let code: number = EXIT.ok;
  const data = readData(args.file);
  for (const message of readInput(data, args.input)) {
    const problem = await printMessage(message, type, args, schema);
    if (problem === undefined) continue;
    process.stderr.write(`framelens: ${problem}\n`);
    code = EXIT.damaged;
  }
  if (code !== EXIT.ok && args.input === undefined && isPlainText(data))
    process.stderr.write(
      "framelens: note: the input is text, but neither hex nor base64; it was read as the message itself\n",
    );
  return code;
}

/** @returns what is wrong with the bytes themselves; what does not fit the schema is in the tree */
async function printMessage(
  message: InputMessage,
  type: DescMessage | undefined,
  args: DecodeArguments,
  schema: SchemaSet,
): Promise<string | undefined> {
  let { bytes } = message;
  if (message.compressed && message.cut === undefined) {
    const inflated = await decompress(args.encoding ?? "gzip", bytes);
    if ("problem" in inflated) return inflated.problem.message;
    bytes = inflated.bytes;
  }
  const tree = walk(bytes, type, schema);
  const mask = !args.showSecrets;
  const { text, problems } = toJson(tree, schema, { pretty: true, mask });
  if (args.format === "json" && type !== undefined) process.stdout.write(`${text}\n`);
  else if (args.format === "text")
    process.stdout.write(`${preview(tree, process.stdout.columns ?? 200, schema, mask)}\n`);
  else for (const line of treeLines(tree, schema, { mask })) process.stdout.write(`${line}\n`);
  // in a tree, problems stand at their places
  if (type !== undefined && args.format !== "tree") tellNotes(problems.filter((problem) => !isFatal(problem)));
  const fatal = problems.find(isFatal);
  if (message.cut !== undefined) return message.cut;
  return fatal && problemText(fatal);
}

/** What protobuf's own readers would pass over. */
function tellNotes(problems: readonly PlacedProblem[]): void {
  for (const problem of problems.slice(0, MAX_NOTES))
    process.stderr.write(`framelens: note: ${problemText(problem)}\n`);
  if (problems.length > MAX_NOTES) process.stderr.write("framelens: note: and more; --format tree shows all\n");
}

function problemText({ path, message, start, end }: PlacedProblem): string {
  return visible(`${path === "" ? "" : `${path}: `}${message} (bytes ${start} to ${end})`);
}

async function inferWhole(args: DecodeArguments): Promise<number> {
  const messages = readInput(readData(args.file), args.input);
  const bodies: Uint8Array[] = [];
  let code: number = EXIT.ok;
  for (const { bytes, compressed, cut } of messages) {
    const inflated = compressed && cut === undefined ? await decompress(args.encoding ?? "gzip", bytes) : { bytes };
    if ("bytes" in inflated) bodies.push(inflated.bytes);
    const problem = "problem" in inflated ? inflated.problem.message : cut;
    if (problem === undefined) continue;
    process.stderr.write(`framelens: ${problem}\n`);
    code = EXIT.damaged;
  }
  for (const { text, problem } of new Inference(args).whole(bodies)) {
    process.stdout.write(`${text}\n`);
    if (problem === undefined) continue;
    process.stderr.write(`framelens: ${problem}\n`);
    code = EXIT.damaged;
  }
  return code;
}

async function inferLines(args: DecodeArguments): Promise<number> {
  let out = "";
  for await (const line of new Inference(args).lines(inputLines(args))) {
    out += `${line}\n`;
    if (out.length < 65_536) continue;
    await written(out);
    out = "";
  }
  await written(out);
  return EXIT.ok;
}

/** One message a line; what is wrong with one is said in its own line. */
async function decodeLines(args: DecodeArguments, schema: SchemaSet): Promise<number> {
  const fixed = typeOf(args, schema);
  const lines = inputLines(args);
  let out = "";
  for await (const line of lines) {
    if (line.trim() === "") continue;
    out += `${decodeLine(line.trim(), fixed, args, schema)}\n`;
    if (out.length < 65_536) continue;
    await written(out);
    out = "";
  }
  await written(out);
  return EXIT.ok;
}

function decodeLine(line: string, fixed: DescMessage | undefined, args: DecodeArguments, schema: SchemaSet): string {
  try {
    const [name, base64] = line.includes(" ") ? line.split(/\s+/, 2) : [undefined, line];
    const type = name === undefined ? fixed : findType(name, schema);
    if (type === undefined) throw new FramelensError("ERR_TYPE", "no type; expected TYPE BASE64, or --type");
    const tree = walk(readBase64(base64 ?? ""), type, schema);
    const { text, problems } = toJson(tree, schema, { mask: !args.showSecrets });
    const fatal = problems.find(isFatal);
    return fatal === undefined ? text : JSON.stringify({ problem: fatal });
  } catch (error) {
    if (!(error instanceof FramelensError)) throw error;
    return JSON.stringify({ problem: { code: error.code, message: error.message } });
  }
}

function inputLines({ file }: DecodeArguments): AsyncIterable<string> | Iterable<string> {
  if (file === undefined || file === "-") {
    tellOfWaiting();
    return createInterface({ input: process.stdin });
  }
  return readData(file).toString("utf8").split("\n");
}

function written(text: string): Promise<void> {
  return new Promise((resolve) => {
    if (process.stdout.write(text)) resolve();
    else process.stdout.once("drain", resolve);
  });
}

function readData(file: string | undefined): Buffer {
  if (file === undefined || file === "-") tellOfWaiting();
  try {
    return readFileSync(file === undefined || file === "-" ? 0 : file);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new FramelensError("ERR_FILE", `cannot read ${file ?? "stdin"} (${code})`, { exitCode: EXIT.usage });
  }
}
