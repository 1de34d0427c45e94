// Follows both sides of one HTTP/2 connection: streams in every state, settings, windows (RFC 9113 §5). It polices nothing.
import { DirectionReader, type DirectionSink } from "./direction-reader.js";
import type { FrameLog } from "./frame-log.js";
import { CLIENT_PREFACE, DEFAULT_WINDOW_BYTES, SETTING } from "./frames.js";
import { HeldBytes } from "./held-bytes.js";
import type { FieldList } from "./hpack/decoder.js";
import { uint32 } from "./octets.js";
import { CLIENT, type Http2Stream, SERVER, type SideIndex, sideName } from "./stream.js";
import type { StreamPool } from "./stream-pool.js";
import { StreamTable } from "./stream-table.js";

/** Streams followed at once on one connection, about 300 octets each; those opened beyond it are counted only. */
export const MAX_OPEN_STREAMS = 65_536;

/** A stall shorter than this is how flow control works; a longer one is worth telling. */
export const STALL_MS = 100;

/**
 * Looks through all open streams that one connection may cost us: up to 65,536 steps each, 0.1 s in all.
 * GOAWAYs that refuse streams and SETTINGS that widen windows are a handful in an honest connection's life.
 */
export const MAX_SWEEPS = 64;

// V8 puts what a module's own constants say into the code that it compiles; what is imported it looks up each time.
const FROM_CLIENT = CLIENT;
const MAX_STREAMS = MAX_OPEN_STREAMS;

/** What a GOAWAY names that refuses no stream yet (RFC 9113 §6.8). */
const LAST_STREAM = 2 ** 31 - 1;

/** What a connection's streams do: the hot half. Bytes are good for the duration of the call only. */
export interface StreamSink<C> {
  // The same in the usual course of a call: each returns false when it is not that, and nothing was done.
  /** A request of which the client says more. @param stream closed and known, to be used for it if this succeeds */
  plainRequest(stream: Http2Stream<C>, id: number, list: FieldList): boolean;
  /** Headers of the server, or its trailers. */
  plainAnswer(stream: Http2Stream<C>, list: FieldList, endStream: boolean): boolean;
  /** @param octets the same as `bytes` */
  plainData(
    stream: Http2Stream<C>,
    from: SideIndex,
    octets: DataView,
    bytes: Uint8Array,
    start: number,
    end: number,
    endStream: boolean,
  ): boolean;
  /** @param list undefined when this side's headers can no longer be read */
  headers(stream: Http2Stream<C>, from: SideIndex, list: FieldList | undefined, endStream: boolean): void;
  /** The server promised a stream; the list is the request it answers (RFC 9113 §8.4). */
  pushed(stream: Http2Stream<C>, list: FieldList | undefined): void;
  data(stream: Http2Stream<C>, from: SideIndex, bytes: Uint8Array, start: number, end: number): void;
  /** END_STREAM on a DATA frame. */
  endStream(stream: Http2Stream<C>, from: SideIndex): void;
  /** RST_STREAM; may come after the stream's end. */
  reset(stream: Http2Stream<C>, from: SideIndex, code: number): void;
  /** The server's GOAWAY says that it will not process this stream (RFC 9113 §6.8). */
  refused(stream: Http2Stream<C>): void;
}

/** What happens on the connection beside its streams. Bytes are good for the duration of the call only. */
export interface ConnectionSink<C> {
  /** @param bytes undefined for an acknowledgement, else settings in [start, end), six octets each */
  settings(from: SideIndex, bytes: Uint8Array | undefined, start: number, end: number): void;
  ping(from: SideIndex, ack: boolean, bytes: Uint8Array, start: number): void;
  goaway(from: SideIndex, lastStream: number, code: number, bytes: Uint8Array, start: number, end: number): void;
  /** @param stream 0 for the connection's window */
  windowStall(from: SideIndex, stream: number, sinceMs: number): void;
  /** A stream that is only counted, because MAX_OPEN_STREAMS are open. */
  unfollowed(): void;
  problem(from: SideIndex, stream: Http2Stream<C> | undefined, code: string, message: string): void;
}

