// What the schemaless reader says of a message: the shapes that other parts, programs and people see.
import type { MessageGuess } from "../message/guess.js";
import type { FieldNode } from "../message/tree.js";
import type { Problem } from "../model/events.js";

/**
 * What a field may be. `varint` is any integer, bool or enum: octets alone do not tell which. `bytes` is also what nothing
 * else fits.
 */
export const GUESS_KINDS = [
  ...["message", "string", "bytes", "group", "varint", "fixed32", "float", "fixed64", "double"],
  ...["packed.varint", "packed.fixed32", "packed.float", "packed.fixed64", "packed.double"],
] as const;
export type GuessKind =
  | "message"
  | "string"
  | "bytes"
  | "group"
  | "varint"
  | "fixed32"
  | "float"
  | "fixed64"
  | "double"
  | "packed.varint"
  | "packed.fixed32"
  | "packed.float"
  | "packed.fixed64"
  | "packed.double";

/** Below this many bits another reading is worth showing: at 8 and more the first one is right 998 times in 1000. */
export const SURE_BITS = 8;

/** What else a field may be. */
export interface Runner {
  readonly kind: GuessKind;
  /** How many bits more than the chosen kind it needs to tell the same octets; never negative. */
  readonly bits: number;
}

/** The same octets read as another type, as in `{ type: "sint64", value: "-3" }`. */
export interface OtherValue {
  /** A protobuf type, or what numbers often mean: "seconds", "milliseconds", "microseconds", "nanoseconds" since 1970. */
  readonly type: string;
  readonly value: string;
}

/** What is believed of one field of one message. */
export interface FieldGuess {
  readonly kind: GuessKind;
  /** By how many bits it beats the next best; `undefined` when nothing else is possible or the user said so. */
  readonly bits: number | undefined;
  /** Kinds that are less than {@link SURE_BITS} away, nearest first. */
  readonly runners: readonly Runner[];
  /** The user's types file says so. */
  readonly fixed: boolean;
  /** "looks like google.protobuf.Timestamp", "UUID", "gzip" … */
  readonly shape: string | undefined;
}

/** A message as the schemaless reader sees it. */
export interface GuessTree extends MessageGuess {
  /** What is believed of a field of {@link MessageGuess.tree}; undefined for octets that are no field. */
  fieldGuess(node: FieldNode): FieldGuess | undefined;
  /** One line a field with its byte range, made as they are asked for; nothing in them is obeyed by a terminal. */
  lines(): Iterable<string>;
}

/** `guess` in ndjson, and `framelens decode --infer --format json`. Additions only. */
export interface GuessJson {
  readonly fields: readonly FieldJson[];
  /** Why protobuf's own readers would reject the message: it is cut, or none. */
  readonly problem?: Problem;
}

/** One field; [start, end) are octets of the message, in wire order and without gaps among the fields of one message. */
export interface FieldJson {
  /** Absent for octets that are no field. */
  readonly number?: number;
  /** "field_3", or what the user calls it. */
  readonly name?: string;
  /** Absent where the octets could not be read, or were too complex to be guessed at. */
  readonly kind?: GuessKind;
  readonly start: number;
  readonly end: number;
  /** As protobuf JSON has it: 64-bit numbers as decimal strings, bytes as base64. Absent where there are `fields`. */
  readonly value?: number | string | boolean | readonly (number | string | boolean)[];
  /** Of a message or group. */
  readonly fields?: readonly FieldJson[];
  readonly bits?: number;
  readonly runners?: readonly Runner[];
  /** Other readings of the same octets that nobody can rule out. */
  readonly or?: readonly OtherValue[];
  readonly shape?: string;
  readonly fixed?: true;
  readonly problem?: Problem;
}
