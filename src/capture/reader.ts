// Rows and octets back into events and calls, for whoever looks.
import type { Call } from "../model/call.js";
import type {
  CallEvent,
  CaptureEvent,
  ClientHeaderEvent,
  ConnectionEvent,
  MessageEvent,
  Problem,
  ServerHeaderEvent,
  ServerTrailerEvent,
} from "../model/events.js";
import { type Field, firstValue, type Side } from "../model/fields.js";
import { http2ErrorName, type Status, statusName } from "../model/status.js";
import { decodeStatusMessage, readStatusCode, requestFacts } from "../rpc/grpc.js";
import { FLOAT, WHOLE } from "./call-numbers.js";
import type { CallPlace, CallRows } from "./call-rows.js";
import { type EventRows, HIGH, KIND, ROW_FLAG, type Row } from "./event-rows.js";
import type { FieldBytes } from "./field-bytes.js";
import type { MessageBytes } from "./message-bytes.js";
import type { Names } from "./names.js";
import { type ReadOutcome, readOutcome } from "./outcome.js";

const NO_FIELDS: readonly Field[] = [];
/** Of a compressed message whose header is not there any more, or never was readable. */
const UNKNOWN_ENCODING = "unknown";
const NO_STATUS: Status = { code: 2, name: statusName(2), message: "no grpc-status", source: "missing" };
/** Of a call that is not kept any more. */
const TRIMMED_OUTCOME: ReadOutcome = {
  status: { code: 2, name: statusName(2), message: "trimmed", source: "missing" },
  how: "trailers",
  by: "server",
};

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What a header event says of its list. */
interface HeaderFields {
  readonly fields: readonly Field[];
  readonly problem?: Problem;
  readonly droppedFields?: number;
  readonly trimmed?: true;
}

export class CaptureReader {
  readonly #events: EventRows;
  readonly #calls: CallRows;
  readonly #fields: FieldBytes;
  readonly #messages: MessageBytes;
  readonly #names: Names;

  constructor(events: EventRows, calls: CallRows, fields: FieldBytes, messages: MessageBytes, names: Names) {
    this.#events = events;
    this.#calls = calls;
    this.#fields = fields;
    this.#messages = messages;
    this.#names = names;
  }

  event(seq: number): CaptureEvent | undefined {
    const row = this.#row(seq);
    if (row === undefined) return undefined;
    if ((row.meta & 0xff) !== KIND.connection) return this.#eventOf(row);
    const text = this.#fields.details(row.a, row.b);
    if (text === undefined) return undefined;
    return { ...(JSON.parse(text) as ConnectionEvent), seq: row.seq, at: rounded(row.at) };
  }

  *eventsOf(call: number, after = 0): IterableIterator<CallEvent> {
    const place = this.#calls.place(call);
    const first = place === undefined ? 0 : place.segment.floats[place.float + FLOAT.firstSeq]!;
    let seq = after < first ? first : this.#next(after);
    while (seq !== 0) {
      const row = this.#row(seq);
      if (row === undefined || row.owner !== call) return;
      yield this.#eventOf(row);
      seq = row.next === 0 ? 0 : seq + row.next;
    }
  }

  call(id: number): Call | undefined {
    const place = this.#calls.place(id);
    return place === undefined ? undefined : this.#callOf(id, place);
  }

  methodOf(id: number): string {
    const place = this.#calls.place(id);
    return place === undefined ? "" : this.#method(place);
  }

