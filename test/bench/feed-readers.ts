// Subscribers of a feed that take what they are told and count it. Arguments: url, token, how many.
import { WebSocket } from "ws";
import { SUBPROTOCOL, TOKEN_SUBPROTOCOL_PREFIX } from "../../src/feed/messages.js";

const [url = "", token = "", readers = "1"] = process.argv.slice(2);
/** Each event of a batch has one; parsing them all would take the processor from the backend. */
const EVENT = Buffer.from('"seq":');
/** How often the bench is told. */
const TELL_MS = 100;
let events = 0;

const opened = Array.from({ length: Number(readers) }, () => {
  const socket = new WebSocket(url, [SUBPROTOCOL, TOKEN_SUBPROTOCOL_PREFIX + token], { perMessageDeflate: false });
  socket.on("message", (data: Buffer) => {
    for (let at = data.indexOf(EVENT); at >= 0; at = data.indexOf(EVENT, at + EVENT.length)) events++;
  });
  return new Promise<void>((resolve, reject) => {
    socket.once("message", () => {
      socket.send(JSON.stringify({ op: "subscribe", id: 1, want: "messages", batch: true }));
      resolve();
    });
    socket.once("error", reject);
  });
});
await Promise.all(opened);
process.send?.({ events: 0 });
setInterval(() => process.send?.({ events }), TELL_MS);
