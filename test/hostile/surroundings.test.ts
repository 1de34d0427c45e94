// Hostile surroundings of the built program: tunnels back to itself, too few descriptors, a reader that does not read.
import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { createProxy } from "../../src/index.js";
import { freePort } from "../support/free-port.js";
import { ATTACKS } from "./attacks.js";
import { Backend, Strangers } from "./backend.js";
import { bytesOf, CLIENT_OPENS, headers, REQUEST, streams } from "./bytes.js";
import { duel } from "./duel.js";
import { HonestClient, honestSession, tunnel } from "./honest.js";
import { Program } from "./program.js";

/** Ways to write the address of this machine. */
const OWN_NAMES = ["127.0.0.1", "localhost", "127.1", "0", "0.0.0.0", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"];

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function started(backend: Backend | undefined, args: readonly string[], more: object = {}): Promise<Program> {
  const upstream = backend === undefined ? [] : [`127.0.0.1:${backend.port}`];
  const program = await Program.start({ args: [...upstream, "--output", "none", ...args], ...more });
  open.push(() => program.stop());
  return program;
}

async function startedBackend(): Promise<Backend> {
  const backend = await Backend.start();
  open.push(() => backend.close());
  return backend;
}

/** What a socket says until it closes. */
async function heard(port: number, says: Uint8Array): Promise<string> {
  const socket = connect({ host: "127.0.0.1", port });
  let text = "";
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
  });
  socket.on("error", () => {});
  socket.write(says);
  await once(socket, "close");
  return text;
}

async function filesBack(program: Program, files: number): Promise<void> {
  for (let wait = 0; wait < 500 && (program.openFiles ?? 0) > files; wait++) await pause(20);
  expect(program.openFiles ?? files).toBeLessThanOrEqual(files);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

describe("a tunnel back to the proxy itself", () => {
  test("is refused with CONNECT, however the address is written", async () => {
    const program = await started(undefined, []);
    const files = program.openFiles ?? 0;
    for (const name of OWN_NAMES) {
      const asks = bytesOf(`CONNECT ${name}:${program.port} HTTP/1.1\r\n\r\n`, CLIENT_OPENS, headers(1, REQUEST, true));
      await heard(program.port, asks);
      await filesBack(program, files);
    }
    expect(program.ended).toBeUndefined();
  });

  test("is refused with SOCKS5, and as the target of a plain request", async () => {
    const program = await started(undefined, []);
    const files = program.openFiles ?? 0;
    const port = [program.port >> 8, program.port & 255];
    await heard(
      program.port,
      bytesOf([5, 1, 0, 5, 1, 0, 1, 127, 0, 0, 1], port, CLIENT_OPENS, headers(1, REQUEST, true)),
    );
    const answer = await heard(
      program.port,
      bytesOf(`GET http://127.0.0.1:${program.port}/ HTTP/1.1\r\nhost: x\r\n\r\n`),
    );
    expect(answer).toContain("502");
    await filesBack(program, files);
  });

  test("nested a hundred deep opens no hundred connections", async () => {
    const program = await started(undefined, []);
    const files = program.openFiles ?? 0;
    const nested = bytesOf(`CONNECT 127.0.0.1:${program.port} HTTP/1.1\r\n\r\n`.repeat(100));
    await heard(program.port, nested);
    await filesBack(program, files);
  });
});

test("an upstream that is the proxy itself ends in a refusal, not in a loop", async () => {
  const port = await freePort();
  const program = await started(undefined, [`127.1:${port}`, "--listen", `127.0.0.1:${port}`]);
  const files = program.openFiles ?? 0;
  await heard(port, bytesOf(CLIENT_OPENS, headers(1, REQUEST, true)));
  await filesBack(program, files);
});

test("with too few descriptors it turns clients away and serves again when there are some", async () => {
  const backend = await startedBackend();
  const program = await started(backend, [], { openFiles: 100 });
  const honest = new HonestClient(() => honestSession(`http://127.0.0.1:${program.port}`));
  await honest.once();
  // A server that leaves when its client has left: a leg that only the client ended stays, as it should.
  backend.onStranger = (socket) => socket.resume().once("end", () => socket.end());
  const crowd = Array.from({ length: 300 }, () => {
    const socket = connect({ host: "127.0.0.1", port: program.port });
    socket.on("error", () => {});
    socket.write(bytesOf(CLIENT_OPENS, headers(1, REQUEST)));
    return socket;
  });
  await pause(500);
  expect(program.ended).toBeUndefined();
  for (const socket of crowd) socket.destroy();
  for (let tries = 0; ; tries++) {
    const answered = await honest.once().then(
      () => true,
      () => false,
    );
    if (answered) break;
    expect(tries).toBeLessThan(200);
    await pause(50);
  }
  expect(program.complaints).toBe("");
});

test("a reader of --output ndjson that does not read holds nobody up", async () => {
  const backend = await startedBackend();
  // Without onOutput nobody reads what it prints.
  const program = await Program.start({
    args: [`127.0.0.1:${backend.port}`, "--output", "ndjson", "--no-reflect", "--max-memory", "16MiB"],
  });
  // It would wait for its reader.
  open.push(() => program.stop("SIGKILL"));
  const honest = new HonestClient(() => honestSession(`http://127.0.0.1:${program.port}`));
  await honest.once();
  const before = program.memory?.now ?? 0;
  const result = await duel(
    {
      name: "calls",
      source: "",
      from: "client",
      client: { open: CLIENT_OPENS, main: (bytes) => streams(headers(1, REQUEST, true), bytes) },
      server: { open: Uint8Array.of(0, 0, 0, 4, 0, 0, 0, 0, 0) },
      bytes: { quick: 1_000_000, full: 64_000_000 },
    },
    new Strangers(backend),
    { full: false, limitMs: 90_000, dial: () => dialed(program.port) },
  );
  expect(result.difference).toBeUndefined();
  await honest.once();
  expect((program.memory?.peak ?? 0) - before).toBeLessThan(216 * 1024 * 1024);
});

async function dialed(port: number) {
  const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true, noDelay: true });
  await once(socket, "connect");
  return socket;
}

test("the public API ends with nothing open after attacks", async () => {
  const backend = await startedBackend();
  const proxy = await createProxy({
    upstream: `127.0.0.1:${backend.port}`,
    listen: "127.0.0.1:0",
    maxMemoryBytes: 16 << 20,
  });
  let events = 0;
  const stop = proxy.onEvent(() => events++);
  const differences: string[] = [];
  for (const attack of ATTACKS.filter((each, index) => index % 6 === 0 && each.proxy !== "forward" && !each.raw)) {
    const options = { full: false, limitMs: 90_000, dial: () => dialed(proxy.address.port) };
    const { difference } = await duel({ ...attack, bytes: smaller(attack.bytes) }, new Strangers(backend), options);
    if (difference !== undefined) differences.push(`${attack.name}: ${difference}`);
  }
  const socket = await tunnel(proxy.address.port, backend.port);
  const honest = new HonestClient(() => honestSession("http://honest", { createConnection: () => socket }));
  await honest.once();
  stop();
  await proxy.close();
  expect(differences).toEqual([]);
  expect(events).toBeGreaterThan(100);
  expect(proxy.capture.counters).toMatchObject({ openConnections: 0, openCalls: 0 });
  expect(proxy.capture.counters.keptBytes).toBeLessThanOrEqual(17 << 20);
});

function smaller(bytes: { readonly quick: number; readonly full: number }) {
  return { quick: Math.min(bytes.quick, 128 * 1024), full: bytes.full };
}