  trailersOf(id: number): readonly Field[] {
    const place = this.#calls.place(id);
    return place === undefined ? NO_FIELDS : (this.#list(place, WHOLE.trailerListSerial) ?? NO_FIELDS);
  }

  *calls(): IterableIterator<Call> {
    for (const id of this.#calls.survivors()) {
      const call = this.call(id);
      if (call !== undefined) yield call;
    }
    for (let id = this.#calls.oldest; id <= this.#calls.count; id++) {
      const call = this.call(id);
      if (call !== undefined) yield call;
    }
  }

  messageBytes(seq: number, take?: (length: number) => Uint8Array): Uint8Array | undefined {
    const row = this.#events.row(seq);
    const kind = row === undefined ? 0 : row.meta & 0xff;
    if (row === undefined || (kind !== KIND.clientMessage && kind !== KIND.serverMessage)) return undefined;
    // One of which nobody told more than its length.
    if (row.c === 0 && wireLength(row) > 0) return undefined;
    return this.#messages.read(row.a, row.b, row.c, (row.meta & ROW_FLAG.chained) !== 0, take);
  }

  /** The event after one of the same call; 0 when there is none, or it was trimmed. */
  #next(seq: number): number {
    const next = this.#events.row(seq)?.next ?? 0;
    return next === 0 ? 0 : seq + next;
  }

