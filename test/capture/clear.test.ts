// Clearing a capture: what happened before is gone, calls that are open go on, and trimming works as before.
import fc from "fast-check";
import { expect, test } from "vitest";
import { Capture, MIN_MAX_MEMORY_BYTES } from "../../src/capture/capture.js";
import { EventCursor } from "../../src/capture/cursor.js";
import type { OpenCall } from "../../src/capture/open-call.js";
import { FieldList } from "../../src/http2/hpack/field-list.js";
import { CLIENT } from "../../src/http2/stream.js";
import { requestFacts } from "../../src/rpc/grpc.js";

function begin(capture: Capture): OpenCall {
  const fields = new FieldList([[":path", "/a.B/C"]], 0, 0);
  const call = capture.openCall(1, 1, "grpc", fields, requestFacts(fields.fields), false, undefined);
  if (call === undefined) throw new Error("not opened");
  return call;
}

function say(capture: Capture, call: OpenCall, length: number): void {
  capture.beginChunk();
  capture.message(call, CLIENT, 0, new Uint8Array(length), 0, length);
}

function end(capture: Capture, call: OpenCall): void {
  capture.endCall(call, "trailers", "server", 0, "trailers", 0);
}

const STEPS = fc.array(
  fc.record({
    step: fc.constantFrom("begin", "say", "end", "clear"),
    which: fc.nat(1000),
    /** So that segments of rows are filled and dropped, too. */
    times: fc.constantFrom(1, 1, 1, 700, 6000),
  }),
  { maxLength: 30 },
);

test("leaves open calls, and of them what comes afterwards; nothing else, however it is mixed with trimming", () => {
  fc.assert(
    fc.property(STEPS, (steps) => {
      const capture = new Capture({ maxMemoryBytes: MIN_MAX_MEMORY_BYTES });
      const open: OpenCall[] = [];
      const ended = new Set<number>();
      let cleared = 0;
      let clearedCalls = 0;
      for (const { step, which, times } of steps) {
        const call = open[which % Math.max(1, open.length)];
        if (step === "clear") {
          capture.clear();
          cleared = capture.newestSeq;
          clearedCalls = capture.newestCall;
        } else if (step === "end" && call !== undefined) {
          end(capture, call);
          ended.add(call.id);
          open.splice(open.indexOf(call), 1);
        } else if (step === "say" && call !== undefined) {
          for (let count = 0; count < times; count++) say(capture, call, 40);
        } else if (step === "begin" && open.length < 100) {
          for (let count = 1; count < times; count++) {
            const brief = begin(capture);
            ended.add(brief.id);
            end(capture, brief);
          }
          open.push(begin(capture));
        }
      }
      expect(capture.clearedSeq).toBe(cleared);
      expect(capture.oldestSeq).toBeGreaterThan(cleared);
      expect(capture.event(cleared)).toBeUndefined();
      expect([...capture.openCalls()]).toEqual(open.map(({ id }) => id));
      const kept = [...capture.calls()].map(({ id }) => id);
      const { calls, trimmedCalls } = capture.counters;
      expect(kept.length).toBe(calls - trimmedCalls);
      for (const { id } of open) expect(capture.call(id)?.id).toBe(id);
      // One that ended since the clearing stays until there is no more room.
      const old = new Set(capture.oldOpenCalls());
      expect(kept.filter((id) => id <= clearedCalls && ended.has(id) && !old.has(id))).toEqual([]);
      const events = kept.flatMap((id) => [...capture.eventsOf(id)].map(({ seq, call }) => ({ id, seq, call })));
      expect(events.filter(({ id, seq, call }) => call !== id || seq < capture.oldestSeq)).toEqual([]);
      for (const call of open) {
        const before = capture.newestSeq;
        say(capture, call, 3);
        expect([...capture.eventsOf(call.id)].at(-1)?.seq).toBe(before + 1);
      }
    }),
    { numRuns: 25 },
  );
});

test("tells who reads behind it what is gone, and those who listen that something happened", async () => {
  const capture = new Capture();
  const cursor = new EventCursor(capture);
  const call = begin(capture);
  end(capture, call);
  const told = new Promise<void>((resolve) => void capture.onAppend(resolve));
  capture.clear();
  await told;
  begin(capture);
  expect(cursor.read()).toEqual({ kind: "dropped", from: 1, to: 2, events: 2 });
  expect(cursor.read()).toMatchObject({ kind: "client-header", seq: 3 });
  expect(cursor.read()).toBeUndefined();
});
