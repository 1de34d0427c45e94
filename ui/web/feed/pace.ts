// How fast the page asks: the feed turns away who asks more than 100 times a second, so it stays well below.

const BURST = 60;
const PER_SECOND = 50;

export class RequestPace {
  readonly #send: (id: number) => boolean;
  readonly #queue: number[] = [];
  #tokens = BURST;
  #at = 0;
  #timer: number | undefined;

  /** @param send says false when it is not possible now */
  constructor(send: (id: number) => boolean) {
    this.#send = send;
  }

  add(id: number): void {
    this.#queue.push(id);
    this.resume();
  }

  clear(): void {
    this.#queue.length = 0;
  }

  resume(): void {
    const now = performance.now();
    this.#tokens = Math.min(BURST, this.#tokens + ((now - this.#at) * PER_SECOND) / 1000);
    this.#at = now;
    while (this.#queue.length > 0 && this.#tokens >= 1) {
      if (!this.#send(this.#queue[0]!)) return;
      this.#queue.shift();
      this.#tokens--;
    }
    if (this.#queue.length === 0 || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.resume();
    }, 1000 / PER_SECOND);
  }
}