  #row(seq: number): Row | undefined {
    const row = this.#events.row(seq);
    if (row !== undefined && row.owner !== 0) row.owner = this.#calls.idOf(row.owner);
    return row;
  }

  #callOf(id: number, place: CallPlace): Call {
    const { floats, wholes } = place.segment;
    const { float, whole } = place;
    const answeredAt = floats[float + FLOAT.answeredAt]!;
    const timeoutMs = floats[float + FLOAT.timeoutMs]!;
    const call: Call = {
      id,
      connection: wholes[whole + WHOLE.connection]!,
      stream: wholes[whole + WHOLE.stream]!,
      protocol: this.#protocol(place),
      method: this.#method(place),
      startedAt: rounded(floats[float + FLOAT.startedAt]!),
      ...(answeredAt === 0 ? {} : { answeredAt: rounded(answeredAt) }),
      ...(timeoutMs < 0 ? {} : { timeoutMs }),
      client: { messages: wholes[whole + WHOLE.clientMessages]!, bytes: floats[float + FLOAT.clientBytes]! },
      server: { messages: wholes[whole + WHOLE.serverMessages]!, bytes: floats[float + FLOAT.serverBytes]! },
    };
    if (wholes[whole + WHOLE.outcome] === 0) return call;
    return { ...call, end: { at: rounded(floats[float + FLOAT.endedAt]!), ...this.#outcome(place) } };
  }

  #protocol({ segment, whole }: CallPlace): string {
    return this.#names.nameOf(segment.wholes[whole + WHOLE.protocol]!) ?? "unknown";
  }

  #method(place: CallPlace): string {
    const named = this.#names.nameOf(place.segment.wholes[place.whole + WHOLE.method]!);
    return named ?? firstValue(this.#list(place, WHOLE.clientListSerial) ?? NO_FIELDS, ":path") ?? "";
  }

  /** @returns undefined when there is none, or no more */
  #list({ segment, whole }: CallPlace, which: number): readonly Field[] | undefined {
    const position = segment.wholes[whole + which + 1]!;
    return position === 0 ? undefined : this.#fields.list(segment.wholes[whole + which]!, position - 1);
  }

  #outcome(place: CallPlace): ReadOutcome {
    const message = firstValue(this.#list(place, WHOLE.trailerListSerial) ?? NO_FIELDS, "grpc-message");
    return readOutcome(place, message === undefined ? "" : decodeStatusMessage(message));
  }

  #eventOf(row: Row): CallEvent {
    const call = row.owner;
    const special = (row.meta & ROW_FLAG.special) !== 0;
    const from: Side = (row.meta & ROW_FLAG.fromServer) !== 0 ? "server" : "client";
    switch (row.meta & 0xff) {
      case KIND.clientHeader:
        return this.#clientHeader(row, special);
      case KIND.serverHeader:
        return this.#serverHeader(row, special);
      case KIND.clientMessage:
      case KIND.serverMessage:
        return this.#message(row, from);
      case KIND.clientHalfClose:
        return { seq: row.seq, at: rounded(row.at), kind: "client-half-close", call };
      case KIND.clientTrailer:
        return { seq: row.seq, at: rounded(row.at), kind: "client-trailer", call, ...this.#listOf(row) };
      case KIND.serverTrailer:
        return this.#serverTrailer(row, special);
      case KIND.cancel: {
        const common = { seq: row.seq, at: rounded(row.at), kind: "cancel" as const };
        return { ...common, call, from, code: row.a, name: http2ErrorName(row.a) };
      }
      case KIND.callEnd:
        return this.#callEnd(row);
      default:
        return this.#problem(row, from);
    }
  }

  // Objects are made in one go and then filled in: spreading takes several times as long, and outputs make one an event.

  #serverHeader(row: Row, informational: boolean): CallEvent {
    const event: Mutable<ServerHeaderEvent> = {
      seq: row.seq,
      at: rounded(row.at),
      kind: "server-header",
      call: row.owner,
      fields: NO_FIELDS,
    };
    if (informational) event.informational = true;
    this.#fillFields(row, event);
    return event;
  }

  #serverTrailer(row: Row, trailersOnly: boolean): CallEvent {
    const event: Mutable<ServerTrailerEvent> = {
      seq: row.seq,
      at: rounded(row.at),
      kind: "server-trailer",
      call: row.owner,
      fields: NO_FIELDS,
      status: NO_STATUS,
    };
    this.#fillFields(row, event);
    event.status = statusIn(event.fields);
    if (trailersOnly) event.trailersOnly = true;
    return event;
  }

  #clientHeader(row: Row, pushed: boolean): CallEvent {
    const place = this.#calls.place(row.owner);
    const event: Mutable<ClientHeaderEvent> = {
      seq: row.seq,
      at: rounded(row.at),
      kind: "client-header",
      call: row.owner,
      connection: place?.segment.wholes[place.whole + WHOLE.connection] ?? 0,
      stream: place?.segment.wholes[place.whole + WHOLE.stream] ?? 0,
      protocol: place === undefined ? "unknown" : this.#protocol(place),
      method: "",
      fields: NO_FIELDS,
    };
    this.#fillFields(row, event);
    const facts = requestFacts(event.fields);
    event.method = facts.method || (place === undefined ? "" : this.#method(place));
    if (facts.authority !== undefined) event.authority = facts.authority;
    if (facts.timeoutMs !== undefined) event.timeoutMs = facts.timeoutMs;
    if (pushed) event.pushed = true;
    return event;
  }

  #fillFields(row: Row, event: Mutable<HeaderFields>): void {
    const list = this.#listOf(row);
    event.fields = list.fields;
    if (list.problem !== undefined) event.problem = list.problem;
    if (list.droppedFields !== undefined) event.droppedFields = list.droppedFields;
    if (list.trimmed !== undefined) event.trimmed = list.trimmed;
  }

  /** The fields of a header event, with a word on why there are none or not all. */
  #listOf(row: Row): HeaderFields {
    if ((row.meta & ROW_FLAG.unreadable) !== 0) {
      const message = "header block could not be read; a protocol-error of this connection says why";
      return { fields: NO_FIELDS, problem: { code: "ERR_HEADERS_UNREADABLE", message } };
    }
    const fields = this.#fields.list(row.a, row.b);
    if (fields === undefined) return { fields: NO_FIELDS, trimmed: true };
    const droppedFields = row.c + this.#fields.cutOff(row.a, row.b);
    return droppedFields === 0 ? { fields } : { fields, droppedFields };
  }

  #message(row: Row, from: Side): MessageEvent {
    const place = this.#calls.place(row.owner);
    const prefixed = (row.meta & ROW_FLAG.prefixed) !== 0;
    const flag = (row.meta >>> 16) & 0xff;
    const list = from === "client" ? WHOLE.clientListSerial : WHOLE.serverListSerial;
    const compressed = prefixed && flag === 1;
    const fields = place === undefined || !compressed ? undefined : this.#list(place, list);
    const named = fields === undefined ? UNKNOWN_ENCODING : (firstValue(fields, "grpc-encoding") ?? "identity");
    const encoding = compressed ? named : "identity";
    const wire = wireLength(row);
    const inflated = (row.meta & ROW_FLAG.inflated) !== 0;
    const problem = messageProblem(row, prefixed, flag, encoding);
    const trimmed = row.c > 0 ? this.#messages.log.slab(row.a) === undefined : wire > 0;
    const event: Mutable<MessageEvent> = {
      seq: row.seq,
      at: rounded(row.at),
      kind: from === "client" ? "client-message" : "server-message",
      call: row.owner,
      index: row.d,
      length: inflated ? row.c : wire,
      wireLength: wire,
      encoding,
    };
    if (compressed) event.compressed = true;
    if (inflated) event.inflated = true;
    if (problem !== undefined) event.problem = problem;
    if ((row.meta & ROW_FLAG.truncated) !== 0) event.truncated = true;
    if (trimmed) event.trimmed = true;
    return event;
  }

  #callEnd(row: Row): CallEvent {
    const place = this.#calls.place(row.owner);
    const outcome = place === undefined ? TRIMMED_OUTCOME : this.#outcome(place);
    const durationMs =
      place === undefined
        ? 0
        : place.segment.floats[place.float + FLOAT.endedAt]! - place.segment.floats[place.float + FLOAT.startedAt]!;
    return {
      seq: row.seq,
      at: rounded(row.at),
      kind: "call-end",
      call: row.owner,
      status: outcome.status,
      how: outcome.how,
      by: outcome.by,
      durationMs: rounded(durationMs),
      client: { messages: row.a, bytes: row.c + row.d * HIGH },
      server: { messages: row.b, bytes: row.e + row.f * HIGH },
    };
  }

  #problem(row: Row, from: Side): CallEvent {
    const [connection = "0", code = "ERR_TRIMMED", ...rest] = (this.#fields.details(row.a, row.b) ?? "").split("\n");
    const common = {
      seq: row.seq,
      at: rounded(row.at),
      kind: "protocol-error" as const,
      from,
      code,
      message: rest.join("\n"),
    };
    return { ...common, ...(row.owner === 0 ? {} : { call: row.owner }), connection: Number(connection) };
  }
}

