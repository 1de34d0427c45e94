// When the messages of calls came, few enough for a picture: for waterfalls of whoever lists calls.
import type { Capture } from "../capture/capture.js";
import { EVENT_KIND, type EventFacts } from "../capture/event-facts.js";
import type { Call } from "../model/call.js";

/** Of one call: more than a picture has room for. */
const MAX_TICKS = 400;
/** Of longer streams only the first messages are looked at: some 5 ms. */
const MAX_EVENTS = 200_000;
/** Looked at before others get their turn. */
const STRETCH = 20_000;

export class MessageTicks {
  readonly #capture: Capture;
  readonly #facts: EventFacts;
  #looked = 0;

  constructor(capture: Capture) {
    this.#capture = capture;
    this.#facts = capture.eventFacts();
  }

  /** Whether so much was looked at since it was asked last that others should get their turn. */
  isDue(): boolean {
    const due = this.#looked >= STRETCH;
    if (due) this.#looked = 0;
    return due;
  }

  /** @returns a time and a size by turns; see the schema of CallRow */
  of({ id, startedAt, client, server }: Call): readonly number[] {
    const ticks: number[] = [];
    const stride = Math.ceil((client.messages + server.messages) / MAX_TICKS);
    if (stride === 0) return ticks;
    const facts = this.#facts;
    let messages = 0;
    let events = 0;
    for (let seq = this.#firstSeq(id); seq !== 0 && events < MAX_EVENTS && facts.moveTo(seq); seq = facts.next) {
      events++;
      if (facts.kind !== EVENT_KIND.clientMessage && facts.kind !== EVENT_KIND.serverMessage) continue;
      if (messages++ % stride !== 0) continue;
      const bytes = facts.wireLength;
      ticks.push(Math.round((facts.at - startedAt) * 100) / 100, facts.from === 0 ? bytes : -1 - bytes);
    }
    this.#looked += events;
    return ticks;
  }

  #firstSeq(call: number): number {
    for (const { seq } of this.#capture.eventsOf(call)) return seq;
    return 0;
  }
}
