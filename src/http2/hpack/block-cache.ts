// Blocks seen before over the same dynamic table, with the list each of them means: equal octets need no second decoding.
import { FieldList } from "./field-list.js";

/** A longer block is rare enough to be decoded each time. */
const MAX_BLOCK_BYTES = 1024;
/** A list of more fields is not a call's; 64 lists of 64 references are 32 KiB, whatever the peer sends. */
const MAX_LIST_FIELDS = 64;
/** A connection to one service has a handful of different blocks; a scan of 64 numbers costs less than a table of them. */
const MAX_BLOCKS = 64;
/** 64 blocks of 256 octets; the common ones have 10 to 100. */
const MAX_BYTES = 16 * 1024;
const FIRST_BYTES = 256;
/** Octets that are compared at once. */
const WORD_BYTES = 4;

/** Whether two stretches of one length hold the same. Words that reach back over others save the rest of a division. */
const sameOctets = (one: DataView, oneStart: number, other: DataView, otherStart: number, length: number): boolean => {
  if (length > 32) return sameMany(one, oneStart, other, otherStart, length);
  if (length < 8) return sameFew(one, oneStart, other, otherStart, length);
  const same = length > 16 ? 16 : 8;
  const back = (length - same) | 0;
  if (!same8(one, oneStart, other, otherStart)) return false;
  if (!same8(one, (oneStart + back) | 0, other, (otherStart + back) | 0)) return false;
  if (same === 8) return true;
  return (
    same8(one, (oneStart + 8) | 0, other, (otherStart + 8) | 0) &&
    same8(one, (oneStart + back + 8) | 0, other, (otherStart + back + 8) | 0)
  );
};

const same8 = (one: DataView, oneAt: number, other: DataView, otherAt: number): boolean =>
  sameWord(one, oneAt, other, otherAt) && sameWord(one, (oneAt + 4) | 0, other, (otherAt + 4) | 0);

/** A word or more. */
const sameMany = (one: DataView, oneStart: number, other: DataView, otherStart: number, length: number): boolean => {
  const last = (length - WORD_BYTES) | 0;
  for (let i = 0; i < last; i += WORD_BYTES) {
    if (!sameWord(one, (oneStart + i) | 0, other, (otherStart + i) | 0)) return false;
  }
  return sameWord(one, (oneStart + last) | 0, other, (otherStart + last) | 0);
};

/** Little-endian, as the processor is: it is all the same here. */
const sameWord = (one: DataView, oneAt: number, other: DataView, otherAt: number): boolean =>
  one.getInt32(oneAt, true) === other.getInt32(otherAt, true);

/** Blocks of a few fields of the tables: the answers of most servers. */
const sameFew = (one: DataView, oneStart: number, other: DataView, otherStart: number, length: number): boolean => {
  if (length >= WORD_BYTES) {
    const back = (length - WORD_BYTES) | 0;
    return (
      sameWord(one, oneStart, other, otherStart) && sameWord(one, (oneStart + back) | 0, other, (otherStart + back) | 0)
    );
  }
  if (length < 2) return length === 0 || one.getInt8(oneStart) === other.getInt8(otherStart);
  const back = (length - 2) | 0;
  return (
    one.getInt16(oneStart, true) === other.getInt16(otherStart, true) &&
    one.getInt16((oneStart + back) | 0, true) === other.getInt16((otherStart + back) | 0, true)
  );
};

/** A block that is known: octets [start, start + length) of the cache's. */
class Known {
  // Declared only, so that they never were undefined: V8 then knows what they are (src/README.md, "Speed").
  declare readonly start: number;
  declare readonly length: number;
  declare readonly hash: number;
  declare readonly list: FieldList;
  /** The one that was asked for after this, the last time: calls repeat, and a guess that is right needs no hash. */
  next: Known = this;

  constructor(start: number, length: number, hash: number, list: FieldList) {
    this.start = start;
    this.length = length;
    this.hash = hash;
    this.list = list;
  }
}

/** Comes before the first block; no block is as long. */
const NONE = new Known(0, -1, 0, new FieldList([], 0, 0));

