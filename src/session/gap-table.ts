// When the last message of each call and side came, for the gaps between them, in a fixed amount of memory.

/** 256 KiB. Two that meet in one slot cost a gap each. */
const SLOTS = 1 << 14;

export class GapTable {
  readonly #keys = new Float64Array(SLOTS);
  readonly #times = new Float64Array(SLOTS);

  /**
   * Notes a message.
   * @param at ms
   * @returns the time since the one before; undefined when it is not known
   */
  note(call: number, side: 0 | 1, at: number): number | undefined {
    const key = call * 2 + side;
    const slot = key % SLOTS;
    const before = this.#keys[slot] === key ? at - this.#times[slot]! : undefined;
    this.#keys[slot] = key;
    this.#times[slot] = at;
    return before;
  }
}
