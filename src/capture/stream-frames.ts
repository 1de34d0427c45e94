// The frames of a call's stream as facts to look at: names for numbers, runs of the same as one.

import { flagNames, frameRuns } from "../http2/frame-flags.js";
import { FRAME, frameName } from "../http2/frames.js";
import type { Call } from "../model/call.js";
import type { Side } from "../model/fields.js";
import type { Capture } from "./capture.js";

export interface FrameFacts {
  readonly from: Side;
  /** Unix ms, of the first. */
  readonly at: number;
  readonly type: string;
  readonly flags: readonly string[];
  /** Octets of payload, of all together. */
  readonly length: number;
  /** Set for a run. */
  readonly count?: number;
  /** The code of an RST_STREAM, the increment of a WINDOW_UPDATE. */
  readonly value?: number;
}

/** Those that are still kept, oldest first. */
export function streamFrames(capture: Capture, { connection, stream }: Call): readonly FrameFacts[] {
  return frameRuns(capture.frames?.of(connection, stream) ?? []).map((run) => {
    const [{ from, at, type, flags }] = run;
    const sum = (of: "length" | "value") => run.reduce((all, frame) => all + frame[of], 0);
    const says = type === FRAME.rstStream || type === FRAME.windowUpdate;
    return {
      from: from === 0 ? "client" : "server",
      at,
      type: frameName(type),
      flags: flagNames(type, flags),
      length: sum("length"),
      ...(run.length > 1 ? { count: run.length } : {}),
      ...(says ? { value: sum("value") } : {}),
    };
  });
}
