// What a client speaks and where it wants to go, found out by its first octets: silence, CONNECT, SOCKS5, HTTP/1.1, HTTP/2.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { CLIENT_PREFACE } from "../../src/http2/frames.js";
import { connectTo, type End, listen, startTlsOn } from "../support/ends.js";
import { data, encodeSettings, hello, message, RESPONSE, request, Speaker, trailers } from "../support/frames.js";
import { freePort } from "../support/free-port.js";
import { TestAuthority } from "../support/test-certificates.js";
import { watchedProxy } from "../support/watched-proxy.js";

const authority = await TestAuthority.make();
const pair = await authority.leaf();
const SERVE = { serveCert: pair.cert, serveKey: pair.key, cacert: authority.ca };

const greet = (speaker = new Speaker()): Uint8Array =>
  Buffer.concat([
    hello(),
    speaker.headers(1, request("/greeter.Greeter/Hello")),
    data(1, message("hi"), { endStream: true }),
  ]);

const answer = (speaker = new Speaker()): Uint8Array =>
  Buffer.concat([
    encodeSettings([]),
    speaker.headers(1, RESPONSE),
    data(1, message("hi yourself")),
    speaker.headers(1, trailers(0), { endStream: true }),
  ]);

/** A call over a connection that both ends have; ends it. */
async function call(client: End, server: End, alreadySent = 0): Promise<void> {
  const before = client.bytes.length;
  if (alreadySent === 0) client.send(greet());
  await server.hasBytes(greet().length);
  server.send(answer());
  await client.hasBytes(before + answer().length);
}

describe("with a fixed upstream", () => {
  test("HTTP/2 is told by its preface, even octet by octet", async () => {
    const upstream = await listen();
    const proxy = await watchedProxy({ upstream: `127.0.0.1:${upstream.port}` });
    const client = await connectTo(proxy.port);
    for (const octet of CLIENT_PREFACE.subarray(0, 16)) {
      client.send(Uint8Array.of(octet));
      await new Promise((resolve) => setImmediate(resolve));
    }
    client.send(greet().subarray(16));
    const server = await upstream.next();
    await call(client, server, 1);
    expect(await proxy.callEnd()).toMatchObject({ status: { code: 0 }, by: "server", how: "trailers" });
    expect(await proxy.opened()).toMatchObject({
      protocol: "h2",
      relay: "tap",
      client: `127.0.0.1:${(client.raw.address() as { port: number }).port}`,
      server: `127.0.0.1:${upstream.port}`,
    });
    client.stream.end();
    server.stream.end();
    await proxy.closed();
  });

  test("HTTP/1.1 passes untouched and is shown as a connection", async () => {
    const upstream = await listen();
    const proxy = await watchedProxy({ upstream: `127.0.0.1:${upstream.port}` });
    const client = await connectTo(proxy.port);
    const asked = "GET /x HTTP/1.1\r\nhost: a\r\nX-Odd:  kept \r\n\r\n";
    client.send(asked);
    const server = await upstream.next();
    await server.has(asked);
    server.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi");
    server.stream.end();
    await client.hasEnded();
    expect(client.text).toBe("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi");
    client.stream.end();
    expect((await proxy.opened()).protocol).toBe("http/1.1");
    expect(await proxy.closed()).toMatchObject({ by: "server", how: "end", clientBytes: asked.length });
    expect(proxy.capture.counters.calls).toBe(0);
  });

  test("what begins like something known and stops is carried as it is", async () => {
    const upstream = await listen();
    const proxy = await watchedProxy({ upstream: `127.0.0.1:${upstream.port}` });
    const client = await connectTo(proxy.port);
    client.send("PRI");
    const server = await upstream.next();
    await server.has("PRI");
    server.send("what?");
    await client.has("what?");
    expect((await proxy.opened()).protocol).toBe("unknown");
  });

  test("a few octets and the end arrive as a few octets and the end", async () => {
    const upstream = await listen();
    const proxy = await watchedProxy({ upstream: `127.0.0.1:${upstream.port}` });
    const client = await connectTo(proxy.port);
    client.send("PRI");
    client.stream.end();
    const server = await upstream.next();
    await server.hasEnded();
    expect(server.text).toBe("PRI");
    server.stream.end("bye");
    await client.hasEnded();
    expect(client.text).toBe("bye");
    expect(await proxy.closed()).toMatchObject({ by: "client", how: "end", clientBytes: 3, serverBytes: 3 });
  });

  test("a request with its end arrives with its end, though the server was yet to be reached", async () => {
    const upstream = await listen();
    const proxy = await watchedProxy({ upstream: `localhost:${upstream.port}` });
    const client = await connectTo(proxy.port);
    client.send("GET / HTTP/1.0\r\n\r\n");
    client.stream.end();
    const server = await upstream.next();
    await server.hasEnded();
    server.stream.end("HTTP/1.0 200 OK\r\n\r\n");
    await client.has("200 OK");
    await client.isClosed();
    await proxy.closed();
  });

  test("a client that connects and leaves opens nothing and leaves nothing", async () => {
    const upstream = await listen();
    const proxy = await watchedProxy({ upstream: `127.0.0.1:${upstream.port}` });
    const client = await connectTo(proxy.port);
    client.stream.end();
    await client.isClosed();
    await proxy.idle();
    expect(upstream.count).toBe(0);
    expect(proxy.events).toEqual([]);
  });

  test("a Unix socket is an upstream like any other", async () => {
    const dir = mkdtempSync(join(tmpdir(), "framelens-"));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    const path = join(dir, "s");
    const upstream = await listen({ listen: { path } });
    const proxy = await watchedProxy({ upstream: `unix:${path}` });
    const client = await connectTo(proxy.port);
    client.send(greet());
    const server = await upstream.next();
    await call(client, server, 1);
    // It knows no reset: a close of both directions at once is an end.
    server.raw.destroy();
    await client.hasEnded();
    expect(client.error).toBeUndefined();
    client.stream.end();
    expect(await proxy.closed()).toMatchObject({ by: "server", how: "end" });
    expect((await proxy.opened()).server).toBe(`unix:${path}`);
    expect(await proxy.callEnd()).toMatchObject({ status: { code: 0 } });
  });
});

