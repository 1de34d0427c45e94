// Events as gRPC's binary log: entries that every reader of such logs knows, and what is ours beside them (binary-log/entry.ts).
import {
  CALLS_OF_SESSION,
  ENTRY,
  encodeEntry,
  encodeInPieces,
  LOGGER,
  type LogEntry,
  type LogStatus,
} from "../binary-log/entry.js";
import { remember } from "../binary-log/remember.js";
import { logFields } from "../binary-log/wire-fields.js";
import type { CaptureEvent, DroppedEvent, MessageEvent } from "../model/events.js";
import { type Field, firstValue } from "../model/fields.js";
import { maskPath } from "../model/secrets.js";
import type { Status } from "../model/status.js";
import { decodeBinaryMetadata } from "../rpc/grpc.js";
import type { MessageReader } from "../session/message-reader.js";
import type { MessageView } from "../session/message-view.js";
import { type TellingOptions, toldFields, typesForFields } from "./told-fields.js";

export interface BinaryLogOptions extends TellingOptions {
  /** Inflates messages, and hides in their octets what is to be hidden. */
  readonly messages: MessageReader;
}

type Event<K extends CaptureEvent["kind"]> = Extract<CaptureEvent, { readonly kind: K }>;

/** Calls whose entries are counted, and connections whose clients are known; of an end that was missed nobody tells. */
const MAX_KNOWN = 100_000;

/** Members of events that stand in the entry itself, or follow from what does. */
const ELSEWHERE: ReadonlySet<string> = new Set([
  ...["seq", "at", "kind", "call", "index", "length", "method", "authority", "timeoutMs", "fields", "status"],
]);

/** An entry, or its pieces: each is good until the next is asked for. */
export type EncodedEntry = Uint8Array | Iterable<Uint8Array>;

/** Writes the events of one session, each once and in order. */
export class BinaryLogWriter {
  readonly #options: BinaryLogOptions;
  readonly #session: number;
  /** The time of the event before. */
  #latest = 0;
  /** Messages that were written without their octets, which were not kept any more. */
  withoutBytes = 0;
  /** Events that are not written, as they were not kept any more. */
  missing = 0;
  /** Entries so far, by call. */
  readonly #sequences = new Map<number, number>();
  /** By connection. */
  readonly #clients = new Map<number, string>();

  /** @param session another one for each session that may stand in the same log: 1 to `MAX_SESSION` */
  constructor(options: BinaryLogOptions, session: number) {
    this.#options = options;
    this.#session = session;
  }

