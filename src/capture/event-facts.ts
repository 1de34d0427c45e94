// An event's row as numbers by getter: for those who look at every event and would make an object of each otherwise.
import type { SideIndex } from "../http2/stream.js";
import type { CallRows } from "./call-rows.js";
import {
  type EventRows,
  HIGH,
  KIND,
  type MovingRow,
  ROW_FLAG,
  ROW_NUMBERS,
  SEGMENT_ROWS,
  type Segment,
} from "./event-rows.js";

/** What {@link EventFacts.kind} may be. */
export const EVENT_KIND = KIND;

/** A message's flag octet in the row: 0 for a plain message. */
const FLAG_OCTET = 0xff << 16;

const NO_SEGMENT: Segment = {
  slab: new Uint8Array(0),
  numbers: new Uint32Array(ROW_NUMBERS),
  at: new Float64Array(1),
  linksOut: [],
};

/** One event at a time: {@link moveTo} it, then ask. Good until something is written to the capture. */
export class EventFacts {
  readonly #events: EventRows;
  readonly #calls: CallRows;
  readonly #at: MovingRow = { segment: NO_SEGMENT, row: 0 };
  seq = 0;

  constructor(events: EventRows, calls: CallRows) {
    this.#events = events;
    this.#calls = calls;
  }

  /** @returns false when there is no such event, or no more: then there is nothing to ask */
  moveTo(seq: number): boolean {
    if (!this.#events.find(seq, this.#at)) return false;
    this.seq = seq;
    return true;
  }

  /**
   * Moves to the first event from `seq` to `last` that is of one of some kinds: for those who want few of many.
   * @param kinds a bit a kind, as in `1 << EVENT_KIND.callEnd`
   * @returns false when there is none: then there is nothing to ask
   */
  seek(seq: number, last: number, kinds: number): boolean {
    const at = this.#at;
    for (let next = seq; next <= last; ) {
      if (!this.#events.find(next, at)) return false;
      const { numbers } = at.segment;
      const end = Math.min(SEGMENT_ROWS, at.row + last - next + 1);
      for (let row = at.row; row < end; row++) {
        if (((kinds >>> (numbers[row * ROW_NUMBERS + 1]! & 0xff)) & 1) === 0) continue;
        this.seq = next + row - at.row;
        at.row = row;
        return true;
      }
      next += end - at.row;
    }
    return false;
  }

  /** One of {@link EVENT_KIND}. */
  get kind(): number {
    return this.#meta & 0xff;
  }

  /** Unix ms, unrounded. */
  get at(): number {
    return this.#at.segment.at[this.#at.row]!;
  }

  /** The call's id; 0 for an event of no call. */
  get call(): number {
    const owner = this.#number(0);
    return owner === 0 || this.kind === KIND.connection ? 0 : this.#calls.idOf(owner);
  }

  /** Seq of the next event of the same call; 0 when there is none yet. */
  get next(): number {
    const distance = this.#number(2);
    return distance === 0 ? 0 : this.seq + distance;
  }

  get from(): SideIndex {
    return (this.#meta & ROW_FLAG.fromServer) === 0 ? 0 : 1;
  }

  /** Whether the event may have a `problem`: messages that were cut or oddly marked, unreadable headers, what a peer broke. */
  get mayBeBroken(): boolean {
    const meta = this.#meta;
    return this.kind === KIND.protocolError || (meta & (ROW_FLAG.cut | ROW_FLAG.unreadable | FLAG_OCTET)) !== 0;
  }

  // Of messages only.

  /** Counts from 0 on each side. */
  get index(): number {
    return this.#number(6);
  }

  /** Octets that came, without the prefix. */
  get wireLength(): number {
    const meta = this.#meta;
    if ((meta & ROW_FLAG.chained) === 0) return this.#number(5);
    return (meta & ROW_FLAG.prefixed) !== 0 ? this.#number(7) : this.#number(7) + this.#number(8) * HIGH;
  }

  get isCompressed(): boolean {
    return (this.#meta & ROW_FLAG.prefixed) !== 0 && ((this.#meta >>> 16) & 0xff) === 1;
  }

  get #meta(): number {
    return this.#number(1);
  }

  #number(place: number): number {
    return this.#at.segment.numbers[this.#at.row * ROW_NUMBERS + place]!;
  }
}
