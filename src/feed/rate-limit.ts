// How often something may happen: so many at once, and so many a second in the long run.

export class RateLimit {
  readonly #burst: number;
  readonly #perSecond: number;
  #left: number;
  #at = 0;

  /** @param burst how many at once */
  constructor(burst: number, perSecond: number) {
    this.#burst = burst;
    this.#perSecond = perSecond;
    this.#left = burst;
  }

  /** @param now milliseconds of any clock that goes on @returns whether one more may happen */
  take(now: number): boolean {
    const earned = (Math.max(0, now - this.#at) / 1000) * this.#perSecond;
    this.#left = Math.min(this.#burst, this.#left + earned) - 1;
    this.#at = now;
    if (this.#left >= 0) return true;
    this.#left = -1;
    return false;
  }
}
