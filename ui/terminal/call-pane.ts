// One call: its events as they come, metadata and how it ended, timing, and what HTTP/2 and its connection say.
import type { Call } from "../../src/model/call.js";
import type { CallEvent } from "../../src/model/events.js";
import { statusSpan } from "../../src/view/call-text.js";
import { type Area, type Canvas, MARK } from "../../src/view/canvas.js";
import { endSentences } from "../../src/view/end-sentence.js";
import type { MetadataRow } from "../../src/view/metadata.js";
import { type Line, span } from "../../src/view/styled.js";
import { wrapText } from "../../src/view/text-width.js";
import { type CallMoments, noMoments, timingLines } from "../../src/view/timing.js";
import type { Context } from "./actions.js";
import { http2Lines, metadataTab } from "./call-facts-lines.js";
import { headingLine, tabLine } from "./call-heading.js";
import { CallTimeline } from "./call-timeline.js";
import type { Desk, View } from "./desk.js";
import { eventLine } from "./event-lines.js";
import { EventPane, isTelling } from "./event-pane.js";
import { MessagePane } from "./message-pane.js";
import { Scroll } from "./scroll.js";

const TABS = ["Messages", "Metadata", "Timing", "HTTP/2"] as const;
type Tab = (typeof TABS)[number];
const TAB_ACTIONS: Readonly<Record<string, Tab>> = {
  "tab-messages": "Messages",
  "tab-metadata": "Metadata",
  "tab-timing": "Timing",
  "tab-http2": "HTTP/2",
};
/** Rows around the cursor in which the nearest message is looked for. */
const LOOK_AROUND = 50;
/** Fewer rows leave no room for a message below the timeline. */
const MIN_SPLIT_ROWS = 9;

export class CallPane implements View {
  readonly message: MessagePane;
  /** Grows with the call while its end is looked at. */
  follow = true;
  readonly #desk: Desk;
  /** Stands in the message's place while the cursor is on an event that is none. */
  readonly #event: EventPane;
  #timeline: CallTimeline | undefined;
  #tab: Tab = "Messages";
  #focus: "events" | "message" = "events";
  readonly #events = new Scroll();
  readonly #others = new Scroll();
  #metadata: readonly MetadataRow[] = [];
  #lineCount = 0;
  #eventsTop = 3;
  #messageTop = Number.POSITIVE_INFINITY;

  constructor(desk: Desk) {
    this.#desk = desk;
    this.message = new MessagePane(desk);
    this.#event = new EventPane(desk);
  }

  get contexts(): readonly Context[] {
    return this.focusesMessage ? this.message.contexts : ["call", "moving", "global"];
  }

  get title(): string {
    return "Call";
  }

  get ticks(): boolean {
    return this.call !== undefined && this.call.end === undefined;
  }

  get call(): Call | undefined {
    return this.#timeline === undefined ? undefined : this.#desk.capture.call(this.#timeline.call);
  }

  get moments(): CallMoments {
    return this.#timeline?.moments ?? noMoments();
  }

