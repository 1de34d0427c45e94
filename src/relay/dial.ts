// Opens the server's leg: TCP or a Unix socket, and TLS over it with what the client asked for.
import { connect, isIP, type Socket } from "node:net";
import { rootCertificates, type TLSSocket, connect as tlsConnect } from "node:tls";
import { type Target, targetName } from "./target.js";

/** A server that does not answer within this is out of reach; gRPC clients give up after 20 s. */
const DIAL_TIMEOUT_MS = 10_000;

/** One end of what is carried: `stream` is read and written, `raw` is the socket under it. */
export interface Leg {
  readonly stream: Socket | TLSSocket;
  readonly raw: Socket;
}

/** How the proxy speaks TLS to servers. */
export interface UpstreamTls {
  readonly insecure: boolean;
  /** PEM, trusted besides the well-known roots. */
  readonly ca: string | undefined;
  /** PEM of the certificate shown to servers that ask for one. */
  readonly cert: string | undefined;
  readonly key: string | undefined;
  /** Sent and verified in place of the client's. */
  readonly servername: string | undefined;
}

/** What the client asked for in its hello; undefined for plaintext. */
export interface TlsWish {
  readonly servername: string | undefined;
  readonly alpn: readonly string[] | undefined;
}

/** Why no server was reached, in one line that names it. */
export class DialError extends Error {}

/**
 * @param wish undefined for a plaintext leg
 * @param giveUp ends the attempt
 * @throws DialError
 */
export async function dial(
  target: Target,
  wish: TlsWish | undefined,
  tls: UpstreamTls,
  giveUp: AbortSignal,
): Promise<Leg> {
  const raw = await dialSocket(target, giveUp);
  return wish === undefined ? { stream: raw, raw } : startTls(raw, target, wish, tls, giveUp);
}

/** @throws DialError */
export async function dialSocket(target: Target, giveUp: AbortSignal): Promise<Socket> {
  const raw =
    target.kind === "unix"
      ? connect({ path: target.path, allowHalfOpen: true })
      : connect({ host: target.host, port: target.port, allowHalfOpen: true, noDelay: true });
  try {
    await ready(raw, raw, "connect", giveUp);
    return raw;
  } catch (error) {
    throw new DialError(`framelens cannot reach ${targetName(target)}: ${reasonOf(error)}`, { cause: error });
  }
}

/** TLS over a socket that nobody reads yet. @throws DialError */
export async function startTls(
  raw: Socket,
  target: Target,
  wish: TlsWish,
  tls: UpstreamTls,
  giveUp: AbortSignal,
): Promise<Leg> {
  const host = target.kind === "unix" ? undefined : target.host;
  const servername = tls.servername ?? wish.servername ?? (host !== undefined && isIP(host) === 0 ? host : undefined);
  try {
    const stream = tlsConnect({
      socket: raw,
      ...(host === undefined ? {} : { host }),
      ...(servername === undefined ? {} : { servername }),
      ...(wish.alpn === undefined ? {} : { ALPNProtocols: [...wish.alpn] }),
      ...(tls.ca === undefined ? {} : { ca: [...rootCertificates, tls.ca] }),
      ...(tls.cert === undefined ? {} : { cert: tls.cert, key: tls.key ?? tls.cert }),
      rejectUnauthorized: !tls.insecure,
    });
    await ready(stream, raw, "secureConnect", giveUp);
    return { stream, raw };
  } catch (error) {
    raw.destroy();
    throw new DialError(`framelens cannot speak TLS with ${targetName(target)}: ${reasonOf(error)}`, { cause: error });
  }
}

function ready(socket: Socket, raw: Socket, event: string, giveUp: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => fail(new Error(`no answer within ${DIAL_TIMEOUT_MS / 1000} s`)), DIAL_TIMEOUT_MS);
    const onAbort = () => fail(new Error("the client left"));
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
    const onClose = () => fail(new Error("the server closed the connection"));
    const fail = (error: Error) => {
      done();
      // Whatever else it says while it goes has been said.
      socket.on("error", () => {});
      raw.on("error", () => {});
      socket.destroy();
      raw.destroy();
      reject(error);
    };
    socket.once(event, onReady);
    socket.once("error", fail);
    socket.once("close", onClose);
    if (giveUp.aborted) onAbort();
    else giveUp.addEventListener("abort", onAbort, { once: true });
  });
}

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
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is not trusted (self-signed); --cacert FILE or --insecure",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate is not trusted (unknown CA); --cacert FILE or --insecure",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate is not trusted (unknown CA); --cacert FILE or --insecure",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its certificate is not trusted (unknown CA); --cacert FILE or --insecure",
  CERT_HAS_EXPIRED: "its certificate has expired; --insecure",
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
