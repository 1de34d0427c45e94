// Runs the terminal's program over a capture: catches up in slices of time, draws when something is another and the terminal can take it.
import type { Capture } from "../../src/capture/capture.js";
import type { SchemaSet } from "../../src/schema/schema-set.js";
import type { FixedTypes } from "../../src/schemaless/fixed-types.js";
import { CallList, type MethodKinds } from "../../src/session/call-list.js";
import { ConnectionList } from "../../src/session/connection-list.js";
import type { MessageReader } from "../../src/session/message-reader.js";
import { TrafficStats } from "../../src/session/traffic-stats.js";
import type { ServerTrust } from "../../src/view/shell-command.js";
import { App, type AppHost, type AppOptions } from "./app.js";
import type { ScreenInput } from "./blessed-screen.js";
import type { Config } from "./config.js";
import { LogLines } from "./log-lines.js";
import type { QueuedOutput } from "./queued-output.js";
import { Terminal } from "./terminal.js";
import { isThemeName, type ThemeName } from "./theme.js";

/** What traffic alone changes is drawn at most so often. */
const FRAME_MS = 66;
/** The same for what the user did. */
const URGENT_MS = 16;
/** What is drawn again because time goes by. */
const TICK_MS = 250;
/** Catching up with traffic at a stretch; the relay's turn comes in between. */
const SLICE_MS = 4;
const BETWEEN_SLICES_MS = 8;
/** While there is much traffic it has the time: so much later for each millisecond of catching up. */
const TRAFFIC_SHARE = 30;
/** Events between two slices from which on there is much traffic, and how often it is drawn then. */
const MUCH_TRAFFIC = 500;
const BUSY_FRAME_MS = 200;
/** Events that may wait; beyond it what happens now is shown first: a tenth of a second of the most that a relay carries. */
const MAX_BEHIND = 65_536;
/** After a key that asks for much (a filter), catching up has more of the time. */
const EAGER_MS = 2000;
/** OSC 52 of more is cut or refused by terminals. */
const MAX_CLIPBOARD_BYTES = 74_994;

export interface StartOptions {
  readonly capture: Capture;
  readonly reader: MessageReader;
  readonly schema: SchemaSet | undefined;
  readonly trust?: ServerTrust | undefined;
  readonly upstream?: string | undefined;
  readonly kinds: MethodKinds | undefined;
  /** What the user says of fields that no schema knows; undefined when nothing is guessed. */
  readonly types: FixedTypes | undefined;
  readonly input: ScreenInput;
  readonly output: QueuedOutput;
  /** Where to write at once when the process ends. */
  readonly fd: number | undefined;
  readonly theme: ThemeName;
  readonly config: Config;
  readonly showSecrets: boolean;
  /** The filter to begin with. */
  readonly filter: string;
  readonly where: AppOptions["where"];
  readonly page?: AppOptions["page"];
  readonly isFile?: boolean | undefined;
  readonly trouble?: AppOptions["trouble"];
  /** Unix ms. */
  readonly now: () => number;
  /** The user wants to end the session. */
  readonly quit: () => void;
  readonly runOn: (program: "editor" | "pager", name: string, text: string) => Promise<string | undefined>;
  readonly saveFile: AppHost["saveFile"];
  readonly saveCapture: AppHost["saveCapture"];
  /** Default: the capture's own; where it mirrors another one, that is asked to. */
  readonly clear?: (() => void) | undefined;
}

export interface RunningTerminal {
  readonly log: LogLines;
  readonly app: App;
  /** How long frames took, in ms. */
  readonly frames: { count: number; totalMs: number; longestMs: number };
  /** Settles when all that was captured so far is counted and in the list. */
  caughtUp(): Promise<void>;
  /** Gives the terminal back. */
  close(): Promise<void>;
}

