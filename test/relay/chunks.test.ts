// Sockets that are read into buffers used again: no octet is changed by it, and every buffer comes back.
import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import {
  acceptInChunks,
  BUFFER_BYTES,
  connectInChunks,
  ReadBuffers,
  readerOf,
  SMALL_CHUNK_BYTES,
} from "../../src/relay/chunks.js";
import { randomNumbers } from "../support/any-split.js";
import { connectTo, listen } from "../support/ends.js";

/** A client's socket as a server accepts it, and the client. */
async function accepted(buffers: ReadBuffers) {
  const sockets: Socket[] = [];
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    sockets.push(acceptInChunks(socket, buffers));
    server.emit("made");
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as { port: number };
  const made = once(server, "made");
  const client = await connectTo(port);
  await made;
  return { socket: sockets[0]!, client, server };
}

/** Where chunks go: a connection whose other end reads when it is told to. */
async function sinkAndEnd() {
  const server = await listen();
  const sink = connect({ port: server.port, host: "127.0.0.1" });
  await once(sink, "connect");
  const end = await server.next();
  onTestFinished(() => void sink.destroy());
  return { sink, end };
}

/** Every chunk to the sink, with its back-pressure. @returns the length of each */
function join(from: Socket, sink: Socket): number[] {
  const lengths: number[] = [];
  const reader = readerOf(from)!;
  reader.readInto(sink, (bytes) => {
    lengths.push(bytes.length);
    if (!sink.write(bytes, reader.written)) from.pause();
    reader.wrote();
  });
  sink.on("drain", () => from.resume());
  from.resume();
  return lengths;
}

const hash = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

test("until it is joined, an accepted socket is a stream like any other, addresses and both ends included", async () => {
  const { socket, client, server } = await accepted(new ReadBuffers());
  expect(socket.remotePort).toBe(client.stream.localPort);
  const read: Buffer[] = [];
  socket.on("data", (bytes: Buffer) => read.push(bytes));
  socket.resume();
  client.send("one").send("two").stream.end();
  await once(socket, "end");
  expect(Buffer.concat(read).toString()).toBe("onetwo");
  socket.end("bye");
  await client.hasEnded();
  expect(client.text).toBe("bye");
  // The server counts only what it still holds itself.
  expect(await new Promise((resolve) => server.getConnections((_, count) => resolve(count)))).toBe(0);
});

test("a stream that is not read stops its peer, as any other does", async () => {
  const { socket, client } = await accepted(new ReadBuffers());
  socket.resume();
  socket.pause();
  const bytes = Buffer.alloc(8 * 1024 * 1024, "x");
  let written = false;
  client.stream.write(bytes, () => (written = true));
  client.send("y");
  await once(socket, "readable");
  expect(socket.readableLength).toBeLessThan(1024 * 1024);
  expect(written).toBe(false);
  let length = 0;
  for await (const chunk of socket) {
    length += (chunk as Buffer).length;
    if (length > bytes.length) break;
  }
  expect(length).toBe(bytes.length + 1);
});

