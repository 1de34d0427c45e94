// The gRPC server behind every proxy: one canned answer to every call, so that it costs next to nothing (RFC 9113).
// Run as a process of its own: backend.js '{"messages":1,"messageBytes":64,"tls":{"key":"PEM","cert":"PEM"}}'.
import { type AddressInfo, createServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import {
  ACK,
  END_HEADERS,
  END_STREAM,
  FIRST_DYNAMIC_INDEX,
  FRAME,
  FRAME_HEADER_BYTES,
  FrameWalker,
  frame,
  grpcMessage,
  INITIAL_WINDOW_BYTES,
  indexedField,
  indexingField,
  literalField,
  MAX_FRAME_BYTES,
  MAX_WINDOW_BYTES,
  PREFACE,
  SETTING,
  STREAM_ID_OFFSET,
  settingIn,
  settingsFrame,
  windowUpdateFrame,
} from "./h2.js";

/** What the backend answers to every call on its port. */
export interface BackendOptions {
  readonly messages: number;
  readonly messageBytes: number;
  readonly tls?: { readonly key: string; readonly cert: string };
}

/** An answer as bytes: every frame of it in order, with the stream id still to be filled in. */
interface Answer {
  readonly bytes: Buffer;
  /** Where frame i begins; one more entry than frames. */
  readonly starts: Int32Array;
  /** What frame i takes from the flow-control windows. */
  readonly costs: Int32Array;
  readonly frames: number;
}

/** The same answer in the three states an HPACK encoder goes through (see `Connection#answer`). */
interface Answers {
  readonly literal: Answer;
  readonly teaching: Answer;
  readonly taught: Answer;
}

interface Stream {
  readonly id: number;
  readonly answer: Answer;
  next: number;
  /** Window granted beyond the connection's initial one, less what was used. */
  window: number;
}

const STATUS_200 = 8; // static table, RFC 7541 appendix A
const CONTENT_TYPE = 31; // static table

function answers(options: BackendOptions): Answers {
  const message = grpcMessage(options.messageBytes);
  const status = indexedField(STATUS_200);
  // after teaching, the newest entry comes first: grpc-message, grpc-status, content-type (RFC 7541 §2.3.3)
  const [taughtMessage, taughtStatus, taughtType] = [0, 1, 2].map((age) => indexedField(FIRST_DYNAMIC_INDEX + age));
  const answer = (headers: readonly Buffer[], trailers: readonly Buffer[]): Answer => {
    const frames = [frame(FRAME.headers, END_HEADERS, 0, Buffer.concat(headers))];
    for (let i = 0; i < options.messages; i++) {
      for (let at = 0; at < message.length; at += MAX_FRAME_BYTES) {
        frames.push(frame(FRAME.data, 0, 0, message.subarray(at, at + MAX_FRAME_BYTES)));
      }
    }
    frames.push(frame(FRAME.headers, END_HEADERS | END_STREAM, 0, Buffer.concat(trailers)));
    const starts = new Int32Array(frames.length + 1);
    const costs = new Int32Array(frames.length);
    frames.forEach((f, i) => {
      starts[i + 1] = starts[i]! + f.length;
      costs[i] = f[3] === FRAME.data ? f.length - FRAME_HEADER_BYTES : 0;
    });
    return { bytes: Buffer.concat(frames), starts, costs, frames: frames.length };
  };
  return {
    literal: answer(
      [status, literalField(CONTENT_TYPE, "application/grpc")],
      [literalField("grpc-status", "0"), literalField("grpc-message", "")],
    ),
    teaching: answer(
      [status, indexingField(CONTENT_TYPE, "application/grpc")],
      [indexingField("grpc-status", "0"), indexingField("grpc-message", "")],
    ),
    taught: answer([status, taughtType!], [taughtStatus!, taughtMessage!]),
  };
}

const TURN_BYTES = 65_536; // what one stream may send before the next one's turn, and about the size of one write
const BUFFER_BYTES = TURN_BYTES + MAX_FRAME_BYTES + FRAME_HEADER_BYTES; // a turn ends with the frame that passes it
const QUEUE_BYTES = 4 * TURN_BYTES; // what waits in the socket before we stop filling it
const WINDOW_STEP_BYTES = 1 << 24; // request bytes taken in before the connection's window is filled up again

/** Buffers that a socket has finished with, for the next write: fresh memory for each would cost more than the copy. */
const spare: Buffer[] = [];

class Connection {
  readonly #socket: Socket;
  readonly #answers: Answers;
  readonly #asked = new Set<number>(); // requests not finished yet
  readonly #ready = new Map<number, Stream>(); // answers not finished yet, oldest turn first
  readonly #grants = new Map<number, number>(); // WINDOW_UPDATEs that came before the answer began
  #state: keyof Answers = "teaching";
  #teacher = 0;
  #window = INITIAL_WINDOW_BYTES;
  #initialWindow = INITIAL_WINDOW_BYTES;
  #taken = 0;
  #out: Buffer | undefined;
  #outBytes = 0;

  constructor(socket: Socket, canned: Answers) {
    this.#socket = socket;
    this.#answers = canned;
    const walker = new FrameWalker((...f) => this.#onFrame(...f), PREFACE.length);
    socket.write(
      Buffer.concat([
        settingsFrame([
          [SETTING.maxConcurrentStreams, 10_000],
          [SETTING.initialWindowSize, 1 << 20],
        ]),
        windowUpdateFrame(0, MAX_WINDOW_BYTES - INITIAL_WINDOW_BYTES),
      ]),
    );
    socket.on("data", (chunk: Buffer) => {
      walker.push(chunk);
      this.#pump();
    });
    socket.on("drain", () => this.#pump());
    socket.on("end", () => socket.end());
    socket.on("error", () => socket.destroy());
  }

  #onFrame(type: number, flags: number, id: number, length: number, payload: Buffer | undefined): void {
    switch (type) {
      case FRAME.headers:
        if ((flags & END_STREAM) !== 0) this.#answer(id);
        else this.#asked.add(id);
        break;
      case FRAME.data:
        this.#taken += length;
        if (this.#taken >= WINDOW_STEP_BYTES) {
          this.#control(windowUpdateFrame(0, this.#taken));
          this.#taken = 0;
        }
        if ((flags & END_STREAM) !== 0 && this.#asked.delete(id)) this.#answer(id);
        break;
      case FRAME.rstStream:
        this.#asked.delete(id);
        this.#ready.delete(id);
        this.#grants.delete(id);
        break;
      case FRAME.settings:
        if ((flags & ACK) !== 0) break;
        this.#settings(payload!);
        this.#control(frame(FRAME.settings, ACK, 0));
        break;
      case FRAME.ping:
        if ((flags & ACK) === 0) this.#control(frame(FRAME.ping, ACK, 0, payload!));
        break;
      case FRAME.windowUpdate:
        this.#grant(id, payload!.readUInt32BE() & MAX_WINDOW_BYTES);
        break;
    }
  }

  #settings(payload: Buffer): void {
    this.#initialWindow = settingIn(payload, SETTING.initialWindowSize) ?? this.#initialWindow;
    // a table too small for our three entries: never use it (RFC 7541 §4.2; nothing was put there before the first call)
    if ((settingIn(payload, SETTING.headerTableSize) ?? 4096) < 4096) this.#state = "literal";
  }

  #grant(id: number, increment: number): void {
    if (id === 0) this.#window += increment;
    else {
      const stream = this.#ready.get(id);
      if (stream !== undefined) stream.window += increment;
      else if (this.#asked.has(id)) this.#grants.set(id, (this.#grants.get(id) ?? 0) + increment);
    }
  }

  /**
   * Like any HPACK encoder: the first answer puts its fields into the table, later ones only name them. Until the first
   * one's trailers are out, others spell theirs.
   */
  #answer(id: number): void {
    const answer = this.#answers[this.#state];
    if (this.#state === "teaching") {
      this.#teacher = id;
      this.#state = "literal";
    }
    this.#ready.set(id, { id, answer, next: 0, window: this.#grants.get(id) ?? 0 });
    this.#grants.delete(id);
  }

  /** Gives each stream its turn until the socket is full, the windows are shut or all is said. */
  #pump(): void {
    let blocked = 0;
    for (const [id, stream] of this.#ready) {
      if (this.#socket.writableLength + this.#outBytes > QUEUE_BYTES || blocked === this.#ready.size) break;
      const before = stream.next;
      this.#turn(stream);
      this.#ready.delete(id);
      if (stream.next < stream.answer.frames) this.#ready.set(id, stream);
      else if (id === this.#teacher) this.#state = "taught";
      blocked = stream.next === before ? blocked + 1 : 0;
    }
    this.#flush();
  }

  #turn(stream: Stream): void {
    const { answer, id } = stream;
    const first = stream.next;
    const start = answer.starts[first]!;
    let open = Math.min(this.#window, this.#initialWindow + stream.window);
    let cost = 0;
    let next = first;
    // whole frames only: a window with room for less than one is left to grow, which every peer does by half a window at the latest
    while (next < answer.frames && answer.costs[next]! <= open && answer.starts[next]! - start < TURN_BYTES) {
      open -= answer.costs[next]!;
      cost += answer.costs[next]!;
      next++;
    }
    if (next === first) return;
    const end = answer.starts[next]!;
    const out = this.#room(end - start);
    answer.bytes.copy(out, this.#outBytes, start, end);
    const shift = this.#outBytes - start + STREAM_ID_OFFSET;
    for (let i = first; i < next; i++) {
      const at = answer.starts[i]! + shift;
      out[at] = id >>> 24;
      out[at + 1] = id >>> 16;
      out[at + 2] = id >>> 8;
      out[at + 3] = id;
    }
    this.#outBytes += end - start;
    this.#window -= cost;
    stream.window -= cost;
    stream.next = next;
  }

  #control(bytes: Buffer): void {
    bytes.copy(this.#room(bytes.length), this.#outBytes);
    this.#outBytes += bytes.length;
  }

  #room(bytes: number): Buffer {
    if (this.#outBytes + bytes > BUFFER_BYTES) this.#flush();
    this.#out ??= spare.pop() ?? Buffer.allocUnsafeSlow(BUFFER_BYTES);
    return this.#out;
  }

  #flush(): void {
    const out = this.#out;
    if (out === undefined || this.#outBytes === 0) return;
    this.#socket.write(out.subarray(0, this.#outBytes), () => spare.push(out));
    this.#out = undefined;
    this.#outBytes = 0;
  }
}

const options = JSON.parse(process.argv[2] ?? "{}") as BackendOptions;
const canned = answers(options);
const serve = (socket: Socket): void => {
  socket.setNoDelay(true);
  new Connection(socket, canned);
};
const server =
  options.tls === undefined
    ? createServer({ allowHalfOpen: true }, serve)
    : createTlsServer({ ...options.tls, ALPNProtocols: ["h2"] }, serve);
server.listen(0, "127.0.0.1", 4096, () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on("disconnect", () => process.exit());