  /**
   * What a session begins with.
   * @param at Unix ms
   * @param facts for whoever reads it: which program, where calls go
   */
  begin(at: number, facts: Readonly<Record<string, string>>): Uint8Array {
    this.#latest = at;
    return encodeEntry({ ...NO_CALL, at, more: this.#wholeOf({ kind: "capture-opened", ...facts }) });
  }

  /** @param protoset a google.protobuf.FileDescriptorSet; see `NewTypes` */
  types(at: number, protoset: Uint8Array): Uint8Array {
    return encodeEntry({ ...NO_CALL, at, types: protoset });
  }

  /** Only what must be decompressed or asked for takes more than this turn of the event loop. */
  entry(event: CaptureEvent | DroppedEvent): EncodedEntry | Promise<EncodedEntry> {
    if ("at" in event) this.#latest = event.at;
    else this.missing += event.events;
    switch (event.kind) {
      case "client-header": {
        const asked = typesForFields(event.method, event.fields, this.#options);
        return asked === undefined ? this.#clientHeader(event) : asked.then(() => this.#clientHeader(event));
      }
      case "server-header":
        return this.#withFields(event, ENTRY.serverHeader);
      case "server-trailer":
        return this.#serverTrailer(event);
      case "client-message":
      case "server-message": {
        const view = this.#options.messages.readOnce(event);
        return view instanceof Promise ? view.then((read) => this.#message(read)) : this.#message(view);
      }
      case "client-half-close":
        return encodeEntry(this.#ofCall(event, ENTRY.clientHalfClose));
      case "cancel":
        return encodeEntry({ ...this.#ofCall(event, ENTRY.cancel), more: restOf(event) });
      case "client-trailer": {
        const { fields } = toldFields(event.fields, this.#options);
        return encodeEntry({ ...this.#ofCall(event, ENTRY.unknown), more: this.#wholeOf({ ...event, fields }) });
      }
      case "call-end": {
        return encodeEntry({ ...this.#ofCall(event, ENTRY.unknown), more: this.#wholeOf(event) });
      }
      case "connection-opened":
        remember(this.#clients, event.connection, event.client, MAX_KNOWN);
        break;
      case "connection-closed":
        this.#clients.delete(event.connection);
        break;
      default:
    }
    const at = "at" in event ? event.at : this.#latest;
    const isOfCall = "call" in event && event.call !== undefined;
    const call = isOfCall ? this.#numberOf(event.call as number) : NO_CALL.call;
    return encodeEntry({ ...NO_CALL, at, call, more: this.#wholeOf(event) });
  }

  #clientHeader(event: Event<"client-header">): Uint8Array {
    const { showSecrets, salt } = this.#options;
    const { metadata, plan } = logFields(toldFields(event.fields, this.#options).fields);
    const { authority, timeoutMs, connection } = event;
    return encodeEntry({
      ...this.#ofCall(event, ENTRY.clientHeader),
      method: showSecrets ? event.method : maskPath(event.method, salt),
      authority,
      timeoutMs,
      peer: this.#clients.get(connection),
      metadata,
      more: restOf(event, plan),
    });
  }

  #withFields(event: Event<"server-header">, type: number): Uint8Array {
    const { metadata, plan } = logFields(toldFields(event.fields, this.#options).fields);
    return encodeEntry({ ...this.#ofCall(event, type), metadata, more: restOf(event, plan) });
  }

  #serverTrailer(event: Event<"server-trailer">): Uint8Array {
    const { fields } = toldFields(event.fields, this.#options);
    const { metadata, plan } = logFields(fields);
    return encodeEntry({
      ...this.#ofCall(event, ENTRY.serverTrailer),
      metadata,
      status: logStatus(event.status, fields),
      more: restOf(event, plan),
    });
  }

  #message(view: MessageView): EncodedEntry {
    const { event, bytes, wireBytes, shownBytes } = view;
    const isHidden = shownBytes !== (bytes ?? wireBytes);
    const isInflated = event.compressed === true && bytes !== undefined;
    if (wireBytes === undefined) this.withoutBytes++;
    const isWireKept = isInflated && !isHidden && event.inflated !== true;
    const type = event.kind === "client-message" ? ENTRY.clientMessage : ENTRY.serverMessage;
    const entry = {
      ...this.#ofCall(event, type),
      message: { length: event.length, data: shownBytes ?? NO_OCTETS },
      truncated: (shownBytes?.length ?? 0) < event.length,
      more: messageRest(event, isInflated && !isWireKept, shownBytes === undefined),
      // It would tell what is hidden.
      wire: isWireKept ? wireBytes : undefined,
    };
    if (!view.isLong) return encodeEntry(entry);
    view.hold();
    return this.#heldPieces(entry, view);
  }

  /** However the writing ends, the octets are not needed after it. */
  *#heldPieces(entry: Parameters<typeof encodeInPieces>[0], view: MessageView): Iterable<Uint8Array> {
    try {
      yield* encodeInPieces(entry);
    } finally {
      this.#options.messages.done(view);
    }
  }

  #ofCall({ at, call }: { readonly at: number; readonly call: number }, type: number): LogEntry {
    const sequence = (this.#sequences.get(call) ?? 0) + 1;
    remember(this.#sequences, call, sequence, MAX_KNOWN);
    return { at, call: this.#numberOf(call), sequence, type, logger: LOGGER.unknown };
  }

  #numberOf(call: number): string {
    return String(this.#session * CALLS_OF_SESSION + (call % CALLS_OF_SESSION));
  }

  /** Of an event for which a binary log has no type. */
  #wholeOf(event: object): string {
    const { seq: _seq, at: _at, call, ...rest } = event as Readonly<Record<string, unknown>>;
    return JSON.stringify(call === undefined ? { ...rest, session: this.#session } : rest);
  }
}

const NO_OCTETS = new Uint8Array(0);
const NO_CALL = { at: 0, call: "0", sequence: 0, type: ENTRY.unknown, logger: LOGGER.unknown } as const;

/** The members that have no other place. */
function restOf(event: object, plan?: unknown): string {
  const rest = Object.entries(event).filter(([name]) => !ELSEWHERE.has(name));
  return JSON.stringify({ ...Object.fromEntries(rest), ...(plan === undefined ? {} : { fields: plan }) });
}

/** @param isInflated its compressed form is not kept @param isGone nothing of it is */
function messageRest(event: MessageEvent, isInflated: boolean, isGone: boolean): string | undefined {
  const { wireLength, encoding, compressed, problem, truncated } = event;
  const trimmed = isGone ? true : undefined;
  const isPlain = compressed !== true && problem === undefined && truncated !== true && !isGone;
  if (isPlain && wireLength === event.length && encoding === "identity") return undefined;
  const inflated = isInflated ? true : undefined;
  return JSON.stringify({ wireLength, encoding, compressed, inflated, problem, truncated, trimmed });
}

function logStatus({ code, message }: Status, fields: readonly Field[]): LogStatus {
  const details = firstValue(fields, "grpc-status-details-bin");
  return { code, message, details: details === undefined ? undefined : decodeBinaryMetadata(details)[0] };
}
