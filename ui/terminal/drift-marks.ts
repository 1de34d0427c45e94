// Which calls of the list have a message that does not fit its schema: looked up for the rows in sight, and remembered.
import type { Desk } from "./desk.js";

/** Of a call's messages, the first: those of a long stream are marked where it is opened. */
const MAX_MESSAGES = 4;
/** Events among which they are looked for. */
const MAX_EVENTS = 12;
/** Of one message: a list in sight must not cost more than drawing it. */
const MAX_BYTES = 16 * 1024;
/** Of one frame, some 50 µs each; the rows that are left wait for the next. */
const MAX_LOOKS = 16;
/** Calls that are remembered, far more than a screen has rows; 100 octets each. */
const MAX_CALLS = 2048;

export class DriftMarks {
  readonly #desk: Desk;
  readonly #calls = new Map<number, { readonly messages: number; readonly drifts: boolean }>();
  #version = -1;
  #looks = 0;

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  /** A frame begins. */
  begin(): void {
    this.#looks = 0;
  }

  /** Whether there was more to look at in this frame than time for it. */
  get isPending(): boolean {
    return this.#looks > MAX_LOOKS;
  }

  /** @param messages how many the call has by now; it is looked at again when there are more */
  has(id: number, method: string, messages: number): boolean {
    const { reader } = this.#desk;
    if (reader.decoder?.knows(method) !== true) return false;
    if (reader.version !== this.#version || this.#calls.size >= MAX_CALLS) {
      this.#calls.clear();
      this.#version = reader.version;
    }
    const known = this.#calls.get(id);
    if (known !== undefined && (known.drifts || known.messages === messages || known.messages >= MAX_MESSAGES))
      return known.drifts;
    if (++this.#looks > MAX_LOOKS) return known?.drifts ?? false;
    const drifts = this.#look(id);
    this.#calls.set(id, { messages, drifts });
    return drifts;
  }

  #look(id: number): boolean {
    const { capture, reader } = this.#desk;
    let events = 0;
    let messages = 0;
    for (const event of capture.eventsOf(id)) {
      if (++events > MAX_EVENTS) return false;
      if (event.kind !== "client-message" && event.kind !== "server-message") continue;
      if (++messages > MAX_MESSAGES) return false;
      if (event.wireLength <= MAX_BYTES && (reader.glance(event.seq)?.drifts.length ?? 0) > 0) return true;
    }
    return false;
  }
}
