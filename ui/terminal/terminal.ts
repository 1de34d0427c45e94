// The terminal as a thing to draw on: frames out, keys and mouse in, entered and left without a trace whatever happens.
import { writeSync } from "node:fs";
import { Canvas } from "../../src/view/canvas.js";
import type { Style } from "../../src/view/styled.js";
import {
  type BlessedMouse,
  type BlessedScreen,
  openScreen,
  type ScreenInput,
  type ScreenOutput,
} from "./blessed-screen.js";
import { type Key, readKey } from "./keyboard.js";
import { paint } from "./painter.js";
import { SplitInput } from "./split-input.js";
import { attributesOf, type Look, THEMES, type ThemeName } from "./theme.js";

export interface TerminalHandlers {
  readonly key: (key: Key) => void;
  readonly mouse: (event: BlessedMouse) => void;
  /** The size is another, or the screen was lost: all is to be drawn again. */
  readonly redraw: () => void;
}

export interface TerminalOptions {
  readonly input: ScreenInput;
  readonly output: ScreenOutput;
  /** Where to write at once when the process ends; undefined where there is none. */
  readonly fd: number | undefined;
  readonly theme: ThemeName;
  /** The user's own, above the theme's. */
  readonly colours: Readonly<Partial<Record<Style, Look>>>;
  readonly mouse: boolean;
}

/** Leaves everything that was entered: mouse, paste and cursor modes, colours, the other screen buffer. */
export const RESTORE =
  "\x1b[?1000l\x1b[?1002l\x1b[?1006l\x1b[m\x1b[?25h\x1b[?7h\x1b[r\x1b[?1l\x1b>\x1b[?1049l\x1b[?2026l";
/** The bit of a mouse report that says that the mouse was moved (xterm, "Mouse Tracking"). */
const MOTION = 32;
const BUTTONS = { vt200Mouse: true, cellMotion: true, sgrMouse: true };
/** Below these there is nothing to be shown but that it is too small. */
export const MIN_COLUMNS = 20;
export const MIN_ROWS = 5;
const NOT_STOPPED_MS = 200;
/** A frame of more cells costs too much; the rest of a larger screen stays empty. */
const MAX_COLUMNS = 500;
const MAX_ROWS = 200;

export class Terminal {
  readonly #options: TerminalOptions;
  readonly #input: SplitInput;
  readonly #screen: BlessedScreen;
  readonly #handlers: TerminalHandlers;
  #canvas: Canvas;
  /** The frame that is on the screen, to be compared with the next and then used again for the one after it. */
  #shown: Canvas | undefined;
  #attributes: Int32Array;
  #ascii: boolean;
  #inside = true;
  #closed = false;
  #pending = "";
  /** Where the cursor is shown; undefined while that is not known. */
  #cursorAt: string | undefined;

