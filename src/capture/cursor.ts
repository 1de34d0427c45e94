// Reads a capture as it grows, at the reader's own pace: what was trimmed before it was read is told, never waited for.
import type { CaptureEvent, DroppedEvent } from "../model/events.js";
import type { Capture } from "./capture.js";

/** Events read at a stretch by {@link EventCursor.follow} before others get their turn. */
const BATCH_EVENTS = 2000;

export class EventCursor {
  readonly #capture: Capture;
  /** The seq that is read next. */
  next: number;

  /** @param from the first seq to read; default the oldest that is kept */
  constructor(capture: Capture, from: number = capture.oldestSeq) {
    this.#capture = capture;
    this.next = from;
  }

  /** Whether there is something to read. */
  get behind(): boolean {
    return this.next <= this.#capture.newestSeq;
  }

  /** @returns undefined when there is nothing new */
  read(): CaptureEvent | DroppedEvent | undefined {
    if (!this.behind) return undefined;
    const oldest = this.#capture.oldestSeq;
    if (this.next < oldest) {
      const dropped: DroppedEvent = { kind: "dropped", from: this.next, to: oldest - 1, events: oldest - this.next };
      this.next = oldest;
      return dropped;
    }
    const seq = this.next++;
    return this.#capture.event(seq) ?? { kind: "dropped", from: seq, to: seq, events: 1 };
  }

  /**
   * Calls back with each event as it comes. A listener that throws ends it, and the error is the process's.
   * @returns a function that ends it
   */
  follow(listener: (event: CaptureEvent | DroppedEvent) => void): () => void {
    let ended = false;
    const run = (): void => {
      for (let left = BATCH_EVENTS; left > 0 && !ended; left--) {
        const event = this.read();
        if (event === undefined) return;
        try {
          listener(event);
        } catch (error) {
          end();
          throw error;
        }
      }
      if (!ended && this.behind) setImmediate(run);
    };
    const stop = this.#capture.onAppend(run);
    const end = (): void => {
      ended = true;
      stop();
    };
    if (this.behind) setImmediate(run);
    return end;
  }
}