describe("silence", () => {
  test("a server that speaks first is heard", async () => {
    const upstream = await listen({ onConnection: (end) => end.send("220 welcome\r\n") });
    const proxy = await watchedProxy({ upstream: `127.0.0.1:${upstream.port}` });
    const client = await connectTo(proxy.port);
    await client.has("220 welcome\r\n");
    client.send("EHLO\r\n");
    const server = await upstream.next();
    await server.has("EHLO\r\n");
    expect((await proxy.opened()).protocol).toBe("unknown");
    client.stream.end();
    await server.hasEnded();
    server.stream.end();
    expect(await proxy.closed()).toMatchObject({ by: "client", clientBytes: 6, serverBytes: 13 });
  });

  test.each(["silent, too", "quick with its SETTINGS"])(
    "a client that speaks HTTP/2 after a long silence is decoded; the server is %s",
    async (server) => {
      const settings = encodeSettings([]);
      const early = server === "silent, too" ? new Uint8Array(0) : settings;
      const upstream = await listen({ onConnection: (end) => end.send(early) });
      const proxy = await watchedProxy({ upstream: `127.0.0.1:${upstream.port}` });
      const client = await connectTo(proxy.port);
      const end = await upstream.next();
      expect(client.bytes.length).toBe(0);
      client.send(greet());
      await end.hasBytes(greet().length);
      end.send(answer().subarray(early.length));
      await client.hasBytes(answer().length);
      expect(client.bytes.equals(answer())).toBe(true);
      expect((await proxy.opened()).protocol).toBe("h2");
      expect(await proxy.callEnd()).toMatchObject({ status: { code: 0 } });
      expect(upstream.count).toBe(1);
    },
  );

  test.each(["", "http://"])(
    "a client that speaks TLS after a long silence is decoded; the upstream is %s…",
    async (scheme) => {
      const upstream = await listen(scheme === "" ? { tls: { ...pair, ALPNProtocols: ["h2"] } } : {});
      const proxy = await watchedProxy({ upstream: `${scheme}127.0.0.1:${upstream.port}`, ...SERVE });
      const bare = await connectTo(proxy.port);
      // The proxy has given up waiting and dialed.
      while ((await upstream.open()) === 0) await new Promise((resolve) => setImmediate(resolve));
      bare.stream.removeAllListeners();
      const client = await startTlsOn(bare.stream, {
        ca: authority.ca,
        servername: "localhost",
        ALPNProtocols: ["h2"],
      });
      const server = await upstream.next();
      await call(client, server);
      expect(await proxy.opened()).toMatchObject({ protocol: "h2", tls: { alpn: "h2", servername: "localhost" } });
      expect(await proxy.callEnd()).toMatchObject({ status: { code: 0 } });
      expect(await upstream.open()).toBe(1);
    },
  );

  test("SETTINGS in plaintext never reach a client that will speak TLS", async () => {
    const upstream = await listen({ onConnection: (end) => end.send(encodeSettings([])) });
    const proxy = await watchedProxy({ upstream: `http://127.0.0.1:${upstream.port}`, ...SERVE });
    const bare = await connectTo(proxy.port);
    const server = await upstream.next();
    bare.stream.removeAllListeners();
    const client = await startTlsOn(bare.stream, { ca: authority.ca, servername: "localhost", ALPNProtocols: ["h2"] });
    await client.hasBytes(encodeSettings([]).length);
    client.send(greet());
    await server.hasBytes(greet().length);
    server.send(answer().subarray(encodeSettings([]).length));
    expect(await proxy.callEnd()).toMatchObject({ status: { code: 0 } });
  });

  test("a server that closes at once is closed at once", async () => {
    const upstream = await listen({ onConnection: (end) => end.stream.end() });
    const proxy = await watchedProxy({ upstream: `127.0.0.1:${upstream.port}` });
    const client = await connectTo(proxy.port);
    await client.hasEnded();
    client.stream.end();
    expect(await proxy.closed()).toMatchObject({ by: "server", how: "end" });
  });

  test("a client that leaves while nobody has spoken takes the server's leg with it", async () => {
    const upstream = await listen();
    const proxy = await watchedProxy({ upstream: `127.0.0.1:${upstream.port}` });
    const client = await connectTo(proxy.port);
    const server = await upstream.next();
    client.raw.resetAndDestroy();
    expect(await server.isClosed()).toBe("ECONNRESET");
    expect(await proxy.closed()).toMatchObject({ by: "client", how: "reset" });
    expect(await upstream.open()).toBe(0);
  });

  test("a client that asks for a tunnel after a long silence gets it, and the leg opened in vain is gone", async () => {
    const vain = await listen();
    const upstream = await listen();
    const proxy = await watchedProxy({ upstream: `127.0.0.1:${vain.port}` });
    const client = await connectTo(proxy.port);
    const wasted = await vain.next();
    client.send(`CONNECT 127.0.0.1:${upstream.port} HTTP/1.1\r\n\r\n`);
    await client.has("200");
    await wasted.hasEnded();
    client.send(greet());
    await call(client, await upstream.next(), 1);
    expect(await proxy.opened()).toMatchObject({ via: "connect", protocol: "h2" });
  });
});

