// The built program as a process of its own, watched from outside: memory, open files, what it prints.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Another build can be tried by naming its main.js. */
const MAIN = process.env.HOSTILE_PROGRAM ?? fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
/** Options for Node, such as --cpu-prof. */
const NODE_OPTIONS = (process.env.HOSTILE_NODE ?? "").split(" ").filter((word) => word !== "");

/**
 * Runs inside the program and tells of turns of its event loop by the processor time they took: other than the clock, that is
 * the same on a busy machine.
 */
const WATCH = `
  import { writeSync } from "node:fs";
  let last = process.cpuUsage();
  setInterval(() => {
    const { user, system } = process.cpuUsage(last);
    last = process.cpuUsage();
    if (user + system > 20_000) writeSync(3, Math.round((user + system) / 1000) + "\\n");
  }, 5).unref();
`;

export interface ProgramOptions {
  readonly args: readonly string[];
  /** Given every piece of standard output. Without it standard output is not read at all. */
  readonly onOutput?: (bytes: Buffer) => void;
  /** At most so many open files. */
  readonly openFiles?: number;
}

export class Program {
  readonly #child: ChildProcess;
  #stderr = "";
  port = 0;
  /** The longest turn of its event loop so far, in milliseconds of processor time; may be set back to 0. */
  longestTurnMs = 0;
  /** How it ended, if it did. */
  ended: string | undefined;

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.once("exit", (code, signal) => {
      this.ended = signal ?? `exit ${code}`;
    });
    child.stderr?.on("data", (chunk: Buffer) => {
      if (this.#stderr.length < 65_536) this.#stderr += chunk.toString("utf8");
    });
  }

  static async start(options: ProgramOptions): Promise<Program> {
    if (!existsSync(MAIN)) throw new Error("the program is not built; npm run build");
    const watch = `data:text/javascript,${encodeURIComponent(WATCH)}`;
    const words = [...NODE_OPTIONS, "--import", watch, MAIN, "--listen", "127.0.0.1:0", ...options.args];
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("FRAMELENS")));
    const stdio = ["ignore", "pipe", "pipe", "pipe"] as const;
    const child =
      options.openFiles === undefined
        ? spawn(process.execPath, words, { stdio: [...stdio], env })
        : spawn("sh", ["-c", `ulimit -n ${options.openFiles} && exec "$0" "$@"`, process.execPath, ...words], {
            stdio: [...stdio],
            env,
          });
    const program = new Program(child);
    child.stdio[3]?.on("data", (chunk: Buffer) => {
      for (const turn of chunk.toString("latin1").split("\n")) {
        program.longestTurnMs = Math.max(program.longestTurnMs, Number(turn));
      }
    });
    if (options.onOutput !== undefined) child.stdout?.on("data", options.onOutput);
    while (program.port === 0) {
      program.port = Number(/listening on 127\.0\.0\.1:(\d+)/.exec(program.#stderr)?.[1] ?? 0);
      if (program.ended !== undefined) throw new Error(`the program did not start: ${program.#stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return program;
  }

  /** What it said on stderr besides where it listens: nothing, when all is well. */
  get complaints(): string {
    return this.#stderr
      .split("\n")
      .filter((line) => line !== "" && !/^(framelens listening on|no upstream, so a forward proxy|feed ws:)/.test(line))
      .join("\n");
  }

  /** Resident memory now and at its highest since {@link forgetPeak}; undefined where the system does not tell. */
  get memory(): { readonly now: number; readonly peak: number } | undefined {
    const status = this.#proc("status");
    const bytes = (name: string) =>
      Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status ?? "")?.[1] ?? 0) * 1024;
    return status === undefined ? undefined : { now: bytes("VmRSS"), peak: bytes("VmHWM") };
  }

  forgetPeak(): void {
    try {
      writeFileSync(`/proc/${this.#child.pid}/clear_refs`, "5"); // proc(5)
    } catch {
      // The peak is then that of its whole life.
    }
  }

  get openFiles(): number | undefined {
    return this.fileNames?.length;
  }

  /** What its open files are; undefined where the system does not tell. */
  get fileNames(): readonly string[] | undefined {
    const folder = `/proc/${this.#child.pid}/fd`;
    try {
      return readdirSync(folder).map((fd) => nameOf(join(folder, fd)));
    } catch {
      return undefined;
    }
  }

  /** Processor time so far. */
  get cpuMs(): number {
    const stat = this.#proc("stat") ?? "";
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * 10;
  }

  /** Asks it to end. @returns how it ended */
  async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<string> {
    if (this.ended === undefined) this.#child.kill(signal);
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), 60_000);
    while (this.ended === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
    clearTimeout(timer);
    return this.ended;
  }

  #proc(name: string): string | undefined {
    try {
      return readFileSync(`/proc/${this.#child.pid}/${name}`, "latin1");
    } catch {
      return undefined;
    }
  }
}

function nameOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return "closed meanwhile";
  }
}
