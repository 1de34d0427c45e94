// How often each of some 64-bit values comes: a hash table that is emptied in little time and used again.

/** Low half, high half and count of each value. */
const ROW = 3;
const MIN_SLOTS = 64;
/** Slots that are found taken: more are no chance but values that were chosen to fall together. 362 values never take so many. */
const MAX_LOOKS = 65_536;

export class Tally {
  /** Different values so far. */
  size = 0;
  #looksLeft = 0;
  #mask = 0;
  /** Rank of the value in each slot, and one more; 0 for none. As many are used as the values need: a small table is a fast one. */
  readonly #slots: Uint16Array;
  /** In the order in which values came first. */
  readonly #rows: Int32Array;
  readonly #maxLooks: number;

  /**
   * @param most different values, less than 2^15
   * @param maxLooks slots that are found taken between two {@link clear}s
   */
  constructor(most: number, maxLooks: number = MAX_LOOKS) {
    this.#maxLooks = maxLooks;
    this.#slots = new Uint16Array(slotsFor(most));
    this.#rows = new Int32Array(most * ROW);
    this.clear(most);
  }

  /** @returns false when the values are of a kind that this is too slow for; then counts are of no use */
  add(low: number, high: number): boolean {
    const mask = this.#mask;
    const slots = this.#slots;
    const rows = this.#rows;
    let hash = Math.imul(low, 0x9e3779b1) ^ Math.imul(high, 0x85ebca6b);
    hash ^= hash >>> 15;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const rank = slots[slot]!;
      if (rank === 0) {
        const at = this.size * ROW;
        rows[at] = low;
        rows[at + 1] = high;
        rows[at + 2] = 1;
        slots[slot] = ++this.size;
        return true;
      }
      const at = (rank - 1) * ROW;
      if (rows[at] === (low | 0) && rows[at + 1] === (high | 0)) {
        rows[at + 2]!++;
        return true;
      }
      if (--this.#looksLeft < 0) return false;
    }
  }

  /** @param rank of a value, by when it came first */
  count(rank: number): number {
    return this.#rows[rank * ROW + 2]!;
  }

  low(rank: number): number {
    return this.#rows[rank * ROW]! >>> 0;
  }

  high(rank: number): number {
    return this.#rows[rank * ROW + 1]! >>> 0;
  }

  /** @param count of values that are put in next, at most; not more different ones than the table is made for */
  clear(count: number): void {
    const slots = Math.min(this.#slots.length, slotsFor(count));
    this.#slots.fill(0, 0, slots);
    this.#mask = slots - 1;
    this.#looksLeft = this.#maxLooks;
    this.size = 0;
  }
}

/** A power of two, and at least twice as many as there are values. */
function slotsFor(values: number): number {
  return Math.max(MIN_SLOTS, (2 << (31 - Math.clz32(values))) << 1);
}
