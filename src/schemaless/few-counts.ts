// How often each of few small numbers comes.
import { freshList } from "../message/fresh-list.js";
import type { Coder } from "./code-length.js";
import { grains } from "./grains.js";

/** Pairs of both, as most have one or two and a Map of its own would be dear. */
export class FewCounts {
  readonly #pairs: number[] = freshList();
  readonly #most: number;

  /** They are more than few. */
  isFull = false;

  /** @param most different numbers */
  constructor(most: number) {
    this.#most = most;
  }

  add(value: number, times: number): void {
    const pairs = this.#pairs;
    if (this.isFull) return;
    for (let at = 0; at < pairs.length; at += 2) {
      if (pairs[at] !== value) continue;
      pairs[at + 1]! += times;
      return;
    }
    if (pairs.length < 2 * this.#most) pairs.push(value, times);
    else this.isFull = true;
  }

  /** Grains that are saved by their having been learned. */
  saved(coder: Coder): number {
    let saved = 0;
    for (let at = 1; at < this.#pairs.length; at += 2) saved += grains(coder.saved(this.#pairs[at]!));
    return saved;
  }

  /** @param bits of one of a number @returns grains of all */
  cost(bits: (value: number) => number): number {
    let cost = 0;
    for (let at = 0; at < this.#pairs.length; at += 2) cost += grains(this.#pairs[at + 1]! * bits(this.#pairs[at]!));
    return cost;
  }
}
