// One end of an HTTP/2 connection that hides nothing: what arrived, in order, and what is sent, frame by frame (RFC 9113).
import type { Socket } from "node:net";
import { CLIENT_PREFACE, DEFAULT_WINDOW_BYTES, FLAG, FRAME } from "../../src/http2/frames.js";
import { HpackDecoder } from "../../src/http2/hpack/decoder.js";
import { encodeFields } from "../../src/http2/hpack/encoder.js";
import type { Field } from "../../src/model/fields.js";
import type { Pulse } from "./pulse.js";
import {
  DEFAULT_FRAME_BYTES,
  FrameSplitter,
  frame,
  headerFrames,
  numberFrame,
  padded,
  type RawFrame,
  settingsFrame,
  unpadded,
} from "./raw-http2.js";
import { type DataOptions, Ended, type HeaderOptions, Stream } from "./stream.js";

/** SETTINGS identifiers (RFC 9113 §6.5.2). */
const SETTING_ID = {
  headerTableSize: 0x1,
  enablePush: 0x2,
  maxConcurrentStreams: 0x3,
  initialWindowSize: 0x4,
  maxHeaderListSize: 0x6,
} as const;

/** What a peer's HPACK table may hold before it says otherwise (RFC 7541 §6.3, RFC 9113 §6.5.2). */
const DEFAULT_TABLE_BYTES = 4096;

/** Pad Length, 255 octets of padding and five of priority (RFC 9113 §6.2). */
const MOST_PADDING_BYTES = 1 + 255 + 5;

export interface ConnectionOptions {
  /** What a peer may send on one stream before it is granted more. */
  readonly streamWindow?: number;
  /** The same for the whole connection. */
  readonly connectionWindow?: number;
}

/** Windows of a gRPC peer that expects big messages. */
const STREAM_WINDOW = 1024 * 1024;
const CONNECTION_WINDOW = 16 * 1024 * 1024;

/** A frame without its bytes. */
export interface FrameFacts {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly length: number;
}

export interface Goaway {
  readonly lastStream: number;
  readonly code: number;
  readonly debug: string;
}

/** One end of a connection over a socket that is open already. */
export class Connection {
  readonly socket: Socket;
  readonly role: "client" | "server";
  readonly streams = new Map<number, Stream>();
  /** Every frame that arrived, but for flow control and settings. */
  readonly seen: FrameFacts[] = [];
  /** The same of what this end has sent. */
  readonly sent: FrameFacts[] = [];
  readonly goaways: Goaway[] = [];
  /** The eight octets of each PING that arrived, one char per octet; acknowledgements apart. */
  readonly pings: string[] = [];
  readonly pingAcks: string[] = [];
  /** Frames of types that RFC 9113 does not define. */
  readonly unknown: RawFrame[] = [];
  /** Called with each stream that the peer opens. */
  onStream: (stream: Stream) => void = () => {};
  /** The peer's first SETTINGS arrived. */
  settled = false;
  /** The socket is gone. */
  closed = false;
  /** Why it is gone, or what the peer did wrong; empty after a clean end. */
  problem = "";
  /** Octets that the operating system has taken from us. */
  flushedBytes = 0;
  readonly #pulse: Pulse;
  readonly #splitter = new FrameSplitter();
  readonly #hpack = new HpackDecoder();
  readonly #streamWindow: number;
  readonly #connectionWindow: number;
  #preface = Buffer.from(CLIENT_PREFACE);
  #nextId = 1;
  #queue: Promise<unknown> = Promise.resolve();
  #owed = 0;
  #sendWindow = DEFAULT_WINDOW_BYTES;
  #peerStreamWindow = DEFAULT_WINDOW_BYTES;
  #peerMaxStreams = Number.POSITIVE_INFINITY;
  #shrinkTable = false;
  #block: { stream: number; endStream: boolean; parts: Buffer[] } | undefined;

