// --output log as a user sees it: the lines of real calls, and that no peer can write to the terminal.
import { once } from "node:events";
import { connect as connectHttp2, createServer as createHttp2Server } from "node:http2";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { Metadata } from "@grpc/grpc-js";
import { describe, expect, onTestFinished, test } from "vitest";
import { startLog } from "../../cli/output/log.js";
import { EventCursor } from "../../src/capture/cursor.js";
import { encodeFrame, encodeGoaway, encodeSettings } from "../../src/http2/frame-writer.js";
import { CLIENT_PREFACE, FLAG, FRAME } from "../../src/http2/frames.js";
import { encodeFields } from "../../src/http2/hpack/encoder.js";
import type { Field } from "../../src/index.js";
import { createProxy } from "../../src/index.js";
import { freePort } from "../support/free-port.js";
import { Program } from "./program.js";
import { type ServerCall, startClient, startServer, statusOf } from "./sample.js";

async function start(upstream: number | string, ...args: string[]) {
  const target = typeof upstream === "number" ? `127.0.0.1:${upstream}` : upstream;
  const program = new Program([target, "-l", "0", "--no-reflect", ...args]);
  return { program, port: await program.port() };
}

const echo = (call: ServerCall) => {
  call.on("data", (message: Buffer) => call.write(message)).on("end", () => call.end());
};
function headers(stream: number, flags: number, fields: readonly Field[]): Uint8Array {
  return encodeFrame(FRAME.headers, FLAG.endHeaders | flags, stream, encodeFields(fields));
}

