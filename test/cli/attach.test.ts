// framelens attach on a pseudo-terminal: the screens of the terminal on another process's feed.
import { fileURLToPath } from "node:url";
import xterm from "@xterm/headless";
import { describe, expect, onTestFinished, test } from "vitest";
import { framelens, Program } from "./program.js";

const MAIN = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
/** Prebuilt for the usual platforms; elsewhere skipped, and counted as skipped. */
const pty = await import("@lydell/node-pty").catch(() => undefined);

interface Attached {
  screen(): string;
  type(text: string): void;
  until(wanted: RegExp): Promise<void>;
  readonly ended: Promise<number>;
}

function attached(args: readonly string[]): Attached {
  const terminal = new xterm.Terminal({ cols: 100, rows: 30, allowProposedApi: true });
  const env = { PATH: process.env.PATH ?? "", LANG: "C.UTF-8", XDG_CONFIG_HOME: "/nonexistent", HOME: "/nonexistent" };
  const child = pty!.spawn(process.execPath, [MAIN, "attach", ...args], {
    ...{ name: "xterm-256color", cols: 100, rows: 30, env },
  });
  child.onData((text) => terminal.write(text));
  const ended = new Promise<number>((resolve) => child.onExit(({ exitCode }) => resolve(exitCode)));
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  const screen = () =>
    Array.from({ length: 30 }, (_, y) => terminal.buffer.active.getLine(y)?.translateToString(true) ?? "").join("\n");
  return {
    screen,
    ended,
    type: (text) => child.write(text),
    until: (wanted) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (!wanted.test(screen())) return;
          parsed.dispose();
          resolve();
        };
        const parsed = terminal.onWriteParsed(look);
        void ended.then(() => reject(new Error(`attach ended:\n${screen()}`)));
        look();
      }),
  };
}

describe.skipIf(pty === undefined)("attach", () => {
  test("shows the other's calls with names from its schemas, live, and ends when asked to", async () => {
    const demo = new Program([
      ...["demo", "--rate", "5", "--listen", "127.0.0.1:0", "--output", "none", "--feed", "127.0.0.1:0"],
    ]);
    const link = await demo.until(() => /page (http:\S+)/.exec(demo.stderr)?.[1]);
    const other = attached(["--feed", link]);
    await other.until(/UserService\/GetUser/);
    other.type("/");
    await other.until(/↵ apply/);
    other.type("/GetUser\r");
    await other.until(/F follow/);
    other.type("\r");
    // The schema came along.
    await other.until(/GetUserRequest/);
    other.type("Q");
    expect(await other.ended).toBe(0);
  });
});

test("without a terminal says what to use", async () => {
  const { code, stderr } = await framelens(["attach", "--feed", "127.0.0.1:1", "--feed-token", "x"]);
  expect(code).toBe(2);
  expect(stderr).toContain("framelens tail");
});
