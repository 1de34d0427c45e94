// Lines of framelens tail, from events as the feed tells them.
import { expect, test } from "vitest";
import { TailLog } from "../../cli/tail-log.js";
import type { Streamed } from "../../src/feed/messages.js";

const AT = 1_700_000_000_000;

function linesOf(...events: readonly object[]): readonly string[] {
  const log = new TailLog();
  return events.flatMap((event) => log.lineOf({ seq: 1, at: AT, call: 1, ...event } as Streamed) ?? []);
}

const CALL = { kind: "client-header", connection: 1, stream: 1, protocol: "grpc", method: "/a.B/Get", fields: [] };

function message(side: "client" | "server", index: number, line: string | undefined) {
  return { kind: `${side}-message`, index, length: 14, wireLength: 14, ...(line === undefined ? {} : { line }) };
}

function end(code: number, client: number, server: number) {
  const status = { code, name: code === 0 ? "OK" : "INTERNAL", message: "", source: "trailers" };
  const sides = { client: { messages: client, bytes: 0 }, server: { messages: server, bytes: 0 } };
  return { kind: "call-end", status, how: "trailers", by: "server", durationMs: 3, ...sides };
}

test("question and answer stand there as the log has them, of several answers the last", () => {
  const [one = ""] = linesOf(CALL, message("client", 0, "id:1"), message("server", 0, 'name:"A"'), end(0, 1, 1));
  expect(one).toMatch(/OK +id:1 → name:"A"$/);
  const answers = [message("server", 0, "id:5"), message("server", 1, "id:6")];
  const lines = linesOf(CALL, message("client", 0, "id:1"), ...answers, end(0, 1, 2));
  expect(lines[0]).toMatch(/id:1$/);
  expect(lines[1]).toMatch(/id:1 → … id:6$/);
});

test("of a call that failed the question alone is told, shorter; of several questions none", () => {
  const [line = ""] = linesOf(CALL, message("client", 0, "x".repeat(90)), message("server", 0, "id:5"), end(13, 1, 1));
  expect(line).toMatch(/ x{59}…$/);
  const several = linesOf(CALL, message("client", 0, "id:1"), message("client", 1, "id:2"), end(0, 2, 0));
  for (const told of several) expect(told).not.toContain("id:");
});

test("an error's details are told", () => {
  const details = [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "GONE" }];
  const decoded = { "grpc-status-details-bin": [{ type: "google.rpc.Status", json: { code: 13, details } }] };
  const trailer = { kind: "server-trailer", fields: [], decoded };
  const [line = ""] = linesOf(CALL, message("client", 0, "id:1"), trailer, end(13, 1, 0));
  expect(line).toMatch(/← id:1 \[ErrorInfo \{"reason":"GONE"\}\]$/);
});

test("what a feed says is never obeyed by a terminal", () => {
  const [line = ""] = linesOf(CALL, message("client", 0, "\u001b[31m"), end(0, 1, 0));
  expect(line).toContain("␛[31m");
});

test("what is missing says why", () => {
  expect(linesOf({ kind: "dropped", from: 1, to: 5, events: 5, slow: true })).toEqual([
    "! 5 events are missing here: this output was read too slowly to keep up",
  ]);
  expect(linesOf({ kind: "dropped", from: 1, to: 1, events: 1 })).toEqual([
    "! 1 event is missing here: not kept any more when it was asked for",
  ]);
});