  /** What is chosen among the metadata. */
  get field(): MetadataRow["field"] {
    const call = this.call;
    if (this.#tab === "Messages" && this.#focus === "message") return this.#event.field;
    if (this.#tab !== "Metadata" || call === undefined) return undefined;
    if (this.#metadata.length === 0) this.#linesOf(call, this.#sentencesOf(call), 80);
    return this.#metadata[this.#others.cursor]?.field;
  }

  get focusesMessage(): boolean {
    return this.#focus === "message" && this.#event.event === undefined;
  }

  /** @param id undefined for none */
  show(id: number | undefined): void {
    if (id === this.#timeline?.call) return;
    this.#timeline = id === undefined ? undefined : new CallTimeline(this.#desk.capture, id);
    this.#events.reset();
    this.#others.reset();
    this.#focus = "events";
    this.follow = this.call?.end === undefined;
    this.update(4);
    this.#choose();
    if (!this.follow && this.message.seq !== undefined) {
      this.#events.cursor = this.#timeline?.rowOf(this.message.seq) ?? 0;
      this.#event.show(undefined);
    }
  }

  /** Chooses a message of the call that is shown, by the seq of its event. */
  goTo(seq: number): void {
    this.follow = false;
    this.#tab = "Messages";
    this.update(50);
    const row = this.#timeline?.rowOf(seq) ?? -1;
    if (row >= 0) this.#events.cursor = row;
    this.#choose();
  }

  /** @returns whether something is new, and whether more time is wanted */
  update(budgetMs: number): { readonly changed: boolean; readonly behind: boolean } {
    const timeline = this.#timeline;
    if (timeline === undefined) return { changed: false, behind: false };
    const state = timeline.update(() => performance.now(), budgetMs);
    if (state.changed && this.follow) {
      this.#events.cursor = Math.max(0, timeline.length - 1);
      this.#choose();
    }
    return state;
  }

  act(action: string, argument: string | undefined): boolean {
    const tab = TAB_ACTIONS[action];
    if (tab !== undefined) return this.#toTab(tab);
    if (this.#focus === "message" && action !== "back") {
      if (this.#event.event === undefined ? this.message.act(action, argument) : this.#event.act(action)) return true;
    }
    switch (action) {
      case "next-tab":
      case "previous-tab": {
        const by = action === "next-tab" ? 1 : TABS.length - 1;
        return this.#toTab(TABS[(TABS.indexOf(this.#tab) + by) % TABS.length]!);
      }
      case "follow":
        this.follow = !this.follow;
        if (this.follow) this.update(4);
        if (this.follow) this.#events.cursor = Math.max(0, (this.#timeline?.length ?? 1) - 1);
        return true;
      case "next-message":
      case "previous-message":
        return this.#step(action === "next-message" ? 1 : -1);
      case "open":
        if (this.#tab === "Messages" && (this.message.seq !== undefined || this.#event.event !== undefined))
          this.#focus = "message";
        return true;
      case "reveal":
        this.#desk.reveal = !this.#desk.reveal;
        return true;
      case "hex":
      case "json":
        this.#tab = "Messages";
        this.#event.show(undefined);
        return this.message.act(action, argument);
      case "find":
        if (this.message.seq === undefined) this.#desk.say("no message is chosen", "warning");
        else {
          this.#tab = "Messages";
          this.#event.show(undefined);
          this.#focus = "message";
          this.message.act(action, argument);
        }
        return true;
      case "back":
        if (this.#focus !== "message") return false;
        if (!this.focusesMessage || !this.message.leaveHex()) this.#focus = "events";
        return true;
      case "next-pane":
      case "previous-pane":
        return this.nextPane(action === "next-pane" ? 1 : -1);
      default:
        return this.#move(action);
    }
  }

  /** @returns whether there was one more pane in this direction */
  nextPane(by: 1 | -1): boolean {
    if (this.#tab !== "Messages") return false;
    if (this.focusesMessage && this.message.nextPane(by)) return true;
    if ((this.#focus === "message") === by > 0) return false;
    this.#focus = by > 0 ? "message" : "events";
    return true;
  }

  click(x: number, y: number, twice: boolean): void {
    if (y === 1) {
      let at = 1;
      for (const tab of TABS) {
        const end = at + tab.length + 4;
        if (x >= at && x < end) this.#toTab(tab);
        at = end;
      }
      return;
    }
    if (y >= this.#messageTop) {
      this.#focus = "message";
      if (this.#event.event === undefined) this.message.click(x, y - this.#messageTop, twice);
      else this.#event.click(y - this.#messageTop);
      return;
    }
    this.#focus = "events";
    const row = y - this.#eventsTop;
    if (row < 0) return;
    if (this.#tab !== "Messages") this.#others.cursor = this.#others.top + row;
    else {
      this.follow = false;
      this.#events.cursor = this.#events.top + row;
      this.#choose();
      if (twice) this.act("open", undefined);
    }
  }

  wheel(x: number, y: number, lines: number): void {
    if (y >= this.#messageTop && this.#event.event !== undefined) this.#event.wheel(lines);
    else if (y >= this.#messageTop) this.message.wheel(x, y - this.#messageTop, lines);
    else if (this.#tab !== "Messages") this.#others.wheel(lines, this.#lineCount);
    else {
      this.follow = false;
      this.#events.wheel(lines, this.#timeline?.length ?? 0);
      this.#choose();
    }
  }

  paint(canvas: Canvas, area: Area, focused: boolean): void {
    this.#messageTop = Number.POSITIVE_INFINITY;
    const call = this.call;
    if (call === undefined) {
      const text = this.#timeline === undefined ? "no call is chosen" : "this call is no longer kept (--max-memory)";
      canvas.text(area.x + 1, area.y, text, "dim");
      return;
    }
    canvas.line(area.x, area.y, area.width, headingLine(this.#desk, call, area.width));
    canvas.line(area.x, area.y + 1, area.width, tabLine(TABS, this.#tab, call, this.follow, area.width));
    const sentences = this.#sentencesOf(call);
    // The metadata begin with the same, and more of it.
    const room = this.#tab === "Metadata" ? 0 : area.height >= 14 ? 2 : 1;
    const [first = ""] = sentences;
    const lines = wrapText(first, area.width - 2).slice(0, room);
    lines.forEach((text, index) => {
      canvas.line(area.x, area.y + 2 + index, area.width, [
        span(` ${text}`, call.end === undefined ? "open" : statusSpan(call).style),
      ]);
    });
    const top = 2 + lines.length;
    this.#eventsTop = top;
    const body = { ...area, y: area.y + top, height: area.height - top };
    if (this.#tab === "Messages") this.#paintMessages(canvas, body, area.y, call, sentences, focused);
    else this.#paintLines(canvas, body, call, sentences, focused);
  }

  /** How the call ended, and what its connection has to do with that. */
  #sentencesOf(call: Call): readonly string[] {
    const { facts, lastAt } = this.#timeline!;
    const { server, closed } = this.#desk.connections.get(call.connection) ?? {};
    return endSentences(
      call,
      { events: facts, lastAt: lastAt || undefined, isFile: this.#desk.isFile, goaway: server?.goaway, closed },
      this.#desk.now(),
    );
  }

  #paintMessages(
    canvas: Canvas,
    area: Area,
    paneTop: number,
    call: Call,
    sentences: readonly string[],
    focused: boolean,
  ): void {
    const timeline = this.#timeline!;
    const split = area.height >= MIN_SPLIT_ROWS;
    const full = this.#focus === "message" && !split;
    // Few events leave the message more room.
    const half = Math.max(3, Math.floor(area.height * (this.#focus === "message" ? 0.35 : 0.45)));
    const height = full ? 0 : split ? Math.min(half, Math.max(3, timeline.length)) : area.height;
    const top = this.#events.fit(timeline.length, Math.max(1, height));
    const active = focused && this.#focus === "events";
    for (let row = 0; row < height; row++) {
      const seq = timeline.at(top + row);
      if (seq === undefined) break;
      const isCursor = top + row === this.#events.cursor;
      const mark = isCursor ? (active ? MARK.selected : MARK.unfocused) : MARK.none;
      const line = eventLine(this.#desk, call, timeline, seq, area.width - 1);
      canvas.line(area.x, area.y + row, area.width, [span(isCursor ? "▌" : " ", "open"), ...line], mark);
    }
    if (!split && !full) return;
    const message = { ...area, y: area.y + height, height: area.height - height };
    this.#messageTop = message.y - paneTop;
    const inside = focused && this.#focus === "message";
    if (this.#event.event === undefined) this.message.paint(canvas, message, inside);
    else this.#event.paint(canvas, message, call, sentences, inside);
  }

  #paintLines(canvas: Canvas, area: Area, call: Call, sentences: readonly string[], focused: boolean): void {
    const lines = this.#linesOf(call, sentences, area.width);
    this.#lineCount = lines.length;
    const top = this.#others.fit(lines.length, area.height);
    for (let row = 0; row < area.height; row++) {
      const line = lines[top + row];
      if (line === undefined) break;
      const isCursor = top + row === this.#others.cursor;
      canvas.line(area.x, area.y + row, area.width, line, isCursor && focused ? MARK.selected : MARK.none);
    }
  }

  #linesOf(call: Call, sentences: readonly string[], width: number): readonly Line[] {
    const timeline = this.#timeline!;
    switch (this.#tab) {
      case "Metadata":
        this.#metadata = metadataTab(this.#desk, call, timeline.facts, sentences, width);
        return this.#metadata.map(({ line }) => line);
      case "Timing":
        return timingLines(call, timeline.moments, this.#desk.now(), width);
      default:
        return http2Lines(this.#desk, call);
    }
  }

  #move(action: string): boolean {
    if (this.#tab !== "Messages") return this.#others.act(action, this.#lineCount);
    if (!this.#events.act(action, this.#timeline?.length ?? 0)) return false;
    // The end of a call that goes on is where it is followed.
    this.follow = action === "last" && this.call?.end === undefined;
    this.#choose();
    return true;
  }

  #toTab(tab: Tab): boolean {
    this.#tab = tab;
    this.#focus = "events";
    this.#others.reset();
    // How many lines there are is known when they are drawn; keys may be faster.
    this.#lineCount = Number.MAX_SAFE_INTEGER;
    this.#metadata = [];
    return true;
  }

  /** To the next message in this direction. */
  #step(by: 1 | -1): boolean {
    this.follow = false;
    this.#tab = "Messages";
    for (let row = this.#events.cursor + by; ; row += by) {
      const seq = this.#timeline?.at(row);
      if (seq === undefined) return true;
      if (!this.#isMessage(seq)) continue;
      this.#events.cursor = row;
      this.#event.show(undefined);
      this.message.show(seq);
      return true;
    }
  }

  /** The message at the cursor, or the last before it; before the first one, that. Another event that has something to say covers it. */
  #choose(): void {
    const timeline = this.#timeline;
    const from = this.#events.cursor;
    this.#event.show(this.#tellingAt(from));
    for (let step = 0; step <= 2 * LOOK_AROUND; step++) {
      const row = step <= LOOK_AROUND ? from - step : from + step - LOOK_AROUND;
      const seq = timeline?.at(row);
      if (seq === undefined || !this.#isMessage(seq)) continue;
      this.message.show(seq);
      return;
    }
    this.message.show(undefined);
  }

  #tellingAt(row: number): CallEvent | undefined {
    const seq = this.#timeline?.at(row) ?? -1;
    const event = seq < 0 ? undefined : this.#desk.capture.event(seq);
    return event !== undefined && "call" in event && isTelling(event as CallEvent) ? (event as CallEvent) : undefined;
  }

  #isMessage(seq: number): boolean {
    const kind = seq < 0 ? undefined : this.#desk.capture.event(seq)?.kind;
    return kind === "client-message" || kind === "server-message";
  }
}
