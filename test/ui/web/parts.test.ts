// Parts of the page that need no browser: what is chosen, compared, weighed and guessed.
import fc from "fast-check";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { CallRow, TreeRow } from "../../../src/feed/messages.js";
import { binned, gapsOf, messagePoints } from "../../../ui/web/call/message-series.js";
import { type CallRecord, joined, MAX_RECORDS } from "../../../ui/web/call/records.js";
import { changedPart, differences, type Fact } from "../../../ui/web/compare/differences.js";
import { rowAt } from "../../../ui/web/message/choice.js";
import { guessedValues, runnersUp } from "../../../ui/web/message/guess.js";
import type { CallList } from "../../../ui/web/state/call-list.js";
import { CallStore } from "../../../ui/web/state/call-store.js";
import { WithoutHidden } from "../../../ui/web/state/without-hidden.js";
import { bare, FieldSizes } from "../../../ui/web/stats/field-sizes.js";

function row(path: string, depth: number, start: number, end: number, message?: true): TreeRow {
  const facts = {
    name: path.replace(/^.*\./, ""),
    value: "",
    type: "",
    number: 1,
    wire: "len",
    from: "schema",
  } as const;
  return { ...facts, path, depth, start, valueStart: start + 2, end, ...(message === undefined ? {} : { message }) };
}

/** user { id, tags[0] }, version */
const ROWS = [
  row(".user", 0, 0, 13, true),
  row(".user.id", 1, 2, 5),
  row(".user.tags[0]", 1, 5, 13),
  row(".version", 0, 13, 20),
];

describe("an octet's field", () => {
  test("is the innermost one", () => {
    expect([0, 1, 2, 4, 5, 12, 13, 19, 20].map((offset) => rowAt(ROWS, offset))).toEqual([0, 0, 1, 1, 2, 2, 3, 3, -1]);
  });

  test("is always one that the octet lies in, with none inside it that it lies in too", () => {
    const rows = fc.array(fc.nat(30), { minLength: 1, maxLength: 12 }).map((lengths) => {
      let at = 0;
      return lengths.map((length, place) => {
        at += length;
        return row(`.f${place}`, 0, at - length, at);
      });
    });
    fc.assert(
      fc.property(rows, fc.nat(400), (fields, offset) => {
        const found = rowAt(fields, offset);
        const wanted = fields.findIndex(({ start, end }) => offset >= start && offset < end);
        expect(found).toBe(wanted);
      }),
    );
  });
});

describe("differences", () => {
  test("stand in the left order, with what only the right has behind what it follows there", () => {
    const left: Fact[] = [
      ["a", "1"],
      ["b", "2"],
      ["c", "3"],
    ];
    const right: Fact[] = [
      ["z", "0"],
      ["a", "1"],
      ["x", "9"],
      ["b", "5"],
    ];
    expect(differences(left, right)).toEqual([
      { name: "z", left: undefined, right: "0" },
      { name: "a", left: "1", right: "1" },
      { name: "x", left: undefined, right: "9" },
      { name: "b", left: "2", right: "5" },
      { name: "c", left: "3", right: undefined },
    ]);
  });

  test("tell names that come twice apart", () => {
    const twice: Fact[] = [
      ["x", "1"],
      ["x", "2"],
    ];
    expect(differences(twice, twice.slice(0, 1)).map(({ name, right }) => [name, right])).toEqual([
      ["x", "1"],
      ["x (2)", undefined],
    ]);
  });

  test("leave nothing out, and find none between a list and itself", () => {
    const facts = fc.array(fc.tuple(fc.constantFrom("a", "b", "c", "", "a (2)"), fc.string()), { maxLength: 8 });
    fc.assert(
      fc.property(facts, facts, (left, right) => {
        const found = differences(left, right);
        expect(found.filter((one) => one.left !== undefined).map((one) => one.left)).toEqual(
          left.map(([, value]) => value),
        );
        const rights = found.flatMap((one) => (one.right === undefined ? [] : [one.right]));
        expect(rights.sort()).toEqual(right.map(([, value]) => value).sort());
        expect(differences(left, left).every((one) => one.left === one.right)).toBe(true);
      }),
    );
  });

  test("of a text are what is between the same beginning and the same end", () => {
    expect(changedPart("abcde", "abXde")).toEqual([2, 3]);
    expect(changedPart("aa", "aaa")).toEqual([2, 2]);
    fc.assert(
      fc.property(fc.string(), fc.string(), (text, other) => {
        const [start, end] = changedPart(text, other);
        const [from, to] = changedPart(other, text);
        expect(text.slice(0, start) + other.slice(from, to) + text.slice(end)).toBe(other);
      }),
    );
  });
});

