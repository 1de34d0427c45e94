// A call as the page keeps it: the row that the feed gave, brought up to date by what happens.
import type { CallRow, FeedEvent } from "../../../src/feed/messages.js";
import type { Call } from "../../../src/model/call.js";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export interface WebCall extends Mutable<Call> {
  streaming?: CallRow["streaming"];
  /** A time and a size by turns; see the schema of CallRow. */
  ticks?: readonly number[];
  /** Messages when the ticks were asked for; -1 while they are asked for the first time. */
  ticksAt?: number;
}

export function messagesOf({ client, server }: Pick<Call, "client" | "server">): number {
  return client.messages + server.messages;
}

export function fromRow({ call, ...row }: CallRow): WebCall {
  const made: WebCall = { id: call, ...row } as WebCall;
  if (row.ticks !== undefined) made.ticksAt = messagesOf(row);
  return made;
}

const NOTHING = { messages: 0, bytes: 0 };

export function fromHeader(event: Extract<FeedEvent, { readonly kind: "client-header" }>): WebCall {
  const { call, connection, stream, protocol, method, at, timeoutMs } = event;
  const made: WebCall = {
    id: call,
    connection,
    stream,
    protocol,
    method,
    startedAt: at,
    client: NOTHING,
    server: NOTHING,
  };
  if (timeoutMs !== undefined) made.timeoutMs = timeoutMs;
  return made;
}
