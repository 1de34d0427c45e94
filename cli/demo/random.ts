// Seeded pseudo-random numbers, so that two demos with the same seed make the same calls.

export interface Random {
  /** A fraction from 0 up to, but not including, 1. */
  fraction(): number;
  /** A whole number from `from` to `to`, both included. */
  between(from: number, to: number): number;
  pick<const Items extends readonly unknown[]>(items: Items): Items[number];
  bytes(length: number): Buffer;
  /** Lower-case hex digits. */
  hex(digits: number): string;
  /** Another source, seeded from this one: what is drawn there, and when, changes nothing here. */
  fork(): Random;
}

/** Source: mulberry32 by Tommy Ettinger, public domain. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const fraction = (): number => next() / 2 ** 32;
  const between = (from: number, to: number): number => from + Math.floor(fraction() * (to - from + 1));
  const bytes = (length: number): Buffer => {
    const words = new Uint32Array(Math.ceil(length / 4));
    for (let index = 0; index < words.length; index++) words[index] = next();
    return Buffer.from(words.buffer, 0, length);
  };
  return {
    fraction,
    between,
    pick: (items) => items[between(0, items.length - 1)],
    bytes,
    fork: () => createRandom(next()),
    hex: (digits) =>
      bytes(Math.ceil(digits / 2))
        .toString("hex")
        .slice(0, digits),
  };
}