  constructor(role: "client" | "server", socket: Socket, pulse: Pulse, options: ConnectionOptions = {}) {
    this.role = role;
    this.socket = socket;
    this.#pulse = pulse;
    this.#streamWindow = options.streamWindow ?? STREAM_WINDOW;
    this.#connectionWindow = options.connectionWindow ?? CONNECTION_WINDOW;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    socket.on("drain", () => pulse.changed());
    socket.on("error", (error: NodeJS.ErrnoException) => {
      this.problem ||= error.code ?? error.message;
    });
    socket.on("close", () => {
      this.closed = true;
      pulse.changed();
    });
    if (role === "client") {
      socket.write(this.#preface);
      this.#start();
    }
  }

  /** Streams the peer may still send on. */
  get openStreams(): number {
    let open = 0;
    for (const stream of this.streams.values()) if (!stream.over) open++;
    return open;
  }

  /** Sends whole frames. */
  write(bytes: Buffer): void {
    if (this.socket.destroyed || this.socket.writableEnded) return;
    note(this.sent, new FrameSplitter().push(bytes));
    this.socket.write(bytes, (error) => {
      if (!error) this.flushedBytes += bytes.length;
    });
  }

  /** Opens a stream with its request header, when the peer's MAX_CONCURRENT_STREAMS lets us; first come, first served. */
  open(fields: readonly Field[], options: HeaderOptions = {}): Promise<Stream> {
    const opened = this.#queue.then(() => this.#open(fields, options));
    this.#queue = opened.catch(() => {});
    return opened;
  }

  async #open(fields: readonly Field[], options: HeaderOptions): Promise<Stream> {
    await this.#pulse.until(() => this.closed || this.openStreams < this.#peerMaxStreams);
    if (this.closed) throw new Ended(this.problem || "connection closed");
    const stream = new Stream(this, this.#nextId, this.#peerStreamWindow);
    this.#nextId += 2;
    this.streams.set(stream.id, stream);
    stream.headers(fields, options);
    return stream;
  }

  writeHeaders(id: number, fields: readonly Field[], options: HeaderOptions): void {
    let block: Uint8Array = encodeFields(fields);
    if (this.#shrinkTable) {
      // A peer that lowered its table must hear of it first (RFC 7541 §4.2); we use none, so size 0 is as good.
      block = Buffer.concat([Buffer.of(0x20), block]);
      this.#shrinkTable = false;
    }
    this.write(
      headerFrames(id, block, {
        size: options.split ?? DEFAULT_FRAME_BYTES - MOST_PADDING_BYTES,
        endStream: options.endStream ?? false,
        ...(options.padding === undefined ? {} : { padding: options.padding }),
        ...(options.priority === undefined ? {} : { priority: options.priority }),
      }),
    );
  }

  async writeData(stream: Stream, bytes: Uint8Array, options: DataOptions): Promise<void> {
    const padding = options.padding;
    const overhead = padding === undefined ? 0 : padding + 1;
    let at = 0;
    do {
      const room = await this.#pulse.until(() => {
        if (this.closed) throw new Ended(this.problem || "connection closed");
        if (stream.resetCode !== undefined) throw new Ended(`RST ${stream.resetCode}`);
        if (this.socket.writableNeedDrain) return undefined;
        const free = Math.min(this.#sendWindow, stream.sendWindow) - overhead;
        return free > 0 || bytes.length === 0 ? Math.max(free, 0) : undefined;
      });
      const length = Math.min(
        bytes.length - at,
        room,
        options.frameBytes ?? Number.POSITIVE_INFINITY,
        DEFAULT_FRAME_BYTES - overhead,
      );
      const part = bytes.subarray(at, at + length);
      at += length;
      const flags = (options.endStream && at === bytes.length ? FLAG.endStream : 0) | (overhead ? FLAG.padded : 0);
      this.#sendWindow -= length + overhead;
      stream.sendWindow -= length + overhead;
      this.write(frame(FRAME.data, flags, stream.id, padding === undefined ? part : padded(part, padding)));
    } while (at < bytes.length);
  }

  /** Grants the peer what a held stream owes it. */
  release(stream: Stream): void {
    stream.hold = false;
    this.#grant(stream, true);
  }

  /** Ends the connection when all that was written is out. */
  close(): void {
    this.socket.destroySoon();
  }

  #start(): void {
    this.write(
      settingsFrame([
        ...(this.role === "client" ? ([[SETTING_ID.enablePush, 0]] as const) : []),
        [SETTING_ID.initialWindowSize, this.#streamWindow],
        [SETTING_ID.maxHeaderListSize, 1024 * 1024],
      ]),
    );
    const more = this.#connectionWindow - DEFAULT_WINDOW_BYTES;
    if (more > 0) this.write(numberFrame(FRAME.windowUpdate, 0, more));
  }

