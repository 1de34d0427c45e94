// Two legs joined: every octet, half-close, back-pressure, reset and abrupt end of one goes to the other, verbatim and first.
import { CLIENT, SERVER, type SideIndex } from "../http2/stream.js";
import type { Leg } from "./dial.js";

/** Told after the octets were forwarded. */
export interface PipeListener {
  carried(from: SideIndex, bytes: Uint8Array): void;
  /** Both legs are gone. @param by whose end came first */
  finished(by: SideIndex, how: "end" | "reset", reason: string | undefined): void;
}

/** What was read from the legs before they were joined. */
export interface PipeHead {
  readonly client: Uint8Array;
  readonly server: Uint8Array;
  /** The client has already sent its FIN. */
  readonly clientEnded: boolean;
}

/** Joins two legs that nobody reads yet. The head goes first. */
export function pipe(client: Leg, server: Leg, listener: PipeListener, head: PipeHead): void {
  const ending: { by: SideIndex | undefined; how: "end" | "reset"; reason: string | undefined } = {
    by: undefined,
    how: "end",
    reason: undefined,
  };
  let open = 2;
  const first = (by: SideIndex, how: "end" | "reset", reason?: string) => {
    if (ending.by !== undefined) return;
    ending.by = by;
    ending.how = how;
    ending.reason = reason;
  };
  const closed = () => {
    if (--open === 0) listener.finished(ending.by ?? CLIENT, ending.how, ending.reason);
  };
  join(client, server, CLIENT, listener, first, closed);
  join(server, client, SERVER, listener, first, closed);
  forward(client, server, CLIENT, head.client, listener);
  forward(server, client, SERVER, head.server, listener);
  if (head.clientEnded) client.stream.emit("end");
  client.stream.resume();
  server.stream.resume();
}

function forward(from: Leg, to: Leg, side: SideIndex, bytes: Uint8Array, listener: PipeListener): void {
  if (bytes.length === 0) return;
  if (!to.stream.write(bytes)) from.stream.pause();
  listener.carried(side, bytes);
}

function join(
  from: Leg,
  to: Leg,
  side: SideIndex,
  listener: PipeListener,
  first: (by: SideIndex, how: "end" | "reset", reason?: string) => void,
  closed: () => void,
): void {
  const source = from.stream;
  const sink = to.stream;
  let ended = false;
  source.on("data", (bytes: Buffer) => {
    if (!sink.write(bytes)) source.pause();
    listener.carried(side, bytes);
  });
  sink.on("drain", () => source.resume());
  source.on("end", () => {
    ended = true;
    first(side, "end");
    sink.end();
  });
  source.on("error", (error: NodeJS.ErrnoException) => {
    first(side, "reset", error.code ?? error.message);
    reset(to);
  });
  source.on("close", () => {
    // Gone without an end: the other leg must go the same way.
    if (!ended) {
      first(side, "reset");
      reset(to);
    } else if (!sink.writableEnded) sink.end();
    closed();
  });
}

/** What waits to be written may still go out before a leg is reset; after this it is given up. */
const FLUSH_MS = 1000;

/** As abruptly as it came: a RST where the socket is TCP, but behind what was already to be sent. */
export function reset(leg: Leg): void {
  if (leg.raw.destroyed) {
    leg.stream.destroy();
    return;
  }
  if (leg.stream.writableLength === 0 || leg.stream.destroyed) {
    resetNow(leg);
    return;
  }
  const timer = setTimeout(() => resetNow(leg), FLUSH_MS);
  leg.stream.once("drain", () => resetNow(leg));
  leg.stream.once("close", () => clearTimeout(timer));
}

function resetNow(leg: Leg): void {
  try {
    leg.raw.resetAndDestroy();
  } catch {
    // A Unix socket has no reset.
    leg.raw.destroy();
  }
  leg.stream.destroy();
}
