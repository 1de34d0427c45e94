// The proxy: one port that takes every client, a capture of what passes, and an orderly end.
import { X509Certificate } from "node:crypto";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createSecureContext, rootCertificates, type SecureContext } from "node:tls";
import { Capture, type CaptureOptions } from "../capture/capture.js";
import { EventCursor } from "../capture/cursor.js";
import { EXIT, FramelensError } from "../model/errors.js";
import type { CaptureEvent, DroppedEvent } from "../model/events.js";
import { type CarryOptions, carry } from "./carry.js";
import { CertificateAuthority, LOOPBACK_NAMES } from "./certificate-authority.js";
import { acceptInChunks, ReadBuffers } from "./chunks.js";
import type { DialOptions } from "./dial.js";
import { DialQueue, TURN_HANDSHAKES, TURNS_A_HANDSHAKE } from "./dial-queue.js";
import { leadsBack } from "./own-address.js";
import { hostPort, parseListen, parseUpstream } from "./target.js";

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
  /** How it reaches servers: for connections of our own that should do the same. */
  readonly dialOptions: DialOptions;
  /**
   * Calls back with every event from now on, in order, in batches a turn of the event loop after it happened.
   * @returns a function that ends it
   */
  onEvent(listener: (event: CaptureEvent | DroppedEvent) => void): () => void;
  /** Never connects to this address, which is another of our own: through the proxy, anybody could reach what is meant for us. */
  refuse(own: AddressInfo): void;
  /**
   * Takes no more clients, lets the calls in flight end, then closes every connection.
   * @param graceMs how long they may take; default 0
   */
  close(graceMs?: number): Promise<void>;
}

/** Unix ms; a getter each time it is asked for, and the clock is read for every chunk. */
const START_OF_CLOCK = performance.timeOrigin;

/**
 * Clients that the system connects before we take them, one a turn; Linux allows 4,096 unless told otherwise. One that finds no room
 * asks again after 1, 3 and 7 s, and honest ones wait as long as the others.
 */
const BACKLOG = 4096;

/** How often a closing proxy looks whether calls are still open. */
const GRACE_STEP_MS = 20;

/**
 * Starts a proxy.
 * @throws FramelensError ERR_UPSTREAM, ERR_LISTEN, ERR_CERTIFICATE, ERR_CA_UNUSABLE
 */
export async function createProxy(options: ProxyOptions = {}): Promise<RunningProxy> {
  const upstream = options.upstream === undefined ? undefined : parseUpstream(options.upstream);
  const listen = parseListen(options.listen ?? "127.0.0.1:50050");
  const contextFor = await contexts(options);
  const context = upstreamContext(options);
  const capture = new Capture(options);
  const buffers = new ReadBuffers();
  const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true });
  const bound = await listening(server, listen.host, listen.port);
  const own = [bound];
  /** Of clients and of servers. */
  const sockets = new Set<Socket>();
  const carried = new Set<Promise<void>>();
  let closing = false;
  const opened = (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  };
  const carryOptions: CarryOptions = {
    capture,
    upstream,
    dial: {
      insecure: options.insecure ?? false,
      context,
      servername: options.servername,
      buffers,
      isSelf: (dialed) => own.some((address) => leadsBack(dialed, address)),
      opened,
    },
    queue: new DialQueue(),
    handshakes: new DialQueue(TURN_HANDSHAKES, TURNS_A_HANDSHAKE),
    contextFor,
    isClosing: () => closing,
    now: () => START_OF_CLOCK + performance.now(),
  };
  server.on("connection", (accepted) => {
    carryOptions.queue.accepted();
    carryOptions.handshakes.accepted();
    const socket = acceptInChunks(accepted, buffers);
    opened(socket);
    // What fails here is ours; the client is cut off, the others go on.
    const done = carry(socket, carryOptions).catch(warn);
    carried.add(done);
    void done.then(() => carried.delete(done));
  });
  // No more descriptors, say: this client is lost, the next may find one.
  server.on("error", warn);
  return {
    address: { host: listen.host, port: bound.port },
    capture,
    dialOptions: carryOptions.dial,
    onEvent: (listener) => new EventCursor(capture, capture.newestSeq + 1).follow(listener),
    refuse: (address) => void own.push(address),
    async close(graceMs = 0) {
      const stopped = new Promise<void>((resolve) => server.close(() => resolve()));
      await callsEnded(capture, graceMs);
      closing = true;
      for (const socket of sockets) socket.destroy();
      await Promise.all([stopped, ...carried]);
    },
  };
}

function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : new Error(String(error)));
}

function listening(server: Server, host: string, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) => {
      const why =
        error.code === "EADDRINUSE"
          ? "the port is in use; give another, or 0 for a free one"
          : error.code === "EACCES"
            ? "permission denied"
            : error.message;
      reject(
        new FramelensError("ERR_LISTEN", `cannot listen on ${hostPort(host, port)}: ${why}`, {
          exitCode: EXIT.listen,
          cause: error,
        }),
      );
    };
    server.once("error", fail);
    server.listen({ host, port, backlog: BACKLOG }, () => {
      server.removeListener("error", fail);
      resolve(server.address() as AddressInfo);
    });
  });
}

/** What clients are shown. A folder of our CA that was named is opened at once, as its fault is the user's; the usual one when it is needed. */
async function contexts(options: ProxyOptions): Promise<CarryOptions["contextFor"]> {
  const own = pairContext(options.serveCert, options.serveKey, "serveCert", "serveKey", []);
  if (own !== undefined) return () => Promise.resolve(own);
  const { caDir } = options;
  let authority = caDir === undefined ? undefined : CertificateAuthority.open(caDir);
  await authority;
  return async (servername, left) => {
    authority ??= CertificateAuthority.open();
    return (await authority).contextFor(servername, LOOPBACK_NAMES, left);
  };
}

/** Whom we trust as a client of servers, and what we show them; made once, as the well-known roots take their time. */
function upstreamContext({ cacert, cert, key }: ProxyOptions): SecureContext {
  if (cacert !== undefined) readable("cacert", "a certificate in PEM", () => new X509Certificate(cacert));
  const ca = cacert === undefined ? undefined : [...rootCertificates, cacert];
  return pairContext(cert, key, "cert", "key", ca) ?? createSecureContext({ ca });
}

function pairContext(
  cert: string | undefined,
  key: string | undefined,
  certName: string,
  keyName: string,
  ca: string[] | undefined,
): SecureContext | undefined {
  if (cert === undefined && key !== undefined) {
    throw new FramelensError("ERR_CERTIFICATE", `${keyName} without ${certName}; expected both`, {
      exitCode: EXIT.usage,
    });
  }
  if (cert === undefined) return undefined;
  return readable(certName, "a certificate and its key in PEM", () =>
    createSecureContext({ cert, key: key ?? cert, ca }),
  );
}

function readable<T>(what: string, expected: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new FramelensError("ERR_CERTIFICATE", `${what}: ${reason}; expected ${expected}`, {
      exitCode: EXIT.usage,
      cause: error,
    });
  }
}

async function callsEnded(capture: Capture, graceMs: number): Promise<void> {
  for (let left = graceMs; left > 0 && capture.counters.openCalls > 0; left -= GRACE_STEP_MS) {
    await new Promise((resolve) => setTimeout(resolve, GRACE_STEP_MS));
  }
}
