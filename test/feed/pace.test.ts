// Turns between subscriptions and the traffic: everybody has one, and a busy traffic has most of the time.
import { beforeEach, describe, expect, test, vi } from "vitest";
import { CallSet } from "../../src/feed/call-set.js";
import { Pace } from "../../src/feed/pace.js";
import { RateLimit } from "../../src/feed/rate-limit.js";

describe("turns", () => {
  let now = 0;
  let used = 0;
  let newest = 0;
  let idle = 0;
  beforeEach(() => {
    vi.useFakeTimers();
    now = used = newest = idle = 0;
    return () => vi.useRealTimers();
  });
  const paced = () => new Pace({ newestSeq: () => newest, clock: () => now, used: () => used, idle: () => idle });

  /** @param perMs events of the traffic, which takes all of the processor that is left to it */
  function pass(ms: number, perMs: number): void {
    for (let left = ms; left > 0; left--) {
      now++;
      used++;
      newest += perMs;
      vi.advanceTimersByTime(1);
    }
  }

  /** Two subscriptions that always have something to do: 0.5 ms a turn. @returns how often each had a turn */
  function work(pace: Pace): number[] {
    const turns = [0, 0];
    for (const who of [0, 1]) {
      void (async () => {
        for (;;) {
          await pace.turn();
          const begun = pace.begin();
          now += 0.5;
          used += 0.5;
          turns[who]!++;
          pace.end(begun);
        }
      })();
    }
    return turns;
  }

  test("are taken one after the other", async () => {
    const pace = paced();
    const order: number[] = [];
    for (const who of [1, 2, 3]) void pace.turn().then(() => order.push(who));
    await vi.advanceTimersByTimeAsync(10);
    expect(order).toEqual([1, 2, 3]);
  });

  test.for<[perMs: number, atLeast: number, atMost: number]>([
    [1, 0.3, 1],
    [100, 0.015, 0.05],
  ])("beside a traffic of %d events a millisecond take their share of the time", async ([perMs, atLeast, atMost]) => {
    const turns = work(paced());
    for (let count = 0; count < 2000; count++) {
      pass(1, perMs);
      await vi.advanceTimersByTimeAsync(0);
    }
    const share = ((turns[0]! + turns[1]!) * 0.5) / now;
    expect(share).toBeGreaterThan(atLeast);
    expect(share).toBeLessThan(atMost);
    expect(Math.abs(turns[0]! - turns[1]!)).toBeLessThanOrEqual(1);
  });

  test.for<[perMs: number, told: number, most: number]>([
    // A fast machine tells in the same time what is asked, and no more.
    [100, 5000, 70],
    // Without much traffic nothing is held back.
    [1, 5000, Number.POSITIVE_INFINITY],
  ])(
    "beside a traffic of %d events a millisecond that tell %d events each are no more than that",
    async ([perMs, told, most]) => {
      const pace = paced();
      let all = 0;
      void (async () => {
        for (;;) {
          await pace.turn();
          const begun = pace.begin();
          now += 0.01;
          used += 0.01;
          all += told;
          pace.told(told);
          pace.end(begun);
        }
      })();
      const pass2s = async () => {
        for (let count = 0; count < 2000; count++) {
          pass(1, perMs);
          await vi.advanceTimersByTimeAsync(0);
        }
      };
      // That it is busy is seen after a moment.
      await pass2s();
      const [before, since] = [all, now];
      await pass2s();
      const perMsTold = (all - before) / (now - since);
      expect(perMsTold).toBeLessThan(most);
      expect(perMsTold).toBeGreaterThan(most === Number.POSITIVE_INFINITY ? 1000 : 50);
    },
  );

  test("leave a traffic its share that other programs leave little time", async () => {
    const turns = work(paced());
    for (let count = 0; count < 200; count++) {
      // The processor is with others most of the time: 10 events a millisecond are all that can be.
      now += 9;
      pass(1, 100);
      await vi.advanceTimersByTimeAsync(0);
    }
    const share = ((turns[0]! + turns[1]!) * 0.5) / used;
    expect(share).toBeLessThan(0.2);
  });

  test("come again when the traffic stops", async () => {
    const turns = work(paced());
    for (let count = 0; count < 500; count++) {
      pass(1, 100);
      await vi.advanceTimersByTimeAsync(0);
    }
    const before = turns[0]!;
    for (let count = 0; count < 500; count++) {
      now++;
      idle++;
      await vi.advanceTimersByTimeAsync(1);
    }
    expect(turns[0]! - before).toBeGreaterThan(100);
  });
});

describe("a rate limit", () => {
  test("lets a burst pass, then so many a second", () => {
    const limit = new RateLimit(10, 5);
    const passed = (now: number, tries: number) =>
      Array.from({ length: tries }, () => limit.take(now)).filter(Boolean).length;
    expect(passed(1000, 20)).toBe(10);
    expect(passed(1100, 20)).toBe(0);
    expect(passed(3000, 20)).toBeLessThanOrEqual(10);
    expect(passed(60_000, 20)).toBe(10);
  });
});

describe("a set of calls", () => {
  test("knows those that were added, and forgets pages that nobody needs", () => {
    const set = new CallSet();
    for (const call of [1, 31, 32, 33, 32_767, 32_768, 100_000]) set.add(call);
    expect([0, 1, 2, 31, 32, 33, 34, 32_767, 32_768, 100_000].filter((call) => set.has(call))).toEqual([
      1, 31, 32, 33, 32_767, 32_768, 100_000,
    ]);
    set.delete(32);
    expect(set.has(32)).toBe(false);
    set.dropBelow(70_000);
    expect([set.has(1), set.has(32_768), set.has(100_000), set.pages]).toEqual([false, false, true, 1]);
  });
});
