// What the payloads of one path have in common as octets: their length, how they begin, and how often each octet comes.
import { grains } from "./grains.js";
import { PooledOctets } from "./octet-model.js";

/** Octets of a payload that is compared with others, and bits for saying that they are alike. */
const MAX_ALIKE = 64;
const ALIKE_BITS = 6;
/** A payload that is longer says enough alone. */
const MAX_POOLED = 1024;

export class PathOctets {
  #payloads = 0;
  /** Undefined before the first, and when it is of no use any more. */
  #first: Uint8Array | undefined;
  /** Of all payloads, while they are all of one length; else negative. */
  #length = -1;
  /** Octets that all begin with. */
  #same = 0;
  #isText = true;
  /** From the second payload on, while all are text. */
  #pooled: PooledOctets | undefined;

  /** @param isText without controls */
  add(bytes: Uint8Array, start: number, end: number, isText: boolean): void {
    const length = end - start;
    if (!isText || length > MAX_POOLED) {
      this.#isText = false;
      this.#pooled = undefined;
    }
    if (++this.#payloads === 1) {
      if (length > MAX_ALIKE && !this.#isText) return;
      this.#first = new Uint8Array(bytes.subarray(start, end));
      this.#length = length <= MAX_ALIKE ? length : -1;
      this.#same = length;
      return;
    }
    const first = this.#first;
    if (first === undefined) return;
    if (length !== this.#length) this.#length = -1;
    let same = 0;
    while (same < this.#same && bytes[start + same] === first[same]) same++;
    this.#same = same;
    if (this.#isText) {
      if (this.#pooled === undefined) {
        this.#pooled = new PooledOctets();
        this.#pooled.add(first, 0, first.length);
      }
      this.#pooled.add(bytes, start, end);
    } else if (this.#length < 0) this.#first = undefined;
  }

  /** Grains, where addresses and keys are all of one length and begin alike: that is told once. Infinity where they are not. */
  alikeCost(): number {
    if (this.#first === undefined || this.#length < 0) return Number.POSITIVE_INFINITY;
    return grains(ALIKE_BITS + 8 * this.#same + 8 * (this.#length - this.#same) * this.#payloads);
  }

  /** Grains of texts whose characters are told together, or that begin alike; Infinity where there is one, or some is no text. */
  textCost(): number {
    if (this.#pooled === undefined) return Number.POSITIVE_INFINITY;
    // Where octets are told more cheaply than characters, so are the characters: text is no bytes for being alike.
    return Math.min(this.#pooled.cost(), this.alikeCost());
  }
}
