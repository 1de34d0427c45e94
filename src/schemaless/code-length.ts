// Code lengths in bits: what an adaptive coder needs for counts it learns as it goes (Krichevsky and Trofimov's estimator).

const LOGS = 4096;
const LOG2 = Float64Array.from({ length: LOGS }, (_, value) => (value === 0 ? 0 : Math.log2(value)));

/** Base-2 logarithm of a whole number; 0 for 0. */
export function log2(value: number): number {
  return value < LOGS ? LOG2[value]! : Math.log2(value);
}

/** Significant bits of an unsigned number of 32 bits. */
export function bitLength(value: number): number {
  return 32 - Math.clz32(value);
}

/** Significant bits of an unsigned number of 64 bits, given as halves. */
export function bitLength64(low: number, high: number): number {
  return high === 0 ? 32 - Math.clz32(low) : 64 - Math.clz32(high);
}

/** Zero bits at the low end of 64 bits; `width` when all are zero. */
export function trailingZeros(low: number, high: number, width: number): number {
  if (low !== 0) return 31 - Math.clz32(low & -low);
  return high === 0 ? width : 63 - Math.clz32(high & -high);
}

/** A table is exact up to here; beyond, the slope is that of the logarithm. */
const TABLE = 1024;

/**
 * A coder that gives each symbol a head start of `alpha` counts.
 * `sum[m]` is the base-2 logarithm of alpha (alpha + 1) … (alpha + m - 1).
 */
class RisingLogs {
  readonly #sum = new Float64Array(TABLE + 1);
  readonly #alpha: number;

  constructor(alpha: number) {
    this.#alpha = alpha;
    for (let at = 0; at < TABLE; at++) this.#sum[at + 1] = this.#sum[at]! + Math.log2(at + alpha);
  }

  of(count: number): number {
    if (count <= TABLE) return this.#sum[count]!;
    // Stirling, from where the table ends.
    const from = TABLE + this.#alpha;
    const to = count + this.#alpha;
    return this.#sum[TABLE]! + to * Math.log2(to) - from * Math.log2(from) - (to - from) * Math.LOG2E;
  }
}

/** An adaptive coder over an alphabet of known size. */
export class Coder {
  readonly #one: RisingLogs;
  readonly #all: RisingLogs;

  constructor(alpha: number, symbols: number) {
    this.#one = new RisingLogs(alpha);
    this.#all = new RisingLogs(alpha * symbols);
  }

  /** Bits for a symbol that came so often, to be subtracted from {@link total}. */
  saved(count: number): number {
    return this.#one.of(count);
  }

  total(count: number): number {
    return this.#all.of(count);
  }

  /** Bits for all symbols, whose counts are the first `length` ones; zero counts cost nothing. */
  bits(counts: Int32Array, length: number): number {
    let all = 0;
    let bits = 0;
    for (let at = 0; at < length; at++) {
      const count = counts[at]!;
      if (count === 0) continue;
      all += count;
      bits -= this.#one.of(count);
    }
    return bits + this.#all.of(all);
  }

  /** The same for two symbols. */
  bitsOfTwo(first: number, second: number): number {
    return this.#all.of(first + second) - this.#one.of(first) - this.#one.of(second);
  }
}

/** Bits of the length of a whole number: small ones are more likely. @param bits {@link bitLength} of it */
export function sizeBits(bits: number): number {
  return bits < 24 ? 1.5 + 0.13 * bits : 4.6 + 0.03 * (bits - 24);
}

/** Bits of one whole number without any other to learn from. @param bits {@link bitLength} of it, or of its complement */
export function integerBits(bits: number, isNegative: boolean): number {
  return (isNegative ? 7 : 0) + sizeBits(bits) + Math.max(0, bits - 1);
}