/** Of a message that came whole its octets were kept, or it would not be one. Without a prefix it may have any length. */
function wireLength({ meta, c, e, f }: Row): number {
  if ((meta & ROW_FLAG.chained) === 0) return c;
  return (meta & ROW_FLAG.prefixed) !== 0 ? e : e + f * HIGH;
}

function messageProblem(row: Row, prefixed: boolean, flag: number, encoding: string): Problem | undefined {
  if ((row.meta & ROW_FLAG.cut) !== 0)
    return { code: "ERR_MESSAGE_CUT", message: `cut after ${row.e} of ${row.f} bytes` };
  if (!prefixed || flag === 0) return undefined;
  if (flag > 1) return { code: "ERR_MESSAGE_FLAG", message: `message prefix begins with ${flag}; must be 0 or 1` };
  if (encoding === UNKNOWN_ENCODING)
    return { code: "ERR_ENCODING_UNKNOWN", message: "message is compressed; the header that names how was not kept" };
  if (encoding !== "identity") return undefined;
  return { code: "ERR_NO_ENCODING", message: "message is marked as compressed, but there is no grpc-encoding" };
}

function statusIn(fields: readonly Field[]): Status {
  const text = firstValue(fields, "grpc-status");
  const code = text === undefined ? undefined : readStatusCode(text);
  const message = decodeStatusMessage(firstValue(fields, "grpc-message") ?? "");
  if (code === undefined)
    return { code: 2, name: statusName(2), message: message || "no grpc-status", source: "missing" };
  return { code, name: statusName(code), message, source: "trailers" };
}

/** Microseconds are as fine as the clock that is read once a chunk. */
function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
