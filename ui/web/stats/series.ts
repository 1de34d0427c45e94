// How traffic went over the last minutes: what the statistics grew by from one answer to the next.
import { effect, signal } from "@preact/signals";
import type { MethodStats, StatsAnswer } from "../../../src/feed/messages.js";
import { stats } from "../state/session.js";

/** Five minutes at one point a second. */
const MAX_POINTS = 300;

export interface Series {
  /** Unix seconds, the end of each step. */
  readonly at: readonly number[];
  /** A second. */
  readonly calls: readonly number[];
  readonly errors: readonly number[];
}

const NOTHING: Series = { at: [], calls: [], errors: [] };
export const series = signal<Series>(NOTHING);
const byMethod = new Map<string, Series>();
let before: StatsAnswer | undefined;

/** @param method undefined for all traffic */
export function seriesOf(method: string | undefined): Series {
  return method === undefined ? series.value : (byMethod.get(method) ?? NOTHING);
}

effect(() => {
  const next = stats.value;
  const last = before;
  before = next;
  if (next === undefined) {
    series.value = NOTHING;
    byMethod.clear();
    return;
  }
  if (next.total.begun !== undefined) {
    remember(next);
    return;
  }
  if (last === undefined || last.behind) return;
  const seconds = (next.at - last.at) / 1000;
  if (seconds <= 0) return;
  const old = new Map(last.methods.map((stats) => [stats.method, stats]));
  for (const stats of next.methods) {
    const known = old.get(stats.method);
    const grown = grow(byMethod.get(stats.method) ?? NOTHING, next.at, stats, known, seconds);
    byMethod.set(stats.method, grown);
  }
  series.value = grow(series.peek(), next.at, next.total, last.total, seconds);
});

/** What happened before the page was opened, as the feed remembers it. */
function remember(answer: StatsAnswer): void {
  for (const stats of answer.methods) byMethod.set(stats.method, past(stats, answer.at));
  series.value = past(answer.total, answer.at);
}

function past({ begun = [], failed = [] }: MethodStats, at: number): Series {
  // The last second is not over; before the first call there was nothing to see.
  const first = begun.findIndex((count) => count > 0);
  if (first < 0) return NOTHING;
  const end = Math.floor(at / 1000);
  const calls = begun.slice(first, -1);
  return {
    at: calls.map((_, place) => end - calls.length + place + 1),
    calls,
    errors: failed.slice(first, -1),
  };
}

interface Counted {
  readonly calls: number;
  readonly errors: number;
}

function grow(old: Series, at: number, now: Counted, last: Counted | undefined, seconds: number): Series {
  const add = (list: readonly number[], value: number) => [...list.slice(1 - MAX_POINTS), value];
  return {
    at: add(old.at, at / 1000),
    calls: add(old.calls, Math.max(0, now.calls - (last?.calls ?? 0)) / seconds),
    errors: add(old.errors, Math.max(0, now.errors - (last?.errors ?? 0)) / seconds),
  };
}
