// What a call follower tells the capture about one call: the hot seam, so bytes come as ranges and nothing is made per event.
import type { FieldList } from "../http2/hpack/decoder.js";
import type { SideIndex } from "../http2/stream.js";
import type { EndedBy, HowEnded } from "../model/events.js";
import type { StatusSource } from "../model/status.js";
import type { MessageSink } from "./body.js";
import type { RequestFacts } from "./grpc.js";

/** How a call ended and what that says of its status. */
export interface CallOutcome {
  readonly how: HowEnded;
  readonly by: EndedBy;
  /** A grpc-status, or the one inferred. */
  readonly code: number;
  readonly source: StatusSource;
  /** The HTTP/2 error code of a reset, or the HTTP status, by source; else 0. */
  readonly detail: number;
}

/** @typeParam H the sink's handle of a call */
export interface CallSink<H> extends MessageSink<H> {
  /** @returns undefined when so many calls are open that this one is only counted */
  openCall(
    connection: number,
    stream: number,
    protocol: string,
    list: FieldList | undefined,
    facts: RequestFacts,
    pushed: boolean,
  ): H | undefined;
  serverHeader(call: H, list: FieldList, informational: boolean): void;
  halfClose(call: H): void;
  clientTrailer(call: H, list: FieldList): void;
  serverTrailer(call: H, list: FieldList, trailersOnly: boolean): void;
  cancel(call: H, from: SideIndex, code: number): void;
  endCall(call: H, outcome: CallOutcome): void;
  /** @param call undefined when it concerns the connection */
  problem(connection: number, call: H | undefined, from: SideIndex, code: string, message: string): void;
}
