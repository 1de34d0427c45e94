// The terminal's program on a terminal in memory: keys go in, the screen is read back.
import { EventEmitter } from "node:events";
import { PassThrough } from "node:stream";
import xterm from "@xterm/headless";
import { onTestFinished } from "vitest";
import { Capture } from "../../../src/capture/capture.js";
import type { MessageGuesser } from "../../../src/message/guess.js";
import type { MessageDecoder } from "../../../src/schema/message-decoder.js";
import type { SchemaSet } from "../../../src/schema/schema-set.js";
import type { FixedTypes } from "../../../src/schemaless/fixed-types.js";
import type { MethodKinds } from "../../../src/session/call-list.js";
import { MessageReader } from "../../../src/session/message-reader.js";
import { type Config, NO_CONFIG } from "../../../ui/terminal/config.js";
import { queuedOutput } from "../../../ui/terminal/queued-output.js";
import { type RunningTerminal, startTerminalUi } from "../../../ui/terminal/start.js";
import type { ThemeName } from "../../../ui/terminal/theme.js";
import { linesOf, untilScreen, type Wanted } from "./terminal-screen.js";

/** Unix ms: what the terminal's program takes for now, so that durations are the same each time. */
export const NOW = 1_700_000_060_000;

/** A screen that does not come is told of long before the test's own time is over. */
const HUNG_MS = 60_000;

export interface LabOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly theme?: ThemeName;
  readonly capture?: Capture;
  readonly decoder?: MessageDecoder;
  readonly schema?: SchemaSet;
  readonly kinds?: MethodKinds;
  readonly types?: FixedTypes;
  readonly guesser?: MessageGuesser;
  readonly config?: Partial<Config>;
  readonly filter?: string;
  readonly isFile?: boolean;
  readonly page?: string;
  readonly trouble?: () => string | undefined;
}

export class ScreenLab {
  readonly capture: Capture;
  readonly terminal: InstanceType<typeof xterm.Terminal>;
  readonly ui: RunningTerminal;
  /** What was sent to the terminal. */
  sent = "";
  quits = 0;
  readonly saved: { readonly name: string; readonly bytes: Uint8Array }[] = [];
  readonly shown: { readonly program: string; readonly name: string; readonly text: string }[] = [];
  /** What the other program says when it ends. */
  problem: string | undefined;
  readonly #input = new PassThrough();
  readonly #size = new (class extends EventEmitter {
    columns = 80;
    rows = 24;
  })();

  constructor(options: LabOptions = {}) {
    this.capture = options.capture ?? new Capture();
    this.#size.columns = options.columns ?? 80;
    this.#size.rows = options.rows ?? 24;
    this.terminal = new xterm.Terminal({ cols: this.#size.columns, rows: this.#size.rows, allowProposedApi: true });
    const write = (text: string) => {
      this.sent += text;
      return new Promise<void>((resolve) => this.terminal.write(text, resolve));
    };
    this.ui = startTerminalUi({
      capture: this.capture,
      reader: new MessageReader({ capture: this.capture, decoder: options.decoder, guesser: options.guesser }),
      schema: options.schema,
      kinds: options.kinds,
      types: options.types,
      input: this.#input,
      output: queuedOutput(write, this.#size),
      fd: undefined,
      theme: options.theme ?? "dark",
      config: { ...NO_CONFIG, ...options.config },
      showSecrets: false,
      filter: options.filter ?? "",
      where: ":50050 → localhost:50051",
      page: options.page,
      isFile: options.isFile,
      trouble: options.trouble,
      now: () => NOW,
      quit: () => this.quits++,
      runOn: (program, name, text) => {
        this.shown.push({ program, name, text });
        return Promise.resolve(this.problem);
      },
      saveFile: (name, bytes) => {
        this.saved.push({ name, bytes });
        return undefined;
      },
      saveCapture: () => Promise.resolve(this.problem),
    });
    onTestFinished(() => this.ui.close());
  }

  /** The screen as lines without blanks at their ends. */
  lines(): readonly string[] {
    return linesOf(this.terminal);
  }

  screen(): string {
    return this.lines().join("\n");
  }

  /** The background colour of a cell, by its number in the palette; -1 for the terminal's own. */
  background(x: number, y: number): number {
    const cell = this.terminal.buffer.active.getLine(y)?.getCell(x);
    return cell === undefined || cell.isBgDefault() ? -1 : cell.getBgColor();
  }

  /** Keys as a terminal sends them. */
  type(...keys: readonly string[]): void {
    for (const key of keys) this.#input.write(key);
  }

  resize(columns: number, rows: number): void {
    this.#size.columns = columns;
    this.#size.rows = rows;
    this.terminal.resize(columns, rows);
    this.#size.emit("resize");
  }

  /** Waits until the screen is as wanted. @throws with the screen when that does not happen */
  until(wanted: Wanted): Promise<string> {
    return untilScreen(this.terminal, wanted, HUNG_MS);
  }
}

export const KEY = {
  enter: "\r",
  escape: "\x1b",
  tab: "\t",
  down: "\x1b[B",
  up: "\x1b[A",
  right: "\x1b[C",
  left: "\x1b[D",
  end: "\x1b[F",
  backspace: "\x7f",
  ctrl: (letter: string) => String.fromCharCode(letter.charCodeAt(0) - 96),
  /** A click, columns and rows from 0 (SGR encoding). */
  click: (x: number, y: number) => `\x1b[<0;${x + 1};${y + 1}M`,
  /** The mouse moved with its button down, and let go. */
  drag: (x: number, y: number) => `\x1b[<32;${x + 1};${y + 1}M`,
  release: (x: number, y: number) => `\x1b[<0;${x + 1};${y + 1}m`,
  wheelDown: (x: number, y: number) => `\x1b[<65;${x + 1};${y + 1}M`,
} as const;
