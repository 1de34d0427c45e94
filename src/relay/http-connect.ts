// The head of an HTTP/1.1 request as a proxy reads it: CONNECT (RFC 9110 §9.3.6) and absolute-form (RFC 9112 §3.2.2).
import { parseAuthority, type Target } from "./target.js";

/** A head longer than this is refused. curl and Go send a few hundred octets. */
export const MAX_HEAD_BYTES = 16_384;

export type ConnectHead =
  | { readonly kind: "connect"; readonly target: Target; readonly length: number }
  | { readonly kind: "more" }
  | { readonly kind: "bad"; readonly message: string };

/** Reads a CONNECT request. `length` is that of the head; what follows is the tunnel's. */
export function readConnect(bytes: Uint8Array): ConnectHead {
  const end = endOfHead(bytes);
  if (end === 0) {
    return bytes.length > MAX_HEAD_BYTES
      ? { kind: "bad", message: `CONNECT head over ${MAX_HEAD_BYTES} octets` }
      : { kind: "more" };
  }
  const line = requestLine(bytes);
  const match = /^CONNECT ([^ ]+) HTTP\/1\.[01]$/.exec(line);
  const target = match === null ? undefined : parseAuthority(match[1]!);
  if (target === undefined)
    return { kind: "bad", message: `"${line.slice(0, 100)}"; expected CONNECT host:port HTTP/1.1` };
  return { kind: "connect", target, length: end };
}

/**
 * The server that an absolute-form request names: "GET http://host:port/path HTTP/1.1".
 * @param bytes the request line at least, up to and with its end
 */
export function readAbsoluteTarget(bytes: Uint8Array): Target | undefined {
  const authority = /^[A-Z-]+ http:\/\/([^/?# ]+)/i.exec(requestLine(bytes))?.[1];
  return authority === undefined ? undefined : parseAuthority(authority, 80);
}

export function requestLine(bytes: Uint8Array): string {
  const line = bytes.indexOf(0x0a);
  return Buffer.from(bytes.subarray(0, line < 0 ? bytes.length : line))
    .toString("latin1")
    .replace(/\r$/, "");
}

/** @returns the octets up to and with the empty line; 0 when it has not come within {@link MAX_HEAD_BYTES} */
export function endOfHead(bytes: Uint8Array): number {
  const at = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf("\r\n\r\n", 0, "latin1");
  return at < 0 || at > MAX_HEAD_BYTES ? 0 : at + 4;
}
