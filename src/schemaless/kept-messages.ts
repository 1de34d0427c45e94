// Some messages of many, chosen by their hashes: which ones depends on what there was and not on when; bounded memory.

import { HASH_BITS } from "./hash.js";

/** Messages that are kept for being a sample of all; others are kept for the rare paths in them. */
export const MAX_KEPT = 16;
/** Of them, but for the first, and again of the others: what is measured anew when the sample changes must not take long. */
export const MAX_KEPT_BYTES = 256 * 1024;
/** A longer message is learned from when it is seen, and not kept. gRPC's own limit, unless a program has another. */
const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;
const MAX_RARE = 128;

interface Kept {
  readonly hash: number;
  readonly bytes: Uint8Array;
  /** What learning from it took, in octets looked at. */
  readonly steps: number;
}

export class KeptMessages {
  /** Only messages whose hash begins with so many zero bits are the sample; where none does, the one of the lowest hash. */
  level = 0;
  #lowest = Number.POSITIVE_INFINITY;
  readonly #sample = new Map<number, Kept>();
  readonly #rare = new Map<number, Kept>();
  #sampleBytes = 0;
  #rareBytes = 0;

  get bytes(): number {
    return this.#sampleBytes + this.#rareBytes;
  }

  /** About what learning from all of them again takes. */
  get steps(): number {
    let steps = 0;
    for (const kept of this.#sample.values()) steps += kept.steps;
    for (const kept of this.#rare.values()) steps += kept.steps;
    return steps;
  }

  has(hash: number): boolean {
    return this.#sample.has(hash) || this.#rare.has(hash);
  }

  /** Whether a message is one of the sample, as far as is known now; one that is too long to be kept always counts. */
  admits(hash: number, length: number): boolean {
    return !this.isSmall(length) || this.#isOfSample(hash);
  }

  isSmall(length: number): boolean {
    return length <= MAX_MESSAGE_BYTES;
  }

  /** @returns whether other messages of the sample had to go */
  add(hash: number, bytes: Uint8Array, steps: number): boolean {
    if (!this.isSmall(bytes.length)) return false;
    this.#sample.set(hash, { hash, bytes: new Uint8Array(bytes), steps });
    this.#sampleBytes += bytes.length;
    this.#lowest = Math.min(this.#lowest, hash);
    let hasDropped = this.#dropOthers();
    while (this.#sample.size > MAX_KEPT || (this.#sampleBytes > MAX_KEPT_BYTES && this.#sample.size > 1)) {
      this.level++;
      if (this.#dropOthers()) hasDropped = true;
    }
    return hasDropped;
  }

  #dropOthers(): boolean {
    const { size } = this.#sample;
    for (const kept of this.#sample.values()) {
      if (this.#isOfSample(kept.hash)) continue;
      this.#sample.delete(kept.hash);
      this.#sampleBytes -= kept.bytes.length;
      // It may stand for a path; who knows is asked before it matters.
      this.addRare(kept.hash, kept.bytes, kept.steps);
    }
    return this.#sample.size < size;
  }

  addRare(hash: number, bytes: Uint8Array, steps: number): void {
    if (this.#rare.size >= MAX_RARE || this.#rareBytes + bytes.length > MAX_KEPT_BYTES) return;
    this.#rare.set(hash, { hash, bytes: new Uint8Array(bytes), steps });
    this.#rareBytes += bytes.length;
  }

  /** @param standing hashes of messages that stand for rare paths */
  keepOnly(standing: ReadonlySet<number>): void {
    for (const { hash, bytes } of this.#rare.values()) {
      if (standing.has(hash) && !this.#sample.has(hash)) continue;
      this.#rare.delete(hash);
      this.#rareBytes -= bytes.length;
    }
  }

  /** In the order of their hashes. */
  inOrder(): [hash: number, bytes: Uint8Array][] {
    return [...this.#sample.values(), ...this.#rare.values()]
      .sort((a, b) => a.hash - b.hash)
      .map(({ hash, bytes }) => [hash, bytes]);
  }

  #isOfSample(hash: number): boolean {
    return hash <= this.#lowest || hash < 2 ** (HASH_BITS - this.level);
  }
}
