// Events as rows of numbers in segments: no object per event. A row is one event; its seq is its place.
import { SLAB_BYTES, type Slabs } from "./slabs.js";

/** What a row is; the names are those of the events (model/events.ts). */
export const KIND = {
  clientHeader: 1,
  serverHeader: 2,
  clientMessage: 3,
  serverMessage: 4,
  clientHalfClose: 5,
  clientTrailer: 6,
  serverTrailer: 7,
  cancel: 8,
  callEnd: 9,
  protocolError: 10,
  /** The event stands as JSON among the details. */
  connection: 11,
} as const;

/** Bits above the kind (bits 0–7); the message's flag octet is in bits 16–23. */
export const ROW_FLAG = {
  fromServer: 1 << 8,
  /** serverHeader: 1xx. serverTrailer: trailers-only. clientHeader: pushed. */
  special: 1 << 9,
  /** Messages: the bytes are a chain of pieces; not all were kept; the stream ended inside it; it has a prefix. */
  chained: 1 << 10,
  truncated: 1 << 11,
  cut: 1 << 12,
  prefixed: 1 << 13,
  /** The bytes or fields were never readable. */
  unreadable: 1 << 14,
  /** Messages: the bytes are those after decompression, of a message that was compressed. */
  inflated: 1 << 15,
} as const;

/** Numbers of a row have 32 bits. One that may need more has a second for what is above: its 2^32s. */
export const HIGH = 2 ** 32;

/** owner, meta, next, a, b, c, d, e, f */
export const ROW_COLUMNS = 9;
const COLUMNS = ROW_COLUMNS;
const FIRST_NUMBER = 3;
/** 5,957 events a slab. */
export const SEGMENT_ROWS = Math.floor(SLAB_BYTES / (COLUMNS * 4 + 8));
/** V8 puts constants of a module into the code, but not what a module exports. */
const ROWS = SEGMENT_ROWS;

/** Whose events follow each other in links. */
export interface EventOwner {
  /** The lower 32 bits of its id, as a signed number. */
  readonly low: number;
  /** 0 before the first. */
  lastSeq: number;
  /** The events before this one are no longer kept. */
  beginsAt(seq: number): void;
}

export interface Segment {
  readonly slab: Uint8Array;
  readonly numbers: Uint32Array;
  readonly at: Float64Array;
  /** Rows whose next event is in another segment. */
  readonly linksOut: number[];
}

/** One row as it is read. */
export interface Row {
  seq: number;
  at: number;
  /** The call, as the lower 32 bits of its id; for `connection` rows the connection; 0 for problems of no call. */
  owner: number;
  meta: number;
  /** Distance to the next event of the same owner; 0 when there is none. */
  next: number;
  a: number;
  b: number;
  c: number;
  d: number;
  e: number;
  f: number;
}

/** A place that is moved from event to event. */
export interface MovingRow {
  segment: Segment;
  /** Of the segment's times; its numbers begin at {@link ROW_NUMBERS} times this. */
  row: number;
}

export const ROW_NUMBERS = COLUMNS;

export class EventRows {
  readonly #segments: Segment[] = [];
  /** Of the segment that is written to. */
  numbers: Uint32Array = new Uint32Array(0);
  #at: Float64Array = new Float64Array(0);
  #firstOfCurrent = 1;
  /** The seq of the oldest event in the current segment that was not cleared. */
  #oldestNear = 1;
  /** The next row of the current segment. */
  #row = SEGMENT_ROWS;
  #droppedSegments = 0;
  /** The last seq that was cleared: rows up to it may still be there, and count for nothing. */
  #cleared = 0;
  /** The seq of the oldest event that is kept; one more than {@link newest} when there is none. */
  oldest = 1;
  readonly #memory: Slabs;
  readonly #grow: () => void;
  /** The seq of the last event; 0 before the first. */
  newest = 0;

