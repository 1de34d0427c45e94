// Blocks seen before over the same dynamic table, with the list each of them means: equal octets need no second decoding.
import type { FieldList } from "./field-list.js";

/** A longer block is rare enough to be decoded each time. */
const MAX_BLOCK_BYTES = 1024;
/** A list of more fields is not a call's; 64 lists of 64 references are 32 KiB, whatever the peer sends. */
const MAX_LIST_FIELDS = 64;
/** A connection to one service has a handful of different blocks; a scan of 64 numbers costs less than a table of them. */
const MAX_BLOCKS = 64;
/** 64 blocks of 256 octets; the common ones have 10 to 100. */
const MAX_BYTES = 16 * 1024;
const FIRST_BYTES = 256;

/**
 * Holds at most 64 blocks and 16 KiB of their octets; when either is full it starts again from nothing.
 * Each block is kept at first, so that equal blocks mean the same list. Once 64 blocks did not repeat, this is a peer with
 * ever-changing blocks, and a block is kept only when it comes again soon: remembering all cost 40 % of decoding them.
 */
export class BlockCache {
  #octets = new Uint8Array(FIRST_BYTES);
  #used = 0;
  // Entry i holds the octets from the end of entry i-1 to its own.
  readonly #hashes: number[] = [];
  readonly #ends: number[] = [];
  readonly #lists: FieldList[] = [];
  /** The entry that was asked for after each, the last time: calls repeat, and a guess that is right needs no hash. */
  readonly #next: number[] = [];
  #last = 0;
  #missed = 0;
  #seen: Int32Array | undefined = undefined;

  find(bytes: Uint8Array, start: number, end: number): FieldList | undefined {
    const length = end - start;
    if (this.#used === 0 || length > MAX_BLOCK_BYTES) return undefined;
    const guess = this.#next[this.#last]!;
    if (this.#holds(guess, bytes, start, length)) {
      this.#last = guess;
      return this.#lists[guess];
    }
    return this.#search(bytes, start, end);
  }

  #search(bytes: Uint8Array, start: number, end: number): FieldList | undefined {
    const length = end - start;
    const hash = hashOf(bytes, start, end);
    const hashes = this.#hashes;
    for (let i = 0; i < hashes.length; i++) {
      if (hashes[i] !== hash || !this.#holds(i, bytes, start, length)) continue;
      this.#next[this.#last] = i;
      this.#last = i;
      return this.#lists[i];
    }
    this.#missed = hash;
    return undefined;
  }

  /** Keeps what a block means; to be called right after `find` did not know it. */
  add(bytes: Uint8Array, start: number, end: number, list: FieldList): void {
    const length = end - start;
    if (length === 0 || length > MAX_BLOCK_BYTES || list.fields.length > MAX_LIST_FIELDS) return;
    const hash = this.#used === 0 ? hashOf(bytes, start, end) : this.#missed;
    if (this.#seen !== undefined && !this.#comesAgain(this.#seen, hash)) return;
    if (this.#lists.length === MAX_BLOCKS || this.#used + length > MAX_BYTES) {
      this.clear();
      this.#seen ??= new Int32Array(MAX_BLOCKS);
    }
    this.#reserve(this.#used + length);
    for (let i = start, to = this.#used; i < end; i++, to++) this.#octets[to] = bytes[i]!;
    this.#used += length;
    this.#hashes.push(hash);
    this.#ends.push(this.#used);
    const entry = this.#lists.push(list) - 1;
    this.#next.push(entry);
    if (entry > 0) this.#next[this.#last] = entry;
    this.#last = entry;
  }

  clear(): void {
    if (this.#used === 0) return;
    this.#used = this.#hashes.length = this.#ends.length = this.#lists.length = this.#next.length = this.#last = 0;
  }

  #comesAgain(seen: Int32Array, hash: number): boolean {
    const slot = hash & (MAX_BLOCKS - 1);
    if (seen[slot] === hash) return true;
    seen[slot] = hash;
    return false;
  }

  #holds(entry: number, bytes: Uint8Array, start: number, length: number): boolean {
    const from = entry === 0 ? 0 : this.#ends[entry - 1]!;
    if (this.#ends[entry]! - from !== length) return false;
    const octets = this.#octets;
    let i = 0;
    for (; i + 4 <= length; i += 4) if (wordAt(octets, from + i) !== wordAt(bytes, start + i)) return false;
    for (; i < length; i++) if (octets[from + i] !== bytes[start + i]) return false;
    return true;
  }

  #reserve(bytes: number): void {
    if (bytes <= this.#octets.length) return;
    let size = this.#octets.length;
    while (size < bytes) size *= 2;
    const octets = new Uint8Array(size);
    octets.set(this.#octets.subarray(0, this.#used));
    this.#octets = octets;
  }
}

/**
 * FNV-1a's multiplication over four octets at a time: the multiplications wait for each other, so fewer are faster.
 * Anybody can make octets collide, which is why a block is compared too. Exported for the test that does.
 */
export function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = end - start;
  let i = start;
  for (; end - i >= 4; i += 4) {
    hash = Math.imul(hash ^ wordAt(bytes, i), 0x01000193);
    hash ^= hash >>> 15;
  }
  for (; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return hash;
}

function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}
