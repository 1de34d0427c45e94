// What traffic does that its schema does not say: shapes of what the contract check finds. Neither is an event of the capture: no seq.
import type { Problem } from "./events.js";
import type { Side } from "./fields.js";

/** What a peer does that writes by another schema, or by none. Limits of ours and what merges of messages leave are not among them. */
export const DRIFT_CODES = [
  "ERR_UNKNOWN_FIELD",
  "ERR_UNKNOWN_ENUM",
  "ERR_WIRE_TYPE",
  "ERR_MISSING_REQUIRED",
  "ERR_INVALID_UTF8",
  "ERR_TRUNCATED",
  "ERR_VARINT_TOO_LONG",
  "ERR_BAD_TAG",
  "ERR_UNMATCHED_END_GROUP",
] as const;

/** Something that does not fit, at the place where it was seen. */
export interface DriftPlace {
  /** Unix ms. */
  readonly at: number;
  readonly call: number;
  /** Of the message on its side; absent where it is the call that does not fit. */
  readonly index?: number;
  /** In the message, as in `items[0].price`; a field that the schema does not know has its number. Empty for the whole. */
  readonly path: string;
  readonly message: string;
}

/** A line of ndjson when something does not fit for the first time: once for each side of a method, code and field. */
export interface DriftEvent extends DriftPlace, Problem {
  readonly kind: "drift";
  readonly method: string;
  /** Who put on the wire what does not fit. */
  readonly side: Side;
}

/** All that does not fit in one way. */
export interface Drift {
  readonly method: string;
  readonly side: Side;
  readonly code: string;
  /** The field, without places in lists and maps, as in `items.price`. */
  readonly path: string;
  /** Messages, or calls where it is the call that does not fit. */
  readonly count: number;
  readonly first: DriftPlace;
}

/** Messages that nobody held against a schema, by why. */
export interface Unchecked {
  /** Gone before they were read: trimmed, or on a connection that could not be decoded. Events that were never seen count, too. */
  readonly lost: number;
  /** Longer than what is kept or inflated of one, or in an encoding that nobody here reads. */
  readonly unreadable: number;
  /** Of methods that no schema knows. */
  readonly unknown: number;
}

/** The last line of ndjson where it was asked for, or something was found. */
export interface ContractEvent {
  readonly kind: "contract";
  /** Whether all traffic was held against a schema and fits. */
  readonly fits: boolean;
  /** Messages that were held against a schema. */
  readonly checked: number;
  readonly unchecked: Unchecked;
  /** The first methods that no schema knows; absent when there is none. */
  readonly unknownMethods?: readonly string[];
  readonly drifts: readonly Drift[];
  /** Further kinds that were only counted, past the limit. */
  readonly moreDrifts?: number;
}
