// Statistics of a capture's traffic, kept up from its rows in slices of the time that the viewer gives: no object a call or event.
import type { CallFacts } from "../capture/call-facts.js";
import type { Capture } from "../capture/capture.js";
import { EVENT_KIND, type EventFacts } from "../capture/event-facts.js";
import type { Side } from "../model/fields.js";
import type { MethodStats } from "../stats/method-stats.js";
import { MethodTable, type TrafficStatsJson } from "../stats/method-table.js";
import { GapTable } from "./gap-table.js";

/** Events between two looks at the clock, some 20 µs. */
const BATCH_EVENTS = 256;

export interface TrafficStatsOptions {
  readonly capture: Capture;
  /** Milliseconds of any clock that goes on evenly. */
  readonly clock: () => number;
  /**
   * Events that may wait to be counted. When more have come, the oldest of them are passed over: better a part of what happens
   * now than all of what happened a while ago. Default: none is passed over until it is trimmed.
   */
  readonly maxBehind?: number;
}

/** What somebody who decoded a message learned of it. */
export interface DecodedSizes {
  /** "/pkg.Service/Name" */
  readonly method: string;
  readonly side: Side;
  /** Set for a message that was compressed. */
  readonly compressedBytes?: number;
  readonly protobufBytes: number;
  /** Set when a schema knew it. */
  readonly jsonBytes?: number;
}

export class TrafficStats {
  readonly #capture: Capture;
  readonly #clock: () => number;
  readonly #events: EventFacts;
  readonly #calls: CallFacts;
  #table = new MethodTable();
  /** By the capture's number of the method. */
  #byNumber: (MethodStats | undefined)[] = [];
  #gaps = new GapTable();
  #next: number;
  /** Ends of calls were missed: what is open must be counted anew. */
  #missed = false;
  readonly #maxBehind: number;
  /** The newest call that is in the total. */
  #lastCall = 0;
  /** Events that were passed over, or trimmed before they could be counted. */
  skippedEvents = 0;
  /** Calls of which only the total knows: that they began, and about when. */
  skippedCalls = 0;

  /** Begins with what the capture still holds. */
  constructor({ capture, clock, maxBehind = Number.POSITIVE_INFINITY }: TrafficStatsOptions) {
    this.#capture = capture;
    this.#clock = clock;
    this.#maxBehind = maxBehind;
    this.#events = capture.eventFacts();
    this.#calls = capture.callFacts();
    this.#next = capture.oldestSeq;
    this.#missed = this.#next > 1;
    this.#lastCall = capture.oldestCall - 1;
  }

  /** All methods together. */
  get total(): MethodStats {
    return this.#table.total;
  }

  /** @returns undefined for a method that was not seen, or found no place of its own */
  of(method: string): MethodStats | undefined {
    return this.#table.find(method);
  }

  /** In the order in which they were seen; "(other)" last, when there are too many. */
  methods(): readonly MethodStats[] {
    return this.#table.all();
  }

  /** Calls begun in each of the last seconds (300 at most), oldest first; the last is not over. @param now Unix ms */
  callsBySecond(now: number, seconds: number): readonly number[] {
    return this.#table.total.begun.bySecond(now, seconds);
  }

  addDecoded({ method, side, compressedBytes, protobufBytes, jsonBytes }: DecodedSizes): void {
    this.#table.of(method)[side].addDecoded(compressedBytes, protobufBytes, jsonBytes);
    this.#table.total[side].addDecoded(compressedBytes, protobufBytes, jsonBytes);
  }

  /** @param now Unix ms @param history seconds of which each is told; 0 for none */
  toJson(now: number, history = 0): TrafficStatsJson {
    return this.#table.toJson(now, history);
  }

