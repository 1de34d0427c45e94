// Subscriptions: stored events, synced, live ones; filters, late matches, resuming, gaps, slow clients.
import { Socket } from "node:net";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { MIN_MAX_MEMORY_BYTES } from "../../src/capture/capture.js";
import type { Streamed } from "../../src/feed/messages.js";
import { CLIENT, SERVER } from "../../src/http2/stream.js";
import { FeedLab } from "./lab.js";

const GET = "/shop.v1.Users/GetUser";
const WATCH = "/shop.v1.Users/Watch";

function kinds(events: readonly Streamed[]): string[] {
  return events.map(({ kind }) => kind);
}

function range(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => String(from + index));
}

describe("a subscription", () => {
  test("tells stored events, then synced, then what happens", async () => {
    const lab = await FeedLab.start();
    lab.traffic.unary(GET);
    const client = await lab.client();
    client.ask({ op: "subscribe", id: 1 });
    const synced = await client.heard("synced");
    expect(synced).toEqual({ kind: "synced", id: 1, seq: 5 });
    expect(client.seqs()).toEqual(range(1, 5));
    lab.traffic.unary(GET);
    await client.heard("call-end", ({ call }) => call === 2);
    expect(client.seqs()).toEqual(range(1, 10));
    expect(kinds(client.streamed()).slice(5)).toEqual([
      "client-header",
      "client-message",
      "server-message",
      "server-trailer",
      "call-end",
    ]);
  });

  test("of an empty capture is synced at once", async () => {
    const lab = await FeedLab.start();
    const client = await lab.client();
    client.ask({ op: "subscribe", id: 1 });
    expect(await client.heard("synced")).toEqual({ kind: "synced", id: 1, seq: 0 });
  });

  test("in batches tells the same, without an id in each", async () => {
    const lab = await FeedLab.start();
    for (let count = 0; count < 300; count++) lab.traffic.unary(GET);
    const client = await lab.client();
    client.ask({ op: "subscribe", id: 1 });
    client.ask({ op: "subscribe", id: 2, batch: true });
    await client.heard("synced");
    await client.heard("synced");
    expect(client.seqs(2)).toEqual(client.seqs(1));
    const batches = client.texts.filter((text) => text.startsWith('{"kind":"events","id":2'));
    expect(batches.length).toBeGreaterThan(0);
    expect(batches.length).toBeLessThan(150);
  });

  test("as a summary leaves messages out and tells how far open calls have come", async () => {
    const lab = await FeedLab.start();
    const client = await lab.client();
    client.ask({ op: "subscribe", id: 1, want: "summary" });
    const call = lab.traffic.begin(WATCH);
    for (let count = 0; count < 10; count++) call.says(SERVER, [8, count]);
    const progress = await client.heard("progress");
    expect(progress.calls).toEqual([
      { call: 1, client: { messages: 0, bytes: 0 }, server: { messages: 10, bytes: 20 } },
    ]);
    call.ends();
    await client.heard("call-end");
    expect(kinds(client.streamed())).toEqual(["client-header", "call-end"]);
  });

  test('with want "messages" tells facts, with "full" what messages say, with "bodies" their bytes', async () => {
    const lab = await FeedLab.start();
    lab.traffic.unary(GET);
    const client = await lab.client();
    client.ask({ op: "subscribe", id: 1, want: "messages" });
    client.ask({ op: "subscribe", id: 2, want: "full", bodies: true });
    const facts = await client.heard("client-message", ({ id }) => id === 1);
    expect(facts).not.toHaveProperty("data");
    const full = await client.heard("client-message", ({ id }) => id === 2);
    expect(full).toMatchObject({ wireLength: 2, data: "CAE=" });
  });

  test("leaves out what is too large for an event, to be asked for", async () => {
    const lab = await FeedLab.start();
    const call = lab.traffic.begin(GET);
    call.says(SERVER, new Uint8Array(300_000));
    const client = await lab.client();
    client.ask({ op: "subscribe", id: 1, bodies: true });
    expect(await client.heard("server-message")).toMatchObject({ omitted: true, length: 300_000 });
    client.ask({ op: "get", id: 2, call: 1, side: "server", index: 0, as: "bytes", offset: 299_990 });
    expect(await client.heard("message")).toMatchObject({ data: "AAAAAAAAAAAAAA==", offset: 299_990, total: 300_000 });
  });

  test("ends when asked to; another one of the same connection goes on", async () => {
    const lab = await FeedLab.start();
    const client = await lab.client();
    client.ask({ op: "subscribe", id: 1 });
    client.ask({ op: "subscribe", id: 2 });
    client.ask({ op: "unsubscribe", id: 1 });
    await client.heard("unsubscribed");
    lab.traffic.unary(GET);
    await client.heard("call-end", ({ id }) => id === 2);
    expect(client.seqs(1)).toEqual([]);
    expect(client.seqs(2)).toEqual(range(1, 5));
  });

  test("gives nothing that a terminal obeys", async () => {
    const lab = await FeedLab.start();
    lab.traffic.begin("/a\u001b[31m\u009b\u202e").ends();
    const client = await lab.client();
    client.ask({ op: "subscribe", id: 1 });
    client.ask({ op: "list", id: 2 });
    client.ask({ op: "get", id: 3, call: 1 });
    client.say('{"op":"\\u009b"}');
    await client.heard("error");
    expect(client.texts.join("\n")).not.toMatch(/[^\n -~\u00a0-\u061b\u061d-\u200d\u2010-\u2027\u202f-\uffff]/);
    expect(client.texts.join("\n")).toContain("u009b");
  });
});

