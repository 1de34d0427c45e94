// The commands, and how the words of a command line find theirs.
import yargs, { type CommandModule } from "yargs";
import { EXIT, FramelensError } from "../src/index.js";
import { proxyCommand } from "./proxy.js";
import { familiarSpellings, schemaOrder } from "./spellings.js";
import { hideTypes, knownOptions, usageError } from "./usage.js";
import { version } from "./version.js";

/** Where help goes that is no terminal; a wide terminal still reads better with short lines. */
const PIPED_COLUMNS = 80;
const MAX_COLUMNS = 100;

/**
 * The other commands, loaded only when asked for. V8 collects the chunks that pass through in a cheap way while the heap is
 * below 8 MB, so a relay that carries big messages must not carry unused code (see src/README.md, "Speed").
 */
const COMMANDS: ReadonlyMap<string, () => Promise<unknown>> = new Map<string, () => Promise<unknown>>([
  ["demo", async () => (await import("./demo.js")).demoCommand],
  ["open", async () => (await import("./open.js")).openCommand],
  ["selftest", async () => (await import("./selftest.js")).selftestCommand],
  ["decode", async () => (await import("./decode.js")).decodeCommand],
  ["infer", async () => (await import("./infer.js")).inferCommand],
  ["tail", async () => (await import("./tail.js")).tailCommand],
  ["attach", async () => (await import("./attach.js")).attachCommand],
  ["ca", async () => (await import("./ca.js")).caCommand],
]);

/** Options that may be given again and again, by every name they go by. */
const LISTS: ReadonlySet<string> = new Set([
  "proto",
  "protoset",
  "import-path",
  "importPath",
  "I",
  "reflect-header",
  "reflectHeader",
]);

const EXAMPLES: readonly (readonly [command: string, what: string])[] = [
  ["$0 demo", "a sample server and clients, to look around"],
  ["$0 localhost:50051", "then let clients call localhost:50050"],
  ["$0 -l 7000 https://shop.test", "TLS to the server, port 7000 for clients"],
  ["$0 localhost:50051 -o ndjson", "for jq and other programs"],
];

/**
 * Runs the program and leaves its exit code in `process.exitCode`.
 * @param given the command line without the program's own name
 * @throws FramelensError for what the user got wrong
 */
export async function run(given: readonly string[]): Promise<void> {
  const words = familiarSpellings(given);
  const program = yargs([...words])
    .scriptName("framelens")
    .usage("framelens: see every gRPC call while it happens")
    .version(version())
    .alias("h", "help")
    .describe({ help: "show this help", version: "show the version" })
    // One value a time, so that an upstream may follow a list.
    .parserConfiguration({ "greedy-arrays": false })
    .middleware(lastOfEach, true)
    .middleware((args) => void Object.assign(args, { schemaOrder: schemaOrder(words) }))
    .middleware((args) => expectOneUpstream(args, words))
    // What yargs says is read by us, too.
    .locale("en")
    .strict()
    .wrap(Math.min(MAX_COLUMNS, process.stdout.columns ?? PIPED_COLUMNS))
    .epilogue("Each option is also FRAMELENS_… in the environment: FRAMELENS_MAX_MEMORY=64MiB.")
    .exitProcess(false)
    .fail((message, error) => {
      // yargs has a class of its own for some mistakes of the user.
      if (error !== undefined && error.name !== "YError") throw error;
      throw usageError(error?.message ?? message, words, knownOptions(program));
    });
  hideTypes(program);
  program.command(proxyCommand(COMMANDS.keys()));
  const named = words.filter((word) => COMMANDS.has(word)).slice(0, 1);
  if (named.length === 0) for (const [command, what] of EXAMPLES) program.example(command, what);
  for (const name of words.some(isHelp) ? COMMANDS.keys() : named) {
    program.command((await COMMANDS.get(name)?.()) as CommandModule);
  }
  await program.parseAsync();
}

/** An option that is no list and is given twice has its last value. */
function lastOfEach(args: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(args)) {
    if (name !== "_" && !LISTS.has(name) && Array.isArray(value)) args[name] = value.at(-1);
  }
}

/** yargs knows `--upstream` as the name of the upstream, and drops it when there is one without a name. */
function expectOneUpstream({ upstream }: Record<string, unknown>, words: readonly string[]): void {
  const at = words.findIndex((word) => /^--upstream(?:=|$)/.test(word));
  if (at < 0 || typeof upstream !== "string") return;
  const [, named = words[at + 1]] = /=(.*)/s.exec(words[at] ?? "") ?? [];
  if (named === upstream) return;
  const message = `upstream "${upstream}" and --upstream "${named}"; expected one of them`;
  throw new FramelensError("ERR_USAGE", message, { exitCode: EXIT.usage });
}

function isHelp(word: string): boolean {
  return word === "--help" || word === "-h";
}
