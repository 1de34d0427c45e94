// What the page keeps of a call's events, and how much of a long stream.
import type { FeedCallEvent } from "../../../src/feed/messages.js";
import { guessedValues } from "../message/guess.js";

/** An event without what its message says: of that only the beginning is kept. */
export interface CallRecord {
  readonly event: FeedCallEvent;
  /** One line; undefined for what is no message, or cannot be read. */
  readonly preview?: string;
  readonly guessed?: true;
  /** Events before it that are not shown. */
  readonly passed?: number;
}

export const MAX_RECORDS = 20_000;
const PREVIEW_CHARS = 300;
/** @param passed events between the two */
export function joined(old: readonly CallRecord[], added: readonly CallRecord[], passed = 0): readonly CallRecord[] {
  const [first, ...others] = added;
  if (first === undefined) return old;
  const all = [...old, passed === 0 ? first : { ...first, passed }, ...others];
  const over = all.length - MAX_RECORDS;
  if (over <= 0) return all;
  // What goes is in the middle: the beginning stays.
  const kept = MAX_RECORDS / 4;
  const next = all[kept + over]!;
  const left = all.slice(kept, kept + over).reduce((sum, { passed: before = 0 }) => sum + 1 + before, next.passed ?? 0);
  return [...all.slice(0, kept), { ...next, passed: left }, ...all.slice(kept + over + 1)];
}

export function recordOf(event: FeedCallEvent): CallRecord {
  if (event.kind !== "client-message" && event.kind !== "server-message") return { event };
  const { json, guess, ...facts } = event;
  if (json === undefined && guess === undefined) return { event: facts };
  const preview = inline(json ?? guessedValues(guess));
  return json === undefined ? { event: facts, preview, guessed: true } : { event: facts, preview };
}

/** JSON as people write it when nobody is looking: no quotes about names, no outer braces. */
export function inline(value: unknown): string {
  const text = inner(value, 0);
  const bare = text.startsWith("{") && text.endsWith("}") ? text.slice(1, -1) : text;
  return bare.length > PREVIEW_CHARS ? `${bare.slice(0, PREVIEW_CHARS)}…` : bare;
}

/** Ends where a line does: depth and length are bounded. */
function inner(value: unknown, depth: number): string {
  if (typeof value === "string") return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
  if (typeof value !== "object" || value === null) return String(value);
  if (depth > 4) return "…";
  const parts: string[] = [];
  let length = 0;
  const isList = Array.isArray(value);
  for (const [name, item] of Object.entries(value)) {
    if (length > PREVIEW_CHARS) {
      parts.push("…");
      break;
    }
    const part = isList ? inner(item, depth + 1) : `${name}: ${inner(item, depth + 1)}`;
    length += part.length;
    parts.push(part);
  }
  return isList ? `[${parts.join(", ")}]` : `{${parts.join(", ")}}`;
}
