// The terminal's program: views and panes by the screen's size, keys to actions, and frames only when something is another.
import type { MessageView } from "../../src/session/message-view.js";
import { SeenDrifts } from "../../src/session/seen-drifts.js";
import { formatWhole } from "../../src/view/call-text.js";
import type { Canvas } from "../../src/view/canvas.js";
import { type Line, type Style, span } from "../../src/view/styled.js";
import { actionNamed } from "./actions.js";
import { HERE } from "./app-actions.js";
import type { BlessedMouse } from "./blessed-screen.js";
import { CallPane } from "./call-pane.js";
import { CallsView } from "./calls-view.js";
import type { Config } from "./config.js";
import { ConnectionsView } from "./connections-view.js";
import type { Desk, View } from "./desk.js";
import { Doing } from "./doing.js";
import { Frame } from "./frame.js";
import { HelpPage } from "./help-page.js";
import type { Key } from "./keyboard.js";
import { Keymap } from "./keymap.js";
import type { Layout, ViewName } from "./layout.js";
import type { LogLines } from "./log-lines.js";
import { Menu } from "./menu.js";
import type { Overlay } from "./overlay.js";
import { schemaLines } from "./schema-lines.js";
import { MessageSearch } from "./search.js";
import { StatsView } from "./stats-view.js";
import { TextView } from "./text-view.js";

/** Large messages that are inflated at once, in other threads. */
const MAX_READING = 4;
/** A second click within this time opens. */
const DOUBLE_CLICK_MS = 400;
const WHEEL_LINES = 3;
/** Of one frame, for messages that are held against their schemas. */
const DRIFT_MS = 10;

/** What the app needs from where it runs. */
export interface AppHost {
  /** Asks for a frame soon. */
  readonly redraw: () => void;
  readonly quit: () => void;
  readonly suspend: () => void;
  readonly redrawAll: () => void;
  readonly setTheme: (name: string) => boolean;
  readonly setMouse: (on: boolean) => void;
  /** To the terminal's clipboard. @returns false when it is too much for it */
  readonly copy: (text: string) => boolean;
  /** Shows a text in another program, which has the terminal until it ends. @returns what went wrong */
  readonly runOn: (program: "editor" | "pager", name: string, text: string) => Promise<string | undefined>;
  readonly saveFile: (name: string, bytes: Uint8Array) => string | undefined;
  /** Writes all that is kept to a file. @returns what went wrong */
  readonly saveCapture: (name: string) => Promise<string | undefined>;
  /** Drops what is kept, wherever that is. */
  readonly clear: () => void;
}

export interface AppOptions
  extends Omit<Desk, "say" | "changed" | "lay" | "act" | "reveal" | "peek" | "page" | "trouble"> {
  readonly host: AppHost;
  readonly config: Config;
  readonly log: LogLines;
  readonly showSecrets: boolean;
  /** As in ":50050 → localhost:50051". */
  readonly where: string;
  /** Where the page is, with what gets one in; `framelens attach --feed` takes it, too. Undefined where there is none. */
  readonly page?: string | undefined;
  /** Why nothing new comes from there now, as in "not connected to …"; undefined while all is well. */
  readonly trouble?: (() => string | undefined) | undefined;
}

export class App implements Desk {
  readonly capture;
  readonly reader;
  readonly list;
  readonly connections;
  readonly stats;
  readonly kinds;
  readonly types;
  readonly schema;
  readonly trust;
  readonly upstream;
  readonly calls: CallsView;
  readonly call: CallPane;
  readonly keymap: Keymap;
  readonly log: LogLines;
  readonly where: string;
  readonly page: string | undefined;
  readonly isFile: boolean;
  readonly search: MessageSearch;
  reveal: boolean;
  view: ViewName = "calls";
  /** Whether the call that is chosen has the keys. */
  inCall = false;
  layout: Layout = "auto";
  /** What was counted when all was cleared last, and is not counted here any more. */
  clearedCounts = { calls: 0, failedCalls: 0, trimmedCalls: 0, trimmedMessageBytes: 0 };
  message: { readonly text: string; readonly style: Style } | undefined;
  overlay: Overlay | undefined;
  #newest = 0;
  /** Notices that no key was pressed after. */
  #notices = 0;
  readonly #trouble: () => string | undefined;
  readonly #host: AppHost;
  readonly #now: () => number;
  readonly #views: Readonly<Record<Exclude<ViewName, "calls">, View>>;
  readonly #frame: Frame;
  readonly #doing: Doing;
  readonly #logView: TextView;
  readonly #drifts: SeenDrifts;
  /** Messages that are being inflated. */
  readonly #reading = new Set<number>();
  /** Whether the line between list and call is being moved by the mouse. */
  #dragging = false;
  #click = { at: Number.NEGATIVE_INFINITY, x: -1, y: -1 };

