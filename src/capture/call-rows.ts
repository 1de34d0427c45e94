// Calls as rows in typed arrays: what a list, a filter or a statistic asks of a call without reading its events.
import { OpenCall } from "./open-call.js";

/** 4,096 calls, 440 KiB. */
const SEGMENT_CALLS = 4096;

/** Columns of one segment; the index is the call's place in it. */
export class CallSegment {
  readonly startedAt: Float64Array;
  /** 0 while the call is open. */
  readonly endedAt: Float64Array;
  /** Of the first response header or message; 0 while there was none. */
  readonly answeredAt: Float64Array;
  readonly timeoutMs: Float64Array;
  readonly clientBytes: Float64Array;
  readonly serverBytes: Float64Array;
  /** Seq of the first event that is still kept. */
  readonly firstSeq: Float64Array;
  readonly connection: Uint32Array;
  readonly stream: Uint32Array;
  /** An entry of the capture's method table. */
  readonly method: Uint32Array;
  readonly clientMessages: Uint32Array;
  readonly serverMessages: Uint32Array;
  /** Where the header lists stand, for the encoding of messages and the status; the server's position plus 1, as it may have none. */
  readonly clientListSerial: Uint32Array;
  readonly clientListPosition: Uint32Array;
  readonly serverListSerial: Uint32Array;
  readonly serverListPosition: Uint32Array;
  readonly trailerListSerial: Uint32Array;
  readonly trailerListPosition: Uint32Array;
  readonly statusCode: Uint32Array;
  /** Index into the tables of outcome.ts, each plus 1; 0 while the call is open. */
  readonly how: Uint8Array;
  readonly by: Uint8Array;
  readonly source: Uint8Array;
  readonly detail: Uint32Array;
  readonly protocol: Uint8Array;
  /** Those still open. */
  readonly open: (OpenCall | undefined)[];

  constructor(calls: number) {
    const f64 = () => new Float64Array(calls);
    const u32 = () => new Uint32Array(calls);
    const u8 = () => new Uint8Array(calls);
    this.startedAt = f64();
    this.endedAt = f64();
    this.answeredAt = f64();
    this.timeoutMs = f64();
    this.clientBytes = f64();
    this.serverBytes = f64();
    this.firstSeq = f64();
    this.connection = u32();
    this.stream = u32();
    this.method = u32();
    this.clientMessages = u32();
    this.serverMessages = u32();
    this.clientListSerial = u32();
    this.clientListPosition = u32();
    this.serverListSerial = u32();
    this.serverListPosition = u32();
    this.trailerListSerial = u32();
    this.trailerListPosition = u32();
    this.statusCode = u32();
    this.detail = u32();
    this.how = u8();
    this.by = u8();
    this.source = u8();
    this.protocol = u8();
    this.open = new Array<OpenCall | undefined>(calls).fill(undefined);
  }

  /** Copies one call's columns to another place. */
  copyTo(slot: number, to: CallSegment, toSlot: number): void {
    for (const key of COLUMN_NAMES) to[key][toSlot] = this[key][slot]!;
    to.open[toSlot] = this.open[slot];
  }
}

const COLUMN_NAMES = (Object.keys(new CallSegment(0)) as (keyof CallSegment)[]).filter(
  (key) => key !== "open",
) as Exclude<keyof CallSegment, "open" | "copyTo">[];

/** Octets of one call in the columns, the reference in `open` included. */
const CALL_BYTES = COLUMN_NAMES.reduce((sum, key) => sum + new CallSegment(0)[key].BYTES_PER_ELEMENT, 8);
export const CALL_SEGMENT_BYTES = SEGMENT_CALLS * CALL_BYTES;

/** Where one call's columns are. */
export interface CallPlace {
  readonly segment: CallSegment;
  readonly slot: number;
}

export class CallRows {
  readonly #segments: CallSegment[] = [];
  #current: CallSegment | undefined;
  #dropped = 0;
  /** Calls that were open when their segment was dropped. */
  readonly #survivors = new Map<number, CallPlace>();
  readonly #grow: () => void;
  /** Calls so far; ids are 1 to this. */
  count = 0;

  constructor(grow: () => void) {
    this.#grow = grow;
  }

  get bytes(): number {
    return this.#segments.length * CALL_SEGMENT_BYTES + this.#survivors.size * CALL_BYTES;
  }

  /** The first id whose row is kept with all that follow; older ones are kept only while they are open. */
  get oldest(): number {
    return this.#dropped * SEGMENT_CALLS + 1;
  }

  /** Ids of open calls older than {@link oldest}. */
  survivors(): IterableIterator<number> {
    return this.#survivors.keys();
  }

  open(): OpenCall {
    const slot = this.count % SEGMENT_CALLS;
    if (slot === 0) {
      this.#grow();
      this.#current = new CallSegment(SEGMENT_CALLS);
      this.#segments.push(this.#current);
    }
    const call = new OpenCall(++this.count, this.#current!, slot);
    this.#current!.open[slot] = call;
    return call;
  }

  place(id: number): CallPlace | undefined {
    const segment =
      id < 1 || id > this.count ? undefined : this.#segments[Math.floor((id - 1) / SEGMENT_CALLS) - this.#dropped];
    if (segment === undefined) return this.#survivors.get(id);
    return { segment, slot: (id - 1) % SEGMENT_CALLS };
  }

  /** Drops the oldest calls but those still open. @returns calls dropped */
  dropOldest(): number {
    let gone = 0;
    for (const [id, { segment, slot }] of this.#survivors) {
      if (segment.open[slot] !== undefined) continue;
      this.#survivors.delete(id);
      gone++;
    }
    const segment = this.#segments.length > 1 ? this.#segments.shift() : undefined;
    if (segment === undefined) return gone;
    const first = this.oldest;
    this.#dropped++;
    for (let slot = 0; slot < SEGMENT_CALLS; slot++) {
      const call = segment.open[slot];
      if (call === undefined) {
        gone++;
        continue;
      }
      const alone = new CallSegment(1);
      segment.copyTo(slot, alone, 0);
      call.segment = alone;
      call.slot = 0;
      this.#survivors.set(first + slot, { segment: alone, slot: 0 });
    }
    return gone;
  }
}
