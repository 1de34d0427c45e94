// Hands events to those who only want to know where services are and what passes by of reflection: few of them, so that the rest cost nothing.
import { EVENT_KIND } from "../src/capture/event-facts.js";
import type { Capture, CaptureEvent } from "../src/index.js";
import { isReflectionMethod } from "../src/schema/reflection/messages.js";

/** Rows looked at before everybody else gets a turn: some nanoseconds each. */
const BATCH_ROWS = 20_000;
/** Between two looks; a schema that is asked for a little later is early enough. */
const EVERY_MS = 50;
/** Methods on connections that were told of, 50 bytes each; then they are told of again. */
const MAX_TOLD = 10_000;
/** More than a capture has names. */
const MAX_METHODS = 2 ** 20;
const FEW_KINDS = (1 << EVENT_KIND.connection) | (1 << EVENT_KIND.clientHeader);
const EVERY_KIND = -1;

/**
 * Tells of every event of a connection, of the first call of each method on each connection, and of all events of reflection.
 * @returns how to end it, having told all
 */
export function watchEvents(capture: Capture, see: (event: CaptureEvent) => unknown): () => void {
  const events = capture.eventFacts();
  const calls = capture.callFacts();
  const told = new Set<number>();
  /** Calls of reflection that are open. */
  const reflection = new Set<number>();
  let next = capture.oldestSeq;
  let timer: NodeJS.Timeout | undefined;

  const wants = (kind: number): boolean => {
    if (kind === EVENT_KIND.connection) return true;
    if (kind !== EVENT_KIND.clientHeader) {
      if (reflection.size === 0 || !reflection.has(events.call)) return false;
      if (kind === EVENT_KIND.callEnd) reflection.delete(events.call);
      return true;
    }
    if (!calls.moveTo(events.call)) return false;
    const number = calls.methodNumber;
    const key = calls.connection * MAX_METHODS + number;
    if (number !== 0 && told.has(key)) return false;
    const { method } = calls;
    if (isReflectionMethod(method)) {
      // Each call of it is told of, so it is never among those that were.
      if (reflection.size < MAX_TOLD) reflection.add(calls.id);
      return true;
    }
    if (told.size >= MAX_TOLD) told.clear();
    if (number < MAX_METHODS) told.add(key);
    return true;
  };
  const look = (rows: number) => {
    if (next < capture.oldestSeq) next = capture.oldestSeq;
    const last = Math.min(capture.newestSeq, next + rows - 1);
    while (events.seek(next, last, reflection.size > 0 ? EVERY_KIND : FEW_KINDS)) {
      next = events.seq + 1;
      if (!wants(events.kind)) continue;
      const event = capture.event(events.seq);
      if (event !== undefined) see(event);
    }
    next = Math.max(next, last + 1);
  };
  const run = () => {
    timer = undefined;
    look(BATCH_ROWS);
    if (next <= capture.newestSeq) wake();
  };
  const wake = () => {
    timer ??= setTimeout(run, EVERY_MS);
  };
  const stop = capture.onAppend(wake);
  wake();
  return () => {
    stop();
    clearTimeout(timer);
    look(Number.MAX_SAFE_INTEGER);
  };
}
