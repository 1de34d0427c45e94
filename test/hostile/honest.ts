// The honest client: one call after the other through the same proxy, on an old connection and on ever new ones, timed.
import { type ClientHttp2Session, connect } from "node:http2";
import { connect as connectSocket, type Socket } from "node:net";
import { HONEST_MARK } from "./backend.js";

/** A secret that the calls carry: it must turn up nowhere. */
export const CANARY = "canary-7f3a9c51";
export const HONEST_METHOD = "/honest.Service/Echo";

const PAUSE_MS = 5;
/** A call that takes longer than this has failed. */
const LOST_MS = 60_000;

export interface Latencies {
  calls: number;
  failed: number;
  /** The slowest call so far, one still under way included. */
  worstMs: number;
  /** Why the first of them failed. */
  failure: string | undefined;
}

/** Opens an HTTP/2 session through the proxy. */
export type Dial = () => Promise<ClientHttp2Session> | ClientHttp2Session;

export function honestSession(
  authority: string,
  options: { readonly ca?: string; readonly createConnection?: () => Socket } = {},
): ClientHttp2Session {
  const session = connect(authority, {
    ...(options.ca === undefined ? {} : { ca: options.ca, servername: "localhost" }),
    ...(options.createConnection === undefined ? {} : { createConnection: options.createConnection }),
    settings: { maxHeaderListSize: HONEST_MARK, enablePush: false },
  });
  session.on("error", () => {});
  return session;
}

/** How the honest client reaches its server. */
export type Way =
  | { readonly kind: "plain"; readonly port: number }
  | { readonly kind: "tls"; readonly port: number; readonly ca: string }
  /** Through CONNECT to a forward proxy. */
  | { readonly kind: "tunnel"; readonly port: number; readonly to: number };

export function wayOf(way: Way): Dial {
  if (way.kind === "plain") return () => honestSession(`http://127.0.0.1:${way.port}`);
  if (way.kind === "tls") return () => honestSession(`https://localhost:${way.port}`, { ca: way.ca });
  return async () => {
    const socket = await tunnel(way.port, way.to);
    return honestSession("http://honest", { createConnection: () => socket });
  };
}

/** A tunnel to a port, made by the proxy. */
export async function tunnel(proxyPort: number, port: number): Promise<Socket> {
  const socket = connectSocket({ host: "127.0.0.1", port: proxyPort, noDelay: true });
  socket.on("error", () => {});
  socket.write(`CONNECT 127.0.0.1:${port} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n\r\n`);
  await new Promise<void>((resolve, reject) => {
    socket.once("data", (chunk: Buffer) =>
      chunk.toString("latin1").startsWith("HTTP/1.1 200") ? resolve() : reject(new Error(chunk.toString("latin1"))),
    );
    socket.once("close", () => reject(new Error("no tunnel")));
  });
  return socket;
}

export class HonestClient {
  readonly dial: Dial;
  #stopped = false;
  #latencies: Latencies = none();
  readonly #began = new Set<number>();
  #runs: Promise<void>[] = [];

  constructor(dial: Dial) {
    this.dial = dial;
  }

  start(): void {
    this.#runs = [this.#keepCalling(), this.#keepConnecting()];
  }

  /** What was measured since the last time it was asked. */
  take(): Latencies {
    const now = performance.now();
    const taken = this.#latencies;
    for (const began of this.#began) taken.worstMs = Math.max(taken.worstMs, now - began);
    this.#latencies = none();
    return taken;
  }

  /** One call on a new connection. @returns how long that took */
  async once(): Promise<number> {
    const began = performance.now();
    const session = await this.dial();
    try {
      await call(session);
    } finally {
      session.destroy();
    }
    return performance.now() - began;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#runs);
  }

  async #keepCalling(): Promise<void> {
    let session = await this.dial();
    while (!this.#stopped) {
      if (session.destroyed) session = await this.dial();
      await this.#timed(() => call(session));
      await pause(PAUSE_MS);
    }
    session.destroy();
  }

  async #keepConnecting(): Promise<void> {
    while (!this.#stopped) {
      await this.#timed(() => this.once());
      await pause(10 * PAUSE_MS);
    }
  }

  async #timed(run: () => Promise<unknown>): Promise<void> {
    const began = performance.now();
    this.#began.add(began);
    try {
      await run();
    } catch (error) {
      this.#latencies.failed++;
      this.#latencies.failure ??= error instanceof Error ? error.message : String(error);
    }
    this.#began.delete(began);
    this.#latencies.calls++;
    this.#latencies.worstMs = Math.max(this.#latencies.worstMs, performance.now() - began);
  }
}

function none(): Latencies {
  return { calls: 0, failed: 0, worstMs: 0, failure: undefined };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** One unary call; rejects unless the answer is the question and the status is OK. */
function call(session: ClientHttp2Session): Promise<void> {
  return new Promise((resolve, reject) => {
    const question = Buffer.from([0, 0, 0, 0, 5, 0x0a, 3, 0x61, 0x62, 0x63]);
    const stream = session.request({
      ":method": "POST",
      ":path": HONEST_METHOD,
      "content-type": "application/grpc",
      authorization: `Bearer ${CANARY}`,
      "x-api-key": CANARY,
      cookie: `session=${CANARY}`,
    });
    const chunks: Buffer[] = [];
    let status: unknown;
    const timer = setTimeout(() => fail(new Error(`no answer within ${LOST_MS} ms`)), LOST_MS);
    const fail = (error: Error) => {
      clearTimeout(timer);
      stream.on("error", () => {});
      stream.destroy();
      reject(error);
    };
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("trailers", (trailers) => {
      status = trailers["grpc-status"];
    });
    stream.once("error", fail);
    stream.once("close", () => {
      clearTimeout(timer);
      if (status === "0" && Buffer.concat(chunks).equals(question)) resolve();
      else reject(new Error(`honest call got status ${String(status)} and ${Buffer.concat(chunks).length} octets`));
    });
    stream.end(question);
  });
}
