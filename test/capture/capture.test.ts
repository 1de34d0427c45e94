// The bounded store: what is kept reads back as it was written, what is trimmed is told, and memory stays within its limit.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Capture, MIN_MAX_MEMORY_BYTES } from "../../src/capture/capture.js";
import { EventCursor } from "../../src/capture/cursor.js";
import type { OpenCall } from "../../src/capture/open-call.js";
import { FieldList } from "../../src/http2/hpack/field-list.js";
import { CLIENT, SERVER, type SideIndex } from "../../src/http2/stream.js";
import type { MessageEvent } from "../../src/model/events.js";
import type { Field } from "../../src/model/fields.js";
import { requestFacts } from "../../src/rpc/grpc.js";

const SMALL = { maxMemoryBytes: MIN_MAX_MEMORY_BYTES };

function list(...fields: Field[]): FieldList {
  return new FieldList(fields, 0, 0);
}

function begin(capture: Capture, path = "/a.B/C"): OpenCall {
  const fields = list([":path", path], ["content-type", "application/grpc"]);
  const call = capture.openCall(1, 1, "grpc", fields, requestFacts(fields.fields), false, undefined);
  if (call === undefined) throw new Error("not opened");
  return call;
}

function end(capture: Capture, call: OpenCall): void {
  capture.serverTrailer(call, list(["grpc-status", "0"]), true);
  capture.endCall(call, "trailers-only", "server", 0, "trailers", 0);
}

function message(capture: Capture, call: OpenCall, bytes: Uint8Array, from: SideIndex = SERVER): number {
  capture.beginChunk();
  capture.message(call, from, 0, bytes, 0, bytes.length);
  return capture.newestSeq;
}

/** A message that comes in pieces of the given sizes. */
function pieces(
  capture: Capture,
  call: OpenCall,
  bytes: Uint8Array,
  sizes: readonly number[],
  from: SideIndex = SERVER,
) {
  capture.messageStart(call, from, 0, bytes.length);
  let at = 0;
  for (const size of [...sizes, bytes.length]) {
    const to = Math.min(bytes.length, at + size);
    capture.beginChunk();
    if (to > at) capture.messagePart(call, from, bytes, at, to);
    at = to;
  }
  capture.messageEnd(call, from, true);
  return capture.newestSeq;
}

function pattern(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at++) bytes[at] = at * 31 + seed;
  return bytes;
}

function same(read: Uint8Array | undefined, written: Uint8Array): boolean {
  return read !== undefined && Buffer.compare(read, written) === 0;
}

