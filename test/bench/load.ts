// Our own load generator: a lean gRPC client that sends the same call over and over and counts what comes back (RFC 9113).
// Run as a process of its own; takes LoadOrders and answers LoadResults over the IPC channel.
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import {
  ACK,
  END_STREAM,
  FRAME,
  FrameWalker,
  frame,
  INITIAL_WINDOW_BYTES,
  PREFACE,
  SETTING,
  settingsFrame,
  windowUpdateFrame,
} from "./h2.js";
import { makeRequests, type RequestOptions, type Requests } from "./requests.js";

/** What to send and for how long. Exactly one of `ms` and `calls` ends it. */
export interface LoadOrder extends RequestOptions {
  readonly id: number;
  readonly connections: number;
  /** Calls in flight on each connection. */
  readonly inFlight: number;
  /** DATA payload of every answer, to be checked. */
  readonly answerBytes: number;
  readonly ms?: number;
  readonly calls?: number;
  /** Leave the connections open under this name; an order with the same name goes on using them. */
  readonly keep?: string;
}

/** What came back. */
export interface LoadResult {
  readonly id: number;
  /** Calls ended and DATA payload taken within the measured time, and that time. */
  readonly calls: number;
  readonly dataBytes: number;
  readonly elapsedMs: number;
  /** Every call of the order, those that ended after the measured time included. */
  readonly allCalls: number;
  readonly allDataBytes: number;
  /** Calls that did not end with trailers (reset, cut, never answered), or whose answers were not whole. */
  readonly lost: number;
  readonly problem?: string;
}

const STALL_MS = 10_000; // no byte for this long with calls in flight: they are lost
const CONNECTING_AT_ONCE = 128;
const STREAM_WINDOW_BYTES = 1 << 26; // above any answer of the benchmark, so that only the connection's window needs updates
const CONNECTION_WINDOW_BYTES = 1 << 28;
const WINDOW_STEP_BYTES = 1 << 24; // taken in before the connection's window is filled up again
class Connection {
  started = 0;
  ended = 0;
  dataBytes = 0;
  problem: string | undefined;
  readonly #socket: Socket;
  readonly #requests: Requests;
  readonly #onChunk: () => void;
  #taken = 0;
  #failed = 0;

  constructor(socket: Socket, requests: Requests, onChunk: (from: Connection) => void) {
    this.#socket = socket;
    this.#requests = requests;
    this.#onChunk = () => onChunk(this);
    const walker = new FrameWalker((...f) => this.#onFrame(...f));
    socket.on("data", (chunk: Buffer) => {
      walker.push(chunk);
      this.#onChunk();
    });
    socket.on("error", (error) => this.#fail(error.message));
    socket.on("close", () => this.#fail("the connection was closed"));
    socket.write(
      Buffer.concat([
        PREFACE,
        settingsFrame([[SETTING.initialWindowSize, STREAM_WINDOW_BYTES]]),
        windowUpdateFrame(0, CONNECTION_WINDOW_BYTES - INITIAL_WINDOW_BYTES),
      ]),
    );
  }

  get lost(): number {
    return this.#failed;
  }

  get inFlight(): number {
    return this.started - this.ended - this.#failed;
  }

  start(calls: number): void {
    if (calls <= 0 || this.#socket.destroyed) return;
    this.#socket.write(this.#requests.next(calls));
    this.started += calls;
  }

  close(): void {
    this.#socket.removeAllListeners("close");
    this.#socket.on("error", () => {});
    this.#socket.destroy();
  }

  #onFrame(type: number, flags: number, stream: number, length: number, payload: Buffer | undefined): void {
    switch (type) {
      case FRAME.headers:
        if ((flags & END_STREAM) !== 0) this.ended++;
        break;
      case FRAME.data:
        this.dataBytes += length;
        this.#taken += length;
        if (this.#taken >= WINDOW_STEP_BYTES) {
          this.#socket.write(windowUpdateFrame(0, this.#taken));
          this.#taken = 0;
        }
        if ((flags & END_STREAM) !== 0) this.#lose(1, `stream ${stream} ended without trailers`);
        break;
      case FRAME.rstStream:
        this.#lose(1, `stream ${stream} was reset`);
        break;
      case FRAME.settings:
        if ((flags & ACK) === 0) this.#socket.write(frame(FRAME.settings, ACK, 0));
        break;
      case FRAME.ping:
        if ((flags & ACK) === 0) this.#socket.write(frame(FRAME.ping, ACK, 0, payload!));
        break;
      case FRAME.goaway:
        this.problem ??= "a GOAWAY came";
        break;
    }
  }

  #lose(calls: number, problem: string): void {
    this.#failed += calls;
    this.problem ??= problem;
  }

  #fail(problem: string): void {
    this.problem ??= problem;
    this.#failed += this.inFlight;
    this.#onChunk();
  }
}

/** Connections left open by an order with `keep`. */
const kept = new Map<string, Connection[]>();
/** What hears of arrivals at each connection: the order that uses it now. */
const listeners = new Map<Connection, () => void>();

async function open(order: LoadOrder): Promise<Connection[]> {
  const opened: Connection[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < order.connections) {
      next++;
      const socket = order.tls
        ? connectTls({ port: order.port, host: "127.0.0.1", ALPNProtocols: ["h2"], rejectUnauthorized: false })
        : connect({ port: order.port, host: "127.0.0.1" });
      socket.setNoDelay(true);
      await new Promise<void>((resolve, reject) => {
        socket.once(order.tls ? "secureConnect" : "connect", resolve);
        socket.once("error", reject);
      });
      socket.removeAllListeners("error");
      opened.push(new Connection(socket, makeRequests(order), (from) => listeners.get(from)?.()));
    }
  };
  await Promise.all(Array.from({ length: Math.min(CONNECTING_AT_ONCE, order.connections) }, worker));
  return opened;
}

