// How often each of some 64-bit values comes: a hash table that is emptied in no time and used again.

const EMPTY = 0;

export class Tally {
  /** Different values so far. */
  size = 0;
  readonly #mask: number;
  readonly #low: Int32Array;
  readonly #high: Int32Array;
  readonly #counts: Int32Array;
  /** The slots in use, in the order in which their values came first. */
  readonly #used: Int32Array;

  /** @param slots a power of two, and more than twice as many as values are put in */
  constructor(slots: number) {
    this.#mask = slots - 1;
    this.#low = new Int32Array(slots);
    this.#high = new Int32Array(slots);
    this.#counts = new Int32Array(slots);
    this.#used = new Int32Array(slots);
  }

  add(low: number, high: number): void {
    let slot = (Math.imul(low, 0x9e3779b1) ^ Math.imul(high, 0x85ebca6b)) >>> 7;
    for (; ; slot++) {
      const at = slot & this.#mask;
      if (this.#counts[at] === EMPTY) {
        this.#low[at] = low;
        this.#high[at] = high;
        this.#counts[at] = 1;
        this.#used[this.size++] = at;
        return;
      }
      if (this.#low[at] === (low | 0) && this.#high[at] === (high | 0)) {
        this.#counts[at]!++;
        return;
      }
    }
  }

  /** @param rank of a value, by when it came first */
  count(rank: number): number {
    return this.#counts[this.#used[rank]!]!;
  }

  low(rank: number): number {
    return this.#low[this.#used[rank]!]! >>> 0;
  }

  high(rank: number): number {
    return this.#high[this.#used[rank]!]! >>> 0;
  }

  clear(): void {
    for (let rank = 0; rank < this.size; rank++) this.#counts[this.#used[rank]!] = EMPTY;
    this.size = 0;
  }
}
