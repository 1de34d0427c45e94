// The built program on a pseudo-terminal, driven by keys: the demo's streams while they run, filter, octets, resize, crash, quit.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import xterm from "@xterm/headless";
import { describe, expect, onTestFinished, test } from "vitest";
import { KEY } from "./screen-lab.js";
import { linesOf, untilScreen, type Wanted } from "./terminal-screen.js";

const MAIN = fileURLToPath(new URL("../../../dist/cli/main.js", import.meta.url));
/** Prebuilt for the usual platforms; elsewhere these tests are skipped, and counted as skipped. */
const pty = await import("@lydell/node-pty").catch(() => undefined);
const HUNG_MS = 60_000;

class PtyProgram {
  readonly terminal = new xterm.Terminal({ cols: 80, rows: 24, allowProposedApi: true });
  readonly ended: Promise<number>;
  readonly #pty;

  /** @param node options of Node's own */
  constructor(args: readonly string[], node: readonly string[] = []) {
    const home = mkdtempSync(join(tmpdir(), "framelens-test-"));
    this.#pty = pty!.spawn(process.execPath, [...node, MAIN, ...args], {
      name: "xterm-256color",
      cols: 80,
      rows: 24,
      env: { PATH: process.env.PATH ?? "", LANG: "C.UTF-8", XDG_CONFIG_HOME: home, HOME: home },
    });
    this.#pty.onData((text) => this.terminal.write(text));
    this.ended = new Promise((resolve) => this.#pty.onExit(({ exitCode }) => resolve(exitCode)));
    onTestFinished(async () => {
      this.#pty.kill("SIGKILL");
      await this.ended;
      rmSync(home, { recursive: true, force: true });
    });
  }

  get pid(): number {
    return this.#pty.pid;
  }

  screen(): string {
    return linesOf(this.terminal).join("\n");
  }

  type(text: string): void {
    this.#pty.write(text);
  }

  resize(columns: number, rows: number): void {
    this.terminal.resize(columns, rows);
    this.#pty.resize(columns, rows);
  }

  /** @throws with the screen when that does not happen */
  until(wanted: Wanted): Promise<string> {
    return untilScreen(this.terminal, wanted, HUNG_MS);
  }
}

describe.skipIf(pty === undefined)("the program on a terminal", () => {
  const DEMO = ["demo", "--listen", "127.0.0.1:0", "--rate", "4", "--no-feed"];

  test("shows a stream while it runs, filters, shows octets, fits a new size, and leaves no trace", async () => {
    const program = new PtyProgram(DEMO);
    await program.until(/ChatService\/ChatSession +● open/);
    program.type("/");
    await program.until(/↵ apply/);
    program.type("ChatSession");
    await program.until(/\n.\/ChatSession +\d+ of \d/);
    program.type(KEY.enter);
    await program.until(/\/ChatSession \d/);
    // The first one stays open as long as the demo runs.
    program.type("g");
    await program.until(/▌ +1 /);
    program.type(KEY.enter);
    await program.until(/‹ 1 ⇄ framelens\.demo\.v1\.ChatService\/ChatSession +● open/);
    const messages = () => Number(/(\d+)↓/.exec(program.screen())?.[1] ?? 0);
    const before = messages();
    await program.until(new RegExp(`◀ #${before} `));
    program.type("x");
    await program.until(/ 00000 [0-9a-f]{2} /);
    program.resize(120, 40);
    await program.until(/1 Calls {2}2 Connections {2}3 Statistics/);
    // Not Escape: with the next key behind it, it could be the beginning of a sequence.
    program.type("q");
    await program.until(/↵ open {2}\/ filter/);
    program.type("\\");
    await program.until(/UserService\/GetUser/);
    program.type("5");
    await program.until(/framelens listening on 127\.0\.0\.1:\d+/);
    program.type("Q");
    expect(await program.ended).toBe(0);
    // What it wrote last may still be on its way to the screen.
    await program.until(() => program.terminal.buffer.active.type === "normal");
    expect(program.terminal.modes.mouseTrackingMode).toBe("none");
  });

  test("saves what was seen, and shows it again from the file", async () => {
    const folder = mkdtempSync(join(tmpdir(), "framelens-test-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, "a.binlog");
    const program = new PtyProgram(DEMO);
    await program.until(/ 3 .*GetUser +OK/);
    program.type(`:save-capture ${file}${KEY.enter}`);
    await program.until(/saved \d+ calls to /);
    program.type(`:quit${KEY.enter}`);
    expect(await program.ended).toBe(0);
    const again = new PtyProgram(["open", file, "--no-feed"]);
    await again.until(/ 3 .*GetUser +OK/);
    again.resize(130, 30);
    await again.until(/^ framelens .* a\.binlog /);
    again.type(`:go 3${KEY.enter}`);
    await again.until(/id:1001 name:"Alice"/);
    again.type(`:quit${KEY.enter}`);
    expect(await again.ended).toBe(0);
  });

  test("gives the terminal back when it crashes, and the stack can be read", async () => {
    const crash = 'process.on("SIGUSR2", () => { throw new Error("a bug of ours"); })';
    const program = new PtyProgram(DEMO, ["--import", `data:text/javascript,${encodeURIComponent(crash)}`]);
    await program.until(/ calls /);
    process.kill(program.pid, "SIGUSR2");
    expect(await program.ended).not.toBe(0);
    const screen = await program.until(/a bug of ours/);
    expect(screen).not.toContain("1 Calls");
    expect(program.terminal.buffer.active.type).toBe("normal");
    expect(program.terminal.modes.mouseTrackingMode).toBe("none");
  });

  test("gives the terminal back when it is killed outright", async () => {
    const program = new PtyProgram(DEMO);
    await program.until(/ calls /);
    process.kill(program.pid, "SIGKILL");
    await program.ended;
    await program.until(() => program.terminal.buffer.active.type === "normal");
    expect(program.terminal.modes.mouseTrackingMode).toBe("none");
  });

  test("says that it waits where decode is given nothing, and reads what is typed", async () => {
    const program = new PtyProgram(["decode", "--format", "tree"]);
    await program.until(/reading what you type or paste, until \^D/);
    program.type("08e907\r\x04");
    await program.until(/1001/);
    expect(await program.ended).toBe(0);
  });

  test("gives the terminal back when it is killed by a signal", async () => {
    const program = new PtyProgram(DEMO);
    await program.until(/ calls /);
    process.kill(program.pid, "SIGTERM");
    expect(await program.ended).toBe(143);
    await program.until(() => program.terminal.buffer.active.type === "normal");
  });
});