  #read(chunk: Buffer): void {
    for (const item of this.#splitter.push(this.#afterPreface(chunk))) {
      if (this.problem) break;
      this.#take(item);
    }
    this.#pulse.changed();
  }

  /** What of a chunk is frames; on the server's end the client's preface comes first (RFC 9113 §3.4). */
  #afterPreface(chunk: Buffer): Buffer {
    if (this.role === "client" || this.#preface.length === 0) return chunk;
    const length = Math.min(chunk.length, this.#preface.length);
    if (!chunk.subarray(0, length).equals(this.#preface.subarray(0, length))) this.#fail("no HTTP/2 preface");
    this.#preface = this.#preface.subarray(length);
    if (this.#preface.length === 0) this.#start();
    return chunk.subarray(length);
  }

  #fail(problem: string): void {
    this.problem ||= problem;
    this.socket.destroy();
  }

  #take(item: RawFrame): void {
    const { type, flags, stream: id, payload } = item;
    if (this.#block && type !== FRAME.continuation) {
      this.#fail("frame inside a header block");
      return;
    }
    note(this.seen, [item]);
    switch (type) {
      case FRAME.data:
        this.#takeData(item);
        break;
      case FRAME.headers: {
        const part = unpadded(item);
        if (!part) this.#fail("padding longer than HEADERS");
        else this.#block = { stream: id, endStream: (flags & FLAG.endStream) !== 0, parts: [part] };
        this.#blockEnd(flags);
        break;
      }
      case FRAME.continuation:
        if (this.#block?.stream === id) this.#block.parts.push(payload);
        else this.#fail("CONTINUATION without HEADERS");
        this.#blockEnd(flags);
        break;
      case FRAME.rstStream:
        this.streams.get(id)?.takeReset(payload.readUInt32BE(0));
        break;
      case FRAME.settings:
        if ((flags & FLAG.ack) === 0) this.#takeSettings(payload);
        break;
      case FRAME.ping:
        (flags & FLAG.ack ? this.pingAcks : this.pings).push(payload.toString("latin1"));
        if ((flags & FLAG.ack) === 0) this.write(frame(FRAME.ping, FLAG.ack, 0, payload));
        break;
      case FRAME.goaway:
        this.goaways.push({
          lastStream: payload.readUInt32BE(0) & 0x7fff_ffff,
          code: payload.readUInt32BE(4),
          debug: payload.toString("latin1", 8),
        });
        break;
      case FRAME.windowUpdate: {
        const more = payload.readUInt32BE(0) & 0x7fff_ffff;
        const stream = this.streams.get(id);
        if (id === 0) this.#sendWindow += more;
        else if (stream) stream.sendWindow += more;
        break;
      }
      case FRAME.priority:
      case FRAME.pushPromise:
        break;
      default:
        this.unknown.push(item);
    }
  }

  #takeData(item: RawFrame): void {
    const data = unpadded(item);
    if (!data) {
      this.#fail("padding longer than DATA");
      return;
    }
    const stream = this.streams.get(item.stream);
    this.#owed += item.payload.length;
    if (!stream) return;
    stream.owed += item.payload.length;
    stream.takeData(data, (item.flags & FLAG.endStream) !== 0);
    this.#grant(stream, false);
  }

  #takeSettings(payload: Buffer): void {
    for (let at = 0; at + 6 <= payload.length; at += 6)
      this.#setting(payload.readUInt16BE(at), payload.readUInt32BE(at + 2));
    this.settled = true;
    this.write(frame(FRAME.settings, FLAG.ack, 0));
  }

  #setting(id: number, value: number): void {
    switch (id) {
      case SETTING_ID.headerTableSize:
        if (value < DEFAULT_TABLE_BYTES) this.#shrinkTable = true;
        break;
      case SETTING_ID.maxConcurrentStreams:
        this.#peerMaxStreams = value;
        break;
      case SETTING_ID.initialWindowSize:
        for (const stream of this.streams.values()) stream.sendWindow += value - this.#peerStreamWindow;
        this.#peerStreamWindow = value;
        break;
      default:
      // MAX_FRAME_SIZE can only be more than we use.
    }
  }

  #blockEnd(flags: number): void {
    if (!this.#block || !(flags & FLAG.endHeaders)) return;
    const { stream: id, endStream, parts } = this.#block;
    this.#block = undefined;
    const block = Buffer.concat(parts);
    const result = this.#hpack.decode(block, 0, block.length);
    if (!("fields" in result)) {
      this.#fail(result.message);
      return;
    }
    let stream = this.streams.get(id);
    const opened = !stream && this.role === "server";
    if (opened) {
      stream = new Stream(this, id, this.#peerStreamWindow);
      this.streams.set(id, stream);
    }
    stream?.takeHeaders(result.fields, endStream);
    if (opened && stream) this.onStream(stream);
  }

  /** Gives windows back when half of one is used, so that big bodies do not cost a frame each way. */
  #grant(stream: Stream, now: boolean): void {
    if (this.#owed > 0 && (now || this.#owed >= this.#connectionWindow / 2)) {
      this.write(numberFrame(FRAME.windowUpdate, 0, this.#owed));
      this.#owed = 0;
    }
    if (stream.hold || stream.ended || stream.owed === 0) return;
    if (now || stream.owed >= this.#streamWindow / 2) {
      this.write(numberFrame(FRAME.windowUpdate, stream.id, stream.owed));
      stream.owed = 0;
    }
  }
}

function note(list: FrameFacts[], frames: readonly RawFrame[]): void {
  for (const { type, flags, stream, payload } of frames)
    if (type !== FRAME.settings && type !== FRAME.windowUpdate)
      list.push({ type, flags, stream, length: payload.length });
}