/** What one side may send (RFC 9113 §6.9), in octets. */
class SendWindow {
  /** Granted on the connection less those sent. */
  credit = DEFAULT_WINDOW_BYTES;
  /** When it ran out; 0 while there is some. */
  stalledAt = 0;
  /** Of a new stream. */
  initial = DEFAULT_WINDOW_BYTES;
}

export class ConnectionReader<C> implements DirectionSink {
  // Declared only, so that they never were undefined: V8 then knows what they are (src/README.md, "Speed").
  declare private readonly streamSink: StreamSink<C>;
  declare private readonly connection: ConnectionSink<C>;
  declare private readonly client: DirectionReader;
  declare private readonly server: DirectionReader;
  declare private readonly streams: StreamTable<C>;
  #maxClientStream = 0;
  #maxServerStream = 0;
  /** The server's GOAWAYs: streams of the client above this are not processed. */
  #lastAccepted = LAST_STREAM;
  #sweeps = 0;
  #preface = 0;
  /** Why this connection is no longer read. */
  lost: { readonly from: SideIndex; readonly code: string; readonly message: string } | undefined;
  #now = 0;
  readonly #clientWindow = new SendWindow();
  readonly #serverWindow = new SendWindow();

  /**
   * @param held shared by all connections whose memory is to be bounded together
   * @param pool shared by all connections that may use each other's streams again
   */
  constructor(
    streams: StreamSink<C>,
    connection: ConnectionSink<C>,
    held = new HeldBytes(),
    log?: FrameLog,
    pool?: StreamPool<C>,
  ) {
    this.streams = new StreamTable<C>(pool);
    this.streamSink = streams;
    this.connection = connection;
    this.client = new DirectionReader(CLIENT, this, held, log);
    this.server = new DirectionReader(SERVER, this, held, log);
  }

  /** Reads no further and lets go of what is not whole; {@link finish} does so, too. */
  stop(): void {
    this.client.stop();
    this.server.stop();
  }

  /** Lets go of all streams: nothing more comes, and all was told. */
  release(): void {
    this.streams.release();
  }

  /** Streams that are open, or half-closed by one side. */
  openStreams(): IterableIterator<Http2Stream<C>> {
    return this.streams.openStreams();
  }

  get clientFrames(): number {
    return this.client.frameCount;
  }

  get serverFrames(): number {
    return this.server.frameCount;
  }