/** The two ways in which a client asks a forward proxy for a server, each until the server's octets may follow. */
const ASKING = {
  connect: async (client: End, port: number) => {
    client.send(
      `CONNECT 127.0.0.1:${port} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nproxy-connection: keep-alive\r\n\r\n`,
    );
    await client.has("HTTP/1.1 200 Connection established\r\n\r\n");
  },
  socks5: async (client: End, port: number) => {
    client.send(Uint8Array.of(5, 2, 1, 0));
    await client.hasBytes(2);
    expect([...client.bytes]).toEqual([5, 0]);
    client.send(Uint8Array.of(5, 1, 0, 1, 127, 0, 0, 1, port >> 8, port & 255));
    await client.hasBytes(12);
    expect([...client.bytes.subarray(2, 4)]).toEqual([5, 0]);
  },
} as const;

describe.each(["connect", "socks5"] as const)("through a tunnel asked for by %s", (via) => {
  test("HTTP/2 in plaintext is decoded", async () => {
    const upstream = await listen();
    const proxy = await watchedProxy();
    const client = await connectTo(proxy.port);
    await ASKING[via](client, upstream.port);
    client.send(greet());
    await call(client, await upstream.next(), 1);
    expect(await proxy.opened()).toMatchObject({ via, protocol: "h2", server: `127.0.0.1:${upstream.port}` });
    expect(await proxy.callEnd()).toMatchObject({ status: { code: 0 } });
  });

  test("HTTP/2 over TLS is decoded", async () => {
    const upstream = await listen({ tls: { ...pair, ALPNProtocols: ["h2"] } });
    const proxy = await watchedProxy(SERVE);
    const bare = await connectTo(proxy.port);
    await ASKING[via](bare, upstream.port);
    bare.stream.removeAllListeners();
    const client = await startTlsOn(bare.stream, { ca: authority.ca, servername: "localhost", ALPNProtocols: ["h2"] });
    await call(client, await upstream.next());
    expect(await proxy.opened()).toMatchObject({
      via,
      protocol: "h2",
      tls: { alpn: "h2" },
      upstreamTls: { alpn: "h2" },
    });
    expect(await proxy.callEnd()).toMatchObject({ status: { code: 0 } });
  });

  test("HTTP/1.1, and a CONNECT inside, go to the server as they are", async () => {
    const upstream = await listen();
    const proxy = await watchedProxy();
    const client = await connectTo(proxy.port);
    await ASKING[via](client, upstream.port);
    client.send("CONNECT elsewhere:1 HTTP/1.1\r\n\r\n");
    const server = await upstream.next();
    await server.has("CONNECT elsewhere:1 HTTP/1.1\r\n\r\n");
    expect(await proxy.opened()).toMatchObject({ via, protocol: "http/1.1" });
  });

  test("what nobody knows goes to the server as it is", async () => {
    const upstream = await listen();
    const proxy = await watchedProxy();
    const client = await connectTo(proxy.port);
    await ASKING[via](client, upstream.port);
    client.send("\x00\xff odd");
    await (await upstream.next()).has("\x00\xff odd");
    expect(await proxy.opened()).toMatchObject({ via, protocol: "unknown" });
  });

  test("a server that speaks first is heard", async () => {
    const upstream = await listen({ onConnection: (end) => end.send("SSH-2.0-x\r\n") });
    const proxy = await watchedProxy();
    const client = await connectTo(proxy.port);
    await ASKING[via](client, upstream.port);
    await client.has("SSH-2.0-x\r\n");
  });

  test("a server that is not there is told of in what the client speaks inside", async () => {
    const port = await freePort();
    const proxy = await watchedProxy();
    const client = await connectTo(proxy.port);
    await ASKING[via](client, port);
    client.send("GET / HTTP/1.1\r\n\r\n");
    await client.has(`framelens cannot reach 127.0.0.1:${port}: connection refused`);
    client.stream.end();
    expect(await proxy.closed()).toMatchObject({ by: "proxy", how: "error" });
  });

  test("a tunnel to the proxy itself is refused", async () => {
    const proxy = await watchedProxy();
    const client = await connectTo(proxy.port);
    await ASKING[via](client, proxy.port);
    client.send("GET / HTTP/1.1\r\n\r\n");
    await client.has(`framelens refuses to connect to itself (127.0.0.1:${proxy.port})`);
  });
});

