#!/usr/bin/env node
// The program, and what a user's mistake looks like: one line; a bug keeps its stack.
import { EXIT, FramelensError } from "../src/index.js";
import { run } from "./commands.js";
import { setUpCompiler } from "./compiler.js";

// Whoever reads stderr may leave; that is no reason to end.
process.stderr.on("error", () => {});

setUpCompiler();
run(process.argv.slice(2)).catch((error: unknown) => {
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
