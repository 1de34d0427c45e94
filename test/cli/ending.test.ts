// How a session ends: by time, by signals, by a reader that leaves, by one that is too slow.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type ClientHttp2Session, connect as connectHttp2, createServer } from "node:http2";
import { type AddressInfo, connect } from "node:net";
import { finished } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { Metadata } from "@grpc/grpc-js";
import { describe, expect, onTestFinished, test } from "vitest";
import { inTime } from "../support/in-time.js";
import { readEvents } from "./event-shapes.js";
import { Program } from "./program.js";
import { type ServerCall, startClient, startServer, statusOf } from "./sample.js";

/** What calls in flight have to end in after a signal. */
const GRACE_MS = 1000;

/** Settles when nobody takes connections at the port any more. */
async function refused(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, "127.0.0.1");
    const gone = await Promise.race([
      once(socket, "error").then(() => true),
      once(socket, "connect").then(() => false),
    ]).catch(() => true);
    socket.destroy();
    if (gone) return;
    await sleep(5);
  }
}

describe("a session", () => {
  test("ends by itself after --for, a fraction too, with exit code 0 and everything closed", async () => {
    const program = new Program(["127.0.0.1:1", "-l", "0", "--for", "0.05"]);
    const port = await program.port();
    expect(await program.ended).toEqual({ code: 0, stdout: "", stderr: `framelens listening on 127.0.0.1:${port}\n` });
  });

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("lets a call in flight end after %s, and writes it", async (signal, code) => {
    let answer: () => void = () => {};
    const server = await startServer({
      "/t.Things/Slow": (call: ServerCall) => {
        call.resume();
        answer = () => call.end();
        call.write(Buffer.from("x"));
      },
    });
    const { status, ended, events } = await inTime(GRACE_MS, async () => {
      const program = new Program([`127.0.0.1:${server}`, "-l", "0", "-o", "ndjson"]);
      const port = await program.port();
      const call = startClient(port).open("/t.Things/Slow", new Metadata());
      call.end();
      const told = statusOf(call);
      await program.line(/"server-message"/);
      const asked = performance.now();
      program.child.kill(signal);
      await refused(port);
      answer();
      const status = await told;
      const tookMs = performance.now() - asked;
      return { tookMs, outcome: { status, ended: await program.ended, events: readEvents(program.lines) } };
    });
    expect(status.code).toBe(0);
    expect(ended.code).toBe(code);
    expect(events.find(({ kind }) => kind === "call-end")).toMatchObject({ how: "trailers", status: { code: 0 } });
    expect(events.at(-1)?.kind).toBe("connection-closed");
  });

  test("gives up calls that do not end, and says that it was the proxy", async () => {
    const server = await startServer({ "/t.Things/Hang": (call) => void call.write(Buffer.from("x")) });
    const program = new Program([`127.0.0.1:${server}`, "-l", "0", "-o", "ndjson"]);
    const call = startClient(await program.port()).open("/t.Things/Hang", new Metadata());
    const status = statusOf(call);
    await program.line(/"server-message"/);
    expect((await program.end("SIGTERM")).code).toBe(143);
    expect((await status).code).toBe(14);
    expect(readEvents(program.lines).find(({ kind }) => kind === "call-end")).toMatchObject({
      how: "connection-lost",
      by: "proxy",
    });
  });

  test("of the demo ends with its clients' cancels, quickly", async () => {
    const program = new Program(["demo", "-l", "0", "--no-reflect"]);
    await program.line(/ChatSession.* ● open/);
    await program.line(/GetUser.* OK id:1001 → id:1001 name:"Alice"$/);
    const { code, stderr } = await program.end();
    expect(code).toBe(130);
    expect(stderr).toMatch(/^framelens listening on 127\.0\.0\.1:\d+\n$/);
    expect(program.lines.find((line) => /ChatSession.*⊘/.test(line))).toMatch(/⊘ CANCELLED by client/);
    expect(program.stdout).not.toContain("by proxy");
    const opened = program.lines.filter((line) => line.includes("● open")).map((line) => line.slice(12, 18).trim());
    const ended = program.lines.filter((line) => !line.includes("● open")).map((line) => line.slice(12, 18).trim());
    expect(opened.filter((id) => !ended.includes(id))).toEqual([]);
  });

  test("ends quietly with exit code 0 when its reader leaves", async () => {
    const program = new Program(["demo", "-l", "0", "-o", "ndjson", "--rate", "20", "--no-reflect"]);
    await program.line(/./);
    program.child.stdout?.destroy();
    const { code, stderr } = await program.ended;
    expect(code).toBe(0);
    expect(stderr).toMatch(/^framelens listening on 127\.0\.0\.1:\d+\n$/);
  });

  test("with --output none prints nothing", async () => {
    const program = new Program([`127.0.0.1:${await startServer({})}`, "-l", "0", "-o", "none"]);
    const call = startClient(await program.port()).open("/t.Things/None", new Metadata());
    call.end();
    expect((await statusOf(call)).code).toBe(12);
    expect(await program.end()).toMatchObject({ code: 130, stdout: "" });
  });
});

