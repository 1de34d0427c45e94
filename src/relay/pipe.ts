// Two legs joined: every octet, half-close, back-pressure, reset and abrupt end of one goes to the other, verbatim and first.
import { CLIENT, SERVER, type SideIndex } from "../http2/stream.js";
import { readerOf } from "./chunks.js";
import type { Leg } from "./dial.js";
import { LostWrites } from "./lost-writes.js";
import { NOTHING } from "./peek.js";
import { LARGE_CHUNK_BYTES, Turn } from "./turns.js";

/** Told after the octets were forwarded. */
export interface PipeListener {
  /** @param octets the same memory, where a view of it is at hand; it may go on behind `bytes` */
  carried(from: SideIndex, bytes: Uint8Array, octets?: DataView): void;
  /** Both legs are gone. @param by whose end came first */
  finished(by: SideIndex, how: "end" | "reset", reason: string | undefined): void;
}

/** What was read from the legs before they were joined. */
export interface PipeHead {
  readonly client: Uint8Array;
  readonly server: Uint8Array;
}

/** Says how much of what the client sends may go to the server. */
export interface Gate {
  /** @returns what may go now, what was held back before included; and whether nothing may after it */
  pass(bytes: Uint8Array): { readonly bytes: Uint8Array; readonly shut: boolean };
}

/**
 * Joins two legs that nobody reads yet, even when one of them has ended or is gone. The head goes first.
 * @param gate absent: everything may go
 */
export function pipe(client: Leg, server: Leg, listener: PipeListener, head: PipeHead, gate?: Gate): void {
  const ending = new Ending(listener);
  const fromClient = new Direction(CLIENT, client, server, listener, ending);
  const fromServer = new Direction(SERVER, server, client, listener, ending);
  fromClient.begin(head.client, gate);
  fromServer.begin(head.server, undefined);
  fromClient.run();
  fromServer.run();
}

/** Whose end came first, until both have come. */
class Ending {
  readonly #listener: PipeListener;
  #by: SideIndex | undefined;
  #how: "end" | "reset" = "end";
  #reason: string | undefined;
  #open = 2;

  constructor(listener: PipeListener) {
    this.#listener = listener;
  }

