// Clients that have not said what they want: in what order their legs are opened, how many in a turn of the loop, and for whom none is.
import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { DialQueue } from "../../src/relay/dial-queue.js";
import { connectTo, listen } from "../support/ends.js";
import { watchedProxy } from "../support/watched-proxy.js";

/** A queue with so many clients in it, and who had its turn so far. */
function queueOf(
  clients: number,
  turnDials?: number,
  turnsADial?: number,
): { readonly queue: DialQueue; readonly served: number[] } {
  const queue = new DialQueue(turnDials, turnsADial);
  const served: number[] = [];
  for (let client = 0; client < clients; client++) void queue.turn().then(() => served.push(client));
  return { queue, served };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("a queue of dials", () => {
  test("serves eight a turn of the loop, the oldest and the newest alternately, and each once", async () => {
    const { served } = queueOf(20);
    await turn();
    expect(served).toEqual([0, 19, 1, 18, 2, 17, 3, 16]);
    await turn();
    expect(served.slice(8)).toEqual([4, 15, 5, 14, 6, 13, 7, 12]);
    await turn();
    expect(served.slice(16)).toEqual([8, 11, 9, 10]);
  });

  test("serves one that comes last in the turn it comes in, though many are before it", async () => {
    const { queue, served } = queueOf(1000);
    await turn();
    void queue.turn().then(() => served.push(-1));
    await turn();
    expect(served.slice(8)).toContain(-1);
  });

  test("serves one in eight turns while clients are accepted, and goes on when no more come", async () => {
    const { queue, served } = queueOf(20);
    for (let turns = 1; turns <= 16; turns++) {
      queue.accepted();
      await turn();
      expect(served.length).toBe(Math.floor(turns / 8));
    }
    await turn();
    expect(served.length).toBe(10);
  });

  test("serves as few a turn as it is told", async () => {
    const { served } = queueOf(4, 1);
    await turn();
    expect(served).toEqual([0]);
    await turn();
    expect(served).toEqual([0, 3]);
  });

  test("lets clients that come have as many turns as it is told", async () => {
    const { queue, served } = queueOf(4, 1, 3);
    for (let turns = 1; turns <= 6; turns++) {
      queue.accepted();
      await turn();
      expect(served.length).toBe(Math.floor(turns / 3));
    }
  });

  test("begins anew when it was empty", async () => {
    const { queue, served } = queueOf(1);
    await turn();
    void queue.turn().then(() => served.push(1));
    await turn();
    expect(served).toEqual([0, 1]);
  });
});

test("no leg is opened for clients that were reset behind a few octets", async () => {
  const upstream = await listen();
  const proxy = await watchedProxy({ upstream: `127.0.0.1:${upstream.port}` });
  const clients = 60;
  for (let i = 0; i < clients; i++) {
    const client = connect(proxy.port, "127.0.0.1");
    await once(client, "connect");
    client.on("error", () => {});
    client.write("PR", () => client.resetAndDestroy());
  }
  // Clients are accepted in the order they came in, and legs in the order they were opened in.
  for (let honest = 1; honest <= 2; honest++) {
    const client = await connectTo(proxy.port);
    client.send("not one of them");
    const server = await upstream.next();
    await server.until(({ closed, text }) => closed || text.length >= "not one of them".length);
    expect(server.text).toBe("not one of them");
    client.stream.end();
    server.stream.end();
    await proxy.idle();
    expect(upstream.count).toBe(honest);
  }
});
