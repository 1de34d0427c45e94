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
});
