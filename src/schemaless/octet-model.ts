// How many bits plain octets cost: an adaptive coder, first octets that say what is inside, lengths that keys and hashes have.
import { Coder } from "./code-length.js";
import { grains } from "./grains.js";
import { OctetCounts } from "./octet-counts.js";

/** Few octets are too few to learn from. */
export const FEW_OCTETS = 12;

const coder = new Coder(1 / 16, 256);
/** Bits of the counted octets in any order, by how often each comes: what every reading may fall back on, so that none wins by it. */
export function octetBits({ of, distinct, size, total }: OctetCounts): number {
  let bits = coder.total(total);
  for (let at = 0; at < size; at++) bits -= coder.saved(of[distinct[at]!]!);
  return bits;
}

/**
 * Bits by which the counted octets are cheaper when it is known that they are varints: the last one is less than 128, and no zero
 * follows one that is not. What octets in any order would hardly hold to for long speaks for varints.
 */
export function varintBonus({ of, distinct, size, total }: OctetCounts): number {
  let high = 0;
  for (let at = 0; at < size; at++) if (distinct[at]! >= 0x80) high += of[distinct[at]!]!;
  // As an adaptive coder expects them before it has seen any.
  const highShare = (high + 0.5) / (total + 1);
  const zeroShare = (of[0]! + 1 / 16) / (total + 16);
  return -Math.log2(1 - highShare) - (total - 1) * Math.log2(1 - highShare * zeroShare);
}

const zeroCoder = new Coder(0.5, 2);

/** Bytes that are nothing but zeros are rarer than bytes that have many, and than lists of zeros. */
const ALL_ZERO_BITS = 3;

/** Bits of the counted octets, when zeros among them are told apart first: addresses, counters and padding have many. */
export function zeroRichBits({ of, total }: OctetCounts): number {
  const zeros = of[0]!;
  const others = total - zeros;
  return (others === 0 ? ALL_ZERO_BITS : 1) + 8 * others + zeroCoder.bitsOfTwo(zeros, others);
}

/** The octets of all payloads of a path together: what is learned of one helps to tell the next. */
export class PooledOctets {
  /** The octets themselves, while they are few: to count them when somebody asks is cheaper than a table of their own. */
  #few: Uint8Array | undefined = new Uint8Array(FEW_POOLED);
  #counts: Uint32Array | undefined;
  #octets = 0;
  /** Bits for where each ends. */
  #ends = 0;

  add(bytes: Uint8Array, start: number, end: number): void {
    const from = this.#octets;
    this.#octets += end - start;
    this.#ends += LENGTH_BITS;
    if (this.#few !== undefined) {
      if (this.#octets <= FEW_POOLED) {
        const few = this.#few;
        for (let at = start, to = from; at < end; at++, to++) few[to] = bytes[at]!;
        return;
      }
      this.#counts = new Uint32Array(256);
      for (let at = 0; at < from; at++) this.#counts[this.#few[at]!]!++;
      this.#few = undefined;
    }
    const counts = this.#counts!;
    for (let at = start; at < end; at++) counts[bytes[at]!]!++;
  }

  /** Grains. */
  cost(): number {
    let cost = grains(coder.total(this.#octets) + this.#ends);
    if (this.#few !== undefined) {
      pooled.count(this.#few, 0, this.#octets);
      for (let at = 0; at < pooled.size; at++) cost -= grains(coder.saved(pooled.of[pooled.distinct[at]!]!));
    } else for (let octet = 0; octet < 256; octet++) cost -= grains(coder.saved(this.#counts![octet]!));
    return cost;
  }
}

const FEW_POOLED = 64;
/** Not the counts that other models share: this is asked while those are in use. */
const pooled = new OctetCounts();

const LENGTH_BITS = 1;

/** Lengths of addresses, keys, digests and UUIDs, and how much likelier they are than their neighbours, in bits. */
const USUAL_LENGTHS: ReadonlyMap<number, number> = new Map([
  [4, 2],
  [6, 2],
  [8, 2],
  [12, 1.5],
  [16, 4],
  [20, 4],
  [32, 5],
  [33, 2],
  [48, 2],
  [64, 4],
]);
const USUAL_BITS = Float64Array.from({ length: 65 }, (_, length) => USUAL_LENGTHS.get(length) ?? 0);

/** First octets of gzip, zlib, PNG, JPEG, zip, DER, zstd, PDF, ELF, GIF and RIFF. */
const MAGIC = [
  [0x1f, 0x8b, 8],
  [0x78, 0x9c],
  [0x78, 0x01],
  [0x78, 0x5e],
  [0x78, 0xda],
  [0x89, 0x50, 0x4e, 0x47],
  [0xff, 0xd8, 0xff],
  [0x50, 0x4b, 3, 4],
  [0x30, 0x82],
  [0x28, 0xb5, 0x2f, 0xfd],
  [0x25, 0x50, 0x44, 0x46],
  [0x7f, 0x45, 0x4c, 0x46],
  [0x47, 0x49, 0x46, 0x38],
  [0x52, 0x49, 0x46, 0x46],
];
const MAGIC_BITS = 14;

/** By first octet. */
const MAGIC_OF = Array.from({ length: 256 }, (_, first) => MAGIC.filter((magic) => magic[0] === first));

/** Bits that the length and the first octets speak for bytes. */
export function octetBonus(bytes: Uint8Array, start: number, length: number): number {
  const usual = length < USUAL_BITS.length ? USUAL_BITS[length]! : 0;
  if (length < FEW_OCTETS) return usual / 2;
  for (const magic of MAGIC_OF[bytes[start]!]!)
    if (magic.every((octet, at) => bytes[start + at] === octet)) return usual + MAGIC_BITS;
  return usual;
}
