// The flags of frames by name, and which frames are told together (RFC 9113 §6).
import type { LoggedFrame } from "./frame-log.js";
import { FLAG, FRAME } from "./frames.js";

/** Flags that are set; one that the type does not define as its number. */
export function flagNames(type: number, flags: number): readonly string[] {
  const known = KNOWN[type];
  if (known === undefined) return flags === 0 ? [] : [`0x${flags.toString(16)}`];
  return known.filter(([flag]) => (flags & flag) !== 0).map(([, name]) => name);
}

const ACK: readonly Flag[] = [[FLAG.ack, "ACK"]];
type Flag = readonly [flag: number, name: string];
const END_HEADERS: Flag = [FLAG.endHeaders, "END_HEADERS"];
const END_STREAM: Flag = [FLAG.endStream, "END_STREAM"];
const PADDED: Flag = [FLAG.padded, "PADDED"];

const KNOWN: Readonly<Record<number, readonly Flag[]>> = {
  [FRAME.data]: [END_STREAM, PADDED],
  [FRAME.headers]: [END_HEADERS, END_STREAM, PADDED, [FLAG.priority, "PRIORITY"]],
  [FRAME.pushPromise]: [END_HEADERS, PADDED],
  [FRAME.continuation]: [END_HEADERS],
  [FRAME.settings]: ACK,
  [FRAME.ping]: ACK,
  [FRAME.rstStream]: [],
  [FRAME.windowUpdate]: [],
};

/** Frames in runs: DATA without an end, or windows given, from one side. */
export function frameRuns(frames: readonly LoggedFrame[]): readonly (readonly [LoggedFrame, ...LoggedFrame[]])[] {
  const runs: [LoggedFrame, ...LoggedFrame[]][] = [];
  for (const frame of frames) {
    const run = runs.at(-1);
    if (run !== undefined && alike(run[0], frame)) run.push(frame);
    else runs.push([frame]);
  }
  return runs;
}

function alike(first: LoggedFrame, next: LoggedFrame): boolean {
  const runs = first.type === FRAME.data || first.type === FRAME.windowUpdate;
  return runs && next.type === first.type && next.from === first.from && next.flags === 0 && first.flags === 0;
}
