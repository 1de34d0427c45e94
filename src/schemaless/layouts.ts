// Which fields, of which lengths, the messages of a path have: told once where many have the same.

import { freshList } from "../message/fresh-list.js";
import { Coder } from "./code-length.js";
import { grains } from "./grains.js";

/** Different layouts of one path that are told apart. */
const MAX_LAYOUTS = 24;
const SLOTS = 3;
/** A layout is as likely to be new as it is to be one that came once: the more of one there were, the less the next costs. */
const coder = new Coder(1, 1);
const CHOICE_BITS = 2;

export class Layouts {
  /** Hash, how often, and grains of each. */
  readonly #seen: number[] = freshList();
  #count = 0;
  #hasMore = false;

  /** @param cost in grains, of the tags and lengths */
  add(hash: number, cost: number): void {
    const seen = this.#seen;
    this.#count++;
    for (let at = 0; at < seen.length; at += SLOTS) {
      if (seen[at] !== hash) continue;
      seen[at + 1]!++;
      return;
    }
    if (seen.length < MAX_LAYOUTS * SLOTS) seen.push(hash, 1, cost);
    else this.#hasMore = true;
  }

  /** Grains, as a choice of few; Infinity where they are many. */
  cost(): number {
    const seen = this.#seen;
    if (this.#hasMore || (seen.length / SLOTS) * 2 > this.#count) return Number.POSITIVE_INFINITY;
    let cost = grains(CHOICE_BITS + coder.total(this.#count));
    for (let at = 0; at < seen.length; at += SLOTS) cost += seen[at + 2]! - grains(coder.saved(seen[at + 1]! - 1));
    return cost;
  }
}
