// A message as the feed tells it: rows of its tree, its octets, its JSON; each asked for in ranges.

import type { MessageAnswer, TreeRow } from "../../../src/feed/messages.js";
import type { MessageAddress } from "../state/route.js";
import { link } from "../state/session.js";
import { type RunnerUp, runnersUp } from "./guess.js";

/** More than that is read when somebody asks for it. */
const BYTES_AT_ONCE = 128 * 1024;
const MAX_ROWS = 20_000;

export interface ReadMessage {
  readonly facts: MessageAnswer;
  readonly rows: readonly TreeRow[];
  /** Of a guess: what else a field may be; see `runnersUp`. */
  readonly runners: ReadonlyMap<string, readonly RunnerUp[]>;
  readonly bytes: Uint8Array;
  /** Of all its octets. */
  readonly total: number;
}

export async function readMessage(call: number, { side, index }: MessageAddress): Promise<ReadMessage> {
  const common = { op: "get", call, side, index } as const;
  const [facts, octets] = await Promise.all([
    link.ask("message", { ...common, as: "tree" }),
    link.ask("message", { ...common, as: "bytes", limit: BYTES_AT_ONCE }),
  ]);
  const rows = [...(facts.rows ?? [])];
  while (rows.length < Math.min(facts.total ?? 0, MAX_ROWS)) {
    const more = await link.ask("message", { ...common, as: "tree", offset: rows.length });
    if (more.rows === undefined || more.rows.length === 0) break;
    rows.push(...more.rows);
  }
  const guess = facts.type === undefined ? await link.ask("message", { ...common, as: "json" }) : undefined;
  const runners = runnersUp(guess?.guess);
  return { facts, rows, runners, bytes: octetsOf(octets.data ?? ""), total: octets.total ?? 0 };
}

/** The JSON in lines; of a very long one the beginning. */
export async function readJson(call: number, { side, index }: MessageAddress): Promise<JsonText> {
  const answer = await link.ask("message", { op: "get", call, side, index, as: "json" });
  const isGuess = answer.json === undefined && answer.guess !== undefined;
  const value = answer.json ?? answer.guess;
  if (value !== undefined) return { text: JSON.stringify(value, undefined, 2), isGuess, isCut: false };
  if (answer.text !== undefined) return { text: answer.text, isGuess, isCut: (answer.total ?? 0) > answer.text.length };
  return { text: "", isGuess, isCut: false };
}

export interface JsonText {
  /** Empty when nobody can read it. */
  readonly text: string;
  readonly isGuess: boolean;
  readonly isCut: boolean;
}

function octetsOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}