  /**
   * Counts what happened since, for at most so long.
   * @returns whether more time is wanted now
   */
  update(budgetMs: number): boolean {
    const end = this.#clock() + budgetMs;
    const capture = this.#capture;
    // With as much of the rest as may wait: whoever is passed over again at each turn counts nothing.
    if (capture.newestSeq - this.#next > this.#maxBehind) this.#skipTo(capture.newestSeq - (this.#maxBehind >> 1));
    do {
      if (this.#next < capture.oldestSeq) this.#skipTo(capture.oldestSeq);
      const last = Math.min(capture.newestSeq, this.#next + BATCH_EVENTS - 1);
      while (this.#next <= last) if (this.#events.moveTo(this.#next++)) this.#count();
    } while (this.#next <= capture.newestSeq && this.#clock() < end);
    if (this.#next <= capture.newestSeq) return true;
    if (this.#missed) this.#countOpen();
    return false;
  }

  /** Forgets what was counted, and goes on with what comes. */
  reset(): void {
    this.#table = new MethodTable();
    this.#byNumber = [];
    this.#gaps = new GapTable();
    this.#next = this.#capture.newestSeq + 1;
    this.skippedEvents = 0;
    this.skippedCalls = 0;
    this.#lastCall = this.#capture.newestCall;
    this.#countOpen();
  }

  #skipTo(seq: number): void {
    this.skippedEvents += seq - this.#next;
    this.#next = seq;
    this.#missed = true;
  }

  #count(): void {
    const event = this.#events;
    switch (event.kind) {
      case EVENT_KIND.clientHeader: {
        const { call, at } = event;
        this.#statsOf(call)?.callBegan(at);
        const { total } = this.#table;
        // Calls are numbered in the order in which they begin.
        const skipped = this.skippedEvents === 0 ? 0 : call - this.#lastCall - 1;
        if (skipped > 0) {
          this.skippedCalls += skipped;
          total.calls += skipped;
          total.begun.add(at, skipped);
        }
        this.#lastCall = call;
        total.callBegan(at);
        break;
      }
      case EVENT_KIND.clientMessage:
      case EVENT_KIND.serverMessage:
        this.#countMessage();
        break;
      case EVENT_KIND.callEnd: {
        const stats = this.#statsOf(event.call);
        if (stats === undefined) break;
        const durationMs = event.at - this.#calls.startedAt;
        const code = this.#calls.statusCode ?? 0;
        stats.callEnded(code, durationMs, event.at);
        this.#table.total.callEnded(code, durationMs, event.at);
      }
    }
  }

  #countMessage(): void {
    const event = this.#events;
    const { call, from, at, index, wireLength, isCompressed } = event;
    const total = this.#table.total;
    const stats = this.#statsOf(call);
    total[from === 0 ? "client" : "server"].addMessage(wireLength, isCompressed);
    if (stats === undefined) return;
    stats[from === 0 ? "client" : "server"].addMessage(wireLength, isCompressed);
    const gap = this.#gaps.note(call, from, at);
    if (gap !== undefined) {
      stats.gap.add(gap);
      total.gap.add(gap);
    }
    if (from !== 1 || index !== 0) return;
    const wait = at - this.#calls.startedAt;
    stats.firstMessage.add(wait);
    total.firstMessage.add(wait);
  }

  /** Of the call's method, and the call is then the one to ask; undefined when it was trimmed. */
  #statsOf(call: number): MethodStats | undefined {
    if (!this.#calls.moveTo(call)) return undefined;
    const number = this.#calls.methodNumber;
    if (number === 0) return this.#table.of(this.#calls.method);
    const known = this.#byNumber[number];
    if (known !== undefined) return known;
    while (this.#byNumber.length < number) this.#byNumber.push(undefined);
    const stats = this.#table.of(this.#calls.method);
    this.#byNumber[number] = stats;
    return stats;
  }

  #countOpen(): void {
    this.#missed = false;
    for (const stats of this.#table.all()) stats.open = 0;
    for (const id of this.#capture.openCalls()) {
      const stats = this.#statsOf(id);
      if (stats !== undefined) stats.open++;
    }
    this.#table.total.open = this.#capture.counters.openCalls;
  }
}
