// The little of blessed that is used: terminal I/O, keys, mouse, resizing, and a draw() that sends what changed.
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { BlessedLine } from "./painter.js";

/** What blessed reads keys from: a terminal's stdin, or a test's. */
export interface ScreenInput extends NodeJS.ReadableStream {
  readonly isTTY?: boolean;
  readonly isRaw?: boolean;
  setRawMode?(raw: boolean): unknown;
}

/** What blessed writes to, and asks for the size. */
export interface ScreenOutput {
  readonly writable: boolean;
  readonly isTTY: boolean;
  readonly columns: number;
  readonly rows: number;
  write(text: string): boolean;
  on(event: "resize", listener: () => void): unknown;
  removeListener(event: "resize", listener: () => void): unknown;
}

export interface BlessedKey {
  readonly name?: string;
  /** With its modifiers, as in "C-f", "S-tab". */
  readonly full?: string;
  readonly sequence?: string;
  readonly ctrl?: boolean;
  readonly meta?: boolean;
  readonly shift?: boolean;
}

export interface BlessedMouse {
  readonly action: "mousedown" | "mouseup" | "mousemove" | "wheelup" | "wheeldown";
  readonly button?: string;
  /** The button word that the terminal sent, first. */
  readonly raw?: readonly [word: number, ...unknown[]];
  readonly x: number;
  readonly y: number;
}

export interface BlessedProgram {
  readonly tput: { unicode: boolean; brokenACS: boolean };
  readonly isAlt?: boolean;
  on(event: "keypress", listener: (char: string | undefined, key: BlessedKey | undefined) => void): unknown;
  on(event: "mouse", listener: (data: BlessedMouse) => void): unknown;
  on(event: "resize", listener: () => void): unknown;
  setMouse(modes: object, on: boolean): void;
  cup(row: number, column: number): void;
  showCursor(): void;
  hideCursor(): void;
  flush(): void;
  destroy(): void;
}

export interface BlessedScreen {
  readonly program: BlessedProgram;
  readonly lines: BlessedLine[];
  readonly cols: number;
  readonly rows: number;
  alloc(dirty?: boolean): void;
  draw(start: number, end: number): void;
  enter(): void;
  leave(): void;
  destroy(): void;
}

interface Blessed {
  screen(options: object): BlessedScreen;
  readonly tput: { _prefix: (term?: string) => string; prototype: { _prefix: (term?: string) => string } };
}

const require = createRequire(import.meta.url);

/**
 * Opens a screen; blessed handles no signal and no crash: that is done where more is known. It reads its own description of
 * xterm-256color, as it stumbles over newer ones, and every terminal of today understands what is in it.
 */
export function openScreen(input: ScreenInput, output: ScreenOutput): BlessedScreen {
  const blessed = require("blessed") as Blessed;
  const described = join(dirname(require.resolve("blessed/package.json")), "usr", "xterm-256color");
  blessed.tput._prefix = () => described;
  blessed.tput.prototype._prefix = () => described;
  const before = handlers();
  const screen = blessed.screen({ input, output, terminal: "xterm-256color", forceUnicode: true, resizeTimeout: 30 });
  for (const [event, listener] of handlers())
    if (!before.some(([, known]) => known === listener)) process.removeListener(event, listener);
  screen.program.tput.unicode = true;
  screen.program.tput.brokenACS = true;
  return screen;
}

type Handler = (...values: unknown[]) => void;

function handlers(): [event: string, listener: Handler][] {
  return ["uncaughtException", "SIGTERM", "SIGINT", "SIGQUIT", "exit"].flatMap((event) =>
    process.listeners(event as "exit").map((listener): [string, Handler] => [event, listener as Handler]),
  );
}
