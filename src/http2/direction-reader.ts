// One side of an HTTP/2 connection: its frames taken apart (RFC 9113 §6) and its header blocks decoded.
import type { FrameLog } from "./frame-log.js";
import { FrameReader, type FrameSink, MAX_FRAME_KEPT_BYTES } from "./frame-reader.js";
import { FLAG as FRAME_FLAG, FRAME as FRAME_TYPE, frameName, FRAME_HEADER_BYTES as HEADER_BYTES } from "./frames.js";
import { HeaderBlocks } from "./header-blocks.js";
import { HeldBytes } from "./held-bytes.js";
import type { FieldList } from "./hpack/decoder.js";
import { uint32 } from "./octets.js";
import { CLIENT, type SideIndex } from "./stream.js";

// V8 puts what a module's own constants say into the code that it compiles; what is imported it looks up each time.
const FLAG = FRAME_FLAG;
const FRAME = FRAME_TYPE;
const FRAME_HEADER_BYTES = HEADER_BYTES;

/** What one side put on the wire. Bytes are good for the duration of the call only. */
export interface DirectionSink {
  /** @param list undefined when this side's headers can no longer be read */
  onHeaders(from: SideIndex, stream: number, list: FieldList | undefined, endStream: boolean): void;
  /** As {@link onHeaders} if that is what usually comes here. @returns false when it is not, and nothing was done */
  plainHeaders(from: SideIndex, stream: number, list: FieldList, endStream: boolean): boolean;
  onPush(from: SideIndex, stream: number, promised: number, list: FieldList | undefined): void;
  /** A DATA frame that lies whole in one chunk: instead of the three that follow. Its octets may be none. */
  onWholeData(from: SideIndex, stream: number, bytes: Uint8Array, start: number, end: number, endStream: boolean): void;
  /**
   * As {@link onWholeData} if that is what usually comes here. @returns false when it is not, and nothing was done
   * @param octets the same as `bytes`
   */
  plainData(
    from: SideIndex,
    stream: number,
    octets: DataView,
    bytes: Uint8Array,
    start: number,
    end: number,
    endStream: boolean,
  ): boolean;
  /** So many octets of DATA were read by {@link plainData} since this was told, what counts for flow control. */
  plainSpent(from: SideIndex, length: number): void;
  /** A DATA frame begins; `length` is what counts for flow control. */
  onDataStart(from: SideIndex, stream: number, length: number): void;
  onData(from: SideIndex, stream: number, bytes: Uint8Array, start: number, end: number): void;
  onDataEnd(from: SideIndex, stream: number, endStream: boolean): void;
  onReset(from: SideIndex, stream: number, code: number): void;
  /** Payload octets [start, end) of six each; undefined bytes for an acknowledgement. */
  onSettings(from: SideIndex, bytes: Uint8Array | undefined, start: number, end: number): void;
  onPing(from: SideIndex, ack: boolean, bytes: Uint8Array, start: number): void;
  /** Debug data in [start, end). */
  onGoaway(from: SideIndex, lastStream: number, code: number, bytes: Uint8Array, start: number, end: number): void;
  onWindowUpdate(from: SideIndex, stream: number, increment: number): void;
  /** @param stream 0 when it concerns the connection */
  onProblem(from: SideIndex, stream: number, code: string, message: string): void;
  /** Nothing that follows from this side can be read. */
  onLost(from: SideIndex, code: string, message: string): void;
}

/** Frames of fixed size and their payload length (RFC 9113 §6.3, 6.4, 6.7, 6.9). */
const FIXED_LENGTH: Readonly<Record<number, number>> = {
  [FRAME.priority]: 5,
  [FRAME.rstStream]: 4,
  [FRAME.ping]: 8,
  [FRAME.windowUpdate]: 4,
};

/** A HEADERS frame of which only END_HEADERS is set is one whole block and nothing else. */
const HEADERS_SHAPE = FLAG.endHeaders | FLAG.padded | FLAG.priority;

export class DirectionReader implements FrameSink {
  // Declared only, so that they never were undefined: V8 then knows what they are (src/README.md, "Speed").
  declare readonly frames: FrameReader;
  declare readonly blocks: HeaderBlocks;
  /** Frames seen, of whatever type. */
  frameCount = 0;
  readonly #from: SideIndex = CLIENT;
  declare private readonly sink: DirectionSink;
  readonly #log: FrameLog | undefined;
  /** Nothing more is read. Not a constant to V8, see event-rows.ts. */
  #lost = true;
  /** The stream whose header block is open; -1 when none is, as 0 is a mistake that a peer can make. */
  #openBlock = -1;
  #blockEndsStream = false;
  /** The promised stream when the open block is a PUSH_PROMISE's; -1 when it is a HEADERS frame's. */
  #blockPromises = -1;

