// --output ndjson against the contract, with grpc-js on both sides and the built program between them.
import { once } from "node:events";
import { connect } from "node:http2";
import { connect as connectTcp } from "node:net";
import { gzipSync } from "node:zlib";
import { Metadata } from "@grpc/grpc-js";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Event, readEvents } from "./event-shapes.js";
import { Program } from "./program.js";
import { type ServerCall, startClient, startServer, statusOf } from "./sample.js";

const SECRET = "swordfish-4711";

function echo(call: ServerCall): void {
  call.on("data", (message: Buffer) => call.write(message));
  call.on("end", () => {
    const trailers = new Metadata();
    trailers.set("x-session-token", SECRET);
    call.end(trailers);
  });
}

function fail(call: ServerCall): void {
  call.on("error", () => {});
  call.emit("error", { code: 5, details: "no such thing: ü\n\u001b[31m" });
}

const METHODS = { "/t.Things/Echo": echo, "/t.Things/Fail": fail, "/t.Things/Hang": () => {} };

async function start(...args: string[]) {
  const server = await startServer(METHODS);
  const program = new Program([`127.0.0.1:${server}`, "-l", "0", "-o", "ndjson", ...args]);
  return { program, port: await program.port() };
}

/** A connection whose messages are whatever bytes the test says. */
async function rawCall(port: number, headers: Readonly<Record<string, string>>, body: Uint8Array): Promise<void> {
  const session = connect(`http://127.0.0.1:${port}`);
  onTestFinished(() => session.destroy());
  const stream = session.request({
    ":method": "POST",
    ":path": "/t.Things/Echo",
    "content-type": "application/grpc",
    te: "trailers",
    ...headers,
  });
  stream.on("error", () => {});
  stream.end(body);
  stream.resume();
  await once(stream, "close");
  session.close();
  await once(session, "close");
}

function prefixed(flag: number, bytes: Uint8Array, length = bytes.length): Buffer {
  const prefix = Buffer.from([flag, 0, 0, 0, 0]);
  prefix.writeUInt32BE(length, 1);
  return Buffer.concat([prefix, bytes]);
}

const ofKind = (events: readonly Event[], kind: string) => events.filter((event) => event.kind === kind);

