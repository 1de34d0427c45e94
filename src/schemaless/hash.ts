// Hashes of payloads: by them identical ones count once, and a sample is the same in whatever order messages come.

export const HASH_BITS = 30;
const SEED = 0x811c9dc5;
/**
 * At the beginning and at the end of a long payload every octet counts, in between four of each 64: a message of megabytes is
 * hashed twice, once with what is around its payload, and long payloads of one length that agree in all those are alike enough.
 */
const WHOLE_BYTES = 32_768;
const STRIDE = 64;

/** {@link HASH_BITS} bits: a number that V8 keeps without an object. */
export function hashOctets(bytes: Uint8Array, start: number, end: number): number {
  let hash = SEED;
  let at = start;
  const sparse = end - start > 2 * WHOLE_BYTES + STRIDE ? start + WHOLE_BYTES : end;
  // Four octets a step: this is done for every payload of every message.
  for (; at + 4 <= sparse; at += 4) hash = step(hash, bytes, at);
  if (sparse < end) {
    for (; at < end - WHOLE_BYTES; at += STRIDE) hash = step(hash, bytes, at);
    for (at = end - WHOLE_BYTES; at < end; at += 4) hash = step(hash, bytes, at);
  }
  for (; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
  return mix(hash, end - start);
}

/** What that takes, in octets that are looked at. */
export function hashSteps(length: number): number {
  return length <= 2 * WHOLE_BYTES ? length / 4 : WHOLE_BYTES / 2 + length / STRIDE;
}

function step(hash: number, bytes: Uint8Array, at: number): number {
  const four = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
  const mixed = Math.imul(hash ^ four, 0x9e3779b1);
  return (mixed << 13) | (mixed >>> 19);
}

/** One number of two, whose bits all depend on all of theirs (MurmurHash3's finalizer). */
function mix(first: number, second: number): number {
  let hash = first ^ Math.imul(second, 0xcc9e2d51);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> (32 - HASH_BITS);
}
