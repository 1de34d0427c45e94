// Starts the benchmark's processes, each on its place among the processors, and sees to it that none is left behind.
import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

/** What a process does in the benchmark; decides its processor. */
export type Role = "relay" | "backend" | "load";

export interface StartOptions {
  readonly role: Role;
  /** Ask for a great many open files (where a shell is there to ask). */
  readonly manyFiles?: boolean;
  readonly ipc?: boolean;
  /** "ignore" is /dev/null; else it is part of {@link Child.output}. */
  readonly stdout?: "ignore";
}

export interface Child {
  readonly process: ChildProcess;
  readonly pid: number;
  /** What it wrote on stderr and, unless that is asked for by `onOutput`, stdout: the end of it, for messages. */
  readonly output: () => string;
  readonly onOutput: (listener: (text: string) => void) => void;
}

const KEPT_OUTPUT = 4000; // characters: enough for the last words of a program that did not start
const MANY_FILES = 65_536;
const STOP_MS = 2000; // after this long a polite request to end is repeated less politely

export class Children {
  readonly #running = new Set<ChildProcess>();
  readonly #places: Readonly<Record<Role, string>> | undefined;

  constructor(places: Readonly<Record<Role, string>> | undefined) {
    this.#places = places;
    process.on("exit", () => this.#killAll());
  }

  start(command: string, args: readonly string[], options: StartOptions): Child {
    let line = [command, ...args];
    if (this.#places !== undefined) line = ["taskset", "-c", this.#places[options.role], ...line];
    if (options.manyFiles === true && process.platform !== "win32") {
      const raise = `ulimit -n ${MANY_FILES} 2>/dev/null || ulimit -n "$(ulimit -Hn)"; exec "$@"`;
      line = ["sh", "-c", raise, "sh", ...line];
    }
    const child = spawn(line[0]!, line.slice(1), {
      stdio: ["ignore", options.stdout ?? "pipe", "pipe", ...(options.ipc === true ? (["ipc"] as const) : [])],
      detached: process.platform !== "win32", // a group of its own: what it starts is stopped with it
    });
    let text = "";
    const listeners: ((text: string) => void)[] = [];
    const take = (chunk: Buffer): void => {
      text = (text + chunk.toString()).slice(-KEPT_OUTPUT);
      for (const listener of listeners) listener(text);
    };
    child.stdout?.on("data", take);
    child.stderr?.on("data", take);
    child.on("error", (error) => take(Buffer.from(error.message)));
    this.#running.add(child);
    child.on("exit", () => {
      this.#kill(child, "SIGKILL"); // whatever it started and left
      this.#running.delete(child);
    });
    return {
      process: child,
      pid: child.pid ?? -1,
      output: () => text,
      onOutput: (listener) => listeners.push(listener),
    };
  }

  /** Starts one of this folder's own programs. */
  startOwn(file: string, args: readonly string[], options: StartOptions): Child {
    const path = fileURLToPath(new URL(file, import.meta.url));
    return this.start(process.execPath, [path, ...args], { ...options, ipc: true });
  }

  async stop(child: Child): Promise<void> {
    if (!this.#running.has(child.process)) return;
    const gone = new Promise<void>((resolve) => child.process.once("exit", () => resolve()));
    this.#kill(child.process, "SIGTERM");
    const timer = setTimeout(() => this.#kill(child.process, "SIGKILL"), STOP_MS);
    await gone;
    clearTimeout(timer);
  }

  #killAll(): void {
    for (const child of this.#running) this.#kill(child, "SIGKILL");
  }

  #kill(child: ChildProcess, signal: NodeJS.Signals): void {
    if (child.pid === undefined) return;
    try {
      process.kill(process.platform === "win32" ? child.pid : -child.pid, signal);
    } catch {
      // it has gone already
    }
  }
}

/** The first message of one of our own programs, which says that it is ready. */
export function firstMessage<T>(child: Child): Promise<T> {
  return new Promise((resolve, reject) => {
    child.process.once("message", (message) => resolve(message as T));
    child.process.once("exit", () => reject(new Error(`a process of the benchmark ended early: ${child.output()}`)));
  });
}

/** Where a program is; undefined when it is not installed. Looks into the sbin folders too, which users often lack. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/local/sbin", "/usr/sbin"];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * A processor for each role.
 *
 * The relay has one to itself; backend and load generator share the next where there are only two. Left to the system,
 * three busy processes on two processors are moved about, and how big the relay's chunks get is chance. Tried twice each
 * on a machine that others used too, with a capturing relay and our own load: its processor time over the pipe's was 1.7
 * and 1.8 pinned, 2.3 and 3.5 not. Pinning is also the kinder of the two to any relay that does more than the pipe: its
 * rate over the pipe's was 1.1 and 0.85 pinned, 0.7 and 0.5 not (`--no-pin`). The pipe leaves most of its processor idle,
 * so the rate only shows what a relay costs once its "busy" nears 100 %; below that, go by the processor time.
 */
export function places(): Readonly<Record<Role, string>> | undefined {
  if (findProgram("taskset") === undefined) return undefined;
  const allowed = allowedProcessors();
  if (allowed.length < 2) return undefined;
  const [relay, backend, load] = allowed as [number, number, ...number[]];
  return { relay: String(relay), backend: String(backend), load: String(load ?? backend) };
}

function allowedProcessors(): number[] {
  try {
    const list = /^Cpus_allowed_list:\s+(\S+)/m.exec(readFileSync("/proc/self/status", "latin1"))?.[1] ?? "";
    return list.split(",").flatMap((range) => {
      const [from = 0, to = from] = range.split("-").map(Number);
      return Array.from({ length: to - from + 1 }, (_, i) => from + i);
    });
  } catch {
    return Array.from({ length: availableParallelism() }, (_, i) => i);
  }
}
