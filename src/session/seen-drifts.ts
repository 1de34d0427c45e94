// What does not fit its schema among the latest messages, looked for when somebody wants to see it: slice by slice, each message once.
import type { Capture } from "../capture/capture.js";
import { EVENT_KIND } from "../capture/event-facts.js";
import type { Drift } from "../model/contract.js";
import type { MessageEvent } from "../model/events.js";
import { Contract } from "./contract.js";
import type { MessageReader } from "./message-reader.js";

/** Events that are looked at from the first time on, and gone back when there are more new ones than time: seconds of work at 20 µs each. */
export const MAX_EVENTS = 50_000;
/** A message with more octets is left out: it would hold everybody up. */
const MAX_BYTES = 64 * 1024;
const MESSAGES = (1 << EVENT_KIND.clientMessage) | (1 << EVENT_KIND.serverMessage);

export class SeenDrifts {
  readonly #capture: Capture;
  readonly #messages: MessageReader;
  #contract = new Contract();
  #next = 0;
  /** Messages that were looked at and whose type is known. */
  checked = 0;
  /** Whether there were messages before those that were looked at. */
  isSample = false;

  constructor(capture: Capture, messages: MessageReader) {
    this.#capture = capture;
    this.#messages = messages;
    messages.decoder?.onChange(() => this.#restart());
    capture.onClear(() => this.#restart());
  }

  /** Those found so far, by method, the most frequent kind first. */
  get drifts(): readonly Drift[] {
    return this.#contract.result.drifts;
  }

  /**
   * Looks on.
   * @param isOverdue asked after each message
   * @returns whether there is more to look at
   */
  look(isOverdue: () => boolean): boolean {
    const { decoder } = this.#messages;
    if (decoder === undefined) return false;
    const capture = this.#capture;
    const events = capture.eventFacts();
    const newest = capture.newestSeq;
    const oldest = Math.max(capture.oldestSeq, newest - MAX_EVENTS + 1);
    if (this.#next < oldest) {
      if (oldest > 1 && oldest > capture.clearedSeq + 1) this.isSample = true;
      this.#next = oldest;
    }
    while (this.#next <= newest) {
      if (!events.seek(this.#next, newest, MESSAGES)) {
        this.#next = newest + 1;
        break;
      }
      this.#next = events.seq + 1;
      if (events.wireLength > MAX_BYTES) continue;
      this.#check(events.seq);
      if (isOverdue()) break;
    }
    return this.#next <= newest;
  }

  #check(seq: number): void {
    const view = this.#messages.glance(seq);
    if (view?.type === undefined) return;
    this.checked++;
    const { at, call, index } = view.event satisfies MessageEvent;
    for (const drift of view.drifts)
      this.#contract.add(drift, { at, call, index, method: view.method, side: view.from });
  }

  #restart(): void {
    this.#contract = new Contract();
    this.#next = 0;
    this.checked = 0;
    this.isSample = false;
  }
}
