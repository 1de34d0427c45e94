// TLS on either leg: names and protocols agreed on with both ends, certificates shown to both, and handshakes that fail.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type ConnectionOptions,
  createServer as createTlsServer,
  type TLSSocket,
  connect as tlsConnect,
} from "node:tls";
import { credentials } from "@grpc/grpc-js";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { FramelensError } from "../../src/model/errors.js";
import { createProxy } from "../../src/relay/proxy.js";
import { connectTlsTo, connectTo, type End, listen } from "../support/ends.js";
import { encodeSettings, hello, request, Speaker, trailersOnly } from "../support/frames.js";
import { EchoClient, echoServer } from "../support/grpc-peers.js";
import { TestAuthority } from "../support/test-certificates.js";
import { watchedProxy } from "../support/watched-proxy.js";

const authority = await TestAuthority.make();
const pair = await authority.leaf(["localhost", "127.0.0.1", "api.test"]);
const SERVE = { serveCert: pair.cert, serveKey: pair.key, cacert: authority.ca };
const TRUST = { ca: authority.ca, servername: "localhost" };

function temporary(): string {
  const dir = mkdtempSync(join(tmpdir(), "framelens-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  return dir;
}

const tlsOf = (end: End) => end.stream as TLSSocket;
const wire = (...names: string[]) =>
  Buffer.concat(names.flatMap((name) => [Buffer.of(name.length), Buffer.from(name, "latin1")]));

/** A fatal alert (RFC 8446 §6: 48). */
const UNKNOWN_CA = Uint8Array.of(21, 3, 3, 0, 2, 2, 48);

/** The first octets of a TLS client. */
async function clientHello(options: ConnectionOptions = {}): Promise<Buffer> {
  const server = await listen();
  const socket = tlsConnect({ port: server.port, host: "127.0.0.1", ...TRUST, ...options });
  socket.on("error", () => {});
  const end = await server.next();
  await end.hasBytes(100);
  socket.destroy();
  return end.bytes;
}

describe("what the client offers is offered to the server, and what that chooses is given to the client", () => {
  test.each([
    [["h2", "http/1.1"], ["http/1.1", "h2"], "http/1.1", "http/1.1"],
    [["http/1.1", "h2"], ["h2"], "h2", "h2"],
    [["grpc-exp", "h2"], ["grpc-exp"], "grpc-exp", "unknown"],
  ])("client %j, server %j: %s", async (offered, known, chosen, protocol) => {
    const upstream = await listen({ tls: { ...pair, ALPNProtocols: known } });
    const proxy = await watchedProxy({ upstream: `127.0.0.1:${upstream.port}`, ...SERVE });
    const client = await connectTlsTo(proxy.port, { ca: authority.ca, servername: "api.test", ALPNProtocols: offered });
    const server = await upstream.next();
    expect(client.stream.alpnProtocol).toBe(chosen);
    expect(tlsOf(server).alpnProtocol).toBe(chosen);
    expect((tlsOf(server) as unknown as { servername: string }).servername).toBe("api.test");
    const facts = { version: "TLSv1.3", alpn: chosen, servername: "api.test" };
    expect(await proxy.opened()).toMatchObject({ protocol, tls: facts, upstreamTls: facts });
  });

  test("names that are no text go through octet for octet", async () => {
    const odd = "\x8a\x8a\xff";
    const upstream = await listen({ tls: { ...pair, ALPNProtocols: wire(odd) } });
    const proxy = await watchedProxy({ upstream: `127.0.0.1:${upstream.port}`, ...SERVE });
    const client = await connectTlsTo(proxy.port, { ...TRUST, ALPNProtocols: wire("h2", odd) });
    expect(client.stream.alpnProtocol).toBe(odd);
  });

  test("nothing chosen is nothing chosen; HTTP/2 without it is still decoded, even after a silence", async () => {
    const upstream = await listen({ tls: pair });
    const proxy = await watchedProxy({ upstream: `127.0.0.1:${upstream.port}`, ...SERVE });
    const client = await connectTlsTo(proxy.port, { ...TRUST, ALPNProtocols: ["h2"] });
    const server = await upstream.next();
    expect(client.stream.alpnProtocol).toBe(false);
    server.send(encodeSettings([]));
    client.send(hello());
    client.send(new Speaker().headers(1, request("/a.A/B"), { endStream: true }));
    await server.hasBytes(hello().length + 1);
    server.send(new Speaker().headers(1, trailersOnly(0), { endStream: true }));
    expect(await proxy.callEnd()).toMatchObject({ status: { code: 0 } });
    expect((await proxy.opened()).protocol).toBe("h2");
  });

  test("a server that speaks first inside TLS is heard", async () => {
    const upstream = await listen({ tls: pair, onConnection: (end) => end.send("* OK ready\r\n") });
    const proxy = await watchedProxy({ upstream: `127.0.0.1:${upstream.port}`, ...SERVE });
    const client = await connectTlsTo(proxy.port, TRUST);
    await client.has("* OK ready\r\n");
    expect((await proxy.opened()).protocol).toBe("unknown");
  });

  test("a name of the user's own is sent and verified in place of the client's", async () => {
    const upstream = await listen({ tls: { ...(await authority.leaf(["inner.test"])), ALPNProtocols: ["h2"] } });
    const proxy = await watchedProxy({ upstream: `127.0.0.1:${upstream.port}`, servername: "inner.test", ...SERVE });
    await connectTlsTo(proxy.port, { ...TRUST, ALPNProtocols: ["h2"] });
    const server = await upstream.next();
    expect((tlsOf(server) as unknown as { servername: string }).servername).toBe("inner.test");
    expect((await proxy.opened()).upstreamTls?.servername).toBe("inner.test");
  });
});

describe("TLS on one leg only", () => {
  test("a client that speaks TLS reaches a server in plaintext behind http://", async () => {
    const backend = await echoServer();
    const proxy = await watchedProxy({ upstream: `http://127.0.0.1:${backend.port}`, ...SERVE });
    const client = new EchoClient(`localhost:${proxy.port}`, credentials.createSsl(Buffer.from(authority.ca)));
    expect((await client.unary("hi")).toString()).toBe("hi");
    const opened = await proxy.opened();
    expect(opened).toMatchObject({ protocol: "h2", tls: { alpn: "h2" } });
    expect(opened.upstreamTls).toBeUndefined();
    expect(await proxy.callEnd()).toMatchObject({ status: { code: 0 } });
  });

  test("a client in plaintext reaches a server that speaks TLS behind https://", async () => {
    const upstream = await listen({ tls: { ...pair, ALPNProtocols: ["h2"] } });
    const proxy = await watchedProxy({ upstream: `https://localhost:${upstream.port}`, cacert: authority.ca });
    const client = await connectTo(proxy.port);
    client.send(hello());
    const server = await upstream.next();
    await server.hasBytes(hello().length);
    const opened = await proxy.opened();
    expect(opened).toMatchObject({ protocol: "h2", upstreamTls: { alpn: "h2", servername: "localhost" } });
    expect(opened.tls).toBeUndefined();
  });

  test("HTTP/1.1 in plaintext reaches it as well", async () => {
    const upstream = await listen({ tls: { ...pair, ALPNProtocols: ["h2", "http/1.1"] } });
    const proxy = await watchedProxy({ upstream: `https://localhost:${upstream.port}`, cacert: authority.ca });
    const client = await connectTo(proxy.port);
    client.send("GET / HTTP/1.1\r\n\r\n");
    const server = await upstream.next();
    await server.has("GET /");
    expect(tlsOf(server).alpnProtocol).toBe("http/1.1");
  });

  test("a Unix socket may speak TLS, too", async () => {
    const path = join(temporary(), "s");
    const upstream = await listen({ listen: { path }, tls: { ...pair, ALPNProtocols: ["h2"] } });
    const proxy = await watchedProxy({ upstream: `unix:${path}`, ...SERVE });
    const client = await connectTlsTo(proxy.port, { ...TRUST, ALPNProtocols: ["h2"] });
    client.send(hello());
    await (await upstream.next()).hasBytes(hello().length);
    expect(await proxy.opened()).toMatchObject({ server: `unix:${path}`, upstreamTls: { servername: "localhost" } });
    client.raw.resetAndDestroy();
    expect(await proxy.closed()).toMatchObject({ by: "client", how: "reset" });
  });
});

describe("certificates", () => {
  test("the user's own is shown to servers that ask for one", async () => {
    const mine = await authority.leaf(["me.test"]);
    const upstream = await listen({
      tls: { ...pair, ALPNProtocols: ["h2"], requestCert: true, rejectUnauthorized: true, ca: authority.ca },
    });
    const proxy = await watchedProxy({ upstream: `127.0.0.1:${upstream.port}`, ...SERVE, ...mine });
    await connectTlsTo(proxy.port, { ...TRUST, ALPNProtocols: ["h2"] });
    expect(tlsOf(await upstream.next()).getPeerCertificate().subject.CN).toBe("me.test");
  });

  test.each([
    ["TLSv1.2", true, /HANDSHAKE_FAILURE/],
    ["TLSv1.3", true, /the server asks for a client certificate; --cert FILE --key FILE/],
    ["TLSv1.3", false, /the server asked for a client certificate and closed the connection/],
  ] as const)(
    "a %s server that wants one is named to clients, plaintext ones too (alert: %s)",
    async (version, alerts, why) => {
      const server = createTlsServer(
        {
          ...pair,
          ALPNProtocols: ["h2"],
          requestCert: true,
          rejectUnauthorized: alerts,
          maxVersion: version,
          ca: authority.ca,
        },
        (socket) => socket.on("error", () => {}).end(),
      );
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      onTestFinished(() => void server.close());
      const { port } = server.address() as AddressInfo;
      const proxy = await watchedProxy({ upstream: `https://localhost:${port}`, ...SERVE });
      for (const trust of [credentials.createInsecure(), credentials.createSsl(Buffer.from(authority.ca))]) {
        const client = new EchoClient(`localhost:${proxy.port}`, trust);
        const failure = await client.unary("hi").catch((error: unknown) => error);
        expect(failure).toMatchObject({ code: 14, details: expect.stringMatching(why) });
      }
    },
  );

  test("clients are shown the user's own, or else one of our own CA for the name they ask for", async () => {
    const backend = await echoServer();
    const own = await watchedProxy({ upstream: `http://127.0.0.1:${backend.port}`, ...SERVE });
    const shown = await connectTlsTo(own.port, TRUST);
    expect(shown.stream.getPeerX509Certificate()?.fingerprint256).toBe(
      (await connectTlsTo(own.port, TRUST)).stream.getPeerX509Certificate()?.fingerprint256,
    );
    const caDir = temporary();
    const proxy = await watchedProxy({ upstream: `http://127.0.0.1:${backend.port}`, caDir });
    const anyone = await connectTlsTo(proxy.port, { servername: "any.test", rejectUnauthorized: false });
    expect(anyone.stream.getPeerX509Certificate()?.checkHost("any.test")).toBe("any.test");
    const trusting = credentials.createSsl(readFileSync(join(caDir, "ca.pem")));
    const client = new EchoClient(`localhost:${proxy.port}`, trusting);
    expect((await client.unary("hi")).toString()).toBe("hi");
  });

  test.each(["with a word", "without a word"])(
    "a client that leaves %s because it does not trust ours is told of, with what to do",
    async (how) => {
      const upstream = await listen();
      const proxy = await watchedProxy({ upstream: `http://127.0.0.1:${upstream.port}`, ...SERVE });
      if (how === "with a word") {
        const client = await connectTo(proxy.port);
        client.send(await clientHello({ maxVersion: "TLSv1.2" }));
        await client.hasBytes(1);
        client.send(UNKNOWN_CA);
      } else {
        await expect(connectTlsTo(proxy.port, { servername: "localhost" })).rejects.toThrow();
      }
      const closed = await proxy.closed();
      expect(closed).toMatchObject({ by: "proxy", how: "error" });
      expect(closed.reason).toMatch(/not trust .*"framelens ca instructions"$/);
      expect(closed.reason).toMatch(how === "with a word" ? /UNKNOWN_CA/ : /^client left during the TLS handshake/);
      await (await upstream.next()).isClosed();
    },
  );

  test.each([
    [{ cert: "x" }, "cert: "],
    [{ key: "x" }, "key without cert"],
    [{ serveCert: "x" }, "serveCert: "],
    [{ cacert: "x" }, "cacert: "],
  ])("%j is a mistake that is told before anything listens", async (options, what) => {
    const failure = await createProxy({ listen: "127.0.0.1:0", ...options }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(FramelensError);
    expect(failure).toMatchObject({ code: "ERR_CERTIFICATE" });
    expect((failure as Error).message).toContain(what);
  });

  test("no certificate to show, for want of a CA, is told", async () => {
    const upstream = await listen();
    vi.stubEnv("FRAMELENS_CA_DIR", "/dev/null/ca");
    onTestFinished(() => void vi.unstubAllEnvs());
    const proxy = await watchedProxy({ upstream: `http://127.0.0.1:${upstream.port}` });
    await expect(connectTlsTo(proxy.port, TRUST)).rejects.toThrow();
    expect((await proxy.closed()).reason).toMatch(/^framelens has no certificate to show: /);
  });
});

test("a folder for the CA that was named and cannot be used is told of before anything is listened to", async () => {
  await expect(createProxy({ listen: "127.0.0.1:0", caDir: "/dev/null/ca" })).rejects.toMatchObject({
    code: "ERR_CA_UNUSABLE",
    message: expect.stringMatching(/^cannot make the CA folder /),
  });
});

describe("a client that goes away in the handshake", () => {
  test.each(["FIN", "reset"])("by %s leaves nothing", async (how) => {
    const upstream = await listen();
    const proxy = await watchedProxy({ upstream: `http://127.0.0.1:${upstream.port}`, ...SERVE });
    const octets = await clientHello();
    const client = await connectTo(proxy.port);
    client.send(octets);
    if (how === "FIN") client.stream.end();
    else {
      await client.hasBytes(1);
      client.raw.resetAndDestroy();
    }
    const closed = await proxy.closed();
    expect(closed.reason).toMatch(how === "FIN" ? /^client left during the TLS handshake/ : /handshake/);
    await proxy.idle();
    // One that left before the server was reached is not brought there any more.
    if (how === "reset") await (await upstream.next()).isClosed();
  });

  test("before its hello was whole goes on as what nobody knows", async () => {
    const upstream = await listen();
    const proxy = await watchedProxy({ upstream: `127.0.0.1:${upstream.port}`, ...SERVE });
    const half = (await clientHello()).subarray(0, 60);
    const client = connect({ port: proxy.port, host: "127.0.0.1" });
    client.on("error", () => {});
    onTestFinished(() => void client.destroy());
    client.end(half);
    const server = await upstream.next();
    await server.hasEnded();
    expect(server.bytes.equals(half)).toBe(true);
    server.stream.end();
    expect(await proxy.closed()).toMatchObject({ by: "client", how: "end", clientBytes: 60 });
  });
});
