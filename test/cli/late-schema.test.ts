// Schemas that come while calls run: by reflection, which may be slow. The first message waits for them, but not for long.
import { Metadata } from "@grpc/grpc-js";
import { describe, expect, onTestFinished, test } from "vitest";
import { createProxy, type MessageEvent } from "../../src/index.js";
import { answersFrom, protoFile, readRequest } from "../schema/reflection-lab.js";
import { inTime } from "../support/in-time.js";
import { readEvents } from "./event-shapes.js";
import { Program } from "./program.js";
import { type ServerCall, startClient, startServer, statusOf } from "./sample.js";

/** How long a first message waits for its type. */
const WAITS_MS = 500;
const METHOD = "/acme.v1.Things/Get";
const REFLECTION = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
const answers = answersFrom([protoFile("thing.proto", { service: "acme.v1.Things" })], {
  "acme.v1.Things": "thing.proto",
});

/** A server of things that tells its schema once `ready` has settled. @returns its port */
function serverOfThings(ready: Promise<void>): Promise<number> {
  return startServer({
    [METHOD]: (call: ServerCall) => {
      call.on("data", (bytes: Buffer) => call.write(bytes));
      call.on("end", () => call.end());
    },
    [REFLECTION]: (call: ServerCall) => {
      call.on("data", (bytes: Buffer) => {
        void ready.then(() => {
          for (const answer of answers(readRequest(bytes))) call.write(Buffer.from(answer));
        });
      });
      call.on("end", () => call.end());
      call.on("error", () => {});
    },
  });
}

async function callOf(port: number, metadata = new Metadata()): Promise<void> {
  const call = startClient(port).open(METHOD, metadata);
  call.end(Buffer.alloc(0));
  await statusOf(call);
}

/** Of the calls of others, the types of their messages in order. */
function typesIn(lines: readonly string[]): unknown[] {
  return readEvents([...lines])
    .filter(({ kind }) => kind === "client-message" || kind === "server-message")
    .map(({ type }) => type);
}

const calls = (program: Program, count: number) =>
  program.until(() => program.lines.filter((line) => line.includes('"call-end"')).length === count);

/** What a program prints of its first call, to a server that tells its schema at once. */
async function firstCall(metadata = new Metadata()): Promise<readonly string[]> {
  const server = await serverOfThings(Promise.resolve());
  return inTime(WAITS_MS, async () => {
    const program = new Program([`127.0.0.1:${server}`, "-l", "0", "-o", "ndjson", "--no-feed"]);
    const port = await program.port();
    const began = performance.now();
    await callOf(port, metadata);
    await program.until(() => /reflection/i.test(program.stderr));
    const tookMs = performance.now() - began;
    await calls(program, 1);
    return { tookMs, outcome: (await program.end()).stdout.trimEnd().split("\n") };
  });
}

describe("--output ndjson", () => {
  test("has the first message's type where the server tells it at once", async () => {
    expect(typesIn(await firstCall())).toEqual(["acme.v1.Thing", "acme.v1.Thing"]);
  });

  test("reads the first call's -bin metadata by the types the server tells: what is to be hidden in it is known then", async () => {
    const metadata = new Metadata();
    metadata.add("x-thing-bin", Buffer.from([0x0a, 2, 0x68, 0x69]));
    const events = readEvents([...(await firstCall(metadata))]);
    const header = events.find(({ kind, method }) => kind === "client-header" && method === METHOD);
    expect(header).toMatchObject({ decoded: { "x-thing-bin": [{ type: "acme.v1.Thing" }] } });
  });

  test("says once that a server refuses to tell its types", async () => {
    const server = await startServer({
      [METHOD]: (call: ServerCall) => {
        call.on("data", (bytes: Buffer) => call.write(bytes));
        call.on("end", () => call.end());
      },
      [REFLECTION]: (call: ServerCall) => {
        call.on("data", () =>
          call.emit("error", Object.assign(new Error("not for you"), { code: 7, details: "not for you" })),
        );
      },
    });
    const program = new Program([`127.0.0.1:${server}`, "-l", "0", "-o", "ndjson", "--no-feed"]);
    await callOf(await program.port());
    await calls(program, 1);
    await program.until(() => program.stderr.includes("not for you"));
    const { stderr } = await program.end();
    expect(stderr.match(/not for you/g)).toHaveLength(1);
  });

  test("goes on without the type where the server takes its time, and has it from then on", async () => {
    let tell = () => {};
    const server = await serverOfThings(new Promise((resolve) => (tell = resolve)));
    const program = new Program([`127.0.0.1:${server}`, "-l", "0", "-o", "ndjson", "--no-feed"]);
    const port = await program.port();
    await callOf(port);
    await calls(program, 1);
    tell();
    await program.until(() => /reflection/i.test(program.stderr));
    await callOf(port);
    await calls(program, 2);
    expect(typesIn((await program.end()).stdout.trimEnd().split("\n"))).toEqual([
      undefined,
      undefined,
      "acme.v1.Thing",
      "acme.v1.Thing",
    ]);
  });
});

describe("a program that reads messages", () => {
  test("gets the type of several at once from one question", async () => {
    let tell = () => {};
    const server = await serverOfThings(new Promise((resolve) => (tell = resolve)));
    const proxy = await createProxy({ upstream: `127.0.0.1:${server}`, listen: "127.0.0.1:0", reflect: true });
    onTestFinished(() => proxy.close());
    await callOf(proxy.address.port);
    const messages = [...proxy.capture.eventsOf(1)].filter((event) =>
      event.kind.endsWith("-message"),
    ) as MessageEvent[];
    const read = Promise.all(messages.map((event) => proxy.message(event)));
    tell();
    expect((await read).map((view) => view?.type)).toEqual(["acme.v1.Thing", "acme.v1.Thing"]);
  });

  test("is told when it comes later, and reads again what it had", async () => {
    let tell = () => {};
    const server = await serverOfThings(new Promise((resolve) => (tell = resolve)));
    const proxy = await createProxy({ upstream: `127.0.0.1:${server}`, listen: "127.0.0.1:0", reflect: true });
    onTestFinished(() => proxy.close());
    await callOf(proxy.address.port);
    const message = [...proxy.capture.eventsOf(1)].find(({ kind }) => kind === "server-message") as MessageEvent;
    expect((await proxy.message(message))?.type).toBeUndefined();
    const changed = new Promise<void>((resolve) => proxy.onSchemaChange(resolve));
    tell();
    await changed;
    expect((await proxy.message(message))?.type).toBe("acme.v1.Thing");
  });
});
