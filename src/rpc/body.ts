// How the DATA of one side of a call becomes messages: what every protocol's body reader tells, and to whom.
import type { SideIndex } from "../http2/stream.js";

/**
 * Receives messages as they come. Bytes are good for the duration of the call only.
 * @typeParam K how the sink knows the call
 */
export interface MessageSink<K> {
  /** A message that came in one piece. @param flag the prefix's first octet */
  message(call: K, from: SideIndex, flag: number, bytes: Uint8Array, start: number, end: number): void;
  /** One that comes in several. @param announced from its prefix; undefined for a body without prefixes */
  messageStart(call: K, from: SideIndex, flag: number, announced: number | undefined): void;
  messagePart(call: K, from: SideIndex, bytes: Uint8Array, start: number, end: number): void;
  /** @param complete false when the stream ended inside it */
  messageEnd(call: K, from: SideIndex, complete: boolean): void;
  /** The stream ended inside a prefix. @param have octets of it, 1 to 4 */
  prefixCut(call: K, from: SideIndex, have: number): void;
}

export interface BodyReader<K> {
  /** Nothing of a message is under way. */
  readonly between: boolean;
  /** Whether a range is one message and nothing else, with its prefix, while {@link between}. */
  isOne(octets: DataView, start: number, end: number): boolean;
  /** Reads another body from its beginning. */
  reset(): void;
  push(call: K, bytes: Uint8Array, start: number, end: number, sink: MessageSink<K>): void;
  /** The side sends no more, for whatever reason. May be called twice. */
  finish(call: K, sink: MessageSink<K>): void;
}
