// Both ends of a carried connection as a test holds them: what came, how it ended, and waiting for either without a clock.
import { once } from "node:events";
import {
  type AddressInfo,
  connect,
  createServer,
  type ListenOptions,
  type NetConnectOpts,
  type Socket,
} from "node:net";
import {
  type ConnectionOptions,
  createSecureContext,
  TLSSocket,
  type TlsOptions,
  connect as tlsConnect,
} from "node:tls";
import { onTestFinished } from "vitest";

/** One end: everything is written down from the start. Its socket is destroyed when the test is over. */
export class End {
  readonly stream: Socket;
  /** The socket under TLS, or the same. */
  readonly raw: Socket;
  /** The other side's FIN, or close_notify. */
  ended = false;
  closed = false;
  /** The code of its error. */
  error: string | undefined;
  #chunks: Buffer[] = [];
  #waiting: (() => void)[] = [];

  constructor(stream: Socket, raw = stream) {
    this.stream = stream;
    this.raw = raw;
    const changed = () => {
      for (const again of this.#waiting.splice(0)) again();
    };
    stream.on("data", (bytes: Buffer) => {
      this.#chunks.push(bytes);
      changed();
    });
    stream.on("end", () => {
      this.ended = true;
      changed();
    });
    const failed = (error: NodeJS.ErrnoException) => {
      this.error ??= error.code ?? error.message;
      changed();
    };
    stream.on("error", failed);
    if (raw !== stream) raw.on("error", failed);
    stream.on("close", () => {
      this.closed = true;
      changed();
    });
    onTestFinished(() => {
      raw.destroy();
    });
  }

  get bytes(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0] ?? Buffer.alloc(0);
  }

  get text(): string {
    return this.bytes.toString("latin1");
  }

  send(bytes: Uint8Array | string): this {
    this.stream.write(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes);
    return this;
  }

  async until(condition: (end: End) => boolean): Promise<this> {
    while (!condition(this)) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return this;
  }

  /** Waits until this text has come. */
  has(text: string): Promise<this> {
    return this.until(() => this.text.includes(text));
  }

  /** Waits until so many octets have come. */
  hasBytes(count: number): Promise<this> {
    return this.until(() => this.bytes.length >= count);
  }

  hasEnded(): Promise<this> {
    return this.until(() => this.ended || this.closed);
  }

  /** Waits until it is closed. @returns the code of the error that closed it; undefined when it was a clean end */
  async isClosed(): Promise<string | undefined> {
    await this.until(() => this.closed);
    return this.error;
  }
}

/** A TCP client; stays half-open until it ends itself. */
export async function connectTo(port: number, options: Partial<NetConnectOpts> = {}): Promise<End> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true, ...options });
  const end = new End(socket);
  await once(socket, "connect");
  return end;
}

/** A TLS client over TCP. @throws what the handshake fails with */
export async function connectTlsTo(
  port: number,
  options: ConnectionOptions,
): Promise<End & { readonly stream: TLSSocket }> {
  const raw = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
  return startTlsOn(raw, options);
}

export async function startTlsOn(
  raw: Socket,
  options: ConnectionOptions,
): Promise<End & { readonly stream: TLSSocket }> {
  const stream = tlsConnect({ ...options, socket: raw });
  onTestFinished(() => {
    raw.destroy();
  });
  await once(stream, "secureConnect");
  return new End(stream, raw) as End & { readonly stream: TLSSocket };
}

export interface TestServer {
  readonly port: number;
  /** The next connection that nobody has asked for yet. */
  next(): Promise<End>;
  /** Connections so far. */
  readonly count: number;
  /** Connections that are open. */
  open(): Promise<number>;
  close(): Promise<void>;
}

export interface ServerOptions {
  readonly listen?: ListenOptions;
  /** Speaks TLS with its clients. */
  readonly tls?: TlsOptions;
  readonly onConnection?: (end: End) => void;
}

/** A server of bare sockets, half-open as they may be; it ends with the test. */
export async function listen(options: ServerOptions = {}): Promise<TestServer> {
  const { tls } = options;
  const arrived: End[] = [];
  const waiting: ((end: End) => void)[] = [];
  const sockets = new Set<Socket>();
  let count = 0;
  const context = tls === undefined ? undefined : createSecureContext(tls);
  const server = createServer({ allowHalfOpen: true, noDelay: true });
  const arrive = (end: End) => {
    count++;
    options.onConnection?.(end);
    const wanted = waiting.shift();
    if (wanted === undefined) arrived.push(end);
    else wanted(end);
  };
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    if (context === undefined) {
      arrive(new End(socket));
      return;
    }
    socket.on("error", () => {});
    const secure = new TLSSocket(socket, { isServer: true, ...tls, secureContext: context });
    secure.on("error", () => {});
    secure.once("secure", () => arrive(new End(secure, socket)));
  });
  server.listen(options.listen ?? { port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  onTestFinished(close);
  return {
    port: (server.address() as AddressInfo).port,
    get count() {
      return count;
    },
    next() {
      const end = arrived.shift();
      return end === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(end);
    },
    open: () =>
      new Promise((resolve, reject) => server.getConnections((error, n) => (error ? reject(error) : resolve(n)))),
    close,
  };
}