describe("a filter", () => {
  test("tells matching calls only, and no connections", async () => {
    const lab = await FeedLab.start();
    lab.traffic.connection();
    lab.traffic.unary(GET);
    lab.traffic.unary(WATCH, 5);
    const client = await lab.client();
    client.ask({ op: "subscribe", id: 1, filter: "status == NOT_FOUND" });
    await client.heard("synced");
    expect(client.seqs()).toEqual(range(7, 11));
  });

  test("that a call matches only later tells it from its beginning, once", async () => {
    const lab = await FeedLab.start();
    const client = await lab.client();
    client.ask({ op: "subscribe", id: 1, filter: "status == 5" });
    // Both are told in turn: what the second has heard, the first has looked at.
    client.ask({ op: "subscribe", id: 2 });
    await client.heard("synced", ({ id }) => id === 2);
    const call = lab.traffic.begin(GET);
    call.says(CLIENT, [8, 1]);
    lab.traffic.unary(WATCH);
    await client.heard("call-end", ({ id }) => id === 2);
    expect(client.seqs()).toEqual([]);
    call.ends(5);
    await client.heard("call-end", ({ id }) => id === 1);
    expect(client.seqs()).toEqual(["late 1", "late 2", "8", "9"]);
    call.isReset();
    await client.heard("cancel", ({ id }) => id === 1);
    expect(client.seqs()).toEqual(["late 1", "late 2", "8", "9", "10"]);
  });

  test("that a call matches no more says so at its end", async () => {
    const lab = await FeedLab.start();
    const client = await lab.client();
    client.ask({ op: "subscribe", id: 1, filter: "!(status == 0)" });
    await client.heard("synced");
    const call = lab.traffic.begin(GET);
    await client.heard("client-header");
    call.ends(0);
    expect(await client.heard("left")).toMatchObject({ id: 1, calls: [1] });
    expect(kinds(client.streamed())).toEqual(["client-header", "server-trailer", "call-end", "left"]);
  });

  test("that speaks of time is asked again while nothing happens", async () => {
    const lab = await FeedLab.start({ source: { now: () => later } });
    let later = lab.traffic.now;
    const client = await lab.client();
    client.ask({ op: "subscribe", id: 1, filter: "duration > 1s" });
    client.ask({ op: "subscribe", id: 2 });
    await client.heard("synced", ({ id }) => id === 2);
    lab.traffic.begin(GET);
    await client.heard("client-header", ({ id }) => id === 2);
    expect(client.seqs()).toEqual([]);
    later += 5000;
    expect(await client.heard("client-header", ({ id }) => id === 1)).toMatchObject({ late: true, call: 1 });
  });

  test("that is changed tells old calls that match only now, and which do not any more", async () => {
    const lab = await FeedLab.start();
    lab.traffic.unary(GET);
    lab.traffic.unary(WATCH);
    const open = lab.traffic.begin(WATCH);
    const client = await lab.client();
    client.ask({ op: "subscribe", id: 1, filter: "GetUser" });
    await client.heard("synced");
    client.ask({ op: "subscribe", id: 1, filter: "Watch" });
    await client.heard("synced");
    expect(client.seqs().slice(5)).toEqual(["late 6", "late 7", "late 8", "late 9", "late 10", "late 11"]);
    expect(client.streamed().filter(({ kind }) => kind === "left")).toEqual([{ kind: "left", id: 1, calls: [1] }]);
    open.ends();
    await client.heard("call-end", ({ call }) => call === 3);
    expect(client.seqs().slice(11)).toEqual(["12", "13"]);
    client.ask({ op: "subscribe", id: 1 });
    await client.heard("synced");
    expect(client.seqs().slice(13)).toEqual(["late 1", "late 2", "late 3", "late 4", "late 5"]);
  });

  test("that cannot be read is answered with the place and what may have been meant", async () => {
    const lab = await FeedLab.start();
    const client = await lab.client();
    client.ask({ op: "subscribe", id: 1, filter: "method == x && statsu == 5" });
    expect(await client.heard("error")).toMatchObject({
      id: 1,
      code: "ERR_FILTER",
      span: [15, 21],
      suggestions: ["status"],
    });
    client.ask({ op: "subscribe", id: 1, filter: "status == 5" });
    await client.heard("synced");
  });
});

