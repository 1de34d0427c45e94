// Ordered ids: places as in a sorted array, after any taking in and out.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OrderedIds } from "../../src/session/ordered-ids.js";

const KEYS = fc.oneof(fc.nat(5), fc.nat(2000), fc.constant(Number.POSITIVE_INFINITY));

describe("ordered ids", () => {
  test("are in the order of a sorted array, whatever goes in and out", () => {
    const step = fc.record({ id: fc.nat(3000), key: KEYS, out: fc.integer({ min: 0, max: 9 }).map((n) => n < 3) });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1000, maxLength: 4000 }), fc.nat(), (steps, look) => {
        const ordered = new OrderedIds();
        const keys = new Map<number, number>();
        for (const { id, key, out } of steps) {
          const known = keys.get(id);
          if (out && known === undefined) ordered.remove(key, id);
          if (known !== undefined) ordered.remove(known, id);
          keys.delete(id);
          if (out) continue;
          ordered.add(key, id);
          keys.set(id, key);
        }
        const sorted = [...keys].sort(([a, x], [b, y]) => (x === y ? a - b : x < y ? -1 : 1));
        expect(ordered.length).toBe(sorted.length);
        expect(sorted.map((_, index) => ordered.at(index))).toEqual(sorted.map(([id]) => id));
        const place = look % Math.max(sorted.length, 1);
        const [id, key] = sorted[place] ?? [0, 0];
        expect(ordered.placeOf(key, id)).toBe(place);
        expect(ordered.at(place)).toBe(sorted[place]?.[0]);
        expect(ordered.at(sorted.length)).toBeUndefined();
      }),
      { numRuns: 30 },
    );
  });

  test("that come in order leave full blocks, from either end", () => {
    const ordered = new OrderedIds();
    for (let id = 5000; id < 10_000; id++) ordered.add(id, id);
    for (let id = 4999; id > 0; id--) ordered.add(id, id);
    expect(Array.from({ length: 9999 }, (_, index) => ordered.at(index))).toEqual(
      Array.from({ length: 9999 }, (_, index) => index + 1),
    );
  });
});