describe("CONNECT", () => {
  test("octets right behind the head are the tunnel's", async () => {
    const upstream = await listen();
    const proxy = await watchedProxy();
    const client = await connectTo(proxy.port);
    client.send(
      Buffer.concat([Buffer.from(`CONNECT 127.0.0.1:${upstream.port} HTTP/1.1\r\n\r\n`), greet().subarray(0, 30)]),
    );
    client.send(greet().subarray(30));
    const server = await upstream.next();
    await call(client, server, 1);
    expect(server.bytes.equals(greet())).toBe(true);
    expect(await proxy.callEnd()).toMatchObject({ status: { code: 0 } });
  });

  test.each([
    ["CONNECT nowhere HTTP/1.1\r\n\r\n", '"CONNECT nowhere HTTP/1.1"; expected CONNECT host:port HTTP/1.1'],
    [`CONNECT ${"a".repeat(300)}:1 HTTP/1.1\r\n\r\n`, "expected CONNECT host:port HTTP/1.1"],
    [`CONNECT a:1 HTTP/1.1\r\nx: ${"a".repeat(17_000)}`, "CONNECT head over 16384 octets"],
  ])("a head like %j is answered with 400 and why", async (head, why) => {
    const proxy = await watchedProxy();
    const client = await connectTo(proxy.port);
    client.send(head);
    await client.has(why);
    expect(client.text).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    client.stream.end();
    await client.isClosed();
    expect(await proxy.closed()).toMatchObject({ by: "proxy", how: "error" });
    expect((await proxy.opened()).via).toBe("connect");
  });

  test("a head that is cut off leaves nothing", async () => {
    const proxy = await watchedProxy();
    const client = await connectTo(proxy.port);
    client.send("CONNECT a:1 HTTP/1.1\r\n");
    client.stream.end();
    await client.isClosed();
    expect(client.text).toMatch(/^HTTP\/1\.1 400 /);
    await proxy.idle();
  });
});

