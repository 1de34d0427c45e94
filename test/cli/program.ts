// The built program as a child: its lines as they come, its end, and that it is gone when the test is over.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { onTestFinished } from "vitest";

const MAIN = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

/** A program that should end by itself and does not is killed, and the test fails. */
const HUNG_MS = 60_000;

export interface ProgramEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Leaves standard output unread until {@link Program.read}. */
  readonly unread?: true;
  /** For several tests: who starts it {@link Program.kill}s it. */
  readonly shared?: true;
}

export class Program {
  readonly child: ChildProcess;
  readonly ended: Promise<ProgramEnd>;
  stdout = "";
  stderr = "";
  /** Complete lines of standard output so far. */
  readonly lines: string[] = [];
  /** The beginning of the next one. */
  #rest = "";
  #waiting: (() => void)[] = [];
  #over = false;

  constructor(args: readonly string[], options: ProgramOptions = {}) {
    this.child = spawn(process.execPath, [MAIN, ...args], {
      env: environment(options.env),
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
      this.#wake();
    });
    if (options.unread === undefined) this.read();
    this.ended = once(this.child, options.unread === undefined ? "close" : "exit").then(([code]) => {
      this.#over = true;
      this.#wake();
      return { code: code as number | null, stdout: this.stdout, stderr: this.stderr };
    });
    if (options.shared === undefined) onTestFinished(() => this.kill());
  }

  /** Whatever it is doing. Settles when it is gone. */
  async kill(): Promise<void> {
    this.child.kill("SIGKILL");
    this.child.stdout?.destroy();
    await this.ended;
  }

  read(): void {
    this.child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
      const lines = (this.#rest + text).split("\n");
      this.#rest = lines.pop() ?? "";
      this.lines.push(...lines);
      this.#wake();
    });
  }

  /** Waits until something holds. @throws when the program ends before it does */
  async until<T>(found: () => T | undefined | false): Promise<T> {
    for (;;) {
      const value = found();
      if (value !== undefined && value !== false) return value;
      if (this.#over) throw new Error(`the program ended: ${this.stderr}\n${stripVTControlCharacters(this.stdout)}`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** The first line of standard output that matches. */
  line(pattern: RegExp): Promise<string> {
    let next = 0;
    return this.until(() => {
      while (next < this.lines.length) {
        const line = this.lines[next++] ?? "";
        if (pattern.test(line)) return line;
      }
      return undefined;
    });
  }

  /** The port that it listens on. */
  async port(): Promise<number> {
    return Number(await this.until(() => /framelens listening on .*:(\d+)\n/.exec(this.stderr)?.[1]));
  }

  end(signal: NodeJS.Signals = "SIGINT"): Promise<ProgramEnd> {
    this.child.kill(signal);
    return this.ended;
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}

/** Runs the program to its end, which must come by itself. */
export function framelens(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<ProgramEnd> {
  return new Promise((resolve) => {
    const options = { env: environment(env), timeout: HUNG_MS, killSignal: "SIGKILL" } as const;
    const child = execFile(process.execPath, [MAIN, ...args], options, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
}

/** Ours, without what would be an option; no feed but where a test asks for one. */
function environment(more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const env = Object.entries(process.env).filter(([name]) => !name.startsWith("FRAMELENS_"));
  return { ...Object.fromEntries(env), FRAMELENS_FEED: "off", ...more };
}
