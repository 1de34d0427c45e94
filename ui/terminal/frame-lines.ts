// HTTP/2 frames as lines: when, from whom, what, how large, with which flags. Runs of the same are one line.
import { flagNames, frameRuns } from "../../src/http2/frame-flags.js";
import type { LoggedFrame } from "../../src/http2/frame-log.js";
import { FRAME, frameName } from "../../src/http2/frames.js";
import { http2ErrorName } from "../../src/model/status.js";
import { formatSince } from "../../src/view/call-text.js";
import { formatBytes } from "../../src/view/format.js";
import { type Line, span } from "../../src/view/styled.js";

const NAME = 16;
const TIME = 10;

/** @param since Unix ms from which times are told */
export function frameLines(frames: readonly LoggedFrame[], since: number): readonly Line[] {
  return frameRuns(frames).map((run) => lineOf(run, since));
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
  if (type === FRAME.rstStream) return `${http2ErrorName(value)} (${value})`;
  if (type === FRAME.windowUpdate) return `+${formatBytes(value)}`;
  return flagNames(type, flags).join(" ");
}
