// The client of the selftest: opens a connection to the proxy under test, plaintext or TLS.
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { Connection, type ConnectionOptions } from "./connection.js";
import type { Pulse } from "./pulse.js";

export interface Target {
  readonly host: string;
  readonly port: number;
  /** Present to speak TLS: whom to trust, and the name to ask for. */
  readonly tls?: { readonly ca: readonly string[]; readonly servername: string };
}

/** A socket that is connected and, with TLS, whose peer is verified. */
export function dial(target: Target, alpn: readonly string[], signal: AbortSignal): Promise<Socket> {
  const { host, port, tls } = target;
  return new Promise((resolve, reject) => {
    const socket = tls
      ? connectTls({ host, port, ca: [...tls.ca], servername: tls.servername, ALPNProtocols: [...alpn] })
      : connect({ host, port });
    const aborted = () => {
      socket.destroy();
      reject(signal.reason);
    };
    const settled = () => signal.removeEventListener("abort", aborted);
    signal.addEventListener("abort", aborted);
    socket.once(tls ? "secureConnect" : "connect", () => {
      settled();
      socket.off("error", reject);
      resolve(socket);
    });
    socket.once("error", reject);
    socket.once("error", settled);
    if (signal.aborted) aborted();
  });
}

/** An HTTP/2 connection to the target; its preface and SETTINGS are on their way. */
export async function dialHttp2(
  target: Target,
  pulse: Pulse,
  signal: AbortSignal,
  options: ConnectionOptions = {},
): Promise<Connection> {
  return new Connection("client", await dial(target, ["h2"], signal), pulse, options);
}
