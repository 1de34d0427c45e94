// One direction's octets into frames (RFC 9113 §4), whatever the chunks: DATA is handed on as it comes, other frames whole.
import { FLAG as FRAME_FLAG, FRAME as FRAME_TYPE, FRAME_HEADER_BYTES as HEADER_BYTES } from "./frames.js";
import { HeldBytes } from "./held-bytes.js";

// V8 puts what a module's own constants say into the code that it compiles; what is imported it looks up each time.
const FLAG = FRAME_FLAG;
const FRAME = FRAME_TYPE;
const FRAME_HEADER_BYTES = HEADER_BYTES;

/**
 * Octets of one frame other than DATA that are kept; a longer one is given cut, with its true length.
 * A header block may be 1 MiB (see MAX_HEADER_BLOCK_BYTES), so no header frame needs more.
 */
export const MAX_FRAME_KEPT_BYTES = 1 << 20;

/** Receives frames; the bytes belong to the chunk and are good for the duration of the call only. */
export interface FrameSink {
  /** A frame begins; of a DATA frame `length` counts padding too, as flow control does (RFC 9113 §6.1). */
  begin(type: number, flags: number, stream: number, length: number): void;
  /** A part of its data, without padding. Never empty. */
  data(stream: number, bytes: Uint8Array, start: number, end: number): void;
  dataEnd(stream: number, endStream: boolean): void;
  /** Any other frame: payload octets [start, end), padding and all; fewer than `length` when it was over the limit. */
  frame(
    type: number,
    flags: number,
    stream: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    length: number,
  ): void;
  /** A DATA frame whose padding is longer than what follows (RFC 9113 §6.1); its payload counts as padding. */
  badPadding(stream: number, length: number): void;
}

const NOTHING = new Uint8Array(0);

export class FrameReader {
  readonly #sink: FrameSink;
  readonly #header = new Uint8Array(FRAME_HEADER_BYTES);
  #headerHave = 0;
  #type = 0;
  #flags = 0;
  #stream = 0;
  #length = 0;
  /** Payload octets of the frame under way that are still to come; -1 between frames. */
  #left = -1;
  /** Of them, trailing padding octets of a DATA frame; -1 until its Pad Length octet was read. */
  #padding = 0;
  #kept = NOTHING;
  #keptLength = 0;
  /** No more of this frame is kept: the limit for one, or for all connections, was reached. */
  #full = false;
  #stopped = false;
  readonly #held: HeldBytes;

  constructor(sink: FrameSink, held = new HeldBytes()) {
    this.#sink = sink;
    this.#held = held;
  }

  /** Whether a frame has begun and not ended. */
  get midFrame(): boolean {
    return this.#left >= 0 || this.#headerHave > 0;
  }

  /** The first octets of a frame header that is not yet whole. */
  get cutHeader(): Uint8Array {
    return this.#header.subarray(0, this.#headerHave);
  }

  /** Reads no further: whatever is pushed from now on is passed over. */
  stop(): void {
    this.#stopped = true;
    this.#release();
  }

