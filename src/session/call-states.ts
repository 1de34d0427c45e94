// What a list knows of each call: some bits and the number it is ordered by, in typed arrays by id.

/** What is known of a call. */
export const BIT = {
  /** It was asked whether it passes the filter, and it does. */
  tested: 1,
  matches: 2,
  /** Something happened to it since. */
  dirty: 4,
  /** It is among the ordered ids. */
  listed: 8,
} as const;

/** 4,096 calls, 36 KiB. */
const SEGMENT = 4096;

interface Segment {
  readonly bits: Uint8Array;
  readonly keys: Float64Array;
  /** The list that `listed` is of. */
  list: number;
}

export class CallStates {
  readonly #segments = new Map<number, Segment>();
  /** Those of calls whose segment is gone. */
  readonly #oldBits = new Map<number, number>();
  readonly #oldKeys = new Map<number, number>();
  /** Counts the orders that a list was given. */
  #lists = 0;
  #last = -1;
  #lastSegment: Segment | undefined;

  bits(id: number): number {
    const segment = this.#segment(id);
    return segment === undefined ? (this.#oldBits.get(id) ?? 0) : segment.bits[id % SEGMENT]!;
  }

  setBits(id: number, bits: number): void {
    if (this.#oldBits.has(id)) this.#oldBits.set(id, bits);
    else this.#make(id).bits[id % SEGMENT] = bits;
  }

  key(id: number): number {
    const segment = this.#segment(id);
    return segment === undefined ? (this.#oldKeys.get(id) ?? 0) : segment.keys[id % SEGMENT]!;
  }

  setKey(id: number, key: number): void {
    if (this.#oldBits.has(id)) this.#oldKeys.set(id, key);
    else this.#make(id).keys[id % SEGMENT] = key;
  }

  /** Forgets what is known of all calls; those put aside stay so, and the memory is used again. */
  reset(): void {
    for (const { bits } of this.#segments.values()) bits.fill(0);
    for (const id of this.#oldBits.keys()) this.#oldBits.set(id, 0);
  }

  /** Takes `listed` from all calls; from a segment when it is looked at next, as those of a million calls take some ms. */
  unlist(): void {
    this.#lists++;
    this.#last = -1;
    for (const [id, bits] of this.#oldBits) this.#oldBits.set(id, bits & ~BIT.listed);
  }

  /** Puts a call aside, whose neighbours will be forgotten. */
  putAside(id: number): void {
    const bits = this.bits(id);
    const key = this.key(id);
    this.#oldBits.set(id, bits);
    this.#oldKeys.set(id, key);
  }

  isAside(id: number): boolean {
    return this.#oldBits.has(id);
  }

  /** Ids of those put aside. */
  aside(): IterableIterator<number> {
    return this.#oldBits.keys();
  }

  forget(id: number): void {
    this.#oldBits.delete(id);
    this.#oldKeys.delete(id);
  }

  /** Forgets all below an id but those put aside. */
  forgetBelow(id: number): void {
    for (const number of this.#segments.keys()) if ((number + 1) * SEGMENT <= id) this.#segments.delete(number);
    this.#last = -1;
  }

  #segment(id: number): Segment | undefined {
    const number = Math.floor(id / SEGMENT);
    if (number !== this.#last) {
      this.#last = number;
      const segment = this.#segments.get(number);
      if (segment !== undefined && segment.list !== this.#lists) {
        segment.list = this.#lists;
        const { bits } = segment;
        for (let at = 0; at < SEGMENT; at++) bits[at]! &= ~BIT.listed;
      }
      this.#lastSegment = segment;
    }
    if (this.#oldBits.size > 0 && this.#oldBits.has(id)) return undefined;
    return this.#lastSegment;
  }

  #make(id: number): Segment {
    const known = this.#segment(id);
    if (known !== undefined) return known;
    const segment = { bits: new Uint8Array(SEGMENT), keys: new Float64Array(SEGMENT), list: this.#lists };
    this.#segments.set(Math.floor(id / SEGMENT), segment);
    this.#last = -1;
    return segment;
  }
}
