// The events of one call as they come, by their places in the capture: read in slices, so that a stream of a million costs no pause.
import type { Capture } from "../../src/capture/capture.js";
import type { CallEvent } from "../../src/model/events.js";
import { type CallMoments, noMoments } from "../../src/view/timing.js";

/** Rows of one call, 8 bytes each; of a longer one the newest. */
const MAX_ROWS = 500_000;
/** A pause of this length has a row of its own. */
const IDLE_MS = 1000;
/** Events read between two looks at the clock. */
const STEP = 64;
/** Events that are no messages are kept to be told of: headers, trailers, resets, problems. */
const MAX_FACTS = 1000;

export class CallTimeline {
  readonly call: number;
  readonly moments: CallMoments = noMoments();
  /** Events of the call that are no messages, in order. */
  readonly facts: CallEvent[] = [];
  readonly #capture: Capture;
  /** The seq of an event; negative for the pause before the event that follows. */
  #rows: number[] = [];
  #last = 0;
  /** Unix ms of the last event; 0 before the first. */
  lastAt = 0;
  /** Rows let go at the front. */
  dropped = 0;

  constructor(capture: Capture, call: number) {
    this.#capture = capture;
    this.call = call;
  }

  get length(): number {
    return this.#rows.length;
  }

  /** @returns an event's seq; for a pause the seq of the event behind it, as a negative number */
  at(row: number): number | undefined {
    return this.#rows[row];
  }

  /** The row of an event, by its seq; -1 when there is none. */
  rowOf(seq: number): number {
    let low = 0;
    let high = this.#rows.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const found = Math.abs(this.#rows[middle]!);
      if (found === seq) return this.#rows[middle]! < 0 ? middle + 1 : middle;
      if (found < seq) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  /** How long the pause before an event was. */
  pauseBefore(seq: number): number {
    const row = this.rowOf(seq);
    const before = this.#rows[row - 2];
    const [event, last] = [
      this.#capture.event(seq),
      before === undefined ? undefined : this.#capture.event(Math.abs(before)),
    ];
    return event === undefined || last === undefined ? 0 : event.at - last.at;
  }

  /**
   * Takes in what happened since.
   * @param clock milliseconds
   * @returns whether something is new, and whether more time is wanted
   */
  update(clock: () => number, budgetMs: number): { readonly changed: boolean; readonly behind: boolean } {
    const until = clock() + budgetMs;
    let read = 0;
    for (const event of this.#capture.eventsOf(this.call, this.#last)) {
      this.#add(event);
      if (++read % STEP === 0 && clock() > until) return { changed: true, behind: true };
    }
    return { changed: read > 0, behind: false };
  }

  #add(event: CallEvent): void {
    const pause = this.lastAt === 0 ? 0 : event.at - this.lastAt;
    if (pause >= IDLE_MS) this.#rows.push(-event.seq);
    this.#rows.push(event.seq);
    this.#last = event.seq;
    this.lastAt = event.at;
    if (this.#rows.length > MAX_ROWS * 1.25) {
      this.dropped += this.#rows.length - MAX_ROWS;
      this.#rows = this.#rows.slice(-MAX_ROWS);
    }
    if (!event.kind.endsWith("-message") && this.facts.length < MAX_FACTS) this.facts.push(event);
    note(this.moments, event, pause);
  }
}

function note(moments: CallMoments, event: CallEvent, pause: number): void {
  moments.longestGapMs = Math.max(moments.longestGapMs, pause);
  switch (event.kind) {
    case "client-message":
      moments.firstClientMessage ??= event.at;
      moments.lastClientMessage = event.at;
      break;
    case "server-message":
      moments.firstServerMessage ??= event.at;
      moments.lastServerMessage = event.at;
      break;
    case "client-half-close":
      moments.halfClose ??= event.at;
      break;
    case "server-header":
      moments.serverHeader ??= event.at;
      break;
    case "server-trailer":
      moments.trailers ??= event.at;
      break;
  }
  if ("compressed" in event && event.compressed === true) moments.compressed++;
}