  /**
   * Reads on in the frame under way, or in the one that begins here, up to its end.
   * @returns where that was; `end` when the frame goes on
   */
  read(bytes: Uint8Array, start: number, end: number): number {
    if (this.#stopped === true) return end;
    let at = start;
    if (this.#left < 0) {
      at = this.#readHeader(bytes, start, end);
      if (this.#left < 0) return at;
    }
    const take = Math.min(this.#left, end - at);
    if (take > 0) {
      if (this.#type === FRAME.data) this.#data(bytes, at, at + take);
      else this.#other(bytes, at, at + take);
    }
    return at + take;
  }

  /** @returns where the payload begins, if the header is whole */
  #readHeader(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    if (this.#headerHave === 0 && end - at >= FRAME_HEADER_BYTES) {
      this.#begin(bytes, at);
      return at + FRAME_HEADER_BYTES;
    }
    while (at < end && this.#headerHave < FRAME_HEADER_BYTES) this.#header[this.#headerHave++] = bytes[at++]!;
    if (this.#headerHave === FRAME_HEADER_BYTES) {
      this.#headerHave = 0;
      this.#begin(this.#header, 0);
    }
    return at;
  }

  #begin(bytes: Uint8Array, at: number): void {
    const length = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
    this.#length = length;
    this.#left = length;
    this.#type = bytes[at + 3]!;
    this.#flags = bytes[at + 4]!;
    // The reserved bit is ignored (RFC 9113 §4.1).
    this.#stream = ((bytes[at + 5]! & 0x7f) << 24) | (bytes[at + 6]! << 16) | (bytes[at + 7]! << 8) | bytes[at + 8]!;
    this.#sink.begin(this.#type, this.#flags, this.#stream, length);
    if (this.#stopped === true) {
      this.#left = -1;
      return;
    }
    if (this.#type === FRAME.data) {
      this.#padding = this.#flags & FLAG.padded ? -1 : 0;
      if (length === 0) this.#data(NOTHING, 0, 0);
    } else {
      this.#keptLength = 0;
      this.#full = false;
      if (length === 0) this.#other(NOTHING, 0, 0);
    }
  }

  #data(bytes: Uint8Array, start: number, end: number): void {
    let at = start;
    this.#left -= end - start;
    if (this.#padding < 0) {
      if (this.#length === 0) {
        this.#sink.badPadding(this.#stream, 0);
        this.#padding = 0;
      } else {
        const padding = bytes[at++]!;
        if (padding >= this.#length) this.#sink.badPadding(this.#stream, this.#length);
        this.#padding = padding;
      }
    }
    // Of what is here, the octets that are not yet padding.
    const dataEnd = end - Math.max(0, this.#padding - this.#left);
    if (dataEnd > at) this.#sink.data(this.#stream, bytes, at, dataEnd);
    if (this.#left === 0) {
      this.#left = -1;
      this.#sink.dataEnd(this.#stream, (this.#flags & FLAG.endStream) !== 0);
    }
  }

  #other(bytes: Uint8Array, start: number, end: number): void {
    this.#left -= end - start;
    if (this.#left > 0) {
      this.#keep(bytes, start, end);
      return;
    }
    this.#left = -1;
    if (end - start === this.#length) {
      const keptEnd = Math.min(end, start + MAX_FRAME_KEPT_BYTES);
      this.#sink.frame(this.#type, this.#flags, this.#stream, bytes, start, keptEnd, this.#length);
      return;
    }
    this.#keep(bytes, start, end);
    const kept = this.#kept;
    this.#sink.frame(this.#type, this.#flags, this.#stream, kept, 0, this.#keptLength, this.#length);
    // One large frame must not cost memory for as long as the connection lives.
    if (kept.length > 4096) this.#release();
  }

  #release(): void {
    this.#held.giveBack(this.#kept.length);
    this.#kept = NOTHING;
  }

  /** Grows with what arrived, never with what was announced. */
  #keep(bytes: Uint8Array, start: number, end: number): void {
    const take = Math.min(end - start, MAX_FRAME_KEPT_BYTES - this.#keptLength);
    if (take <= 0 || this.#full) return;
    const needed = this.#keptLength + take;
    if (needed > this.#kept.length) {
      const size = Math.max(needed, Math.min(this.#kept.length * 2, MAX_FRAME_KEPT_BYTES), 256);
      this.#full = !this.#held.mayGrow(this.#kept.length, size);
      if (this.#full) return;
      const grown = new Uint8Array(size);
      grown.set(this.#kept.subarray(0, this.#keptLength));
      this.#kept = grown;
    }
    this.#kept.set(bytes.subarray(start, start + take), this.#keptLength);
    this.#keptLength = needed;
  }
}
