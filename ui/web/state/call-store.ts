// Calls by number, as many as the page has met lately; what it lacks is asked for a page at a time.
import type { CallRow, FeedMessage, List, ListAnswer, Streamed } from "../../../src/feed/messages.js";
import { fromHeader, fromRow, messagesOf, type WebCall } from "./web-call.js";

/** About 500 octets each without ticks. */
const MAX_CALLS = 60_000;
/** Of one answer. */
export const PAGE_CALLS = 200;
/** Calls whose ticks are asked for at once: those in sight. */
const MAX_TICKED = 80;

/** What it needs of the link to the feed. */
export interface Lister {
  ask(kind: "list", request: Omit<List, "id">): Promise<ListAnswer>;
}

export class CallStore {
  readonly #link: Lister;
  readonly #calls = new Map<number, WebCall>();
  /** Pages that are being asked for, and those that turned out to hold nothing any more. */
  readonly #pages = new Map<number, "asked" | "empty">();
  /** The lowest number from which on all are kept. */
  first = 1;
  /** Numbers below it that are kept as well: of streams that are still open. Ascending. */
  early: readonly number[] = [];
  /** Up to this number everything but open calls was cleared. */
  #cleared = 0;
  /** The highest number; 0 before the first call. */
  last = 0;
  /** Methods in the order in which they were met, with what a schema says of them. */
  readonly methods = new Map<string, CallRow["streaming"]>();
  /** Something changed that may be seen. */
  onChange: () => void = () => {};
  #asksTicks = false;

  constructor(link: Lister) {
    this.#link = link;
  }

  /** @param isSame the session goes on: numbers go on, too */
  clear(isSame: boolean): void {
    this.#calls.clear();
    this.#pages.clear();
    this.#cleared = isSame ? this.last : 0;
    this.early = [];
    this.first = this.#cleared + 1;
    this.last = this.#cleared;
    this.onChange();
  }

  /** Calls that are kept. */
  get count(): number {
    return this.early.length + this.last - this.first + 1;
  }

  get(id: number): WebCall | undefined {
    return this.#calls.get(id);
  }

  values(): IterableIterator<WebCall> {
    return this.#calls.values();
  }

  /** @param total how many calls are kept, when it is known */
  put(rows: readonly CallRow[], total?: number): void {
    for (const row of rows) {
      const old = this.#calls.get(row.call);
      const made = fromRow(row);
      if (made.ticks === undefined && old?.ticks !== undefined) {
        made.ticks = old.ticks;
        if (old.ticksAt !== undefined) made.ticksAt = old.ticksAt;
      }
      this.#keep(made);
    }
    if (total !== undefined) this.first = Math.max(this.#cleared + 1, this.last - (total - this.early.length) + 1);
    const early = [...this.early, ...rows.map(({ call }) => call)].filter((id) => id < this.first);
    this.early = [...new Set(early)].sort((a, b) => a - b);
    this.onChange();
  }

  /** What of a subscription tells of calls. @returns the last seq in it; 0 when there is none */
  hear(events: readonly Streamed[]): number {
    let seq = 0;
    for (const event of events) {
      if ("seq" in event && !("late" in event)) seq = event.seq;
      if (event.kind === "dropped") seq = event.to;
      if (event.kind === "client-header") {
        if (!this.#calls.has(event.call)) this.#keep(fromHeader(event));
      } else if (event.kind === "call-end") {
        const call = this.#calls.get(event.call);
        if (call === undefined) continue;
        const { at, status, how, by } = event;
        call.end = { at, status, how, by };
        call.client = event.client;
        call.server = event.server;
      }
    }
    this.onChange();
    return seq;
  }

  progress(message: Extract<FeedMessage, { readonly kind: "progress" }>): void {
    for (const { call: id, client, server, answeredAt } of message.calls) {
      const call = this.#calls.get(id);
      if (call === undefined) continue;
      call.client = client;
      call.server = server;
      if (answeredAt !== undefined) call.answeredAt = answeredAt;
    }
    this.onChange();
  }

  /** Asks for what is missing of [from, to). */
  need(from: number, to: number): void {
    for (let page = pageOf(from); page <= pageOf(to - 1); page++) {
      if (this.#pages.has(page)) continue;
      const start = Math.max(page * PAGE_CALLS, this.first - 1);
      const end = Math.min((page + 1) * PAGE_CALLS, this.last);
      let missing = false;
      for (let id = Math.max(start + 1, from); id <= Math.min(end, to - 1) && !missing; id++)
        missing = !this.#calls.has(id);
      if (missing) void this.#ask(page);
    }
  }

  isGone(id: number): boolean {
    return this.#pages.get(pageOf(id)) === "empty";
  }

  /** Asks when the messages of calls in sight came, where that is not known or there are more by now. */
  needTicks(calls: readonly WebCall[]): void {
    if (this.#asksTicks) return;
    const lacking = calls.filter(
      (call) => call.ticksAt === undefined || call.ticksAt !== messagesOf(call) || isUnanswered(call),
    );
    if (lacking.length === 0) return;
    this.#asksTicks = true;
    const asked = lacking.slice(0, MAX_TICKED).map(({ id }) => id);
    this.#link
      .ask("list", { op: "list", calls: asked, ticks: true, limit: asked.length })
      .then(({ calls: rows }) => this.put(rows))
      .catch(() => {})
      .finally(() => {
        // Streams in sight grow; four times a second is enough to see it.
        setTimeout(() => {
          this.#asksTicks = false;
          this.onChange();
        }, 250);
      });
  }

  /** Types came: calls of which none was known are asked for once more when they are in sight. */
  readAgain(): void {
    for (const call of this.#calls.values()) if (call.streaming === undefined) delete call.ticksAt;
    this.onChange();
  }

  async #ask(page: number): Promise<void> {
    this.#pages.set(page, "asked");
    try {
      const { calls, total } = await this.#link.ask("list", {
        op: "list",
        after: page * PAGE_CALLS,
        limit: PAGE_CALLS,
      });
      const own = calls.filter(({ call }) => pageOf(call) === page);
      if (own.length === 0) this.#pages.set(page, "empty");
      else this.#pages.delete(page);
      this.put(calls, total);
    } catch {
      this.#pages.delete(page);
    }
  }

  #keep(call: WebCall): void {
    this.#calls.delete(call.id);
    this.#calls.set(call.id, call);
    if (call.id > this.last) this.last = call.id;
    if (call.streaming !== undefined || !this.methods.has(call.method)) this.methods.set(call.method, call.streaming);
    else call.streaming ??= this.methods.get(call.method);
    if (this.#calls.size <= MAX_CALLS) return;
    for (const id of this.#calls.keys()) {
      this.#calls.delete(id);
      if (this.#calls.size <= MAX_CALLS) return;
    }
  }
}

/** A call that ended without our knowing when it was answered. */
function isUnanswered({ end, answeredAt, ticksAt, client }: WebCall): boolean {
  return end !== undefined && answeredAt === undefined && ticksAt === undefined && client.messages >= 0;
}

function pageOf(id: number): number {
  return Math.floor((id - 1) / PAGE_CALLS);
}
