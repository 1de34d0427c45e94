// Histograms: as exact as they say, and the same whether counted at once, merged, or sent as JSON.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Histogram } from "../../src/stats/histogram.js";

/** A bucket is 1/32 of its values wide or less, and its middle is told. */
const MAX_ERROR = 1 / 64 + 1e-9;

const VALUES = fc.array(
  fc.oneof(
    fc.nat(100),
    fc.nat(1_000_000),
    fc.integer({ min: 0, max: 2 ** 41 }),
    fc.double({ min: 0, max: 1e12, noNaN: true }),
  ),
  { minLength: 1, maxLength: 200 },
);

function histogramOf(values: readonly number[], unit = 1): Histogram {
  const histogram = new Histogram(unit);
  for (const value of values) histogram.add(value);
  return histogram;
}

describe("a histogram", () => {
  test("gives percentiles within 1.6 % of the exact ones", () => {
    fc.assert(
      fc.property(
        VALUES,
        fc.constantFrom(1, 0.001),
        fc.constantFrom(0, 0.5, 0.9, 0.95, 0.99, 1),
        (values, unit, share) => {
          const sorted = [...values].sort((a, b) => a - b);
          const exact = sorted[Math.max(1, Math.ceil(share * values.length)) - 1]!;
          const told = histogramOf(values, unit).percentile(share);
          expect(Math.abs(told - exact)).toBeLessThanOrEqual(exact * MAX_ERROR + unit);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test("knows count, sum, least and most exactly", () => {
    const histogram = histogramOf([3, 1, 2.5]);
    expect(histogram).toMatchObject({ count: 3, sum: 6.5, min: 1, max: 3 });
    expect(histogram.mean).toBeCloseTo(2.1667, 3);
    expect(histogram.percentile(1)).toBe(3);
  });

  test("of nothing has no percentile", () => {
    const histogram = new Histogram();
    expect(histogram.percentile(0.5)).toBeNaN();
    expect(histogram.mean).toBeNaN();
    expect(histogram.bars()).toEqual([]);
    expect(histogramOf([]).toJson()).toEqual({ unit: 1, count: 0, sum: 0, min: 0, max: 0, buckets: [] });
  });

  test("merged from parts is the one of the whole", () => {
    fc.assert(
      fc.property(VALUES, VALUES, (left, right) => {
        const merged = histogramOf(left.map(Math.floor));
        merged.merge(histogramOf(right.map(Math.floor)));
        expect(merged.toJson()).toEqual(histogramOf([...left, ...right].map(Math.floor)).toJson());
      }),
    );
  });

  test("is not merged with one that counts in other units", () => {
    expect(() => new Histogram(1).merge(new Histogram(2))).toThrow("histogram with unit 2; must be 1");
  });

  test("comes back from JSON as it was, and its JSON is small", () => {
    fc.assert(
      fc.property(VALUES, (values) => {
        const json = histogramOf(values).toJson();
        const back = Histogram.fromJson(JSON.parse(JSON.stringify(json)));
        expect(back.toJson()).toEqual(json);
        expect(back.percentile(0.9)).toBe(histogramOf(values).percentile(0.9));
      }),
    );
    const million = histogramOf(Array.from({ length: 100_000 }, (_, index) => (index * 7919) % 60_000));
    expect(JSON.stringify(million.toJson()).length).toBeLessThan(6000);
  });

  test("takes JSON of somebody else without growing beyond its bounds", () => {
    const json = { unit: 1, count: 1, sum: 1, min: 1, max: 1, buckets: [1e9, 1, -1, 1, 0.5, 1, 3, 2] };
    expect(Histogram.fromJson(json).toJson().buckets).toEqual([3, 2]);
  });

  test("has bars of a doubling each that hold every value once", () => {
    fc.assert(
      fc.property(VALUES, (values) => {
        const bars = histogramOf(values).bars();
        expect(bars.reduce((sum, { count }) => sum + count, 0)).toBe(values.length);
        for (const { from, to, count } of bars) {
          expect(count).toBe(values.filter((value) => Math.floor(value) >= from && Math.floor(value) < to).length);
          expect(to === 1 ? from : from * 2).toBe(to === 1 ? 0 : to);
        }
        expect(bars[0]!.count).toBeGreaterThan(0);
        expect(bars.at(-1)!.count).toBeGreaterThan(0);
      }),
    );
  });

  test("counts what is beyond everything at its end", () => {
    const histogram = histogramOf([Number.MAX_VALUE, Number.POSITIVE_INFINITY, -5]);
    expect(histogram).toMatchObject({ count: 3, min: 0, max: Number.POSITIVE_INFINITY });
    expect(histogram.percentile(0.5)).toBeGreaterThan(1e15);
  });
});