  constructor(options: AppOptions) {
    this.capture = options.capture;
    this.reader = options.reader;
    this.list = options.list;
    this.connections = options.connections;
    this.stats = options.stats;
    this.kinds = options.kinds;
    this.types = options.types;
    this.schema = options.schema;
    this.trust = options.trust;
    this.upstream = options.upstream;
    this.log = options.log;
    this.where = options.where;
    this.page = options.page;
    this.isFile = options.isFile;
    this.#trouble = options.trouble ?? (() => undefined);
    this.reveal = options.showSecrets;
    this.#host = options.host;
    this.#now = options.now;
    this.keymap = new Keymap(options.config.keys);
    this.calls = new CallsView(this);
    this.calls.filter.named = options.config.filters;
    for (const name of options.config.hideColumns) this.calls.hiddenColumns.add(name);
    this.call = new CallPane(this);
    this.#drifts = new SeenDrifts(this.capture, this.reader);
    this.#logView = new TextView("Log", "log", true, (width) => options.log.lines(width));
    this.#views = {
      connections: new ConnectionsView(this),
      stats: new StatsView(this),
      schema: new TextView("Schemas", "schema", false, (width) => this.#schemaLines(width)),
      log: this.#logView,
    };
    this.search = new MessageSearch(this);
    this.#doing = new Doing(this, options.host);
    this.#frame = new Frame(this);
    this.log.onLine = (notice) => this.#heard(notice);
  }

  now(): number {
    return this.#now();
  }

