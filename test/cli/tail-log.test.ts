// Lines of framelens tail, from events as the feed tells them.
import { expect, test } from "vitest";
import { TailLog } from "../../cli/tail-log.js";
import type { FeedMessageEvent, Streamed } from "../../src/feed/messages.js";

const AT = 1_700_000_000_000;

function linesOf(...events: readonly object[]): readonly string[] {
  const log = new TailLog();
  return events.flatMap((event) => log.lineOf({ seq: 1, at: AT, call: 1, ...event } as Streamed) ?? []);
}

test("a guessed message is shown by its fields' names and values", () => {
  const guess = {
    fields: [
      { number: 1, name: "sku", kind: "string", start: 0, end: 9, value: "SKU-887", bits: 20.6 },
      { number: 4, name: "field_4", kind: "message", fields: [{ number: 1, name: "field_1", value: 10 }] },
    ],
  };
  const message: Partial<FeedMessageEvent> = { kind: "client-message", index: 0, length: 14, wireLength: 14, guess };
  const none = { messages: 0, bytes: 0 };
  const status = { code: 0, name: "OK", message: "", source: "trailers" };
  const [line = ""] = linesOf(
    { kind: "client-header", connection: 1, stream: 1, protocol: "grpc", method: "/a.B/Get", fields: [] },
    message,
    { kind: "call-end", status, how: "trailers", by: "server", durationMs: 3, client: none, server: none },
  );
  expect(line).toContain('"sku":"SKU-887","field_4":{"field_1":10}');
});

test("what is missing says why", () => {
  expect(linesOf({ kind: "dropped", from: 1, to: 5, events: 5, slow: true })).toEqual([
    "! 5 events are missing here: this output was read too slowly to keep up",
  ]);
  expect(linesOf({ kind: "dropped", from: 1, to: 1, events: 1 })).toEqual([
    "! 1 event is missing here: not kept any more when it was asked for",
  ]);
});
