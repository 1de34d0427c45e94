// Streams by id: open ones are always found, ended ones until their slot is needed, and never in another's place.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CLIENT, type Http2Stream, SERVER } from "../../src/http2/stream.js";
import { StreamPool } from "../../src/http2/stream-pool.js";
import { StreamTable } from "../../src/http2/stream-table.js";

function ids(streams: Iterable<Http2Stream<unknown>>): number[] {
  return [...streams].map((stream) => stream.id).sort((a, b) => a - b);
}

describe("a stream that ended", () => {
  test("is still found, with what hangs on it", () => {
    const table = new StreamTable<string>();
    const stream = table.add(1);
    stream.call = "first";
    table.close(stream);
    expect(table.find(1)).toBe(stream);
    expect(table.open).toBe(0);
    expect(ids(table.openStreams())).toEqual([]);
  });

  test("gives its object to a new stream that needs the slot, and is then not found", () => {
    const table = new StreamTable<string>();
    const first = table.add(1);
    first.end(CLIENT);
    first.end(SERVER);
    first.know();
    first.clientStalledAt = 5;
    first.clientCredit = first.serverCredit = -7;
    table.close(first);
    const later = table.add(33);
    expect(later).toBe(first);
    expect(later).toMatchObject({
      id: 33,
      closed: false,
      over: false,
      known: false,
      counted: false,
      clientStalledAt: 0,
    });
    expect([later.hasEnded(CLIENT), later.hasEnded(SERVER)]).toEqual([false, false]);
    expect(later).toMatchObject({ clientCredit: 0, serverCredit: 0, serverStalledAt: 0 });
    expect(table.find(1)).toBeUndefined();
    expect(table.find(33)).toBe(later);
  });

  test("is closed once, however often that is said", () => {
    const table = new StreamTable<string>();
    const stream = table.add(1);
    table.close(stream);
    table.close(stream);
    expect(table.open).toBe(0);
  });
});

describe("many open streams", () => {
  test("5,000 at once are all found, beyond the 1,024 slots too", () => {
    const table = new StreamTable<number>();
    for (let id = 1; id < 10_000; id += 2) table.add(id).call = id;
    expect(table.open).toBe(5000);
    for (let id = 1; id < 10_000; id += 2) expect(table.find(id)?.call).toBe(id);
    expect(ids(table.openStreams())).toHaveLength(5000);
  });

  test("one that stays open for ever is found while thousands come and go", () => {
    const table = new StreamTable<string>();
    table.add(1).call = "long";
    for (let id = 3; id < 20_000; id += 2) {
      expect(table.find(1)?.call).toBe("long");
      table.close(table.add(id));
    }
    expect(ids(table.openStreams())).toEqual([1]);
  });

  test("the server's streams, which are even, never take a client's slot", () => {
    const table = new StreamTable<string>();
    const one = table.add(1);
    const two = table.add(2);
    expect(table.find(1)).toBe(one);
    expect(table.find(2)).toBe(two);
    table.close(two);
    expect(table.find(2)).toBeUndefined();
    expect(table.find(1)).toBe(one);
  });
});

describe("a pool", () => {
  test("gives the streams of a connection that is over to the next one, with what hangs on them", () => {
    const pool = new StreamPool<string>();
    const table = new StreamTable(pool);
    const streams = Array.from({ length: 3000 }, (_, at) => table.add(2 * at + 1));
    for (const stream of streams) stream.call = `${stream.id}`;
    table.close(streams[0]!);
    table.release();
    expect([pool.spare, table.open, [...table.openStreams()]]).toEqual([3000, 0, []]);
    expect(table.find(2999)).toBeUndefined();
    const next = new StreamTable(pool);
    const again = Array.from({ length: 3001 }, (_, at) => next.add(2 * at + 1));
    expect(new Set(again)).toEqual(new Set([...streams, again[3000]]));
    expect(again.filter(({ call, closed }) => call === undefined && !closed)).toEqual([again[3000]]);
    for (const stream of again) expect(next.find(stream.id)).toBe(stream);
  });

  test("has those that ended beyond the slots at once, each one time", () => {
    const pool = new StreamPool<string>();
    const table = new StreamTable(pool);
    for (let id = 1; id < 2048; id += 2) table.add(id);
    const beyond = table.add(2049);
    table.close(beyond);
    table.close(beyond);
    expect(pool.spare).toBe(1);
    expect(table.add(2051)).toBe(beyond);
    table.close(table.find(1)!);
    expect(pool.spare).toBe(0);
    table.release();
    expect(pool.spare).toBe(1025);
  });

  test("does not grow for ever", () => {
    const pool = new StreamPool<string>();
    const table = new StreamTable(pool);
    for (let id = 1; id < 100_000; id += 2) table.add(id);
    table.release();
    expect(pool.spare).toBe(32_768);
  });
});

test("an empty table finds nothing", () => {
  const table = new StreamTable<string>();
  expect([0, 1, 2, 2 ** 31 - 1].map((id) => table.find(id))).toEqual([undefined, undefined, undefined, undefined]);
});

test("whatever opens and closes, find gives the stream of that id or none, and every open one", () => {
  const step = fc.record({ open: fc.boolean(), skip: fc.nat(600), pick: fc.nat(), even: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const table = new StreamTable<number>();
      const open = new Set<number>();
      const all: number[] = [];
      const next = [2, 1] as [number, number];
      for (const { open: opens, skip, pick, even } of steps) {
        if (opens || open.size === 0) {
          const parity = even ? 0 : 1;
          const id = next[parity] + 2 * (skip % 40 === 0 ? skip : 0);
          next[parity] = id + 2;
          table.add(id).call = id;
          open.add(id);
          all.push(id);
        } else {
          const id = [...open][pick % open.size]!;
          table.close(table.find(id)!);
          open.delete(id);
        }
      }
      for (const id of all) {
        const stream = table.find(id);
        if (open.has(id)) expect(stream).toMatchObject({ id, call: id, closed: false });
        else if (stream !== undefined) expect(stream).toMatchObject({ id, call: id, closed: true });
      }
      expect(table.open).toBe(open.size);
      expect(ids(table.openStreams())).toEqual([...open].sort((a, b) => a - b));
    }),
    { numRuns: 60 },
  );
});
