import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MessageCache } from "../../src/session/message-cache.js";

const sized = (heldBytes: number) => ({ heldBytes });

describe("a cache of what was read", () => {
  test("lets go of what was used longest ago when it is full", () => {
    const cache = new MessageCache(100);
    for (const key of [1, 2, 3]) cache.set(key, sized(30));
    cache.get(1);
    cache.set(4, sized(30));
    expect([1, 2, 3, 4].filter((key) => cache.get(key) !== undefined)).toEqual([1, 3, 4]);
    expect(cache.bytes).toBe(90);
  });

  test("counts what a value grew by, and keeps to its bound with it", () => {
    const cache = new MessageCache(100);
    const value = { heldBytes: 10 };
    cache.set(1, sized(50));
    cache.set(2, value);
    value.heldBytes = 60;
    cache.recount(2);
    expect([cache.get(1), cache.bytes]).toEqual([undefined, 60]);
    value.heldBytes = 20;
    cache.recount(2);
    expect(cache.bytes).toBe(20);
  });

  test("keeps nothing that is larger than everything may be, and counts what is replaced once", () => {
    const cache = new MessageCache(100);
    cache.set(1, sized(101));
    expect([cache.get(1), cache.bytes]).toEqual([undefined, 0]);
    cache.set(2, sized(40));
    cache.set(2, sized(50));
    expect(cache.bytes).toBe(50);
    cache.delete(2);
    cache.recount(2);
    expect(cache.bytes).toBe(0);
  });

  test("lets go in the order of use, whatever is put in, looked at and taken out", () => {
    const step = fc.record({ key: fc.nat(12), what: fc.constantFrom("set", "get", "delete"), size: fc.nat(40) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const cache = new MessageCache(100);
        let kept: { key: number; size: number }[] = [];
        for (const { key, what, size } of steps) {
          const known = kept.find((entry) => entry.key === key);
          if (what === "get") expect(cache.get(key)?.heldBytes).toBe(known?.size);
          else if (what === "set") cache.set(key, sized(size));
          else cache.delete(key);
          if (what === "get" && known === undefined) continue;
          kept = kept.filter((entry) => entry.key !== key);
          if (what === "get") kept.push(known!);
          if (what === "set") kept.push({ key, size });
          while (kept.reduce((sum, entry) => sum + entry.size, 0) > 100) kept.shift();
          expect(cache.bytes).toBe(kept.reduce((sum, entry) => sum + entry.size, 0));
        }
        for (const { key, size } of kept) expect(cache.get(key)?.heldBytes).toBe(size);
      }),
    );
  });
});