  constructor(memory: Slabs, grow: () => void) {
    this.#memory = memory;
    this.#grow = grow;
    // A field that always was the same is a constant to V8, and all that was compiled with it is lost once it is another: at the
    // first trim, in the midst of a busy traffic, that was a second of compiling.
    this.#move(1, 1);
    this.#move(0, 0);
  }

  /** The last seq that was dropped by {@link clear}; 0 when that never was. */
  get cleared(): number {
    return this.#cleared;
  }

  get bytes(): number {
    return this.#segments.length * SLAB_BYTES;
  }

  /**
   * Begins an event of no call, {@link newest} from now on. What else its kind says is to be written into {@link numbers} at once.
   * @returns the place of its first number, `a` in {@link Row}; those that its kind does not have may be anything
   */
  beginAlone(at: number, owner: number, meta: number): number {
    if (this.#row === ROWS) this.#addSegment();
    return this.#write(at, owner, meta);
  }

  /** The same for an event of a call, to which the call's event before it gets linked if that is still kept. */
  begin(at: number, call: EventOwner, meta: number): number {
    const before = call.lastSeq;
    // Mostly it is not long ago.
    if (this.isNear(before, 1) === true) return this.append(at, call, meta);
    if (this.#row === ROWS) this.#addSegment();
    const to = this.appendFirst(at, call, meta);
    if (before !== 0) this.#linkFar(call, before, this.newest);
    return to;
  }

  /**
   * Whether the next `count` events are in the segment that is written to, and so is the event of seq `before`: then
   * {@link append} may write them.
   */
  isNear(before: number, count: number): boolean {
    return this.#row <= ROWS - count && before >= this.#oldestNear;
  }

  /** Whether the next `count` events are in the segment that is written to. */
  hasRoom(count: number): boolean {
    return this.#row <= ROWS - count;
  }

  /** {@link begin}, once it is known that all of it {@link isNear}. */
  append(at: number, call: EventOwner, meta: number): number {
    const to = this.#write(at, call.low, meta);
    this.#linkNear(call.lastSeq, this.newest);
    call.lastSeq = this.newest;
    return to;
  }

  /**
   * Two events of a call that come together, as {@link append} would write them one after the other.
   * @returns the place of the first number of the first; the second's is {@link ROW_COLUMNS} behind it
   */
  appendTwo(at: number, call: EventOwner, first: number, second: number): number {
    const { numbers } = this;
    const row = this.#row;
    const one = Math.imul(row, COLUMNS);
    const two = (one + COLUMNS) | 0;
    const seq = this.newest + 1;
    this.#row = (row + 2) | 0;
    this.#at[row] = at;
    this.#at[(row + 1) | 0] = at;
    numbers[one] = call.low;
    numbers[(one + 1) | 0] = first;
    numbers[(one + 2) | 0] = 1;
    numbers[two] = call.low;
    numbers[(two + 1) | 0] = second;
    numbers[(two + 2) | 0] = 0;
    this.#linkNear(call.lastSeq, seq);
    this.newest = call.lastSeq = seq + 1;
    return (one + FIRST_NUMBER) | 0;
  }

  #linkNear(before: number, seq: number): void {
    const row = (before - this.#firstOfCurrent) | 0;
    this.numbers[(Math.imul(row, COLUMNS) + 2) | 0] = seq - before;
  }

  /** {@link begin} of a call's first event, once it is known that this {@link hasRoom}. */
  appendFirst(at: number, call: EventOwner, meta: number): number {
    const to = this.#write(at, call.low, meta);
    call.lastSeq = this.newest;
    return to;
  }

  #write(at: number, owner: number, meta: number): number {
    const row = this.#row;
    this.#row = (row + 1) | 0;
    this.#at[row] = at;
    const { numbers } = this;
    const to = Math.imul(row, COLUMNS);
    numbers[to] = owner;
    numbers[(to + 1) | 0] = meta;
    numbers[(to + 2) | 0] = 0;
    this.newest++;
    return (to + FIRST_NUMBER) | 0;
  }

  #linkFar(call: EventOwner, before: number, seq: number): void {
    if (before < this.oldest) {
      call.beginsAt(seq);
      return;
    }
    const segment = this.#segmentOf(before)!;
    const row = (before - 1) % SEGMENT_ROWS;
    segment.numbers[row * COLUMNS + 2] = seq - before;
    segment.linksOut.push(row);
  }

