// Length-prefixed messages across any frame boundaries (grpc/doc/PROTOCOL-HTTP2.md, "Length-Prefixed-Message").
import type { SideIndex } from "../http2/stream.js";
import type { BodyReader, MessageSink } from "./body.js";

/** One octet of flags and four of length, big-endian. */
const PREFIX_BYTES = 5;

export class MessageSplitter<K> implements BodyReader<K> {
  readonly #from: SideIndex;
  /** Octets of a prefix that was cut by a chunk; flag and length are built up as they come. */
  #have = 0;
  #flag = 0;
  #length = 0;
  /** Octets still to come of the message under way; -1 when none is. */
  #left = -1;

  constructor(from: SideIndex) {
    this.#from = from;
  }

  reset(): void {
    this.#have = 0;
    this.#left = -1;
  }

  push(call: K, bytes: Uint8Array, start: number, end: number, sink: MessageSink<K>): void {
    let at = this.#left < 0 && this.#have === 0 ? this.#wholes(call, bytes, start, end, sink) : start;
    while (at < end) {
      if (this.#left < 0) {
        at = this.#prefix(bytes, at, end);
        if (this.#have < PREFIX_BYTES) return;
        this.#have = 0;
        if (this.#length <= end - at) {
          sink.message(call, this.#from, this.#flag, bytes, at, at + this.#length);
          at += this.#length;
          continue;
        }
        this.#left = this.#length;
        sink.messageStart(call, this.#from, this.#flag, this.#length);
        if (at === end) return;
      }
      const take = Math.min(this.#left, end - at);
      sink.messagePart(call, this.#from, bytes, at, at + take);
      at += take;
      this.#left -= take;
      if (this.#left === 0) {
        this.#left = -1;
        sink.messageEnd(call, this.#from, true);
      }
    }
  }

  finish(call: K, sink: MessageSink<K>): void {
    if (this.#left >= 0) sink.messageEnd(call, this.#from, false);
    else if (this.#have > 0) sink.prefixCut(call, this.#from, this.#have);
    this.reset();
  }

  /** Messages that lie whole in the range, as most do. @returns where the first begins that does not */
  #wholes(call: K, bytes: Uint8Array, start: number, end: number, sink: MessageSink<K>): number {
    let at = start;
    while (end - at >= PREFIX_BYTES) {
      const from = at + PREFIX_BYTES;
      const length = ((bytes[at + 1]! << 24) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 8) | bytes[at + 4]!) >>> 0;
      if (length > end - from) return at;
      sink.message(call, this.#from, bytes[at]!, bytes, from, from + length);
      at = from + length;
    }
    return at;
  }

  #prefix(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    if (this.#have === 0 && end - at >= PREFIX_BYTES) {
      this.#flag = bytes[at]!;
      this.#length = ((bytes[at + 1]! << 24) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 8) | bytes[at + 4]!) >>> 0;
      this.#have = PREFIX_BYTES;
      return at + PREFIX_BYTES;
    }
    while (at < end && this.#have < PREFIX_BYTES) {
      const octet = bytes[at++]!;
      if (this.#have === 0) {
        this.#flag = octet;
        this.#length = 0;
      } else {
        this.#length = this.#length * 256 + octet;
      }
      this.#have++;
    }
    return at;
  }
}
