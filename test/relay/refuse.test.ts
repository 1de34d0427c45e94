// Where no server can be reached: what the client is told, that it is ours, and that its next try may reach the server.

import { type ClientHttp2Session, connect as connectHttp2 } from "node:http2";
import { credentials, ServerCredentials, status } from "@grpc/grpc-js";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { connectTlsTo, connectTo, listen } from "../support/ends.js";
import { concat, data, encodeGoaway, hello, message, ping, request, Speaker, settingsAck } from "../support/frames.js";
import { freePort } from "../support/free-port.js";
import { EchoClient, echoServer } from "../support/grpc-peers.js";
import { TestAuthority } from "../support/test-certificates.js";
import { type WatchedProxy, watchedProxy } from "../support/watched-proxy.js";

const authority = await TestAuthority.make();
const stranger = await TestAuthority.make();
const pair = await authority.leaf();
const SERVE = { serveCert: pair.cert, serveKey: pair.key };
const YEAR_MS = 365 * 86_400_000;

const tlsServer = (cert: { cert: string; key: string }) =>
  ServerCredentials.createSsl(null, [{ cert_chain: Buffer.from(cert.cert), private_key: Buffer.from(cert.key) }]);

/** What a gRPC client is told over each of the two kinds of connection, and what is written down of it. */
async function told(proxy: WatchedProxy): Promise<string> {
  const clients = [
    new EchoClient(`127.0.0.1:${proxy.port}`),
    new EchoClient(`localhost:${proxy.port}`, credentials.createSsl(Buffer.from(authority.ca))),
  ];
  const failures = [];
  for (const [index, client] of clients.entries()) {
    const failure = await client.failure();
    expect(failure.code).toBe(status.UNAVAILABLE);
    failures.push(failure.details);
    const end = await proxy.callEnd(index + 1);
    expect(end).toMatchObject({ how: "proxy-error", by: "proxy", status: { code: 14, message: failure.details } });
    const { connection } = proxy.capture.call(index + 1)!;
    expect(await proxy.closed(connection)).toMatchObject({ by: "proxy", how: "error", reason: failure.details });
  }
  expect(failures[0]).toBe(failures[1]);
  return failures[0]!;
}

describe("a gRPC client learns who says so, which server, and why", () => {
  test("a port on which nobody listens", async () => {
    const port = await freePort();
    const proxy = await watchedProxy({ upstream: `127.0.0.1:${port}`, ...SERVE });
    expect(await told(proxy)).toBe(`framelens cannot reach 127.0.0.1:${port}: connection refused (ECONNREFUSED)`);
  });

  test("a name that does not exist", async () => {
    // Longer than a label may be, so that nobody on the network is asked.
    const host = `${"x".repeat(64)}.test`;
    const proxy = await watchedProxy({ upstream: `${host}:1`, ...SERVE });
    expect(await told(proxy)).toMatch(
      new RegExp(`^framelens cannot reach ${host}:1: (no such host|name lookup failed)`),
    );
  });

  test("a Unix socket that does not exist", async () => {
    const proxy = await watchedProxy({ upstream: "unix:/nowhere/at/all", ...SERVE });
    expect(await told(proxy)).toBe("framelens cannot reach unix:/nowhere/at/all: no such socket (ENOENT)");
  });

  test("the proxy itself", async () => {
    const port = await freePort();
    const proxy = await watchedProxy({ listen: `127.0.0.1:${port}`, upstream: `127.0.0.1:${port}`, ...SERVE });
    // The proxy's own connections to itself are connections, too.
    const failure = await new EchoClient(`127.0.0.1:${port}`).failure();
    expect(failure).toMatchObject({ code: status.UNAVAILABLE });
    expect(failure.details).toBe(`framelens refuses to connect to itself (127.0.0.1:${port})`);
    await proxy.callEnd();
  });

  test("a forward proxy that was not told where to", async () => {
    const proxy = await watchedProxy(SERVE);
    expect(await told(proxy)).toContain("framelens has no upstream for this");
  });

  test.each([
    [
      "by a stranger",
      () => stranger.leaf(),
      /its certificate is not trusted \(unknown CA\); --cacert FILE or --insecure/,
    ],
    ["that has expired", () => authority.leaf(["127.0.0.1"], Date.now() - YEAR_MS), /its certificate has expired/],
    [
      "for another name",
      () => authority.leaf(["other.test"]),
      /IP: 127\.0\.0\.1 is not in the cert's list.*--servername NAME or --insecure/,
    ],
  ])("a certificate %s", async (_, leaf, why) => {
    const backend = await echoServer({}, tlsServer(await leaf()));
    const cacert = (await TestAuthority.make()).ca + authority.ca;
    const proxy = await watchedProxy({ upstream: `https://127.0.0.1:${backend.port}`, cacert, ...SERVE });
    const failure = await new EchoClient(`127.0.0.1:${proxy.port}`).failure();
    expect(failure.code).toBe(status.UNAVAILABLE);
    expect(failure.details).toMatch(`framelens cannot speak TLS with 127.0.0.1:${backend.port}: `);
    expect(failure.details).toMatch(why);
    const insecure = await watchedProxy({ upstream: `https://127.0.0.1:${backend.port}`, insecure: true });
    expect((await new EchoClient(`127.0.0.1:${insecure.port}`).unary("hi")).toString()).toBe("hi");
  });

  test("a server in plaintext where TLS was meant", async () => {
    const backend = await echoServer();
    const proxy = await watchedProxy({ upstream: `https://127.0.0.1:${backend.port}`, ...SERVE });
    expect(await told(proxy)).toMatch(
      `framelens cannot speak TLS with 127.0.0.1:${backend.port}: the server does not speak TLS; say http://host:port`,
    );
  });

  test("a server that knows none of the client's protocols", async () => {
    const upstream = await listen({ tls: { ...pair, ALPNProtocols: ["acme/1"] } });
    const proxy = await watchedProxy({
      upstream: `https://127.0.0.1:${upstream.port}`,
      cacert: authority.ca,
      ...SERVE,
    });
    expect(await told(proxy)).toContain("the server speaks none of the protocols that the client offers (ALPN)");
  });

  test("a server that closes the connection in the handshake", async () => {
    const upstream = await listen({ onConnection: (end) => end.stream.end() });
    const proxy = await watchedProxy({ upstream: `https://127.0.0.1:${upstream.port}`, ...SERVE });
    expect(await told(proxy)).toContain(`framelens cannot speak TLS with 127.0.0.1:${upstream.port}: connection reset`);
  });
});