describe("SOCKS5", () => {
  const request5 = (type: number, address: readonly number[], port: number, command = 1) =>
    Uint8Array.of(5, command, 0, type, ...address, port >> 8, port & 255);

  test("a domain is looked up by the proxy", async () => {
    const upstream = await listen();
    const proxy = await watchedProxy();
    const client = await connectTo(proxy.port);
    client.send(Uint8Array.of(5, 1, 0));
    await client.hasBytes(2);
    client.send(request5(3, [9, ...Buffer.from("localhost")], upstream.port));
    await client.hasBytes(12);
    client.send(greet());
    await (await upstream.next()).hasBytes(greet().length);
    expect((await proxy.opened()).server).toBe(`localhost:${upstream.port}`);
  });

  test("an IPv6 address is one, with all said in one go", async () => {
    const upstream = await listen({ listen: { port: 0, host: "::1" } });
    const proxy = await watchedProxy();
    const client = await connectTo(proxy.port);
    const loopback = [...new Array<number>(15).fill(0), 1];
    client.send(Buffer.concat([Uint8Array.of(5, 1, 0), request5(4, loopback, upstream.port), greet()]));
    const server = await upstream.next();
    await server.hasBytes(greet().length);
    expect(server.bytes.equals(greet())).toBe(true);
    expect((await proxy.opened()).server).toMatch(/^\[[0:]*:1\]:\d+$/);
  });

  test.each([
    ["a greeting without a method that needs no password", [5, 1, 2], [5, 255], "without authentication"],
    ["BIND", [5, 1, 0, ...request5(1, [127, 0, 0, 1], 1, 2)], [5, 0, 5, 7], "SOCKS command 2"],
    ["an unknown address type", [5, 1, 0, ...request5(9, [127, 0, 0, 1], 1)], [5, 0, 5, 8], "address type 9"],
    ["another version in the request", [5, 1, 0, 4, 1, 0, 1, 0, 0], [5, 0, 5, 1], "SOCKS version 4"],
    ["port 0", [5, 1, 0, ...request5(1, [127, 0, 0, 1], 0)], [5, 0, 5, 1], "expected a host and a port"],
    ["a greeting that is cut off", [5, 2], [], "SOCKS5 greeting was cut"],
    ["a request that is cut off", [5, 1, 0, 5, 1], [5, 0], "SOCKS5 request was cut"],
  ])("%s is refused", async (_, said, answered, why) => {
    const proxy = await watchedProxy();
    const client = await connectTo(proxy.port);
    client.send(Uint8Array.from(said));
    if (why.endsWith("cut")) client.stream.end();
    await client.hasEnded();
    client.stream.end();
    await client.isClosed();
    expect([...client.bytes].slice(0, answered.length)).toEqual(answered);
    const closed = await proxy.closed();
    expect(closed).toMatchObject({ by: "proxy", how: "error" });
    expect(closed.reason).toContain(why);
    expect(await proxy.opened()).toMatchObject({ via: "socks5", server: "" });
  });
});