  /**
   * @param bytes what one side sent, cut anywhere; it is read, never kept
   * @param now milliseconds, never less than before
   * @param octets the same memory, where a view of it is at hand; it may go on behind `bytes`
   */
  push(from: SideIndex, bytes: Uint8Array, now: number, octets?: DataView): void {
    if (this.lost !== undefined) return;
    this.#now = now;
    if (from === SERVER) {
      this.server.push(bytes, 0, octets);
      return;
    }
    let at = 0;
    while (this.#preface < CLIENT_PREFACE.length && at < bytes.length) {
      if (bytes[at++] !== CLIENT_PREFACE[this.#preface++]) {
        this.onLost(CLIENT, "ERR_NOT_HTTP2", "client preface differs from RFC 9113 §3.4");
        return;
      }
    }
    this.client.push(bytes, at, octets);
  }

  /** The connection is over: reports what was still waiting for a window, and what never became a frame. */
  finish(now: number): void {
    this.#now = now;
    if (this.lost === undefined) this.server.finish();
    this.stop();
    for (const from of [CLIENT, SERVER] as const) this.#endStall(from);
    for (const stream of this.streams.openStreams()) {
      for (const from of [CLIENT, SERVER] as const) this.#endStreamStall(stream, from, true);
    }
  }

  onHeaders(from: SideIndex, id: number, list: FieldList | undefined, endStream: boolean): void {
    const stream = this.streams.find(id) ?? (from === FROM_CLIENT ? this.#open(id) : undefined);
    if (stream === undefined) {
      this.#unexpected(from, id, "HEADERS");
      return;
    }
    if (stream.hasEnded(from)) {
      this.#pastEnd(stream, from, "HEADERS");
      return;
    }
    if (endStream === true) this.#endSide(stream, from);
    this.streamSink.headers(stream, from, list, endStream);
    // One that the sink only counts is not followed either: a million of them must cost nothing.
    if (stream.over === true || stream.counted === true) this.streams.close(stream);
    // The client did not yet know of the GOAWAY that crossed its HEADERS.
    else if (id > this.#lastAccepted && (id & 1) === 1 && stream.closed === false) this.#refuse(stream);
  }

  plainHeaders(from: SideIndex, id: number, list: FieldList, endStream: boolean): boolean {
    if (id > this.#lastAccepted) return false;
    const streams = this.streams;
    const stream = streams.inSlot(id);
    if (from === FROM_CLIENT) {
      if (id <= this.#maxClientStream || (id & 1) === 0 || endStream === true) return false;
      if (stream.isSpare === false || streams.open >= MAX_STREAMS) return false;
      if (this.streamSink.plainRequest(stream, id, list) === false) return false;
      this.#maxClientStream = id;
      streams.addInSlot(stream, id);
      stream.know();
      return true;
    }
    if (stream.id !== id || stream.isGoingOn(from) === false) return false;
    if (this.streamSink.plainAnswer(stream, list, endStream) === false) return false;
    if (endStream === false) return true;
    this.#endSide(stream, from);
    if (stream.over === true) streams.close(stream);
    return true;
  }

  onPush(from: SideIndex, id: number, promised: number, list: FieldList | undefined): void {
    if (from === CLIENT || (promised & 1) === 1 || promised <= this.#maxServerStream) {
      this.onProblem(
        from,
        0,
        "ERR_STREAM_ID",
        `PUSH_PROMISE of stream ${promised} on stream ${id}; must be a new even one from the server (RFC 9113 §6.6)`,
      );
      return;
    }
    this.#maxServerStream = promised;
    const stream = this.#add(promised);
    if (stream === undefined) return;
    stream.end(CLIENT);
    this.streamSink.pushed(stream, list);
    if (stream.counted === true) this.streams.close(stream);
  }

  onWholeData(from: SideIndex, id: number, bytes: Uint8Array, start: number, end: number, endStream: boolean): void {
    const stream = this.streams.find(id);
    // What was under way when a stream was reset is of no use to anybody.
    if (stream === undefined || stream.closed === true || stream.hasEnded(from)) {
      this.onDataStart(from, id, end - start);
      return;
    }
    this.#spend(stream, from, end - start);
    if (end > start) this.streamSink.data(stream, from, bytes, start, end);
    if (endStream === true) this.#endByData(stream, from);
  }

  plainData(
    from: SideIndex,
    id: number,
    octets: DataView,
    bytes: Uint8Array,
    start: number,
    end: number,
    endStream: boolean,
  ): boolean {
    const stream = this.streams.inSlot(id);
    if (stream.id !== id || stream.isGoingOn(from) === false) return false;
    if (this.streamSink.plainData(stream, from, octets, bytes, start, end, endStream) === false) return false;
    this.#spendStream(stream, from, (end - start) | 0);
    if (endStream === false) return true;
    this.#endSide(stream, from);
    if (stream.over === true) this.streams.close(stream);
    return true;
  }

  onDataStart(from: SideIndex, id: number, length: number): void {
    const stream = this.streams.find(id);
    if (stream !== undefined) {
      if (stream.hasEnded(from)) this.#pastEnd(stream, from, "DATA");
      this.#spend(stream, from, length);
      return;
    }
    this.#charge(from, length);
    this.#unexpected(from, id, "DATA");
  }

  plainSpent(from: SideIndex, length: number): void {
    this.#charge(from, length);
  }

  /** Takes DATA from both windows that it counts for (RFC 9113 §6.9). */
  #spend(stream: Http2Stream<C>, from: SideIndex, length: number): void {
    this.#charge(from, length);
    this.#spendStream(stream, from, length);
  }

  #spendStream(stream: Http2Stream<C>, from: SideIndex, length: number): void {
    const window = this.#windowOf(from);
    if (from === FROM_CLIENT) {
      stream.clientCredit -= length;
      if (stream.clientCredit + window.initial <= 0 && stream.clientStalledAt === 0) stream.clientStalledAt = this.#now;
    } else {
      stream.serverCredit -= length;
      if (stream.serverCredit + window.initial <= 0 && stream.serverStalledAt === 0) stream.serverStalledAt = this.#now;
    }
  }

  /** Takes DATA from the connection's window. */
  #charge(from: SideIndex, length: number): void {
    const window = this.#windowOf(from);
    window.credit -= length;
    if (window.credit <= 0 && window.stalledAt === 0) window.stalledAt = this.#now;
  }

  #windowOf(sender: SideIndex): SendWindow {
    return sender === FROM_CLIENT ? this.#clientWindow : this.#serverWindow;
  }

  onData(from: SideIndex, id: number, bytes: Uint8Array, start: number, end: number): void {
    const stream = this.streams.find(id);
    if (stream === undefined || stream.closed === true || stream.hasEnded(from)) return;
    this.streamSink.data(stream, from, bytes, start, end);
  }

  onDataEnd(from: SideIndex, id: number, endStream: boolean): void {
    if (!endStream) return;
    const stream = this.streams.find(id);
    if (stream === undefined || stream.closed === true || stream.hasEnded(from)) return;
    this.#endByData(stream, from);
  }

  #endByData(stream: Http2Stream<C>, from: SideIndex): void {
    this.#endSide(stream, from);
    this.streamSink.endStream(stream, from);
    if (stream.over === true) this.streams.close(stream);
  }

