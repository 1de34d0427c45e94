// --filter for outputs that print events: those of calls that match, from each call's first event on, whenever it comes to match.
import type { Filter } from "../../src/filter/filter.js";
import type { CallEvent, Capture, CaptureEvent, DroppedEvent, RunningProxy } from "../../src/index.js";
import { CaptureCallView, type MethodKinds } from "../../src/session/capture-call-view.js";
import type { MessageReader } from "../../src/session/message-reader.js";

export type SeenEvent = CaptureEvent | DroppedEvent;

/** Calls that ended whose late events are still known to belong, or twice as many: what comes late comes within milliseconds. */
const MAX_ENDED = 5000;
/** How long others wait while the messages of one call are looked into. */
const TURN_MS = 2;
/** Connections that are known to be open; of a closing that was missed nobody tells. */
const MAX_CONNECTIONS = 10_000;

export interface SelectionOptions {
  readonly capture: RunningProxy["capture"];
  readonly filter: Filter;
  readonly messages?: MessageReader | undefined;
  readonly kinds?: MethodKinds | undefined;
  /** Whether a call that matched once is told to its end, even when it matches no more. */
  readonly tellsWhole: boolean;
}

export class Selection {
  readonly #capture: Capture;
  readonly #filter: Filter;
  readonly #messages: MessageReader | undefined;
  readonly #tellsWhole: boolean;
  readonly #view: CaptureCallView;
  #version: number;
  #deadline = 0;
  /** The seq of the last event told, by call. */
  readonly #told = new Map<number, number>();
  /** Of those the calls that ended: the latest, and those before them. */
  #ended: number[] = [];
  #endedBefore: readonly number[] = [];
  /** Calls that ended and do not match: the latest, and those before them. */
  #rejected = new Set<number>();
  #rejectedBefore: ReadonlySet<number> = this.#rejected;
  /** The seq of the opening of each connection, and 0 once it was told. */
  readonly #openings = new Map<number, number>();

  constructor({ capture, filter, messages, kinds, tellsWhole }: SelectionOptions) {
    this.#capture = capture;
    this.#filter = filter;
    this.#messages = messages;
    this.#tellsWhole = tellsWhole;
    // An output takes its time: no message is too large to be looked into.
    this.#view = new CaptureCallView({ capture, messages, kinds, maxMessageBytes: Number.POSITIVE_INFINITY });
    this.#view.hurry(() => performance.now() > this.#deadline);
    this.#version = messages?.version ?? 0;
  }

  /** What is to be shown now that this happened: nothing, the event, or with it all that came before of its call. */
  pass(event: SeenEvent): Iterable<SeenEvent> | Promise<Iterable<SeenEvent>> {
    if (event.kind === "dropped") return [event];
    if (!("call" in event) || event.call === undefined) return this.#ofConnection(event);
    const last = this.#told.get(event.call);
    if (last !== undefined && this.#tellsWhole) return this.#tell(event as CallEvent, last);
    if (this.#rejected.has(event.call) || this.#rejectedBefore.has(event.call)) return [];
    const matches = this.#matches(event.call, event.at);
    if (typeof matches === "boolean") return matches ? this.#tell(event as CallEvent, last ?? 0) : [];
    return matches.then((yes) => (yes ? this.#tell(event as CallEvent, last ?? 0) : []));
  }

  /** Events of a connection are told from the first of its calls that is; the connection's opening comes with that. */
  #ofConnection(event: Exclude<SeenEvent, DroppedEvent>): Iterable<SeenEvent> {
    if (!("connection" in event)) return [];
    const { connection, kind } = event;
    const wasTold = this.#openings.get(connection) === 0;
    if (kind === "connection-closed") this.#openings.delete(connection);
    if (kind !== "connection-opened") return wasTold ? [event] : [];
    if (this.#openings.size >= MAX_CONNECTIONS) forgetFirst(this.#openings);
    this.#openings.set(connection, event.seq);
    return [];
  }

  *#tell(event: CallEvent, last: number): Iterable<SeenEvent> {
    const id = event.call as number;
    const opening = this.#openingOf(id);
    if (opening !== undefined) yield opening;
    if (last < event.seq) this.#told.set(id, event.seq);
    if (event.kind === "call-end") this.#endOf(id);
    // What was told of it stands; what came in between is told now.
    const wasTold = last > 0 && this.#tellsWhole;
    if (!wasTold) {
      for (const earlier of this.#capture.eventsOf(id)) {
        if (earlier.seq >= event.seq) break;
        if (earlier.seq > last) yield earlier;
      }
    }
    yield event;
  }

  /** The opening of the call's connection, when it was not told yet. */
  #openingOf(id: number): SeenEvent | undefined {
    if (!this.#view.moveTo(id)) return undefined;
    const { connection } = this.#view;
    const seq = this.#openings.get(connection);
    if (seq === undefined || seq === 0) return undefined;
    this.#openings.set(connection, 0);
    return this.#capture.event(seq);
  }

  #endOf(id: number): void {
    this.#ended.push(id);
    if (this.#ended.length < MAX_ENDED) return;
    for (const old of this.#endedBefore) this.#told.delete(old);
    this.#endedBefore = this.#ended;
    this.#ended = [];
  }

  /** It is over: it is not asked again for each of its events, of which there may be many. */
  #reject(id: number): void {
    if (this.#filter.needs.time === "always") return;
    this.#rejected.add(id);
    if (this.#rejected.size < MAX_ENDED) return;
    this.#rejectedBefore = this.#rejected;
    this.#rejected = new Set();
  }

  #matches(id: number, now: number): boolean | Promise<boolean> {
    const view = this.#view;
    if (!view.moveTo(id)) return false;
    const { needs } = this.#filter;
    const decoder = needs.messages || needs.schema ? this.#messages?.decoder : undefined;
    // A message is read once, and a call that ended is asked once: the server's word on its types comes first.
    const asked = decoder?.ask(view.method);
    return asked === undefined ? this.#test(id, now) : asked.then(() => this.#test(id, now));
  }

  #test(id: number, now: number): boolean | Promise<boolean> {
    const version = this.#messages?.version ?? 0;
    if (version !== this.#version) this.#view.forget();
    this.#version = version;
    if (!this.#view.moveTo(id)) return false;
    this.#deadline = performance.now() + TURN_MS;
    const matches = this.#filter.test(this.#view, now);
    if (!this.#view.isPending) {
      if (!matches && !this.#view.facts.isOpen) this.#reject(id);
      return matches;
    }
    // A message has to be inflated first, or there are many: the filter goes on from there.
    const later = this.#view.ready ?? new Promise<void>((resolve) => setImmediate(resolve));
    return later.then(() => this.#test(id, now));
  }
}

function forgetFirst(map: Map<number, number>): void {
  const first = map.keys().next().value;
  if (first !== undefined) map.delete(first);
}
