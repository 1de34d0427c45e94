// The server's half of SOCKS 5 without authentication (RFC 1928): greeting, CONNECT, replies.
import { parseAuthority, type Target } from "./target.js";

export type Greeting =
  | { readonly kind: "greeting"; readonly noAuth: boolean; readonly length: number }
  | { readonly kind: "more" };

/** Version, number of methods, methods (§3). */
export function readGreeting(bytes: Uint8Array): Greeting {
  const methods = bytes[1];
  if (methods === undefined || bytes.length < 2 + methods) return { kind: "more" };
  return { kind: "greeting", noAuth: bytes.subarray(2, 2 + methods).includes(0), length: 2 + methods };
}

export type SocksRequest =
  | { readonly kind: "request"; readonly target: Target; readonly length: number }
  | { readonly kind: "more" }
  | { readonly kind: "bad"; readonly reply: number; readonly message: string };

/** Reply codes (§6). */
export const SOCKS_REPLY = {
  succeeded: 0,
  generalFailure: 1,
  commandNotSupported: 7,
  addressTypeNotSupported: 8,
} as const;

/** Version, command, reserved, address type, address, port (§4). */
export function readSocksRequest(bytes: Uint8Array): SocksRequest {
  if (bytes.length < 5) return { kind: "more" };
  if (bytes[0] !== 5)
    return { kind: "bad", reply: SOCKS_REPLY.generalFailure, message: `SOCKS version ${bytes[0]}; expected 5` };
  if (bytes[1] !== 1) {
    return {
      kind: "bad",
      reply: SOCKS_REPLY.commandNotSupported,
      message: `SOCKS command ${bytes[1]}; only CONNECT (1) is carried`,
    };
  }
  const type = bytes[3]!;
  const addressLength = type === 1 ? 4 : type === 4 ? 16 : type === 3 ? 1 + bytes[4]! : 0;
  if (addressLength === 0) {
    return {
      kind: "bad",
      reply: SOCKS_REPLY.addressTypeNotSupported,
      message: `SOCKS address type ${type}; expected 1, 3 or 4`,
    };
  }
  const length = 4 + addressLength + 2;
  if (bytes.length < length) return { kind: "more" };
  const address = bytes.subarray(4, 4 + addressLength);
  const port = (bytes[length - 2]! << 8) | bytes[length - 1]!;
  const host =
    type === 1
      ? address.join(".")
      : type === 4
        ? `[${ipv6(address)}]`
        : Buffer.from(address.subarray(1)).toString("latin1");
  const target = parseAuthority(`${host}:${port}`);
  if (target === undefined) {
    return {
      kind: "bad",
      reply: SOCKS_REPLY.generalFailure,
      message: `SOCKS target "${host.slice(0, 100)}:${port}"; expected a host and a port`,
    };
  }
  return { kind: "request", target, length };
}

/** The answer to a greeting: no authentication, or none that we know (0xff). */
export function greetingReply(noAuth: boolean): Uint8Array {
  return Uint8Array.of(5, noAuth ? 0 : 0xff);
}

/** @param reply one of {@link SOCKS_REPLY}; the bound address is given as 0.0.0.0:0 */
export function socksReply(reply: number): Uint8Array {
  return Uint8Array.of(5, reply, 0, 1, 0, 0, 0, 0, 0, 0);
}

function ipv6(address: Uint8Array): string {
  const groups: string[] = [];
  for (let at = 0; at < 16; at += 2) groups.push(((address[at]! << 8) | address[at + 1]!).toString(16));
  return groups.join(":");
}