  onReset(from: SideIndex, id: number, code: number): void {
    const stream = this.streams.find(id);
    if (stream === undefined) {
      this.#unexpected(from, id, "RST_STREAM");
      return;
    }
    if (stream.closed === false) {
      // A sender that waited for a window until somebody gave up is what one wants to know of a reset.
      this.#endStreamStall(stream, CLIENT, true);
      this.#endStreamStall(stream, SERVER, true);
    }
    this.streamSink.reset(stream, from, code);
    this.streams.close(stream);
  }

  onSettings(from: SideIndex, bytes: Uint8Array | undefined, start: number, end: number): void {
    // What one side announces binds the other's encoder and the other's sending (RFC 9113 §6.5.2).
    const other = from === CLIENT ? SERVER : CLIENT;
    for (let at = start; bytes !== undefined && at + 6 <= end; at += 6) {
      const id = (bytes[at]! << 8) | bytes[at + 1]!;
      const value = uint32(bytes, at + 2);
      if (id === SETTING.headerTableSize) (other === CLIENT ? this.client : this.server).blocks.allowTableSize(value);
      else if (id === SETTING.initialWindowSize) this.#setInitialWindow(other, value);
    }
    this.connection.settings(from, bytes, start, end);
  }

  onPing(from: SideIndex, ack: boolean, bytes: Uint8Array, start: number): void {
    this.connection.ping(from, ack, bytes, start);
  }

