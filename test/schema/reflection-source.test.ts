// Reflection as a schema source: real calls through a real proxy, a server that is asked, others' answers overheard.

import { execFile } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { Client, credentials, type ServiceError } from "@grpc/grpc-js";
import { afterEach, describe, expect, test } from "vitest";
import { createProxy, type RunningProxy } from "../../src/index.js";
import type { CaptureEvent } from "../../src/model/events.js";
import type { SourceCall } from "../../src/schema/reflection/asked-server.js";
import { BackOff } from "../../src/schema/reflection/back-off.js";
import { reflectionLine } from "../../src/schema/reflection/log-line.js";
import { reflectionPath } from "../../src/schema/reflection/messages.js";
import { Overhearer, overhear } from "../../src/schema/reflection/overhear.js";
import { Peers } from "../../src/schema/reflection/peers.js";
import { ReflectionSource, type ReflectionSourceOptions } from "../../src/schema/reflection/source.js";
import { dialPeer } from "../../src/schema/reflection/upstream.js";
import { RANK, SchemaSet } from "../../src/schema/schema-set.js";
import { freePort } from "../support/free-port.js";
import {
  type Answers,
  answersFrom,
  clientOf,
  DIAL,
  filesAnswer,
  GRPC,
  namesOf,
  peerOf,
  prefixed,
  protoFile,
  servicesAnswer,
  startGrpcServer,
  startRawServer,
} from "./reflection-lab.js";

const cleanups: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

const THINGS = "/acme.Things/Get";
const shop = answersFrom(
  [protoFile("things.proto", { imports: ["a.proto"], service: "acme.Things" }), protoFile("a.proto")],
  { "acme.Things": "things.proto" },
);

async function proxyTo(upstream: string): Promise<RunningProxy> {
  const proxy = await createProxy({ upstream, listen: "127.0.0.1:0" });
  cleanups.push(() => proxy.close());
  return proxy;
}

/** A call that the server does not know, through the proxy: all that reflection needs is that it was made. */
async function callThrough(proxy: RunningProxy, method: string): Promise<number | undefined> {
  const client = new Client(`127.0.0.1:${proxy.address.port}`, credentials.createInsecure());
  const same = (bytes: Buffer) => bytes;
  try {
    const error = await new Promise<ServiceError | null>((resolve) => {
      client.makeUnaryRequest(method, same, same, Buffer.alloc(0), resolve);
    });
    return error?.code;
  } finally {
    client.close();
  }
}

/** A source beside an empty set, on the events of a proxy, with a clock that stands. */
function sourceOn(proxy: RunningProxy | undefined, options: Partial<ReflectionSourceOptions> = {}) {
  const set = new SchemaSet();
  const told: SourceCall[] = [];
  const clock = { now: 0 };
  const source = new ReflectionSource({
    ask: true,
    dial: (peer, giveUp) => dialPeer(peer, DIAL, giveUp),
    messageBytes: (seq) => proxy?.capture.messageBytes(seq),
    addSource: (added) => set.add(added, RANK.reflection),
    onOverheard: (files) => set.addDescriptors("overheard", files, RANK.overheard),
    onCall: (call) => told.push(call),
    now: () => clock.now,
    ...options,
  });
  set.add(source, RANK.reflection);
  const stop = proxy?.onEvent((event) => source.see(event));
  cleanups.push(() => {
    stop?.();
    source.close();
    set.close();
  });
  return { set, source, told, clock };
}

async function serve(answers: Answers, options: Parameters<typeof startGrpcServer>[1] = {}) {
  const lab = await startGrpcServer(answers, options);
  cleanups.push(lab.close);
  return lab;
}

