// What the packed numbers of all payloads of one path cost together: lengths and exponents that were learned from one help to tell the next.
import { Coder } from "./code-length.js";
import { FewCounts } from "./few-counts.js";
import { grains } from "./grains.js";
import type { FloatForm } from "./number-model.js";

const lengthCoder = new Coder(0.35, 18);
const exponentCoder = { 4: new Coder(0.35, 24), 8: new Coder(0.35, 30) } as const;
/** Bits for saying that they are alike, once a path. */
const ALIKE_BITS = 6;

/** More are not learned from one another: lengths are 130 at most, and exponents of measurements fewer. */
const MAX_COUNTS = 130;

/** Packed varints: how long their values are. */
export class PooledVarints {
  /** Counts by length; see `packedVarintBits`. */
  readonly #lengths = new FewCounts(MAX_COUNTS);
  #payload = 0;
  #count = 0;

  /** @param counts of one payload, of which the first `top` may be used */
  add(counts: Int32Array, top: number, payload: number): void {
    for (let length = 0; length < top; length++) {
      const count = counts[length]!;
      if (count === 0) continue;
      this.#lengths.add(length, count);
      this.#count += count;
    }
    this.#payload += payload;
  }

  /** Grains. */
  cost(): number {
    // Where each list ends is known: so many octets were there.
    return grains(lengthCoder.total(this.#count) + this.#payload) - this.#lengths.saved(lengthCoder);
  }
}

/** Packed floats: their exponents, and mantissas that all end in zeros. */
export class PooledFloats {
  readonly #form: FloatForm;
  readonly #exponents = new FewCounts(MAX_COUNTS);
  #count = 0;
  #others = 0;
  #odd = 0;
  #zeros: number;

  constructor(form: FloatForm) {
    this.#form = form;
    this.#zeros = form.mantissaBits;
  }

  addExponent(exponent: number, times: number): void {
    this.#exponents.add(exponent, times);
    this.#count += times;
  }

  /**
   * @param others numbers that are not zero
   * @param zeros that all their mantissas end in
   * @param odd whole bits for exponents that measurements do not have
   */
  addRest(others: number, zeros: number, odd: number): void {
    this.#others += others;
    this.#odd += odd;
    this.#zeros = Math.min(this.#zeros, zeros);
  }

  /** Grains; Infinity where there are too many exponents. */
  cost(): number {
    if (this.#exponents.isFull) return Number.POSITIVE_INFINITY;
    const { mantissaBits, width } = this.#form;
    const coder = exponentCoder[width];
    const mantissas = this.#others * (mantissaBits - this.#zeros);
    return grains(ALIKE_BITS + coder.total(this.#count) + mantissas + this.#odd) - this.#exponents.saved(coder);
  }
}
