// --output log: a line when a call starts streaming and one when it ends, and what happens to connections that are no HTTP/2.
import type { Call, Capture, CaptureEvent, DroppedEvent } from "../../src/index.js";
import {
  connectionEndLine,
  connectionLine,
  endLine,
  type Paint,
  problemLine,
  streamingLine,
  type Tone,
} from "../../src/view/log-line.js";
import { follow } from "./follow.js";
import type { Output, OutputOptions, Sink } from "./output.js";

/** A call that is open this long is told of even if nothing streams: it is what people wonder about. */
const LONG_OPEN_MS = 2000;

const SGR: Readonly<Record<Tone, string>> = { plain: "0", dim: "2", cyan: "36", yellow: "33", red: "31", green: "32" };

export function startLog(capture: Capture, sink: Sink, options: OutputOptions): Output {
  const paint: Paint = options.colour ? (tone, text) => `\x1b[${SGR[tone]}m${text}\x1b[0m` : (_tone, text) => text;
  /** Calls that are open and not told of. */
  const quiet = new Set<number>();
  /** Connections that get lines of their own. */
  const shown = new Set<number>();

  const announce = (call: Call | undefined, at: number): string => {
    if (call === undefined || !quiet.delete(call.id) || call.end !== undefined) return "";
    return `${streamingLine(call, at, paint)}\n`;
  };
  const print = (event: CaptureEvent | DroppedEvent): string => {
    switch (event.kind) {
      case "client-header":
        quiet.add(event.call);
        return "";
      case "client-message":
      case "server-message":
        return event.index === 1 ? announce(capture.call(event.call), event.at) : "";
      case "call-end":
        quiet.delete(event.call);
        return `${endLine(event, capture.call(event.call), paint)}\n`;
      case "protocol-error":
        return `${problemLine(event, paint)}\n`;
      case "connection-opened":
        if (event.protocol === "h2") return "";
        shown.add(event.connection);
        return `${connectionLine(event, paint)}\n`;
      case "connection-closed":
        if (!shown.delete(event.connection) && event.how !== "error") return "";
        return `${connectionEndLine(event, paint)}\n`;
      case "dropped":
        return `${paint("red", `${event.events} events were dropped before they could be written`)}\n`;
      default:
        return "";
    }
  };
  const output = follow(capture, sink, print);
  // Calls that are open without a second message say so once.
  const timer = setInterval(() => {
    const now = Date.now();
    let text = "";
    for (const id of quiet) {
      const call = capture.call(id);
      if (call === undefined || call.end !== undefined) continue;
      // Ids grow with time: those that follow are younger.
      if (now - call.startedAt < LONG_OPEN_MS) break;
      text += announce(call, now);
    }
    if (text !== "") void sink.write(text);
  }, LONG_OPEN_MS / 4);
  timer.unref();
  return {
    finish() {
      clearInterval(timer);
      return output.finish();
    },
  };
}