describe("sizes by field", () => {
  test("count each octet once, places in lists together", () => {
    const sizes = new FieldSizes();
    sizes.add(ROWS, { user: { id: 7, tags: ["ab", "c"] }, version: "1" });
    const top = sizes.top(10);
    expect(top.reduce((sum, { protobuf }) => sum + protobuf, 0)).toBe(20);
    expect(top.find(({ path }) => path === "user.tags")).toMatchObject({ protobuf: 8 });
    expect(top.find(({ path }) => path === "version")?.json).toBe('"version":"1",'.length);
  });

  test("find a field of JSON by the name that its .proto file has", () => {
    const sizes = new FieldSizes();
    sizes.add([row(".sent_at", 0, 0, 4)], { sentAt: "x" });
    expect(sizes.top(1)).toEqual([{ path: "sent_at", protobuf: 4, json: '"sentAt":"x",'.length }]);
  });

  test("know a field without its places", () => {
    expect(bare('.items[2].by["a]b"].price')).toBe("items.by.price");
  });
});

describe("a guess", () => {
  const guess = {
    fields: [
      { number: 1, name: "field_1", start: 0, end: 3, value: "a" },
      { number: 1, name: "field_1", start: 3, end: 6, value: "b" },
      {
        number: 2,
        name: "field_2",
        start: 6,
        end: 12,
        fields: [{ name: "field_1", start: 8, end: 12, value: 5, or: [{ type: "sint32", value: "-3" }] }],
      },
    ],
  };

  test("reads as its values by name", () => {
    expect(guessedValues(guess)).toEqual({ field_1: ["a", "b"], field_2: { field_1: 5 } });
  });

  test("has its second readings by the octets they are of", () => {
    expect([...runnersUp(guess)]).toEqual([["8-12", [{ type: "sint32", value: "-3" }]]]);
  });

  test("of any shape is no trouble", () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        guessedValues({ fields: [value, { fields: value, or: value }] });
        runnersUp({ fields: [value, { fields: value, or: [value] }] });
      }),
    );
  });
});