describe("resuming", () => {
  test("goes on after the last event, without loss or repeats", async () => {
    const lab = await FeedLab.start();
    lab.traffic.unary(GET);
    const client = await lab.client();
    client.ask({ op: "subscribe", id: 1, since: 3, session: "session-1" });
    await client.heard("synced");
    expect(client.seqs()).toEqual(["4", "5"]);
  });

  test("in another session begins anew", async () => {
    const lab = await FeedLab.start();
    lab.traffic.unary(GET);
    const client = await lab.client();
    client.ask({ op: "subscribe", id: 1, since: 3, session: "another" });
    await client.heard("synced");
    expect(client.seqs()).toEqual(range(1, 5));
  });

  test("tells what is gone", async () => {
    const lab = await FeedLab.start({ maxMemoryBytes: MIN_MAX_MEMORY_BYTES });
    while (lab.capture.oldestSeq < 1000) lab.traffic.unary(GET);
    const client = await lab.client();
    client.ask({ op: "subscribe", id: 1, since: 10, want: "summary", batch: true });
    const gap = await client.heard("dropped");
    const to = lab.capture.oldestSeq - 1;
    expect(gap).toEqual({ kind: "dropped", id: 1, from: 11, to, events: to - 10 });
    await client.heard("synced");
  });

  test("with a filter tells open calls from their beginning, but for those that the client knows", async () => {
    const lab = await FeedLab.start();
    const known = lab.traffic.begin(GET);
    const unknown = lab.traffic.begin(GET);
    const ended = lab.traffic.begin(GET);
    ended.ends();
    const since = lab.capture.newestSeq;
    for (const call of [known, unknown]) call.ends();
    ended.isReset();
    const client = await lab.client();
    client.ask({ op: "subscribe", id: 1, filter: "GetUser", since, session: "session-1", known: [known.id] });
    await client.heard("synced");
    expect(client.seqs()).toEqual(["6", "7", "late 2", "8", "9", "10"]);
  });
});

/** @returns the octets that waited for one client at most, so far */
function longestQueue(port: number): () => number {
  let longest = 0;
  const write = Socket.prototype.write as (...args: unknown[]) => boolean;
  const spy = vi.spyOn(Socket.prototype, "write").mockImplementation(function (this: Socket, ...args: unknown[]) {
    const goOn = write.apply(this, args);
    if (this.localPort === port) longest = Math.max(longest, this.writableLength);
    return goOn;
  });
  onTestFinished(() => spy.mockRestore());
  return () => longest;
}

