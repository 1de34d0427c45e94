// Runs the checks one after the other, each within its time, and makes a row of each.
import { setMaxListeners } from "node:events";
import type { Check } from "./check.js";
import type { Target } from "./client.js";
import { type Fact, Lab, Missed } from "./lab.js";
import type { Pulse } from "./pulse.js";
import type { SelftestServer } from "./server.js";
import { Ended } from "./stream.js";

/** `differs`: a transparent check that does not hold, where only a proxy's gRPC is judged. */
export type Verdict = "ok" | "FAILED" | "hung" | "differs";

export interface RowFact {
  /** Whose view, or what it is; empty when the check did not get that far. */
  readonly what: string;
  readonly expected: string;
  readonly seen: string;
  readonly holds: boolean;
}

/** One check over one kind of connection. */
export interface Row {
  readonly over: "plaintext" | "tls";
  readonly check: string;
  readonly proves: string;
  readonly level: Check["level"];
  readonly verdict: Verdict;
  /** Everything compared; what a reader wants first comes first. */
  readonly facts: readonly RowFact[];
  readonly durationMs: number;
}

export interface RunOptions {
  readonly checks: readonly Check[];
  readonly server: SelftestServer;
  readonly target: Target;
  readonly pulse: Pulse;
  /** How long nothing may happen in a check before it counts as hung. */
  readonly boundMs: number;
  /** Whether a transparent check that does not hold has failed. */
  readonly strict: boolean;
  readonly gapMs?: number;
  readonly quietMs?: number;
  /** How long a peer may take for what waits for nobody. */
  readonly promptMs?: number;
  /** Called with each row as soon as it is known. */
  readonly onRow?: (row: Row) => void;
  /** Ends the run after the rows it has. */
  readonly signal?: AbortSignal;
}

/** Longer than any proxy coalesces writes, short enough to wait for; the proof is the handshake, not the time. */
const GAP_MS = 400;
/** Longer than any pause that a sender with room would make. */
const QUIET_MS = 300;

/** A reset or a closed socket needs no more than a round trip; this is for a busy machine. */
const PROMPT_MS = 1000;

/** A check in which something happens all the time has so many times the bound. */
const MOST_BOUNDS = 20;

class Hung extends Error {}

export async function runChecks(options: RunOptions): Promise<Row[]> {
  const rows: Row[] = [];
  for (const check of options.checks) {
    if (check.over === "tls" && !options.target.tls) continue;
    const row = await runCheck(check, options);
    if (options.signal?.aborted) break;
    rows.push(row);
    options.onRow?.(row);
  }
  return rows;
}

/** How many rows count as failed. */
export function countFailed(rows: readonly Row[]): number {
  return rows.filter(({ verdict }) => verdict === "FAILED" || verdict === "hung").length;
}

async function runCheck(check: Check, options: RunOptions): Promise<Row> {
  const { server, target, pulse, boundMs, gapMs = GAP_MS, quietMs = QUIET_MS, promptMs = PROMPT_MS } = options;
  const bound = new AbortController();
  setMaxListeners(0, bound.signal);
  const stop = () => bound.abort(new Hung());
  const stopWatching = whenIdle(pulse, boundMs, stop);
  options.signal?.addEventListener("abort", stop);
  const lab = new Lab({
    server,
    target,
    pulse,
    signal: bound.signal,
    gapMs,
    quietMs,
    promptMs: Math.min(promptMs, boundMs / 3),
    name: check.name.replace(/\W+/g, "-"),
  });
  const started = performance.now();
  let facts: readonly Fact[];
  let hung = false;
  try {
    facts = await Promise.race([check.run(lab), aborted(bound.signal)]);
  } catch (error) {
    hung = error instanceof Hung;
    facts = [factOf(error, lab.waiting)];
  } finally {
    stopWatching();
    options.signal?.removeEventListener("abort", stop);
    bound.abort(new Hung());
    lab.close();
  }
  const compared = facts.map(
    ([what, expected, seen, holds = expected === seen]): RowFact => ({ what, expected, seen, holds }),
  );
  const counts = check.level === "grpc" || options.strict;
  return {
    over: target.tls ? "tls" : "plaintext",
    check: check.name,
    proves: check.proves,
    level: check.level,
    verdict: compared.every(({ holds }) => holds) ? "ok" : !counts ? "differs" : hung ? "hung" : "FAILED",
    facts: compared,
    durationMs: Math.round(performance.now() - started),
  };
}

/** Calls back once nothing has happened for so long, or what happens leads to no end. @returns how to stop waiting for that */
function whenIdle(pulse: Pulse, boundMs: number, then: () => void): () => void {
  const began = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const look = (sure: boolean): void => {
    const now = performance.now();
    const left = Math.min(Math.max(began, pulse.changedAt) + boundMs, began + MOST_BOUNDS * boundMs) - now;
    if (left > 0) timer = setTimeout(look, left, false);
    // On a busy machine what came meanwhile is read after the timers.
    else if (!sure) timer = setTimeout(look, 0, true);
    else then();
  };
  look(false);
  return () => clearTimeout(timer);
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
  });
}

function factOf(error: unknown, waiting: string): Fact {
  if (error instanceof Hung) return ["", waiting || "an end", "waited in vain"];
  if (error instanceof Missed) return error.fact;
  if (error instanceof Ended) return ["", "the call goes on", `ended by ${error.message}`];
  return ["", "no error", error instanceof Error ? error.message : String(error)];
}
