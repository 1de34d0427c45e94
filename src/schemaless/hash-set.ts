// A small set of hashes that only grows: most have one or two, for which a Set of its own would be dear.

const FEW = 16;
const NONE: readonly number[] = [];

export class HashSet {
  #few: readonly number[] | number[] = NONE;
  #many: Set<number> | undefined;

  get size(): number {
    return this.#many === undefined ? this.#few.length : this.#many.size;
  }

  has(hash: number): boolean {
    if (this.#many !== undefined) return this.#many.has(hash);
    for (const one of this.#few) if (one === hash) return true;
    return false;
  }

  /** @param hash that is not in it */
  add(hash: number): void {
    if (this.#many !== undefined) this.#many.add(hash);
    else if (this.#few === NONE) this.#few = [hash];
    else if ((this.#few as number[]).push(hash) > FEW) {
      this.#many = new Set(this.#few);
      this.#few = NONE;
    }
  }

  clear(): void {
    this.#few = NONE;
    this.#many = undefined;
  }
}
