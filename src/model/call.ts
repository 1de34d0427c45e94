// A call: the fold of its events, as a list or a statistic needs it.
import type { EndedBy, HowEnded, SideTotals } from "./events.js";
import type { Status } from "./status.js";

export interface Call {
  /** 1, 2, 3 …, never reused. */
  readonly id: number;
  readonly connection: number;
  readonly stream: number;
  readonly protocol: string;
  readonly method: string;
  /** Unix ms of the first header. */
  readonly startedAt: number;
  /** Unix ms of the first thing the server sent; absent while there is none. */
  readonly answeredAt?: number;
  readonly timeoutMs?: number;
  readonly client: SideTotals;
  readonly server: SideTotals;
  /** Absent while the call is open. */
  readonly end?: {
    readonly at: number;
    readonly status: Status;
    readonly how: HowEnded;
    readonly by: EndedBy;
  };
}

/** What a capture holds and what it had to let go, to stay within its memory. */
export interface CaptureCounters {
  readonly calls: number;
  readonly openCalls: number;
  readonly events: number;
  readonly connections: number;
  readonly openConnections: number;
  /** Memory in use for what is kept. */
  readonly keptBytes: number;
  readonly trimmedMessageBytes: number;
  readonly trimmedEvents: number;
  readonly trimmedCalls: number;
  /** Calls that were counted only, because too many were open. */
  readonly unfollowedCalls: number;
  /** Calls that ended with a status that is not OK. */
  readonly failedCalls: number;
}
