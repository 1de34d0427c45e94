// Opens the server's leg: TCP or a Unix socket, and TLS over it with what the client asked for.
import { isIP, type Socket } from "node:net";
import { type PeerCertificate, type SecureContext, TLSSocket, connect as tlsConnect } from "node:tls";
import { connectInChunks, type ReadBuffers } from "./chunks.js";
import { type Target, targetName } from "./target.js";

/** A server that does not answer within this is out of reach; gRPC clients give up after 20 s. */
export const DIAL_TIMEOUT_MS = 10_000;

/** One end of what is carried: `stream` is read and written, `raw` is the socket under it. */
export interface Leg {
  readonly stream: Socket | TLSSocket;
  readonly raw: Socket;
  /** Whether `raw` is TCP, which knows resets, or a Unix socket. */
  readonly tcp: boolean;
}

/** How the proxy reaches servers. */
export interface DialOptions {
  /** Accepts any certificate. */
  readonly insecure: boolean;
  /** Whom the proxy trusts, and the certificate it shows to servers that ask for one. */
  readonly context: SecureContext;
  /** Sent and verified in place of the client's. */
  readonly servername: string | undefined;
  /** What sockets are read into. */
  readonly buffers: ReadBuffers;
  /** Whether it is the proxy itself that was reached. */
  isSelf(dialed: Socket): boolean;
  /** Told of every socket, so that the proxy can end it when it ends itself. */
  opened(socket: Socket): void;
}

/** What the client asked for in its hello. */
export interface TlsWish {
  readonly servername?: string | undefined;
  readonly alpn?: readonly string[] | undefined;
}

/** Why no server was reached, in one line that names it. */
export class DialError extends Error {}

/**
 * Connects to a server.
 * @param giveUp ends the attempt
 * @throws DialError
 */
export async function dial(target: Target, options: DialOptions, giveUp: AbortSignal): Promise<Leg> {
  let raw: Socket;
  try {
    if (giveUp.aborted) throw new Error("the client left");
    raw =
      target.kind === "unix"
        ? connectInChunks({ path: target.path, allowHalfOpen: true }, options.buffers)
        : connectInChunks(
            { host: target.host, port: target.port, allowHalfOpen: true, noDelay: true },
            options.buffers,
          );
    options.opened(raw);
    await ready(raw, raw, "connect", giveUp);
  } catch (error) {
    throw new DialError(`framelens cannot reach ${targetName(target)}: ${reasonOf(error)}`, { cause: error });
  }
  if (options.isSelf(raw)) {
    raw.destroy();
    throw new DialError(`framelens refuses to connect to itself (${targetName(target)})`);
  }
  return { stream: raw, raw, tcp: target.kind === "tcp" };
}

/** Speaks TLS over a leg that nobody reads yet. @throws DialError */
export async function startTls(
  { raw, tcp }: Leg,
  target: Target,
  wish: TlsWish,
  options: DialOptions,
  giveUp: AbortSignal,
): Promise<Leg & { readonly stream: TLSSocket }> {
  const host = target.kind === "unix" ? undefined : target.host;
  const name = options.servername ?? wish.servername ?? host;
  try {
    const stream = tlsConnect({
      socket: raw,
      secureContext: options.context,
      rejectUnauthorized: !options.insecure,
      ...(name === undefined ? {} : { host: name }),
      // An address is verified like a name, but no server name (RFC 6066 §3).
      ...(name === undefined || isIP(name) !== 0 ? {} : { servername: name }),
      ...alpnOption(wish.alpn),
    });
    stream.getPeerCertificate = leafCertificate as TLSSocket["getPeerCertificate"];
    await ready(stream, raw, "secureConnect", giveUp);
    return { stream, raw, tcp };
  } catch (error) {
    raw.destroy();
    throw tlsFailure(target, error);
  }
}

/**
 * Node makes objects of the whole chain before it compares the names of the server's own certificate: a sixth of what carrying a
 * connection over TLS costs. @returns that certificate alone
 */
function leafCertificate(this: TLSSocket): PeerCertificate {
  return TLSSocket.prototype.getPeerCertificate.call(this, false);
}

/** Whether the server asked for a certificate in its handshake: only then it names the signatures that it takes (RFC 8446 §4.3.2). */
export function asksForCertificate(stream: TLSSocket): boolean {
  return stream.getSharedSigalgs().length > 0;
}

