// --output terminal: the full screen. Only this file and ui/terminal load blessed, and only when it is asked for.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Capture } from "../../src/index.js";
import { MessageReader } from "../../src/session/message-reader.js";
import { driftSentence } from "../../src/view/contract-text.js";
import { visible } from "../../src/view/visible.js";
import { configPath, readConfig } from "../../ui/terminal/config.js";
import { queuedOutput } from "../../ui/terminal/queued-output.js";
import { startTerminalUi } from "../../ui/terminal/start.js";
import { RESTORE } from "../../ui/terminal/terminal.js";
import { themeFor } from "../../ui/terminal/theme.js";
import { watchEvents } from "../watch-events.js";
import type { Output, OutputOptions, Sink } from "./output.js";
import { guardTerminal } from "./terminal-guard.js";

const NEWS_MS = 500;

export function startTerminal(capture: Capture, sink: Sink, options: OutputOptions): Output {
  const { stdin, stdout, env } = process;
  const config = readConfig(configPath(env));
  const output = queuedOutput((text) => sink.write(text), stdout);
  const ui = startTerminalUi({
    capture,
    reader: options.messages ?? new MessageReader({ capture }),
    schema: options.schema,
    trust: options.trust,
    upstream: options.upstream,
    kinds: options.kinds,
    types: options.types,
    filter: options.filter,
    input: stdin,
    output,
    fd: stdout.fd,
    theme: config.theme ?? themeFor(env),
    config,
    showSecrets: options.showSecrets,
    where: options.where,
    page: options.page,
    isFile: options.isFile,
    trouble: options.trouble,
    now: options.now ?? Date.now,
    quit: options.quit,
    runOn,
    saveFile,
    saveCapture: (name) => saveCapture(name, capture, options),
    clear: options.clear,
  });
  const leaveGuard = guardTerminal(RESTORE);
  const giveBack = takeStderr((text) => ui.log.write(text, Date.now()));
  if (options.said !== undefined) ui.log.write(options.said, Date.now());
  // What is found is found by whoever watches all messages; a screen that is told a little later is early enough.
  const telling = setInterval(() => {
    for (const drift of options.findings?.takeNews() ?? [])
      ui.log.write(`framelens: ${driftSentence(drift)}\n`, Date.now());
  }, NEWS_MS);
  telling.unref();
  const stopWatching = options.see === undefined ? undefined : watchEvents(capture, options.see);
  return {
    caughtUp: () => ui.caughtUp(),
    async finish() {
      stopWatching?.();
      clearInterval(telling);
      await ui.close();
      leaveGuard();
      giveBack();
    },
  };
}

/**
 * What would be written over the screen goes to the log view; where stderr is a file, to that as well.
 * @returns how to end it
 */
function takeStderr(log: (text: string) => void): () => void {
  const { stderr } = process;
  const write = stderr.write;
  const own = stderr.isTTY !== true;
  const taken = (chunk: Uint8Array | string, ...rest: unknown[]): boolean => {
    log(typeof chunk === "string" ? chunk : Buffer.from(chunk).toString());
    if (own) return Reflect.apply(write, stderr, [chunk, ...rest]) as boolean;
    const done = rest.find((value) => typeof value === "function") as (() => void) | undefined;
    if (done !== undefined) queueMicrotask(done);
    return true;
  };
  stderr.write = taken as typeof stderr.write;
  const giveBack = () => {
    stderr.write = write;
  };
  // A stack is to be seen, wherever the screen is by then.
  process.once("uncaughtExceptionMonitor", giveBack);
  return giveBack;
}

/** @returns what went wrong */
function runOn(program: "editor" | "pager", name: string, text: string): Promise<string | undefined> {
  const { env } = process;
  const command = program === "editor" ? env.VISUAL || env.EDITOR || "vi" : env.PAGER || "less";
  const folder = mkdtempSync(join(tmpdir(), "framelens-"));
  const file = join(folder, name);
  writeFileSync(file, text, { mode: 0o600 });
  return new Promise((resolve) => {
    const done = (problem: string | undefined) => {
      rmSync(folder, { recursive: true, force: true });
      resolve(problem);
    };
    // The command may have arguments of its own; the file is handed over as one word.
    const child = spawn("sh", ["-c", `${command} "$1"`, "sh", file], { stdio: "inherit" });
    child.on("error", (error) => done(`${command}: ${error.message}`));
    child.on("exit", (code, signal) => {
      const failed = code === 127 || signal !== null;
      done(failed ? `${command} ${signal === null ? "was not found" : `was ended by ${signal}`}` : undefined);
    });
  });
}

/** @returns what went wrong */
async function saveCapture(
  name: string,
  capture: Capture,
  { messages = new MessageReader({ capture }), schema, showSecrets, upstream }: OutputOptions,
): Promise<string | undefined> {
  // Loaded when it is asked for.
  const { openSaveFile } = await import("../save.js");
  try {
    const file = await openSaveFile(name);
    const isSaved = await file.saveAll({ capture, messages, schema, showSecrets, upstream });
    return isSaved ? undefined : "not all could be written; the log (5) says why";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Never over a file that is there. @returns what went wrong */
function saveFile(name: string, bytes: Uint8Array): string | undefined {
  try {
    writeFileSync(name, bytes, { flag: "wx", mode: 0o600 });
    return undefined;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === "EEXIST" ? `${visible(name)} is there already; another name, please` : visible(message);
  }
}
