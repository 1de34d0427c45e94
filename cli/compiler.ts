// What V8 is told at the start of the program. Only of the program: to one that uses us as a library these belong to it.
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";
import type { Capture } from "../src/index.js";

/**
 * A frame passes some ten small functions on its way into the capture. V8 makes one of those that are hot together, up to so
 * many octets of bytecode, and by default (460 a function, 920 in all) stops in the midst of them: with more in all a call costs
 * a third less processor time. With more a function it would put all of them into one, which is then so large that it keeps its
 * numbers in memory, or part of them, as it happens to meet them: a call then costs a fifth more. Every function of the usual
 * way is smaller than this, but for `#plain` of DirectionReader and `plainHeaders` of ConnectionReader (272): these two are what
 * is compiled. What V8 does not know, it ignores.
 */
const FLAGS = ["--max-inlined-bytecode-size=268", "--max-inlined-bytecode-size-cumulative=5000"];

export function setUpCompiler(): void {
  for (const flag of FLAGS) setFlagsFromString(flag);
}

/** V8 doubles the space for what is new in its heap, in two halves, from 1 MiB to 16 MiB each. Here it stops at 2 to 4 MiB. */
const NEW_SPACE_BYTES = 2 * 2 * 1024 * 1024;
/**
 * Of what is told, a little outlives a look at the new space, and V8 lets such garbage gather until the heap is three to four times
 * what is alive. At twice as much, a mark of 20 ms comes every 2 s at full speed, and the heap stays 20 MB smaller.
 */
const HEAP_GROWTH = "--heap-growing-percent=100";
/** Between two looks while there is traffic; a look takes some 10 µs. */
const LOOK_MS = 20;

/**
 * Keeps an output of events from 40 MB that it has no use for: nearly all that it makes is garbage at once. A relay that reads
 * TLS does have a use for them, and at 1 MiB would lose a third of its rate.
 */
export function boundHeap(capture: Capture): void {
  setFlagsFromString(HEAP_GROWTH);
  let lookedAt = 0;
  const stop = capture.onAppend(() => {
    const now = performance.now();
    if (now - lookedAt < LOOK_MS) return;
    lookedAt = now;
    const space = getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space");
    if (space !== undefined && space.space_size < NEW_SPACE_BYTES) return;
    setFlagsFromString("--semi-space-growth-factor=1");
    stop();
  });
}
