// What is known of the fixed numbers of one path, and what they cost as floats and as integers.
import { freshList } from "../message/fresh-list.js";
import { Coder } from "./code-length.js";
import { FewCounts } from "./few-counts.js";
import { grains } from "./grains.js";
import {
  type FloatForm,
  fixedBits,
  floatBits,
  integerLength,
  isNegative,
  mantissaZeros,
  signedExponent,
} from "./number-model.js";
import { NEEDS } from "./number-stats.js";
import { Tally } from "./tally.js";

/** Different numbers of one path that are measured. */
const MAX_FIXED = 256;
/** So many are told apart by looking at all of them; pairs of low and high half. */
const FEW = 2 * 16;
/** Numbers that are looked at to tell those of one path apart. Numbers that were not chosen to fall together need a tenth. */
const MAX_LOOKS = 4096;
/** Behind the lengths of numbers those of negative ones. */
const NEGATIVE = 65;

const exponentCoder = { 4: new Coder(0.3, 24), 8: new Coder(0.3, 32) } as const;
const lengthCoder = new Coder(0.3, 20);
/** Bits by which integers must win: most fixed numbers that services send are floats or doubles. */
const INTEGER_BITS = { 4: 2.5, 8: 0.5 } as const;
/** Bits for saying that numbers are alike. */
const ALIKE_BITS = 6;

export interface FixedCosts {
  readonly floats: number;
  readonly integers: number;
}

/** Identical numbers count once: many are defaults. Each is measured when it comes; sums do not depend on their order. */
export class FixedStats {
  needs = 0;
  readonly #form: FloatForm;
  /** Pairs of low and high half, while they are few. */
  #few: number[] = freshList();
  #many: Tally | undefined;
  #count = 0;
  /** Grains of the numbers one by one. */
  #floats = 0;
  #integers = 0;
  /** Of signs and exponents, and of lengths. */
  #exponents = new FewCounts(MAX_FIXED);
  #lengths = new FewCounts(MAX_FIXED);
  /** Bits of numbers behind their lengths. */
  #payload = 0;
  /** Numbers that are not zero, and zeros that all their mantissas end in. */
  #others = 0;
  #zeros: number;

  constructor(form: FloatForm) {
    this.#form = form;
    this.#zeros = form.mantissaBits;
  }

  /** @returns whether {@link needs} changed */
  check(low: number, high: number): boolean {
    const { needs } = this;
    if (isNegative(this.#form, low, high)) this.needs |= NEEDS.negative;
    if (low !== 0 || high !== 0) this.needs |= NEEDS.notZero;
    return needs !== this.needs;
  }

  /** @returns whether it is new */
  measure(low: number, high: number): boolean {
    if (this.#count >= MAX_FIXED || !this.#isNew(low, high)) return false;
    const form = this.#form;
    this.#count++;
    this.#floats += grains(floatBits(form, low, high));
    this.#integers += grains(fixedBits(form, low, high));
    this.#exponents.add(signedExponent(form, low, high), 1);
    const length = integerLength(form, low, high);
    this.#lengths.add(isNegative(form, low, high) ? NEGATIVE + length : length, 1);
    this.#payload += Math.max(0, length - 1);
    if (low !== 0 || high !== 0) {
      this.#others++;
      this.#zeros = Math.min(this.#zeros, mantissaZeros(form, low, high));
    }
    return true;
  }

  #isNew(low: number, high: number): boolean {
    if (this.#many === undefined) {
      const few = this.#few;
      for (let at = 0; at < few.length; at += 2) if (few[at] === low && few[at + 1] === high) return false;
      if (few.push(low, high) <= FEW) return true;
      this.#many = new Tally(MAX_FIXED, MAX_LOOKS);
      for (let at = 0; at < few.length; at += 2) this.#many.add(few[at]!, few[at + 1]!);
      this.#few = freshList();
      return true;
    }
    const { size } = this.#many;
    return this.#many.add(low, high) && this.#many.size > size;
  }

  reset(): void {
    this.#few = freshList();
    this.#many = undefined;
    this.#count = 0;
    this.#floats = 0;
    this.#integers = 0;
    this.#exponents = new FewCounts(MAX_FIXED);
    this.#lengths = new FewCounts(MAX_FIXED);
    this.#payload = 0;
    this.#others = 0;
    this.#zeros = this.#form.mantissaBits;
  }

  /** Grains, of the numbers one by one or as alike ones. */
  costs(): FixedCosts {
    const form = this.#form;
    const { width } = form;
    const count = this.#count;
    const mantissas = this.#others * (form.mantissaBits - this.#zeros);
    const floats =
      grains(ALIKE_BITS + mantissas + exponentCoder[width].total(count)) -
      this.#exponents.saved(exponentCoder[width]) +
      this.#exponents.cost((signed) => (signed === 0 ? 0 : rareExponentBits(form, signed & form.infinite)));
    const integers = grains(ALIKE_BITS + this.#payload + lengthCoder.total(count)) - this.#lengths.saved(lengthCoder);
    return {
      floats: Math.min(this.#floats, floats),
      integers: Math.min(this.#integers, integers) + grains(INTEGER_BITS[width]),
    };
  }
}

/** Measurements are near 1, money and counts are less near, and hardly anything has 2^80 or 2^-80. */
function rareExponentBits(form: FloatForm, exponent: number): number {
  const distance = Math.abs(exponent - form.bias);
  if (distance <= 24) return 0;
  if (distance <= 42) return 2.5;
  return distance <= 70 && form.width === 8 ? 6 : 18;
}
