// One HTTP/2 stream as a follower sees it (RFC 9113 §5.1), and the numbers by which the hot path names the two sides.
import type { Side } from "../model/fields.js";

export const CLIENT = 0;
export const SERVER = 1;
/** 0 client, 1 server: an array index where {@link Side} would be a string comparison. */
export type SideIndex = typeof CLIENT | typeof SERVER;

export function sideName(side: SideIndex): Side {
  return side === CLIENT ? "client" : "server";
}

/**
 * Used again for another stream once it is closed.
 * @typeParam C what the sink hangs on the stream: its own state of the call, which it may use again as well
 */
export class Http2Stream<C> {
  id: number;
  call: C | undefined = undefined;
  /** No frames are expected any more; some may still come. */
  closed = false;
  /** Which sides sent END_STREAM: bit 0 client, bit 1 server. */
  ended = 0;
  /** The sink was told of the stream, and `call` is this stream's. */
  known = false;
  /** The sink was told of the stream and only counted it. */
  counted = false;
  /** Flow control: octets granted by WINDOW_UPDATE less those sent, by sender. The window is the initial one plus this. */
  clientCredit = 0;
  serverCredit = 0;
  /** When the sender's window ran out; 0 while there is some. */
  clientStalledAt = 0;
  serverStalledAt = 0;

  constructor(id: number) {
    this.id = id;
  }

  begin(id: number): void {
    this.id = id;
    this.closed = false;
    this.ended = 0;
    this.known = false;
    this.counted = false;
    this.clientCredit = 0;
    this.serverCredit = 0;
    this.clientStalledAt = 0;
    this.serverStalledAt = 0;
  }
}
