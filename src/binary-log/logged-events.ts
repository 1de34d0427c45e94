// The events that a binary log tells: those of our own as they were, and what the entries of others say of calls.
import type {
  CallEndEvent,
  CallEvent,
  CaptureEvent,
  ConnectionEvent,
  EndedBy,
  HowEnded,
  Problem,
} from "../model/events.js";
import type { Field, Side } from "../model/fields.js";
import { http2ErrorName, type Status, statusName } from "../model/status.js";
import { encodeStatusMessage } from "../rpc/grpc.js";
import { CALLS_OF_SESSION, ENTRY, LOGGER, type LogEntry, type LogMessage } from "./entry.js";
import { remember } from "./remember.js";
import { type Members, membersOf } from "./shapes.js";
import { fieldsOf, wireValue } from "./wire-fields.js";

export interface LoggedEventSink {
  /**
   * Its `seq` means nothing, and what follows from others (totals, durations) may be 0.
   * @param bytes of a message as they crossed the wire, as far as they are known
   */
  put(event: CaptureEvent, bytes?: Uint8Array): void;
  /** @param protoset a google.protobuf.FileDescriptorSet, or so it is said */
  types(protoset: Uint8Array): void;
}

/** A part of a log whose times begin before those in front of it end: it is told as if it came right behind them. */
export interface ShiftedPart {
  /** Unix ms: its first time. */
  readonly from: number;
  readonly byMs: number;
}

interface LoggedCall {
  /** 1, 2, 3 … over all sessions and loggers of the log. */
  readonly id: number;
  readonly startedAt: number;
  /** Undefined when there is none, and in calls of ours. */
  readonly timeoutMs: number | undefined;
  /** Its events are told by us: nothing has to be worked out. */
  readonly isOurs: boolean;
  isAnswered: boolean;
  isOver: boolean;
}

/** Calls that ended and may still be told of. */
const MAX_ENDED = 1000;
/** Calls that are open at once: of a log that begins calls and never ends them the oldest are forgotten. */
const MAX_OPEN = 100_000;
/** Connections that are remembered: as many as one server has. */
const MAX_CONNECTIONS = 10_000;
const MAX_SESSIONS = 10_000;
/** Loggers of several threads write out of order, by less than that. */
const JITTER_MS = 1000;
/** The last that a Date can be. */
const MAX_TIME_MS = 8.64e15;
/** Deadlines are watched with timers. */
const EARLY_MS = 5;
/** CANCEL (RFC 9113 §7). */
const CANCEL = { code: 8, name: "CANCEL" } as const;
const NO_OCTETS = new Uint8Array(0);
/** Of them so many are told. */
const MAX_SHIFTED = 10;
const DEADLINE_EXCEEDED = 4;
const CANCELLED = { code: 1, name: statusName(1), message: "", source: "reset" } as const;
const NO_TOTALS = { messages: 0, bytes: 0 } as const;

export class LoggedEvents {
  readonly #sink: LoggedEventSink;
  readonly #open = new Map<string, LoggedCall>();
  readonly #ended = new Map<string, LoggedCall>();
  /** By session and number there, or by logger and peer. */
  readonly #connections = new Map<string, number>();
  readonly #takenConnections = new Map<number, true>();
  /** Of each session the highest number of a connection when it began: in each they are counted from 1. */
  readonly #bases = new Map<number, number>();
  #lastConnection = 0;
  #calls = 0;
  /** Of what was told last. */
  #latest = 0;
  /** By session: to be added to what entries say, so that time goes on. */
  readonly #shifts = new Map<number, number>();
  /** Parts whose times are not told as they stand there. */
  readonly shifted: ShiftedPart[] = [];
  /** Entries that say nothing that could be believed: types of later versions, or members that are not as they must be. */
  skipped = 0;
  /** Events that the log's writer missed. */
  missing = 0;
  /** Messages whose octets were gone before they could be written. */
  withoutBytes = 0;

  constructor(sink: LoggedEventSink) {
    this.#sink = sink;
  }

