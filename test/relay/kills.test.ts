// Hundreds of connections whose ends are killed at random points leave nothing, and what was captured is what was said.
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectHttp2,
  createServer,
  type ServerHttp2Stream,
} from "node:http2";
import { type AddressInfo, connect, type Socket } from "node:net";
import { createServer as createTlsServer, connect as tlsConnect } from "node:tls";
import { describe, expect, onTestFinished, test } from "vitest";
import { randomNumbers } from "../support/any-split.js";
import { startCutter } from "../support/cutter.js";
import { message } from "../support/frames.js";
import { jsStream } from "../support/js-stream.js";
import { TestAuthority } from "../support/test-certificates.js";
import { watchedProxy } from "../support/watched-proxy.js";

const authority = await TestAuthority.make();
const pair = await authority.leaf();
const CONNECTIONS = 120;
const AT_ONCE = 20;
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

/** Sockets and timers of this process. */
function resources(): string[] {
  return process.getActiveResourcesInfo().filter((name) => /TCP|TLS|Timeout/.test(name));
}

describe.each(["plaintext", "TLS"])("over %s", (over) => {
  test("random kills of either end leave nothing behind", { timeout: 120_000 }, async () => {
    const random = randomNumbers(over === "TLS" ? 7 : 3);
    const before = resources().length;
    const servers = new Map<string, Log>();
    const clients = new Map<string, Log>();
    const speaker = createServer();
    const speak = (socket: Socket) => speaker.emit("connection", jsStream(socket));
    const backend = over === "TLS" ? createTlsServer({ ...pair, ALPNProtocols: ["h2"] }, speak) : speaker;
    for (const failure of ["sessionError", "error"]) speaker.on(failure, () => {});
    backend.on("tlsClientError", () => {});
    speaker.on("session", (session) => session.on("error", () => {}));
    speaker.on("stream", (stream, headers) => {
      const log = new Log();
      servers.set(String(headers[":path"]), log);
      stream.on("error", () => {});
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      stream.on("data", (chunk: Buffer) => {
        log.receive(chunk);
        log.send(stream, Buffer.alloc(Math.floor(random() * 30_000), chunk));
        if (random() < 0.01) stream.close(8);
      });
      stream.on("end", () => stream.end());
    });
    backend.listen(0, "127.0.0.1");
    await once(backend, "listening");
    onTestFinished(() => void backend.close());
    const cuts = { random, share: 0.4, withinBytes: 500_000 };
    const proxy = await watchedProxy({
      upstream: `127.0.0.1:${await startCutter((backend.address() as AddressInfo).port, cuts)}`,
      maxMemoryBytes: 512 * 1024 * 1024,
      serveCert: pair.cert,
      serveKey: pair.key,
      cacert: authority.ca,
    });
    const front = await startCutter(proxy.port, cuts);

    const oneCall = (session: ClientHttp2Session, path: string): Promise<void> => {
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
        if (random() < 0.01) stream.close(8);
      });
      for (let left = Math.ceil(random() * 4); left > 0; left--) {
        log.send(stream, Buffer.alloc(Math.floor(random() ** 4 * 200_000), `${path} ${left}`));
      }
      stream.end();
      return new Promise((resolve) => stream.on("close", () => resolve()));
    };
    const oneConnection = async (number: number): Promise<void> => {
      const raw = connect({ port: front, host: "127.0.0.1" });
      const options = { socket: raw, ca: authority.ca, servername: "localhost", ALPNProtocols: ["h2"] };
      const socket = over === "TLS" ? tlsConnect(options) : raw;
      for (const one of [raw, socket]) one.on("error", () => {});
      const session = connectHttp2("http://localhost", {
        createConnection: () => (over === "TLS" ? jsStream(socket) : socket),
      });
      session.on("error", () => {});
      const closed = new Promise<void>((resolve) => session.on("close", resolve));
      const gone = new Promise<void>((resolve) => raw.on("close", () => resolve()));
      const calls = Array.from({ length: CALLS }, (_, i) => oneCall(session, `/test.Kills/c${number}.${i}`));
      await Promise.race([gone, Promise.all(calls)]);
      session.close();
      await gone;
      session.destroy();
      await closed;
    };
    for (let number = 0; number < CONNECTIONS; ) {
      await Promise.all(Array.from({ length: AT_ONCE }, () => oneConnection(number++)));
    }

    await proxy.idle();
    const { counters } = proxy.capture;
    expect(counters).toMatchObject({ openConnections: 0, openCalls: 0, trimmedEvents: 0, trimmedMessageBytes: 0 });
    await proxy.until(() => proxy.events.length >= counters.events);
    const opened = new Set<number>();
    const closed = new Set<number>();
    let lost = 0;
    for (const event of proxy.events) {
      if (event.kind === "connection-opened") {
        expect(opened.has(event.connection)).toBe(false);
        opened.add(event.connection);
      } else if (event.kind === "connection-closed") {
        expect(opened.has(event.connection) && !closed.has(event.connection)).toBe(true);
        closed.add(event.connection);
      } else if (event.kind === "call-end" && event.how === "connection-lost") lost++;
    }
    expect(closed.size).toBe(opened.size);
    expect(closed.size).toBeGreaterThan(CONNECTIONS / 2);
    expect(lost).toBeGreaterThan(20);

    let whole = 0;
    for (const { id, method } of proxy.capture.calls()) {
      const captured: { readonly client: string[]; readonly server: string[] } = { client: [], server: [] };
      for (const event of proxy.capture.eventsOf(id)) {
        if (event.kind !== "client-message" && event.kind !== "server-message") continue;
        if (event.problem !== undefined) continue;
        const side = event.kind === "client-message" ? captured.client : captured.server;
        side.push(hash(proxy.capture.messageBytes(event.seq)!));
      }
      const client = clients.get(method)!;
      const server = servers.get(method) ?? new Log();
      whole += client.received.length + server.received.length;
      // What one end has received was captured before, and what was captured the other had sent before.
      expect(captured.client.slice(0, server.received.length)).toEqual(server.received);
      expect(client.sent.slice(0, captured.client.length)).toEqual(captured.client);
      expect(captured.server.slice(0, client.received.length)).toEqual(client.received);
      expect(server.sent.slice(0, captured.server.length)).toEqual(captured.server);
    }
    expect(whole).toBeGreaterThan(CONNECTIONS);

    await proxy.proxy.close();
    await new Promise<void>((resolve) => backend.close(() => resolve()));
    // Of what was opened here only the two cutters still listen.
    while (resources().length > before + 2) await new Promise((resolve) => setImmediate(resolve));
  });
});
