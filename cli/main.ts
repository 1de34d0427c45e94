#!/usr/bin/env node
// The program: its commands, and what a user's mistake looks like.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import yargs, { type CommandModule } from "yargs";
import { EXIT, FramelensError } from "../src/index.js";
import { proxyCommand } from "./proxy.js";
import { familiarSpellings } from "./spellings.js";

/**
 * The other commands, loaded only when asked for. V8 collects the chunks that pass through in a cheap way while the heap is
 * below 8 MB, so a relay that carries big messages must not carry unused code (see src/README.md, "Speed").
 */
const COMMANDS: ReadonlyMap<string, () => Promise<unknown>> = new Map<string, () => Promise<unknown>>([
  ["demo", async () => (await import("./demo.js")).demoCommand],
  ["selftest", async () => (await import("./selftest.js")).selftestCommand],
  ["ca", async () => (await import("./ca.js")).caCommand],
]);

/** Runs the program and leaves its exit code in `process.exitCode`. */
async function main(words: readonly string[]): Promise<void> {
  const program = yargs([...familiarSpellings(words)])
    .scriptName("framelens")
    .usage("framelens: see every gRPC call while it happens\n\n$0 [upstream]   watch calls on their way to a server")
    .env("FRAMELENS")
    .version(version())
    .alias("h", "help")
    .parserConfiguration({ "duplicate-arguments-array": false })
    .strict()
    .wrap(Math.min(100, process.stdout.columns ?? 100))
    .epilogue("Each option can also be set in the environment: FRAMELENS_MAX_MEMORY=64MiB. Start with: framelens demo")
    .exitProcess(false)
    .fail((message, error) => {
      throw (
        error ??
        new FramelensError("ERR_USAGE", `${message.split("\n")[0]}; see framelens --help`, { exitCode: EXIT.usage })
      );
    });
  program.command(proxyCommand);
  const named = words.filter((word) => COMMANDS.has(word)).slice(0, 1);
  for (const name of words.some(isHelp) ? COMMANDS.keys() : named) {
    program.command((await COMMANDS.get(name)?.()) as CommandModule);
  }
  await program.parseAsync();
}

function isHelp(word: string): boolean {
  return word === "--help" || word === "-h";
}

function version(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  // dist/cli when built, cli in the sources.
  for (const up of ["../..", ".."]) {
    try {
      const found = JSON.parse(readFileSync(join(here, up, "package.json"), "utf8")) as {
        name?: string;
        version?: string;
      };
      if (found.name === "framelens" && found.version !== undefined) return found.version;
    } catch {
      // Not there: one folder further.
    }
  }
  return "unknown";
}

main(process.argv.slice(2)).catch((error: unknown) => {
  if (error instanceof FramelensError) {
    process.stderr.write(`framelens: ${error.message}\n`);
    process.exitCode = error.exitCode;
    return;
  }
  process.stderr.write(
    `framelens: this is a bug: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exitCode = EXIT.failed;
});
