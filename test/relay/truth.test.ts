// Hundreds of calls at once with messages of their own: what was captured of each is what its client and its server saw.
import { createHash } from "node:crypto";
import { credentials, Metadata, ServerCredentials, type ServerDuplexStream } from "@grpc/grpc-js";
import { afterEach, expect, test, vi } from "vitest";
import { randomNumbers } from "../support/any-split.js";
import { EchoClient, echoServer } from "../support/grpc-peers.js";
import { TestAuthority } from "../support/test-certificates.js";
import { type WatchedProxy, watchedProxy } from "../support/watched-proxy.js";

const authority = await TestAuthority.make();
const pair = await authority.leaf();
const MIB = 1024 * 1024;

const hash = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("base64");

afterEach(() => vi.unstubAllEnvs());

/** What each end of each call saw, by the call's own name. */
interface Seen {
  readonly sent: string[];
  readonly received: string[];
}

class Log {
  readonly #calls = new Map<string, Seen>();

  of(name: string): Seen {
    let seen = this.#calls.get(name);
    if (seen === undefined) {
      seen = { sent: [], received: [] };
      this.#calls.set(name, seen);
    }
    return seen;
  }
}

function namedAs(name: string): Metadata {
  const metadata = new Metadata();
  metadata.set("x-name", name);
  return metadata;
}

const nameIn = (metadata: Metadata) => String(metadata.get("x-name")[0]);

/** The same, as the capture has it. */
function captured(proxy: WatchedProxy): Log {
  const log = new Log();
  for (const { id } of proxy.capture.calls()) {
    let name = "";
    for (const event of proxy.capture.eventsOf(id)) {
      if (event.kind === "client-header") name = event.fields.find(([field]) => field === "x-name")?.[1] ?? "";
      if (event.kind !== "client-message" && event.kind !== "server-message") continue;
      const seen = log.of(name)[event.kind === "client-message" ? "sent" : "received"];
      expect(event.index).toBe(seen.length);
      const bytes = proxy.capture.messageBytes(event.seq)!;
      expect(bytes.length).toBe(event.wireLength);
      seen.push(hash(bytes));
    }
  }
  return log;
}

const MODES: readonly (readonly [mode: string, calls: number])[] = [
  ["to a fixed upstream", 240],
  ["to a fixed upstream over TLS", 40],
  ["through CONNECT", 40],
  ["through CONNECT over TLS", 160],
];

test.each(MODES)("%s, %i calls", async (mode, calls) => {
  const tls = mode.endsWith("TLS");
  const forward = mode.startsWith("through");
  const random = randomNumbers(calls);
  const server = new Log();
  const client = new Log();
  const answerTo = (message: Buffer) => Buffer.from(message).reverse();
  const backend = await echoServer(
    {
      unary(call, answer) {
        const seen = server.of(nameIn(call.metadata));
        const bytes = answerTo(call.request);
        seen.received.push(hash(call.request));
        seen.sent.push(hash(bytes));
        answer(null, bytes);
      },
      stream(call: ServerDuplexStream<Buffer, Buffer>) {
        const seen = server.of(nameIn(call.metadata));
        call.on("data", (message: Buffer) => {
          const bytes = answerTo(message);
          seen.received.push(hash(message));
          seen.sent.push(hash(bytes));
          call.write(bytes);
        });
        call.on("end", () => call.end());
      },
    },
    tls
      ? ServerCredentials.createSsl(null, [{ cert_chain: Buffer.from(pair.cert), private_key: Buffer.from(pair.key) }])
      : ServerCredentials.createInsecure(),
  );
  const proxy = await watchedProxy({
    ...(forward ? {} : { upstream: `127.0.0.1:${backend.port}` }),
    ...(tls ? { serveCert: pair.cert, serveKey: pair.key, cacert: authority.ca } : {}),
    maxMemoryBytes: 512 * MIB,
  });
  if (forward) vi.stubEnv("grpc_proxy", `http://127.0.0.1:${proxy.port}`);
  vi.stubEnv("no_proxy", "");
  const target = forward ? `localhost:${backend.port}` : `localhost:${proxy.port}`;
  const trust = tls ? credentials.createSsl(Buffer.from(authority.ca)) : credentials.createInsecure();
  const clients = Array.from(
    { length: 4 },
    () => new EchoClient(target, trust, { "grpc.enable_http_proxy": forward ? 1 : 0 }),
  );

  /** Of 0 B to 1 MiB, small ones more often; no two alike. */
  const unique = (name: string): Buffer => {
    return Buffer.alloc(Math.floor(2 ** (random() ** 1.4 * 20.0001) - 1), `${name} ${random()}`);
  };
  const unary = async (name: string, on: EchoClient): Promise<void> => {
    const seen = client.of(name);
    const message = unique(name);
    seen.sent.push(hash(message));
    seen.received.push(hash(await on.unary(message, namedAs(name))));
  };
  const stream = async (name: string, on: EchoClient): Promise<void> => {
    const seen = client.of(name);
    const call = on.stream(namedAs(name));
    const ended = new Promise<void>((resolve, reject) => {
      call.on("error", reject);
      call.on("end", resolve);
    });
    call.on("data", (message: Buffer) => seen.received.push(hash(message)));
    for (let left = Math.floor(random() * 6); left > 0; left--) {
      const message = unique(name);
      seen.sent.push(hash(message));
      call.write(message);
    }
    call.end();
    await ended;
  };
  const names = Array.from({ length: calls }, (_, i) => `call-${i}`);
  await Promise.all(names.map((name, i) => (i % 2 === 0 ? unary : stream)(name, clients[i % clients.length]!)));
  await proxy.until(() => proxy.events.filter(({ kind }) => kind === "call-end").length === calls);

  const log = captured(proxy);
  let messages = 0;
  for (const name of names) {
    const { sent, received } = log.of(name);
    messages += sent.length;
    expect(client.of(name)).toEqual({ sent, received });
    expect(server.of(name)).toEqual({ sent: received, received: sent });
  }
  expect(messages).toBeGreaterThan(calls);
  expect(proxy.capture.counters).toMatchObject({ calls, openCalls: 0, trimmedMessageBytes: 0 });
  expect((await proxy.opened()).via).toBe(forward ? "connect" : undefined);
});
