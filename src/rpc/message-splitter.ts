// Length-prefixed messages across any frame boundaries (grpc/doc/PROTOCOL-HTTP2.md, "Length-Prefixed-Message").
import { uint32 as uint32In } from "../http2/octets.js";
import { CLIENT, type SideIndex } from "../http2/stream.js";
import type { BodyReader, MessageSink } from "./body.js";

/** One octet of flags and four of length, big-endian. */
export const MESSAGE_PREFIX_BYTES = 5;
// V8 puts what a module's own constants say into the code that it compiles, unless others import them.
const PREFIX_BYTES = MESSAGE_PREFIX_BYTES;
const uint32 = uint32In;

export class MessageSplitter<K> implements BodyReader<K> {
  readonly #from: SideIndex = CLIENT;
  /** Octets of a prefix that was cut by a chunk; flag and length are built up as they come. */
  #have = 0;
  #flag = 0;
  #length = 0;
  /** Octets still to come of the message under way; -1 when none is. */
  #left = -1;
  between = true;

  constructor(from: SideIndex) {
    this.#from = from;
  }

  reset(): void {
    if (this.between === true) return;
    this.#have = 0;
    this.#left = -1;
    this.between = true;
  }

  isOne(octets: DataView, start: number, end: number): boolean {
    const length = (end - start - PREFIX_BYTES) | 0;
    return length >= 0 && octets.getInt32((start + 1) | 0) === length;
  }

  push(call: K, bytes: Uint8Array, start: number, end: number, sink: MessageSink<K>): void {
    let at = start;
    if (this.between === true) {
      // Messages that lie whole in the range, as most do.
      while (end - at >= PREFIX_BYTES) {
        const from = (at + PREFIX_BYTES) | 0;
        const length = uint32(bytes, (at + 1) | 0);
        if (length > end - from) break;
        const flag = bytes[at]!;
        at = (from + length) | 0;
        sink.message(call, this.#from, flag, bytes, from, at);
      }
    }
    if (at < end) this.#pieces(call, bytes, at, end, sink);
  }

  #pieces(call: K, bytes: Uint8Array, start: number, end: number, sink: MessageSink<K>): void {
    this.#read(call, bytes, start, end, sink);
    this.between = this.#left < 0 && this.#have === 0;
  }

  #read(call: K, bytes: Uint8Array, start: number, end: number, sink: MessageSink<K>): void {
    let at = start;
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
    if (this.between === true) return;
    if (this.#left >= 0) sink.messageEnd(call, this.#from, false);
    else if (this.#have > 0) sink.prefixCut(call, this.#from, this.#have);
    this.reset();
  }

  #prefix(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    if (this.#have === 0 && end - at >= PREFIX_BYTES) {
      this.#flag = bytes[at]!;
      this.#length = uint32(bytes, at + 1);
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
