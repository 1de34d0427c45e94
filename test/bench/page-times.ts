// When calls began, as the feed tells it.
import { once } from "node:events";
import { WebSocket } from "ws";
import type { FeedMessage } from "../../src/feed/messages.js";

/** Of one request. */
const MAX_CALLS = 50;

/** @returns Unix ms by the number of the call; those that are not there are left out */
export async function startTimes(
  origin: string,
  token: string,
  calls: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  const socket = new WebSocket(new URL("/feed", origin.replace("http", "ws")), ["framelens.v1", `token.${token}`]);
  const times = new Map<number, number>();
  const wanted = [...new Set(calls)];
  let unanswered = 0;
  socket.on("message", (data) => {
    const message = JSON.parse(String(data)) as FeedMessage;
    if (message.kind === "hello") {
      for (let from = 0; from < wanted.length; from += MAX_CALLS) {
        const part = wanted.slice(from, from + MAX_CALLS);
        socket.send(JSON.stringify({ op: "list", id: ++unanswered, calls: part, limit: part.length }));
      }
    } else if (message.kind === "list") {
      for (const { call, startedAt } of message.calls) times.set(call, startedAt);
      if (--unanswered === 0) socket.close();
    } else if (message.kind === "error") socket.close();
  });
  await once(socket, "close");
  return times;
}
