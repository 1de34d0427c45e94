// Whose turn it is: all subscriptions of a feed take turns with the traffic. When it is busy they get a small share of the time, and of
// that no more than telling so many events takes: a fast machine tells as much as a slow one, and leaves the traffic the rest.

/** Events a second above which the traffic is busy; below, there is time for everybody. */
const BUSY_EVENTS_PER_SECOND = 30_000;
/** Of the time that the process has or could have, when the traffic is busy. */
const BUSY_SHARE = 0.04;
/** Events told meanwhile, of all subscriptions together: what ten of them that watch some five hundred calls a second each are told. */
const BUSY_TOLD_PER_SECOND = 54_000;
/** Timers are late where the traffic is busy: what was not told in this time may be told afterwards. */
const CATCH_UP_MS = 100;
/** A pause shorter than this is none: clients take a breath, or wait for the processor themselves. */
const CALM_MS = 250;
/** Between two looks at how busy the traffic is; as many events within it are seen before. */
const LOOK_MS = 20;
const BUSY_EVENTS = (BUSY_EVENTS_PER_SECOND * LOOK_MS) / 1000;
/** Turns end for this time around when they took so long: what came meanwhile is forwarded first. */
const ROUND_MS = 0.25;
/** So many at most, as each is asked for. */
const ROUND_TURNS = 32;
/** A rest shorter than this is not worth a timer. */
const MIN_REST_MS = 1;
/** A rest is that much longer at most where other programs have the processor. */
const MAX_STRETCH = 4;
const LOOK_AGAIN_MS = 5;

export interface PaceOptions {
  /** The seq of the newest event. */
  readonly newestSeq: () => number;
  /** Milliseconds of any clock that goes on evenly. */
  readonly clock: () => number;
  /** Milliseconds of the processor's time that the process has used: on a busy machine others use some of the clock's. Costs a system call. */
  readonly used: () => number;
  /** Milliseconds in which it waited for something to do; what is neither used nor idle went to other programs. */
  readonly idle: () => number;
}

export class Pace {
  readonly #options: PaceOptions;
  readonly #waiting: (() => void)[] = [];
  /** Turns that are asked for; while resting, one. */
  #scheduled = 0;
  #isBusy = false;
  /** By the clock, when it was seen to be busy last. */
  #busyAt = Number.NEGATIVE_INFINITY;
  #seenSeq: number;
  #seenAt: number;
  #seenOwn: number;
  /** Spent in this round of turns, by the clock. */
  #roundMs = 0;
  /** The same since it was settled, and the processor's time then. */
  #unsettledMs = 0;
  #settledUsed: number;
  /** Time that is still to be rested. */
  #debtMs = 0;
  /** By the clock, when as many events as were told could have been told one after the other. */
  #toldUntil = 0;

  constructor(options: PaceOptions) {
    this.#options = options;
    this.#seenSeq = options.newestSeq();
    this.#seenAt = options.clock();
    this.#settledUsed = options.used();
    this.#seenOwn = this.#settledUsed + options.idle();
  }

  /** Somebody begins to work. @returns what {@link end} wants to know */
  begin(): number {
    return this.#options.clock();
  }

  end(begun: number): void {
    const now = this.#options.clock();
    this.#roundMs += now - begun;
    this.#unsettledMs += now - begun;
    if (now - this.#seenAt >= LOOK_MS) this.#look(now, this.#options.used() + this.#options.idle());
    else if (this.#options.newestSeq() - this.#seenSeq > BUSY_EVENTS) this.#busy(now);
  }

  /** So many events were told within a turn. */
  told(events: number): void {
    if (!this.#isBusy) return;
    const from = Math.max(this.#toldUntil, this.#options.clock() - CATCH_UP_MS);
    this.#toldUntil = from + (events * 1000) / BUSY_TOLD_PER_SECOND;
  }

  /** Waits for a turn: one subscription after the other, and with the traffic between them when they take long. */
  turn(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#scheduled > 0 || this.#waiting.length === 0) return;
    this.#settle();
    const ahead = this.#isBusy && this.#toldUntil - this.#options.clock() >= MIN_REST_MS;
    if (this.#debtMs < MIN_REST_MS && !ahead) {
      this.#round();
      return;
    }
    this.#scheduled = 1;
    this.#rest(this.#debtMs);
    this.#debtMs = 0;
  }

  /** What was spent is to be rested for. The clock went on while other programs had the processor: that is not held against anybody. */
  #settle(): void {
    const spent = this.#unsettledMs;
    this.#unsettledMs = 0;
    this.#debtMs = this.#isBusy ? this.#debtMs : 0;
    if (!this.#isBusy || spent === 0) return;
    const used = this.#options.used();
    this.#debtMs += Math.min(spent, used - this.#settledUsed) * (1 / BUSY_SHARE - 1);
    this.#settledUsed = used;
  }

  /** What has come for the traffic is forwarded first: then it waits for others, and nobody waits for it. */
  #round(): void {
    this.#roundMs = 0;
    this.#scheduled = Math.min(this.#waiting.length, ROUND_TURNS);
    // All within one turn of the event loop.
    for (let left = this.#scheduled; left > 0; left--) setImmediate(this.#grant);
  }

  readonly #grant = (): void => {
    this.#scheduled--;
    if (this.#roundMs < ROUND_MS) this.#waiting.shift()?.();
    this.#schedule();
  };

  /** Until the traffic had its part of the time, used or not, and no more was told than may be. */
  #rest(ms: number): void {
    const begun = this.#options.clock();
    const own = this.#settledUsed + this.#options.idle();
    const look = (): void => {
      const now = this.#options.clock();
      const used = this.#options.used();
      const ownNow = used + this.#options.idle();
      if (now - this.#seenAt >= LOOK_MS) this.#look(now, ownNow);
      const isOwed = ownNow - own < ms && now - begun < ms * MAX_STRETCH;
      if (this.#isBusy && (isOwed || now < this.#toldUntil)) {
        setTimeout(look, LOOK_AGAIN_MS);
        return;
      }
      this.#settledUsed = used;
      this.#round();
    };
    setTimeout(look, Math.min(Math.max(ms, MIN_REST_MS), LOOK_AGAIN_MS));
  }

  /** @param own milliseconds that the process had for itself so far */
  #look(now: number, own: number): void {
    const seq = this.#options.newestSeq();
    // Traffic that other programs leave little time is as busy as it would be alone.
    const ownMs = Math.max(1, Math.min(now - this.#seenAt, own - this.#seenOwn));
    if (((seq - this.#seenSeq) * 1000) / ownMs > BUSY_EVENTS_PER_SECOND) this.#busy(now);
    else if (now - this.#busyAt >= CALM_MS) this.#isBusy = false;
    this.#seenSeq = seq;
    this.#seenAt = now;
    this.#seenOwn = own;
  }

  #busy(now: number): void {
    this.#isBusy = true;
    this.#busyAt = now;
  }
}