describe("a server that does not answer", () => {
  afterEach(() => vi.useRealTimers());

  test("is given up after ten seconds", async () => {
    const upstream = await listen();
    const proxy = await watchedProxy({ upstream: `https://127.0.0.1:${upstream.port}` });
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const client = await connectTo(proxy.port);
    client.send(concat(hello(), new Speaker().headers(1, request("/a.A/B"), { endStream: true })));
    const server = await upstream.next();
    await server.hasBytes(1);
    vi.advanceTimersByTime(9_999);
    expect(client.bytes.length).toBe(0);
    vi.advanceTimersByTime(1);
    const { status } = await proxy.callEnd();
    expect(status.message).toBe(`framelens cannot speak TLS with 127.0.0.1:${upstream.port}: no answer within 10 s`);
    await server.hasEnded();
  });

  test("is given up at once when the client leaves, which is then no fault of the proxy", async () => {
    const upstream = await listen();
    const proxy = await watchedProxy({ upstream: `https://127.0.0.1:${upstream.port}` });
    const client = await connectTo(proxy.port);
    client.send(hello());
    const server = await upstream.next();
    await server.hasBytes(1);
    client.raw.resetAndDestroy();
    await server.hasEnded();
    expect(await proxy.closed()).toMatchObject({ by: "client", how: "reset", reason: "ECONNRESET" });
  });
});

