// What one peer sends may be slow to read: others get their turn all the same.
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { connectInChunks, ReadBuffers } from "../../src/relay/chunks.js";
import type { Leg } from "../../src/relay/dial.js";
import { NOTHING } from "../../src/relay/peek.js";
import { pipe } from "../../src/relay/pipe.js";
import { LARGE_CHUNK_BYTES, Turn } from "../../src/relay/turns.js";

const BYTES = 1024 * 1024;

/** A leg, and what is at its other end. */
async function leg(open: (port: number) => Socket): Promise<{ readonly leg: Leg; readonly peer: Socket }> {
  const server = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const accepted = once(server, "connection");
  const { port } = server.address() as { readonly port: number };
  const stream = open(port).pause();
  const [peer] = (await accepted) as [Socket];
  for (const socket of [stream, peer]) {
    socket.on("error", () => {});
    onTestFinished(() => void socket.destroy());
  }
  return { leg: { stream, raw: stream, tcp: true }, peer };
}

test.each(["buffers of ours", "Node's"])("large chunks in %s that are slow to read come one a turn", async (where) => {
  const buffers = new ReadBuffers();
  const open =
    where === "Node's"
      ? (port: number) => connect(port, "127.0.0.1")
      : (port: number) => connectInChunks({ port, host: "127.0.0.1" }, buffers);
  const from = await leg(open);
  const to = await leg((port) => connect(port, "127.0.0.1"));
  let turn = 0;
  const tick = (): void => {
    turn++;
    if (taken < BYTES) setImmediate(tick);
  };
  let taken = 0;
  const large: number[] = [];
  const carried = (_: unknown, bytes: Uint8Array): void => {
    taken += bytes.length;
    if (bytes.length < LARGE_CHUNK_BYTES) return;
    large.push(turn);
    for (const until = performance.now() + 6; performance.now() < until; );
  };
  // All of it is there before any of it is read, as far as the system keeps it.
  from.peer.write(Buffer.alloc(BYTES));
  let received = 0;
  const all = new Promise<void>((resolve) =>
    to.peer.on("data", (bytes) => {
      received += bytes.length;
      if (received === BYTES) resolve();
    }),
  );
  tick();
  pipe(from.leg, to.leg, { carried, finished: () => {} }, { client: NOTHING, server: NOTHING });
  await all;
  expect(taken).toBe(BYTES);
  expect(large.length).toBeGreaterThan(0);
  expect(new Set(large).size).toBe(large.length);
});

test("a turn is over when its chunks took long together, and begins anew after a pause", () => {
  const turn = new Turn();
  expect([turn.took(100, 101), turn.took(101.1, 101.9), turn.took(102, 102.5)]).toEqual([false, false, true]);
  expect([turn.took(102.6, 104), turn.took(105, 106), turn.took(106.2, 107)]).toEqual([false, false, false]);
  expect(turn.took(200, 206)).toBe(true);
});
