// HTTP/2 frames as lines: when, from whom, what, how large, with which flags. Runs of the same are one line.
import type { LoggedFrame } from "../../src/http2/frame-log.js";
import { FLAG, FRAME, frameName } from "../../src/http2/frames.js";
import { http2ErrorName } from "../../src/model/status.js";
import { formatSince } from "../../src/view/call-text.js";
import { formatBytes } from "../../src/view/format.js";
import { type Line, span } from "../../src/view/styled.js";

const NAME = 16;
const TIME = 10;

/** @param since Unix ms from which times are told */
export function frameLines(frames: readonly LoggedFrame[], since: number): readonly Line[] {
  const lines: Line[] = [];
  for (let at = 0; at < frames.length; ) {
    let end = at + 1;
    while (end < frames.length && alike(frames[at]!, frames[end]!)) end++;
    lines.push(lineOf(frames.slice(at, end), since));
    at = end;
  }
  return lines;
}

/** Frames of one run: DATA without an end, or windows given, from one side. */
function alike(first: LoggedFrame, next: LoggedFrame): boolean {
  const runs = first.type === FRAME.data || first.type === FRAME.windowUpdate;
  return runs && next.type === first.type && next.from === first.from && next.flags === 0 && first.flags === 0;
}

function lineOf(run: readonly LoggedFrame[], since: number): Line {
  const first = run[0]!;
  const { from, at, type, flags, value } = first;
  const octets = run.reduce((sum, { length }) => sum + length, 0);
  const name = `${frameName(type)}${run.length > 1 ? ` ×${run.length}` : ""}`;
  const side = from === 0 ? "client" : "server";
  return [
    span(formatSince(at - since).padStart(TIME - 1), "dim"),
    span(from === 0 ? " ▶ " : " ◀ ", side),
    span(name.padEnd(NAME), type === FRAME.rstStream || type === FRAME.goaway ? "serverFault" : side),
    span(formatBytes(octets).padStart(9)),
    span(
      `  ${says(type, flags, type === FRAME.windowUpdate ? run.reduce((sum, one) => sum + one.value, 0) : value)}`,
      "dim",
    ),
  ];
}

function says(type: number, flags: number, value: number): string {
  switch (type) {
    case FRAME.rstStream:
      return `${http2ErrorName(value)} (${value})`;
    case FRAME.windowUpdate:
      return `+${formatBytes(value)}`;
    case FRAME.settings:
    case FRAME.ping:
      return (flags & FLAG.ack) === 0 ? "" : "ACK";
    case FRAME.data:
      return names(flags, [FLAG.endStream, "END_STREAM"], [FLAG.padded, "PADDED"]);
    case FRAME.headers:
    case FRAME.pushPromise:
    case FRAME.continuation:
      return names(
        flags,
        [FLAG.endHeaders, "END_HEADERS"],
        [type === FRAME.headers ? FLAG.endStream : 0, "END_STREAM"],
        [FLAG.padded, "PADDED"],
        [type === FRAME.headers ? FLAG.priority : 0, "PRIORITY"],
      );
    default:
      return flags === 0 ? "" : `flags 0x${flags.toString(16)}`;
  }
}

function names(flags: number, ...known: readonly (readonly [flag: number, name: string])[]): string {
  return known
    .filter(([flag]) => (flags & flag) !== 0)
    .map(([, name]) => name)
    .join(" ");
}
