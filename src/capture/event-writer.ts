// Appends events that somebody else tells: what another program's feed or file says becomes a capture like those of our own relay.
import type { FieldList } from "../http2/hpack/field-list.js";
import { ListModels } from "../http2/hpack/list-models.js";
import { CLIENT, SERVER } from "../http2/stream.js";
import type { CallEvent, CaptureEvent, ConnectionEvent, MessageEvent, Problem } from "../model/events.js";
import type { Field, Side } from "../model/fields.js";
import { requestFacts } from "../rpc/grpc.js";
import type { Capture, NewConnectionEvent } from "./capture.js";
import type { OpenCall } from "./open-call.js";

/** Calls that ended and may still be told of: a late reset comes within moments. */
const MAX_ENDED = 1000;
/** Bit 0 of a message's prefix (gRPC PROTOCOL-HTTP2, Compressed-Flag). */
const COMPRESSED = 1;

interface ToldCall {
  readonly call: OpenCall;
  /** Its messages have prefixes; what is no gRPC has one body of any length a side. */
  readonly isFramed: boolean;
  /** Of the last RST_STREAM. */
  resetCode: number;
}

/** Seqs and numbers of calls are the capture's own: they are the same as there as long as nothing was gone before it began. */
export class EventWriter {
  readonly #capture: Capture;
  readonly #open = new Map<number, ToldCall>();
  readonly #ended = new Map<number, ToldCall>();
  // What is told again and again is kept once, as of our own connections.
  readonly #requests = new ListModels();
  readonly #responses = new ListModels();
  readonly #trailers = new ListModels();

  constructor(capture: Capture) {
    this.#capture = capture;
  }

  /** Another framelens tells from now on: what was open is not heard of any more. It tells what it saw before it was found, too. */
  restart(): void {
    for (const { call } of this.#open.values()) {
      this.#capture.endCall(call, "connection-lost", "proxy", 14, "connection", 0);
    }
    this.#open.clear();
    this.#ended.clear();
  }

  /**
   * @param event in the order in which they happened; what tells of calls whose beginning is not told is passed over
   * @param bytes of a message as they crossed the wire; undefined when they are not known
   */
  put(event: CaptureEvent, bytes?: Uint8Array): void {
    this.#capture.tick(Math.max(this.#capture.now, event.at));
    if (event.kind === "protocol-error") this.#problem(event);
    else if (!("call" in event)) this.#connection(event);
    else if (event.kind === "client-header") this.#begin(event);
    else this.#ofCall(event, bytes);
  }

