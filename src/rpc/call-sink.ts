// What a call follower tells the capture about one call: the hot seam, so bytes come as ranges and nothing is made per event.
import type { FieldList } from "../http2/hpack/decoder.js";
import type { SideIndex } from "../http2/stream.js";
import type { EndedBy, HowEnded } from "../model/events.js";
import type { StatusSource } from "../model/status.js";
import type { MessageSink } from "./body.js";
import type { RequestFacts } from "./grpc.js";

/** @typeParam H the sink's handle of a call */
export interface CallSink<H> extends MessageSink<H> {
  /**
   * @param used a handle of a call that is over and of which nothing more can come: it may be used again
   * @returns undefined when so many calls are open that this one is only counted
   */
  openCall(
    connection: number,
    stream: number,
    protocol: string,
    list: FieldList | undefined,
    facts: RequestFacts,
    pushed: boolean,
    used: H | undefined,
  ): H | undefined;
  // Several things at once, in the usual course of a call: each returns false when it is not that, and nothing was done.
  /** {@link openCall}, of one that no DATA belongs to yet. @param used as there; it becomes the new call's handle */
  plainRequest(connection: number, stream: number, list: FieldList, facts: RequestFacts, used: H): boolean;
  /** {@link message}, and {@link halfClose} where it is the client's last. */
  plainMessage(
    call: H,
    from: SideIndex,
    flag: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    last: boolean,
  ): boolean;
  /** {@link serverHeader}. */
  plainAnswer(call: H, list: FieldList): boolean;
  /** {@link serverTrailer} and {@link endCall}: by the server, with a status of its own. */
  plainEnd(call: H, list: FieldList, code: number): boolean;
  /** Here and below, a list is undefined when that side's headers can no longer be read. */
  serverHeader(call: H, list: FieldList | undefined, informational: boolean): void;
  halfClose(call: H): void;
  clientTrailer(call: H, list: FieldList | undefined): void;
  serverTrailer(call: H, list: FieldList | undefined, trailersOnly: boolean): void;
  cancel(call: H, from: SideIndex, code: number): void;
  /**
   * @param code a grpc-status, or the one inferred
   * @param detail the HTTP/2 error code of a reset, or the HTTP status, by source; else 0
   */
  endCall(call: H, how: HowEnded, by: EndedBy, code: number, source: StatusSource, detail: number): void;
  /** @param call undefined when it concerns the connection */
  problem(connection: number, call: H | undefined, from: SideIndex, code: string, message: string): void;
}
