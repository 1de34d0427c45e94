// How a call ended, as three small numbers in its row and as the status a person reads.
import { ENDED_BY, type EndedBy, HOW_ENDED, type HowEnded } from "../model/events.js";
import { http2ErrorName, type Status, type StatusSource, statusName } from "../model/status.js";
import type { CallOutcome } from "../rpc/call-sink.js";
import type { CallSegment } from "./call-rows.js";

const SOURCES: readonly StatusSource[] = ["trailers", "reset", "http-status", "goaway", "connection", "missing"];

export function writeOutcome(segment: CallSegment, slot: number, outcome: CallOutcome): void {
  segment.how[slot] = HOW_ENDED.indexOf(outcome.how) + 1;
  segment.by[slot] = ENDED_BY.indexOf(outcome.by) + 1;
  segment.source[slot] = SOURCES.indexOf(outcome.source) + 1;
  segment.statusCode[slot] = outcome.code;
  segment.detail[slot] = outcome.detail;
}

export interface ReadOutcome {
  readonly how: HowEnded;
  readonly by: EndedBy;
  readonly status: Status;
}

/** @param message the grpc-message of the trailers, decoded; used when the status is the server's own word */
export function readOutcome(segment: CallSegment, slot: number, message: string): ReadOutcome {
  const source = SOURCES[segment.source[slot]! - 1] ?? "missing";
  const by = ENDED_BY[segment.by[slot]! - 1] ?? "server";
  const code = segment.statusCode[slot]!;
  const detail = segment.detail[slot]!;
  const status: Status = {
    code,
    name: statusName(code),
    message: source === "trailers" ? message : explain(source, by, detail, overdueMs(segment, slot)),
    source,
  };
  return { how: HOW_ENDED[segment.how[slot]! - 1] ?? "trailers", by, status };
}

/** Milliseconds past the deadline at the call's end; undefined when there was none or it had not come. */
function overdueMs(segment: CallSegment, slot: number): number | undefined {
  const timeout = segment.timeoutMs[slot]!;
  const over = segment.endedAt[slot]! - segment.startedAt[slot]! - timeout;
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
