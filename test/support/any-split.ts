// Any split gives the same answer: the same octets whole, one by one and in random cuts, to a fresh reader each time.
import { expect } from "vitest";
import type { SideIndex } from "../../src/http2/stream.js";

/** What one side put on the wire before the other said something. */
export type Turn = readonly [from: SideIndex, bytes: Uint8Array];

/** A reader being fed; `result` is what it made of everything. */
export interface Fed<R> {
  push(bytes: Uint8Array, from: SideIndex): void;
  result(): R;
}

/** Longer input than this goes in pieces of so many octets where it would go octet by octet. */
const SMALL_BYTES = 64 * 1024;
const PIECE_BYTES = 1000;
const RANDOM_ROUNDS = 3;

/**
 * Feeds octets of one side, or turns of both, to fresh readers; cuts never move an octet past one of the other side.
 * Each chunk is overwritten once it was read, so that a reader that keeps one is found out.
 * @returns what a reader made of the whole; it is an error when any cut gives something else
 */
export function anySplit<R>(input: Uint8Array | readonly Turn[], start: () => Fed<R>, seed = 1): R {
  const turns = joined(input instanceof Uint8Array ? [[0, input] as const] : input);
  const total = turns.reduce((sum, [, bytes]) => sum + bytes.length, 0);
  const whole = feed(turns, start(), (left) => left);
  expect(feed(turns, start(), () => (total > SMALL_BYTES ? PIECE_BYTES : 1))).toEqual(whole);
  const random = randomNumbers(seed);
  for (let round = 0; round < RANDOM_ROUNDS; round++) {
    const most = 1 + Math.floor((random() * Math.min(total, SMALL_BYTES)) / 4 ** round);
    expect(feed(turns, start(), () => Math.ceil(random() * most))).toEqual(whole);
  }
  return whole;
}

/** Turns of the same side that follow each other are one chunk when nothing is cut. */
function joined(turns: readonly Turn[]): Turn[] {
  const out: Turn[] = [];
  for (const [from, bytes] of turns) {
    const last = out.at(-1);
    if (last?.[0] === from) out[out.length - 1] = [from, concat(last[1], bytes)];
    else out.push([from, bytes]);
  }
  return out;
}

function feed<R>(turns: readonly Turn[], fed: Fed<R>, size: (left: number) => number): R {
  for (const [from, bytes] of turns) {
    for (let at = 0; at < bytes.length; ) {
      const end = Math.min(bytes.length, at + Math.max(1, size(bytes.length - at)));
      // A copy also of what Node calls a Buffer, whose own slice is none.
      const chunk = new Uint8Array(bytes.subarray(at, end));
      fed.push(chunk, from);
      chunk.fill(0xee);
      at = end;
    }
  }
  return fed.result();
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
