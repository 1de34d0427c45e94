// Hashes of payloads: by them identical ones count once, and a sample is the same in whatever order messages come.

export const HASH_BITS = 30;
const SEED = 0x811c9dc5;

/** {@link HASH_BITS} bits: a number that V8 keeps without an object. */
export function hashOctets(bytes: Uint8Array, start: number, end: number): number {
  let hash = SEED;
  let at = start;
  // Four octets a step: this is done for every payload of every message.
  for (; at + 4 <= end; at += 4) {
    const four = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    hash = Math.imul(hash ^ four, 0x9e3779b1);
    hash = (hash << 13) | (hash >>> 19);
  }
  for (; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
  return mix(hash, end - start);
}

/** One number of two, whose bits all depend on all of theirs (MurmurHash3's finalizer). */
function mix(first: number, second: number): number {
  let hash = first ^ Math.imul(second, 0xcc9e2d51);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> (32 - HASH_BITS);
}
