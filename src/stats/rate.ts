// How often something happens: counts by the second, over the last so many seconds.

export class Rate {
  readonly #counts: Uint32Array;
  /** The second that is counted now, as Unix time; -1 before the first. */
  #second = -1;
  #first = 0;

  /** @param seconds how far back it can be asked */
  constructor(seconds: number) {
    this.#counts = new Uint32Array(seconds);
  }

  /** @param at Unix ms; what is a little older than the newest counts where it belongs */
  add(at: number, times = 1): void {
    const second = Math.floor(at / 1000);
    this.#moveTo(second);
    if (second > this.#second - this.#counts.length) this.#counts[second % this.#counts.length]! += times;
  }

  /** A second, over the window that ends now; 0 before the first. @param now Unix ms */
  perSecond(now: number, seconds: number): number {
    if (this.#second < 0) return 0;
    const from = Math.max(Math.floor(now / 1000) - seconds + 1, this.#first);
    const counted = this.bySecond(now, seconds).reduce((sum, count) => sum + count, 0);
    // Of what has just begun a rate says little; a second is the least.
    return counted / Math.max(now / 1000 - from, 1);
  }

  /** Counts of the last so many seconds, oldest first; the last is of the second that is not over. @param now Unix ms */
  bySecond(now: number, seconds: number): readonly number[] {
    const last = Math.floor(now / 1000);
    return Array.from({ length: seconds }, (_, index) => {
      const second = last - seconds + 1 + index;
      const known = second <= this.#second && second > this.#second - this.#counts.length && second >= 0;
      return known ? this.#counts[second % this.#counts.length]! : 0;
    });
  }

  #moveTo(second: number): void {
    if (this.#second < 0) this.#first = second;
    if (second <= this.#second) return;
    const length = this.#counts.length;
    const skipped = this.#second < 0 ? length : Math.min(second - this.#second, length);
    for (let back = 0; back < skipped; back++) this.#counts[(second - back) % length] = 0;
    this.#second = second;
  }
}
