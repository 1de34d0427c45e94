// How much is done between two looks at the clock: little at first and after what was slow, more while it goes quickly.

/** A stretch that took less may be twice as long the next time, one that took more is halved. */
const SHORT_MS = 0.1;
const LONG_MS = 0.4;
/** Looking at the clock costs some 30 ns, the cheapest question to a call some 100 ns, one to its metadata some µs. */
const MAX_STRIDE = 64;

/**
 * Work whose pieces cost from 100 ns (a row) to milliseconds (a message that a cold decoder reads), nobody knows which:
 * it passes its deadline by no more than a stretch of some 0.1 ms, or by one piece that takes longer.
 */
export class Pace {
  readonly #clock: () => number;
  #stride = 1;
  #left = 1;
  #since = 0;

  /** @param clock milliseconds that go on evenly */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** Before work of another kind: nobody knows what it costs. */
  restart(): void {
    this.#stride = 1;
  }

  /** Before a turn of work. */
  begin(): void {
    this.#left = this.#stride;
    this.#since = this.#clock();
  }

  /**
   * Behind each piece.
   * @param wasLong a piece of which it is known that it cost far more than others
   * @returns whether the deadline has passed, as far as it was looked at
   */
  isOver(deadline: number, wasLong: boolean): boolean {
    if (--this.#left > 0 && !wasLong) return false;
    const now = this.#clock();
    const took = now - this.#since;
    if (took > LONG_MS) this.#stride = Math.max(1, this.#stride >> 1);
    else if (took < SHORT_MS && this.#stride < MAX_STRIDE) this.#stride *= 2;
    this.#left = this.#stride;
    this.#since = now;
    return now >= deadline;
  }
}