  onGoaway(from: SideIndex, lastStream: number, code: number, bytes: Uint8Array, start: number, end: number): void {
    this.connection.goaway(from, lastStream, code, bytes, start, end);
    // A later GOAWAY may name a lower stream, never a higher one (RFC 9113 §6.8).
    if (from !== SERVER || lastStream >= this.#lastAccepted) return;
    this.#lastAccepted = lastStream;
    if (lastStream >= this.#maxClientStream || !this.#maySweep()) return;
    for (const stream of this.streams.openStreams()) {
      if ((stream.id & 1) === 1 && stream.id > lastStream) this.#refuse(stream);
    }
  }

  onWindowUpdate(from: SideIndex, id: number, increment: number): void {
    const sender = from === CLIENT ? SERVER : CLIENT;
    if (id === 0) {
      const window = this.#windowOf(sender);
      window.credit += increment;
      if (window.credit > 0) this.#endStall(sender);
      return;
    }
    const stream = this.streams.find(id);
    if (stream === undefined || stream.closed === true) return;
    if (sender === CLIENT) stream.clientCredit += increment;
    else stream.serverCredit += increment;
    this.#endStreamStall(stream, sender, false);
  }

  onProblem(from: SideIndex, id: number, code: string, message: string): void {
    this.connection.problem(from, id === 0 ? undefined : this.streams.find(id), code, message);
  }

  onLost(from: SideIndex, code: string, message: string): void {
    this.lost = { from, code, message };
    this.stop();
    this.connection.problem(
      from,
      undefined,
      code,
      `${sideName(from)}: ${message}; this connection is no longer decoded`,
    );
  }

  #open(id: number): Http2Stream<C> | undefined {
    if ((id & 1) === 0 || id <= this.#maxClientStream) return undefined;
    this.#maxClientStream = id;
    return this.#add(id);
  }

  #add(id: number): Http2Stream<C> | undefined {
    if (this.streams.open >= MAX_OPEN_STREAMS) {
      this.connection.unfollowed();
      return undefined;
    }
    return this.streams.add(id);
  }

  #refuse(stream: Http2Stream<C>): void {
    this.streamSink.refused(stream);
    this.streams.close(stream);
  }

  #endSide(stream: Http2Stream<C>, from: SideIndex): void {
    stream.end(from);
    // Who has sent all that there was does not wait for a window.
    if (from === FROM_CLIENT) stream.clientStalledAt = 0;
    else stream.serverStalledAt = 0;
  }

  /** What a side sends on a stream that it has ended is no part of the call (RFC 9113 §5.1, "half-closed"). */
  #pastEnd(stream: Http2Stream<C>, from: SideIndex, what: string): void {
    const message = `${what} frame on stream ${stream.id}, which the ${sideName(from)} has ended (RFC 9113 §5.1)`;
    this.connection.problem(from, stream, "ERR_STREAM_CLOSED", message);
  }

  #maySweep(): boolean {
    return this.streams.open > 0 && this.#sweeps++ < MAX_SWEEPS;
  }

  /** A wider window lets go on whoever waited for it (RFC 9113 §6.9.2). */
  #setInitialWindow(sender: SideIndex, octets: number): void {
    const window = this.#windowOf(sender);
    const wider = octets > window.initial;
    window.initial = octets;
    if (!wider || !this.#maySweep()) return;
    for (const stream of this.streams.openStreams()) this.#endStreamStall(stream, sender, false);
  }

  /** Frames may cross a reset, so only a stream that never was is worth a word (RFC 9113 §5.1, "idle" and "closed"). */
  #unexpected(from: SideIndex, id: number, what: string): void {
    const max = (id & 1) === 1 ? this.#maxClientStream : this.#maxServerStream;
    if (id !== 0 && id <= max) return;
    this.connection.problem(
      from,
      undefined,
      "ERR_STREAM_ID",
      `${what} frame on stream ${id}, which was never opened (RFC 9113 §5.1)`,
    );
  }

  #endStall(from: SideIndex): void {
    const window = this.#windowOf(from);
    const since = window.stalledAt;
    window.stalledAt = 0;
    if (since !== 0 && this.#now - since >= STALL_MS) this.connection.windowStall(from, 0, since);
  }

  #endStreamStall(stream: Http2Stream<C>, from: SideIndex, over: boolean): void {
    const since = from === CLIENT ? stream.clientStalledAt : stream.serverStalledAt;
    if (since === 0) return;
    // A WINDOW_UPDATE may leave the window at or below zero (RFC 9113 §6.9.2).
    const credit = from === CLIENT ? stream.clientCredit : stream.serverCredit;
    if (!over && credit + this.#windowOf(from).initial <= 0) return;
    if (from === CLIENT) stream.clientStalledAt = 0;
    else stream.serverStalledAt = 0;
    if (this.#now - since >= STALL_MS) this.connection.windowStall(from, stream.id, since);
  }
}