/** @param cause what went wrong in the handshake, or right after it */
export function tlsFailure(target: Target, cause: unknown): DialError {
  return new DialError(`framelens cannot speak TLS with ${targetName(target)}: ${reasonOf(cause)}`, { cause });
}

/**
 * Protocol names as they go into a hello: octet for octet, and without those that would bring the program down.
 * @param names one char per octet, as a peer sent them. Node aborts on an empty name, and throws on one over 255 octets,
 * which it counts as UTF-8 (RFC 7301 §3.1: 1 to 255 octets).
 */
export function alpnOption(names: readonly string[] | undefined): { readonly ALPNProtocols?: Uint8Array } {
  const octets = (names ?? [])
    .filter((name) => name !== "")
    .map((name) => Buffer.from(name, "latin1").subarray(0, 255));
  if (octets.length === 0) return {};
  return { ALPNProtocols: Buffer.concat(octets.flatMap((name) => [Buffer.of(name.length), name])) };
}

/** Waits for a socket to be of use. Errors that come later are told by the close that follows each of them. */
function ready(socket: Socket, raw: Socket, event: string, giveUp: AbortSignal): Promise<void> {
  socket.on("error", () => {});
  raw.on("error", () => {});
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => fail(new Error(`no answer within ${DIAL_TIMEOUT_MS / 1000} s`)), DIAL_TIMEOUT_MS);
    const onAbort = () => fail(new Error("the client left"));
    const onClose = () => fail(new Error("the server closed the connection"));
    const done = () => {
      clearTimeout(timer);
      giveUp.removeEventListener("abort", onAbort);
      socket.removeListener(event, onReady);
      socket.removeListener("error", fail);
      socket.removeListener("close", onClose);
    };
    const onReady = () => {
      done();
      resolve();
    };
    const fail = (error: Error) => {
      done();
      socket.destroy();
      reject(error);
    };
    socket.once(event, onReady);
    socket.once("error", fail);
    socket.once("close", onClose);
    if (giveUp.aborted) onAbort();
    else giveUp.addEventListener("abort", onAbort, { once: true });
  });
}

/** As servers of TLS 1.2 put it, and as OpenSSL 3.0 and 3.2 call it. */
const BAD_CERTIFICATE = "the server refuses the client certificate, or that there is none; --cert FILE --key FILE";

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ENOTFOUND: "no such host",
  EAI_AGAIN: "name lookup failed",
  ETIMEDOUT: "timed out",
  EHOSTUNREACH: "host unreachable",
  ENETUNREACH: "network unreachable",
  ECONNRESET: "connection reset",
  ENOENT: "no such socket",
  EACCES: "permission denied",
  EPROTO: "TLS handshake failed; does the server speak TLS?",
  ERR_SSL_WRONG_VERSION_NUMBER: "the server does not speak TLS; say http://host:port for plaintext",
  ERR_SSL_PACKET_LENGTH_TOO_LONG: "the server does not speak TLS; say http://host:port for plaintext",
  ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL: "the server speaks none of the protocols that the client offers (ALPN)",
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: "the server asks for a client certificate; --cert FILE --key FILE",
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA:
    "the server does not trust the client certificate (unknown CA); --cert FILE --key FILE",
  "ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE": BAD_CERTIFICATE,
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: BAD_CERTIFICATE,
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is not trusted (self-signed); --cacert FILE or --insecure",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate is not trusted (unknown CA); --cacert FILE or --insecure",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate is not trusted (unknown CA); --cacert FILE or --insecure",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its certificate is not trusted (unknown CA); --cacert FILE or --insecure",
  CERT_HAS_EXPIRED: "its certificate has expired; --insecure",
  CERT_NOT_YET_VALID: "its certificate is not valid yet; --insecure",
};

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // A name with several addresses fails with one error an address.
  const inner = error instanceof AggregateError && error.errors[0] instanceof Error ? error.errors[0] : error;
  const code = "code" in inner && typeof inner.code === "string" ? inner.code : "";
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") return `${oneLine(inner.message)}; --servername NAME or --insecure`;
  const known = REASONS[code];
  if (known !== undefined) return `${known} (${code})`;
  return code === "" ? oneLine(inner.message) : `${oneLine(inner.message)} (${code})`;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim().slice(0, 200);
}
