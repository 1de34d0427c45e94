// TLS on the client's leg: the handshake as its server, and what it came to.
import type { Socket } from "node:net";
import { type SecureContext, TLSSocket } from "node:tls";
import type { TlsFacts } from "../model/events.js";
import { alpnOption } from "./dial.js";

/** Many clients say nothing when they do not trust a certificate. */
export const CLIENT_LEFT_TLS =
  'client left during the TLS handshake; if it does not trust framelens, see "framelens ca instructions"';

/**
 * @param socket nobody reads it yet; the hello is what is read next
 * @param alpn the protocol to choose; undefined for none
 * @returns why there is no TLS, in one line; the socket is then gone
 */
export function acceptTls(
  socket: Socket,
  secureContext: SecureContext,
  alpn: string | undefined,
): Promise<TLSSocket | string> {
  if (socket.destroyed) return Promise.resolve(CLIENT_LEFT_TLS);
  const stream = new TLSSocket(socket, {
    isServer: true,
    secureContext,
    ...alpnOption(alpn === undefined ? undefined : [alpn]),
  });
  return new Promise((resolve) => {
    const fail = (why: string) => {
      resolve(why);
      if (!secure) stream.destroy();
    };
    let secure = false;
    stream.once("secure", () => {
      secure = true;
      resolve(stream);
    });
    stream.on("error", (error: NodeJS.ErrnoException) => fail(problemOf(error)));
    // A FIN ends nothing by itself, as sockets here may be half-open.
    stream.once("end", () => fail(CLIENT_LEFT_TLS));
    // One that came before TLS read the socket, right behind the hello say, is told by the socket alone.
    socket.once("end", () => fail(CLIENT_LEFT_TLS));
    stream.once("close", () => fail(CLIENT_LEFT_TLS));
  });
}

/** @param servername what was asked for */
export function tlsFacts(stream: TLSSocket, servername: string | undefined): TlsFacts {
  const version = stream.getProtocol();
  return {
    ...(version === null ? {} : { version }),
    ...(typeof stream.alpnProtocol === "string" ? { alpn: stream.alpnProtocol } : {}),
    ...(servername === undefined ? {} : { servername }),
  };
}

const UNTRUSTED = /ALERT_(UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_UNKNOWN)/;

function problemOf(error: NodeJS.ErrnoException): string {
  const code = error.code ?? error.message;
  if (UNTRUSTED.test(code))
    return `client does not trust the certificate of framelens (${code}); see "framelens ca instructions"`;
  return `TLS handshake with the client failed (${code})`;
}
