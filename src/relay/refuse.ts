// Turns a client away in the server's place: answered in what it speaks, and let go so that its next try may reach the server.
import { CLIENT, SERVER, type SideIndex } from "../http2/stream.js";
import type { Leg } from "./dial.js";
import { Http2Refusal, http1Refusal } from "./refusal.js";

/** How long a client that was told to go may take to close its side. */
const LINGER_MS = 2000;
/** A client that makes no call within this is let go unanswered: when it does, it connects anew, and the server may be back. */
const NO_CALL_MS = 1000;

/** Told what was said. */
type Carried = (from: SideIndex, bytes: Uint8Array) => void;

/**
 * @param already what was read of the client
 * @param reason one line: where it is, what failed, why
 */
export function refuseHttp1(client: Leg, already: Uint8Array, reason: string, carried: Carried): void {
  const answer = http1Refusal(reason);
  carried(CLIENT, already);
  letGo(client, answer);
  carried(SERVER, answer);
}

/** The same over HTTP/2: every call of the first octets that hold one is answered. */
export function refuseHttp2(client: Leg, already: Uint8Array, reason: string, carried: Carried): void {
  const { stream } = client;
  const refusal = new Http2Refusal(reason);
  const noCall = setTimeout(() => bye(refusal.goAway()), NO_CALL_MS);
  let over = false;
  const say = (answer: Uint8Array) => {
    if (answer.length === 0) return;
    // A client that does not read its answers gets no more of them (CVE-2019-9512).
    if (!stream.write(answer)) stream.pause();
    carried(SERVER, answer);
  };
  const bye = (answer: Uint8Array) => {
    over = true;
    clearTimeout(noCall);
    say(answer);
    letGo(client);
  };
  const onData = (bytes: Uint8Array) => {
    if (over) return;
    carried(CLIENT, bytes);
    const answer = refusal.push(bytes);
    if (refusal.over) bye(answer);
    else say(answer);
  };
  stream.on("drain", () => stream.resume());
  stream.on("close", () => clearTimeout(noCall));
  stream.on("end", () => stream.end());
  stream.on("data", onData);
  if (already.length > 0) onData(already);
  stream.resume();
}

/** Says the last words and ends the connection; what the client still sends is passed over. */
export function letGo({ stream, raw }: Leg, lastWords: Uint8Array = new Uint8Array(0)): void {
  if (raw.destroyed) return;
  stream.end(lastWords);
  stream.on("data", () => {});
  stream.resume();
  const timer = setTimeout(() => raw.destroy(), LINGER_MS);
  raw.once("close", () => clearTimeout(timer));
}
