// The server of the selftest: takes any HTTP/2 connection, plaintext or TLS, and hands each stream to the check that asks for its path.
import { createServer, type Server, type Socket } from "node:net";
import { createSecureContext, TLSSocket } from "node:tls";
import { EXIT, FramelensError } from "../../src/model/errors.js";
import { firstValue } from "../../src/model/fields.js";
import { Connection } from "./connection.js";
import type { Pulse } from "./pulse.js";
import type { Stream } from "./stream.js";

export interface ServerOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** PEM texts; present to speak TLS, and then both h2 and http/1.1 are accepted by ALPN. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** What TLS told the server about one connection. */
export interface Handshake {
  readonly alpn: string;
  readonly servername: string;
}

export class SelftestServer {
  readonly host: string;
  /** Connections that are open. */
  readonly connections = new Set<Connection>();
  readonly handshakes: Handshake[] = [];
  /** HTTP/2 connections there ever were. */
  opened = 0;
  readonly #listener: Server;
  readonly #sockets = new Set<Socket>();
  readonly #raw = new WeakMap<Connection, Socket>();
  readonly #arrivals = new Map<string, Stream[]>();
  readonly #pulse: Pulse;

  private constructor(options: ServerOptions, pulse: Pulse) {
    this.host = options.host;
    this.#pulse = pulse;
    const secureContext = options.tls && createSecureContext(options.tls);
    this.#listener = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
      socket.on("error", () => {});
      if (!secureContext) return this.#accept(socket, socket);
      const secure = new TLSSocket(socket, { isServer: true, secureContext, ALPNProtocols: ["h2", "http/1.1"] });
      secure.on("error", () => {});
      secure.once("secure", () => {
        const alpn = secure.alpnProtocol || "none";
        // `servername` is set on both ends of a TLSSocket, but typed on neither.
        const servername = String((secure as unknown as { servername?: unknown }).servername || "none");
        this.handshakes.push({ alpn, servername });
        if (alpn === "h2") this.#accept(secure, socket);
        pulse.changed();
      });
    });
  }

  /** Starts one; it answers nothing by itself but what HTTP/2 asks of every peer. */
  static async start(options: ServerOptions, pulse: Pulse): Promise<SelftestServer> {
    const server = new SelftestServer(options, pulse);
    await new Promise<void>((resolve, reject) => {
      server.#listener.once("error", (cause: NodeJS.ErrnoException) =>
        reject(
          new FramelensError("ERR_SELFTEST_LISTEN", `cannot serve on ${options.host}:${options.port}: ${cause.code}`, {
            exitCode: EXIT.listen,
            cause,
          }),
        ),
      );
      server.#listener.listen(options.port, options.host, resolve);
    });
    return server;
  }

  get port(): number {
    const address = this.#listener.address();
    return typeof address === "object" && address ? address.port : 0;
  }

  /** The streams that came under a path, oldest first; more than one when somebody on the way tried again. */
  arrivals(path: string): readonly Stream[] {
    return this.#arrivals.get(path) ?? [];
  }

  /** Ends the connection of a stream by a TCP reset, as a crashed process does. */
  abort(connection: Connection): void {
    this.#raw.get(connection)?.resetAndDestroy();
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#listener.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #accept(socket: Socket, raw: Socket): void {
    const connection = new Connection("server", socket, this.#pulse);
    this.#raw.set(connection, raw);
    this.connections.add(connection);
    this.opened++;
    socket.on("close", () => {
      this.connections.delete(connection);
      this.#pulse.changed();
    });
    connection.onStream = (stream) => {
      const path = firstValue(stream.heads[0] ?? [], ":path") ?? "";
      const arrivals = this.#arrivals.get(path);
      if (arrivals) arrivals.push(stream);
      else this.#arrivals.set(path, [stream]);
    };
  }
}
