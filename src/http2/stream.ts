// One HTTP/2 stream as a follower sees it (RFC 9113 §5.1), and the numbers by which the hot path names the two sides.
import type { Side } from "../model/fields.js";

export const CLIENT = 0;
export const SERVER = 1;
/** 0 client, 1 server: an array index where {@link Side} would be a string comparison. */
export type SideIndex = typeof CLIENT | typeof SERVER;

export function sideName(side: SideIndex): Side {
  return side === CLIENT ? "client" : "server";
}

// What a stream's phase is made of.
const CLOSED = 1;
const KNOWN = 2;
const COUNTED = 4;
/** The client's; the server's is the next bit. */
const ENDED = 8;
const BOTH_ENDED = 3 * ENDED;

/**
 * Used again for another stream once it is closed.
 * @typeParam C what the sink hangs on the stream: its own state of the call, which it may use again as well
 */
export class Http2Stream<C> {
  id = 0;
  call: C | undefined = undefined;
  /** {@link closed}, {@link hasEnded}, {@link known} and {@link counted} in one number: every frame asks for several of them. */
  #phase = 0;
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
    this.#phase = 0;
    this.clientCredit = 0;
    this.serverCredit = 0;
    this.clientStalledAt = 0;
    this.serverStalledAt = 0;
  }

  /** No frames are expected any more; some may still come. */
  get closed(): boolean {
    return (this.#phase & CLOSED) !== 0;
  }

  close(): void {
    this.#phase |= CLOSED;
  }

  /** The sink was told of the stream, and `call` is this stream's. */
  get known(): boolean {
    return (this.#phase & KNOWN) !== 0;
  }

  know(): void {
    this.#phase |= KNOWN;
  }

  /** The sink was told of the stream and only counted it. */
  get counted(): boolean {
    return (this.#phase & COUNTED) !== 0;
  }

  countOnly(): void {
    this.#phase |= COUNTED;
  }

  /** A side has sent END_STREAM. */
  end(from: SideIndex): void {
    this.#phase |= ENDED << from;
  }

  hasEnded(from: SideIndex): boolean {
    return (this.#phase & (ENDED << from)) !== 0;
  }

  /** Both sides have sent END_STREAM. */
  get over(): boolean {
    return (this.#phase & BOTH_ENDED) === BOTH_ENDED;
  }

  /** A side may go on with a call that the sink knows. */
  isGoingOn(from: SideIndex): boolean {
    return (this.#phase & (CLOSED | KNOWN | (ENDED << from))) === KNOWN;
  }

  /** It was a known one's, and may be another's. */
  get isSpare(): boolean {
    return (this.#phase & (CLOSED | KNOWN)) === (CLOSED | KNOWN);
  }
}
