// A log-linear histogram: counts by size with a fixed relative error, as HdrHistogram has them (hdrhistogram.org).

/** As JSON: the indexes of buckets and their counts by turns. */
export interface HistogramJson {
  readonly unit: number;
  readonly count: number;
  readonly sum: number;
  /** 0 while there is nothing. */
  readonly min: number;
  readonly max: number;
  readonly buckets: readonly number[];
}

/** One bar: values from `from` up to but not including `to`. */
export interface HistogramBar {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** Buckets for each doubling of the value: a bucket is at most 1/32 of its values wide, its middle at most 1.6 % off. */
const OCTAVE = 32;
/** Larger values count as this one: of microseconds 142 years. */
const MAX_UNITS = 2 ** 52;
/** Octaves up to {@link MAX_UNITS}, 256 octets each: 12 KiB for a histogram whose values are spread over all of them. */
const MAX_OCTAVES = 48;

/** Values are any numbers from 0. */
export class Histogram {
  /** What is told apart at the lower end: values are counted in units, rounded down. */
  readonly unit: number;
  readonly #perUnit: number;
  count = 0;
  sum = 0;
  /** 0 while there is nothing. */
  min = 0;
  max = 0;
  /** The first holds 0 to 31 units, each that follows the next doubling. */
  readonly #octaves: (Float64Array | undefined)[] = [];

  constructor(unit = 1) {
    this.unit = unit;
    this.#perUnit = 1 / unit;
  }

  /** NaN while there is nothing. */
  get mean(): number {
    return this.sum / this.count;
  }

  add(value: number): void {
    const known = Math.max(value, 0);
    if (known > this.max) this.max = known;
    if (known < this.min || this.count === 0) this.min = known;
    this.count++;
    this.sum += known;
    const units = known * this.#perUnit;
    // The short way for all but what is rare: whole numbers of 31 bits.
    const bucket = units < 2 ** 31 ? bucketOf(units | 0) : bucketOf(Math.min(Math.floor(units), MAX_UNITS - 1));
    const counts = this.#octaves[(bucket / OCTAVE) | 0];
    if (counts === undefined) this.#addTo(bucket, 1);
    else counts[bucket % OCTAVE]!++;
  }

  /**
   * The smallest value that so many of all do not exceed.
   * @param share from 0 to 1, as in 0.99
   * @returns NaN while there is nothing
   */
  percentile(share: number): number {
    if (this.count === 0) return Number.NaN;
    let left = Math.max(1, Math.ceil(share * this.count));
    if (left >= this.count) return this.max;
    for (const [bucket, count] of this.#counts()) {
      left -= count;
      if (left > 0) continue;
      const middle = ((lowestOf(bucket) + lowestOf(bucket + 1)) / 2) * this.unit;
      return Math.min(Math.max(middle, this.min), this.max);
    }
    return this.max;
  }

  /** Adds the counts of another one with the same unit. */
  merge(other: Histogram): void {
    if (other.unit !== this.unit) throw new Error(`histogram with unit ${other.unit}; must be ${this.unit}`);
    if (other.count === 0) return;
    this.min = this.count === 0 ? other.min : Math.min(this.min, other.min);
    this.max = Math.max(this.max, other.max);
    this.count += other.count;
    this.sum += other.sum;
    for (const [bucket, count] of other.#counts()) this.#addTo(bucket, count);
  }

  /** Bars of a doubling each, from the first that has a count to the last. */
  bars(): readonly HistogramBar[] {
    const counts: number[] = [];
    for (const [bucket, count] of this.#counts()) {
      const lowest = lowestOf(bucket);
      const bar = lowest < 1 ? 0 : Math.floor(Math.log2(lowest)) + 1;
      counts[bar] = (counts[bar] ?? 0) + count;
    }
    const first = counts.findIndex((count) => count !== undefined);
    if (first < 0) return [];
    return Array.from({ length: counts.length - first }, (_, index) => {
      const bar = first + index;
      const from = bar === 0 ? 0 : 2 ** (bar - 1);
      return { from: from * this.unit, to: (bar === 0 ? 1 : from * 2) * this.unit, count: counts[bar] ?? 0 };
    });
  }

  toJson(): HistogramJson {
    const buckets: number[] = [];
    for (const [bucket, count] of this.#counts()) buckets.push(bucket, count);
    return { unit: this.unit, count: this.count, sum: this.sum, min: this.min, max: this.max, buckets };
  }

  static fromJson({ unit, count, sum, min, max, buckets }: HistogramJson): Histogram {
    const histogram = new Histogram(unit);
    for (let at = 0; at + 1 < buckets.length; at += 2) {
      const bucket = buckets[at]!;
      if (Number.isInteger(bucket) && bucket >= 0 && bucket < MAX_OCTAVES * OCTAVE)
        histogram.#addTo(bucket, buckets[at + 1]!);
    }
    histogram.count = count;
    histogram.sum = sum;
    histogram.min = min;
    histogram.max = max;
    return histogram;
  }

  #addTo(bucket: number, count: number): void {
    const octave = (bucket / OCTAVE) | 0;
    let counts = this.#octaves[octave];
    if (counts === undefined) {
      counts = new Float64Array(OCTAVE);
      while (this.#octaves.length < octave) this.#octaves.push(undefined);
      this.#octaves[octave] = counts;
    }
    counts[bucket % OCTAVE]! += count;
  }

  /** Buckets with a count, ascending. */
  *#counts(): IterableIterator<readonly [bucket: number, count: number]> {
    for (const [octave, counts] of this.#octaves.entries()) {
      if (counts === undefined) continue;
      for (let at = 0; at < OCTAVE; at++) if (counts[at]! > 0) yield [octave * OCTAVE + at, counts[at]!];
    }
  }
}

/** @param units whole */
function bucketOf(units: number): number {
  if (units < 2 * OCTAVE) return units;
  if (units < 2 ** 31) {
    const doublings = 26 - Math.clz32(units);
    return doublings * OCTAVE + (units >> doublings);
  }
  // The same for what has more than 31 bits.
  const above = Math.floor(units / 2 ** 26);
  return 26 * OCTAVE + bucketOf(above);
}

/** The lowest number of units that falls into a bucket. */
function lowestOf(bucket: number): number {
  if (bucket < 2 * OCTAVE) return bucket;
  const doublings = Math.floor(bucket / OCTAVE) - 1;
  return (OCTAVE + (bucket % OCTAVE)) * 2 ** doublings;
}
