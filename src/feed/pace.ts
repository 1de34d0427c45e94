// Whose turn it is: all subscriptions of a feed take turns with the traffic, and get a small share of the time when it is busy.

/** Events a second above which the traffic is busy; below, there is time for everybody. */
const BUSY_EVENTS_PER_SECOND = 30_000;
/** Of the time, when the traffic is busy. */
const BUSY_SHARE = 0.12;
/** Between two looks at how busy the traffic is. */
const LOOK_MS = 50;
/** A rest shorter than this is not worth a timer. */
const MIN_REST_MS = 1;
/** A rest is that much longer at most where other programs have the processor. */
const MAX_STRETCH = 4;
const LOOK_AGAIN_MS = 5;
/** What is held against everybody at once: it may have been the traffic that used it, while something was waited for. */
const MAX_SPENT_MS = 5;

export interface PaceOptions {
  /** The seq of the newest event. */
  readonly newestSeq: () => number;
  /** Milliseconds of any clock that goes on evenly. */
  readonly clock: () => number;
  /** Milliseconds of the processor's time that the process has used: on a busy machine others use some of the clock's. */
  readonly used: () => number;
  /** Milliseconds in which it waited for something to do; what is neither used nor idle went to other programs. */
  readonly idle: () => number;
}

interface Begun {
  readonly at: number;
  readonly used: number;
}

export class Pace {
  readonly #options: PaceOptions;
  readonly #waiting: (() => void)[] = [];
  #scheduled = false;
  #isBusy = false;
  #seenSeq: number;
  #seenAt: number;
  #seenOwn: number;
  /** Time that is still to be rested. */
  #debtMs = 0;

  constructor(options: PaceOptions) {
    this.#options = options;
    this.#seenSeq = options.newestSeq();
    this.#seenAt = options.clock();
    this.#seenOwn = this.#own();
  }

  /** Somebody begins to work. */
  begin(): Begun {
    return { at: this.#options.clock(), used: this.#options.used() };
  }

  end({ at, used }: Begun): void {
    this.#look();
    // The clock goes on while other programs work, and the processor's time is also that of V8's helpers.
    const spent = Math.min(MAX_SPENT_MS, this.#options.clock() - at, this.#options.used() - used);
    if (!this.#isBusy) this.#debtMs = 0;
    else this.#debtMs += spent * (1 / BUSY_SHARE - 1);
  }

  /** Waits for a turn: one subscription after the other, and never two within a turn of the event loop. */
  turn(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#scheduled || this.#waiting.length === 0) return;
    this.#scheduled = true;
    if (this.#debtMs < MIN_REST_MS) {
      setImmediate(this.#grant);
      return;
    }
    this.#rest(this.#debtMs, this.begin());
    this.#debtMs = 0;
  }

  /** Until the traffic has used its part, or did not want it: then the clock decides. */
  #rest(ms: number, { at, used }: Begun): void {
    const isOver = (): boolean =>
      this.#options.used() - used >= ms || this.#options.clock() - at >= ms * MAX_STRETCH || !this.#isBusy;
    const look = (): void => {
      this.#look();
      if (isOver()) this.#grant();
      else setTimeout(look, Math.min(ms, LOOK_AGAIN_MS));
    };
    setTimeout(look, Math.min(ms, LOOK_AGAIN_MS));
  }

  readonly #grant = (): void => {
    this.#scheduled = false;
    this.#waiting.shift()?.();
    this.#schedule();
  };

  #look(): void {
    const now = this.#options.clock();
    const ms = now - this.#seenAt;
    if (ms < LOOK_MS) return;
    const seq = this.#options.newestSeq();
    const own = this.#own();
    // Traffic that other programs leave little time is as busy as it would be alone.
    const ownMs = Math.max(1, Math.min(ms, own - this.#seenOwn));
    this.#isBusy = ((seq - this.#seenSeq) * 1000) / ownMs > BUSY_EVENTS_PER_SECOND;
    this.#seenSeq = seq;
    this.#seenAt = now;
    this.#seenOwn = own;
  }

  /** Milliseconds that the process had for itself. */
  #own(): number {
    return this.#options.used() + this.#options.idle();
  }
}