describe("asking", () => {
  test("a method that no source knows is asked for at the server its call went to, once, by all who want it", async () => {
    const lab = await serve(shop);
    const proxy = await proxyTo(lab.address);
    const { set, source, told } = sourceOn(proxy);
    const ended = new Promise<void>((resolve) => {
      cleanups.push(proxy.onEvent((event) => event.kind === "call-end" && resolve()));
    });
    expect(await callThrough(proxy, THINGS)).toBe(12);
    await ended;
    let changes = 0;
    set.onChange(() => changes++);
    const [first, second] = await Promise.all([set.findMethod(THINGS), set.findMethod(THINGS)]);
    expect(first?.input.typeName).toBe("acme.Thing");
    expect(second?.name).toBe("Get");
    expect(set.sourceOf(first!)).toBe(`reflection of ${lab.address}`);
    expect(changes).toBeGreaterThan(0);
    expect(set.method(THINGS)).toBeDefined();
    expect(lab.requests).toHaveLength(2);
    // Not the proxy's own: the upstream's name is what the client said.
    expect(lab.hosts).toEqual([`127.0.0.1:${proxy.address.port}`]);
    expect(told).toEqual([
      {
        method: reflectionPath("v1"),
        server: lab.address,
        service: "acme.Things",
        outcome: "OK",
        files: 2,
        durationMs: expect.any(Number),
      },
    ]);
    expect([...proxy.capture.calls()]).toHaveLength(1);
    expect(await source.services("acme.Things")).toEqual({ services: ["acme.Things"] });
  });

  test("a method that is asked for before its call was seen is found once it was", async () => {
    const lab = await serve(shop);
    const proxy = await proxyTo(lab.address);
    const { set, source } = sourceOn(undefined);
    const found = Promise.all([set.findMethod(THINGS), set.findMethod("/acme.Things/Other")]);
    const ended = new Promise<void>((resolve) => {
      cleanups.push(proxy.onEvent((event) => event.kind === "call-end" && resolve()));
    });
    await callThrough(proxy, THINGS);
    await ended;
    expect(lab.requests).toHaveLength(0);
    for (let seq = 1; seq <= proxy.capture.newestSeq; seq++) source.see(proxy.capture.event(seq)!);
    expect((await found).map((method) => method?.input.typeName)).toEqual(["acme.Thing", undefined]);
    expect(lab.requests).toHaveLength(2);
  });

  test("a method that is never called keeps nobody waiting beyond the end, and one of something else than gRPC does not either", async () => {
    const { set, source } = sourceOn(undefined);
    source.see({ kind: "client-header", protocol: "unknown", method: "/acme.Page/get", connection: 1 } as CaptureEvent);
    expect(await set.findMethod("/acme.Page/get")).toBeUndefined();
    const found = set.findMethod(THINGS);
    source.close();
    expect(await found).toBeUndefined();
  });

  test("with --no-reflect no server is asked", async () => {
    const lab = await serve(shop);
    const { set, source } = sourceOn(undefined, { ask: false, upstream: peerOf(lab.address) });
    expect(await set.findMethod(THINGS)).toBeUndefined();
    expect(await source.services()).toEqual({ services: [] });
    expect(lab.calls).toEqual([]);
  });

  test("a method of no service is not asked for", async () => {
    const lab = await serve(shop);
    const { source } = sourceOn(undefined, { upstream: peerOf(lab.address) });
    for (const method of ["", "/", "/x", "/../../etc/passwd", "/acme.Things/", "/a b/c"])
      expect(await source.find(method)).toBe(false);
    expect(lab.calls).toEqual([]);
  });

  test("what a server does not know is asked for again only after a while, longer each time", async () => {
    const lab = await serve(shop);
    const { source, clock } = sourceOn(undefined, { upstream: peerOf(lab.address) });
    const asked: number[] = [];
    for (clock.now = 0; clock.now <= 100_000; clock.now += 1000) {
      const before = lab.requests.length;
      expect(await source.find("/acme.Others/Get")).toBe(false);
      if (lab.requests.length > before) asked.push(clock.now);
    }
    expect(asked).toEqual([0, 10_000, 30_000, 70_000]);
    expect(await source.find(THINGS)).toBe(true);
  });

  test("a server that is not there is asked again when it may have come up, whatever the service", async () => {
    const address = `127.0.0.1:${await freePort()}`;
    const { source, set, told, clock } = sourceOn(undefined, { upstream: peerOf(address) });
    expect(await Promise.all([source.find(THINGS), source.find("/acme.Others/Get")])).toEqual([false, false]);
    expect(told.map(({ outcome }) => outcome)).toEqual(["ERR_REFLECTION_UNAVAILABLE"]);
    expect(set.problems[0]?.message).toMatch(/^asked for acme.Things: .*connection refused/);
    await serve(shop, { bind: address });
    expect(await source.find(THINGS)).toBe(false);
    clock.now = 1000;
    expect((await set.findMethod(THINGS))?.name).toBe("Get");
  });

  test("a server that has learned something new since then is believed", async () => {
    let grown = false;
    const lab = await serve(() => [
      filesAnswer(protoFile("things.proto", { service: grown ? "acme.Others" : "acme.Things" })),
    ]);
    const { set, source, clock } = sourceOn(undefined, { upstream: peerOf(lab.address) });
    expect(await set.findMethod(THINGS)).toBeDefined();
    grown = true;
    expect(await set.findMethod("/acme.Others/Get")).toBeDefined();
    expect(set.method(THINGS)).toBeUndefined();
    grown = false;
    expect(await set.findMethod(THINGS)).toBeUndefined();
    clock.now = 10_000;
    expect(await set.findMethod(THINGS)).toBeDefined();
    source.refresh();
    expect(set.method(THINGS)).toBeUndefined();
    expect(await set.findMethod(THINGS)).toBeDefined();
  });

  test("an answer with a fault in it gives what can be read, and the set says what is missing", async () => {
    const lab = await serve(
      answersFrom([protoFile("things.proto", { imports: ["gone.proto"], service: "acme.Things" })], {
        "acme.Things": "things.proto",
      }),
    );
    const { set } = sourceOn(undefined, { upstream: peerOf(lab.address) });
    expect((await set.findMethod(THINGS))?.input.typeName).toBe("acme.Thing");
    expect(set.problems.map(({ message }) => message)).toContain(
      "asked for acme.Things: the server does not give gone.proto (ERR_REFLECTION_INCOMPLETE)",
    );
  });

  test("files that import each other, or name themselves oddly, do not stop the set", async () => {
    const lab = await serve(() => [
      filesAnswer(
        protoFile("../__proto__", { imports: ["b.proto"], service: "constructor.__proto__" }),
        protoFile("b.proto", { imports: ["../__proto__"] }),
        Uint8Array.of(0x0a, 0x7f),
      ),
    ]);
    const { set } = sourceOn(undefined, { upstream: peerOf(lab.address) });
    expect((await set.findMethod("/constructor.__proto__/Get"))?.input.typeName).toBe("constructor.Thing");
    expect(({} as { Thing?: unknown }).Thing).toBeUndefined();
  });

  test("closing ends an ask that is under way", async () => {
    const lab = await startRawServer((stream) => {
      stream.once("data", () => source.close());
    });
    cleanups.push(lab.close);
    const { source } = sourceOn(undefined, { upstream: peerOf(lab.address) });
    expect(await source.find(THINGS)).toBe(false);
    expect(await source.find("/acme.Others/Get")).toBe(false);
  });

  test("more servers than a forward proxy may ask are left alone", async () => {
    const lab = await serve(shop);
    const { source, set } = sourceOn(undefined);
    let asked = 0;
    for (let connection = 1; connection <= 12; connection++) {
      const opened = {
        kind: "connection-opened",
        connection,
        client: "c",
        server: lab.address,
        relay: "tap",
        protocol: "h2",
      };
      const header = {
        kind: "client-header",
        connection,
        call: connection,
        stream: 1,
        protocol: "grpc",
        method: `/acme.S${connection}/Get`,
        authority: `host-${connection}`,
        fields: [],
      };
      source.see({ seq: 1, at: 0, ...opened } as CaptureEvent);
      source.see({ seq: 2, at: 0, ...header } as CaptureEvent);
      await source.find(`/acme.S${connection}/Get`);
      asked = lab.requests.length;
    }
    expect(asked).toBe(8);
    expect(
      set.problems.some(({ message }) => message === `${lab.address} is not asked: that would be more than 8 servers`),
    ).toBe(true);
  });
});

