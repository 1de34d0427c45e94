// What payloads cost, by their hashes; only grows: most paths have one or two, for which a Map of its own would be dear.
import { freshList } from "../message/fresh-list.js";

const FEW = 16;
/** A hash and its cost. */
const SLOTS = 2;
const NONE: readonly number[] = [];

export class HashCosts {
  #few: readonly number[] | number[] = NONE;
  #many: Map<number, number> | undefined;

  get size(): number {
    return this.#many === undefined ? this.#few.length / SLOTS : this.#many.size;
  }

  /** @returns undefined for a hash that is not in it */
  get(hash: number): number | undefined {
    if (this.#many !== undefined) return this.#many.get(hash);
    const few = this.#few;
    for (let at = 0; at < few.length; at += SLOTS) if (few[at] === hash) return few[at + 1];
    return undefined;
  }

  /** @param hash that is not in it */
  add(hash: number, cost: number): void {
    if (this.#many !== undefined) this.#many.set(hash, cost);
    else if (this.#few === NONE) {
      this.#few = freshList();
      (this.#few as number[]).push(hash, cost);
    } else if ((this.#few as number[]).push(hash, cost) > FEW * SLOTS) {
      this.#many = new Map();
      for (let at = 0; at < this.#few.length; at += SLOTS) this.#many.set(this.#few[at]!, this.#few[at + 1]!);
      this.#few = NONE;
    }
  }

  clear(): void {
    this.#few = NONE;
    this.#many = undefined;
  }
}
