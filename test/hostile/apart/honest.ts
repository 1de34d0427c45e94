// The honest client as a process of its own.
import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import { HonestClient, type Latencies, type Way, wayOf } from "../honest.js";
import { answer } from "./answering.js";

let client = new HonestClient(() => Promise.reject(new Error("where to?")));
let delays: IntervalHistogram | undefined;

const answers = {
  /** What follows is done this way. */
  goes(way: Way): void {
    client = new HonestClient(wayOf(way));
  },
  start(_: undefined): void {
    client = new HonestClient(client.dial);
    delays = monitorEventLoopDelay({ resolution: 5 });
    delays.enable();
    client.start();
  },
  take(_: undefined): Latencies & { readonly ownStallMs: number } {
    delays?.disable();
    return { ...client.take(), ownStallMs: (delays?.max ?? 0) / 1e6 };
  },
  once: (_: undefined): Promise<number> => client.once(),
  stop: (_: undefined): Promise<void> => client.stop(),
};
export type HonestAnswers = typeof answers;

answer(answers);
