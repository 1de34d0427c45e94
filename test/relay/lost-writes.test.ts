// A write over TLS whose end Node lost ends its leg; one that only waits for its peer does not.
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { LostWrites } from "../../src/relay/lost-writes.js";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

/** Counts as a socket does. */
class Stream extends Duplex {
  #ended = 0;

  constructor(write: (chunk: Buffer, done: () => void) => void) {
    super({
      read() {},
      write: (chunk: Buffer, _encoding, done) => {
        write(chunk, () => {
          this.#ended += chunk.length;
          done();
        });
      },
    });
  }

  get bytesWritten(): number {
    return this.writableLength + this.#ended;
  }
}

/** A stream over a socket as TLS would be. @param write what becomes of a write */
async function legWith(write: (raw: Socket, chunk: Buffer, done: () => void) => void) {
  const server = createServer({ pauseOnConnect: true }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const raw = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const [peer] = (await once(server, "connection")) as [Socket];
  for (const socket of [raw, peer]) socket.on("error", () => {});
  onTestFinished(async () => {
    for (const socket of [raw, peer]) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const stream = new Stream((chunk, done) => write(raw, chunk, done));
  raw.on("close", () => stream.destroy());
  return { raw, peer, stream, writes: new LostWrites({ raw, stream: stream as unknown as Socket, tcp: true }) };
}

test("a write that is through below, and not above, was lost", async () => {
  const { raw, stream, writes } = await legWith((socket, chunk) => void socket.write(chunk));
  stream.write("a ticket and more");
  writes.waits();
  const closed = once(raw, "close");
  vi.advanceTimersByTime(2000);
  await closed;
});

test("one that waits for a peer that does not read is left alone, however long", async () => {
  const much = Buffer.alloc(64 * 1024 * 1024);
  const { raw, peer, stream, writes } = await legWith((socket, chunk, done) => void socket.write(chunk, done));
  const written = new Promise((resolve) => stream.write(much, resolve));
  writes.waits();
  for (let i = 0; i < 10; i++) {
    vi.advanceTimersByTime(2000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(raw.destroyed).toBe(false);
  peer.resume();
  await written;
  vi.advanceTimersByTime(2000);
  await new Promise((resolve) => setImmediate(resolve));
  expect(raw.destroyed).toBe(false);
});

test("one that comes to an end behind the first look is not lost, though as much waits as before", async () => {
  const done: (() => void)[] = [];
  const { raw, stream, writes } = await legWith((_raw, _chunk, written) => done.push(written));
  const chunk = "x".repeat(1000);
  stream.write(chunk);
  writes.waits();
  for (let i = 0; i < 4; i++) {
    stream.write(chunk);
    done.shift()!();
    vi.advanceTimersByTime(2000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(stream.writableLength).toBe(1000);
    expect(raw.destroyed).toBe(false);
  }
});

test("one that goes on slowly is looked at again", async () => {
  const done: (() => void)[] = [];
  const { raw, stream, writes } = await legWith((_raw, _chunk, written) => done.push(written));
  for (let i = 0; i < 5; i++) stream.write("x".repeat(1000));
  writes.waits();
  for (let i = 0; i < 4; i++) {
    done.shift()!();
    vi.advanceTimersByTime(2000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(raw.destroyed).toBe(false);
  }
  const closed = once(raw, "close");
  vi.advanceTimersByTime(4000);
  await closed;
});
