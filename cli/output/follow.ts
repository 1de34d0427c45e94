// Runs a writer over a capture's events as they come: one at a time, no faster than its reader reads.
import { type Capture, type CaptureEvent, type DroppedEvent, EventCursor } from "../../src/index.js";
import type { Output, Sink } from "./output.js";
import type { Selection } from "./selection.js";

/** Text gathered before it is written: fewer, larger writes cost the traffic less. */
const BATCH_CHARS = 32_768;
/** How long others wait for us at a time, but for one piece that takes longer. */
const TURN_MS = 1;
/** Reading the clock costs a tenth of a small event. */
const EVENTS_PER_LOOK = 4;
/** What is left to the others in times of what we had, while they keep the thread busy, and while they do not. */
const TURNS = { busy: 3, idle: 2 } as const;

/** Whoever fills the capture faster than this is read waits for it, or events are missed. */
export type FollowOutput = Required<Output>;

/** Of one event: whole, or in pieces that are made as they are written. */
type Text = string | Iterable<string>;

/**
 * @param see is told of each event before it is printed, and waited for
 * @param print the text for one event, or its pieces; empty for none
 * @param selection says which events are printed; default all
 */
export function follow(
  capture: Capture,
  sink: Sink,
  see: ((event: CaptureEvent | DroppedEvent) => Promise<void> | undefined) | undefined,
  print: (event: CaptureEvent | DroppedEvent) => Text | Promise<Text>,
  selection?: Selection,
): FollowOutput {
  const cursor = new EventCursor(capture);
  let finishing = false;
  let wake: (() => void) | undefined;
  let waiting: (() => void)[] = [];
  const stop = capture.onAppend(() => wake?.());
  const run = async () => {
    for (;;) {
      let text = "";
      let began = performance.now();
      let printedEvents = 0;
      for (let count = 1; text.length < BATCH_CHARS; count++) {
        const event = cursor.read();
        if (event === undefined) break;
        const seen = see?.(event);
        if (seen !== undefined) await seen;
        const passed = selection === undefined ? [event] : selection.pass(event);
        for (const shown of passed instanceof Promise ? await passed : passed) {
          const soon = print(shown);
          const printed = soon instanceof Promise ? await soon : soon;
          if (typeof printed === "string") text += printed;
          else {
            // No more than a piece of a message of megabytes is ever here, whoever reads.
            for (const piece of printed) {
              text += piece;
              if (text.length < BATCH_CHARS) continue;
              await sink.write(text);
              text = "";
              if (performance.now() - began <= TURN_MS) continue;
              await othersTurn(capture, finishing ? 0 : performance.now() - began);
              began = performance.now();
            }
          }
          // A call that comes to match late may bring a million events along.
          const isLong = ++printedEvents % EVENTS_PER_LOOK === 0 && performance.now() - began > TURN_MS;
          if (selection === undefined || (text.length < BATCH_CHARS && !isLong)) continue;
          await sink.write(text);
          text = "";
          await othersTurn(capture, finishing ? 0 : performance.now() - began);
          began = performance.now();
        }
        if (count % EVENTS_PER_LOOK === 0 && performance.now() - began > TURN_MS) break;
      }
      if (text !== "") await sink.write(text);
      if (cursor.behind) await othersTurn(capture, finishing ? 0 : performance.now() - began);
      else if (finishing) return;
      else {
        for (const goOn of waiting) goOn();
        waiting = [];
        if (!cursor.behind) await new Promise<void>((resolve) => (wake = resolve));
      }
    }
  };
  const done = run();
  return {
    caughtUp() {
      wake?.();
      return new Promise((resolve) => waiting.push(resolve));
    },
    async finish() {
      finishing = true;
      wake?.();
      await done;
      stop();
    },
  };
}

/**
 * Leaves the thread to the traffic, or goes on at once when there is none: an output of a busy proxy falls behind rather than slow
 * it down. A thread that is idle for a while is no sign of it: the peers may be waiting for what we hold up.
 * @param ms how long we had it
 */
async function othersTurn(capture: Capture, ms: number): Promise<void> {
  const began = performance.now();
  const { nodeTiming } = performance;
  const idleBefore = nodeTiming.idleTime;
  await new Promise((resolve) => setImmediate(resolve));
  for (;;) {
    const passed = performance.now() - began;
    const isIdle = nodeTiming.idleTime - idleBefore > passed / 2;
    if (passed >= ms * (isIdle ? TURNS.idle : TURNS.busy)) return;
    const { chunks } = capture;
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (capture.chunks === chunks) return;
  }
}
