// What one end does to its connection is what the other end sees of it, in plaintext and over TLS.
import { createHash, randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { reset } from "../../src/relay/pipe.js";
import { connectTlsTo, connectTo, type End, listen, type TestServer } from "../support/ends.js";
import { TestAuthority } from "../support/test-certificates.js";
import { type WatchedProxy, watchedProxy } from "../support/watched-proxy.js";

const authority = await TestAuthority.make();
const pair = await authority.leaf();

interface Legs {
  readonly client: End;
  readonly server: End;
  readonly proxy: WatchedProxy;
  readonly upstream: TestServer;
  another(): Promise<{ readonly client: End; readonly server: End }>;
}

/** A connection through a proxy over which both ends have spoken. */
async function joined(over: string): Promise<Legs> {
  const tls = over === "TLS";
  const upstream = await listen(tls ? { tls: pair } : {});
  const certificates = { serveCert: pair.cert, serveKey: pair.key, cacert: authority.ca };
  const proxy = await watchedProxy({ upstream: `127.0.0.1:${upstream.port}`, ...(tls ? certificates : {}) });
  const another = async () => {
    const client = tls
      ? await connectTlsTo(proxy.port, { ca: authority.ca, servername: "localhost" })
      : await connectTo(proxy.port);
    client.send("hello, ");
    const server = await upstream.next();
    await server.has("hello, ");
    server.send("hello!");
    await client.has("hello!");
    return { client, server };
  };
  return { ...(await another()), proxy, upstream, another };
}

function hash(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Keeps writing; `sent` counts what the system has taken. */
function pump(stream: Socket, chunk: Uint8Array, times: number): { sent: number; done: boolean } {
  const state = { sent: 0, done: false };
  const next = (left: number) => {
    if (left === 0) {
      state.done = true;
      stream.end();
      return;
    }
    stream.write(chunk, (error) => {
      if (error) return;
      state.sent += chunk.length;
      next(left - 1);
    });
  };
  next(times);
  return state;
}

/** So many turns of the proxy's loop, in which it could take more of what others send. */
async function turns({ client, server }: { readonly client: End; readonly server: End }, count: number): Promise<void> {
  for (let turn = 1; turn <= count; turn++) {
    client.send("x");
    await server.hasBytes(7 + turn);
    server.send("y");
    await client.hasBytes(6 + turn);
  }
}

describe.each(["plaintext", "TLS"])("over %s", (over) => {
  test("a reset in the midst of an end closes the socket all the same", async () => {
    const server = await listen(over === "TLS" ? { tls: pair } : {});
    const client =
      over === "TLS"
        ? await connectTlsTo(server.port, { ca: authority.ca, servername: "localhost" })
        : await connectTo(server.port);
    const end = await server.next();
    client.stream.end("bye");
    reset({ stream: client.stream, raw: client.raw, tcp: true });
    await client.isClosed();
    await end.has("bye");
  });

  test("octets go both ways as they are, at once", async () => {
    const { client, server, proxy } = await joined(over);
    const up = randomBytes(1_500_000);
    const down = randomBytes(1_200_000);
    client.send(up);
    server.send(down);
    await server.hasBytes(7 + up.length);
    await client.hasBytes(6 + down.length);
    expect(hash(server.bytes.subarray(7))).toBe(hash(up));
    expect(hash(client.bytes.subarray(6))).toBe(hash(down));
    client.stream.end();
    await server.hasEnded();
    server.stream.end();
    const closed = await proxy.closed();
    expect(closed).toMatchObject({
      by: "client",
      how: "end",
      clientBytes: 7 + up.length,
      serverBytes: 6 + down.length,
    });
    expect(closed.reason).toBeUndefined();
  });

  test("a client that has said all still hears the server, until that has, too", async () => {
    const { client, server, proxy } = await joined(over);
    client.stream.end();
    await server.hasEnded();
    server.send("and another thing");
    await client.has("and another thing");
    expect(client.ended).toBe(false);
    server.stream.end();
    expect(await client.isClosed()).toBeUndefined();
    expect(await server.isClosed()).toBeUndefined();
    expect(await proxy.closed()).toMatchObject({ by: "client", how: "end" });
  });

  test("a server that has said all still hears the client, until that has, too", async () => {
    const { client, server, proxy } = await joined(over);
    server.stream.end();
    await client.hasEnded();
    client.send("wait a moment");
    await server.has("wait a moment");
    client.stream.end();
    expect(await server.isClosed()).toBeUndefined();
    expect(await proxy.closed()).toMatchObject({ by: "server", how: "end" });
  });

  test("a client's reset resets the server's leg", async () => {
    const { client, server, proxy } = await joined(over);
    client.raw.resetAndDestroy();
    expect(await server.isClosed()).toBe("ECONNRESET");
    expect(await proxy.closed()).toMatchObject({ by: "client", how: "reset", reason: "ECONNRESET" });
  });

  test("a server's reset resets the client's leg", async () => {
    const { client, server, proxy } = await joined(over);
    server.raw.resetAndDestroy();
    expect(await client.isClosed()).toBe("ECONNRESET");
    expect(await proxy.closed()).toMatchObject({ by: "server", how: "reset", reason: "ECONNRESET" });
  });

  test("a reset right behind data is a reset, and the data arrives before it", async () => {
    const { client, server, proxy } = await joined(over);
    server.stream.write("last words", () => server.raw.resetAndDestroy());
    await client.has("last words");
    expect(await proxy.closed()).toMatchObject({ by: "server", how: "reset", reason: "ECONNRESET", serverBytes: 16 });
    // Node may have taken it for an end; the next octet finds out.
    client.send("?");
    await client.until((end) => end.closed || end.error !== undefined);
    expect(client.error).toMatch(/ECONNRESET|EPIPE/);
  });

  test("a client that is gone while the server still talks ends the server's leg", async () => {
    const { client, server, proxy } = await joined(over);
    const pumped = pump(server.stream, randomBytes(65_536), 10_000);
    await client.hasBytes(500_000);
    client.raw.destroy();
    expect(await server.isClosed()).toMatch(/ECONNRESET|EPIPE/);
    expect(pumped.done).toBe(false);
    expect((await proxy.closed()).by).toBe("client");
  });

  test("a client that does not read stops the server, and gets everything when it does", async () => {
    const { client, server, another } = await joined(over);
    const witness = await another();
    const chunk = randomBytes(65_536);
    const chunks = 1536;
    client.stream.pause();
    const pumped = pump(server.stream, chunk, chunks);
    await turns(witness, 300);
    // What the system's own buffers hold of the 96 MiB, on two connections: some MiB each.
    expect(pumped.sent).toBeLessThan(40 * 1024 * 1024);
    const expected = createHash("sha256");
    for (let i = 0; i < chunks; i++) expected.update(chunk);
    const seen = createHash("sha256");
    let length = client.bytes.length - 6;
    seen.update(client.bytes.subarray(6));
    client.stream.removeAllListeners("data");
    client.stream.on("data", (bytes: Buffer) => {
      seen.update(bytes);
      length += bytes.length;
    });
    client.stream.resume();
    await client.hasEnded();
    expect(length).toBe(chunks * chunk.length);
    expect(seen.digest("hex")).toBe(expected.digest("hex"));
  });

  test("a server that does not read stops the client", async () => {
    const { client, server, another } = await joined(over);
    const witness = await another();
    server.stream.pause();
    const pumped = pump(client.stream, randomBytes(65_536), 1536);
    await turns(witness, 300);
    expect(pumped.sent).toBeLessThan(40 * 1024 * 1024);
    server.raw.destroy();
    expect(await client.isClosed()).toMatch(/ECONNRESET|EPIPE/);
  });

  test("a client that reads nothing and leaves takes the server's leg with it", async () => {
    const { client, server, proxy, upstream, another } = await joined(over);
    const witness = await another();
    client.stream.pause();
    pump(server.stream, randomBytes(65_536), 1536);
    await turns(witness, 50);
    client.raw.resetAndDestroy();
    expect(await server.isClosed()).toMatch(/ECONNRESET|EPIPE/);
    expect(await proxy.closed()).toMatchObject({ by: "client", how: "reset" });
    expect(await upstream.open()).toBe(1);
  });
});
