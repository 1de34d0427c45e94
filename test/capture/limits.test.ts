// What the capture does at its limits: numbers beyond 32 bits, names and calls beyond their bounds, and what is gone.
import { describe, expect, test } from "vitest";
import { CallRows } from "../../src/capture/call-rows.js";
import { Capture, MIN_MAX_MEMORY_BYTES } from "../../src/capture/capture.js";
import { EventCursor } from "../../src/capture/cursor.js";
import { Names } from "../../src/capture/names.js";
import type { OpenCall } from "../../src/capture/open-call.js";
import { Slabs } from "../../src/capture/slabs.js";
import { FieldList } from "../../src/http2/hpack/field-list.js";
import { CLIENT, SERVER } from "../../src/http2/stream.js";
import type { CallEvent, CaptureEvent, DroppedEvent } from "../../src/model/events.js";
import type { Field } from "../../src/model/fields.js";
import { requestFacts } from "../../src/rpc/grpc.js";

const SMALL = { maxMemoryBytes: MIN_MAX_MEMORY_BYTES };

function begin(capture: Capture, fields: readonly Field[] = [[":path", "/a.B/C"]]): OpenCall {
  return capture.openCall(1, 1, "grpc", new FieldList(fields, 0, 0), requestFacts(fields), false, undefined)!;
}

const kinds = (events: Iterable<CallEvent>) => [...events].map(({ kind }) => kind);

function flood(capture: Capture, count: number): void {
  const call = begin(capture);
  for (let left = count; left > 0; left--) capture.halfClose(call);
}

/** So many header lists of their own that those before them are gone. */
function floodFields(capture: Capture): void {
  for (let i = 0; i < 200; i++)
    begin(capture, [
      [":path", "/a"],
      ["x", `${i}`.padEnd(100_000, "y")],
    ]);
}

describe("numbers of more than 32 bits", () => {
  test("the length of a body, and the totals of its call, may be 5 GiB", () => {
    const capture = new Capture({ maxMessageBytes: 10 });
    const call = begin(capture);
    const chunk = new Uint8Array(64 * 1024 * 1024).fill(1);
    capture.messageStart(call, SERVER, 0, undefined);
    for (let left = 80; left > 0; left--) capture.messagePart(call, SERVER, chunk, 0, chunk.length);
    capture.messageEnd(call, SERVER, true);
    const length = 5 * 1024 ** 3;
    expect(capture.event(capture.newestSeq)).toMatchObject({ wireLength: length, truncated: true });
    expect(capture.messageBytes(capture.newestSeq)).toEqual(new Uint8Array(10).fill(1));
    capture.endCall(call, "end-stream", "server", 2, "http-status", 200);
    expect(capture.event(capture.newestSeq)).toMatchObject({ server: { messages: 1, bytes: length } });
    expect(capture.call(call.id)).toMatchObject({ server: { messages: 1, bytes: length } });
  });

  test("a message that announces 4 GiB less one is cut after what came", () => {
    const capture = new Capture();
    const call = begin(capture);
    capture.messageStart(call, CLIENT, 0xff, 0xffffffff);
    capture.messagePart(call, CLIENT, new Uint8Array(10), 0, 10);
    capture.messageEnd(call, CLIENT, false);
    expect(capture.event(capture.newestSeq)).toMatchObject({
      wireLength: 10,
      problem: { code: "ERR_MESSAGE_CUT", message: "cut after 10 of 4294967295 bytes" },
    });
  });

  test("codes are kept whole, and so is a flag of 255", () => {
    const capture = new Capture();
    const call = begin(capture);
    capture.cancel(call, SERVER, 0xffffffff);
    expect(capture.event(capture.newestSeq)).toMatchObject({ kind: "cancel", from: "server", code: 0xffffffff });
    capture.message(call, CLIENT, 255, new Uint8Array(3), 0, 3);
    expect(capture.event(capture.newestSeq)).toMatchObject({
      kind: "client-message",
      problem: { code: "ERR_MESSAGE_FLAG", message: "message prefix begins with 255; must be 0 or 1" },
    });
  });

  test("a call is known by the lower half of its id", () => {
    const rows = new CallRows(new Slabs(0), () => {});
    rows.count = 2 ** 33 + 5;
    expect(rows.idOf(5)).toBe(2 ** 33 + 5);
    expect(rows.idOf(4)).toBe(2 ** 33 + 4);
    expect(rows.idOf(6)).toBe(2 ** 32 + 6);
    rows.count = 100;
    expect(rows.idOf(1)).toBe(1);
  });
});

