// Calls as rows of numbers: what a list, a filter or a statistic asks of a call without reading its events.
import { FLOATS as CALL_FLOATS, WHOLES as CALL_WHOLES } from "./call-numbers.js";
import { OpenCall, OpenCalls } from "./open-call.js";
import { SLAB_BYTES, type Slabs } from "./slabs.js";

// V8 puts what a module's own constants say into the code that it compiles; what is imported it looks up each time.
const FLOATS = CALL_FLOATS;
const WHOLES = CALL_WHOLES;

const CALL_BYTES = FLOATS * 8 + WHOLES * 4;
/** 2,259 calls a slab. */
const SEGMENT_CALLS = Math.floor(SLAB_BYTES / CALL_BYTES);

/** One call's numbers stand together: they are written together. */
export class CallSegment {
  // Declared only, so that they never were undefined: V8 then knows what they are (src/README.md, "Speed").
  declare readonly floats: Float64Array;
  declare readonly wholes: Uint32Array;

  /** @param memory with room for so many calls; all of it zero afterwards */
  constructor(calls: number, memory: Uint8Array = new Uint8Array(calls * CALL_BYTES)) {
    memory.fill(0);
    const { buffer, byteOffset } = memory;
    this.floats = new Float64Array(buffer, byteOffset, calls * FLOATS);
    this.wholes = new Uint32Array(buffer, byteOffset + calls * FLOATS * 8, calls * WHOLES);
  }
}

/** A segment of its slab. */
interface Kept {
  readonly slab: Uint8Array;
  readonly rows: CallSegment;
}

/** Where one call's numbers are: add a place of {@link FLOAT} or {@link WHOLE} to `float` or `whole`. */
export interface CallPlace {
  readonly segment: CallSegment;
  readonly float: number;
  readonly whole: number;
}

/** A place that is moved from call to call, so that looking at many of them leaves nothing behind. */
export interface MovingPlace {
  segment: CallSegment;
  float: number;
  whole: number;
}

export class CallRows {
  readonly #segments: Kept[] = [];
  #current = new CallSegment(0);
  /** The next row of the current segment. */
  #row = SEGMENT_CALLS;
  /** Takes what is written of calls that are no more. */
  readonly #gone = new CallSegment(1);
  #dropped = 0;
  /** The last id that was cleared: rows up to it may still be there, and count for nothing. */
  #cleared = 0;
  /** Calls that were open when their segment was dropped, with a segment of their own each. */
  readonly #survivors = new Map<number, { readonly call: OpenCall; readonly segment: CallSegment }>();
  readonly #open = new OpenCalls();
  readonly #memory: Slabs;
  readonly #grow: () => void;
  /** Calls so far; ids are 1 to this. */
  count = 0;

  constructor(memory: Slabs, grow: () => void) {
    this.#memory = memory;
    this.#grow = grow;
    // Not constants to V8, see event-rows.ts.
    this.#dropped = this.#cleared = 1;
    this.#dropped = this.#cleared = 0;
  }

  get bytes(): number {
    return this.#segments.length * SLAB_BYTES + this.#survivors.size * CALL_BYTES;
  }

  get openCount(): number {
    return this.#open.count;
  }

