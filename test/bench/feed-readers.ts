// Subscribers of a feed that take what they are told and count it. Arguments: url, token, how many.
import { WebSocket } from "ws";
import { type FeedMessage, type Hello, SUBPROTOCOL, TOKEN_SUBPROTOCOL_PREFIX } from "../../src/feed/messages.js";

const [url = "", token = "", readers = "1"] = process.argv.slice(2);
/** Each event of a batch has one; parsing them all would take the processor from the backend. */
const EVENT = Buffer.from('"seq":');
/** How often the bench is told. */
const TELL_MS = 100;
const TRY_AGAIN = 1013;
let events = 0;

/** Reads on from where it was whenever it is closed as too slow, as a client would. @param resume what it has of which session */
function read(resume: { readonly since?: number; readonly session?: string }, opened: () => void): void {
  const socket = new WebSocket(url, [SUBPROTOCOL, TOKEN_SUBPROTOCOL_PREFIX + token], { perMessageDeflate: false });
  let last: Buffer | undefined;
  let session = "";
  socket.on("message", (data: Buffer) => {
    for (let at = data.indexOf(EVENT); at >= 0; at = data.indexOf(EVENT, at + EVENT.length)) events++;
    last = data;
  });
  socket.once("message", (data: Buffer) => {
    session = (JSON.parse(String(data)) as Hello).session;
    socket.send(JSON.stringify({ op: "subscribe", id: 1, want: "messages", batch: true, ...resume }));
    opened();
  });
  socket.once("close", (code) => {
    if (code !== TRY_AGAIN) throw new Error(`the feed closed with ${code}`);
    read({ since: lastSeq(String(last)), session }, () => {});
  });
}

function lastSeq(text: string): number {
  const message = JSON.parse(text) as FeedMessage;
  if (message.kind === "synced") return message.seq;
  const event = message.kind === "events" ? message.events.at(-1) : undefined;
  if (event !== undefined && "seq" in event) return event.seq;
  return event?.kind === "dropped" ? event.to : 0;
}

await Promise.all(Array.from({ length: Number(readers) }, () => new Promise<void>((opened) => read({}, opened))));
process.send?.({ events: 0 });
setInterval(() => process.send?.({ events }), TELL_MS);
