// Waiting for what a peer does: every event on any socket asks the waiting conditions again, so that nothing is polled.

/** A set of conditions that are asked again whenever something happened. */
export class Pulse {
  readonly #waiting = new Set<() => void>();
  /** When something happened last, as performance.now() tells the time. */
  changedAt = Number.NEGATIVE_INFINITY;

  /** Something happened: asks every waiting condition again. */
  changed(): void {
    this.changedAt = performance.now();
    for (const ask of [...this.#waiting]) ask();
  }

  /**
   * Waits until `test` gives something other than undefined or false.
   * @param signal its reason is thrown when it comes first
   */
  until<T>(test: () => T | undefined | false, signal?: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      const stop = () => {
        this.#waiting.delete(ask);
        signal?.removeEventListener("abort", aborted);
      };
      const aborted = () => {
        stop();
        reject(signal?.reason);
      };
      const ask = () => {
        try {
          const value = test();
          if (value === undefined || value === false) return;
          stop();
          resolve(value);
        } catch (error) {
          stop();
          reject(error);
        }
      };
      if (signal?.aborted) return reject(signal.reason);
      signal?.addEventListener("abort", aborted);
      this.#waiting.add(ask);
      ask();
    });
  }
}