  take(told: LogEntry): void {
    const more = told.more === undefined ? undefined : parse(told.more);
    const isFirst = memberIn(more, "kind") === "capture-opened";
    const session = sessionOf(told, more);
    // The numbers of others' calls may be anything.
    const part = isFirst || this.#bases.has(session) ? session : 0;
    // Types belong to no session.
    const entry = { ...told, at: told.types === undefined ? this.#timeOf(told, part, isFirst) : this.#latest };
    if (!this.#take(entry, more)) this.skipped++;
  }

  /** @returns false for an entry that is passed over */
  #take(entry: LogEntry, more: unknown): boolean {
    switch (entry.type) {
      case ENTRY.unknown:
        return this.#other(entry, more);
      case ENTRY.clientHeader:
        return this.#begin(entry, more);
      case ENTRY.serverHeader:
        return this.#serverHeader(entry, more);
      case ENTRY.clientMessage:
        return this.#message(entry, more, "client-message");
      case ENTRY.serverMessage:
        return this.#message(entry, more, "server-message");
      case ENTRY.clientHalfClose:
        return this.#ofCall(entry, ({ id }) => this.#put({ ...common(entry, id), kind: "client-half-close" }));
      case ENTRY.serverTrailer:
        return this.#serverTrailer(entry, more);
      case ENTRY.cancel:
        return this.#cancel(entry, more);
      default:
        return false;
    }
  }

  /**
   * Events are kept in the order of time.
   * @param session 0 for what is of none of ours
   * @param isFirst of its session
   */
  #timeOf({ at }: LogEntry, session: number, isFirst: boolean): number {
    if (!(at > 0 && at < MAX_TIME_MS)) return this.#latest;
    const shifted = at + (this.#shifts.get(session) ?? 0);
    const back = this.#latest - shifted;
    if (back <= (isFirst ? 0 : JITTER_MS)) {
      this.#latest = Math.max(this.#latest, shifted);
      return this.#latest;
    }
    remember(this.#shifts, session, this.#latest - at, MAX_CONNECTIONS);
    if (back > JITTER_MS && this.shifted.length < MAX_SHIFTED) this.shifted.push({ from: at, byMs: this.#latest - at });
    return this.#latest;
  }

  #begin(entry: LogEntry, more: unknown): boolean {
    const { metadata = [], method = "", authority, timeoutMs } = entry;
    const members = membersOf(more, "client-header");
    const ours = members && fieldsOf(metadata, (more as Members).fields);
    if (more !== undefined && ours === undefined) return false;
    const isOurs = ours !== undefined;
    const startedAt = entry.at;
    const call = { id: ++this.#calls, startedAt, timeoutMs, isOurs, isAnswered: false, isOver: false };
    remember(this.#open, keyOf(entry), call, MAX_OPEN);
    const own = { ...common(entry, call.id), kind: "client-header", method } as const;
    if (members !== undefined && ours !== undefined) {
      const connection = this.#connection(sessionOf(entry, more), members.connection as number);
      this.#put({ ...own, ...(members as unknown as Ours), connection, fields: ours });
      return true;
    }
    const fields: Field[] = [[":path", method]];
    if (authority !== undefined) fields.push([":authority", authority]);
    if (timeoutMs !== undefined) fields.push(["grpc-timeout", timeoutText(timeoutMs)]);
    for (const field of metadata) fields.push([field[0], wireValue(field)]);
    this.#put({ ...own, connection: this.#peerOf(entry), stream: 0, protocol: "grpc", fields });
    return true;
  }

  #serverHeader(entry: LogEntry, more: unknown): boolean {
    return this.#ofCall(entry, (call) => {
      const list = listOf(entry, more, "server-header", call.isOurs);
      if (list === undefined) return false;
      call.isAnswered = true;
      return this.#put({ ...common(entry, call.id), kind: "server-header", ...list });
    });
  }

  #serverTrailer(entry: LogEntry, more: unknown): boolean {
    return this.#ofCall(entry, (call) => {
      const { code = 0, message = "", details } = entry.status ?? {};
      const status = { code, name: statusName(code), message, source: "trailers" } as const;
      const own = { ...common(entry, call.id), kind: "server-trailer", status } as const;
      const list = listOf(entry, more, "server-trailer", call.isOurs);
      if (list === undefined) return false;
      if (call.isOurs) return this.#put({ ...own, ...list });
      const fields = [...list.fields, ["grpc-status", String(code)] as const];
      if (message !== "") fields.push(["grpc-message", encodeStatusMessage(message)]);
      if (details !== undefined) fields.push(["grpc-status-details-bin", Buffer.from(details).toString("base64")]);
      // A client's library ends a call whose time is up, and its logger has no word for that.
      const isOverdue = call.startedAt + (call.timeoutMs ?? Number.POSITIVE_INFINITY) - EARLY_MS <= entry.at;
      if (entry.logger === LOGGER.client && code === DEADLINE_EXCEEDED && isOverdue) return this.#giveUp(entry, call);
      this.#put({ ...own, fields, ...(call.isAnswered ? {} : { trailersOnly: true }) });
      return this.#end(entry, call, status, call.isAnswered ? "trailers" : "trailers-only", "server");
    });
  }

  #cancel(entry: LogEntry, more: unknown): boolean {
    return this.#ofCall(entry, (call) => {
      const members = call.isOurs ? membersOf(more, "cancel") : undefined;
      if (call.isOurs && members === undefined) return false;
      if (members === undefined) return this.#giveUp(entry, call);
      const { from, code } = members as { from: Side; code: number };
      return this.#put({ ...common(entry, call.id), kind: "cancel", from, code, name: http2ErrorName(code) });
    });
  }

  /** Others' logs say no more of it than that the client did. */
  #giveUp(entry: LogEntry, call: LoggedCall): true {
    this.#put({ ...common(entry, call.id), kind: "cancel", from: "client", ...CANCEL });
    return this.#end(entry, call, CANCELLED, "reset", "client");
  }

  #message(entry: LogEntry, more: unknown, kind: "client-message" | "server-message"): boolean {
    return this.#ofCall(entry, (call) => {
      const { length: told, data } = entry.message ?? NO_MESSAGE;
      const members = more === undefined ? {} : membersOf(more, "message");
      if (members === undefined) return false;
      const length = Math.max(told, data.length);
      const { wireLength, compressed, inflated, problem, trimmed } = members as ToldMessage;
      const own = { ...common(entry, call.id), kind, index: 0, encoding: "identity" } as const;
      // Lengths of a log have 32 bits.
      const onWire = wireLength ?? length;
      const facts = { length: compressed === true ? length : onWire, wireLength: onWire };
      const flags = {
        ...(compressed === true ? { compressed } : {}),
        ...(compressed === true && inflated === true ? { inflated } : {}),
        ...(problem === undefined ? {} : { problem }),
      };
      if (trimmed === true) this.withoutBytes++;
      this.#sink.put({ ...own, ...facts, ...flags } as CallEvent, trimmed === true ? undefined : (entry.wire ?? data));
      return true;
    });
  }

  /** What a binary log has no type for. */
  #other(entry: LogEntry, more: unknown): boolean {
    if (entry.types !== undefined) {
      this.#sink.types(entry.types);
      return true;
    }
    const kind = memberIn(more, "kind");
    const members = typeof kind === "string" ? membersOf(more, kind) : undefined;
    if (members === undefined) return false;
    switch (kind) {
      case "capture-opened":
        remember(this.#bases, sessionOf(entry, more), this.#lastConnection, MAX_SESSIONS);
        return true;
      case "dropped":
        this.missing += members.events as number;
        return true;
      case "client-trailer":
        return this.#ofCall(entry, ({ id }) => this.#put({ ...common(entry, id), kind, ...members } as CallEvent));
      case "call-end":
        return this.#ofCall(entry, (call) => {
          const { how, by, status } = members as unknown as Pick<CallEndEvent, "how" | "by" | "status">;
          return this.#end(entry, call, status, how, by);
        });
      case "protocol-error": {
        const connection = this.#connection(sessionOf(entry, more), members.connection as number);
        const event = { seq: 0, at: entry.at, kind, ...members, connection } as CallEvent;
        if (entry.call === "0") return this.#put(event);
        return this.#ofCall(entry, ({ id }) => this.#put({ ...event, call: id } as CallEvent));
      }
      case "connection-opened":
      case "settings":
      case "ping":
      case "goaway":
      case "window-stall":
      case "connection-closed": {
        const connection = this.#connection(sessionOf(entry, more), members.connection as number);
        const name = kind === "goaway" ? { name: http2ErrorName(members.code as number) } : {};
        return this.#put({ seq: 0, at: entry.at, kind, ...members, ...name, connection } as unknown as ConnectionEvent);
      }
      default:
        return false;
    }
  }

  #put(event: CaptureEvent): true {
    this.#sink.put(event);
    return true;
  }

  /** @returns false when the call's beginning is not in the log */
  #ofCall(entry: LogEntry, tell: (call: LoggedCall) => boolean): boolean {
    const key = keyOf(entry);
    const call = this.#open.get(key) ?? this.#ended.get(key);
    return call !== undefined && tell(call);
  }

  /** What comes after the end is kept, and ends it no second time. */
  #end(entry: LogEntry, call: LoggedCall, status: Status, how: HowEnded, by: EndedBy): true {
    if (call.isOver) return true;
    call.isOver = true;
    const key = keyOf(entry);
    this.#open.delete(key);
    remember(this.#ended, key, call, MAX_ENDED);
    const unknown = { durationMs: 0, client: NO_TOTALS, server: NO_TOTALS };
    return this.#put({ ...common(entry, call.id), kind: "call-end", status, how, by, ...unknown });
  }

  /** As it was counted in its session, behind those of the sessions before; another one when somebody else has that. */
  #connection(session: number, number: number): number {
    const key = `${session} ${number}`;
    const known = this.#connections.get(key);
    if (known !== undefined) return known;
    const wanted = (this.#bases.get(session) ?? 0) + number;
    return this.#newConnection(key, this.#takenConnections.has(wanted) ? this.#lastConnection + 1 : wanted);
  }

  #newConnection(key: string, connection: number): number {
    remember(this.#connections, key, connection, MAX_CONNECTIONS);
    remember(this.#takenConnections, connection, true, MAX_CONNECTIONS);
    this.#lastConnection = Math.max(this.#lastConnection, connection);
    return connection;
  }

  /** Others' logs do not tell connections apart: calls of one peer are put together. */
  #peerOf({ logger, peer = "", authority = "", at }: LogEntry): number {
    // In front of a server stands what its clients call it; the peer of a client is not told before it has answered.
    const [client, server] = logger === LOGGER.client ? ["", authority] : [peer, authority];
    const key = `${logger} ${client} ${server}`;
    const known = this.#connections.get(key);
    if (known !== undefined) return known;
    const connection = this.#newConnection(key, this.#lastConnection + 1);
    this.#put({ seq: 0, at, kind: "connection-opened", connection, client, server, relay: "log", protocol: "h2" });
    return connection;
  }
}

