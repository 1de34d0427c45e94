// When to ask again after an answer that did not help: later each time, and only if somebody still wants to know.
import type { ReflectionCode } from "./problem.js";

interface Retry {
  /** Whether other questions to this server would fare the same. */
  readonly concerns: "server" | "question";
  readonly firstMs: number;
  readonly mostMs: number;
}

const MINUTE_MS = 60_000;

/** By what went wrong; a server in development is restarted often, with more in it than before. */
export const RETRY: Readonly<Record<ReflectionCode, Retry>> = {
  ERR_REFLECTION_UNAVAILABLE: { concerns: "server", firstMs: 1000, mostMs: 10_000 },
  ERR_REFLECTION_TIMEOUT: { concerns: "server", firstMs: 5000, mostMs: 5 * MINUTE_MS },
  ERR_REFLECTION_UNIMPLEMENTED: { concerns: "server", firstMs: 30_000, mostMs: 5 * MINUTE_MS },
  ERR_REFLECTION_NOT_FOUND: { concerns: "question", firstMs: 10_000, mostMs: 5 * MINUTE_MS },
  ERR_REFLECTION_INCOMPLETE: { concerns: "question", firstMs: 30_000, mostMs: 5 * MINUTE_MS },
  ERR_REFLECTION_REFUSED: { concerns: "question", firstMs: 30_000, mostMs: 5 * MINUTE_MS },
  ERR_REFLECTION_MALFORMED: { concerns: "question", firstMs: MINUTE_MS, mostMs: 30 * MINUTE_MS },
  ERR_REFLECTION_LIMIT: { concerns: "question", firstMs: 10 * MINUTE_MS, mostMs: 60 * MINUTE_MS },
  ERR_REFLECTION_CLOSED: { concerns: "server", firstMs: 0, mostMs: 0 },
};

export class BackOff {
  #failures = 0;
  #notBefore = Number.NEGATIVE_INFINITY;

  ready(now: number): boolean {
    return now >= this.#notBefore;
  }

  failed(code: ReflectionCode, now: number): void {
    const { firstMs, mostMs } = RETRY[code];
    this.#notBefore = now + Math.min(mostMs, firstMs * 2 ** this.#failures);
    // 2^20 times any of them is past its most.
    this.#failures = Math.min(20, this.#failures + 1);
  }

  succeeded(): void {
    this.#failures = 0;
    this.#notBefore = Number.NEGATIVE_INFINITY;
  }
}