  /** The first id whose row is kept with all that follow; older ones are kept only while they are open. */
  get oldest(): number {
    return Math.max(this.#dropped * SEGMENT_CALLS, this.#cleared) + 1;
  }

  /** The id that has these lower 32 bits, of those that are kept: no two of them are 2^32 calls apart. */
  idOf(low: number): number {
    return this.count - ((this.count - low) >>> 0);
  }

  /** Ids of calls older than {@link oldest} that are still kept. */
  survivors(): IterableIterator<number> {
    return this.#survivors.keys();
  }

  /** @param used a handle that nobody needs any more */
  open(used: OpenCall | undefined): OpenCall {
    if (this.#row === SEGMENT_CALLS) this.#addSegment();
    const row = this.#row++;
    const call = used === undefined || used.isOpen ? new OpenCall() : used;
    call.begin(++this.count, this.#current, row * FLOATS, row * WHOLES);
    this.#open.add(call);
    return call;
  }

  /** Whether {@link reopen} may be asked for a call with this handle. */
  mayReopen(used: OpenCall): boolean {
    return used.isOpen === false && used.listed === true && this.#row < SEGMENT_CALLS;
  }

  /** {@link open}, where that needs nothing but the next row of the segment that is written to: see {@link mayReopen}. */
  reopen(call: OpenCall): void {
    const row = this.#row;
    this.#row = (row + 1) | 0;
    call.begin(++this.count, this.#current, Math.imul(row, FLOATS), Math.imul(row, WHOLES));
    this.#open.count++;
  }

  /** The call is over; its row stays, and what comes late is still written: first {@link late}. */
  end(call: OpenCall): void {
    this.#open.remove(call);
  }

  /** Something is about to be written of a call that is over. Its row may be another's by now. */
  late(call: OpenCall): void {
    if (call.id < this.oldest) call.moveTo(this.#gone, 0, 0);
  }

  place(id: number): CallPlace | undefined {
    if (id < 1 || id > this.count) return undefined;
    const segment = this.#segmentOf(id);
    if (segment !== undefined) {
      const slot = (id - 1) % SEGMENT_CALLS;
      return { segment, float: slot * FLOATS, whole: slot * WHOLES };
    }
    const survivor = this.#survivors.get(id);
    return survivor === undefined ? undefined : { segment: survivor.segment, float: 0, whole: 0 };
  }

  /** The same as {@link place} without an object. @returns false when the call is not kept; `to` is then as it was */
  find(id: number, to: MovingPlace): boolean {
    const segment = id < 1 || id > this.count ? undefined : this.#segmentOf(id);
    if (segment !== undefined) {
      const slot = (id - 1) % SEGMENT_CALLS;
      to.segment = segment;
      to.float = slot * FLOATS;
      to.whole = slot * WHOLES;
      return true;
    }
    const survivor = this.#survivors.get(id);
    if (survivor === undefined) return false;
    to.segment = survivor.segment;
    to.float = 0;
    to.whole = 0;
    return true;
  }

  /** Ids of the calls that are open, oldest first. */
  openCalls(): IterableIterator<number> {
    return this.#open
      .before(Number.POSITIVE_INFINITY)
      .map(({ id }) => id)
      .values();
  }

  /** Drops the oldest calls but those still open. @returns calls dropped */
  dropOldest(): number {
    const gone = this.#dropEnded();
    if (this.#segments.length < 2) return gone;
    const before = this.oldest;
    const { slab } = this.#segments.shift()!;
    this.#dropped++;
    const kept = this.#keepOpen(before);
    this.#memory.giveBack(slab);
    return gone + kept;
  }

  /** Drops all calls but those still open. @returns calls dropped */
  clear(): number {
    const gone = this.#dropEnded();
    const before = this.oldest;
    const dropped = this.#segments.splice(0, this.#segments.length - 1);
    this.#dropped += dropped.length;
    this.#cleared = this.count;
    const kept = this.#keepOpen(before);
    for (const { slab } of dropped) this.#memory.giveBack(slab);
    return gone + kept;
  }

  #dropEnded(): number {
    const before = this.#survivors.size;
    for (const [id, { call }] of this.#survivors) {
      if (!call.isOpen || call.id !== id) this.#survivors.delete(id);
    }
    return before - this.#survivors.size;
  }

  /** Open calls whose segment is gone get a row of their own. @param before the oldest until now @returns how many are gone since then */
  #keepOpen(before: number): number {
    let gone = this.oldest - before;
    for (const call of this.#open.before(this.oldest)) {
      if (this.#survivors.has(call.id)) continue;
      const alone = new CallSegment(1);
      alone.floats.set(call.floats.subarray(call.float, call.float + FLOATS));
      alone.wholes.set(call.wholes.subarray(call.whole, call.whole + WHOLES));
      call.moveTo(alone, 0, 0);
      this.#survivors.set(call.id, { call, segment: alone });
      gone--;
    }
    return gone;
  }

  #segmentOf(id: number): CallSegment | undefined {
    if (id <= this.#cleared) return undefined;
    return this.#segments[Math.floor((id - 1) / SEGMENT_CALLS) - this.#dropped]?.rows;
  }

  #addSegment(): void {
    this.#grow();
    const slab = this.#memory.take();
    this.#current = new CallSegment(SEGMENT_CALLS, slab);
    this.#segments.push({ slab, rows: this.#current });
    this.#row = 0;
  }
}
