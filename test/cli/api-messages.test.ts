// Decoded messages for a program of one's own: what `import "framelens"` gives beyond events, against a grpc-js client and server.
import { Metadata } from "@grpc/grpc-js";
import { describe, expect, onTestFinished, test } from "vitest";
import { createProxy, type MessageView, type ProxyOptions, type RunningProxy } from "../../src/index.js";
import { answersFrom, protoFile, startGrpcServer } from "../schema/reflection-lab.js";
import { TemporaryFolder } from "../schema/temporary-folder.js";
import { startClient, startServer, statusOf } from "./sample.js";

const USERS = "proto-samples/users.proto";
const GET_USER = "/framelens.demo.v1.UserService/GetUser";
const QUESTION = Buffer.from("08e907", "hex");
const ALICE = Buffer.from("08e907" + "120541" + "6c696365", "hex");

async function start(options: ProxyOptions): Promise<RunningProxy> {
  const proxy = await createProxy({ listen: "127.0.0.1:0", ...options });
  onTestFinished(() => proxy.close());
  return proxy;
}

/** A server that answers every call of a method with one message. */
async function answering(path: string, answer: Buffer): Promise<string> {
  const port = await startServer({
    [path]: (call) => {
      call.resume().on("end", () => call.end());
      call.write(answer);
    },
  });
  return `127.0.0.1:${port}`;
}

/** Makes one call and reads its messages as they are told of. */
async function messagesOfCall(proxy: RunningProxy, path: string, question: Buffer) {
  const read: Promise<MessageView | undefined>[] = [];
  const ended = new Promise<void>((resolve) => {
    const stop = proxy.onEvent((event) => {
      if (event.kind === "client-message" || event.kind === "server-message") read.push(proxy.message(event));
      if (event.kind !== "call-end") return;
      stop();
      resolve();
    });
  });
  const call = startClient(proxy.address.port).open(path, new Metadata());
  call.end(question);
  await statusOf(call);
  await ended;
  return Promise.all(read);
}

describe("a proxy with schemas", () => {
  test("gives messages with type, JSON and value, by event and by seq", async () => {
    const proxy = await start({ upstream: await answering(GET_USER, ALICE), proto: [USERS] });
    const [question, answer] = await messagesOfCall(proxy, GET_USER, QUESTION);
    expect([question?.type, question?.json]).toEqual(["framelens.demo.v1.GetUserRequest", '{"id":1001}']);
    expect(answer).toMatchObject({
      from: "server",
      method: GET_USER,
      type: "framelens.demo.v1.User",
      problem: undefined,
    });
    expect(answer?.value).toEqual({ id: 1001, name: "Alice" });
    expect(answer?.preview(80)).toBe('id:1001 name:"Alice"');
    expect((await proxy.message(answer!.event.seq))?.json).toBe(answer?.json);
    expect(await proxy.message(1)).toBeUndefined();
    expect(proxy.schemaProblems).toEqual([]);
  });

  test("that come late reads what was captured before, and says so", async () => {
    const folder = await new TemporaryFolder().write({ "other.proto": 'syntax = "proto3";' });
    const proxy = await start({ upstream: await answering("/acme.Things/Get", ALICE), proto: [folder.path] });
    const [, early] = await messagesOfCall(proxy, "/acme.Things/Get", QUESTION);
    expect([early?.type, early?.json]).toEqual([undefined, undefined]);
    const changed = new Promise<void>((resolve) => proxy.onSchemaChange(resolve));
    await folder.write({
      "things.proto": `syntax = "proto3"; package acme;
        message Thing { int32 id = 1; string name = 2; } service Things { rpc Get(Thing) returns (Thing); }`,
    });
    await changed;
    expect((await proxy.message(early!.event))?.json).toBe('{"id":1001,"name":"Alice"}');
  });

  test("asks a server by reflection when told to, and only then", async () => {
    const file = protoFile("thing.proto", { service: "acme.v1.Things" });
    const lab = await startGrpcServer(answersFrom([file], { "acme.v1.Things": "thing.proto" }));
    onTestFinished(lab.close);
    const asking = await start({ upstream: lab.address, reflect: true });
    const [question] = await messagesOfCall(asking, "/acme.v1.Things/Get", Buffer.alloc(0));
    expect([question?.type, question?.json]).toEqual(["acme.v1.Thing", "{}"]);
    expect(lab.calls).toEqual(["v1"]);
    const silent = await start({ upstream: lab.address });
    expect((await messagesOfCall(silent, "/acme.v1.Things/Get", Buffer.alloc(0)))[0]?.type).toBeUndefined();
    expect(lab.calls).toEqual(["v1"]);
  });

  test("names what is wrong with a file, and uses the others", async () => {
    const folder = await new TemporaryFolder().write({ "bad.proto": 'syntax = "proto3";\nmessage {' });
    const proxy = await start({
      upstream: await answering(GET_USER, ALICE),
      proto: [folder.at("bad.proto"), USERS],
    });
    expect(proxy.schemaProblems).toMatchObject([
      { file: expect.stringContaining("bad.proto"), line: 2, severity: "error" },
    ]);
    expect((await messagesOfCall(proxy, GET_USER, QUESTION))[1]?.value).toEqual({ id: 1001, name: "Alice" });
  });

  test("throws for a header that is none, and leaves nothing open", async () => {
    const options = { listen: "127.0.0.1:0", reflect: true, reflectHeader: ["nonsense"] };
    await expect(createProxy(options)).rejects.toMatchObject({ name: "FramelensError", code: "ERR_REFLECT_HEADER" });
  });
});