  begins(by: SideIndex, how: "end" | "reset", reason?: string): void {
    if (this.#by !== undefined) return;
    this.#by = by;
    this.#how = how;
    this.#reason = reason;
  }

  legClosed(): void {
    if (--this.#open === 0) this.#listener.finished(this.#by ?? CLIENT, this.#how, this.#reason);
  }
}

/** One of the two directions, and the end of the leg it comes from. */
class Direction {
  readonly #side: SideIndex;
  readonly #from: Leg;
  readonly #to: Leg;
  readonly #listener: PipeListener;
  readonly #ending: Ending;
  /** Of the leg that is written to. */
  readonly #writes: LostWrites;
  #ended = false;
  #closed = false;

  constructor(side: SideIndex, from: Leg, to: Leg, listener: PipeListener, ending: Ending) {
    this.#side = side;
    this.#from = from;
    this.#to = to;
    this.#writes = new LostWrites(to);
    this.#listener = listener;
    this.#ending = ending;
  }

  begin(head: Uint8Array, gate: Gate | undefined): void {
    const side = this.#side;
    const listener = this.#listener;
    const source = this.#from.stream;
    const sink = this.#to.stream;
    const wait = () => {
      source.pause();
      this.#writes.waits();
    };
    const turn = new Turn();
    const carried = (bytes: Uint8Array, octets: DataView | undefined) => {
      if (bytes.length < LARGE_CHUNK_BYTES) {
        listener.carried(side, bytes, octets);
        return;
      }
      const began = performance.now();
      listener.carried(side, bytes, octets);
      if (turn.took(began, performance.now())) this.#rest();
    };
    const forward = (bytes: Uint8Array) => {
      if (!sink.write(bytes)) wait();
      carried(bytes, undefined);
    };
    const onData = gate === undefined ? forward : this.#gated(gate, forward);
    source.on("data", onData);
    // What a gate holds back must stay as it is; there, Node reads on.
    const chunks = gate === undefined ? readerOf(source) : undefined;
    chunks?.readInto(sink, (bytes, octets) => {
      const more = sink.write(bytes, chunks.written);
      chunks.wrote();
      if (!more) wait();
      carried(bytes, octets);
    });
    sink.on("drain", () => source.resume());
    source.on("end", () => this.#end());
    source.on("error", (error) => this.#fail(error));
    source.on("close", () => this.#close());
    if (head.length > 0) onData(head);
  }

  /** Only now may the leg tell of its end, or of one that came before anybody listened: the other's head must have gone first. */
  run(): void {
    const { stream } = this.#from;
    if (stream.readableEnded) this.#end();
    if (stream.closed) {
      if (stream.errored !== null) this.#fail(stream.errored);
      this.#close();
    } else if (!this.#to.stream.writableNeedDrain) {
      stream.resume();
    }
  }

  /** Reads on when every other socket was looked at; one that waits for its sink does so as ever. */
  #rest(): void {
    const source = this.#from.stream;
    const sink = this.#to.stream;
    source.pause();
    setImmediate(() => {
      if (!source.destroyed && !sink.writableNeedDrain) source.resume();
    });
  }

  #gated(gate: Gate, forward: (bytes: Uint8Array) => void): (bytes: Uint8Array) => void {
    let shut = false;
    return (bytes) => {
      if (shut) return;
      const passed = gate.pass(bytes);
      if (passed.bytes.length > 0) forward(passed.bytes);
      shut = passed.shut;
      if (shut) this.#shut();
    };
  }

  /** Nothing more of this leg goes on: the other is asked to end, and this one ends with it, or soon. */
  #shut(): void {
    this.#to.stream.end();
    const { stream, raw } = this.#from;
    const timer = setTimeout(() => raw.destroy(), SHUT_MS);
    stream.once("close", () => clearTimeout(timer));
    // The other's end is passed on as always; whoever is left without an answer sees the connection closed.
    stream.once("finish", () => raw.destroySoon());
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    const { stream, raw, tcp } = this.#from;
    // libuv takes a RST right behind data for a FIN. Writing nothing brings it out, as an error of the socket. A Unix socket
    // knows no reset, and one that was closed in both directions at once would fail here.
    if (!tcp || !stream.writable || stream.writableLength > 0) this.#passEnd();
    else raw.write(NOTHING, (error) => (error ? this.#fail(error) : this.#passEnd()));
  }

  #passEnd(): void {
    this.#ending.begins(this.#side, "end");
    this.#to.stream.end();
  }

  #fail(error: NodeJS.ErrnoException): void {
    this.#ended = false;
    this.#ending.begins(this.#side, "reset", error.code ?? error.message);
    reset(this.#to);
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    // Gone without an end, or deaf to what the other leg still says: that one must go the same way.
    if (!this.#ended || !this.#from.stream.writableEnded) {
      this.#ending.begins(this.#side, "reset");
      reset(this.#to);
      // Both sides have said all, and this leg is gone: the other goes when it has taken the last of it.
    } else this.#writes.waits();
    this.#ending.legClosed();
  }
}

/** How long a server may take to end a connection on which it gets no more. */
const SHUT_MS = 2000;
/** What waits to be written may still go out before a leg is reset; after this it is given up. */
const FLUSH_MS = 1000;

/** As abruptly as it came: a RST where the socket is TCP, but behind what was already to be sent. */
export function reset(leg: Leg): void {
  const { stream, raw } = leg;
  if (raw.destroyed) return;
  const ending = stream.writableEnded && !stream.writableFinished;
  if (stream.destroyed || (stream.writableLength === 0 && !ending)) {
    resetNow(leg);
    return;
  }
  // A socket that is being shut down cannot be reset: Node would neither close it nor say so.
  const giveUp = () => (stream.writableEnded ? raw.destroy() : resetNow(leg));
  const timer = setTimeout(giveUp, FLUSH_MS);
  stream.once("close", () => clearTimeout(timer));
  if (ending) stream.once("finish", () => resetNow(leg));
  else stream.write(NOTHING, () => resetNow(leg));
}

/** The socket alone: its close ends the TLS stream over it. Both in one turn crash Node 20 (TLSWrap reads freed memory). */
function resetNow({ raw }: Leg): void {
  if (raw.destroyed) return;
  try {
    raw.resetAndDestroy();
  } catch {
    // A Unix socket has no reset.
    raw.destroy();
  }
}
