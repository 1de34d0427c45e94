// A server and one client of it, whose only call is a stream at a steady pace. Run as a process of its own; over the IPC channel it
// tells the server's port, is told the proxy's, and then tells how many messages were sent.
import { connect, createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { grpcMessage } from "./h2.js";

const TURN_MS = 10;
const MESSAGE_BYTES = 64;

const perSecond = Number(process.argv[2]);
const server = createServer();
let sent = 0;
server.on("stream", (stream) => {
  stream.respond({ ":status": 200, "content-type": "application/grpc" });
  stream.on("error", () => {});
  const message = grpcMessage(MESSAGE_BYTES);
  const began = performance.now();
  let ofCall = 0;
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - began) * perSecond) / 1000);
    if (due === ofCall) return;
    stream.write(Buffer.concat(Array.from({ length: due - ofCall }, () => message)));
    sent += due - ofCall;
    ofCall = due;
    process.send?.({ sent, at: Date.now() });
  }, TURN_MS);
  stream.on("close", () => clearInterval(timer));
});
server.listen(0, "127.0.0.1", () => process.send?.({ port: (server.address() as AddressInfo).port }));

process.on("message", ({ proxy }: { readonly proxy: number }) => {
  const session = connect(`http://127.0.0.1:${proxy}`);
  const stream = session.request({
    ":method": "POST",
    ":path": "/bench.v1.Bench/Watch",
    "content-type": "application/grpc",
    te: "trailers",
  });
  stream.end(grpcMessage(MESSAGE_BYTES));
  stream.resume();
  for (const each of [session, stream]) each.on("error", (error) => process.send?.({ problem: error.message }));
});
process.on("disconnect", () => process.exit());
