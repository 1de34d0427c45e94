// Whether a server turned out to be the proxy itself: a connection there would come back, and again, for ever.
import type { Socket } from "node:net";

/**
 * Asked of the socket, because a name may be written in many ways: 127.1, 0, localhost., ::ffff:127.0.0.1.
 * @param bound where the proxy listens, as the system tells it
 */
export function leadsBack(dialed: Socket, bound: { readonly address: string; readonly port: number }): boolean {
  const to = plain(dialed.remoteAddress);
  if (to === undefined || dialed.remotePort !== bound.port) return false;
  const listening = plain(bound.address);
  if (listening !== "0.0.0.0" && listening !== "::") return to === listening;
  // Who listens on all addresses is met wherever the other end is this machine as well.
  return to === plain(dialed.localAddress) || to.startsWith("127.") || to === "::1";
}

/** An IPv4 address inside an IPv6 one is itself (RFC 4291 §2.5.5.2). */
function plain(address: string | undefined): string | undefined {
  return address?.replace(/^::ffff:(?=\d+\.)/i, "");
}