const MESSAGES_A_CHUNK = 13_000;
const CHUNKS = 8;
/** Of an idle program, with room for what V8 takes before it collects; the events themselves would be some 30 MiB. */
const MAX_RSS_KIB = 220 * 1024;

/** Of a pipe (64 KiB, pipe(7)) and of what is printed at once. */
const MAX_UNREAD_BYTES = 512 * 1024;

async function sink(): Promise<number> {
  const server = createServer((_request, response) => {
    _request.resume().on("end", () => {
      if (!response.stream.destroyed) response.stream.respond({ ":status": 200 }, { endStream: true });
    });
  });
  server.on("session", (session) => onTestFinished(() => session.destroy()));
  server.listen(0, "127.0.0.1");
  onTestFinished(() => {
    server.close();
  });
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** One call with more messages than a small capture has room for. */
async function upload(session: ClientHttp2Session): Promise<void> {
  const stream = session.request({ ":method": "POST", ":path": "/t.Things/Put", "content-type": "application/grpc" });
  stream.resume();
  const chunk = Buffer.alloc(MESSAGES_A_CHUNK * 5);
  for (let left = CHUNKS; left > 0; left--) if (!stream.write(chunk)) await once(stream, "drain");
  stream.end();
  await once(stream, "close");
}

describe("a reader that does not read", () => {
  test("slows no traffic, costs no memory, and is told what it missed", async () => {
    const args = [`127.0.0.1:${await sink()}`, "-l", "0", "-o", "ndjson", "--max-memory", "8MiB"];
    const program = new Program(args, { unread: true });
    const session = connectHttp2(`http://127.0.0.1:${await program.port()}`);
    onTestFinished(() => session.destroy());
    // Ends although nobody has read a line.
    await upload(session);
    await upload(session);
    expect(program.stdout).toBe("");
    if (process.platform === "linux") {
      const status = readFileSync(`/proc/${program.child.pid}/status`, "utf8");
      expect(Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1])).toBeLessThan(MAX_RSS_KIB);
    }
    program.read();
    await program.line(/(?=.*"kind":"call-end")(?=.*"call":2[,}])/);
    program.child.kill("SIGTERM");
    await once(program.child, "close");
    const events = readEvents(program.lines);
    const gaps = events.filter(({ kind }) => kind === "dropped");
    expect(gaps.length).toBeGreaterThan(0);
    // No more was taken from the capture than the pipe had room for; the rest waited there, and the last of what is gone of it
    // went before somebody read.
    const unread = program.lines.slice(0, events.lastIndexOf(gaps.at(-1)!)).join("\n");
    expect(unread.length).toBeLessThan(MAX_UNREAD_BYTES);
    const told = events.length - gaps.length + gaps.reduce((sum, { events: missing }) => sum + Number(missing), 0);
    expect(told).toBe(events.at(-1)?.seq);
    expect(told).toBeGreaterThan(2 * CHUNKS * MESSAGES_A_CHUNK);
  });

  test("does not keep a second signal from ending the program at once", async () => {
    const program = new Program([`127.0.0.1:${await sink()}`, "-l", "0", "-o", "ndjson"], { unread: true });
    const port = await program.port();
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    onTestFinished(() => session.destroy());
    await upload(session);
    program.child.kill("SIGINT");
    await refused(port);
    // Two signals within a tenth of a second may be one Ctrl-C that npm passed on.
    await sleep(150);
    program.child.kill("SIGINT");
    expect((await program.ended).code).toBe(130);
    await finished(program.child.stderr!);
    // What it says when it gives up waiting for its reader, and nobody has asked twice.
    expect(program.stderr).not.toContain("nobody reads stdout");
  });
});