describe("a slow client", () => {
  test("is not told of messages until it has caught up, and how many there were", async () => {
    const lab = await FeedLab.start();
    const client = await lab.client();
    client.ask({ op: "subscribe", id: 1 });
    await client.heard("synced");
    client.webSocket.pause();
    const call = lab.traffic.begin(WATCH);
    const long = new Uint8Array(100);
    for (let count = 0; count < 60_000; count++) call.says(SERVER, long);
    call.ends();
    client.webSocket.resume();
    await client.heard("call-end");
    const told = client.streamed();
    const gaps = told.filter((event) => event.kind === "dropped");
    expect(gaps.length).toBeGreaterThan(0);
    for (const gap of gaps) expect(gap).toMatchObject({ slow: true });
    const missed = gaps.reduce((sum, gap) => sum + gap.events, 0);
    expect(missed + told.filter(({ kind }) => kind === "server-message").length).toBe(60_000);
    expect(told.filter(({ kind }) => kind === "client-header" || kind === "call-end")).toHaveLength(2);
  });

  test("that wants everything is told everything, while it is kept", async () => {
    const lab = await FeedLab.start();
    const client = await lab.client();
    client.ask({ op: "subscribe", id: 1, complete: true, want: "messages" });
    await client.heard("synced");
    client.webSocket.pause();
    const call = lab.traffic.begin(WATCH);
    for (let count = 0; count < 30_000; count++) call.says(SERVER, [8, 1]);
    call.ends();
    client.webSocket.resume();
    await client.heard("call-end");
    expect(client.seqs()).toEqual(range(1, 30_003));
  });

  test("that stops reading is closed with 1013 when what it has not read is gone, and goes on where it was", async () => {
    const lab = await FeedLab.start({ maxMemoryBytes: MIN_MAX_MEMORY_BYTES });
    const queued = longestQueue(lab.port);
    const client = await lab.client();
    client.ask({ op: "subscribe", id: 1, complete: true, bodies: true });
    await client.heard("synced");
    client.webSocket.pause();
    const other = await lab.client();
    other.ask({ op: "subscribe", id: 1, complete: true, want: "summary", batch: true });
    // 6.6 KiB of JSON a call, 26 MiB in all: more than its socket takes.
    const body = new Uint8Array(4000);
    for (let count = 0; count < 4000; count++) {
      const call = lab.traffic.begin(GET);
      call.says(SERVER, body);
      call.ends();
      if (count % 100 === 99) await other.heard("call-end", (event) => event.call === call.id);
    }
    // However much there is to tell, 1 MiB and what is told at once wait for a client that does not read.
    expect(queued()).toBeGreaterThan(1024 * 1024);
    expect(queued()).toBeLessThan(1.25 * 1024 * 1024);
    // They take turns: it could have been told all of it by now.
    const written = lab.capture.newestSeq;
    while (lab.capture.oldestSeq < written) lab.traffic.unary(GET);
    client.webSocket.resume();
    expect(await client.closed).toMatchObject({ code: 1013 });
    const last = Number(client.seqs().at(-1));
    expect(client.seqs()).toEqual(range(1, last));
    // What is on its way is bounded: 1 MiB here, and what the system keeps for a socket.
    expect(last).toBeLessThan(written * 0.6);
    const again = await lab.client();
    again.ask({ op: "subscribe", id: 1, since: last, session: "session-1", want: "summary", batch: true });
    expect(await again.heard("dropped")).toMatchObject({ from: last + 1 });
    await again.heard("synced");
    const gaps = again.streamed().filter((event) => event.kind === "dropped");
    for (const { from, to, events } of gaps) expect(events).toBe(to - from + 1);
    const told = again.seqs().map(Number);
    expect(told.filter((seq) => gaps.some(({ from, to }) => seq >= from && seq <= to))).toEqual([]);
    expect(gaps.at(-1)?.to).toBe(lab.capture.oldestSeq - 1);
  });
});
