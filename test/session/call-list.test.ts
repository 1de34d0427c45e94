// The list of calls: whatever happens in whatever order and however little time there is, it is what filtering from scratch gives.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Capture, MIN_MAX_MEMORY_BYTES } from "../../src/capture/capture.js";
import type { OpenCall } from "../../src/capture/open-call.js";
import { type Filter, parseFilter } from "../../src/filter/filter.js";
import { CallList, type CallOrder } from "../../src/session/call-list.js";
import { CaptureCallView } from "../../src/session/capture-call-view.js";
import { SORT_COLUMNS } from "../../src/session/sort-keys.js";
import { beginCall, endCall, resetCall, sendMessage } from "../support/capture-traffic.js";

const BYTES = new Uint8Array(10);

function filter(text: string): Filter {
  const result = parseFilter(text);
  if (result.kind === "mistake") throw new Error(result.mistake.message);
  return result.filter;
}

/** A clock that goes on by a millisecond a look, so that every budget is used up at some time. */
function ticking(): () => number {
  let now = 0;
  return () => now++;
}

/** Updates until there is nothing left to do. */
function settle(list: CallList, now = 0): void {
  for (let left = 100_000; left > 0; left--) if (!list.update(now, 5).behind) return;
  throw new Error("never done");
}

function idsOf(list: CallList): readonly number[] {
  return Array.from({ length: list.length }, (_, index) => list.at(index)!);
}

/** The list as it must be: all calls asked, then sorted, by a number and then by id. */
function fromScratch(capture: Capture, { test: matches }: Filter, order: CallOrder, now: number): readonly number[] {
  const view = new CaptureCallView({ capture });
  const rows = [...capture.calls()].flatMap((call) => {
    view.moveTo(call.id);
    if (!matches(view, now)) return [];
    const later = Number.POSITIVE_INFINITY;
    const key: Readonly<Record<CallOrder["by"], number | string>> = {
      start: call.id,
      method: call.method,
      status: call.end?.status.code ?? -1,
      duration: view.endedAt === undefined ? later : view.endedAt - view.startedAt,
      ttfb: view.answeredAt === undefined ? later : view.answeredAt - view.startedAt,
      connection: call.connection,
      clientMessages: call.client.messages,
      serverMessages: call.server.messages,
      clientBytes: call.client.bytes,
      serverBytes: call.server.bytes,
    };
    return [{ id: call.id, key: key[order.by] }];
  });
  rows.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.id - b.id));
  const ids = rows.map(({ id }) => id);
  return order.descending ? ids.reverse() : ids;
}

const FILTERS = [
  "",
  "status != OK",
  "B/M1",
  "client.messages > 1 && !open",
  "open",
  "reset || server.bytes > 15",
  "metadata.x-id == 3",
  "duration > 20ms",
  "status.message contains odd",
].map(filter);

type Step =
  | { readonly do: "begin"; readonly method: number }
  | { readonly do: "message"; readonly from: 0 | 1; readonly which: number }
  | { readonly do: "end" | "reset"; readonly which: number; readonly status: number }
  | { readonly do: "update"; readonly budget: number }
  | { readonly do: "filter"; readonly which: number }
  | { readonly do: "order"; readonly by: CallOrder["by"]; readonly descending: boolean };

const STEP: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("begin" as const), method: fc.nat(30) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("message" as const),
      from: fc.constantFrom(0 as const, 1 as const),
      which: fc.nat(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom("end" as const, "reset" as const),
      which: fc.nat(),
      status: fc.nat(17),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("update" as const), budget: fc.nat(6) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("filter" as const), which: fc.nat(FILTERS.length - 1) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("order" as const),
      by: fc.constantFrom(...SORT_COLUMNS),
      descending: fc.boolean(),
    }),
  },
);

