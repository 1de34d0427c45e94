// Statistics by method, for so many methods as a peer may not exceed, and of all of them together.
import { MethodStats, type MethodStatsJson } from "./method-stats.js";

/** With five histograms of some KiB each they stay below 16 MiB even when their values are spread over everything. */
const MAX_METHODS = 512;
/** What a sparkline of all calls looks back. */
const TOTAL_SECONDS = 300;
export const OTHER_METHODS = "(other)";

export interface TrafficStatsJson {
  readonly total: MethodStatsJson;
  readonly methods: readonly MethodStatsJson[];
}

export class MethodTable {
  readonly total = new MethodStats("", TOTAL_SECONDS);
  readonly #methods = new Map<string, MethodStats>();
  #other: MethodStats | undefined;

  /** The method's own, or "(other)" when there are too many. */
  of(method: string): MethodStats {
    const known = this.#methods.get(method);
    if (known !== undefined) return known;
    if (this.#methods.size >= MAX_METHODS) {
      this.#other ??= new MethodStats(OTHER_METHODS);
      return this.#other;
    }
    const stats = new MethodStats(method);
    this.#methods.set(method, stats);
    return stats;
  }

  find(method: string): MethodStats | undefined {
    return this.#methods.get(method);
  }

  /** In the order in which they were seen; "(other)" last, when there is any. */
  all(): readonly MethodStats[] {
    return this.#other === undefined ? [...this.#methods.values()] : [...this.#methods.values(), this.#other];
  }

  /** @param now Unix ms @param history seconds of which each is told; 0 for none */
  toJson(now: number, history = 0): TrafficStatsJson {
    return { total: this.total.toJson(now, history), methods: this.all().map((stats) => stats.toJson(now, history)) };
  }
}
