// The connections of a capture and what is known of each: folded from their events, open ones and those that closed lately.
import type { CallFacts } from "../capture/call-facts.js";
import type { Capture } from "../capture/capture.js";
import { EVENT_KIND, type EventFacts } from "../capture/event-facts.js";
import type {
  CaptureEvent,
  ConnectionClosedEvent,
  ConnectionOpenedEvent,
  GoawayEvent,
  SettingsEvent,
} from "../model/events.js";

/** What one side of a connection said and did. */
export interface ConnectionSide {
  /** The latest value of each, by name; one that was never sent has the default of RFC 9113 §6.5.2. */
  readonly settings: Readonly<Record<string, number>>;
  readonly pings: number;
  /** Of the latest PING of this side that was answered; undefined while there is none. */
  readonly roundTripMs: number | undefined;
  /** The latest. */
  readonly goaway: GoawayEvent | undefined;
  /** Waits of this side for flow-control window, and their time. */
  readonly stalls: number;
  readonly stalledMs: number;
  /** What it got wrong that concerns the whole connection. */
  readonly problems: number;
  /** The latest of them. */
  readonly problem?: string;
}

export interface ConnectionFacts {
  readonly id: number;
  /** Has addresses, relay, protocol and TLS; undefined when it was trimmed before it was read. */
  readonly opened: ConnectionOpenedEvent | undefined;
  /** Undefined while it is open. */
  readonly closed: ConnectionClosedEvent | undefined;
  readonly client: ConnectionSide;
  readonly server: ConnectionSide;
  readonly calls: number;
}

/** A few hundred octets each with their settings. */
const MAX_CLOSED = 1000;
const MAX_CONNECTIONS = 10_000;
/** RFC 9113 and its extensions know fewer than ten; there are 65,536 numbers. */
const MAX_SETTINGS = 32;
const BATCH_EVENTS = 256;
const WANTED = (1 << EVENT_KIND.clientHeader) | (1 << EVENT_KIND.connection) | (1 << EVENT_KIND.protocolError);

type Writable<T> = { -readonly [K in keyof T]: T[K] };
type Side = Writable<ConnectionSide>;
interface Connection extends Writable<ConnectionFacts> {
  client: Side;
  server: Side;
}

export interface ConnectionListOptions {
  readonly capture: Capture;
  /** Milliseconds of any clock that goes on evenly. */
  readonly clock: () => number;
}

export class ConnectionList {
  readonly #capture: Capture;
  readonly #clock: () => number;
  readonly #events: EventFacts;
  readonly #calls: CallFacts;
  readonly #connections = new Map<number, Connection>();
  /** Of those that are closed, by when they closed. */
  readonly #closed = new Set<number>();
  #next: number;

  /** Begins with what the capture still holds. */
  constructor({ capture, clock }: ConnectionListOptions) {
    this.#capture = capture;
    this.#clock = clock;
    this.#events = capture.eventFacts();
    this.#calls = capture.callFacts();
    this.#next = capture.oldestSeq;
  }

  get openCount(): number {
    return this.#connections.size - this.#closed.size;
  }

  /** By number: those that are open, and the latest that closed. */
  all(): readonly ConnectionFacts[] {
    return [...this.#connections.values()].sort((a, b) => a.id - b.id);
  }

  get(id: number): ConnectionFacts | undefined {
    return this.#connections.get(id);
  }

  /**
   * Takes in what happened since, for at most so long.
   * @returns whether more time is wanted now
   */
  update(budgetMs: number): boolean {
    const end = this.#clock() + budgetMs;
    do {
      this.#next = Math.max(this.#next, this.#capture.oldestSeq);
      const last = Math.min(this.#capture.newestSeq, this.#next + BATCH_EVENTS - 1);
      while (this.#events.seek(this.#next, last, WANTED)) {
        this.#next = this.#events.seq + 1;
        this.#take();
      }
      this.#next = Math.max(this.#next, last + 1);
    } while (this.#next <= this.#capture.newestSeq && this.#clock() < end);
    return this.#next <= this.#capture.newestSeq;
  }

  #take(): void {
    const { kind, call, seq } = this.#events;
    if (kind === EVENT_KIND.clientHeader) {
      if (this.#calls.moveTo(call)) this.#connection(this.#calls.connection).calls++;
    } else if (kind === EVENT_KIND.connection || (kind === EVENT_KIND.protocolError && call === 0)) {
      const event = this.#capture.event(seq);
      if (event !== undefined) this.#fold(event);
    }
  }

  #fold(event: CaptureEvent): void {
    switch (event.kind) {
      case "connection-opened":
        this.#connection(event.connection).opened = event;
        break;
      case "settings":
        if (event.settings !== undefined) addSettings(this.#connection(event.connection)[event.from], event.settings);
        break;
      case "ping":
        // The round trip belongs to the one who asked, not to the one who answers.
        if (event.ack !== true) this.#connection(event.connection)[event.from].pings++;
        else if (event.roundTripMs !== undefined)
          this.#connection(event.connection)[event.from === "client" ? "server" : "client"].roundTripMs =
            event.roundTripMs;
        break;
      case "goaway":
        this.#connection(event.connection)[event.from].goaway = event;
        break;
      case "window-stall": {
        const side = this.#connection(event.connection)[event.from];
        side.stalls++;
        side.stalledMs += event.durationMs;
        break;
      }
      case "protocol-error": {
        const side = this.#connection(event.connection)[event.from];
        side.problems++;
        side.problem = event.message;
        break;
      }
      case "connection-closed":
        this.#connection(event.connection).closed = event;
        this.#closed.add(event.connection);
        this.#forget(this.#closed.size > MAX_CLOSED);
    }
  }

  #connection(id: number): Connection {
    const known = this.#connections.get(id);
    if (known !== undefined) return known;
    this.#forget(this.#connections.size >= MAX_CONNECTIONS);
    const connection: Connection = {
      id,
      opened: undefined,
      closed: undefined,
      client: newSide(),
      server: newSide(),
      calls: 0,
    };
    this.#connections.set(id, connection);
    return connection;
  }

  /** One of them: the first that closed, else the oldest. */
  #forget(tooMany: boolean): void {
    if (!tooMany) return;
    const [id = this.#connections.keys().next().value] = this.#closed;
    if (id === undefined) return;
    this.#closed.delete(id);
    this.#connections.delete(id);
  }
}

function newSide(): Side {
  const nothing = { pings: 0, roundTripMs: undefined, goaway: undefined, stalls: 0, stalledMs: 0, problems: 0 };
  return { ...nothing, settings: {} };
}

function addSettings(side: Side, settings: NonNullable<SettingsEvent["settings"]>): void {
  const all = { ...side.settings, ...settings };
  side.settings = Object.fromEntries(Object.entries(all).slice(0, MAX_SETTINGS));
}