/** Which of our sessions an entry is of; 0 of others' logs. */
function sessionOf({ call }: LogEntry, more: unknown): number {
  if (call !== "0") return Math.floor(Number(call) / CALLS_OF_SESSION);
  const session = memberIn(more, "session");
  return Number.isSafeInteger(session) ? (session as number) : 0;
}

interface ToldMessage {
  readonly wireLength?: number;
  readonly compressed?: true;
  readonly problem?: Problem;
  readonly trimmed?: true;
  readonly inflated?: true;
}

type Ours = Pick<Extract<CallEvent, { readonly kind: "client-header" }>, "stream" | "protocol">;

function memberIn(more: unknown, name: string): unknown {
  return typeof more === "object" && more !== null ? (more as Members)[name] : undefined;
}

/** Where the calls of a session went, as the user gave it who saved them. @param entry the first; of another program's log it does not tell */
export function upstreamIn({ more = "" }: LogEntry): string | undefined {
  return membersOf(parse(more), "capture-opened")?.upstream as string | undefined;
}

const NO_MESSAGE: LogMessage = { length: 0, data: NO_OCTETS };

/** A client and a server may write to one log, and count their calls each. */
function keyOf({ logger, call }: LogEntry): string {
  return `${logger}:${call}`;
}

function common({ at }: LogEntry, call: number): { readonly seq: number; readonly at: number; readonly call: number } {
  return { seq: 0, at, call };
}

/** The fields of a header or trailer, and what else is told of them; undefined when it cannot be believed. */
function listOf(
  { metadata = [] }: LogEntry,
  more: unknown,
  kind: string,
  isOurs: boolean,
): ({ readonly fields: readonly Field[] } & Members) | undefined {
  if (!isOurs) return { fields: metadata.map((field) => [field[0], wireValue(field)] as const) };
  const members = membersOf(more, kind);
  const fields = members && fieldsOf(metadata, (more as Members).fields);
  return fields === undefined ? undefined : { ...members, fields };
}

/** As a client sends it: at most 8 digits and a unit (gRPC PROTOCOL-HTTP2, "Requests", Timeout). */
function timeoutText(ms: number): string {
  if (ms < 1e8 && !Number.isInteger(ms)) return ms < 1e5 ? `${Math.round(ms * 1000)}u` : `${Math.round(ms)}m`;
  return ms < 1e8 ? `${ms}m` : `${Math.min(99_999_999, Math.round(ms / 1000))}S`;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}