describe("ndjson", () => {
  test("keeps to the contract through streams, errors, cancels, deadlines and other protocols", async () => {
    const { program, port } = await start();
    const client = startClient(port);
    const metadata = new Metadata();
    metadata.add("x-twice", "one");
    metadata.add("x-twice", "two");
    metadata.set("authorization", `Bearer ${SECRET}`);

    const streaming = client.open("/t.Things/Echo", metadata);
    for (const text of ["", "a", "bc"]) streaming.write(Buffer.from(text));
    streaming.end();
    expect((await statusOf(streaming)).code).toBe(0);
    expect((await statusOf(client.open("/t.Things/Fail", metadata))).code).toBe(5);
    expect((await statusOf(client.open("/t.Things/None", metadata))).code).toBe(12);
    const late = client.open("/t.Things/Hang", metadata, { deadline: Date.now() + 500 });
    expect((await statusOf(late)).code).toBe(4);
    const cancelled = client.open("/t.Things/Echo", metadata);
    cancelled.write(Buffer.from("first"));
    cancelled.once("data", () => cancelled.cancel());
    expect((await statusOf(cancelled)).code).toBe(1);
    const web = connectTcp(port, "127.0.0.1", () => web.end("GET / HTTP/1.1\r\nhost: x\r\n\r\n"));
    onTestFinished(() => {
      web.destroy();
    });
    web.on("error", () => {}).resume();
    await program.line(/"protocol":"http\/1.1"/);
    const hanging = client.open("/t.Things/Hang", metadata);
    void statusOf(hanging);
    await program.until(() => program.lines.filter((line) => line.includes('"client-header"')).length === 6);
    hanging.cancel();
    await program.until(() => program.lines.filter((line) => line.includes('"call-end"')).length === 6);

    const { code, stdout } = await program.end("SIGTERM");
    expect(code).toBe(143);
    const events = readEvents(program.lines);
    const ends = ofKind(events, "call-end").map(({ how, by, status }) => [how, by, (status as { code: number }).code]);
    // Both sides watch a deadline; whoever is first ends the call.
    expect(ends.splice(3, 1)[0]).toBeOneOf([
      ["reset", "client", 1],
      ["trailers-only", "server", 4],
    ]);
    expect(ends).toEqual([
      ["trailers", "server", 0],
      ["trailers-only", "server", 5],
      ["trailers-only", "server", 12],
      ["reset", "client", 1],
      ["reset", "client", 1],
    ]);
    const kinds = new Set(events.map(({ kind }) => kind));
    for (const kind of [
      "connection-opened",
      "settings",
      "client-half-close",
      "server-header",
      "server-message",
      "cancel",
      "connection-closed",
    ])
      expect(kinds).toContain(kind);
    expect(events.find(({ call, kind }) => call === 4 && kind === "client-header")?.timeoutMs).toBeGreaterThan(0);
    expect(ofKind(events, "server-trailer")[1]?.status).toMatchObject({ message: "no such thing: ü\n\u001b[31m" });
    const [first] = ofKind(events, "client-header");
    expect(first).toMatchObject({ method: "/t.Things/Echo", protocol: "grpc", connection: 1 });
    expect(((first?.fields ?? []) as string[][]).filter(([name]) => name === "x-twice")).toEqual([
      ["x-twice", "one"],
      ["x-twice", "two"],
    ]);
    // Nothing but what was asked for, and never a control character.
    expect(stdout).not.toContain(SECRET);
    expect(stdout).not.toContain('"data":');
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/);
  });

  test("shows secrets and bodies where both are asked for", async () => {
    const { program, port } = await start("--bodies", "--show-secrets");
    const metadata = new Metadata();
    metadata.set("authorization", SECRET);
    const call = startClient(port).open("/t.Things/Echo", metadata);
    call.end(Buffer.from([0, 255, 10]));
    await statusOf(call);
    await program.line(/"call-end"/);
    await program.end();
    const events = readEvents(program.lines);
    for (const kind of ["client-message", "server-message"])
      expect(ofKind(events, kind)).toEqual([
        expect.objectContaining({ data: "AP8K", length: 3, wireLength: 3, encoding: "identity" }),
      ]);
    expect(ofKind(events, "client-header")[0]?.fields).toContainEqual(["authorization", SECRET]);
    expect(ofKind(events, "server-trailer")[0]?.fields).toContainEqual(["x-session-token", SECRET]);
  });

  test("gives bodies after decompression, and the raw bytes with a problem where that fails", async () => {
    const { program, port } = await start("--bodies", "--max-message", "100k");
    const text = Buffer.from("words ".repeat(50));
    const bomb = gzipSync(Buffer.alloc(1_000_000));
    const cases: readonly [encoding: string, bytes: Uint8Array, expected: object][] = [
      ["gzip", gzipSync(text), { length: 300, data: text.toString("base64"), encoding: "gzip", compressed: true }],
      [
        "gzip",
        text,
        {
          length: 300,
          data: text.toString("base64"),
          problem: { code: "ERR_DECOMPRESS", message: expect.any(String) },
        },
      ],
      [
        "lz4",
        text,
        { data: text.toString("base64"), problem: { code: "ERR_UNKNOWN_ENCODING", message: expect.any(String) } },
      ],
      [
        "gzip",
        bomb,
        {
          length: bomb.length,
          data: bomb.toString("base64"),
          problem: { code: "ERR_INFLATED_SIZE", message: expect.any(String) },
        },
      ],
    ];
    for (const [encoding, bytes] of cases) await rawCall(port, { "grpc-encoding": encoding }, prefixed(1, bytes));
    await rawCall(port, {}, prefixed(1, text));
    await rawCall(port, {}, prefixed(0, text, 400));
    await rawCall(port, {}, prefixed(7, text));
    await rawCall(port, {}, prefixed(0, Buffer.alloc(200_000)));
    await program.until(() => program.lines.filter((line) => line.includes('"connection-closed"')).length === 8);
    await program.end();
    const messages = ofKind(readEvents(program.lines), "client-message");
    for (const [index, [, bytes, expected]] of cases.entries())
      expect(messages[index]).toMatchObject({ wireLength: bytes.length, ...expected });
    expect(messages.slice(4).map(({ problem }) => (problem as { code: string } | undefined)?.code)).toEqual([
      "ERR_NO_ENCODING",
      "ERR_MESSAGE_CUT",
      "ERR_MESSAGE_FLAG",
      undefined,
    ]);
    for (const message of messages.slice(4, 7)) expect(message.data).toBe(text.toString("base64"));
    expect(messages[7]).toMatchObject({ truncated: true, length: 200_000 });
    expect(Buffer.from(String(messages[7]?.data), "base64").length).toBe(100 * 1024);
  });

  test("tells the length after decompression without bodies, too", async () => {
    const { program, port } = await start();
    const packed = gzipSync(Buffer.alloc(5000));
    await rawCall(port, { "grpc-encoding": "gzip" }, prefixed(1, packed));
    await program.line(/"call-end"/);
    await program.end();
    const [message] = ofKind(readEvents(program.lines), "client-message");
    expect(message).toMatchObject({ length: 5000, wireLength: packed.length });
    expect(message).not.toHaveProperty("data");
  });
});
