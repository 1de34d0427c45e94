// A connection of our own to the server that clients reach through the proxy: same address, same TLS. The one file here that knows relay/.
import type { Socket } from "node:net";
import { DialError, type DialOptions, dial, startTls } from "../../relay/dial.js";
import { parseAuthority, type Target } from "../../relay/target.js";
import type { Peer } from "./peers.js";

/**
 * Opens it.
 * @param options how the proxy itself reaches servers
 * @throws DialError
 */
export async function dialPeer(peer: Peer, options: DialOptions, giveUp: AbortSignal): Promise<Socket> {
  const target = targetOf(peer.server);
  const leg = await dial(target, options, giveUp);
  if (!peer.tls) return leg.stream;
  const { stream } = await startTls(leg, target, { servername: peer.servername, alpn: ["h2"] }, options, giveUp);
  // A server without ALPN may speak HTTP/2 all the same.
  if (stream.alpnProtocol === "h2" || !stream.alpnProtocol) return stream;
  stream.destroy();
  throw new DialError(`framelens cannot ask ${peer.server}: it chose ${stream.alpnProtocol} (ALPN); must be h2`);
}

/** As `connection-opened` events name servers: host:port or unix:/path. */
function targetOf(server: string): Target {
  if (server.startsWith("unix:")) return { kind: "unix", path: server.slice("unix:".length), security: "as-client" };
  const target = parseAuthority(server);
  if (target === undefined) throw new DialError(`framelens cannot ask "${server}": no address of a server`);
  return target;
}