describe("the next try", () => {
  test("of the same channel reaches a server that was started meanwhile", async () => {
    const port = await freePort();
    const proxy = await watchedProxy({ upstream: `127.0.0.1:${port}` });
    const client = new EchoClient(`127.0.0.1:${proxy.port}`);
    expect((await client.failure()).code).toBe(status.UNAVAILABLE);
    expect((await client.failure()).code).toBe(status.UNAVAILABLE);
    await echoServer({}, ServerCredentials.createInsecure(), port);
    expect((await client.unary("there you are")).toString()).toBe("there you are");
    await proxy.event("call-end", ({ status }) => status.code === 0);
  });

  test("of a client that connected early and made no call is a new connection", async () => {
    const port = await freePort();
    const proxy = await watchedProxy({ upstream: `127.0.0.1:${port}` });
    const client = await connectTo(proxy.port);
    client.send(concat(hello(), ping("12345678")));
    await client.hasEnded();
    const goaway = encodeGoaway(0, 0);
    expect(client.bytes.subarray(-goaway.length).equals(goaway)).toBe(true);
    expect(client.bytes.includes(Buffer.from(ping("12345678", true)))).toBe(true);
    expect(client.bytes.includes(Buffer.from(settingsAck()))).toBe(true);
    client.stream.end();
    expect(await proxy.closed()).toMatchObject({ by: "proxy", how: "error" });
  });

  test("many calls at once and streams are all told", async () => {
    const port = await freePort();
    const proxy = await watchedProxy({ upstream: `127.0.0.1:${port}` });
    const client = new EchoClient(`127.0.0.1:${proxy.port}`);
    const failures = await Promise.all(Array.from({ length: 50 }, () => client.failure()));
    const stream = client.stream();
    const failed = new Promise<{ code: number; details: string }>((resolve) =>
      stream.on("error", (e) => resolve(e as never)),
    );
    stream.write(Buffer.from("half"));
    for (const failure of [...failures, await failed]) {
      expect(failure.code).toBe(status.UNAVAILABLE);
      expect(failure.details).toBe(`framelens cannot reach 127.0.0.1:${port}: connection refused (ECONNREFUSED)`);
    }
  });
});

describe("who speaks no gRPC", () => {
  test.each(["application/grpc-web+proto", "application/connect+proto", "application/json"])(
    "%s over HTTP/2 gets HTTP 502 and the reason as text",
    async (contentType) => {
      const port = await freePort();
      const proxy = await watchedProxy({ upstream: `127.0.0.1:${port}` });
      const session: ClientHttp2Session = connectHttp2(`http://127.0.0.1:${proxy.port}`);
      onTestFinished(() => session.destroy());
      session.on("error", () => {});
      const stream = session.request({ ":method": "POST", ":path": "/a.A/B", "content-type": contentType });
      let code = 0;
      let text = "";
      stream.on("response", (headers) => {
        code = headers[":status"] ?? 0;
      });
      stream.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      stream.on("error", () => {});
      stream.write("x");
      await new Promise((resolve) => stream.on("close", resolve));
      expect(code).toBe(502);
      expect(text).toBe(`framelens cannot reach 127.0.0.1:${port}: connection refused (ECONNREFUSED)\n`);
      expect(await proxy.callEnd()).toMatchObject({ how: "proxy-error", status: { code: 14 } });
    },
  );

  test("HTTP/1.1 gets 502 and the reason as text, over TLS, too", async () => {
    const port = await freePort();
    const proxy = await watchedProxy({ upstream: `127.0.0.1:${port}`, ...SERVE });
    const plain = await connectTo(proxy.port);
    const secure = await connectTlsTo(proxy.port, {
      ca: authority.ca,
      servername: "localhost",
      ALPNProtocols: ["http/1.1"],
    });
    const bare = await connectTlsTo(proxy.port, { ca: authority.ca, servername: "localhost" });
    for (const client of [plain, secure, bare]) {
      client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
      await client.hasEnded();
      expect(client.text).toMatch(
        /^HTTP\/1\.1 502 Bad Gateway\r\n(.+\r\n)*connection: close\r\n\r\nframelens cannot reach /,
      );
      client.stream.end();
    }
    await proxy.until(() => proxy.events.filter(({ kind }) => kind === "connection-closed").length === 3);
  });

  test("an unknown protocol gets a reset", async () => {
    const proxy = await watchedProxy({ upstream: `127.0.0.1:${await freePort()}` });
    const client = await connectTo(proxy.port);
    client.send("\x00\x01\x02");
    expect(await client.isClosed()).toBe("ECONNRESET");
    expect(await proxy.closed()).toMatchObject({ by: "proxy", how: "error" });
  });

  test("what only begins like HTTP/2 is let go", async () => {
    const proxy = await watchedProxy({ upstream: `127.0.0.1:${await freePort()}` });
    const client = await connectTo(proxy.port);
    client.send("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n");
    await client.hasEnded();
    client.stream.end();
    await proxy.closed();
    expect(await proxy.event("protocol-error")).toMatchObject({ code: "ERR_NOT_HTTP2", from: "client" });
  });

  test("a client that does not leave when told to is closed after a while", async () => {
    const proxy = await watchedProxy({ upstream: `127.0.0.1:${await freePort()}` });
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const client = await connectTo(proxy.port);
    client.send(concat(hello(), new Speaker().headers(1, request("/a.A/B")), data(1, message("x"))));
    await client.hasEnded();
    expect(proxy.capture.counters.openConnections).toBe(1);
    vi.advanceTimersByTime(2000);
    await proxy.closed();
  });
});
