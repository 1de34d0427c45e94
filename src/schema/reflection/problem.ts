// What can come between us and a server's descriptors: told to the user, and what decides when to ask again.
import type { Problem } from "../../model/events.js";
import { statusName } from "../../model/status.js";

export type ReflectionCode =
  /** The server does not know what was asked for. */
  | "ERR_REFLECTION_NOT_FOUND"
  /** Imports that the server does not give. */
  | "ERR_REFLECTION_INCOMPLETE"
  /** The server has no reflection, neither v1 nor v1alpha. */
  | "ERR_REFLECTION_UNIMPLEMENTED"
  /** The server is not there, or went away. */
  | "ERR_REFLECTION_UNAVAILABLE"
  | "ERR_REFLECTION_TIMEOUT"
  /** It wants credentials, or failed in its own way. */
  | "ERR_REFLECTION_REFUSED"
  /** It does not speak reflection's messages. */
  | "ERR_REFLECTION_MALFORMED"
  /** More files, octets or imports of imports than we take. */
  | "ERR_REFLECTION_LIMIT"
  /** We were closed meanwhile. */
  | "ERR_REFLECTION_CLOSED";

export interface ReflectionProblem extends Problem {
  readonly code: ReflectionCode;
}

const BY_STATUS: ReadonlyMap<number, ReflectionCode> = new Map([
  [4, "ERR_REFLECTION_TIMEOUT"],
  [5, "ERR_REFLECTION_NOT_FOUND"],
  [12, "ERR_REFLECTION_UNIMPLEMENTED"],
  [14, "ERR_REFLECTION_UNAVAILABLE"],
]);

/** PERMISSION_DENIED and UNAUTHENTICATED (grpc/doc/statuscodes.md). */
const WANTS_CREDENTIALS: ReadonlySet<number> = new Set([7, 16]);

/** A peer's text may be long. */
const MAX_MESSAGE_CHARS = 200;

/** @param code of a call or of an ErrorResponse; not OK */
export function problemOfStatus(code: number, message: string): ReflectionProblem {
  const hint = WANTS_CREDENTIALS.has(code) ? "; --reflect-header 'name: value' adds metadata" : "";
  const words = message === "" ? "" : `: ${message.slice(0, MAX_MESSAGE_CHARS)}`;
  return { code: BY_STATUS.get(code) ?? "ERR_REFLECTION_REFUSED", message: `${statusName(code)}${words}${hint}` };
}