describe("the events of a long stream", () => {
  const records = (from: number, to: number): CallRecord[] =>
    Array.from({ length: to - from }, (_, at) => ({
      event: { seq: from + at, at: 0, kind: "client-half-close", call: 1 },
    }));
  /** How many events a list stands for. */
  const told = (all: readonly CallRecord[]) => all.reduce((sum, { passed = 0 }) => sum + 1 + passed, 0);

  test("are kept with the number of those that were passed over before each", () => {
    const all = joined(records(1, 4), records(10, 12), 6);
    expect(all.map(({ event, passed }) => [event.seq, passed])).toEqual([
      [1, undefined],
      [2, undefined],
      [3, undefined],
      [10, 6],
      [11, undefined],
    ]);
    expect(joined(all, [])).toBe(all);
  });

  test("are kept at their beginning and at their end, and none is uncounted", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 9000 }), fc.nat(5000)), { maxLength: 12 }), (rounds) => {
        let all: readonly CallRecord[] = records(1, 2);
        let seq = 2;
        for (const [count, passed] of rounds) {
          all = joined(all, records(seq + passed, seq + passed + count), passed);
          seq += passed + count;
          expect(told(all)).toBe(seq - 1);
          expect(all.length).toBeLessThanOrEqual(MAX_RECORDS);
          expect([all[0]?.event.seq, all.at(-1)?.event.seq]).toEqual([1, seq - 1]);
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe("a list without what is hidden", () => {
  test("has the others in their order, each where it says", () => {
    const ids = fc
      .uniqueArray(fc.integer({ min: 1, max: 40 }), { maxLength: 30 })
      .map((all) => all.sort((a, b) => a - b));
    fc.assert(
      fc.property(ids, fc.nat(40), fc.array(fc.integer({ min: 1, max: 40 })), (all, below, hidden) => {
        const inner: CallList = {
          length: all.length,
          idAt: (index) => all[index],
          indexOf: (id) => all.filter((one) => one < id).length,
          has: (id) => all.includes(id),
          need: () => {},
        };
        const wanted = all.filter((id) => id > below && !hidden.includes(id));
        const list = new WithoutHidden(inner, below, new Set(hidden));
        expect(list.length).toBe(wanted.length);
        expect(wanted.map((_, index) => list.idAt(index))).toEqual(wanted);
        expect(wanted.map((id) => list.indexOf(id))).toEqual(wanted.map((_, index) => index));
        expect(all.filter((id) => list.has(id))).toEqual(wanted);
      }),
    );
  });
});

describe("a call of a method that nobody knew yet", () => {
  const counts = { messages: 1, bytes: 2 };
  const ROW = { call: 1, method: "/acme.Things/Get", client: counts, server: counts } as CallRow;

  test("is asked for once more when types came, and no other is", async () => {
    const asked: unknown[] = [];
    let streaming: CallRow["streaming"];
    const link = {
      ask(_kind: string, request: unknown) {
        asked.push(request);
        const calls = [{ ...ROW, ticks: [], ...(streaming && { streaming }) }];
        return Promise.resolve({ kind: "list", id: 100, calls, more: false, total: 1 } as const);
      },
    };
    const store = new CallStore(link);
    vi.useFakeTimers({ toFake: ["setTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const look = async () => {
      store.needTicks([...store.values()]);
      await vi.runAllTimersAsync();
    };
    store.put([ROW]);
    await look();
    await look();
    expect(asked).toHaveLength(1);
    streaming = "unary";
    store.readAgain();
    await look();
    expect(store.get(1)?.streaming).toBe("unary");
    store.readAgain();
    await look();
    expect(asked).toHaveLength(2);
  });
});

describe("messages over time", () => {
  const said = (
    kind: "client-message" | "server-message",
    index: number,
    at: number,
    wireLength: number,
  ): CallRecord => ({
    event: { seq: at, at, kind, call: 1, index, length: wireLength, wireLength, encoding: "identity" },
  });

  test("have a gap to the one before on their side, but not over what was not told", () => {
    const records = [
      said("client-message", 0, 0, 5),
      said("server-message", 0, 10, 5),
      said("client-message", 1, 30, 5),
      { ...said("server-message", 9, 500, 5), passed: 8 },
      said("server-message", 10, 520, 5),
    ];
    expect(messagePoints(records).map(({ gap }) => gap)).toEqual([undefined, undefined, 30, undefined, 20]);
    expect(gapsOf(messagePoints(records), "client")).toEqual({ count: 1, median: 30, max: 30 });
    expect(gapsOf([], "client")).toBeUndefined();
  });

  test("each lie in one bin of their side, and the largest of a bin stands for it", () => {
    const message = fc.record({ client: fc.boolean(), at: fc.nat(1000), bytes: fc.nat(99) });
    fc.assert(
      fc.property(fc.array(message), fc.integer({ min: 1, max: 50 }), (messages, columns) => {
        const records = messages.map(({ client, at, bytes }, index) =>
          said(client ? "client-message" : "server-message", index, at, bytes),
        );
        const bins = binned(messagePoints(records), 0, 1000, columns);
        expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(messages.length);
        expect(bins.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(
          messages.reduce((sum, { bytes }) => sum + bytes, 0),
        );
        for (const { column, count, bytes, largest } of bins) {
          expect(column).toBeGreaterThanOrEqual(0);
          expect(column).toBeLessThan(columns);
          expect(largest.bytes * count).toBeGreaterThanOrEqual(bytes);
        }
      }),
    );
  });
});
