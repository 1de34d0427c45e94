// What is known of the varints of one path, and what they cost.

import { freshList } from "../message/fresh-list.js";
import { bitLength64, Coder, integerBits } from "./code-length.js";
import { grains } from "./grains.js";
import { Tally } from "./tally.js";

const LENGTHS = 65;
const lengthCoder = new Coder(0.3, 20);
const choiceCoder = new Coder(0.4, 32);
/** More different varints are no choice of few. */
const MAX_CHOICES = 28;
/** Varints of one path that are kept as they are; of more, only how often each length and value comes. */
const FEW = 32;
const lengths = new Int32Array(2 * LENGTHS);
const choices = new Tally(FEW + 1);

/** The varints of one path. */
export class VarintStats {
  /** What all values together need, also those that were not measured: see {@link NEEDS}. */
  needs = 0;
  /** Pairs of low and high half. */
  #few: number[] = freshList();
  #many: ManyVarints | undefined;

  /** @returns whether {@link needs} changed */
  check(low: number, high: number): boolean {
    const needs = this.needs | needsOf(low, high);
    const changed = needs !== this.needs;
    this.needs = needs;
    return changed;
  }

  measure(low: number, high: number): void {
    if (this.#many !== undefined) {
      this.#many.add(low, high);
      return;
    }
    const few = this.#few;
    few.push(low, high);
    if (few.length <= 2 * FEW) return;
    this.#many = new ManyVarints();
    for (let at = 0; at < few.length; at += 2) this.#many.add(few[at]!, few[at + 1]!);
    this.#few = freshList();
  }

  reset(): void {
    this.#few = freshList();
    this.#many = undefined;
  }

  /** Grains of the varints: by their lengths, or as a choice of few values. */
  cost(): number {
    if (this.#many !== undefined) return this.#many.cost();
    const few = this.#few;
    const count = few.length / 2;
    let single = 0;
    let payload = 0;
    let top = 0;
    lengths.fill(0);
    choices.clear(count);
    for (let at = 0; at < few.length; at += 2) {
      const low = few[at]!;
      const high = few[at + 1]!;
      const index = lengthIndex(low, high);
      const length = index % LENGTHS;
      lengths[index]!++;
      if (index >= top) top = index + 1;
      if (length > 1) payload += length - 1;
      single += grains(integerBits(length, index >= LENGTHS));
      choices.add(low, high);
    }
    const cost = Math.min(single, grains(lengthCoder.bits(lengths, top) + 1 + payload));
    if (choices.size * 2 >= count) return cost;
    let choice = grains(2 + choiceCoder.total(count));
    for (let rank = 0; rank < choices.size; rank++)
      choice += choiceCost(choices.high(rank) * 2 ** 32 + choices.low(rank), choices.count(rank));
    return Math.min(cost, choice);
  }
}

/** The same in bounded memory. */
class ManyVarints {
  #count = 0;
  #single = 0;
  #payload = 0;
  readonly #lengths = new Int32Array(2 * LENGTHS);
  /** How often each value comes; undefined when they are too many. */
  #choices: Map<number, number> | undefined = new Map();

  add(low: number, high: number): void {
    const index = lengthIndex(low, high);
    const length = index % LENGTHS;
    this.#count++;
    this.#lengths[index]!++;
    this.#single += grains(integerBits(length, index >= LENGTHS));
    this.#payload += Math.max(0, length - 1);
    if (this.#choices === undefined) return;
    // Values so large that two become one are no choice of few.
    const value = high * 2 ** 32 + low;
    this.#choices.set(value, (this.#choices.get(value) ?? 0) + 1);
    if (this.#choices.size > MAX_CHOICES) this.#choices = undefined;
  }

  cost(): number {
    const cost = Math.min(this.#single, grains(lengthCoder.bits(this.#lengths, 2 * LENGTHS) + 1 + this.#payload));
    if (this.#choices === undefined) return cost;
    let choice = grains(2 + choiceCoder.total(this.#count));
    for (const [value, times] of this.#choices) choice += choiceCost(value, times);
    return Math.min(cost, choice);
  }
}

/** The length of a number; of a negative one that of its complement, and {@link LENGTHS} more. */
function lengthIndex(low: number, high: number): number {
  return high >>> 31 === 1 ? LENGTHS + bitLength64(~low >>> 0, ~high >>> 0) : bitLength64(low, high);
}

/** Grains for a value that is told once, and for choosing it so often. */
function choiceCost(value: number, times: number): number {
  const bits = value === 0 ? 0 : Math.floor(Math.log2(value)) + 1;
  return grains(integerBits(bits, false)) - grains(choiceCoder.saved(times));
}

/** What a value asks of its type; a bit each. */
export const NEEDS = { notZero: 1, notBool: 2, unsigned32: 4, more32: 8, negative: 16 } as const;

function needsOf(low: number, high: number): number {
  if (high === 0) {
    if (low <= 1) return low;
    return NEEDS.notZero | NEEDS.notBool | (low > 0x7fffffff ? NEEDS.unsigned32 : 0);
  }
  const fits = high === 0xffffffff && low > 0x7fffffff;
  return NEEDS.notZero | NEEDS.notBool | (high >>> 31 === 1 ? NEEDS.negative : 0) | (fits ? 0 : NEEDS.more32);
}
