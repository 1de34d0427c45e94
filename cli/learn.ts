// Tells a schema which events to look at, where nobody else shows it all of them: the few that say what servers are and offer.
import { EVENT_KIND } from "../src/capture/event-facts.js";
import type { Capture, CaptureEvent } from "../src/index.js";
import { isReflectionMethod } from "../src/schema/reflection/messages.js";

/** Rows looked at before the traffic gets its turn: some 0.1 ms. */
const STRETCH_ROWS = 1000;
/** Nothing of it is urgent: the first message of a method may wait for half a second. */
const REST_MS = 20;
/** Pairs of a connection and a method that were shown, and calls of reflection under way. */
const MAX_REMEMBERED = 10_000;

/**
 * Follows a capture from its oldest event on. Of the calls of one method on one connection it shows the first.
 * @returns a function that ends it
 */
export function learn(capture: Capture, see: (event: CaptureEvent) => void): () => void {
  const events = capture.eventFacts();
  const calls = capture.callFacts();
  const shown = new Set<string>();
  const followed = new Set<number>();
  let next = capture.oldestSeq;
  let timer: NodeJS.Timeout | undefined;

  const isOfUse = (): boolean => {
    const { kind, call } = events;
    if (kind === EVENT_KIND.connection) return true;
    if (kind === EVENT_KIND.serverMessage) return followed.has(call);
    if (kind === EVENT_KIND.callEnd) return followed.delete(call);
    if (kind !== EVENT_KIND.clientHeader || !calls.moveTo(call)) return false;
    // Names without a number are too many to be remembered; each is read.
    if (calls.methodNumber === 0 || isReflectionMethod(calls.method)) {
      remember(followed, call);
      return true;
    }
    const pair = `${calls.connection} ${calls.methodNumber}`;
    if (shown.has(pair)) return false;
    remember(shown, pair);
    return true;
  };
  const run = (): void => {
    timer = undefined;
    next = Math.max(next, capture.oldestSeq);
    for (let left = STRETCH_ROWS; left > 0 && next <= capture.newestSeq; left--) {
      const seq = next++;
      if (!events.moveTo(seq) || !isOfUse()) continue;
      const event = capture.event(seq);
      if (event !== undefined) see(event);
    }
    if (next <= capture.newestSeq) timer = setTimeout(run, 1);
  };
  const stop = capture.onAppend(() => {
    timer ??= setTimeout(run, REST_MS);
  });
  run();
  return () => {
    stop();
    clearTimeout(timer);
  };
}

function remember<T>(set: Set<T>, value: T): void {
  if (set.size >= MAX_REMEMBERED) set.clear();
  set.add(value);
}