export function startTerminalUi(options: StartOptions): RunningTerminal {
  const { capture, reader, kinds, now } = options;
  const clock = () => performance.now();
  capture.keepFrames();
  const log = new LogLines();
  const frames = { count: 0, totalMs: 0, longestMs: 0 };
  let dirty = true;
  /** Whether the user waits for the next frame. */
  let urgent = false;
  let lastSeq = 0;
  let drawn = Number.NEGATIVE_INFINITY;
  let eagerUntil = 0;
  let timer: NodeJS.Timeout | undefined;
  let soon: NodeJS.Immediate | undefined;
  let closed = false;

  const host: AppHost = {
    redraw: () => wantFrame(),
    quit() {
      app.say("closing…");
      options.quit();
    },
    suspend: () => terminal.suspend(),
    redrawAll: () => terminal.redraw(),
    setTheme(name) {
      if (!isThemeName(name)) return false;
      terminal.setTheme(name);
      return true;
    },
    setMouse: (on) => terminal.setMouse(on),
    copy(text) {
      const bytes = Buffer.from(text);
      if (bytes.length > MAX_CLIPBOARD_BYTES) return false;
      terminal.send(`\x1b]52;c;${bytes.toString("base64")}\x07`);
      return true;
    },
    async runOn(program, name, text) {
      await options.output.drained();
      terminal.leave();
      const problem = await options.runOn(program, name, text);
      terminal.enter();
      return problem;
    },
    saveFile: options.saveFile,
    saveCapture: options.saveCapture,
    clear: options.clear ?? (() => capture.clear()),
  };
  const app = new App({
    capture,
    reader,
    kinds,
    types: options.types,
    schema: options.schema,
    trust: options.trust,
    upstream: options.upstream,
    list: new CallList({
      capture,
      clock,
      kinds,
      messages: reader,
      maxBehind: MAX_BEHIND,
    }),
    connections: new ConnectionList({ capture, clock }),
    stats: new TrafficStats({ capture, clock, maxBehind: MAX_BEHIND }),
    now,
    host,
    config: options.config,
    log,
    showSecrets: options.showSecrets,
    where: options.where,
    page: options.page,
    isFile: options.isFile ?? false,
    trouble: options.trouble,
  });
  for (const problem of options.config.problems) log.write(`framelens: ${problem}\n`, now());
  const terminal = new Terminal(
    {
      input: options.input,
      output: options.output,
      fd: options.fd,
      theme: options.theme,
      colours: options.config.colours,
      mouse: options.config.mouse,
    },
    {
      key(key) {
        eagerUntil = clock() + EAGER_MS;
        guarded(() => app.press(key));
        work();
      },
      mouse: (event) => guarded(() => app.mouse(event)),
      redraw: () => wantFrame(),
    },
  );

  /** A fault of this screen must not end the traffic: it is told of in the log view. */
  function guarded<T>(run: () => T): T | undefined {
    try {
      return run();
    } catch (error) {
      log.write(
        `framelens: this is a bug: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
        now(),
      );
      app.message = { text: "that is a bug of framelens; its stack is in the log (5)", style: "serverFault" };
      return undefined;
    }
  }

  /** Catches up, draws, and says when to come again. */
  function work(): void {
    if (closed) return;
    clearTimeout(timer);
    timer = undefined;
    const from = clock();
    const events = capture.newestSeq - lastSeq;
    lastSeq = capture.newestSeq;
    const state = guarded(() => app.update(SLICE_MS)) ?? { changed: false, behind: false };
    if (state.changed) dirty = true;
    const at = clock();
    const busy = events > MUCH_TRAFFIC;
    const gap = urgent ? URGENT_MS : busy ? BUSY_FRAME_MS : FRAME_MS;
    if (dirty && at - drawn >= gap) draw();
    if (state.behind && at < eagerUntil && !busy) soon ??= setImmediate(onSoon);
    else if (state.behind) sleep(busy ? TRAFFIC_SHARE * (clock() - from) : BETWEEN_SLICES_MS);
    else if (dirty) sleep(Math.max(1, gap - (at - drawn)));
    else if (app.ticks) sleep(TICK_MS);
  }

  function draw(): void {
    // A terminal that is slow gets fewer frames, not a queue of them.
    if (options.output.busy) return;
    const from = clock();
    dirty = false;
    urgent = false;
    guarded(() => {
      app.paint(terminal.beginFrame());
      terminal.endFrame();
    });
    drawn = clock();
    frames.count++;
    frames.totalMs += drawn - from;
    frames.longestMs = Math.max(frames.longestMs, drawn - from);
  }

  function sleep(ms: number): void {
    timer ??= setTimeout(onTimer, ms);
  }

  function onTimer(): void {
    timer = undefined;
    if (app.ticks) dirty = true;
    work();
  }

  function onSoon(): void {
    soon = undefined;
    work();
  }

  /** For what the user did: without waiting for the next frame's time. */
  function wantFrame(): void {
    dirty = true;
    urgent = true;
    soon ??= setImmediate(onSoon);
  }

  const stops = [
    capture.onAppend(() => {
      if (timer === undefined && soon === undefined) sleep(Math.max(1, FRAME_MS - (clock() - drawn)));
    }),
    reader.onChange(wantFrame),
    // Whoever did it: here, on the page, at the other end of an attached feed.
    capture.onClear(() => app.cleared()),
  ];
  options.output.onDrained(() => {
    if (dirty) wantFrame();
  });
  if (options.filter === "") app.calls.filter.apply();
  else app.calls.filter.set(options.filter);
  work();
  return {
    log,
    app,
    frames,
    async caughtUp() {
      while (!closed && guarded(() => app.update(SLICE_MS))?.behind === true)
        await new Promise((resolve) => setImmediate(resolve));
      if (!closed) wantFrame();
    },
    async close() {
      if (closed) return;
      closed = true;
      clearTimeout(timer);
      clearImmediate(soon);
      for (const stop of stops) stop();
      app.search.stop();
      await options.output.drained();
      terminal.close();
    },
  };
}
