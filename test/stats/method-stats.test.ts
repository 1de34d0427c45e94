// What is counted of methods: rates over a window, statuses, ratios; and no more methods than there is room for.
import { describe, expect, test } from "vitest";
import { MethodStats } from "../../src/stats/method-stats.js";
import { MethodTable, OTHER_METHODS } from "../../src/stats/method-table.js";
import { Rate } from "../../src/stats/rate.js";

describe("a rate", () => {
  test("is what happened in the window, a second", () => {
    const rate = new Rate(10);
    for (let at = 0; at < 20_000; at += 100) rate.add(1_000_000 + at);
    expect(rate.perSecond(1_020_000 - 1, 10)).toBeCloseTo(10, 1);
    expect(rate.perSecond(1_025_000 - 1, 10)).toBeCloseTo(5, 1);
    expect(rate.perSecond(1_100_000, 10)).toBe(0);
  });

  test("of what has just begun is not more than what happened", () => {
    const rate = new Rate(10);
    rate.add(5000);
    rate.add(5001);
    expect(rate.perSecond(5002, 10)).toBe(2);
    expect(new Rate(10).perSecond(5002, 10)).toBe(0);
  });

  test("by the second is told oldest first, with gaps as they were", () => {
    const rate = new Rate(5);
    for (const at of [1000, 1500, 3000, 4200, 4300]) rate.add(at);
    expect(rate.bySecond(4999, 5)).toEqual([0, 2, 0, 1, 2]);
    expect(rate.bySecond(6000, 3)).toEqual([2, 0, 0]);
    rate.add(20_000);
    expect(rate.bySecond(20_000, 5)).toEqual([0, 0, 0, 0, 1]);
    // Longer ago than it remembers.
    rate.add(1000);
    expect(rate.bySecond(20_000, 5)).toEqual([0, 0, 0, 0, 1]);
  });
});

describe("statistics of a method", () => {
  test("count calls, what is open, errors and statuses", () => {
    const stats = new MethodStats("/a.B/C");
    for (let count = 0; count < 5; count++) stats.callBegan(1000);
    for (const [code, ms] of [
      [0, 10],
      [0, 20],
      [5, 30],
      [99, 40],
    ] as const)
      stats.callEnded(code, ms, 1000 + ms);
    expect(stats).toMatchObject({ calls: 5, open: 1, errors: 2, ended: 4 });
    expect(stats.statuses).toEqual({ 0: 2, 5: 1, [-1]: 1 });
    expect(stats.latency.max).toBe(40);
    expect(stats.latency.percentile(0.5)).toBeCloseTo(20, 0);
  });

  test("know when calls began and when they failed, by the second", () => {
    const stats = new MethodStats("/a.B/C");
    for (const [began, status, ended] of [
      [1000, 0, 1500],
      [1000, 5, 2100],
      [3000, 14, 3100],
    ] as const) {
      stats.callBegan(began);
      stats.callEnded(status, ended - began, ended);
    }
    expect(stats.toJson(3500, 3)).toMatchObject({ begun: [2, 0, 1], failed: [0, 1, 1] });
    expect(stats.toJson(3500)).not.toHaveProperty("begun");
  });

  test("do not count open calls below none when a beginning was missed", () => {
    const stats = new MethodStats("/a.B/C");
    stats.callEnded(0, 1, 1000);
    expect(stats.open).toBe(0);
  });

  test("know sizes of each side and what compression and protobuf save", () => {
    const { client, server } = new MethodStats("/a.B/C");
    client.addMessage(100, true);
    client.addMessage(50, false);
    expect(client).toMatchObject({ messages: 2, bytes: 150, compressed: 1 });
    expect(client.saved).toBeUndefined();
    expect(client.jsonRatio).toBeUndefined();
    client.addDecoded(100, 400, 1000);
    client.addDecoded(undefined, 50, 125);
    client.addDecoded(undefined, 70, undefined);
    expect(client.saved).toBe(0.75);
    expect(client.jsonRatio).toBe(2.5);
    expect(server.messages).toBe(0);
  });

  test("are JSON that a viewer can read", () => {
    const stats = new MethodStats("/a.B/C");
    stats.callBegan(1000);
    const json = JSON.parse(JSON.stringify(stats.toJson(1001)));
    expect(json).toMatchObject({ method: "/a.B/C", calls: 1, open: 1, rate: 1, statuses: {}, latency: { count: 0 } });
  });
});

describe("a table of methods", () => {
  test("puts those that find no place together, as a peer chooses the names", () => {
    const table = new MethodTable();
    for (let count = 0; count < 5000; count++) table.of(`/a.B/M${count}`).callBegan(1000);
    const all = table.all();
    expect(all.length).toBe(513);
    expect(all.at(-1)).toMatchObject({ method: OTHER_METHODS, calls: 5000 - 512 });
    expect(table.of("/a.B/M1").calls).toBe(1);
    expect(table.toJson(1000).methods.length).toBe(513);
  });
});
