// What the payloads of one path cost as packed numbers: each alone, and all of them together.
import { grains } from "./grains.js";
import { DOUBLE, FLOAT, type FloatForm } from "./number-model.js";
import { octets } from "./octet-counts.js";
import { FEW_OCTETS, varintBonus } from "./octet-model.js";
import { fixedResult, packedFixedBits } from "./packed-fixed.js";
import { MODEL_OCTETS, NARROW, packedVarintBits, varintsSeen } from "./packed-varints.js";
import { PooledFloats, PooledVarints } from "./pooled-numbers.js";
import { type Measured, READING, type ReadingCosts } from "./readings.js";

/** What an octet takes as one of packed varints, and as one of packed fixed numbers, in octets that are only looked at. */
const PACKED_STEPS = 10;
const FIXED_STEPS = 16;

/** Lists of numbers that are told no shorter by their lengths or their order than as plain octets are rare. */
export const UNSHAPED_BITS = 4;

export class PayloadNumbers {
  /** Payloads that were measured whole. */
  payloads = 0;
  #varints: PooledVarints | undefined;
  #floats: PooledFloats | undefined;
  #doubles: PooledFloats | undefined;

  /** Grains of all payloads together; Infinity for a reading that is no number, or where there is one payload. */
  cost(reading: number): number {
    if (this.payloads < 2) return Number.POSITIVE_INFINITY;
    let cost: number | undefined;
    if (reading === READING.varints) cost = this.#varints?.cost();
    else if (reading === READING.floats) cost = this.#floats?.cost();
    else if (reading === READING.doubles) cost = this.#doubles?.cost();
    return cost ?? Number.POSITIVE_INFINITY;
  }

  /**
   * @param costs where they go
   * @param result what was measured of the octets, which are those that were counted last; takes the bits of the best reading
   * @returns octets looked at
   */
  measure(costs: ReadingCosts, bytes: Uint8Array, start: number, end: number, result: Measured): number {
    const length = end - start;
    const isWhole = length <= MODEL_OCTETS;
    const near = isWhole ? end : start + MODEL_OCTETS;
    const scale = isWhole ? 1 : length / MODEL_OCTETS;
    let steps = 0;
    if (isWhole) this.payloads++;
    let least = result.least / scale;
    if (costs.can(READING.varints)) {
      this.#varints ??= new PooledVarints();
      let asVarints = packedVarintBits(bytes, start, near, octets, isWhole, this.#varints);
      steps += PACKED_STEPS * (near - start);
      if (asVarints === Number.POSITIVE_INFINITY) costs.ruleOut(READING.varints);
      else {
        if (varintsSeen.widest > NARROW) costs.hasWide = true;
        if (length >= FEW_OCTETS) asVarints = Math.min(asVarints, result.plain + UNSHAPED_BITS - varintBonus(octets));
        costs.add(READING.varints, grains(asVarints * scale));
        least = Math.min(least, asVarints);
      }
    }
    if (costs.can(READING.floats)) {
      this.#floats ??= new PooledFloats(FLOAT);
      steps += measureFixed(costs, FLOAT, READING.floats, this.#floats, bytes, start, near, length, scale);
      if (costs.can(READING.floats)) least = Math.min(least, fixedResult.floats, fixedResult.integers);
    }
    if (costs.can(READING.doubles)) {
      this.#doubles ??= new PooledFloats(DOUBLE);
      steps += measureFixed(costs, DOUBLE, READING.doubles, this.#doubles, bytes, start, near, length, scale);
      if (costs.can(READING.doubles)) least = Math.min(least, fixedResult.floats, fixedResult.integers);
    }
    result.least = least * scale;
    return steps;
  }
}

/** @param reading that of floats; the one of integers is the next */
function measureFixed(
  costs: ReadingCosts,
  form: FloatForm,
  reading: number,
  pool: PooledFloats,
  bytes: Uint8Array,
  start: number,
  near: number,
  length: number,
  scale: number,
): number {
  if (length % form.width !== 0 || !packedFixedBits(form, bytes, start, near, pool)) {
    costs.ruleOut(reading);
    costs.ruleOut(reading + 1);
    return 0;
  }
  costs.add(reading, grains(fixedResult.floats * scale));
  costs.add(reading + 1, grains(fixedResult.integers * scale));
  return FIXED_STEPS * (near - start);
}
