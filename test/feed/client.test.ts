// The reference client: whatever happens to the connection, each event is told once and none is lost while it is kept.
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { type FeedClientOptions, openFeed } from "../../src/feed/client.js";
import type { Streamed } from "../../src/feed/messages.js";
import { SERVER } from "../../src/http2/stream.js";
import { CONTROL_TOKEN, FeedLab, type TestCall } from "./lab.js";

const GET = "/shop.v1.Users/GetUser";

/** What the client told, and waiting for it. */
class Told {
  readonly events: Streamed[] = [];
  readonly cuts: string[] = [];
  readonly ended: Promise<void>;
  readonly close: () => void;
  synced = 0;
  #waiting: (() => void)[] = [];

  constructor(url: string, more: Partial<FeedClientOptions> = {}) {
    const client = openFeed({
      url,
      token: CONTROL_TOKEN,
      subscribe: { complete: true },
      retryMs: [1],
      onEvent: (event) => {
        this.events.push(event);
        this.#wake();
      },
      onSynced: () => {
        this.synced++;
        this.#wake();
      },
      onCut: (reason) => {
        this.cuts.push(reason);
        this.#wake();
      },
      ...more,
    });
    this.ended = client.ended;
    this.close = client.close;
    this.ended.catch(() => {});
    onTestFinished(() => client.close());
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  get seqs(): number[] {
    return this.events.flatMap((event) => ("seq" in event && event.kind !== "decoded" ? [event.seq] : []));
  }

  has(seq: number): boolean {
    return this.events.some((event) => "seq" in event && event.seq === seq);
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}

/** Stands between client and feed, and cuts the connection after so many octets of the feed's. */
class Cutter {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  after: number[] = [];

  constructor(port: number) {
    this.#server = createServer((client) => {
      const feed = connect({ host: "127.0.0.1", port });
      for (const socket of [client, feed]) {
        this.#sockets.add(socket);
        socket.on("error", () => {});
        socket.on("close", () => {
          client.destroy();
          feed.destroy();
        });
      }
      client.pipe(feed);
      let left = this.after.shift() ?? Number.POSITIVE_INFINITY;
      feed.on("data", (chunk) => {
        client.write(chunk.subarray(0, left));
        left -= chunk.length;
        if (left <= 0) client.end();
      });
    });
    onTestFinished(() => {
      this.#server.close();
      for (const socket of this.#sockets) socket.destroy();
    });
  }

  async listen(): Promise<number> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return (this.#server.address() as AddressInfo).port;
  }
}

function range(to: number): number[] {
  return Array.from({ length: to }, (_, index) => index + 1);
}

describe("the client", () => {
  test("tells everything once and in order, however often and wherever it is cut", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 150, max: 4000 }), { maxLength: 8 }), async (after) => {
        const lab = await FeedLab.start();
        for (let count = 0; count < 20; count++) lab.traffic.unary(GET);
        const cutter = new Cutter(lab.port);
        cutter.after = [...after];
        const port = await cutter.listen();
        const told = new Told(lab.url, { createConnection: () => connect({ host: "127.0.0.1", port }) });
        await told.until(() => told.synced > 0);
        told.close();
        await told.ended;
        expect(told.seqs).toEqual(range(100));
        await lab.feed.close();
      }),
      { numRuns: 20 },
    );
  });
});

describe("after a cut", () => {
  /** Cuts all connections of the feed at once, as a lost network does. */
  async function cut(lab: FeedLab): Promise<void> {
    await lab.restart();
  }

  test("goes on where it was, whatever happened in between", async () => {
    const lab = await FeedLab.start();
    const told = new Told(lab.url);
    for (let round = 0; round < 5; round++) {
      lab.traffic.unary(GET);
      const open = lab.traffic.begin(GET);
      await told.until(() => told.has(lab.capture.newestSeq));
      await cut(lab);
      open.says(SERVER, [8, round]);
      open.ends();
    }
    await told.until(() => told.has(lab.capture.newestSeq));
    expect(told.seqs).toEqual(range(lab.capture.newestSeq));
    expect(told.cuts.length).toBeGreaterThan(0);
  });

  test("with a filter, tells each event of each matching call once, open or late as it may be", async () => {
    const step = fc.constantFrom("begin", "begin-other", "says", "ends", "fails", "cut", "settle");
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(step, fc.nat(5)), { minLength: 5, maxLength: 30 }), async (steps) => {
        const lab = await FeedLab.start();
        const told = new Told(lab.url, { subscribe: { complete: true, filter: "status == 5 || Watch" } });
        await told.until(() => told.synced > 0);
        const open: TestCall[] = [];
        const wanted = new Set<number>();
        const expected = () => {
          const seqs: number[] = [];
          for (const call of wanted) for (const { seq } of lab.capture.eventsOf(call)) seqs.push(seq);
          return seqs.sort((a, b) => a - b);
        };
        for (const [what, which] of steps) {
          const call = open[which % Math.max(1, open.length)];
          if (what === "begin") open.push(lab.traffic.begin(GET));
          else if (what === "begin-other") {
            const watch = lab.traffic.begin("/shop.v1.Users/Watch");
            open.push(watch);
            wanted.add(watch.id);
          } else if (what === "cut") await lab.restart();
          else if (what === "settle") await told.until(() => expected().every((seq) => told.has(seq)));
          else if (call === undefined) continue;
          else if (what === "says") call.says(SERVER, [8, 1]);
          else {
            call.ends(what === "fails" ? 5 : 0);
            if (what === "fails") wanted.add(call.id);
            open.splice(open.indexOf(call), 1);
          }
        }
        const last = lab.traffic.begin("/shop.v1.Users/Watch");
        wanted.add(last.id);
        await told.until(() => expected().every((seq) => told.has(seq)));
        expect([...told.seqs].sort((a, b) => a - b)).toEqual(expected());
        told.close();
        await lab.feed.close();
      }),
      { numRuns: 15 },
    );
  });

  test("of another framelens begins anew", async () => {
    const lab = await FeedLab.start();
    lab.traffic.unary(GET);
    const told = new Told(lab.url);
    await told.until(() => told.has(5));
    await lab.restart({ session: "session-2" });
    await told.until(() => told.seqs.length === 10);
    expect(told.seqs).toEqual([...range(5), ...range(5)]);
  });
});

describe("ends with a reason", () => {
  test("when the token is wrong", async () => {
    const lab = await FeedLab.start();
    const told = new Told(lab.url, { token: "wrong" });
    await expect(told.ended).rejects.toMatchObject({
      code: "ERR_FEED_REFUSED",
      message: "the feed refused with 401: expected the feed's token",
    });
  });

  test("when the filter is none", async () => {
    const lab = await FeedLab.start();
    const told = new Told(lab.url, { subscribe: { filter: "statsu == 5" } });
    await expect(told.ended).rejects.toMatchObject({ code: "ERR_FILTER" });
  });

  test("and not when nobody is there yet", async () => {
    const lab = await FeedLab.start();
    const { url } = lab;
    await lab.feed.close();
    const told = new Told(url);
    await told.until(() => told.cuts.length >= 2);
    expect(told.cuts[0]).toContain("ECONNREFUSED");
    await lab.restart();
    await told.until(() => told.synced > 0);
    told.close();
    await told.ended;
  });
});
