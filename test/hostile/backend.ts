// The server behind the proxy: honest clients get gRPC answers, every other connection is the attack's.
import { once } from "node:events";
import { createServer as createHttp2Server, type Http2Server } from "node:http2";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { ServerCertificate } from "../../cli/selftest/certificate.js";
import { CLIENT_PREFACE, FRAME_HEADER_BYTES } from "../../src/http2/frames.js";
import { Ends, type Evidence, type Report } from "./ends.js";
import type { Attack, Sizes } from "./script.js";

/** An honest client announces this as MAX_HEADER_LIST_SIZE; nobody else does. */
export const HONEST_MARK = 0x00f1f2f3;
export class Backend {
  readonly #server: Server;
  readonly #honest: Http2Server;
  readonly #sockets = new Set<Socket>();
  /** Told of every connection that is no honest client's, with what it has said so far. */
  onStranger: (socket: Socket, first: Buffer) => void = (socket) => socket.destroy();
  /** A connection that has said less than a whole opening by then is a stranger's. */
  undecidedMs = 10_000;

  private constructor(tls: ServerCertificate | undefined) {
    this.#honest = createHttp2Server();
    this.#honest.on("sessionError", () => {});
    this.#honest.on("stream", (stream) => {
      stream.on("error", () => {});
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      stream.pipe(stream);
    });
    const accept = (socket: Socket) => this.#accept(socket);
    const options = { allowHalfOpen: true, noDelay: true };
    this.#server =
      tls === undefined
        ? createServer(options, accept)
        : createTlsServer({ ...options, cert: tls.cert, key: tls.key, ALPNProtocols: ["h2"] }, accept);
    // What speaks no TLS never gets to be a connection of a TLS server: it is closed there.
    this.#server.on("tlsClientError", () => {});
    this.#server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on("error", () => {});
      socket.once("close", () => this.#sockets.delete(socket));
    });
  }

  static async start(tls?: ServerCertificate): Promise<Backend> {
    const backend = new Backend(tls);
    backend.#server.listen({ host: "127.0.0.1", port: 0, backlog: 4096 });
    await once(backend.#server, "listening");
    return backend;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(socket: Socket): void {
    socket.on("error", () => {});
    let first = Buffer.alloc(0);
    const decide = (honest: boolean) => {
      clearTimeout(timer);
      socket.pause();
      socket.removeListener("data", onData);
      socket.removeListener("end", onEnd);
      socket.removeListener("close", onEnd);
      if (honest) {
        // As the sockets of an HTTP/2 server are: one that the client has left ends.
        socket.allowHalfOpen = false;
        socket.unshift(first);
        this.#honest.emit("connection", socket);
      } else this.onStranger(socket, first);
    };
    const onData = (chunk: Buffer) => {
      first = Buffer.concat([first, chunk]);
      const honest = looksHonest(first);
      if (honest !== undefined) decide(honest);
    };
    const onEnd = () => decide(false);
    const timer = setTimeout(() => decide(false), this.undecidedMs);
    socket.on("data", onData);
    socket.on("end", onEnd);
    socket.on("close", onEnd);
  }
}

/** The server's part in attacks, one after the other. */
export class Strangers {
  readonly #backend: Backend;
  #ends = new Ends({});

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  begin({ server, bytes }: Attack, size: keyof Sizes): void {
    const ends = new Ends(server);
    this.#ends = ends;
    // An honest client must have spoken by then, which on a busy machine may take long in the midst of a full-size attack.
    this.#backend.undecidedMs = !server.atOnce ? 10_000 : size === "full" ? 5000 : 1500;
    this.#backend.onStranger = (socket, first) => void ends.act(socket, first, bytes[size]);
  }

  report(): Report {
    return this.#ends.report();
  }

  evidence(heads: boolean): Evidence {
    return this.#ends.evidence(heads);
  }

  async finish(): Promise<void> {
    // First, as some may be seen only when their client leaves.
    this.#backend.onStranger = (socket) => socket.destroy();
    await this.#ends.cut();
  }
}

/** @returns undefined while that cannot be told */
function looksHonest(bytes: Buffer): boolean | undefined {
  const known = Math.min(bytes.length, CLIENT_PREFACE.length);
  if (Buffer.compare(bytes.subarray(0, known), CLIENT_PREFACE.subarray(0, known)) !== 0) return false;
  if (bytes.length < CLIENT_PREFACE.length + FRAME_HEADER_BYTES) return undefined;
  const length = bytes.readUIntBE(CLIENT_PREFACE.length, 3);
  if (length > 64) return false;
  const settings = bytes.subarray(CLIENT_PREFACE.length + FRAME_HEADER_BYTES).subarray(0, length);
  const mark = Buffer.alloc(4);
  mark.writeUInt32BE(HONEST_MARK);
  if (settings.includes(mark)) return true;
  return settings.length < length ? undefined : false;
}