describe("overhearing", () => {
  test("descriptors that pass through the proxy are learned, with and without compression", async () => {
    const lab = await startRawServer((stream) => {
      stream.respond({ ...GRPC, "grpc-encoding": "gzip" });
      stream.once("data", () => {
        const zipped = gzipSync(
          filesAnswer(protoFile("things.proto", { imports: ["a.proto"], service: "acme.Things" })),
        );
        stream.write(prefixed(zipped, 1));
        stream.on("data", () => stream.write(prefixed(filesAnswer(protoFile("a.proto")))));
      });
      stream.on("end", () => stream.end());
    });
    cleanups.push(lab.close);
    const proxy = await proxyTo(lab.address);
    const { set } = sourceOn(proxy, { ask: false });
    const heard: string[] = [];
    const learned = new Promise<void>((resolve) => {
      const stop = overhear(proxy.capture, (files) => {
        heard.push(...namesOf(files).map(String));
        if (heard.length === 2) resolve();
      });
      cleanups.push(stop);
    });
    const known = new Promise<void>((resolve) => set.onChange(() => set.service("acme.Things") && resolve()));
    const { client } = clientOf(`127.0.0.1:${proxy.address.port}`);
    cleanups.push(() => client.close());
    expect((await client.describe({ kind: "symbol", name: "acme.Things" })).files).toHaveLength(2);
    await Promise.all([learned, known]);
    expect(heard.sort()).toEqual(["a.proto", "things.proto"]);
    expect(set.sourceOf(set.method(THINGS)!)).toBe("overheard");
  });

  const event = (fields: object) => ({ seq: 1, at: 0, call: 7, ...fields }) as CaptureEvent;
  const begun = event({ kind: "client-header", method: reflectionPath("v1alpha"), fields: [] });
  const message = event({ kind: "server-message", index: 0, encoding: "identity" });

  test("only whole messages of servers, of reflection calls that are open, with files in them, are heard", () => {
    const heard: string[] = [];
    let bytes: Uint8Array | undefined = filesAnswer(protoFile("a.proto"), Uint8Array.of(0x0a, 0x7f));
    const overhearer = new Overhearer(
      () => bytes,
      (files) => heard.push(...namesOf(files).map(String)),
    );
    overhearer.see(message);
    overhearer.see(event({ kind: "client-header", method: "/acme.Things/Get", fields: [] }));
    overhearer.see(message);
    expect(heard).toEqual([]);
    overhearer.see(begun);
    overhearer.see(event({ ...message, kind: "client-message" }));
    overhearer.see(event({ ...message, truncated: true }));
    overhearer.see(event({ ...message, problem: { code: "ERR_MESSAGE_CUT", message: "cut" } }));
    expect(heard).toEqual([]);
    overhearer.see(message);
    expect(heard).toEqual(["a.proto"]);
    for (bytes of [undefined, Uint8Array.of(0xff), servicesAnswer("x"), new Uint8Array(0)]) overhearer.see(message);
    overhearer.see(event({ kind: "call-end" }));
    bytes = filesAnswer(protoFile("b.proto"));
    overhearer.see(message);
    expect(heard).toEqual(["a.proto"]);
  });

  test("of calls that never end, the oldest is let go in time", () => {
    let heard = 0;
    const overhearer = new Overhearer(
      () => filesAnswer(protoFile("a.proto")),
      () => heard++,
    );
    for (let call = 1; call <= 1001; call++) overhearer.see({ ...begun, call } as CaptureEvent);
    for (const call of [1, 2, 1001]) overhearer.see({ ...message, call } as CaptureEvent);
    expect(heard).toBe(2);
  });

  test("compression that is none, or unknown, is let go, and what follows is heard", async () => {
    const zipped = gzipSync(filesAnswer(protoFile("a.proto")));
    const queue = [zipped.subarray(0, 10), zipped, zipped];
    const heard = new Promise<readonly Uint8Array[]>((resolve) => {
      const overhearer = new Overhearer(() => queue.shift(), resolve);
      overhearer.see(begun);
      overhearer.see(event({ ...message, encoding: "gzip" }));
      overhearer.see(event({ ...message, encoding: "x-unknown" }));
      overhearer.see(event({ ...message, encoding: "gzip" }));
    });
    expect(namesOf(await heard)).toEqual(["a.proto"]);
  });
});

