import { describe, expect, test } from "vitest";
import { Capture } from "../../src/capture/capture.js";
import { FieldList } from "../../src/http2/hpack/field-list.js";
import type { Call } from "../../src/model/call.js";
import type { CallEvent, GoawayEvent } from "../../src/model/events.js";
import { type EndFacts, endSentences } from "../../src/view/end-sentence.js";
import { beginCall, endCall, resetCall, sendMessage } from "../support/capture-traffic.js";

/** What is said of the one call of a capture. */
function said(capture: Capture, now = 10_000, more: Partial<EndFacts> = {}): readonly string[] {
  const events = [...capture.eventsOf(1)] as CallEvent[];
  return endSentences(capture.call(1) as Call, { events, lastAt: events.at(-1)?.at, ...more }, now);
}

function captureAt(at: number): Capture {
  const capture = new Capture();
  capture.tick(at);
  return capture;
}

/** A call that ends after 20 ms. */
function ended(end: (capture: Capture, call: ReturnType<typeof beginCall>) => void): readonly string[] {
  const capture = captureAt(1000);
  const call = beginCall(capture);
  capture.tick(1020);
  end(capture, call);
  return said(capture).slice(0, -1);
}

const GOAWAY: GoawayEvent = {
  kind: "goaway",
  seq: 1,
  at: 1500,
  connection: 1,
  from: "server",
  lastStream: 9,
  code: 0,
  name: "NO_ERROR",
  debug: "",
};

