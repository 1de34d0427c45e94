// How a call ended, as three small numbers in its row and as the status a person reads.
import { ENDED_BY, type EndedBy, HOW_ENDED, type HowEnded } from "../model/events.js";
import { http2ErrorName, STATUS_SOURCES, type Status, type StatusSource, statusName } from "../model/status.js";
import { FLOAT, WHOLE } from "./call-numbers.js";
import type { CallPlace } from "./call-rows.js";

/** As most calls end: by trailers of the server, with the status that they say. */
export const USUAL = pack("trailers", "server", "trailers");

/** How, by whom and from what the status is known, each as its index plus 1 in 8 bits. */
export function packOutcome(how: HowEnded, by: EndedBy, source: StatusSource): number {
  return how === "trailers" && by === "server" && source === "trailers" ? USUAL : pack(how, by, source);
}

function pack(how: HowEnded, by: EndedBy, source: StatusSource): number {
  return (
    (HOW_ENDED.indexOf(how) + 1) | ((ENDED_BY.indexOf(by) + 1) << 8) | ((STATUS_SOURCES.indexOf(source) + 1) << 16)
  );
}

export function howOf(packed: number): HowEnded {
  return HOW_ENDED[(packed & 0xff) - 1] ?? "trailers";
}

export function byOf(packed: number): EndedBy {
  return ENDED_BY[((packed >> 8) & 0xff) - 1] ?? "server";
}

export function sourceOf(packed: number): StatusSource {
  return STATUS_SOURCES[((packed >> 16) & 0xff) - 1] ?? "missing";
}

export interface ReadOutcome {
  readonly how: HowEnded;
  readonly by: EndedBy;
  readonly status: Status;
}

/** @param message the grpc-message of the trailers, decoded; used when the status is the server's own word */
export function readOutcome({ segment, float, whole }: CallPlace, message: string): ReadOutcome {
  const packed = segment.wholes[whole + WHOLE.outcome]!;
  const source = sourceOf(packed);
  const by = byOf(packed);
  const code = segment.wholes[whole + WHOLE.statusCode]!;
  const detail = segment.wholes[whole + WHOLE.detail]!;
  const status: Status = {
    code,
    name: statusName(code),
    message: source === "trailers" ? message : explain(source, by, detail, overdueMs(segment.floats, float)),
    source,
  };
  return { how: howOf(packed), by, status };
}

/** Milliseconds past the deadline at the call's end; undefined when there was none or it had not come. */
function overdueMs(floats: Float64Array, at: number): number | undefined {
  const timeout = floats[at + FLOAT.timeoutMs]!;
  const over = floats[at + FLOAT.endedAt]! - floats[at + FLOAT.startedAt]! - timeout;
  // Clients measure from when they made the call, we from when it reached us, so ours may come a little sooner.
  return timeout > 0 && over > -5 ? over : undefined;
}

function explain(source: StatusSource, by: EndedBy, detail: number, overdue: number | undefined): string {
  switch (source) {
    case "reset": {
      const deadline = by === "client" && overdue !== undefined ? ", as its deadline ran out" : "";
      return `${by} reset the stream with ${http2ErrorName(detail)}${deadline}; no grpc-status`;
    }
    case "http-status":
      return detail === 0 ? "no :status and no grpc-status" : `HTTP status ${detail}; no grpc-status`;
    case "goaway":
      return "the server's GOAWAY left this stream out: it was not processed";
    case "connection":
      return `the connection was ended by the ${by} while the call was open; no grpc-status`;
    default:
      return "the server ended the stream without grpc-status";
  }
}