test("chunks of every size reach a sink that halts at random, unchanged, and the buffers come back", async () => {
  const random = randomNumbers(3);
  const buffers = new ReadBuffers();
  const { socket, client } = await accepted(buffers);
  const { sink, end } = await sinkAndEnd();
  const lengths = join(socket, sink);
  const sent = createHash("sha256");
  let total = 0;
  let most = 0;
  for (let i = 0; i < 400; i++) {
    const bytes = Buffer.alloc(Math.ceil(2 ** (random() * 19)), `${i} ${random()} `);
    sent.update(bytes);
    total += bytes.length;
    client.send(bytes);
    if (i % 50 === 10) end.stream.pause();
    if (i % 50 === 30) {
      await new Promise((resolve) => setImmediate(resolve));
      most = Math.max(most, buffers.inUse);
      end.stream.resume();
    }
    if (i % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  end.stream.resume();
  await end.hasBytes(total);
  expect(hash(end.bytes)).toBe(sent.digest("hex"));
  expect(lengths.length).toBeGreaterThan(50);
  expect(most).toBeGreaterThan(0);
  sink.destroy();
  await once(socket.destroy(), "close");
  expect(buffers.inUse).toBe(0);
});

test("what the stream held when it was joined goes first", async () => {
  const { socket, client } = await accepted(new ReadBuffers());
  const { sink, end } = await sinkAndEnd();
  client.send("held ");
  socket.resume();
  await once(socket, "readable");
  socket.pause();
  socket.on("data", (bytes: Buffer) => sink.write(bytes));
  join(socket, sink);
  client.send("direct");
  await end.has("direct");
  expect(end.text).toBe("held direct");
});

test("one that says little has no buffer of its own; one that says much has one, until it says little again", async () => {
  const buffers = new ReadBuffers();
  const { socket, client } = await accepted(buffers);
  const { sink, end } = await sinkAndEnd();
  join(socket, sink);
  let total = 0;
  const say = async (octets: number) => {
    client.send(Buffer.alloc(octets));
    total += octets;
    await end.hasBytes(total);
  };
  await say(SMALL_CHUNK_BYTES);
  expect(buffers.inUse).toBe(0);
  await say(BUFFER_BYTES);
  expect(buffers.inUse).toBe(1);
  for (let i = 0; i < 70; i++) await say(10);
  expect(buffers.inUse).toBe(0);
});

test("small chunks that a sink does not take at once stay as they were, and hold one buffer at most", async () => {
  const buffers = new ReadBuffers();
  const { socket, client } = await accepted(buffers);
  const { sink, end } = await sinkAndEnd();
  end.stream.pause();
  // Small chunks through a full sink: what waits in it is one large write of another's.
  const before = Buffer.alloc(16 * 1024 * 1024, "before ");
  sink.write(before);
  join(socket, sink);
  const small = Array.from({ length: 40 }, (_, i) => Buffer.alloc(100, `${i} `));
  for (const bytes of small) {
    client.send(bytes);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(buffers.inUse).toBeLessThanOrEqual(1);
  end.stream.resume();
  await end.hasBytes(before.length + 4000);
  expect(hash(end.bytes)).toBe(hash(Buffer.concat([before, ...small])));
  // Whoever takes half of a chunk holds the copy that it stands in until he has taken the rest.
  const copies = new ReadBuffers();
  const first = copies.copy(Buffer.from("first"));
  const lent = copies.lend()!;
  const second = copies.copy(Buffer.from("other"));
  expect([first.toString(), second.toString()]).toEqual(["first", "other"]);
  expect(copies.inUse).toBe(1);
  copies.giveBack(lent);
  expect(copies.inUse).toBe(0);
});

test("when no buffer is free, it goes without", async () => {
  const buffers = new ReadBuffers(0);
  const { socket, client } = await accepted(buffers);
  const { sink, end } = await sinkAndEnd();
  join(socket, sink);
  const bytes = Buffer.alloc(3_000_000, "0123456789");
  client.send(bytes);
  await end.hasBytes(bytes.length);
  expect(hash(end.bytes)).toBe(hash(bytes));
  expect(buffers.count).toBe(0);
});

test("a sink that is gone in the midst of a write takes no buffer with it", async () => {
  const buffers = new ReadBuffers();
  const { socket, client } = await accepted(buffers);
  const { sink, end } = await sinkAndEnd();
  sink.on("error", () => {});
  end.stream.pause();
  join(socket, sink);
  client.stream.write(Buffer.alloc(32 * 1024 * 1024));
  await new Promise<void>((resolve) => {
    const look = () => (sink.writableNeedDrain ? resolve() : setImmediate(look));
    look();
  });
  expect(buffers.inUse).toBeGreaterThan(1);
  sink.destroy();
  await once(sink, "close");
  socket.destroy();
  await once(socket, "close");
  expect(buffers.inUse).toBe(0);
});

test("a socket that cannot be read that way stays what it is", async () => {
  const buffers = new ReadBuffers();
  const socket = connect({ port: (await listen()).port, host: "127.0.0.1" });
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  const handle = (socket as unknown as { _handle: { useUserBuffer: unknown } })._handle;
  handle.useUserBuffer = undefined;
  expect(acceptInChunks(socket, buffers)).toBe(socket);
  expect(socket.destroyed).toBe(false);
  expect(readerOf(socket)).toBeUndefined();
});

test("a socket that connects is read the same way", async () => {
  const server = await listen();
  const socket = connectInChunks({ port: server.port, host: "127.0.0.1", allowHalfOpen: true }, new ReadBuffers());
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  const { sink, end } = await sinkAndEnd();
  join(socket, sink);
  (await server.next()).send("greeting");
  await end.has("greeting");
});