describe("how a call ended", () => {
  test("is said for a deadline that ran out: who, with which frame, when, and what the server had done", () => {
    const capture = captureAt(1000);
    const call = beginCall(capture, { fields: [["grpc-timeout", "5S"]] });
    sendMessage(capture, call, 0, Uint8Array.of(8, 1));
    capture.tick(6001);
    resetCall(capture, call);
    expect(said(capture)).toEqual([
      "The deadline ran out: the client reset the stream with RST_STREAM CANCEL (8) after 5.0s; the server had sent nothing.",
      "The deadline was 5.0s; the end came 1.0ms after it.",
    ]);
  });

  test("is said for a cancellation before the deadline", () => {
    const capture = captureAt(1000);
    const call = beginCall(capture, { fields: [["grpc-timeout", "5S"]] });
    sendMessage(capture, call, 0, Uint8Array.of(8, 1));
    sendMessage(capture, call, 1, Uint8Array.of(8, 1));
    capture.tick(2000);
    resetCall(capture, call);
    expect(said(capture)).toEqual([
      "The client reset the stream with RST_STREAM CANCEL (8) after 1.0s; the server had sent 1 message and the client 1 message.",
      "CANCEL means that whoever called no longer wants the answer.",
      "The deadline was 5.0s; 4.0s of it were left.",
    ]);
  });

  test("quotes the server's message, made visible", () => {
    expect(ended((capture, call) => endCall(capture, call, 5, "no user%E2%80%AE 7"))).toEqual([
      "The server answered NOT_FOUND (5) after 20ms: “no user\\u{202e} 7”.",
    ]);
  });

  test("is said for trailers only, for OK, and for an answer of framelens itself", () => {
    const trailers = (code: number) => new FieldList([["grpc-status", String(code)]], 0, 0);
    expect(
      ended((capture, call) => {
        capture.serverTrailer(call, trailers(12), true);
        capture.endCall(call, "trailers-only", "server", 12, "trailers", 0);
      }),
    ).toEqual([
      "The server answered UNIMPLEMENTED (12) after 20ms.",
      "These were trailers only: no headers and no message came before them.",
    ]);
    expect(ended((capture, call) => endCall(capture, call))).toEqual([
      "The server finished the call normally after 20ms: OK.",
    ]);
    expect(
      ended((capture, call) => {
        capture.serverTrailer(call, new FieldList([["grpc-message", "ECONNREFUSED"]], 0, 0), true);
        capture.endCall(call, "proxy-error", "proxy", 14, "trailers", 0);
      }),
    ).toEqual(["framelens could not carry the call and answered UNAVAILABLE (14) itself: “ECONNREFUSED”."]);
  });

  test("says of a server's reset what its code means and what clients make of it", () => {
    const reset = (code: number, status: number) =>
      ended((capture, call) => {
        capture.cancel(call, 1, code);
        capture.endCall(call, "reset", "server", status, "reset", code);
      });
    expect(reset(7, 14)).toEqual([
      "The server reset the stream with RST_STREAM REFUSED_STREAM (7) after 20ms; the server had sent nothing.",
      "REFUSED_STREAM means that it was not processed and may safely be sent again.",
      "Clients take that for UNAVAILABLE (14).",
    ]);
    expect(reset(11, 8)[1]).toBe("ENHANCE_YOUR_CALM means that the client asked for too much.");
    // A code that nobody knows is shown and not explained.
    expect(reset(99, 2)).toEqual([
      "The server reset the stream with RST_STREAM 0x63 (99) after 20ms; the server had sent nothing.",
      "Clients take that for UNKNOWN (2).",
    ]);
  });

  test("says of an open call who may still speak and what is left of its deadline", () => {
    const capture = captureAt(1000);
    const call = beginCall(capture, { fields: [["grpc-timeout", "30S"]] });
    capture.halfClose(call);
    expect(said(capture, 3000)).toEqual([
      "Still open after 2.0s; the last thing happened 2.0s ago.",
      "The client has sent all it will, and the server has not answered yet.",
      "The deadline was 30.0s; 28.0s are left.",
    ]);
    expect(said(capture, 33_000, { lastAt: undefined })).toEqual([
      "Still open after 32.0s.",
      "The client has sent all it will, and the server has not answered yet.",
      "The deadline was 30.0s; it passed 2.0s ago and nobody has ended the call.",
    ]);
  });

  test("never says OK of a call without grpc-status", () => {
    expect(ended((capture, call) => capture.endCall(call, "end-stream", "server", 2, "missing", 0))).toEqual([
      "The server ended the stream after 20ms without saying how the call went.",
      "Clients take that for UNKNOWN (2).",
    ]);
    expect(ended((capture, call) => capture.endCall(call, "end-stream", "server", 14, "http-status", 502))).toEqual([
      "The server ended the stream after 20ms without saying how the call went.",
      "The answer was HTTP status 502; clients take that for UNAVAILABLE (14).",
    ]);
    expect(
      ended((capture, call) => {
        capture.serverTrailer(call, new FieldList([["x-other", "1"]], 0, 0), false);
        capture.endCall(call, "trailers", "server", 13, "missing", 0);
      }),
    ).toEqual([
      "The server ended the call after 20ms with trailers that have no grpc-status.",
      "Clients take that for INTERNAL (13).",
    ]);
  });

  test("says what the connection had to do with it: a GOAWAY before it was lost, and why it broke", () => {
    const capture = captureAt(1000);
    const call = beginCall(capture);
    capture.tick(3000);
    capture.endCall(call, "connection-lost", "server", 14, "connection", 0);
    const lost = "The server ended the connection after 2.0s while the call was open; the server had sent nothing.";
    expect(said(capture)).toEqual([lost, "No deadline was set."]);
    expect(said(capture, 0, { goaway: GOAWAY, closed: { at: 3000, by: "server", reason: "read ECONNRESET" } })).toEqual(
      [
        lost,
        "The server had sent GOAWAY NO_ERROR (0) 1.5s before that, naming stream 9 as the last it takes; this call's stream is 1, so the server meant to finish it.",
        "The connection broke: read ECONNRESET.",
        "No deadline was set.",
      ],
    );
    const shutDown = { ...GOAWAY, lastStream: 0, code: 11, name: "ENHANCE_YOUR_CALM", debug: "too_many_pings\x1b[m" };
    expect(said(capture, 0, { goaway: shutDown })[1]).toBe(
      "The server had sent GOAWAY ENHANCE_YOUR_CALM (11) and the words “too_many_pings␛[m” 1.5s before that, naming stream 0 as the last it takes; this call's stream is 1, so the server did not take it on.",
    );
    // One that came after the end has nothing to do with it.
    expect(said(capture, 0, { goaway: { ...GOAWAY, at: 3001 } })).toEqual([lost, "No deadline was set."]);
  });

  test("says of a client's reset that the server closed the connection at that moment", () => {
    const capture = captureAt(1000);
    const call = beginCall(capture);
    capture.tick(3000);
    resetCall(capture, call, 7);
    expect(said(capture, 0, { closed: { at: 3004, by: "server" } })).toEqual([
      "The client reset the stream with RST_STREAM REFUSED_STREAM (7) after 2.0s; the server had sent nothing.",
      "The server closed the connection at that moment, which is most likely why.",
      "No deadline was set.",
    ]);
    expect(said(capture, 0, { closed: { at: 9000, by: "server" } })).toHaveLength(2);
    expect(said(capture, 0, { closed: { at: 3004, by: "client" } })).toHaveLength(2);
  });

  test("says of a stream that a GOAWAY left out that it may be sent again", () => {
    const capture = captureAt(1000);
    const call = beginCall(capture);
    capture.tick(1500);
    capture.endCall(call, "goaway", "server", 14, "goaway", 0);
    expect(said(capture, 0, { goaway: { ...GOAWAY, lastStream: 0 } }).slice(0, 2)).toEqual([
      "The server's GOAWAY left this stream out after 500ms: it was not processed and may safely be sent again.",
      "The server had sent GOAWAY NO_ERROR (0) 0.0ms before that, naming stream 0 as the last it takes; this call's stream is 1, so the server did not take it on.",
    ]);
  });

  test("tells of what came after the end", () => {
    const capture = captureAt(1000);
    const call = beginCall(capture);
    endCall(capture, call);
    capture.tick(1012);
    capture.cancel(call, 0, 8);
    expect(said(capture).at(-1)).toBe("After the end there still came, at +12ms, RST_STREAM CANCEL (8) of the client.");
    sendMessage(capture, call, 0, Uint8Array.of(8, 1));
    expect(said(capture).at(-1)).toMatch(/of the client, and 1 more\.$/);
  });

  test("tells nothing of the proxy's own last words as the server's", () => {
    const capture = captureAt(1000);
    const call = beginCall(capture);
    capture.endCall(call, "proxy-error", "proxy", 14, "trailers", 0);
    capture.cancel(call, 1, 0);
    expect(said(capture).join(" ")).not.toContain("After the end");
  });
});
