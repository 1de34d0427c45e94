// Statistics kept up from a capture: what they count is what happened, in any slices; what was trimmed is told.
import { describe, expect, test } from "vitest";
import { Capture, MIN_MAX_MEMORY_BYTES } from "../../src/capture/capture.js";
import { TrafficStats } from "../../src/session/traffic-stats.js";
import { beginCall, endCall, resetCall, sendMessage } from "../support/capture-traffic.js";

/** A clock that goes on by a millisecond a look. */
function ticking(): () => number {
  let now = 0;
  return () => now++;
}

function settle(stats: TrafficStats, budget = 1): void {
  while (stats.update(budget)) {}
}

describe("statistics of traffic", () => {
  test("count calls, messages, waits and gaps of each method and of all", () => {
    const capture = new Capture();
    const stats = new TrafficStats({ capture, clock: ticking() });
    capture.tick(1000);
    const get = beginCall(capture, { method: "/a.B/Get" });
    const watch = beginCall(capture, { method: "/a.B/Watch" });
    sendMessage(capture, get, 0, new Uint8Array(10));
    capture.tick(1005);
    sendMessage(capture, get, 1, new Uint8Array(30));
    endCall(capture, get);
    for (const at of [1010, 1020, 1040]) {
      capture.tick(at);
      sendMessage(capture, watch, 1, new Uint8Array(100), 1);
    }
    capture.tick(1100);
    resetCall(capture, watch);
    const again = beginCall(capture, { method: "/a.B/Get" });
    endCall(capture, again, 5);
    beginCall(capture, { method: "/a.B/Get" });
    settle(stats);

    const [first, second] = stats.methods();
    expect(first).toMatchObject({ method: "/a.B/Get", calls: 3, open: 1, errors: 1, statuses: { 0: 1, 5: 1 } });
    expect(first!.client).toMatchObject({ messages: 1, bytes: 10 });
    expect(first!.server).toMatchObject({ messages: 1, bytes: 30 });
    expect(first!.latency).toMatchObject({ count: 2, min: 0, max: 5 });
    expect(first!.firstMessage).toMatchObject({ count: 1, max: 5 });
    expect(first!.gap.count).toBe(0);
    expect(second).toMatchObject({ method: "/a.B/Watch", calls: 1, open: 0, errors: 1, statuses: { 1: 1 } });
    expect(second!.server).toMatchObject({ messages: 3, bytes: 300, compressed: 3 });
    expect(second!.gap).toMatchObject({ count: 2, min: 10, max: 20 });
    expect(second!.firstMessage).toMatchObject({ count: 1, max: 10 });
    expect(stats.total).toMatchObject({ calls: 4, open: 1, errors: 2, ended: 3 });
    expect(stats.total.gap.count).toBe(2);
    expect(stats.callsBySecond(1200, 2)).toEqual([0, 4]);
    expect(stats.toJson(1200).methods.map(({ method }) => method)).toEqual(["/a.B/Get", "/a.B/Watch"]);
  });

  test("are the same in slices as at once, and stop when time is up", () => {
    const capture = new Capture();
    const slices = new TrafficStats({ capture, clock: ticking() });
    for (let count = 0; count < 3000; count++) {
      capture.tick(1000 + count);
      const call = beginCall(capture, { method: `/a.B/M${count % 5}` });
      sendMessage(capture, call, 0, new Uint8Array(count % 50));
      endCall(capture, call, count % 4);
      if (count % 100 === 0) slices.update(1);
    }
    expect(slices.update(1)).toBe(true);
    expect(slices.total.calls).toBeLessThan(3000);
    settle(slices);
    const whole = new TrafficStats({ capture, clock: () => 0 });
    expect(whole.update(1)).toBe(false);
    expect(slices.toJson(5000)).toEqual(whole.toJson(5000));
  });

  test("tell what was trimmed before they saw it, and know what is open all the same", () => {
    const capture = new Capture({ maxMemoryBytes: MIN_MAX_MEMORY_BYTES });
    const stats = new TrafficStats({ capture, clock: ticking() });
    const open = beginCall(capture, { method: "/a.B/Open" });
    const ending = beginCall(capture, { method: "/a.B/Open" });
    settle(stats);
    expect(stats.total.open).toBe(2);
    endCall(capture, ending);
    for (let count = 0; count < 300_000; count++) sendMessage(capture, open, 1, new Uint8Array(1));
    settle(stats);
    expect(stats.skippedEvents).toBeGreaterThan(0);
    expect(stats.total.server.messages + stats.skippedEvents).toBeGreaterThanOrEqual(300_000);
    expect(stats.total.open).toBe(1);
    expect(stats.methods()[0]).toMatchObject({ method: "/a.B/Open", open: 1 });
  });

  test("pass over what they cannot count in time, and still know how many calls began", () => {
    const capture = new Capture();
    const stats = new TrafficStats({ capture, clock: () => 0, maxBehind: 1000 });
    for (let count = 0; count < 5000; count++) {
      capture.tick(1_000_000 + count);
      endCall(capture, beginCall(capture));
    }
    settle(stats);
    expect(stats.skippedCalls).toBeGreaterThan(4000);
    expect(stats.total.calls).toBe(5000);
    expect(stats.total.ended).toBeLessThan(500);
    expect(stats.total.open).toBe(0);
    expect(stats.callsBySecond(1_004_999, 5).reduce((sum, count) => sum + count, 0)).toBe(5000);
  });

  test("begin anew after a reset, with what is open", () => {
    const capture = new Capture();
    const stats = new TrafficStats({ capture, clock: ticking() });
    const call = beginCall(capture);
    endCall(capture, beginCall(capture));
    settle(stats);
    stats.reset();
    expect(stats.total).toMatchObject({ calls: 0, open: 1, errors: 0 });
    endCall(capture, call, 3);
    settle(stats);
    expect(stats.total).toMatchObject({ calls: 0, open: 0, errors: 1 });
  });

  test("take what others learned by decoding", () => {
    const capture = new Capture();
    const stats = new TrafficStats({ capture, clock: ticking() });
    stats.addDecoded({ method: "/a.B/C", side: "server", compressedBytes: 25, protobufBytes: 100, jsonBytes: 300 });
    expect(stats.total.server.saved).toBe(0.75);
    expect(stats.methods()[0]!.server.jsonRatio).toBe(3);
  });
});
