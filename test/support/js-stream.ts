// A socket as a stream of JavaScript alone, for node:http2 at the ends of a test.
import type { Socket } from "node:net";
import { Duplex } from "node:stream";

/**
 * node:http2 reaches for the handle below a socket. Over TLS it then misses some of the socket's ends, and when a write is
 * under way at such an end it takes all of Node with it (assertion in Http2Session::ConsumeHTTP2Data, Node 20).
 * @returns the same octets and ends, behind no handle
 */
export function jsStream(socket: Socket): Duplex {
  const stream = new Duplex({
    read: () => void socket.resume(),
    write: (chunk: Buffer, _encoding, done) => void socket.write(chunk, done),
    final: (done) => void socket.end(() => done()),
    destroy: (error, done) => {
      socket.destroy();
      done(error);
    },
  });
  stream.on("error", () => {});
  socket.on("error", () => {});
  socket.on("data", (chunk: Buffer) => {
    if (!stream.push(chunk)) socket.pause();
  });
  socket.on("end", () => stream.push(null));
  socket.on("close", () => stream.destroy());
  return stream;
}
