// Hundreds of connections whose ends are killed at random points leave nothing, and what was captured is what was said.
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectHttp2,
  createSecureServer,
  createServer,
  type Http2Session,
  type ServerHttp2Stream,
} from "node:http2";
import { type AddressInfo, connect, type Socket } from "node:net";
import { connect as tlsConnect } from "node:tls";
import { describe, expect, onTestFinished, test } from "vitest";
import { randomNumbers } from "../support/any-split.js";
import { message } from "../support/frames.js";
import { TestAuthority } from "../support/test-certificates.js";
import { watchedProxy } from "../support/watched-proxy.js";

const authority = await TestAuthority.make();
const pair = await authority.leaf();
const CONNECTIONS = 120;
const CALLS = 4;

const hash = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("base64");

/** What one end of a call has sent, and what it has received whole. */
class Log {
  readonly sent: string[] = [];
  readonly received: string[] = [];
  #rest: Buffer = Buffer.alloc(0);

  send(stream: ClientHttp2Stream | ServerHttp2Stream, bytes: Uint8Array): void {
    if (stream.destroyed || stream.writableEnded) return;
    this.sent.push(hash(bytes));
    stream.write(message(bytes));
  }

  receive(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const end = this.#rest.length < 5 ? Number.POSITIVE_INFINITY : 5 + this.#rest.readUInt32BE(1);
      if (this.#rest.length < end) return;
      this.received.push(hash(this.#rest.subarray(5, end)));
      this.#rest = this.#rest.subarray(end);
    }
  }
}

/** Ends a session, its socket or a stream in one of many ways. */
function kill(
  random: () => number,
  socket: Socket,
  session: Http2Session,
  stream: ClientHttp2Stream | ServerHttp2Stream,
): void {
  const ways = [
    () => socket.destroy(),
    // One that is being shut down cannot be reset.
    () => (session.closed ? socket.destroy() : socket.resetAndDestroy()),
    () => session.destroy(),
    () => session.close(),
    () => session.goaway(0),
    () => stream.close(8),
  ];
  // Not within their own events: node:http2 aborts the process when its socket goes while it reads.
  setImmediate(ways[Math.floor(random() * ways.length)]!);
}

describe.each(["plaintext", "TLS"])("over %s", (over) => {
  test("random kills of either end leave nothing behind", async () => {
    const random = randomNumbers(over === "TLS" ? 7 : 3);
    const before = process
      .getActiveResourcesInfo()
      .filter((name) => /TCP|TLS|Timeout/.test(name))
      .sort();
    const servers = new Map<string, Log>();
    const clients = new Map<string, Log>();
    const raws = new WeakMap<Http2Session, Socket>();
    const backend = over === "TLS" ? createSecureServer(pair) : createServer();
    const bare = new Map<number, Socket>();
    backend.on("connection", (socket: Socket) => {
      if (socket.remotePort !== undefined) bare.set(socket.remotePort, socket);
      socket.on("error", () => {});
    });
    for (const failure of ["sessionError", "tlsClientError", "error"]) backend.on(failure, () => {});
    backend.on("session", (session) => {
      const socket = bare.get(session.socket.remotePort ?? 0);
      if (socket !== undefined) raws.set(session, socket);
      session.on("error", () => {});
    });
    backend.on("stream", (stream, headers) => {
      const log = new Log();
      servers.set(String(headers[":path"]), log);
      stream.on("error", () => {});
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      stream.on("data", (chunk: Buffer) => {
        log.receive(chunk);
        log.send(stream, Buffer.alloc(Math.floor(random() * 30_000), chunk));
        const { session } = stream;
        const socket = session === undefined ? undefined : raws.get(session);
        if (session !== undefined && socket !== undefined && random() < 0.02) kill(random, socket, session, stream);
      });
      stream.on("end", () => stream.end());
    });
    backend.listen(0, "127.0.0.1");
    await once(backend, "listening");
    onTestFinished(() => void backend.close());

    const proxy = await watchedProxy({
      upstream: `127.0.0.1:${(backend.address() as AddressInfo).port}`,
      maxMemoryBytes: 512 * 1024 * 1024,
      serveCert: pair.cert,
      serveKey: pair.key,
      cacert: authority.ca,
    });

    const oneCall = (session: ClientHttp2Session, raw: Socket, path: string): Promise<void> => {
      if (session.closed || session.destroyed) return Promise.resolve();
      const log = new Log();
      clients.set(path, log);
      const stream = session.request({
        ":method": "POST",
        ":path": path,
        "content-type": "application/grpc",
        te: "trailers",
      });
      stream.on("error", () => {});
      stream.on("data", (chunk: Buffer) => {
        log.receive(chunk);
        if (random() < 0.05) kill(random, raw, session, stream);
      });
      for (let left = Math.ceil(random() * 4); left > 0; left--) {
        const content = Buffer.alloc(Math.floor(random() ** 4 * 200_000), `${path} ${left}`);
        log.send(stream, content);
      }
      stream.end();
      stream.resume();
      return new Promise((resolve) => stream.on("close", () => resolve()));
    };

    const pending = new Set<string>();
    const oneConnection = async (number: number): Promise<void> => {
      const raw = connect({ port: proxy.port, host: "127.0.0.1" });
      raw.on("error", () => {});
      const socket =
        over === "TLS"
          ? tlsConnect({ socket: raw, ca: authority.ca, servername: "localhost", ALPNProtocols: ["h2"] })
          : raw;
      socket.on("error", () => {});
      const gone = new Promise((resolve) => raw.on("close", resolve));
      const session = connectHttp2("http://localhost", { createConnection: () => socket });
      session.on("error", () => {});
      // Some are killed before the handshake is over.
      if (random() < 0.1) setImmediate(() => raw.resetAndDestroy());
      pending.add(`${number} calls`);
      await Promise.all(Array.from({ length: CALLS }, (_, i) => oneCall(session, raw, `/test.Kills/c${number}.${i}`)));
      pending.delete(`${number} calls`); pending.add(`${number} gone`);
      session.destroy();
      raw.destroy();
      await gone; pending.delete(`${number} gone`);
    };

    const dbg = setInterval(() => { backend.getConnections((_, n) => console.log("DBG", number0, JSON.stringify(proxy.capture.counters), "backend", n, process.getActiveResourcesInfo().join(), [...pending].join(";"))); }, 4000);
    onTestFinished(() => clearInterval(dbg));
    let number0 = 0;
    for (let number = 0; number < CONNECTIONS; ) { number0 = number;
      await Promise.all(Array.from({ length: 20 }, () => oneConnection(number++)));
    }
    await proxy.idle();
    const left = () => new Promise<number>((resolve) => backend.getConnections((_, count) => resolve(count)));
    while ((await left()) > 0) await new Promise((resolve) => setImmediate(resolve));

    const { counters } = proxy.capture;
    expect(counters).toMatchObject({ openConnections: 0, openCalls: 0, trimmedEvents: 0, trimmedMessageBytes: 0 });
    expect(counters.connections).toBe(CONNECTIONS);
    await proxy.until(() => proxy.events.length >= counters.events);
    for (let connection = 1; connection <= CONNECTIONS; connection++) {
      const of = (kind: string) =>
        proxy.events.filter((e) => e.kind === kind && "connection" in e && e.connection === connection);
      expect(of("connection-closed").length).toBe(of("connection-opened").length);
      expect(of("connection-opened").length).toBeLessThanOrEqual(1);
    }

    let whole = 0;
    for (const { id, method } of proxy.capture.calls()) {
      const captured: { client: string[]; server: string[] } = { client: [], server: [] };
      for (const event of proxy.capture.eventsOf(id)) {
        if (event.kind !== "client-message" && event.kind !== "server-message") continue;
        if (event.problem !== undefined) continue;
        captured[event.kind === "client-message" ? "client" : "server"].push(
          hash(proxy.capture.messageBytes(event.seq)!),
        );
      }
      const client = clients.get(method)!;
      const server = servers.get(method);
      whole += client.received.length + (server?.received.length ?? 0);
      // What one end has received was captured before; what was captured, the other end had sent before.
      expect(captured.client.slice(0, server?.received.length ?? 0)).toEqual(server?.received ?? []);
      expect(client.sent.slice(0, captured.client.length)).toEqual(captured.client);
      expect(captured.server.slice(0, client.received.length)).toEqual(client.received);
      expect((server?.sent ?? []).slice(0, captured.server.length)).toEqual(captured.server);
    }
    expect(whole).toBeGreaterThan(CONNECTIONS);

    await proxy.proxy.close();
    await new Promise<void>((resolve) => backend.close(() => resolve()));
    const after = process
      .getActiveResourcesInfo()
      .filter((name) => /TCP|TLS|Timeout/.test(name))
      .sort();
    expect(after).toEqual(before);
  });
});