  /** @returns undefined when there is no such event, or no more */
  row(seq: number): Row | undefined {
    const segment = seq <= this.#cleared || seq > this.newest ? undefined : this.#segmentOf(seq);
    if (segment === undefined) return undefined;
    return readRow(segment, (seq - 1) % SEGMENT_ROWS, seq);
  }

  /** The same as {@link row} without an object. @returns false when there is no such event; `to` is then as it was */
  find(seq: number, to: MovingRow): boolean {
    const segment = seq <= this.#cleared || seq > this.newest ? undefined : this.#segmentOf(seq);
    if (segment === undefined) return false;
    to.segment = segment;
    to.row = (seq - 1) % SEGMENT_ROWS;
    return true;
  }

  /**
   * Drops the oldest segment, if it is not the one being written to.
   * @param moved told of every owner whose first kept event is now another
   */
  dropOldest(moved: (owner: number, seq: number) => void): boolean {
    const segment = this.#segments.length > 1 ? this.#segments.shift() : undefined;
    if (segment === undefined) return false;
    // No link leads from what was cleared to what was not: there is nobody to be told of it.
    const first = this.#droppedSegments * SEGMENT_ROWS + 1;
    this.#move(this.#droppedSegments + 1, this.#cleared);
    const { numbers } = segment;
    for (const row of segment.linksOut) moved(numbers[row * COLUMNS]!, first + row + numbers[row * COLUMNS + 2]!);
    this.#memory.giveBack(segment.slab);
    return true;
  }

  /** Drops all events so far. */
  clear(): void {
    const dropped = this.#segments.splice(0, this.#segments.length - 1);
    for (const { slab } of dropped) this.#memory.giveBack(slab);
    this.#oldestNear = this.newest + 1;
    this.#move(this.#droppedSegments + dropped.length, this.newest);
  }

  #move(droppedSegments: number, cleared: number): void {
    this.#droppedSegments = droppedSegments;
    this.#cleared = cleared;
    this.oldest = Math.max(this.#droppedSegments * SEGMENT_ROWS, this.#cleared) + 1;
  }

  /** A division, as shifts end at 2^32 events: some hours of full load. */
  #segmentOf(seq: number): Segment | undefined {
    return this.#segments[Math.floor((seq - 1) / SEGMENT_ROWS) - this.#droppedSegments];
  }

  #addSegment(): void {
    this.#grow();
    const slab = this.#memory.take();
    const { buffer, byteOffset } = slab;
    this.#at = new Float64Array(buffer, byteOffset, SEGMENT_ROWS);
    this.numbers = new Uint32Array(buffer, byteOffset + SEGMENT_ROWS * 8, SEGMENT_ROWS * COLUMNS);
    this.#segments.push({ slab, at: this.#at, numbers: this.numbers, linksOut: [] });
    this.#row = 0;
    this.#firstOfCurrent = this.#oldestNear = this.newest + 1;
  }
}

function readRow(segment: Segment, row: number, seq: number): Row {
  const n = segment.numbers;
  const from = row * COLUMNS;
  return {
    seq,
    at: segment.at[row]!,
    owner: n[from]!,
    meta: n[from + 1]!,
    next: n[from + 2]!,
    a: n[from + 3]!,
    b: n[from + 4]!,
    c: n[from + 5]!,
    d: n[from + 6]!,
    e: n[from + 7]!,
    f: n[from + 8]!,
  };
}
