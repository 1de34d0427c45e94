// Outside bytes: a conversation between Node's own HTTP/2 client and server, read from a socket pipe between them.
import { once } from "node:events";
import http2 from "node:http2";
import net from "node:net";
import { afterEach, expect, test } from "vitest";
import { CLIENT, SERVER } from "../../src/http2/stream.js";
import type { Turn } from "../support/any-split.js";
import { message } from "../support/frames.js";
import { captureCalls, type Recording, recordCalls } from "../support/recording-sink.js";

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const REQUEST = { ":method": "POST", "content-type": "application/grpc", te: "trailers" };
const RESPONSE = { ":status": 200, "content-type": "application/grpc" };

/** What the server does with a call, by its path. */
const ANSWERS: Readonly<Record<string, (stream: http2.ServerHttp2Stream) => void>> = {
  "/t.T/Echo"(stream) {
    stream.respond(RESPONSE, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0", "grpc-message": "fine" }));
    stream.pipe(stream);
  },
  "/t.T/Early"(stream) {
    stream.additionalHeaders({ ":status": 103, link: "</x>" });
    stream.respond({ ...RESPONSE, "grpc-status": "5" }, { endStream: true });
    stream.resume();
  },
  "/t.T/Abort"(stream) {
    stream.respond(RESPONSE, { waitForTrailers: true });
    stream.write(message("begun"), () => stream.close(http2.constants.NGHTTP2_ENHANCE_YOUR_CALM));
  },
  "/t.T/Refuse"(stream) {
    stream.close(http2.constants.NGHTTP2_REFUSED_STREAM);
  },
  "/t.T/Hang"(stream) {
    stream.respond(RESPONSE);
    stream.write(message("wait"));
  },
  "/t.T/Page"(stream) {
    stream.respond({ ":status": 503, "content-type": "text/html" });
    stream.end("<p>no</p>");
  },
  "/t.T/Push"(stream) {
    stream.pushStream({ ":path": "/t.T/Pushed", "content-type": "application/grpc" }, (error, pushed) => {
      if (error !== null) throw error;
      pushed.respond(RESPONSE, { waitForTrailers: true });
      pushed.on("wantTrailers", () => pushed.sendTrailers({ "grpc-status": "0" }));
      pushed.end(message("pushed"));
      pushed.on("close", () => stream.respond({ ...RESPONSE, "grpc-status": "0" }, { endStream: true }));
    });
  },
};

/** A server behind a socket pipe that keeps what each side wrote, in the order in which it passed. */
async function startRecorded(settings: http2.Settings) {
  const server = http2.createServer({ settings });
  server.on("stream", (stream, headers) => {
    stream.on("error", () => {});
    ANSWERS[String(headers[":path"])]!(stream);
  });
  const turns: Turn[] = [];
  const sockets = new Set<net.Socket>();
  const pipe = net.createServer((client) => {
    const upstream = net.connect((server.address() as net.AddressInfo).port, "127.0.0.1");
    client.on("data", (chunk) => turns.push([CLIENT, chunk])).pipe(upstream);
    upstream.on("data", (chunk) => turns.push([SERVER, chunk])).pipe(client);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => [client, upstream].map((end) => end.destroy()));
      socket.on("close", () => sockets.delete(socket));
    }
  });
  for (const listener of [server, pipe]) {
    listener.listen(0, "127.0.0.1");
    await once(listener, "listening");
    closers.push(async () => {
      for (const socket of sockets) socket.destroy();
      listener.close();
      await once(listener, "close");
    });
  }
  return { port: (pipe.address() as net.AddressInfo).port, turns };
}

/** However it ends: an error is what some of these calls are for. */
function closed(stream: http2.ClientHttp2Stream): Promise<void> {
  return new Promise((resolve) => stream.once("close", () => resolve()));
}

/** One call to its end. */
async function call(
  session: http2.ClientHttp2Session,
  path: string,
  body: Uint8Array | undefined,
  act: (stream: http2.ClientHttp2Stream) => void = () => {},
): Promise<void> {
  const stream = session.request({ ...REQUEST, ":path": path }, { endStream: body === undefined });
  stream.on("error", () => {});
  if (body !== undefined) stream.end(body);
  stream.resume();
  act(stream);
  await closed(stream);
}

async function converse(settings: http2.Settings, act: (session: http2.ClientHttp2Session) => Promise<void>) {
  const { port, turns } = await startRecorded(settings);
  const session = http2.connect(`http://127.0.0.1:${port}`, { settings: { ...settings, enablePush: true } });
  session.on("error", () => {});
  session.on("stream", (pushed: http2.ClientHttp2Stream) => pushed.resume());
  await once(session, "remoteSettings");
  await act(session);
  session.close();
  if (!session.destroyed) await once(session, "close");
  const recording = recordCalls(turns, "client");
  expect(captureCalls(turns, "client").lines).toEqual(recording.lines.filter((line) => /^\d|^problem/.test(line)));
  expect(recording.problems).toEqual([]);
  return recording;
}

/** The lines of the call to a path, without its number. */
function linesOf({ lines }: Recording, path: string): readonly string[] {
  const id = lines.find((line) => line.includes(`client-header grpc ${path}`))?.split(" ")[0];
  return lines.filter((line) => line.startsWith(`${id} `)).map((line) => line.slice(line.indexOf(" ") + 1));
}