  #connection(event: ConnectionEvent): void {
    if (event.kind === "connection-opened") this.#capture.openConnection();
    if (event.kind === "connection-closed") this.#capture.closeConnection();
    // The capture gives it a seq and a time of its own.
    const { seq: _seq, at: _at, ...told } = event;
    this.#capture.connectionEvent(told as NewConnectionEvent);
  }

  #begin(event: Extract<CallEvent, { readonly kind: "client-header" }>): void {
    const list = listOf(event, this.#requests);
    const { connection, stream, protocol, pushed } = event;
    const facts = requestFacts(list?.fields ?? []);
    const call = this.#capture.openCall(connection, stream, protocol, list, facts, pushed === true, undefined);
    if (call !== undefined) this.#open.set(event.call, { call, isFramed: protocol !== "unknown", resetCode: 0 });
  }

  #problem(event: Extract<CaptureEvent, { readonly kind: "protocol-error" }>): void {
    const known = event.call === undefined ? undefined : this.#known(event.call);
    if (event.call !== undefined && known === undefined) return;
    this.#capture.problem(event.connection, known?.call, sideOf(event.from), event.code, event.message);
  }

  #ofCall(
    event: Exclude<CallEvent, { kind: "client-header" | "protocol-error" }>,
    bytes: Uint8Array | undefined,
  ): void {
    const known = this.#known(event.call);
    if (known === undefined) return;
    const capture = this.#capture;
    const { call } = known;
    switch (event.kind) {
      case "server-header":
        capture.serverHeader(call, listOf(event, this.#responses), event.informational === true);
        break;
      case "client-message":
      case "server-message":
        this.#message(known, event, bytes);
        break;
      case "client-half-close":
        capture.halfClose(call);
        break;
      case "client-trailer":
        capture.clientTrailer(call, listOf(event, this.#trailers));
        break;
      case "server-trailer":
        capture.serverTrailer(call, listOf(event, this.#trailers), event.trailersOnly === true);
        break;
      case "cancel":
        known.resetCode = event.code;
        capture.cancel(call, sideOf(event.from), event.code);
        break;
      case "call-end": {
        const { how, by, status } = event;
        const detail = status.source === "reset" ? known.resetCode : httpStatusIn(status);
        capture.endCall(call, how, by, status.code, status.source, detail);
        this.#end(event.call, known);
        break;
      }
      default:
        event satisfies never;
    }
  }

  #message({ call, isFramed }: ToldCall, event: MessageEvent, bytes: Uint8Array | undefined): void {
    const from = sideOf(event.kind === "client-message" ? "client" : "server");
    const { problem } = event;
    const flag = numberIn(problem, FLAG_PROBLEM) ?? (event.compressed === true ? COMPRESSED : 0);
    const announced = numberIn(problem, CUT_PROBLEM);
    this.#capture.beginChunk();
    const isInflated = event.inflated === true && bytes !== undefined;
    if (
      isFramed &&
      !isInflated &&
      bytes !== undefined &&
      bytes.length === event.wireLength &&
      announced === undefined
    ) {
      this.#capture.message(call, from, flag, bytes, 0, bytes.length);
      return;
    }
    // Its length is known, and the first part at most.
    this.#capture.messageStart(call, from, flag, announced ?? (isFramed ? event.wireLength : undefined));
    if (bytes !== undefined) this.#capture.messagePart(call, from, bytes, 0, bytes.length);
    const growing = from === CLIENT ? call.clientMessage : call.serverMessage;
    if (growing !== undefined) {
      growing.received = event.wireLength;
      growing.inflated = isInflated && growing.kept === bytes.length;
    }
    this.#capture.messageEnd(call, from, announced === undefined);
  }

  #known(call: number): ToldCall | undefined {
    return this.#open.get(call) ?? this.#ended.get(call);
  }

  #end(id: number, known: ToldCall): void {
    this.#open.delete(id);
    this.#ended.set(id, known);
    for (const oldest of this.#ended.keys()) {
      if (this.#ended.size <= MAX_ENDED) return;
      this.#ended.delete(oldest);
    }
  }
}

function sideOf(side: Side): typeof CLIENT | typeof SERVER {
  return side === "client" ? CLIENT : SERVER;
}

interface ToldFields {
  readonly fields: readonly Field[];
  readonly droppedFields?: number;
  readonly problem?: Problem;
}

/** @returns undefined for a list that nobody could read */
function listOf({ fields, droppedFields = 0, problem }: ToldFields, models: ListModels): FieldList | undefined {
  if (problem !== undefined && fields.length === 0) return undefined;
  const own = [...fields];
  const bytes = own.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  return models.list(own, droppedFields, bytes);
}

/** Numbers of a message that are told in the words of its problem only, as the reader puts them. */
const FLAG_PROBLEM = { code: "ERR_MESSAGE_FLAG", text: /begins with (\d{1,3});/ } as const;
const CUT_PROBLEM = { code: "ERR_MESSAGE_CUT", text: /of (\d{1,10}) bytes$/ } as const;

function numberIn(problem: Problem | undefined, { code, text }: { code: string; text: RegExp }): number | undefined {
  const digits = problem?.code === code ? text.exec(problem.message)?.[1] : undefined;
  return digits === undefined ? undefined : Number(digits);
}

/** As the status of an answer that is no gRPC is told in words. */
function httpStatusIn({ source, message }: { readonly source: string; readonly message: string }): number {
  return source === "http-status" ? Number(/^HTTP status (\d{1,9})/.exec(message)?.[1] ?? 0) : 0;
}