  peek(seq: number): MessageView | undefined {
    const view = this.reader.peek(seq);
    if (view !== undefined || this.#reading.has(seq) || this.#reading.size >= MAX_READING) return view;
    this.#reading.add(seq);
    void this.reader.read(seq).finally(() => {
      this.#reading.delete(seq);
      this.#host.redraw();
    });
    return undefined;
  }

  /** The view that has the keys. */
  get focus(): View {
    if (this.view !== "calls") return this.#views[this.view];
    return this.inCall ? this.call : this.calls;
  }

  get other(): View | undefined {
    return this.view === "calls" ? undefined : this.#views[this.view];
  }

  get logText(): string {
    return this.#logView.text;
  }

  /** Whether time alone changes what is on the screen. */
  get ticks(): boolean {
    if (this.view !== "calls") return this.#views[this.view].ticks === true;
    return this.calls.ticks || this.call.ticks;
  }

  say(text: string, style: Style = "strong"): void {
    this.message = { text, style };
    this.#host.redraw();
  }

  get trouble(): string | undefined {
    return this.#trouble();
  }

  /** The program has written a line of the log. */
  #heard(notice: string | undefined): void {
    if (notice === undefined || this.view === "log") {
      if (this.view === "log") this.log.unseen = 0;
      this.#host.redraw();
      return;
    }
    this.#notices++;
    this.say(this.#notices === 1 ? notice : `${this.#notices} notices (5 shows them), the last: ${notice}`, "warning");
  }

  changed(): void {
    this.#host.redraw();
  }

  get shownLayout(): Layout {
    return this.#frame.shownLayout;
  }

  /** Looks on for what does not fit as long as the view is on the screen. */
  #schemaLines(width: number): readonly Line[] {
    const until = performance.now() + DRIFT_MS;
    if (this.#drifts.look(() => performance.now() > until)) this.changed();
    return schemaLines(this, this.#drifts, width);
  }

  lay(overlay: Overlay): void {
    this.overlay = overlay;
    this.#host.redraw();
  }

  /** All but open calls is gone: a list that is held still has nothing to hold any more. */
  cleared(): void {
    const { calls, openCalls, failedCalls, trimmedCalls, trimmedMessageBytes } = this.capture.counters;
    this.clearedCounts = { calls: calls - openCalls, failedCalls, trimmedCalls, trimmedMessageBytes };
    this.calls.setPaused(false);
    this.say(this.isFile ? "what was read is cleared" : "what was kept is cleared; calls that are open go on");
  }

  /** Takes in what happened, for at most so long. @returns whether something is another, and whether more time is wanted */
  update(budgetMs: number): { readonly changed: boolean; readonly behind: boolean } {
    const until = performance.now() + budgetMs;
    const part = budgetMs / 8;
    const before = this.stats.total.calls;
    let behind = this.stats.update(part * 3);
    behind = this.connections.update(part) || behind;
    const call = this.call.update(part);
    let changed = call.changed || before !== this.stats.total.calls;
    // Before the first call the list tells of connections.
    if (this.capture.counters.calls === 0 && this.#newest !== this.capture.newestSeq) changed = true;
    this.#newest = this.capture.newestSeq;
    behind ||= call.behind;
    // A list that is held still takes in nothing, but for another filter or order that was asked of it since.
    if (!this.calls.paused || !this.list.isWhole) {
      // What the others did not use: a filter that goes through a million calls has nearly all.
      const state = this.list.update(this.now(), Math.max(part * 3, until - performance.now()));
      this.calls.filter.state = state;
      if (state.changed) {
        this.calls.updated();
        changed = true;
      }
      behind ||= state.behind;
    }
    return { changed, behind };
  }

  press(key: Key): void {
    if (this.#doing.handsOver) return;
    this.message = undefined;
    this.#notices = 0;
    this.#host.redraw();
    if (this.overlay !== undefined) {
      const laid = this.overlay;
      // What it does may lay something else over the screen.
      if (laid.press(key) === "gone" && this.overlay === laid) this.overlay = undefined;
      return;
    }
    const pressed = this.keymap.press(key.name, this.focus.contexts);
    if (pressed.kind === "action") this.act(pressed.action.name);
    else if (pressed.kind === "none" && key.name === "escape") this.#escape();
  }

  mouse(event: BlessedMouse): void {
    const lines = event.action === "wheelup" ? -WHEEL_LINES : event.action === "wheeldown" ? WHEEL_LINES : 0;
    if (this.#dragging && event.action !== "mousedown") {
      if (event.action === "mousemove") this.#frame.drag(event.x, event.y);
      else this.#dragging = false;
      this.#host.redraw();
      return;
    }
    if (lines === 0 && event.action !== "mousedown") return;
    this.#host.redraw();
    if (this.overlay !== undefined) {
      if (lines !== 0) this.overlay.wheel?.(lines);
      return;
    }
    if (lines === 0 && this.#frame.isDivider(event.x, event.y)) {
      this.#dragging = true;
      return;
    }
    const hit = this.#frame.at(event.x, event.y);
    if (hit === undefined) return;
    if (hit.view === "tabs") {
      this.act(`view-${hit.name}`);
      return;
    }
    const { view, x, y } = hit;
    if (lines !== 0) {
      view.wheel?.(x, y, lines);
      this.showChosen();
      return;
    }
    const now = this.now();
    const twice = now - this.#click.at < DOUBLE_CLICK_MS && this.#click.x === event.x && this.#click.y === event.y;
    this.#click = { at: twice ? Number.NEGATIVE_INFINITY : now, x: event.x, y: event.y };
    if (view === this.call) this.inCall = true;
    else if (view === this.calls) this.inCall = false;
    view.click?.(x, y, twice);
    this.showChosen();
  }

  act(name: string, argument?: string): void {
    this.#host.redraw();
    if (actionNamed(name) === undefined) {
      this.say(`there is no "${name}"; ? shows what there is`, "warning");
      return;
    }
    if (this.#actHere(name, argument)) {
      this.showChosen();
      return;
    }
    if (this.#doing.act(name, argument)) return;
    // What belongs to the list can be said anywhere, by the command line.
    if (actionNamed(name)!.contexts.includes("calls")) {
      this.view = "calls";
      this.inCall = false;
      this.calls.act(name, argument);
      this.showChosen();
    } else this.say(`"${name}" means nothing here`, "warning");
  }

  /** Goes to a message of some call, wherever it is. */
  goToMessage(call: number, seq: number): void {
    this.view = "calls";
    this.calls.goTo(call);
    this.inCall = true;
    this.call.show(call);
    this.call.goTo(seq);
    this.changed();
  }

  paint(canvas: Canvas): void {
    this.#frame.paint(canvas);
    this.overlay?.paint(canvas);
  }

  /** The call pane shows what the cursor of the list is on. */
  showChosen(): void {
    if (this.view === "calls" && (this.inCall || this.#frame.showsCall)) this.call.show(this.calls.currentId);
  }

  #actHere(name: string, argument: string | undefined): boolean {
    if (name.startsWith("view-")) {
      this.view = name.slice("view-".length) as ViewName;
      if (this.view === "log") this.log.unseen = 0;
      return true;
    }
    const act = HERE[name];
    if (act?.(this, argument)) return true;
    if (this.focus.act(name, argument)) return true;
    switch (name) {
      case "back":
        if (this.view !== "calls") this.view = "calls";
        else this.inCall = false;
        return true;
      case "open":
        if (this.calls.currentId === undefined) return true;
        this.call.show(this.calls.currentId);
        this.inCall = true;
        return true;
      case "next-pane":
      case "previous-pane":
        if (this.view === "calls") {
          if (!this.inCall) this.call.show(this.calls.currentId);
          this.inCall = !this.inCall && this.calls.currentId !== undefined;
        }
        return true;
      case "suspend":
        this.#host.suspend();
        return true;
      case "redraw":
        this.#host.redrawAll();
        return true;
      case "help":
        this.lay(new HelpPage(this.keymap, this.focus.contexts));
        return true;
      case "quit":
        this.#host.quit();
        return true;
      case "leave":
        this.#leave();
        return true;
      default:
        return false;
    }
  }

  #leave(): void {
    const { calls } = this.capture.counters;
    const quit = () => {
      this.#host.quit();
      return false;
    };
    // Of a file nothing is lost.
    if (this.isFile) {
      quit();
      return;
    }
    const items = [
      { key: "y", also: ["Q", "ctrl-c"], line: [span("quit", "strong")], choose: quit },
      { key: "n", line: [span("stay", "strong")], choose: () => false },
    ];
    // Whoever presses q to go back once too often must not lose the session.
    this.lay(new Menu(`quit? ${formatWhole(calls)} calls were seen`, () => items, 1));
  }

  #escape(): void {
    this.search.stop();
  }
}