async function run(order: LoadOrder): Promise<LoadResult> {
  const connections = (order.keep !== undefined ? kept.get(order.keep) : undefined) ?? (await open(order));
  if (order.keep !== undefined) kept.set(order.keep, connections);
  const sum = (read: (c: Connection) => number): number => connections.reduce((total, c) => total + read(c), 0);
  const before = { ended: sum((c) => c.ended), lost: sum((c) => c.lost), dataBytes: sum((c) => c.dataBytes) };
  const limit = order.calls ?? Number.POSITIVE_INFINITY;
  const beginning = performance.now();
  const deadline = order.ms === undefined ? Number.POSITIVE_INFINITY : beginning + order.ms;
  let started = 0;
  let measured: Pick<LoadResult, "calls" | "dataBytes" | "elapsedMs"> | undefined;
  const measure = (): NonNullable<typeof measured> => ({
    calls: sum((c) => c.ended) - before.ended,
    dataBytes: sum((c) => c.dataBytes) - before.dataBytes,
    elapsedMs: performance.now() - beginning,
  });
  let lastArrival = beginning;

  await new Promise<void>((resolve) => {
    const stall = setInterval(() => {
      if (performance.now() - lastArrival > STALL_MS) finish();
    }, 1000);
    const finish = (): void => {
      clearInterval(stall);
      for (const c of connections) listeners.delete(c);
      resolve();
    };
    const fill = (c: Connection): void => {
      const n = Math.min(order.inFlight - c.inFlight, limit - started);
      started += n;
      c.start(n);
    };
    for (const c of connections) {
      listeners.set(c, () => {
        lastArrival = performance.now();
        if (lastArrival < deadline) fill(c);
        else measured ??= measure();
        if (c.inFlight === 0 && connections.every((each) => each.inFlight === 0)) finish();
      });
    }
    for (const c of connections) fill(c);
  });

  const all = measure();
  const unanswered = sum((c) => c.inFlight);
  const cut = sum((c) => c.lost) - before.lost + unanswered;
  const incomplete = cut === 0 && all.dataBytes !== all.calls * order.answerBytes;
  const problem = incomplete
    ? `${all.calls} answers had ${all.dataBytes} bytes of DATA; must be ${all.calls * order.answerBytes}`
    : (connections.find((c) => c.problem !== undefined)?.problem ?? `nothing came for ${STALL_MS} ms`);
  const lost = incomplete ? Math.max(1, Math.abs(Math.round(all.dataBytes / order.answerBytes) - all.calls)) : cut;
  if (order.keep === undefined) for (const c of connections) c.close();
  return {
    id: order.id,
    ...(measured ?? all),
    allCalls: all.calls,
    allDataBytes: all.dataBytes,
    lost,
    ...(lost > 0 ? { problem } : {}),
  };
}

process.on("message", (order: LoadOrder) => {
  run(order).then(
    (result) => process.send?.(result),
    (error: Error) =>
      process.send?.({
        id: order.id,
        calls: 0,
        elapsedMs: 0,
        allCalls: 0,
        dataBytes: 0,
        allDataBytes: 0,
        lost: order.connections * order.inFlight,
        problem: error.message,
      } satisfies LoadResult),
  );
});
process.on("disconnect", () => process.exit());
process.send?.({ ready: true });
