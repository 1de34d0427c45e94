// One HTTP/2 connection for our own calls: kept for a short while after the last of them, never what keeps a process alive.
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import http2, { type ClientHttp2Session, type ClientHttp2Stream, type OutgoingHttpHeaders } from "http2-wrapper";

/** Descriptors come in one message of up to some hundred KiB; with the default of 64 KiB each would wait for the round trip. */
const WINDOW_BYTES = 1024 * 1024;

/** A server's header fields are a status and a few words; node's own count is 128. */
const MAX_HEADER_BYTES = 64 * 1024;

export class Http2Connection {
  readonly #session: ClientHttp2Session;
  readonly #idleMs: number;
  #idle: NodeJS.Timeout | undefined;
  /** `http` or `https`: what `:scheme` is (RFC 9113 §8.3.1). */
  readonly scheme: string;

  /** @param socket connected and with its TLS handshake done; the connection's from now on */
  constructor(socket: Socket, idleMs: number) {
    this.scheme = socket instanceof TLSSocket ? "https" : "http";
    this.#idleMs = idleMs;
    // The origin is for node's own book-keeping: where to is what the socket says, and each request brings its authority.
    this.#session = http2.connect("http://localhost", {
      createConnection: () => socket,
      settings: { enablePush: false, initialWindowSize: WINDOW_BYTES, maxHeaderListSize: MAX_HEADER_BYTES },
    });
    this.#session.on("connect", () => this.#session.setLocalWindowSize(WINDOW_BYTES));
    // Told by the end of the stream that suffers from it; a listener must be there all the same.
    this.#session.on("error", () => {});
    // The dialled socket is half-open by design; we have nothing more to say to a server that has ended.
    socket.on("end", () => this.destroy());
  }

  /** Node closes a session that got a GOAWAY: calls go on, and no new one may begin. */
  get usable(): boolean {
    return !this.#session.closed && !this.#session.destroyed;
  }

  /** @throws Error when the connection went away, or node finds the headers at fault */
  request(headers: OutgoingHttpHeaders): ClientHttp2Stream {
    clearTimeout(this.#idle);
    this.#session.ref();
    return this.#session.request(headers, { endStream: false });
  }

  /** No call is under way: ends by itself unless there is one soon. */
  rest(): void {
    clearTimeout(this.#idle);
    if (!this.usable) {
      this.destroy();
      return;
    }
    this.#session.unref();
    this.#idle = setTimeout(() => this.destroy(), this.#idleMs);
    this.#idle.unref();
  }

  destroy(): void {
    clearTimeout(this.#idle);
    this.#session.destroy();
  }
}
