// The answer to "list": calls by number, a page at a time.
import type { AnswerContext } from "./answer.js";
import { FirstCalls, SortedCalls } from "./answer-order.js";
import { callRow } from "./call-row.js";
import { jsonLine } from "./json-line.js";
import { readFilter } from "./matcher.js";
import { MessageTicks } from "./message-ticks.js";
import type { CallRow, List } from "./messages.js";

const DEFAULT_LIMIT = 200;
/** Calls looked at before others get their turn. */
const STRETCH = 500;

export async function listAnswer(request: List, { source }: AnswerContext): Promise<string> {
  const { id, limit = DEFAULT_LIMIT } = request;
  const filter = readFilter(request.filter ?? "", source, id);
  const { counters } = source.capture;
  const total = counters.calls - counters.trimmedCalls;
  const found = request.sort === undefined ? new FirstCalls(limit) : new SortedCalls(source.capture, request, limit);
  let looked = 0;
  let kept = 0;
  for (const number of numbers(request, counters.calls)) {
    if (++looked % STRETCH === 0) await new Promise((resolve) => setImmediate(resolve));
    const call = source.capture.call(number);
    if (call === undefined) continue;
    // Below the oldest there is nothing but what was trimmed.
    if (++kept > total) break;
    let matches = filter === undefined ? true : filter.test(number);
    for (; matches === undefined; matches = filter?.test(number)) await filter?.ready;
    if (!matches) continue;
    if (!found.add(call)) break;
  }
  const ticks = request.ticks === true ? new MessageTicks(source.capture) : undefined;
  const calls: CallRow[] = [];
  for (const call of found.calls()) {
    const row = callRow(call, source);
    calls.push(ticks === undefined ? row : { ...row, ticks: ticks.of(call) });
    if (ticks?.isDue() === true) await new Promise((resolve) => setImmediate(resolve));
  }
  return jsonLine({ kind: "list", id, calls, more: found.more, total });
}

/** @param newest the number of the newest call */
function* numbers({ before, after, calls }: List, newest: number): Generator<number> {
  if (calls !== undefined) yield* calls;
  else if (after !== undefined) {
    for (let number = after + 1; number <= newest; number++) yield number;
  } else {
    for (let number = Math.min(newest, (before ?? newest + 1) - 1); number >= 1; number--) yield number;
  }
}
