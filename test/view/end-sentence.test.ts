import { describe, expect, test } from "vitest";
import { Capture } from "../../src/capture/capture.js";
import type { Call } from "../../src/model/call.js";
import type { CallEvent } from "../../src/model/events.js";
import { endSentences } from "../../src/view/end-sentence.js";
import { beginCall, endCall, resetCall, sendMessage } from "../support/capture-traffic.js";

/** What is said of the one call of a capture. */
function said(capture: Capture, now = 10_000): readonly string[] {
  return endSentences(capture.call(1) as Call, [...capture.eventsOf(1)] as CallEvent[], now);
}

function captureAt(at: number): Capture {
  const capture = new Capture();
  capture.tick(at);
  return capture;
}

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
    expect(said(capture)[1]).toBe("CANCEL means that whoever called no longer wants the answer.");
    expect(said(capture)[2]).toBe("The deadline was 5.0s; 4.0s of it were left.");
  });

  test("quotes the server's message, made visible", () => {
    const capture = captureAt(1000);
    const call = beginCall(capture);
    endCall(capture, call, 5, "no user%E2%80%AE 7");
    expect(said(capture)).toEqual([
      "The server answered NOT_FOUND (5): “no user\\u{202e} 7” after 0.0ms.",
      "No deadline was set.",
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
  });

  test("never says OK of a call without grpc-status", () => {
    const capture = captureAt(1000);
    const call = beginCall(capture);
    capture.endCall(call, "end-stream", "server", 2, "missing", 0);
    expect(said(capture)[0]).toBe(
      "The server ended the stream after 0.0ms without trailers, so it never said how the call went: clients take that for UNKNOWN (2): “the server ended the stream without grpc-status”.",
    );
  });

  test("tells of what came after the end", () => {
    const capture = captureAt(1000);
    const call = beginCall(capture);
    endCall(capture, call);
    capture.tick(1012);
    capture.cancel(call, 0, 8);
    expect(said(capture).at(-1)).toBe("After that came one more event, the first at +12ms (cancel).");
  });
});