describe("a capture", () => {
  test("gives back every message as it was written, whole or in pieces, interleaved or not", () => {
    const sizes = fc.oneof(fc.nat(300), fc.nat(20_000), fc.nat(300_000));
    fc.assert(
      fc.property(
        fc.array(fc.record({ length: sizes, cuts: fc.array(fc.integer({ min: 1, max: 70_000 }), { maxLength: 4 }) }), {
          maxLength: 12,
        }),
        (messages) => {
          const capture = new Capture();
          const call = begin(capture);
          const other = begin(capture, "/a.B/Other");
          const kept: [seq: number, bytes: Uint8Array][] = [];
          messages.forEach(({ length, cuts }, index) => {
            const bytes = pattern(length, index);
            if (cuts.length === 0) {
              kept.push([message(capture, call, bytes), bytes]);
              return;
            }
            // Another call's message is under way all the while.
            capture.messageStart(other, CLIENT, 0, 5);
            capture.messagePart(other, CLIENT, pattern(3, 9), 0, 3);
            kept.push([pieces(capture, call, bytes, cuts), bytes]);
            capture.messagePart(other, CLIENT, pattern(5, 9), 3, 5);
            capture.messageEnd(other, CLIENT, true);
            kept.push([capture.newestSeq, pattern(5, 9)]);
          });
          for (const [seq, bytes] of kept) expect(same(capture.messageBytes(seq), bytes)).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("keeps a run of small messages of one chunk with one copy, and each of them right", () => {
    const capture = new Capture();
    const call = begin(capture);
    const chunk = pattern(6000, 1);
    capture.beginChunk();
    for (let at = 0; at < 5900; at += 100) capture.message(call, SERVER, 0, chunk, at + 5, at + 100);
    const first = capture.newestSeq - 58;
    for (let index = 0; index < 59; index++) {
      const bytes = capture.messageBytes(first + index);
      expect(Buffer.from(bytes ?? [])).toEqual(Buffer.from(chunk.subarray(index * 100 + 5, index * 100 + 100)));
    }
  });

  test("keeps the first part of a message over the limit, and its length", () => {
    const capture = new Capture({ maxMessageBytes: 1000 });
    const call = begin(capture);
    const seq = pieces(capture, call, pattern(5000, 2), [700, 700]);
    expect(capture.event(seq)).toMatchObject({ kind: "server-message", wireLength: 5000, truncated: true });
    expect(Buffer.from(capture.messageBytes(seq) ?? [])).toEqual(Buffer.from(pattern(5000, 2).subarray(0, 1000)));
  });

  test("tells of a message that its sender did not finish how much came", () => {
    const capture = new Capture();
    const call = begin(capture);
    capture.messageStart(call, CLIENT, 0, 400);
    capture.messagePart(call, CLIENT, pattern(150, 0), 0, 150);
    capture.messageEnd(call, CLIENT, false);
    const event = capture.event(capture.newestSeq) as MessageEvent;
    expect(event.problem).toEqual({ code: "ERR_MESSAGE_CUT", message: "cut after 150 of 400 bytes" });
    expect(event.wireLength).toBe(150);
    expect(capture.messageBytes(event.seq)?.length).toBe(150);
  });

  test("stays within its memory, lets the oldest message bytes go first, and says so", () => {
    const capture = new Capture(SMALL);
    const call = begin(capture);
    const first = message(capture, call, pattern(100_000, 0));
    for (let index = 1; index < 400; index++) message(capture, call, pattern(100_000, index));
    expect(capture.counters.keptBytes).toBeLessThanOrEqual(MIN_MAX_MEMORY_BYTES);
    expect(capture.counters.trimmedMessageBytes).toBeGreaterThan(0);
    expect(capture.counters.trimmedEvents).toBe(0);
    expect(capture.messageBytes(first)).toBeUndefined();
    expect(capture.event(first)).toMatchObject({ kind: "server-message", wireLength: 100_000, trimmed: true });
    expect(capture.messageBytes(capture.newestSeq)?.length).toBe(100_000);
  });

  test("lets the oldest events go, then the oldest calls, but no call that is open", () => {
    const capture = new Capture(SMALL);
    const open = begin(capture, "/a.B/Open");
    const asked = message(capture, open, pattern(10, 0), CLIENT);
    for (let index = 0; index < 120_000; index++) {
      const call = begin(capture);
      message(capture, call, pattern(20, index));
      end(capture, call);
    }
    const { counters } = capture;
    expect(counters.keptBytes).toBeLessThanOrEqual(MIN_MAX_MEMORY_BYTES);
    expect(counters.trimmedEvents).toBeGreaterThan(0);
    expect(counters.trimmedCalls).toBeGreaterThan(0);
    expect(counters.calls).toBe(120_001);
    expect(capture.event(asked)).toBeUndefined();
    expect(capture.call(2)).toBeUndefined();
    expect(capture.call(open.id)).toMatchObject({ method: "/a.B/Open", client: { messages: 1, bytes: 10 } });
    message(capture, open, pattern(7, 0));
    end(capture, open);
    expect(capture.call(open.id)).toMatchObject({ server: { messages: 1, bytes: 7 }, end: { how: "trailers-only" } });
    expect([...capture.eventsOf(open.id)].map(({ kind }) => kind)).toEqual([
      "server-message",
      "server-trailer",
      "call-end",
    ]);
    const kept = [...capture.calls()].map(({ id }) => id);
    expect(kept[0]).toBe(open.id);
    expect(kept.length).toBe(counters.calls - counters.trimmedCalls);
  });

  test("lists the events of a long stream from the first that is kept", () => {
    const capture = new Capture(SMALL);
    const call = begin(capture);
    for (let index = 0; index < 150_000; index++) message(capture, call, pattern(4, index));
    const events = [...capture.eventsOf(call.id)] as MessageEvent[];
    expect(events[0]?.seq).toBe(capture.oldestSeq);
    expect(events.length).toBe(capture.newestSeq - capture.oldestSeq + 1);
    expect(events.at(-1)?.index).toBe(149_999);
  });

  test("writes what comes late for a call that is over to that call, and to no other", () => {
    const capture = new Capture();
    const call = begin(capture);
    end(capture, call);
    const next = begin(capture);
    capture.cancel(call, SERVER, 0);
    expect([...capture.eventsOf(call.id)].at(-1)).toMatchObject({ kind: "cancel", call: call.id, code: 0 });
    expect([...capture.eventsOf(next.id)].map(({ kind }) => kind)).toEqual(["client-header"]);
  });

  test("writes a header list that repeats once a slab, and reads it back from every event", () => {
    const capture = new Capture();
    const shared = list(["x-request-id", "é".repeat(50)], ["x-empty", ""]);
    const call = begin(capture);
    for (let index = 0; index < 5000; index++) capture.serverHeader(call, shared, true);
    const before = capture.counters.keptBytes;
    for (let index = 0; index < 5000; index++) capture.serverHeader(call, shared, true);
    expect(capture.counters.keptBytes - before).toBeLessThan(1_000_000);
    expect(capture.event(capture.newestSeq)).toMatchObject({ kind: "server-header", fields: shared.fields });
    expect(capture.event(10)).toMatchObject({ kind: "server-header", fields: shared.fields });
  });
});

describe("a cursor", () => {
  test("reads every event once, and tells what was trimmed before it came to it", () => {
    const capture = new Capture(SMALL);
    const cursor = new EventCursor(capture);
    const call = begin(capture);
    expect(cursor.read()).toMatchObject({ kind: "client-header", seq: 1 });
    expect(cursor.read()).toBeUndefined();
    for (let index = 0; index < 180_000; index++) message(capture, call, pattern(4, index));
    const dropped = cursor.read();
    expect(dropped).toEqual({ kind: "dropped", from: 2, to: capture.oldestSeq - 1, events: capture.oldestSeq - 2 });
    let seq = capture.oldestSeq;
    for (let event = cursor.read(); event !== undefined; event = cursor.read()) {
      expect(event.kind === "dropped" ? 0 : event.seq).toBe(seq++);
    }
    expect(seq).toBe(capture.newestSeq + 1);
  });

  test("calls back once a turn for all that came in it", async () => {
    const capture = new Capture();
    let calls = 0;
    const stop = capture.onAppend(() => calls++);
    const call = begin(capture);
    for (let index = 0; index < 100; index++) message(capture, call, pattern(4, index));
    expect(calls).toBe(0);
    await new Promise((resolve) => setImmediate(resolve));
    expect(calls).toBe(1);
    stop();
    end(capture, call);
    await new Promise((resolve) => setImmediate(resolve));
    expect(calls).toBe(1);
  });
});