describe("what has no place", () => {
  test("names have numbers until there are 16,384, or one is longer than 256", () => {
    const names = new Names();
    const first = names.numberOf("/a");
    expect(names.nameOf(first)).toBe("/a");
    expect(names.numberOf("x".repeat(257))).toBe(0);
    for (let i = 1; i < 16_384; i++) expect(names.numberOf(`/${i}`)).toBeGreaterThan(0);
    expect(names.numberOf("/one more")).toBe(0);
    expect(names.numberOf("/a")).toBe(first);
    expect(names.nameOf(0)).toBeUndefined();
  });

  test("a method without a number is read from its header while that is kept", () => {
    const capture = new Capture(SMALL);
    const method = `/${"x".repeat(300)}`;
    const call = begin(capture, [[":path", method]]);
    expect(capture.call(call.id)?.method).toBe(method);
    floodFields(capture);
    expect(capture.call(call.id)?.method).toBe("");
  });

  test("calls beyond those that may be open are counted only, until one ends", () => {
    const capture = new Capture();
    const fields: Field[] = [[":path", "/a.B/C"]];
    const list = new FieldList(fields, 0, 0);
    const facts = requestFacts(fields);
    const open = () => capture.openCall(1, 1, "grpc", list, facts, false, undefined);
    let last = open();
    for (let call = last; call !== undefined; call = open()) last = call;
    const { calls } = capture.counters;
    expect(capture.counters).toMatchObject({ openCalls: calls, unfollowedCalls: 1 });
    capture.endCall(last!, "trailers", "server", 0, "trailers", 0);
    expect(open()?.id).toBe(calls + 1);
    expect(open()).toBeUndefined();
    expect(capture.counters.unfollowedCalls).toBe(2);
  });

  test("fields of a list over 128 KiB are cut off and counted", () => {
    const capture = new Capture();
    const fields = Array.from({ length: 100 }, (_, i): Field => [`x-${i}`, `${i}`.padEnd(4000, ".")]);
    const call = begin(capture, [[":path", "/a"], ...fields]);
    const event = capture.event(1);
    if (event?.kind !== "client-header") throw new Error("no header");
    expect(event.fields.length).toBeGreaterThan(30);
    expect(event.fields).toEqual([[":path", "/a"], ...fields].slice(0, event.fields.length));
    expect(event.fields.length + (event.droppedFields ?? 0)).toBe(101);
    expect(kinds(capture.eventsOf(call.id))).toEqual(["client-header"]);
  });

  test("a small message over the limit is cut, even in a run of small ones", () => {
    const capture = new Capture({ maxMessageBytes: 10 });
    const call = begin(capture);
    const chunk = new Uint8Array(200).map((_, i) => i);
    capture.beginChunk();
    capture.message(call, CLIENT, 0, chunk, 0, 8);
    capture.message(call, CLIENT, 0, chunk, 20, 40);
    expect(capture.event(capture.newestSeq)).toMatchObject({ wireLength: 20, truncated: true });
    expect(capture.messageBytes(capture.newestSeq)).toEqual(chunk.slice(20, 30));
  });
});