describe("a list of calls", () => {
  test("is what filtering and sorting from scratch gives, whatever came in between", () => {
    fc.assert(
      fc.property(
        fc.array(STEP, { minLength: 10, maxLength: 120 }),
        fc.constantFrom(5, 30, 1000),
        (steps, maxBehind) => {
          const capture = new Capture();
          const list = new CallList({ capture, clock: ticking(), maxBehind });
          const open: OpenCall[] = [];
          let now = 1000;
          for (const step of steps) {
            now += 3;
            capture.tick(now);
            switch (step.do) {
              case "begin":
                open.push(
                  beginCall(capture, { method: `/a.B/M${step.method}`, fields: [["x-id", String(step.method % 5)]] }),
                );
                break;
              case "message": {
                const call = open[step.which % Math.max(open.length, 1)];
                if (call !== undefined) sendMessage(capture, call, step.from, BYTES);
                break;
              }
              case "end":
              case "reset": {
                const [call] = open.splice(step.which % Math.max(open.length, 1), 1);
                if (call === undefined) break;
                if (step.do === "reset") resetCall(capture, call);
                else endCall(capture, call, step.status, step.status % 2 === 1 ? "odd" : "even");
                break;
              }
              case "update":
                list.update(now, step.budget);
                break;
              case "filter":
                list.setFilter(FILTERS[step.which]!);
                break;
              case "order":
                list.setOrder(step);
            }
          }
          // Later than any look at what time alone changes.
          now += 1000;
          settle(list, now);
          const expected = fromScratch(capture, list.filter, list.order, now);
          expect(idsOf(list)).toEqual(expected);
          expect(expected.map((id) => list.indexOf(id))).toEqual(expected.map((_, index) => index));
          const listed = new Set(expected);
          for (let id = 1; id <= capture.newestCall; id++) expect(list.has(id)).toBe(listed.has(id));
          expect(list.update(now, 5)).toMatchObject({
            changed: false,
            behind: false,
            total: capture.newestCall,
            tested: capture.newestCall,
          });
        },
      ),
      { numRuns: 300 },
    );
  });

  test("has the newest calls first when a filter is typed, and says how far it is", () => {
    const capture = new Capture();
    for (let count = 0; count < 5000; count++) endCall(capture, beginCall(capture));
    const list = new CallList({ capture, clock: ticking() });
    settle(list);
    list.setFilter(filter("a.B"));
    expect(list.length).toBe(0);
    const state = list.update(0, 4);
    expect(state).toMatchObject({ behind: true, changed: true, total: 5000 });
    expect(state.tested).toBeLessThan(5000);
    expect(idsOf(list)).toEqual(Array.from({ length: state.tested }, (_, index) => 5001 - state.tested + index));
    settle(list);
    expect(list.length).toBe(5000);
  });

  test("takes in what happens now although it is not done with what was before", () => {
    const capture = new Capture();
    for (let count = 0; count < 20_000; count++) endCall(capture, beginCall(capture));
    const list = new CallList({ capture, clock: ticking() });
    list.update(0, 2);
    const call = beginCall(capture);
    list.update(0, 4);
    expect(list.has(call.id)).toBe(true);
    expect(list.length).toBeLessThan(20_000);
  });

  test("says that it changed when something happened to a call in it, and to no other", () => {
    const capture = new Capture();
    const list = new CallList({ capture, clock: ticking() });
    list.setFilter(filter("B/In"));
    const inside = beginCall(capture, { method: "/a.B/In" });
    const outside = beginCall(capture, { method: "/a.B/Out" });
    settle(list);
    expect(list.update(0, 5).changed).toBe(false);
    sendMessage(capture, outside, 0, BYTES);
    expect(list.update(0, 5).changed).toBe(false);
    sendMessage(capture, inside, 0, BYTES);
    expect(list.update(0, 5).changed).toBe(true);
  });

  test("asks again what time alone changes", () => {
    const capture = new Capture();
    capture.tick(1000);
    const first = beginCall(capture).id;
    const list = new CallList({ capture, clock: ticking() });
    list.setFilter(filter("duration > 5s"));
    settle(list, 2000);
    expect(list.has(first)).toBe(false);
    settle(list, 6001);
    expect(list.has(first)).toBe(true);
    list.setFilter(filter("age < 10s"));
    settle(list, 7000);
    expect(list.has(first)).toBe(true);
    list.update(11_001, 5);
    settle(list, 11_001);
    expect(list.has(first)).toBe(false);
  });

  test("lets go of what the capture lets go, and keeps old calls that are open", () => {
    const capture = new Capture({ maxMemoryBytes: MIN_MAX_MEMORY_BYTES });
    const list = new CallList({ capture, clock: ticking() });
    const old = beginCall(capture, { method: "/a.B/Old" });
    const older = beginCall(capture, { method: "/a.B/Older" });
    for (let count = 1; count < 100_000; count++) {
      endCall(capture, beginCall(capture, { method: `/a.B/M${count % 7}` }), count % 3);
      if (count % 500 === 0) list.update(0, 40);
      if (count === 60_000) list.setOrder({ by: "status", descending: false });
    }
    settle(list);
    expect(capture.oldestCall).toBeGreaterThan(1);
    expect(idsOf(list)).toEqual(fromScratch(capture, filter(""), list.order, 0));
    expect(list.has(old.id)).toBe(true);
    endCall(capture, old);
    settle(list);
    list.setFilter(filter("B/Old"));
    settle(list);
    expect(idsOf(list)).toEqual([old.id, older.id].sort((a, b) => (a === older.id ? -1 : b === older.id ? 1 : 0)));
    for (let count = 1; count < 100_000; count++) endCall(capture, beginCall(capture));
    settle(list);
    // One has ended and is gone with those of its age.
    expect(idsOf(list)).toEqual([older.id]);
    expect(list.update(0, 5)).toMatchObject({
      total: [...capture.calls()].length,
      tested: [...capture.calls()].length,
    });
  });

  test("that missed events looks at everything again", () => {
    const capture = new Capture({ maxMemoryBytes: MIN_MAX_MEMORY_BYTES });
    const list = new CallList({ capture, clock: ticking() });
    const early = beginCall(capture);
    settle(list);
    list.setFilter(filter("status != OK"));
    settle(list);
    endCall(capture, early, 5);
    const kept = beginCall(capture);
    for (let count = 0; count < 150_000; count++) sendMessage(capture, kept, 1, BYTES);
    expect(capture.oldestSeq).toBeGreaterThan(10);
    settle(list);
    expect(idsOf(list)).toEqual([early.id]);
  });

  test("tells where a call that is not in it would be", () => {
    const capture = new Capture();
    const list = new CallList({ capture, clock: ticking() });
    for (let count = 0; count < 6; count++) endCall(capture, beginCall(capture), count % 2);
    list.setFilter(filter("error"));
    settle(list);
    expect(idsOf(list)).toEqual([2, 4, 6]);
    expect(list.indexOf(3)).toBe(-1 - 1);
    list.setOrder({ by: "start", descending: true });
    expect(idsOf(list)).toEqual([6, 4, 2]);
    expect(list.indexOf(3)).toBe(-1 - 2);
    expect([list.at(-1), list.at(3), list.at(0.5)]).toEqual([undefined, undefined, undefined]);
  });

  test.each([
    ["cheap", () => 0.0002, 0.2],
    ["dear", () => 0.05, 0.2],
    ["dearer than its time", () => 7, 7],
    ["cheap, and then dear of a sudden", (id: number) => (id > 1000 ? 0.0002 : 0.02), 1.3],
  ])("keeps to its time when questions are %s", (_, costOf, beyond) => {
    const capture = new Capture();
    for (let count = 0; count < 3000; count++) endCall(capture, beginCall(capture));
    let now = 0;
    const list = new CallList({ capture, clock: () => now });
    settle(list);
    list.setFilter({
      ...filter("open"),
      test(call) {
        now += costOf(call.id);
        return true;
      },
    });
    let longest = 0;
    for (let behind = true; behind; ) {
      const began = now;
      behind = list.update(0, 4).behind;
      longest = Math.max(longest, now - began);
    }
    expect(list.length).toBe(3000);
    expect(longest).toBeLessThanOrEqual(4 + beyond);
  });
});