  constructor(options: TerminalOptions, handlers: TerminalHandlers) {
    this.#options = options;
    this.#handlers = handlers;
    this.#input = new SplitInput(options.input);
    this.#screen = openScreen(this.#input, options.output);
    this.#attributes = attributesOf(THEMES[options.theme], options.colours);
    this.#ascii = "ascii" in THEMES[options.theme];
    this.#canvas = this.#newCanvas();
    const { program } = this.#screen;
    program.on("keypress", (char, key) => {
      // Blessed tells of Enter twice.
      if (key?.name === "return") return;
      const read = readKey(char, key, this.#pending);
      this.#pending = read.pending;
      for (const pressed of read.keys) if (this.#inside) handlers.key(pressed);
    });
    program.on("mouse", (event) => {
      // Blessed takes a move with a button down for another press.
      const moves = event.action === "mousedown" && ((event.raw?.[0] ?? 0) & MOTION) !== 0;
      if (this.#inside) handlers.mouse(moves ? { ...event, action: "mousemove" } : event);
    });
    if (options.mouse) program.setMouse(BUTTONS, true);
    program.on("resize", () => this.redraw());
    program.flush();
    process.on("exit", this.#onExit);
    process.on("uncaughtExceptionMonitor", this.#onExit);
    process.on("SIGTSTP", this.#onStop);
    process.on("SIGCONT", this.#onContinue);
  }

  get columns(): number {
    return this.#canvas.width;
  }

  get rows(): number {
    return this.#canvas.height;
  }

  /** An empty frame of the screen's size, used again each time. */
  beginFrame(): Canvas {
    this.#canvas.clear();
    return this.#canvas;
  }

  /** Sends what is different from the frame before. */
  endFrame(): void {
    if (!this.#inside) return;
    const { lines, program } = this.#screen;
    const { cursor, height } = this.#canvas;
    const shown = this.#shown;
    const changed = paint(this.#canvas, shown, lines, this.#attributes, this.#ascii);
    this.#shown = this.#canvas;
    this.#canvas = shown ?? this.#newCanvas();
    const at = cursor === undefined ? "" : `${cursor.x},${cursor.y}`;
    if (!changed && at === this.#cursorAt) return;
    this.#cursorAt = at;
    if (changed) this.#screen.draw(0, Math.min(height, lines.length) - 1);
    if (cursor === undefined) program.hideCursor();
    else {
      program.cup(cursor.y, cursor.x);
      program.showCursor();
    }
    program.flush();
  }

  setTheme(name: ThemeName): void {
    this.#attributes = attributesOf(THEMES[name], this.#options.colours);
    this.#ascii = "ascii" in THEMES[name];
    this.redraw();
  }

  setMouse(on: boolean): void {
    this.#screen.program.setMouse({ vt200Mouse: on, cellMotion: on, sgrMouse: on }, on);
    this.#screen.program.flush();
  }

  /** Something to the terminal itself that shows nothing, as OSC 52. */
  send(sequence: string): void {
    if (this.#inside) this.#options.output.write(sequence);
  }

  /** Draws all of it again, also what something else has written over. */
  redraw(): void {
    if (!this.#inside) return;
    this.#screen.alloc(true);
    this.#cursorAt = undefined;
    this.#shown = undefined;
    this.#canvas = this.#newCanvas();
    this.#handlers.redraw();
  }

  /** Gives the terminal to another program until {@link enter}. */
  leave(): void {
    if (!this.#inside) return;
    this.#inside = false;
    this.#screen.program.flush();
    this.#restore();
    this.#input.setRawMode(false);
    this.#input.pause();
  }

  enter(): void {
    if (this.#inside || this.#closed) return;
    this.#inside = true;
    this.#input.setRawMode(true);
    this.#input.resume();
    this.#options.output.write("\x1b[?1049h\x1b[?1h\x1b=\x1b[?25l");
    if (this.#options.mouse) this.#options.output.write("\x1b[?1000h\x1b[?1002h\x1b[?1006h");
    this.redraw();
  }

  /** Stops the whole job, as the terminal's own Ctrl-Z would. */
  suspend(): void {
    this.#stop(0);
  }

  close(): void {
    if (this.#closed) return;
    this.leave();
    this.#closed = true;
    process.removeListener("exit", this.#onExit);
    process.removeListener("uncaughtExceptionMonitor", this.#onExit);
    process.removeListener("SIGTSTP", this.#onStop);
    process.removeListener("SIGCONT", this.#onContinue);
    // Blessed would leave the screen a second time.
    (this.#screen.program as { isAlt?: boolean }).isAlt = false;
    this.#screen.destroy();
    this.#input.pause();
    this.#input.detach();
  }

  readonly #onExit = (): void => {
    if (!this.#inside) return;
    this.#inside = false;
    this.#restore();
    this.#input.setRawMode(false);
  };

  readonly #onStop = (): void => {
    this.#stop(process.pid);
  };

  /** @param whom a process, or 0 for all of the job */
  #stop(whom: number): void {
    this.leave();
    process.removeListener("SIGTSTP", this.#onStop);
    process.kill(whom, "SIGTSTP");
    // Where there is no shell to go back to, nobody stops.
    setTimeout(this.#onContinue, NOT_STOPPED_MS);
  }

  readonly #onContinue = (): void => {
    if (!process.listeners("SIGTSTP").includes(this.#onStop)) process.on("SIGTSTP", this.#onStop);
    this.enter();
  };

  #newCanvas(): Canvas {
    const { cols, rows } = this.#screen;
    const canvas = new Canvas(Math.min(MAX_COLUMNS, cols), Math.min(MAX_ROWS, rows));
    canvas.ascii = this.#ascii;
    return canvas;
  }

  /** At once, so that what another program or a stack writes next comes behind it. */
  #restore(): void {
    const { fd, output } = this.#options;
    if (fd === undefined) {
      output.write(RESTORE);
      return;
    }
    try {
      writeSync(fd, RESTORE);
    } catch {
      // The terminal is gone, or takes nothing: there is nobody to restore it for.
    }
  }
}