describe("what is gone", () => {
  test("a compressed message whose header is gone says so, and does not blame the client", () => {
    const capture = new Capture(SMALL);
    const call = begin(capture, [
      [":path", "/a.B/C"],
      ["grpc-encoding", "gzip"],
    ]);
    const message = () => {
      capture.beginChunk();
      capture.message(call, CLIENT, 1, new Uint8Array(5), 0, 5);
      return capture.event(capture.newestSeq);
    };
    const before = message();
    expect(before).toMatchObject({ encoding: "gzip", compressed: true });
    expect(before).not.toHaveProperty("problem");
    floodFields(capture);
    expect(message()).toMatchObject({
      encoding: "unknown",
      compressed: true,
      problem: { code: "ERR_ENCODING_UNKNOWN" },
    });
    const plain = begin(capture);
    capture.message(plain, CLIENT, 1, new Uint8Array(5), 0, 5);
    expect(capture.event(capture.newestSeq)).toMatchObject({
      encoding: "identity",
      problem: { code: "ERR_NO_ENCODING" },
    });
  });

  test("a message under way whose beginning was trimmed ends all the same, without its bytes", () => {
    const capture = new Capture(SMALL);
    const call = begin(capture);
    const chunk = new Uint8Array(100_000);
    capture.messageStart(call, CLIENT, 0, 1_000_000);
    capture.messagePart(call, CLIENT, chunk, 0, chunk.length);
    const other = begin(capture);
    for (let left = 200; left > 0; left--) {
      capture.beginChunk();
      capture.message(other, SERVER, 0, chunk, 0, chunk.length);
    }
    capture.messagePart(call, CLIENT, chunk, 0, chunk.length);
    capture.messageEnd(call, CLIENT, true);
    expect(capture.event(capture.newestSeq)).toMatchObject({ wireLength: 200_000, trimmed: true });
    expect(capture.messageBytes(capture.newestSeq)).toBeUndefined();
  });

  test("a connection event whose details are gone is no event, and a cursor tells of it as dropped", () => {
    const capture = new Capture(SMALL);
    capture.connectionEvent({ kind: "ping", connection: 1, from: "client", data: "00" });
    // Header lists of their own fill the memory for fields before that for events is full.
    for (let i = 0; i < 200; i++)
      begin(capture, [
        [":path", "/a"],
        ["x", `${i}`.padEnd(100_000, "y")],
      ]);
    expect(capture.oldestSeq).toBe(1);
    expect(capture.event(1)).toBeUndefined();
    const cursor = new EventCursor(capture);
    expect(cursor.read()).toEqual({ kind: "dropped", from: 1, to: 1, events: 1 });
    expect(cursor.read()).toMatchObject({ kind: "client-header", seq: 2, trimmed: true, fields: [] });
  });

  test("fields are kept as long as the events that they belong to", () => {
    const capture = new Capture(SMALL);
    for (let i = 0; i < 8000; i++) {
      const call = begin(capture, [
        [":path", "/a"],
        ["x-id", `${i}`.padEnd(60, ".")],
      ]);
      for (let left = 30; left > 0; left--) capture.halfClose(call);
      capture.endCall(call, "trailers", "server", 0, "trailers", 0);
    }
    expect(capture.oldestSeq).toBeGreaterThan(100_000);
    let headers = 0;
    for (let seq = capture.oldestSeq; seq <= capture.newestSeq; seq++) {
      const event = capture.event(seq);
      if (event?.kind !== "client-header") continue;
      headers++;
      expect(event.fields[1]?.[1]).toBe(`${event.call - 1}`.padEnd(60, "."));
    }
    expect(headers).toBeGreaterThan(500);
  });

  test("an event reads the same whatever comes late for its call", () => {
    const capture = new Capture();
    const call = begin(capture);
    capture.message(call, CLIENT, 0, new Uint8Array(5), 0, 5);
    capture.endCall(call, "trailers", "server", 0, "trailers", 0);
    const { newestSeq } = capture;
    const end = capture.event(newestSeq);
    expect(end).toMatchObject({ client: { messages: 1, bytes: 5 } });
    capture.message(call, CLIENT, 0, new Uint8Array(7), 0, 7);
    expect(capture.event(newestSeq)).toEqual(end);
    expect(capture.call(call.id)).toMatchObject({ client: { messages: 2, bytes: 12 } });
  });
});

describe("a cursor that follows", () => {
  test("stops for good when its listener throws", async () => {
    const capture = new Capture();
    const seen: (CaptureEvent | DroppedEvent)[] = [];
    const failures: unknown[] = [];
    const before = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    process.on("uncaughtException", (error) => failures.push(error));
    try {
      new EventCursor(capture).follow((event) => {
        seen.push(event);
        throw new Error("mine");
      });
      flood(capture, 10);
      await new Promise((resolve) => setImmediate(resolve));
      flood(capture, 10);
      await new Promise((resolve) => setImmediate(resolve));
    } finally {
      process.removeAllListeners("uncaughtException");
      for (const listener of before) process.on("uncaughtException", listener);
    }
    expect(seen.length).toBe(1);
    expect(failures).toMatchObject([{ message: "mine" }]);
  });

  test("reads what was there before it, lets others have their turn, and stops when told to", async () => {
    const capture = new Capture();
    flood(capture, 5000);
    const seen: number[] = [];
    const stop = new EventCursor(capture).follow((event) => void seen.push("seq" in event ? event.seq : 0));
    await new Promise((resolve) => setImmediate(resolve));
    expect(seen.length).toBe(2000);
    while (seen.length < 5001) await new Promise((resolve) => setImmediate(resolve));
    stop();
    flood(capture, 10);
    await new Promise((resolve) => setImmediate(resolve));
    expect(seen.length).toBe(5001);
    expect(seen).toEqual(Array.from({ length: 5001 }, (_, i) => i + 1));
  });
});

describe("the row of a call that is over", () => {
  test("is nobody's once it was dropped: what comes late of the call changes no other's", () => {
    const capture = new Capture(SMALL);
    const old = begin(capture);
    capture.endCall(old, "trailers", "server", 0, "trailers", 0);
    // Its row becomes other calls', or events.
    while (capture.oldestCall < 20_000) {
      const call = begin(capture);
      capture.endCall(call, "trailers", "server", 0, "trailers", 0);
    }
    const last = capture.newestSeq;
    const all = () => {
      const events = Array.from({ length: last - capture.oldestSeq + 1 }, (_, i) => capture.event(last - i));
      return JSON.stringify([[...capture.calls()], events]);
    };
    const before = all();
    capture.message(old, CLIENT, 0, new Uint8Array(7), 0, 7);
    capture.serverHeader(old, undefined, false);
    capture.serverTrailer(old, new FieldList([["grpc-status", "9"]], 0, 0), false);
    capture.cancel(old, CLIENT, 8);
    capture.prefixCut(old, CLIENT, 3);
    expect(all() === before).toBe(true);
  });
});