/**
 * Holds at most 64 blocks and 16 KiB of their octets; when either is full it starts again from nothing.
 * Each block is kept at first, so that equal blocks mean the same list. Once 64 blocks did not repeat, this is a peer with
 * ever-changing blocks, and a block is kept only when it comes again soon: remembering all cost 40 % of decoding them.
 */
export class BlockCache {
  #octets = new DataView(new ArrayBuffer(FIRST_BYTES));
  #used = 0;
  readonly #blocks: Known[] = [];
  #last = NONE;
  #missed = 0;
  #seen: Int32Array | undefined = undefined;

  /**
   * What a block means if it is the one that came after the last one the last time.
   * @param octets a chunk, in which the block is [start, end)
   */
  guess(octets: DataView, start: number, end: number): FieldList | undefined {
    const guess = this.#last.next;
    if (this.#is(guess, octets, start, end) === false) return undefined;
    this.#last = guess;
    return guess.list;
  }

  /** What a block means if it is known. It may have been guessed just now. */
  find(octets: DataView, start: number, end: number): FieldList | undefined {
    const last = this.#last;
    if (this.#is(last, octets, start, end)) return last.list;
    return this.guess(octets, start, end) ?? this.#search(octets, start, end);
  }

  #is(block: Known, octets: DataView, start: number, end: number): boolean {
    return block.length === end - start && sameOctets(this.#octets, block.start, octets, start, block.length);
  }

  #search(octets: DataView, start: number, end: number): FieldList | undefined {
    const length = end - start;
    if (this.#blocks.length === 0 || length > MAX_BLOCK_BYTES) return undefined;
    const hash = hashOf(octets, start, end);
    for (const block of this.#blocks) {
      if (block.hash !== hash || !this.#is(block, octets, start, end)) continue;
      this.#follows(block);
      return block.list;
    }
    this.#missed = hash;
    return undefined;
  }

  /** Keeps what a block means; to be called right after `find` did not know it. */
  add(octets: DataView, start: number, end: number, list: FieldList): void {
    const length = end - start;
    if (length === 0 || length > MAX_BLOCK_BYTES || list.fields.length > MAX_LIST_FIELDS) return;
    const hash = this.#blocks.length === 0 ? hashOf(octets, start, end) : this.#missed;
    if (this.#seen !== undefined && !this.#comesAgain(this.#seen, hash)) return;
    if (this.#blocks.length === MAX_BLOCKS || this.#used + length > MAX_BYTES) {
      this.clear();
      this.#seen ??= new Int32Array(MAX_BLOCKS);
    }
    this.#reserve(this.#used + length);
    for (let i = 0; i < length; i++) this.#octets.setUint8(this.#used + i, octets.getUint8(start + i));
    const block = new Known(this.#used, length, hash, list);
    this.#used += length;
    this.#blocks.push(block);
    this.#follows(block);
  }

  clear(): void {
    if (this.#used === 0) return;
    this.#used = this.#blocks.length = 0;
    this.#last = NONE;
  }

  #follows(block: Known): void {
    if (this.#last !== NONE) this.#last.next = block;
    this.#last = block;
  }

  #comesAgain(seen: Int32Array, hash: number): boolean {
    const slot = hash & (MAX_BLOCKS - 1);
    if (seen[slot] === hash) return true;
    seen[slot] = hash;
    return false;
  }

  #reserve(bytes: number): void {
    let size = this.#octets.byteLength;
    if (bytes <= size) return;
    while (size < bytes) size *= 2;
    const octets = new Uint8Array(size);
    octets.set(new Uint8Array(this.#octets.buffer, 0, this.#used));
    this.#octets = new DataView(octets.buffer);
  }
}

/**
 * FNV-1a's multiplication over four octets at a time: the multiplications wait for each other, so fewer are faster.
 * Anybody can make octets collide, which is why a block is compared too. Exported for the test that does.
 */
export function hashOf(octets: DataView, start: number, end: number): number {
  let hash = end - start;
  let i = start;
  for (; end - i >= WORD_BYTES; i += WORD_BYTES) {
    hash = Math.imul(hash ^ octets.getInt32(i, true), 0x01000193);
    hash ^= hash >>> 15;
  }
  for (; i < end; i++) hash = Math.imul(hash ^ octets.getUint8(i), 0x01000193);
  return hash;
}