describe("peers", () => {
  test("the server, its TLS and authority are those of a service's last call", () => {
    const peers = new Peers();
    const opened = (connection: number, more: object) =>
      peers.see({
        seq: 1,
        at: 0,
        kind: "connection-opened",
        connection,
        client: "c",
        relay: "tap",
        protocol: "h2",
        ...more,
      } as CaptureEvent);
    const called = (connection: number, method: string, more: object = {}) =>
      peers.see({
        seq: 1,
        at: 0,
        kind: "client-header",
        call: 1,
        stream: 1,
        connection,
        protocol: "grpc",
        method,
        fields: [],
        ...more,
      } as CaptureEvent);
    opened(1, { server: "a:1" });
    called(1, THINGS);
    expect(peers.of("acme.Things")).toEqual({ server: "a:1", authority: "a:1", tls: false, servername: undefined });
    opened(2, { server: "b:443", upstreamTls: { servername: "b.example", alpn: "h2" } });
    called(2, THINGS, { authority: "b.example:443" });
    expect(peers.of("acme.Things")).toEqual({
      server: "b:443",
      authority: "b.example:443",
      tls: true,
      servername: "b.example",
    });
    called(3, "/acme.Others/Get");
    called(1, "/acme.Others/Get", { protocol: "unknown" });
    opened(4, { server: "" });
    called(4, "/acme.Others/Get");
    expect(peers.of("acme.Others")).toBeUndefined();
    expect(peers.of("__proto__")).toBeUndefined();
    for (let number = 0; number < 10_000; number++) called(1, `/acme.S${number}/Get`);
    expect(peers.of("acme.S9999")?.server).toBe("a:1");
    expect(peers.of("acme.Things")).toBeUndefined();
  });
});