describe("an absolute-form request to a forward proxy", () => {
  const get = (port: number, path = "/") =>
    `GET http://127.0.0.1:${port}${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n\r\n`;

  test("goes to the host that it names, however it is cut", async () => {
    const upstream = await listen();
    const proxy = await watchedProxy();
    const client = await connectTo(proxy.port);
    const asked = get(upstream.port);
    // The port's last digit comes late: without it, this is another server.
    const cut = asked.indexOf("/ HTTP") - 1;
    client.send(asked.slice(0, cut));
    // Another client's turn shows that the proxy has read it.
    const other = await connectTo(proxy.port);
    other.send("GET / HTTP/1.1\r\n\r\n");
    await other.has("502");
    client.send(asked.slice(cut));
    const server = await upstream.next();
    await server.has(asked);
    server.send("HTTP/1.1 204 No Content\r\n\r\n");
    await client.has("204");
    expect(await proxy.opened(1)).toMatchObject({ via: "absolute-uri", protocol: "http/1.1" });
    client.send(get(upstream.port, "/again"));
    await server.has("/again");
    server.send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    await client.has("200 OK");
    client.stream.end();
    await server.hasEnded();
    server.stream.end();
    expect(await proxy.closed()).toMatchObject({ by: "client", how: "end" });
  });

  test("for another host, on a connection kept alive, is not sent to the first: the connection is closed", async () => {
    const first = await listen();
    const second = await listen();
    const proxy = await watchedProxy();
    const client = await connectTo(proxy.port);
    client.send(get(first.port));
    const server = await first.next();
    await server.has("\r\n\r\n");
    server.send("HTTP/1.1 204 No Content\r\n\r\n");
    await client.has("204");
    client.send(get(second.port, "/secret"));
    await server.hasEnded();
    server.stream.end();
    await client.hasEnded();
    expect(server.text).toBe(get(first.port));
    expect(second.count).toBe(0);
    const closed = await proxy.closed();
    expect(closed).toMatchObject({ by: "proxy", how: "error" });
    expect(closed.reason).toContain(`this connection goes to 127.0.0.1:${first.port}`);
    const anew = await connectTo(proxy.port);
    anew.send(get(second.port, "/secret"));
    await (await second.next()).has("/secret");
  });

  test("for no host is answered with 502", async () => {
    const proxy = await watchedProxy();
    const client = await connectTo(proxy.port);
    client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    await client.has("framelens has no upstream for this");
    expect(client.text).toMatch(/^HTTP\/1\.1 502 Bad Gateway\r\n/);
    client.stream.end();
    await proxy.closed();
  });
});

test("a proxy whose upstream is itself says so and does not connect for ever", async () => {
  const port = await freePort();
  const proxy = await watchedProxy({ listen: `127.0.0.1:${port}`, upstream: `localhost:${port}` });
  const client = await connectTo(port);
  client.send("GET / HTTP/1.1\r\n\r\n");
  await client.has("framelens refuses to connect to itself");
  const silent = await connectTo(port);
  await proxy.until(() => proxy.events.filter(({ kind }) => kind === "connection-opened").length >= 1);
  silent.send("GET / HTTP/1.1\r\n\r\n");
  await silent.has("framelens refuses to connect to itself");
  client.stream.end();
  silent.stream.end();
  await proxy.idle();
  // Each of the two was looked for once.
  expect(proxy.capture.counters.connections).toBeLessThanOrEqual(4);
});

test("a fault in reading a connection is told and does not touch its traffic", async () => {
  const upstream = await listen();
  const proxy = await watchedProxy({ upstream: `127.0.0.1:${upstream.port}` });
  proxy.capture.message = () => {
    throw new RangeError("no room");
  };
  const client = await connectTo(proxy.port);
  client.send(greet());
  await call(client, await upstream.next(), 1);
  expect(await proxy.event("protocol-error")).toMatchObject({ code: "ERR_READER", connection: 1 });
  expect(await proxy.callEnd()).toMatchObject({ by: "proxy", status: { code: 14 } });
  expect(proxy.capture.counters.openCalls).toBe(0);
});