test("calls that end in every way are told as the application made them", async () => {
  const recording = await converse({}, async (session) => {
    await call(session, "/t.T/Echo", Buffer.concat([message("one"), message(""), message("two", 1)]));
    await call(session, "/t.T/Early", undefined);
    await call(session, "/t.T/Abort", message("a"));
    await call(session, "/t.T/Refuse", message("r"));
    await call(session, "/t.T/Hang", message("h"), (stream) => {
      stream.once("data", () => stream.close(http2.constants.NGHTTP2_CANCEL));
    });
    await call(session, "/t.T/Page", message("p"));
    await call(session, "/t.T/Push", undefined);
    await new Promise((resolve) => session.ping(Buffer.from("pingpong"), resolve));
  });
  expect(linesOf(recording, "/t.T/Echo")).toEqual([
    "client-header grpc /t.T/Echo",
    'client-message 0 "one"',
    'client-message 1 ""',
    'client-message 2 "two" compressed',
    ...inAnyOrder(recording, "/t.T/Echo"),
    'server-message 0 "one"',
    'server-message 1 ""',
    'server-message 2 "two" compressed',
    "server-trailer",
    "call-end trailers by server: 0 from trailers",
  ]);
  expect(linesOf(recording, "/t.T/Early")).toEqual([
    "client-header grpc /t.T/Early",
    "client-half-close",
    "server-header 1xx",
    "server-trailer trailers-only",
    "call-end trailers-only by server: 5 from trailers",
  ]);
  expect(linesOf(recording, "/t.T/Abort").slice(-3)).toEqual([
    'server-message 0 "begun"',
    "cancel server 11",
    "call-end reset by server: 8 from reset",
  ]);
  expect(linesOf(recording, "/t.T/Refuse")).toContain("call-end reset by server: 14 from reset");
  expect(linesOf(recording, "/t.T/Hang").slice(-3)).toEqual([
    'server-message 0 "wait"',
    "cancel client 8",
    "call-end reset by client: 1 from reset",
  ]);
  expect(linesOf(recording, "/t.T/Page").slice(-3)).toEqual([
    "server-header",
    'server-message 0 "<p>no</p>"',
    "call-end end-stream by server: 14 from http-status",
  ]);
  expect(linesOf(recording, "/t.T/Pushed")).toEqual([
    "client-header grpc /t.T/Pushed pushed",
    "server-header",
    'server-message 0 "pushed"',
    "server-trailer",
    "call-end trailers by server: 0 from trailers",
  ]);
  expect(recording.lines).toContain("ping client pingpong");
  expect(recording.lines).toContain("ping server pingpong ack");
  expect(recording.lines).toContain("settings client ack");
  expect(recording.lines.filter((line) => line.includes("client-header"))).toHaveLength(8);
});

/** A server that echoes may send its headers before or after it has seen the end of the request. */
function inAnyOrder(recording: Recording, path: string): readonly string[] {
  const both = linesOf(recording, path).filter((line) => line === "client-half-close" || line === "server-header");
  expect(both.toSorted()).toEqual(["client-half-close", "server-header"]);
  return both;
}

test("long bodies through small windows, and fields that need CONTINUATION, are told octet for octet", async () => {
  const long = "v".repeat(40_000);
  const body = Buffer.concat(Array.from({ length: 40 }, (_, i) => message(new Uint8Array(i * 997).fill(i))));
  const settings = { initialWindowSize: 20_000, headerTableSize: 65_536 };
  const recording = await converse(settings, async (session) => {
    await Promise.all([
      call(session, "/t.T/Echo", body),
      call(session, "/t.T/Echo", body),
      (async () => {
        const stream = session.request({ ...REQUEST, ":path": "/t.T/Early", "x-long": long }, { endStream: true });
        stream.resume();
        await closed(stream);
      })(),
    ]);
  });
  const sent = 2 * (body.length - 40 * 5);
  expect(recording.messageBytes).toEqual([sent, sent]);
  const fields = Object.values(recording.fields).flat();
  expect(fields).toContainEqual(["x-long", long]);
  const ends = recording.lines.filter((line) => line.includes("call-end")).map((line) => line.replace(/^\d+ /, ""));
  expect(ends.toSorted()).toEqual([
    "call-end trailers by server: 0 from trailers",
    "call-end trailers by server: 0 from trailers",
    "call-end trailers-only by server: 5 from trailers",
  ]);
  expect(recording.lines).toContain("settings client HEADER_TABLE_SIZE=65536 ENABLE_PUSH=1 INITIAL_WINDOW_SIZE=20000");
});

test("hundreds of calls over one connection, in bursts, each keep their own messages", async () => {
  const recording = await converse({}, async (session) => {
    for (let burst = 0; burst < 10; burst++) {
      await Promise.all(
        Array.from({ length: 40 }, (_, i) => call(session, "/t.T/Echo", message(`call ${burst * 40 + i}`))),
      );
    }
  });
  const texts = (side: string) => {
    const found = new Map<string, string>();
    for (const line of recording.lines) {
      const match = new RegExp(`^(\\d+) ${side}-message 0 "(.*)"$`).exec(line);
      if (match !== null) found.set(match[1]!, match[2]!);
    }
    return found;
  };
  expect(texts("client").size).toBe(400);
  expect(texts("server")).toEqual(texts("client"));
  expect(new Set(texts("client").values()).size).toBe(400);
});