/** A server that answers the first octets of every connection with bytes of the test's. */
async function rawServer(answer: Uint8Array): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("data", () => socket.write(answer));
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** Answers every call with one message and no more. Unlike one of grpc-js, it leaves deadlines to the client. */
async function hangingServer(): Promise<number> {
  const server = createHttp2Server((_request, response) => {
    response.stream.on("error", () => {});
    response.stream.respond({ ":status": 200, "content-type": "application/grpc" });
    response.stream.write(Buffer.from([0, 0, 0, 0, 1, 65]));
  });
  server.on("session", (session) => onTestFinished(() => session.destroy()));
  onTestFinished(() => {
    server.close();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

function rawClient(port: number, bytes: Uint8Array): Socket {
  const socket = connect(port, "127.0.0.1", () => {
    socket.write(bytes);
  });
  socket.on("error", () => {}).resume();
  onTestFinished(() => {
    socket.destroy();
  });
  return socket;
}

describe("the log", () => {
  test("has one line for a unary call, two for a stream, none for the connection", async () => {
    const { program, port } = await start(await startServer({ "/t.v1.Things/Echo": echo }));
    const client = startClient(port);
    const unary = client.open("/t.v1.Things/Echo", new Metadata());
    unary.end(Buffer.from("one"));
    await statusOf(unary);
    await program.line(/OK$/);
    const stream = client.open("/t.v1.Things/Echo", new Metadata());
    stream.write(Buffer.from("one"));
    stream.write(Buffer.from("two"));
    stream.resume();
    await program.line(/● open$/);
    stream.end();
    await statusOf(stream);
    await program.until(() => program.lines.length === 3);
    const { stdout, stderr } = await program.end();
    expect(program.lines).toEqual([
      expect.stringMatching(/^\d\d:\d\d:\d\d\.\d{3} {5}1 → t\.v1\.Things\/Echo .* 1↑ {3}3B {4}1↓ {3}3B {2}OK$/),
      expect.stringMatching(/^\d\d:\d\d:\d\d\.\d{3} {5}2 [⇉⇄] t\.v1\.Things\/Echo .*● open$/),
      expect.stringMatching(/^\d\d:\d\d:\d\d\.\d{3} {5}2 ⇄ t\.v1\.Things\/Echo .* 2↑ {3}6B {4}2↓ {3}6B {2}OK$/),
    ]);
    expect(stdout).not.toContain("\x1b");
    expect(stderr).toBe(`framelens listening on 127.0.0.1:${port}\n`);
  });

  test("tells of a call that stays open with one message, and then of a deadline in plain words", async () => {
    const { program, port } = await start(await hangingServer());
    const call = startClient(port).open("/t.Things/Hang", new Metadata(), { deadline: Date.now() + 6000 });
    call.end(Buffer.from("x"));
    const status = statusOf(call);
    expect(await program.line(/● open/)).toMatch(/ → t\.Things\/Hang .* {2}● open deadline \d\.\ds$/);
    expect((await status).code).toBe(4);
    expect(await program.line(/⊘/)).toMatch(
      /⊘ CANCELLED by client: deadline of \d\.\ds exceeded \(inferred: reset the stream with CANCEL\)$/,
    );
  });

  test("says once why a server cannot be reached, to a gRPC client, to HTTP/2 and to HTTP/1.1", async () => {
    const dead = await freePort();
    const { program, port } = await start(dead);
    const call = startClient(port).open("/t.Things/Get", new Metadata());
    call.end();
    expect((await statusOf(call)).code).toBe(14);
    const reason = `framelens cannot reach 127\\.0\\.0\\.1:${dead}: connection refused \\(ECONNREFUSED\\)$`;
    expect(await program.line(/t\.Things/)).toMatch(new RegExp(`✗ UNAVAILABLE by proxy: ${reason}`));
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    onTestFinished(() => session.destroy());
    session.on("error", () => {});
    const request = session.request({ ":path": "/index.html" }).resume();
    request.on("error", () => {});
    expect(await program.line(/index\.html/)).toMatch(/✗ HTTP 502 by proxy not gRPC$/);
    rawClient(port, Buffer.from("GET / HTTP/1.1\r\nhost: x\r\n\r\n")).on("end", function (this: Socket) {
      this.destroy();
    });
    await program.until(
      () => program.lines.filter((line) => / c\d+ · .*✗ failed framelens cannot reach/.test(line)).length >= 2,
    );
    await program.end();
    expect(program.lines.filter((line) => line.includes("t.Things"))).toHaveLength(1);
    // The connection of the gRPC call has no line of its own: the call's says it all.
    expect(program.lines.filter((line) => / c1 /.test(line))).toEqual([]);
  });

  test("has one line for a connection that is not decoded", async () => {
    const { program, port } = await start(await rawServer(Buffer.from("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")));
    const socket = rawClient(port, Buffer.from("GET / HTTP/1.1\r\nhost: x\r\n\r\n"));
    await once(socket, "data");
    socket.end();
    socket.destroy();
    await program.line(/c1/);
    await program.end();
    expect(program.lines).toEqual([
      expect.stringMatching(/ c1 · 127\.0\.0\.1:\d+ to 127\.0\.0\.1:\d+ .* HTTP\/1\.1, carried as it is$/),
    ]);
  });

  test("says what is wrong, where and whose it is, once", async () => {
    const bad = headers(1, FLAG.endStream, [
      [":status", "200"],
      ["content-type", "application/grpc"],
      ["grpc-status", "many"],
    ]);
    const port0 = await rawServer(
      Buffer.concat([encodeSettings([]), bad, encodeGoaway(1, 11, Buffer.from("too_many_pings"))]),
    );
    const { program, port } = await start(port0);
    const request = headers(1, FLAG.endStream, [
      [":method", "POST"],
      [":path", "/t.Things/Get"],
      ["content-type", "application/grpc"],
    ]);
    rawClient(port, Buffer.concat([CLIENT_PREFACE, encodeSettings([]), request]));
    await program.line(/GOAWAY/);
    await program.end();
    const lines = program.lines.map((line) => line.slice(13));
    expect(lines).toEqual([
      expect.stringMatching(
        /^ {4}1 ! t\.Things\/Get .*! by server: grpc-status "many"; must be a decimal number \(ERR_GRPC_STATUS\)$/,
      ),
      expect.stringMatching(/^ {4}1 → t\.Things\/Get .*✗ UNKNOWN/),
      expect.stringMatching(
        /^ {3}c1 ! connection 1 .*! by server: GOAWAY ENHANCE_YOUR_CALM "too_many_pings", last stream 1$/,
      ),
    ]);
  });

  test("never passes on what a terminal would obey", async () => {
    const evil = "x\x1b[2J\x1b]0;title\x07\n14:02:11.345     9 → faked.Line/Of OK\r\x9b31m\u0085";
    const reversed = "%E2%80%AEgnp.exe%0A%1B%5B31m%C2%9B%F3%A0%81%81";
    const answer = headers(1, FLAG.endStream, [
      [":status", "200"],
      ["content-type", "application/grpc"],
      ["grpc-status", "5"],
      ["grpc-message", `${reversed}${evil}`],
    ]);
    const badStatus = headers(3, FLAG.endStream, [
      [":status", "200"],
      ["content-type", "application/grpc"],
      ["grpc-status", evil],
    ]);
    const web = headers(5, FLAG.endStream, [
      [":status", "404"],
      ["content-type", evil],
    ]);
    const upstream = await rawServer(
      Buffer.concat([encodeSettings([]), answer, badStatus, web, encodeGoaway(5, 2, Buffer.from(evil, "latin1"))]),
    );
    const { program, port } = await start(upstream);
    const request = (stream: number, type: string) =>
      headers(stream, FLAG.endStream, [
        [":method", "POST"],
        [":path", `/${evil}/${evil}`],
        [":authority", evil],
        ["content-type", type],
      ]);
    rawClient(
      port,
      Buffer.concat([
        CLIENT_PREFACE,
        encodeSettings([]),
        request(1, "application/grpc"),
        request(3, "application/grpc"),
        request(5, evil),
      ]),
    );
    await program.line(/GOAWAY/);
    const { stdout } = await program.end();
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e\u2028]|\u{e0041}/u);
    // Every line is one of ours: it begins with a time, and none with the peer's.
    for (const line of program.lines) expect(line).toMatch(/^\d\d:\d\d:\d\d\.\d{3} +c?[123] [!→·] /);
    expect(program.lines.length).toBeGreaterThanOrEqual(5);
    expect(stdout).toContain("\\u{202e}gnp.exe␊␛[31m\\u{9b}\\u{e0041}x␛[2J");
  });
});

describe("colours", () => {
  async function lines(colour: boolean): Promise<string> {
    const proxy = await createProxy({
      upstream: `127.0.0.1:${await startServer({ "/t.v1.Things/Echo": echo })}`,
      listen: "0",
    });
    onTestFinished(() => proxy.close());
    let text = "";
    const sink = {
      write(more: string) {
        text += more;
        return Promise.resolve();
      },
    };
    const output = startLog(proxy.capture, sink, {
      bodies: false,
      showSecrets: false,
      colour,
      width: 120,
      messages: undefined,
      see: undefined,
      findings: undefined,
      schema: undefined,
      kinds: undefined,
      filter: "",
      where: "",
      quit: () => {},
    });
    const call = startClient(proxy.address.port).open("/t.v1.Things/None", new Metadata());
    call.end();
    await statusOf(call);
    const cursor = new EventCursor(proxy.capture);
    await new Promise<void>((resolve) => {
      const stop = cursor.follow((event) => {
        if (event.kind !== "call-end") return;
        setImmediate(() => stop());
        resolve();
      });
    });
    await output.finish();
    return text;
  }

  test("are there when wanted, and are all switched off again", async () => {
    const text = await lines(true);
    expect(text).toContain("\x1b[31m✗ UNIMPLEMENTED\x1b[0m");
    expect(text).toContain("\x1b[2mt.v1.\x1b[0mThings/None");
    expect(text.split(/\x1b\[\d+m/).length - 1).toBe((text.split("\x1b[0m").length - 1) * 2);
  });

  test("are not there when not wanted", async () => {
    expect(await lines(false)).not.toContain("\x1b");
  });
});
