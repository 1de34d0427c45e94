// The proxy: one port that takes every client, a capture of what passes, and an orderly end.
import { createServer, type Server, type Socket } from "node:net";
import { createSecureContext, type SecureContext } from "node:tls";
import { Capture, type CaptureOptions } from "../capture/capture.js";
import { EventCursor } from "../capture/cursor.js";
import { EXIT, FramelensError } from "../model/errors.js";
import type { CaptureEvent, DroppedEvent } from "../model/events.js";
import { type CarryOptions, carry } from "./carry.js";
import { CertificateAuthority } from "./certificate-authority.js";
import { hostPort, parseListen, parseUpstream, type Target } from "./target.js";

export interface ProxyOptions extends CaptureOptions {
  /** host:port, http://host:port, https://host:port or unix:/path; absent: a forward proxy (HTTP CONNECT, SOCKS5). */
  readonly upstream?: string;
  /** [host:]port, default 127.0.0.1:50050; port 0 picks a free one. */
  readonly listen?: string;
  /** Does not verify the server's certificate. */
  readonly insecure?: boolean;
  /** PEM of CAs that are trusted for servers besides the well-known ones. */
  readonly cacert?: string;
  /** PEM of a certificate and its key to show to servers that ask for one. */
  readonly cert?: string;
  readonly key?: string;
  /** Sent to servers and verified in place of the name that the client asked for. */
  readonly servername?: string;
  /** PEM of the certificate and key that clients are shown; default: a leaf of our own CA for the name they ask for. */
  readonly serveCert?: string;
  readonly serveKey?: string;
  /** The folder of our own CA, made at first use; default as in `framelens ca path`. */
  readonly caDir?: string;
}

export interface RunningProxy {
  /** Where clients connect to. */
  readonly address: { readonly host: string; readonly port: number };
  readonly capture: Capture;
  /**
   * Calls back with every event from now on, in order, in batches a turn of the event loop after it happened.
   * @returns a function that ends it
   */
  onEvent(listener: (event: CaptureEvent | DroppedEvent) => void): () => void;
  /**
   * Takes no more clients, lets the calls in flight end, then closes every connection.
   * @param graceMs how long they may take; default 0
   */
  close(graceMs?: number): Promise<void>;
}

/** How often a closing proxy looks whether calls are still open. */
const GRACE_STEP_MS = 20;

/**
 * Starts a proxy.
 * @throws FramelensError ERR_UPSTREAM, ERR_LISTEN, ERR_CERTIFICATE
 */
export async function createProxy(options: ProxyOptions = {}): Promise<RunningProxy> {
  const upstream = options.upstream === undefined ? undefined : parseUpstream(options.upstream);
  const listen = parseListen(options.listen ?? "127.0.0.1:50050");
  checkPair(options.cert, options.key, "cert", "key");
  checkPair(options.serveCert, options.serveKey, "serveCert", "serveKey");
  const capture = new Capture(options);
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true });
  const address = await listening(server, listen.host, listen.port);
  let closing = false;
  const carryOptions: CarryOptions = {
    capture,
    upstream,
    upstreamTls: {
      insecure: options.insecure ?? false,
      ca: options.cacert,
      cert: options.cert,
      key: options.key,
      servername: options.servername,
    },
    contextFor: contexts(options),
    isSelf: (target) => isSelf(target, address),
    isClosing: () => closing,
    now: () => performance.timeOrigin + performance.now(),
  };
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    // What fails here is ours; the client is cut off, the others go on.
    carry(socket, carryOptions).catch((error: unknown) => {
      socket.destroy();
      process.emitWarning(error instanceof Error ? error : new Error(String(error)));
    });
  });
  return {
    address,
    capture,
    onEvent: (listener) => new EventCursor(capture, capture.newestSeq + 1).follow(listener),
    async close(graceMs = 0) {
      const stopped = new Promise<void>((resolve) => server.close(() => resolve()));
      await callsEnded(capture, graceMs);
      closing = true;
      for (const socket of sockets) socket.destroy();
      await stopped;
      // The other legs close, and say so, a turn later.
      while (capture.counters.openConnections > 0) await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

function listening(server: Server, host: string, port: number): Promise<{ host: string; port: number }> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const why =
        error.code === "EADDRINUSE"
          ? "the port is in use"
          : error.code === "EACCES"
            ? "permission denied"
            : error.message;
      reject(
        new FramelensError("ERR_LISTEN", `cannot listen on ${hostPort(host, port)}: ${why}`, {
          exitCode: EXIT.listen,
          cause: error,
        }),
      );
    });
    server.listen({ host, port, backlog: 1024 }, () => {
      const bound = server.address();
      resolve({ host, port: bound !== null && typeof bound === "object" ? bound.port : port });
    });
  });
}

function contexts(options: ProxyOptions): (servername: string | undefined) => Promise<SecureContext> {
  if (options.serveCert !== undefined) {
    const context = secureContext(options.serveCert, options.serveKey ?? options.serveCert, "serveCert");
    return () => Promise.resolve(context);
  }
  let authority: Promise<CertificateAuthority> | undefined;
  return async (servername) => {
    authority ??= CertificateAuthority.open(options.caDir);
    return (await authority).contextFor(servername);
  };
}

function checkPair(cert: string | undefined, key: string | undefined, certName: string, keyName: string): void {
  if (cert === undefined && key !== undefined) {
    throw new FramelensError("ERR_CERTIFICATE", `${keyName} without ${certName}; expected both`, {
      exitCode: EXIT.usage,
    });
  }
  if (cert !== undefined) secureContext(cert, key ?? cert, certName);
}

function secureContext(cert: string, key: string, what: string): SecureContext {
  try {
    return createSecureContext({ cert, key, ca: [] });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new FramelensError("ERR_CERTIFICATE", `${what}: ${reason}; expected a certificate and its key in PEM`, {
      exitCode: EXIT.usage,
      cause: error,
    });
  }
}

function isSelf(target: Target, address: { readonly host: string; readonly port: number }): boolean {
  if (target.kind === "unix" || target.port !== address.port) return false;
  const host = target.host.toLowerCase();
  return (
    host === address.host ||
    host === "localhost" ||
    host === "::1" ||
    host.startsWith("127.") ||
    host === "0.0.0.0" ||
    host === "::"
  );
}

async function callsEnded(capture: Capture, graceMs: number): Promise<void> {
  for (let left = graceMs; left > 0 && capture.counters.openCalls > 0; left -= GRACE_STEP_MS) {
    await new Promise((resolve) => setTimeout(resolve, GRACE_STEP_MS));
  }
}
