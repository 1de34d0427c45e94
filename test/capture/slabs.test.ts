// A capture's memory: slabs of one size that do not overlap and are used again.
import { expect, test } from "vitest";
import { SLAB_BYTES, Slabs } from "../../src/capture/slabs.js";

const MIB = 1 << 20;

test("slabs have one size, and no two share an octet", () => {
  const memory = new Slabs(8 * MIB);
  // Beyond the bound, too.
  const slabs = Array.from({ length: 50 }, () => memory.take());
  for (const [number, slab] of slabs.entries()) slab.fill(number);
  for (const [number, slab] of slabs.entries()) {
    expect(slab.length).toBe(SLAB_BYTES);
    expect(slab.every((octet) => octet === number)).toBe(true);
  }
});

test("what is given back is taken again before anything new", () => {
  const memory = new Slabs(8 * MIB);
  const slab = memory.take();
  memory.take();
  memory.giveBack(slab);
  expect(memory.take()).toBe(slab);
});

test("all of the bound comes from two pieces of memory", () => {
  const memory = new Slabs(64 * MIB);
  const buffers = new Set(Array.from({ length: (64 * MIB) / SLAB_BYTES }, () => memory.take().buffer));
  expect(buffers.size).toBe(2);
});