describe("a proxy without schemas", () => {
  test("gives messages by their octets, with a guess and a line of text", async () => {
    const proxy = await start({ upstream: await answering("/acme.Things/Get", ALICE) });
    const [, answer] = await messagesOfCall(proxy, "/acme.Things/Get", QUESTION);
    expect(answer).toMatchObject({ type: undefined, json: undefined });
    expect(answer?.preview(80)).toContain('"Alice"');
    expect(JSON.parse(answer?.guess?.json ?? "null")).toMatchObject({ fields: [{ number: 1 }, { number: 2 }] });
    expect(answer?.tree?.fields.map(({ number, start, end }) => [number, start, end])).toEqual([
      [1, 0, 3],
      [2, 3, 10],
    ]);
  });

  test("still reads what it captured when it is closed", async () => {
    const proxy = await start({ upstream: await answering(GET_USER, ALICE), proto: [USERS] });
    const [, answer] = await messagesOfCall(proxy, GET_USER, QUESTION);
    await proxy.close();
    expect((await proxy.message(answer!.event))?.value).toEqual({ id: 1001, name: "Alice" });
    const plain = await start({ upstream: await answering(GET_USER, ALICE) });
    await messagesOfCall(plain, GET_USER, QUESTION);
    await plain.close();
    expect((await plain.message(answer!.event))?.bytes).toEqual(Uint8Array.from(ALICE));
  });
});

test("what a field is can be said at any time, and counts for what was captured before", async () => {
  const proxy = await start({ upstream: await answering("/acme.Things/Get", ALICE) });
  let seq = 0;
  proxy.onEvent((event) => {
    if (event.kind === "server-message") seq = event.seq;
  });
  await messagesOfCall(proxy, "/acme.Things/Get", QUESTION);
  const previewNow = async () => (await proxy.message(seq))?.preview(80);
  expect(await previewNow()).toBe('field_1:1001 field_2:"Alice"');
  const types = await proxy.fieldTypes();
  const changed = new Promise<void>((resolve) => void proxy.onSchemaChange(resolve));
  types.change("/acme.Things/Get", "server", "1", { name: "id", type: "sint32" });
  await changed;
  expect(await previewNow()).toBe('id:-501 field_2:"Alice"');
  types.change("/acme.Things/Get", "server", "1", { type: "" });
  expect(await previewNow()).toBe('id:1001 field_2:"Alice"');
});