  /** @param log told of every frame */
  constructor(from: SideIndex, sink: DirectionSink, held = new HeldBytes(), log?: FrameLog) {
    this.#from = from;
    this.#lost = false;
    this.sink = sink;
    this.#log = log;
    this.frames = new FrameReader(this, held);
    this.blocks = new HeaderBlocks(held);
  }

  /** Reads no further and lets go of what is not whole. */
  stop(): void {
    this.#lost = true;
    this.frames.stop();
    this.blocks.release();
  }

  /** No more octets come. A TLS alert has only seven: too few to be a frame, enough to be known. */
  finish(): void {
    const looks = this.frameCount === 0 ? looksLike(this.frames.cutHeader) : undefined;
    if (looks !== undefined) this.#notHttp2(looks);
  }

  /**
   * @param start where in the chunk this side's octets begin
   * @param octets the same memory as `bytes`, and perhaps more behind them
   */
  push(bytes: Uint8Array, start = 0, octets = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)): void {
    const { frames } = this;
    const end = bytes.length;
    let at = start;
    while (at < end && this.#lost === false) {
      if (!frames.midFrame) {
        if (this.frameCount > 0 && this.#openBlock < 0) at = this.#plain(octets, bytes, at, end);
        if (at === end) return;
        const next = this.#whole(octets, bytes, at, end);
        if (next > at) {
          at = next;
          continue;
        }
      }
      at = frames.read(bytes, at, end);
    }
  }

  /**
   * Reads frames for as long as they are as expected: whole, a header block that comes in its turn or a message, in a stream that goes
   * its usual way. Nothing is called here that V8 does not put into this function: whatever is not as expected ends it,
   * before anything was changed. @returns where the first such frame begins
   */
  #plain(octets: DataView, bytes: Uint8Array, start: number, end: number): number {
    const from = this.#from;
    const sink = this.sink;
    const log = this.#log;
    const { blocks } = this;
    let frames = 0;
    let spent = 0;
    let at = start;
    while (end - at >= FRAME_HEADER_BYTES) {
      // Length and type, flags, stream (RFC 9113 §4.1), whose reserved bit is ignored.
      const head = octets.getInt32(at);
      const flags = octets.getUint8((at + 4) | 0);
      const stream = octets.getInt32((at + 5) | 0) & 0x7fffffff;
      const payload = (at + FRAME_HEADER_BYTES) | 0;
      const next = (payload + (head >>> 8)) | 0;
      if (next > end) break;
      const type = head & 0xff;
      const endStream = (flags & FLAG.endStream) !== 0;
      if (type === FRAME.data) {
        if ((flags & FLAG.padded) !== 0) break;
        if (sink.plainData(from, stream, octets, bytes, payload, next, endStream) === false) break;
        spent = (spent + (head >>> 8)) | 0;
      } else {
        if (type !== FRAME.headers || (flags & HEADERS_SHAPE) !== FLAG.endHeaders) break;
        const list = blocks.guess(octets, payload, next);
        if (list === undefined || sink.plainHeaders(from, stream, list, endStream) === false) break;
      }
      if (log !== undefined) log.add(from, type, flags, stream, head >>> 8);
      frames = (frames + 1) | 0;
      at = next;
    }
    this.frameCount += frames;
    if (spent > 0) sink.plainSpent(from, spent);
    return at;
  }

  /** Reads a frame that lies whole in the chunk. @returns where it ends; `start` when it does not */
  #whole(octets: DataView, bytes: Uint8Array, start: number, end: number): number {
    const payload = start + FRAME_HEADER_BYTES;
    if (payload > end) return start;
    const head = octets.getInt32(start);
    const length = head >>> 8;
    const type = head & 0xff;
    const flags = octets.getUint8(start + 4);
    const stream = octets.getInt32(start + 5) & 0x7fffffff;
    const next = payload + length;
    if (next > end || length > MAX_FRAME_KEPT_BYTES) return start;
    if (type === FRAME.data && (flags & FLAG.padded) !== 0) return start;
    if (!this.#admits(type, flags, stream, length)) return next;
    if (type === FRAME.data) {
      this.sink.onWholeData(this.#from, stream, bytes, payload, next, (flags & FLAG.endStream) !== 0);
    } else if (type === FRAME.headers && (flags & HEADERS_SHAPE) === FLAG.endHeaders && stream > 0) {
      const list = this.#read(octets, bytes, payload, next);
      this.sink.onHeaders(this.#from, stream, list, (flags & FLAG.endStream) !== 0);
    } else {
      this.frame(type, flags, stream, bytes, payload, next, length);
    }
    return next;
  }

  /** A block that came whole. */
  #read(octets: DataView, bytes: Uint8Array, start: number, end: number): FieldList | undefined {
    const wasReadable = this.blocks.broken === undefined;
    const list = this.blocks.finish(bytes, start, end, octets);
    if (list === undefined && wasReadable) this.#reportBroken();
    return list;
  }

  begin(type: number, flags: number, stream: number, length: number): void {
    if (this.#admits(type, flags, stream, length) && type === FRAME.data)
      this.sink.onDataStart(this.#from, stream, length);
  }

  /** Counts a frame and looks whether it may come here. @returns false when nothing of this side can be read */
  #admits(type: number, flags: number, stream: number, length: number): boolean {
    this.#log?.add(this.#from, type, flags, stream, length);
    if (this.frameCount++ === 0 && type !== FRAME.settings) {
      const octets = [length >> 16, (length >> 8) & 255, length & 255, type, flags];
      this.#notHttp2(looksLike(octets) ?? frameName(type));
      return false;
    }
    if (this.#openBlock >= 0 && (type !== FRAME.continuation || stream !== this.#openBlock))
      this.#interrupted(type, stream);
    return true;
  }

  #interrupted(type: number, stream: number): void {
    const what = `${frameName(type)} frame on stream ${stream} inside the header block of stream ${this.#openBlock}`;
    this.#loseHeaders("ERR_HEADER_BLOCK_INTERRUPTED", `${what}; must be CONTINUATION (RFC 9113 §6.10)`);
    this.#endBlock(undefined);
  }

  data(stream: number, bytes: Uint8Array, start: number, end: number): void {
    this.sink.onData(this.#from, stream, bytes, start, end);
  }

  dataEnd(stream: number, endStream: boolean): void {
    this.sink.onDataEnd(this.#from, stream, endStream);
  }

  badPadding(stream: number, length: number): void {
    this.#problem(stream, "ERR_PADDING", `DATA frame of ${length} octets is shorter than its padding (RFC 9113 §6.1)`);
  }

  frame(
    type: number,
    flags: number,
    stream: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    length: number,
  ): void {
    const fixed = FIXED_LENGTH[type];
    if (fixed !== undefined && length !== fixed) {
      this.#problem(
        stream,
        "ERR_FRAME_SIZE",
        `${frameName(type)} frame of ${length} octets; must be ${fixed} (RFC 9113 §4.2)`,
      );
      return;
    }
    const sink = this.sink;
    switch (type) {
      case FRAME.headers:
      case FRAME.pushPromise:
        this.#beginBlock(type, flags, stream, bytes, start, end, length);
        return;
      case FRAME.continuation:
        if (this.#openBlock < 0)
          this.#problem(stream, "ERR_CONTINUATION", "CONTINUATION frame without an open header block (RFC 9113 §6.10)");
        else this.#fragment(flags, bytes, start, end);
        return;
      case FRAME.rstStream:
        if (stream === 0)
          this.#problem(0, "ERR_STREAM_ID", "RST_STREAM frame on stream 0; must name a stream (RFC 9113 §6.4)");
        else {
          this.#log?.value(uint32(bytes, start));
          sink.onReset(this.#from, stream, uint32(bytes, start));
        }
        return;
      case FRAME.settings:
        if (stream !== 0)
          this.#problem(0, "ERR_STREAM_ID", `SETTINGS frame on stream ${stream}; must be 0 (RFC 9113 §6.5)`);
        if (flags & FLAG.ack) sink.onSettings(this.#from, undefined, 0, 0);
        else if (length % 6 !== 0)
          this.#problem(
            0,
            "ERR_FRAME_SIZE",
            `SETTINGS frame of ${length} octets; must be a multiple of 6 (RFC 9113 §6.5)`,
          );
        else sink.onSettings(this.#from, bytes, start, end);
        return;
      case FRAME.ping:
        sink.onPing(this.#from, (flags & FLAG.ack) !== 0, bytes, start);
        return;
      case FRAME.goaway:
        if (length < 8)
          this.#problem(0, "ERR_FRAME_SIZE", `GOAWAY frame of ${length} octets; must be 8 or more (RFC 9113 §6.8)`);
        else
          sink.onGoaway(this.#from, uint32(bytes, start) & 0x7fffffff, uint32(bytes, start + 4), bytes, start + 8, end);
        return;
      case FRAME.windowUpdate:
        this.#log?.value(uint32(bytes, start) & 0x7fffffff);
        sink.onWindowUpdate(this.#from, stream, uint32(bytes, start) & 0x7fffffff);
        return;
      default:
        // PRIORITY is deprecated, and unknown types are to be ignored (RFC 9113 §5.3.2, §5.5).
        return;
    }
  }

  #beginBlock(
    type: number,
    flags: number,
    stream: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    length: number,
  ): void {
    let from = start;
    let to = end;
    if (flags & FLAG.padded) to -= bytes[from++] ?? 0;
    if (type === FRAME.headers && flags & FLAG.priority) from += 5;
    let promised = -1;
    if (type === FRAME.pushPromise) {
      promised = to - from >= 4 ? uint32(bytes, from) & 0x7fffffff : 0;
      from += 4;
    }
    this.#openBlock = stream;
    this.#blockEndsStream = type === FRAME.headers && (flags & FLAG.endStream) !== 0;
    this.#blockPromises = promised;
    if (from > to) {
      this.#loseHeaders(
        "ERR_PADDING",
        `${frameName(type)} frame of ${length} octets is too short for its padding and fixed fields (RFC 9113 §6.2)`,
      );
      from = to;
    } else if (end - start < length) {
      this.#loseHeaders("ERR_HEADER_BLOCK_TOO_LARGE", `${frameName(type)} frame of ${length} octets; read no further`);
    }
    if (stream === 0)
      this.#problem(0, "ERR_STREAM_ID", `${frameName(type)} frame on stream 0; must name a stream (RFC 9113 §6.2)`);
    this.#fragment(flags, bytes, from, to);
  }

  #fragment(flags: number, bytes: Uint8Array, start: number, end: number): void {
    const wasReadable = this.blocks.broken === undefined;
    if (!(flags & FLAG.endHeaders)) {
      this.blocks.append(bytes, start, end);
      if (wasReadable) this.#reportBroken();
      return;
    }
    const list = this.blocks.finish(bytes, start, end);
    if (wasReadable) this.#reportBroken();
    this.#endBlock(list);
  }

  #endBlock(list: FieldList | undefined): void {
    const stream = this.#openBlock;
    this.#openBlock = -1;
    if (this.#blockPromises >= 0) this.sink.onPush(this.#from, stream, this.#blockPromises, list);
    else if (stream > 0) this.sink.onHeaders(this.#from, stream, list, this.#blockEndsStream);
  }

  /** HPACK state is shared by all blocks of a side: one that is not read makes the later ones unreadable. */
  #loseHeaders(code: string, message: string): void {
    if (this.blocks.broken !== undefined) return;
    this.blocks.give(code, message);
    this.#reportBroken();
  }

  #reportBroken(): void {
    const broken = this.blocks.broken;
    if (broken !== undefined)
      this.#problem(0, broken.code, `${broken.message}; headers from this side are no longer decoded`);
  }

  #notHttp2(looks: string): void {
    this.stop();
    this.sink.onLost(this.#from, "ERR_NOT_HTTP2", `first frame is ${looks}; must be SETTINGS (RFC 9113 §3.4)`);
  }

  #problem(stream: number, code: string, message: string): void {
    this.sink.onProblem(this.#from, stream, code, message);
  }
}

/** A friendly guess at what begins with these octets, if it is no frame. */
function looksLike(octets: Iterable<number>): string | undefined {
  const text = String.fromCharCode(...octets);
  if (text.startsWith("HTTP/")) return "like an HTTP/1 answer";
  // TLS records: content type, then major version 3 (RFC 8446 §5.1).
  if (text.startsWith("\x15\x03")) return "like a TLS alert";
  if (text.startsWith("\x16\x03")) return "like a TLS handshake";
  return undefined;
}
