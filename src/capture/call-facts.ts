// A call's row as numbers and words by getter: for lists, filters and statistics, which would make an object a call otherwise.
import type { EndedBy, HowEnded } from "../model/events.js";
import { type Field, firstValue } from "../model/fields.js";
import type { StatusSource } from "../model/status.js";
import { decodeStatusMessage } from "../rpc/grpc.js";
import { FLOAT, WHOLE } from "./call-numbers.js";
import { type CallRows, CallSegment, type MovingPlace } from "./call-rows.js";
import type { FieldBytes } from "./field-bytes.js";
import type { Names } from "./names.js";
import { byOf, howOf, readOutcome, sourceOf } from "./outcome.js";

const LISTS = {
  client: WHOLE.clientListSerial,
  server: WHOLE.serverListSerial,
  trailer: WHOLE.trailerListSerial,
} as const;
/** Connections have few header lists that differ; a list of 10 fields is some 2 KiB. */
const MAX_LISTS = 256;
/** Serial and position as one number: a slab has 2^18 octets. */
const SLAB_POSITIONS = 2 ** 18;
const NO_FIELDS: readonly Field[] = [];

/** One call at a time: {@link moveTo} it, then ask. Good until something is written to the capture. */
export class CallFacts {
  readonly #calls: CallRows;
  readonly #fields: FieldBytes;
  readonly #names: Names;
  readonly #place: MovingPlace = { segment: new CallSegment(1), float: 0, whole: 0 };
  /** Header lists read lately, by where they stand. */
  readonly #lists = new Map<number, readonly Field[]>();
  id = 0;

  constructor(calls: CallRows, fields: FieldBytes, names: Names) {
    this.#calls = calls;
    this.#fields = fields;
    this.#names = names;
  }

  /** @returns false when there is no such call, or no more: then there is nothing to ask */
  moveTo(id: number): boolean {
    if (!this.#calls.find(id, this.#place)) return false;
    this.id = id;
    return true;
  }

  get connection(): number {
    return this.#whole(WHOLE.connection);
  }

  /** HTTP/2 stream id. */
  get streamId(): number {
    return this.#whole(WHOLE.stream);
  }

  /** The same for all calls of a method, 1, 2, 3 …; 0 for those that found no place among the names. */
  get methodNumber(): number {
    return this.#whole(WHOLE.method);
  }

  get method(): string {
    return this.#names.nameOf(this.methodNumber) ?? firstValue(this.fields("client"), ":path") ?? "";
  }

  get protocol(): string {
    return this.#names.nameOf(this.#whole(WHOLE.protocol)) ?? "unknown";
  }

  /** Unix ms, unrounded; so are the other times. */
  get startedAt(): number {
    return this.#float(FLOAT.startedAt);
  }

  /** Of the first thing that the server sent; undefined while there is none. */
  get answeredAt(): number | undefined {
    return this.#float(FLOAT.answeredAt) || undefined;
  }

  get endedAt(): number | undefined {
    return this.isOpen ? undefined : this.#float(FLOAT.endedAt);
  }

  get timeoutMs(): number | undefined {
    const timeout = this.#float(FLOAT.timeoutMs);
    return timeout < 0 ? undefined : timeout;
  }

  get isOpen(): boolean {
    return this.#whole(WHOLE.outcome) === 0;
  }

  get clientMessages(): number {
    return this.#whole(WHOLE.clientMessages);
  }

  get serverMessages(): number {
    return this.#whole(WHOLE.serverMessages);
  }

  /** Message bytes on the wire. */
  get clientBytes(): number {
    return this.#float(FLOAT.clientBytes);
  }

  get serverBytes(): number {
    return this.#float(FLOAT.serverBytes);
  }

  /** Undefined while the call is open, as are the next three. */
  get statusCode(): number | undefined {
    return this.isOpen ? undefined : this.#whole(WHOLE.statusCode);
  }

  get statusSource(): StatusSource | undefined {
    return this.isOpen ? undefined : sourceOf(this.#whole(WHOLE.outcome));
  }

  get how(): HowEnded | undefined {
    return this.isOpen ? undefined : howOf(this.#whole(WHOLE.outcome));
  }

  get by(): EndedBy | undefined {
    return this.isOpen ? undefined : byOf(this.#whole(WHOLE.outcome));
  }

  /** Code of the RST_STREAM that ended the call without a status; undefined when none did. */
  get resetCode(): number | undefined {
    return this.statusSource === "reset" ? this.#whole(WHOLE.detail) : undefined;
  }

  /** As in {@link Status}: what the server said, or our explanation. */
  get statusMessage(): string | undefined {
    if (this.isOpen) return undefined;
    return readOutcome(this.#place, decodeStatusMessage(firstValue(this.fields("trailer"), "grpc-message") ?? ""))
      .status.message;
  }

  /** Seq of the first event that is kept. */
  get firstSeq(): number {
    return this.#float(FLOAT.firstSeq);
  }

  /** The request's fields, the response's, the trailers; none when there are none, or no more. */
  fields(part: "client" | "server" | "trailer"): readonly Field[] {
    const which = LISTS[part];
    const position = this.#whole(which + 1);
    if (position === 0) return NO_FIELDS;
    const serial = this.#whole(which);
    const key = serial * SLAB_POSITIONS + position - 1;
    const known = this.#lists.get(key);
    if (known !== undefined) return known;
    const list = this.#fields.list(serial, position - 1);
    if (list === undefined) return NO_FIELDS;
    if (this.#lists.size >= MAX_LISTS) this.#lists.clear();
    this.#lists.set(key, list);
    return list;
  }

  #whole(place: number): number {
    return this.#place.segment.wholes[this.#place.whole + place]!;
  }

  #float(place: number): number {
    return this.#place.segment.floats[this.#place.float + place]!;
  }
}
