import { describe, expect, it } from "vitest";
import { Tally } from "../../src/schemaless/tally.js";

/** How often each value came, by the tally. */
function counts(tally: Tally): [low: number, high: number, count: number][] {
  return Array.from({ length: tally.size }, (_, rank) => [tally.low(rank), tally.high(rank), tally.count(rank)]);
}

describe("a tally", () => {
  it("counts values by both halves, in the order in which they came first", () => {
    const tally = new Tally(8);
    for (const [low, high] of [
      [7, 0],
      [0xffffffff, 0xffffffff],
      [7, 0],
      [7, 1],
    ] as const)
      tally.add(low, high);
    expect(counts(tally)).toEqual([
      [7, 0, 2],
      [0xffffffff, 0xffffffff, 1],
      [7, 1, 1],
    ]);
  });

  it("knows nothing of what came before it was cleared, also when it is made for fewer values then", () => {
    const tally = new Tally(1000);
    for (let value = 0; value < 1000; value++) tally.add(value, value);
    tally.clear(2);
    tally.add(5, 5);
    expect(counts(tally)).toEqual([[5, 5, 1]]);
  });

  it("gives up on values that were chosen to fall together", () => {
    const tally = new Tally(4096);
    tally.clear(4096);
    // By the inverse of what the hash multiplies with, hashes are what we choose: all within a few slots.
    const chosen = Array.from({ length: 4096 }, (_, k) => Math.imul(k << 14, INVERSE));
    expect(chosen.every((low) => tally.add(low, 0))).toBe(false);
  });
});

/** Of 0x9e3779b1 modulo 2^32: what is multiplied by both is as it was. */
const INVERSE = inverse(0x9e3779b1);

function inverse(odd: number): number {
  let found = odd;
  // Newton's iteration doubles the right bits, of which there are three to begin with.
  for (let step = 0; step < 5; step++) found = Math.imul(found, 2 - Math.imul(odd, found));
  return found;
}
