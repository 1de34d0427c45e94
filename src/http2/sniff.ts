// What a client speaks, told by its first octets, so that one port serves all.
import { CLIENT_PREFACE } from "./frames.js";

/** More octets than this are never looked at. */
export const MAX_SNIFF_BYTES = 64;

/** `h2` with prior knowledge, TLS, SOCKS5 (RFC 1928), HTTP/1 CONNECT, other HTTP/1, `more` octets needed, or none of these. */
export type Sniffed = "h2" | "tls" | "socks5" | "connect" | "http/1.1" | "more" | "unknown";

/** Octets of the preface that no HTTP/1 request shares: "PRI * HTTP/2.0". */
const H2_BYTES = 14;

export function sniff(bytes: Uint8Array): Sniffed {
  const first = bytes[0];
  if (first === undefined) return "more";
  // TLS record: handshake, major version 3 (RFC 8446 §5.1).
  if (first === 0x16) return bytes.length < 2 ? "more" : bytes[1] === 3 ? "tls" : "unknown";
  // SOCKS version 5, then at least one method.
  if (first === 5) return bytes.length < 2 ? "more" : bytes[1]! > 0 ? "socks5" : "unknown";
  return sniffHttp(bytes);
}

function sniffHttp(bytes: Uint8Array): Sniffed {
  const length = Math.min(bytes.length, MAX_SNIFF_BYTES);
  let same = 0;
  while (same < length && same < H2_BYTES && bytes[same] === CLIENT_PREFACE[same]) same++;
  if (same === H2_BYTES) return "h2";
  if (same === length) return "more";
  // An HTTP/1 method: upper-case letters or hyphens, at most 20 of them, and a space.
  let at = 0;
  while (at < length && isMethodOctet(bytes[at]!)) at++;
  if (at > 20 || (at === 0 && length > 0)) return "unknown";
  if (at === length) return "more";
  if (bytes[at] !== 0x20) return "unknown";
  return String.fromCharCode(...bytes.subarray(0, at)) === "CONNECT" ? "connect" : "http/1.1";
}

function isMethodOctet(octet: number): boolean {
  return (octet >= 0x41 && octet <= 0x5a) || octet === 0x2d;
}
