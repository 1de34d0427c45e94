// What may be wrong with a message's bytes, by code; and where in a tree it is.
import type { Problem } from "../model/events.js";

/** Problems that need no words of their own: one object each, however many octets a peer spends on them. */
export const PROBLEM = {
  unknownField: { code: "ERR_UNKNOWN_FIELD", message: "no field of the type has this number" },
  repeated: { code: "ERR_REPEATED_SINGULAR", message: "a field that is not repeated comes again; the last one counts" },
  oneof: { code: "ERR_ONEOF_REPLACED", message: "another member of the same oneof came before; the last one counts" },
  text: { code: "ERR_INVALID_UTF8", message: "a string that is not UTF-8" },
  looseText: { code: "ERR_INVALID_UTF8", message: "a string that is not UTF-8, which this type allows" },
  varint: { code: "ERR_VARINT_TOO_LONG", message: "a varint of more than 10 bytes" },
  cutVarint: { code: "ERR_TRUNCATED", message: "cut within a varint" },
  cutTag: { code: "ERR_TRUNCATED", message: "cut within a field number" },
  openGroup: { code: "ERR_TRUNCATED", message: "cut: a group without its end" },
  numberZero: { code: "ERR_BAD_TAG", message: "field number 0" },
  largeNumber: { code: "ERR_BAD_TAG", message: "a field number of more than 2^29-1" },
  wireType: { code: "ERR_BAD_TAG", message: "a wire type of 6 or 7" },
  endGroup: { code: "ERR_UNMATCHED_END_GROUP", message: "the end of a group that was not begun here" },
  depth: { code: "ERR_DEPTH", message: "nested too deeply to be read further" },
  fields: { code: "ERR_TOO_MANY_FIELDS", message: "too many fields to be read further" },
  complex: { code: "ERR_TOO_COMPLEX", message: "too complex, shown as bytes from here" },
} as const satisfies Record<string, Problem>;

/** Codes of what is worth telling and still a message to every protobuf reader. */
const HARMLESS: ReadonlySet<string> = new Set([
  "ERR_UNKNOWN_FIELD",
  "ERR_UNKNOWN_ENUM",
  "ERR_WIRE_TYPE",
  "ERR_REPEATED_SINGULAR",
  "ERR_ONEOF_REPLACED",
  "ERR_TOO_COMPLEX",
  // only JSON lacks a form for them
  "ERR_UNKNOWN_TYPE",
  "ERR_NO_JSON_FORM",
]);

/** @returns whether protobuf's own readers reject the whole message for it */
export function isFatal(problem: Problem): boolean {
  // What a peer can have said of every field of a message that no schema knows.
  if (problem === PROBLEM.unknownField || problem === PROBLEM.complex) return false;
  return problem !== PROBLEM.looseText && !HARMLESS.has(problem.code);
}

export function cut(have: number, announced: number): Problem {
  return { code: "ERR_TRUNCATED", message: `cut: ${have} of ${announced} bytes` };
}

/** @param fields at least one */
export function missing(fields: readonly { readonly name: string }[]): Problem {
  const names = fields.slice(0, 10).map((field) => field.name);
  return { code: "ERR_MISSING_REQUIRED", message: `required but not there: ${names.join(", ")}` };
}