/** When the last of a folder's files was written; 0 when there is no such folder. */
function newest(folder: string): number {
  if (!existsSync(folder)) return 0;
  return Math.max(...readdirSync(folder).map((name) => statSync(join(folder, name)).mtimeMs));
}

describe("the rest", () => {
  test("waiting grows to a bound, and ends with an answer", () => {
    const backOff = new BackOff();
    for (let at = 0; at < 100; at++) backOff.failed("ERR_REFLECTION_UNAVAILABLE", 0);
    expect([backOff.ready(9999), backOff.ready(10_000)]).toEqual([false, true]);
    backOff.succeeded();
    expect(backOff.ready(0)).toBe(true);
  });

  test("a call of ours is one line, and nothing in it is obeyed", () => {
    const call = {
      method: reflectionPath("v1"),
      server: "localhost:50051",
      service: "acme.Things",
      files: 3,
      durationMs: 4.21,
    };
    expect(reflectionLine({ ...call, outcome: "OK" })).toBe(
      "framelens asked localhost:50051 for acme.Things by reflection v1: 3 files 4.2ms",
    );
    expect(
      reflectionLine({ ...call, files: 0, outcome: "ERR_REFLECTION_NOT_FOUND", message: "NOT_FOUND: \u001b[2Jno\n" }),
    ).toBe(
      "framelens asked localhost:50051 for acme.Things by reflection v1: NOT_FOUND: ␛[2Jno␊ (ERR_REFLECTION_NOT_FOUND) 4.2ms",
    );
    expect(reflectionLine({ ...call, service: "*", outcome: "OK" })).toMatch(
      /for its services by reflection v1: answered/,
    );
  });

  // Built from these sources: `npm test` sees to that.
  const built = fileURLToPath(new URL("../../dist/src/schema/reflection/", import.meta.url));
  const source = fileURLToPath(new URL("../../src/schema/reflection/", import.meta.url));
  test.skipIf(newest(built) < newest(source))("it works where no code may be made from strings", async () => {
    const lab = await serve(shop);
    const script = `
      const at = (path) => import(new URL(path, ${JSON.stringify(new URL("../../dist/src/", import.meta.url).href)}));
      const { ReflectionSource } = await at("schema/reflection/source.js");
      const { SchemaSet } = await at("schema/schema-set.js");
      const { connect } = await import("node:net");
      const { once } = await import("node:events");
      const set = new SchemaSet();
      const source = new ReflectionSource({
        ask: true, now: () => 0, messageBytes: () => undefined, onOverheard: () => {}, addSource: (s) => set.add(s, 100),
        upstream: { server: "x", authority: "x", tls: false },
        dial: async () => { const socket = connect(${Number(lab.address.split(":")[1])}, "127.0.0.1"); await once(socket, "connect"); return socket; },
      });
      set.add(source, 100);
      const method = await set.findMethod(${JSON.stringify(THINGS)});
      console.log(method.input.typeName);`;
    // It ends by itself: a connection that is kept for a while does not keep the process.
    const args = ["--disallow-code-generation-from-strings", "--input-type=module", "-e", script];
    expect((await promisify(execFile)(process.execPath, args)).stdout).toBe("acme.Thing\n");
  });
});
