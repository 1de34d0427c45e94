// Runs a writer over a capture's events as they come: one at a time, no faster than its reader reads.
import { type Capture, type CaptureEvent, type DroppedEvent, EventCursor } from "../../src/index.js";
import type { Output, Sink } from "./output.js";

/** Text gathered before it is written: fewer, larger writes cost the traffic less. */
const BATCH_CHARS = 32_768;
/** Events read before everybody else gets a turn. */
const BATCH_EVENTS = 500;

/**
 * @param see is told of each event before it is printed
 * @param print the text for one event; empty for none
 */
export function follow(
  capture: Capture,
  sink: Sink,
  see: ((event: CaptureEvent | DroppedEvent) => void) | undefined,
  print: (event: CaptureEvent | DroppedEvent) => string | Promise<string>,
): Output {
  const cursor = new EventCursor(capture);
  let finishing = false;
  let wake: (() => void) | undefined;
  const stop = capture.onAppend(() => wake?.());
  const run = async () => {
    for (;;) {
      let text = "";
      for (let left = BATCH_EVENTS; left > 0 && text.length < BATCH_CHARS; left--) {
        const event = cursor.read();
        if (event === undefined) break;
        see?.(event);
        const printed = print(event);
        text += typeof printed === "string" ? printed : await printed;
      }
      if (text !== "") await sink.write(text);
      if (cursor.behind) await new Promise((resolve) => setImmediate(resolve));
      else if (finishing) return;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  };
  const done = run();
  return {
    async finish() {
      finishing = true;
      wake?.();
      await done;
      stop();
    },
  };
}
