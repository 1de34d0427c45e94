// How far open calls have come: what "summary" tells in place of their messages, and which events it does tell.
import type { Capture } from "../capture/capture.js";
import { EVENT_KIND } from "../capture/event-facts.js";
import type { Outbox } from "./outbox.js";

/** Calls in one message about progress. */
const MAX_LISTED = 1000;

/** By the number of the kind; of events of calls. */
export const SUMMARY_KINDS: ReadonlySet<number> = new Set([
  EVENT_KIND.clientHeader,
  EVENT_KIND.callEnd,
  EVENT_KIND.protocolError,
]);

/** By the name of the kind. */
export const SUMMARY_EVENTS: ReadonlySet<string> = new Set([
  ...["client-header", "call-end", "protocol-error", "connection-opened", "goaway", "connection-closed"],
]);

export class Progress {
  /** Open calls with messages that were not told. */
  readonly #calls = new Set<number>();

  get isEmpty(): boolean {
    return this.#calls.size === 0;
  }

  note(call: number): void {
    this.#calls.add(call);
  }

  forget(call: number): void {
    this.#calls.delete(call);
  }

  tell(capture: Capture, outbox: Outbox): void {
    let calls: object[] = [];
    for (const id of this.#calls) {
      this.#calls.delete(id);
      const call = capture.call(id);
      if (call === undefined || call.end !== undefined) continue;
      const { client, server, answeredAt } = call;
      calls.push({ call: id, client, server, ...(answeredAt === undefined ? {} : { answeredAt }) });
      if (calls.length < MAX_LISTED) continue;
      outbox.alone({ kind: "progress", calls });
      calls = [];
    }
    if (calls.length > 0) outbox.alone({ kind: "progress", calls });
  }
}
