// What a client asks of a forward proxy before it speaks its own protocol: HTTP CONNECT and SOCKS5, each with its answers.
import type { Socket } from "node:net";
import { readConnect } from "./http-connect.js";
import { peek } from "./peek.js";
import { http1Refusal } from "./refusal.js";
import { greetingReply, readGreeting, readSocksRequest, SOCKS_REPLY, socksReply } from "./socks5.js";
import type { Target } from "./target.js";

export type Tunnel =
  | {
      readonly kind: "open";
      readonly target: Target;
      /** What was read behind the request: the tunnel's first octets. */
      readonly bytes: Buffer;
    }
  | {
      readonly kind: "refused";
      /** One line. */
      readonly reason: string;
      /** What to tell the client. */
      readonly answer: Uint8Array;
    };

/** @param already what was read of the client */
export type TunnelReader = (socket: Socket, already: Buffer) => Promise<Tunnel>;

/** RFC 9110 §9.3.6. Opened before the server is reached: what fails then is told in what the client speaks inside. */
export const readHttpConnect: TunnelReader = async (socket, already) => {
  const head = await peek(socket, already, (bytes) => whole(readConnect(bytes)));
  if (head.found?.kind !== "connect") {
    const reason = `framelens: ${head.found?.message ?? "CONNECT request was cut"}`;
    return { kind: "refused", reason, answer: http1Refusal(reason, "400 Bad Request") };
  }
  socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
  return { kind: "open", target: head.found.target, bytes: head.bytes.subarray(head.found.length) };
};

/** RFC 1928 §3 to §6. */
export const readSocks5: TunnelReader = async (socket, already) => {
  const greeting = await peek(socket, already, (bytes) => whole(readGreeting(bytes)));
  if (greeting.found === undefined) return refused("SOCKS5 greeting was cut", new Uint8Array(0));
  if (!greeting.found.noAuth)
    return refused("SOCKS5 client offers no method without authentication", greetingReply(false));
  socket.write(greetingReply(true));
  const rest = greeting.bytes.subarray(greeting.found.length);
  const request = await peek(socket, rest, (bytes) => whole(readSocksRequest(bytes)));
  if (request.found === undefined) return refused("SOCKS5 request was cut", new Uint8Array(0));
  if (request.found.kind === "bad") return refused(request.found.message, socksReply(request.found.reply));
  socket.write(socksReply(SOCKS_REPLY.succeeded));
  return { kind: "open", target: request.found.target, bytes: request.bytes.subarray(request.found.length) };
};

function refused(reason: string, answer: Uint8Array): Tunnel {
  return { kind: "refused", reason, answer };
}

function whole<R extends { readonly kind: string }>(read: R): Exclude<R, { readonly kind: "more" }> | undefined {
  return read.kind === "more" ? undefined : (read as Exclude<R, { readonly kind: "more" }>);
}
