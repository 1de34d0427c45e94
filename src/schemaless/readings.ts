// What the payloads of a path may be read as, and where what each reading costs is written down.
import type { GuessKind } from "./guess.js";

/** The readings, in the order of their columns; all but the first come with a cost for being the rarer thing. */
export const READINGS = [
  ...["string", "bytes", "packed.varint", "packed.float", "packed.fixed32", "packed.double", "packed.fixed64"],
  "message",
] as const as readonly GuessKind[];
/** Bits by which a reading is rarer than another, before any octet is seen. */
export const PRIOR_BITS = [1, 4, 5, 5.5, 9, 5.5, 9, 1.5];

export const READING = {
  string: 0,
  bytes: 1,
  varints: 2,
  floats: 3,
  fixed32s: 4,
  doubles: 5,
  fixed64s: 6,
  message: 7,
} as const;

/** What one payload's models tell of the readings of its path. */
export interface ReadingCosts {
  /** Some number does not fit into 32 bits, or may not, if they are packed varints. */
  hasWide: boolean;
  /** Whether no payload has ruled it out. */
  can(reading: number): boolean;
  ruleOut(reading: number): void;
  /** @param cost grains; of no use for a reading that is ruled out */
  add(reading: number, cost: number): void;
}

/** What a payload was found to cost, between what is measured of its octets and of its numbers. */
export interface Measured {
  /** Bits of the octets as they are, which any reading of more than few octets may fall back on. */
  plain: number;
  /** Bits of the best reading so far. */
  least: number;
  /** Bits as bytes. */
  bytes: number;
  /** Numbers are still to be measured. */
  isOpen: boolean;
}
