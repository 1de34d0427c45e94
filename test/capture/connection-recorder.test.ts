// One connection written down: its own events once each, its calls when it is HTTP/2, and floods without filling anything.
import { describe, expect, test } from "vitest";
import { Capture } from "../../src/capture/capture.js";
import { ConnectionRecorder, type OpenedFacts } from "../../src/capture/connection-recorder.js";
import { ConnectionReader, MAX_OPEN_STREAMS } from "../../src/http2/connection-reader.js";
import { CLIENT, SERVER, type SideIndex } from "../../src/http2/stream.js";
import type { CaptureEvent, ConnectionClosedEvent, EndedBy } from "../../src/model/events.js";
import {
  data,
  encodeGoaway,
  encodeReset,
  encodeSettings,
  hello,
  message,
  ping,
  RESPONSE,
  request,
  Speaker,
  trailers,
} from "../support/frames.js";

const FACTS: OpenedFacts = { client: "127.0.0.1:1", server: "127.0.0.1:2", relay: "tap", protocol: "h2" };

class Recorded {
  readonly capture = new Capture();
  readonly client = new Speaker();
  readonly server = new Speaker();
  readonly recorder: ConnectionRecorder;
  #now = 1000;

  constructor(facts: OpenedFacts | "none" = FACTS, byProxy = false) {
    this.capture.tick(this.#now);
    this.recorder = new ConnectionRecorder(this.capture);
    if (facts !== "none") this.recorder.opened(facts, byProxy);
  }

  later(ms: number): this {
    this.#now += ms;
    this.capture.tick(this.#now);
    return this;
  }

  says(from: SideIndex, ...bytes: readonly Uint8Array[]): this {
    for (const part of bytes) this.recorder.read(from, part);
    return this;
  }

  /** Both ends greet each other, and the client asks something. */
  asks(): this {
    this.says(CLIENT, hello(), this.client.headers(1, request("/a.A/B")), data(1, message("hi")));
    return this.says(SERVER, encodeSettings([[3, 100]]));
  }

  events(): CaptureEvent[] {
    const events: CaptureEvent[] = [];
    for (let seq = 1; seq <= this.capture.newestSeq; seq++) events.push(this.capture.event(seq)!);
    return events;
  }

  of<K extends CaptureEvent["kind"]>(kind: K): (CaptureEvent & { kind: K })[] {
    return this.events().filter((event): event is CaptureEvent & { kind: K } => event.kind === kind);
  }
}

test("a connection that never became one is counted while it lasts, and nothing is told", () => {
  const recorded = new Recorded("none");
  recorded.recorder.closed("client", "end", undefined);
  expect(recorded.events()).toEqual([]);
  expect(recorded.recorder.number).toBe(1);
  expect(recorded.capture.counters).toMatchObject({ connections: 1, openConnections: 0 });
});

test("what is no HTTP/2 is told in numbers", () => {
  const recorded = new Recorded({ ...FACTS, protocol: "http/1.1", via: "connect" });
  recorded.says(CLIENT, new Uint8Array(10)).later(250.5).says(SERVER, new Uint8Array(20), new Uint8Array(5));
  recorded.recorder.closed("server", "reset", "ECONNRESET");
  expect(recorded.events()).toEqual([
    { kind: "connection-opened", seq: 1, at: 1000, connection: 1, ...FACTS, protocol: "http/1.1", via: "connect" },
    {
      kind: "connection-closed",
      seq: 2,
      at: 1250.5,
      connection: 1,
      by: "server",
      how: "reset",
      reason: "ECONNRESET",
      durationMs: 250.5,
      clientBytes: 10,
      serverBytes: 25,
    },
  ]);
});

test("what read the last connection that had calls stays, so that V8 still knows what such a thing looks like", () => {
  const recorded = new Recorded().asks();
  recorded.recorder.closed("client", "end", undefined);
  const last = recorded.capture.lastReader;
  expect(last).toBeInstanceOf(ConnectionReader);
  const idle = new ConnectionRecorder(recorded.capture);
  idle.opened(FACTS);
  idle.closed("client", "end", undefined);
  expect(recorded.capture.lastReader).toBe(last);
});

test("what followed the calls of a connection follows those of the next one, and nothing is left in it of the first", () => {
  const capture = new Capture();
  capture.tick(1000);
  const told: string[] = [];
  for (let each = 1; each <= 3; each++) {
    const recorder = new ConnectionRecorder(capture);
    recorder.opened(FACTS);
    const client = new Speaker();
    const requests = Array.from({ length: 1500 }, (_, at) =>
      client.headers(2 * at + 1, [...request("/a.A/B"), ["x-nth", `${each}`]]),
    );
    for (const part of [hello(), ...requests, data(1, message(`from ${each}`).subarray(0, 8))])
      recorder.read(CLIENT, part);
    recorder.closed("client", "reset", undefined);
    // One in each slot, and those beyond.
    expect(capture.streams.spare).toBe(1500);
    const calls = [...capture.calls()].slice(-1500);
    told.push(JSON.stringify(calls.map(({ stream, client: { messages, bytes } }) => [stream, messages, bytes])));
    for (const { id } of [calls[0]!, calls[1499]!])
      expect(capture.event([...capture.eventsOf(id)][0]!.seq)).toMatchObject({
        fields: expect.arrayContaining([["x-nth", `${each}`]]),
      });
  }
  expect(told[1]).toBe(told[0]);
  expect(told[2]).toBe(told[0]);
  expect(capture.counters).toMatchObject({ calls: 4500, openCalls: 0 });
});

describe("the end of a connection is the end of its open calls, and of no others", () => {
  const ends: readonly (readonly [EndedBy, ConnectionClosedEvent["how"]])[] = [
    ["client", "end"],
    ["server", "reset"],
    ["proxy", "error"],
  ];
  test.each(ends)("by the %s", (by, how) => {
    const recorded = new Recorded().asks();
    recorded.says(CLIENT, recorded.client.headers(3, request("/a.A/Done"), { endStream: true }));
    recorded.says(SERVER, recorded.server.headers(3, [...RESPONSE, ...trailers(0)], { endStream: true }));
    recorded.says(CLIENT, data(1, message("whole").subarray(0, 7)));
    recorded.later(10).recorder.closed(by, how, "because");
    expect(recorded.of("call-end")).toMatchObject([
      { call: 2, how: "trailers-only", by: "server", status: { code: 0 } },
      { call: 1, how: "connection-lost", by, status: { code: 14, source: "connection" }, client: { messages: 2 } },
    ]);
    expect(recorded.of("client-message").at(-1)).toMatchObject({ call: 1, problem: { code: "ERR_MESSAGE_CUT" } });
    expect(recorded.of("connection-closed")).toMatchObject([
      { by, how, reason: "because", clientFrames: 5, serverFrames: 2 },
    ]);
    expect(recorded.capture.counters).toMatchObject({ openCalls: 0, openConnections: 0 });
  });
});

test("what the proxy answers in the server's place is the proxy's", () => {
  const recorded = new Recorded(FACTS, true).asks();
  recorded.says(SERVER, recorded.server.headers(1, [...RESPONSE, ...trailers(14, "no server")], { endStream: true }));
  expect(recorded.of("call-end")).toMatchObject([
    { how: "proxy-error", by: "proxy", status: { code: 14, message: "no server" } },
  ]);
});

test("settings, pings and goaways are told, pings with their round trip", () => {
  const recorded = new Recorded().asks();
  recorded.says(CLIENT, ping("abcdefgh")).later(12.5).says(SERVER, ping("abcdefgh", true), ping("abcdefgh", true));
  recorded.says(SERVER, encodeGoaway(1, 11, Buffer.from("too_many_pings")));
  expect(recorded.of("settings")).toMatchObject([
    { from: "client", settings: {} },
    { from: "server", settings: { MAX_CONCURRENT_STREAMS: 100 } },
  ]);
  const pings = recorded.of("ping");
  expect(pings).toMatchObject([
    { from: "client", data: "6162636465666768" },
    { from: "server", ack: true, roundTripMs: 12.5 },
    { from: "server", ack: true },
  ]);
  expect(pings[2]).not.toHaveProperty("roundTripMs");
  expect(recorded.of("goaway")).toMatchObject([
    { from: "server", lastStream: 1, code: 11, name: "ENHANCE_YOUR_CALM", debug: "too_many_pings" },
  ]);
});

test("a flood of pings is told of for a while, then once a second, and counted", () => {
  const recorded = new Recorded().asks();
  for (let i = 0; i < 5000; i++) recorded.says(CLIENT, ping("01234567"));
  const told = recorded.of("ping").length;
  expect(told).toBeGreaterThan(400);
  expect(told).toBeLessThan(510);
  recorded.later(1001).says(CLIENT, ping("01234567"), ping("01234567"));
  expect(recorded.of("ping").length).toBe(told + 1);
  recorded.recorder.closed("client", "end", undefined);
  expect(recorded.of("connection-closed")).toMatchObject([{ suppressedEvents: 5002 - told - 1 }]);
});

test("a connection that cannot be read any more is carried on and said to be so, once", () => {
  const recorded = new Recorded().asks();
  recorded.says(SERVER, recorded.server.headers(1, RESPONSE));
  const broken = new Recorded();
  broken.says(
    CLIENT,
    hello().map((octet, at) => (at === 20 ? 0 : octet)),
  );
  broken.says(CLIENT, new Uint8Array(100)).says(SERVER, encodeSettings([]));
  expect(broken.of("protocol-error")).toMatchObject([{ code: "ERR_NOT_HTTP2", from: "client", connection: 1 }]);
  broken.recorder.closed("client", "end", undefined);
  expect(broken.of("connection-closed")).toHaveLength(1);
});

test("a server that ends a connection without a word is said to have done so, and what it may be", () => {
  const silent = new Recorded();
  silent.says(CLIENT, hello());
  silent.recorder.closed("server", "end", undefined);
  expect(silent.of("protocol-error")).toMatchObject([
    { code: "ERR_NOT_HTTP2", from: "server", message: expect.stringContaining("https://") },
  ]);
  const unix = new Recorded({ ...FACTS, server: "unix:/run/x" });
  unix.says(CLIENT, hello());
  unix.recorder.closed("server", "end", undefined);
  const [{ message } = { message: "" }] = unix.of("protocol-error");
  expect(message).toContain("let clients speak TLS");
  expect(message).not.toContain("https://");
  const left = new Recorded();
  left.says(CLIENT, hello());
  left.recorder.closed("client", "end", undefined);
  expect(left.of("protocol-error")).toEqual([]);
  const spoke = new Recorded();
  spoke.says(CLIENT, hello()).says(SERVER, encodeSettings([]));
  spoke.recorder.closed("server", "reset", "ECONNRESET");
  expect(spoke.of("protocol-error")).toEqual([]);
});

test("a fault of ours ends the reading of this connection and its calls, and nothing else", () => {
  const recorded = new Recorded().asks();
  const { capture } = recorded;
  const { halfClose } = capture;
  capture.halfClose = () => {
    throw new Error("broken");
  };
  recorded.says(CLIENT, data(1, message("x"), { endStream: true }));
  capture.halfClose = halfClose;
  recorded.says(SERVER, recorded.server.headers(1, RESPONSE), encodeReset(1, 8));
  expect(recorded.of("protocol-error")).toMatchObject([{ code: "ERR_READER", connection: 1 }]);
  expect(recorded.of("call-end")).toMatchObject([{ by: "proxy", how: "connection-lost" }]);
  recorded.recorder.closed("client", "end", undefined);
  expect(recorded.capture.counters).toMatchObject({ openCalls: 0, openConnections: 0 });
  expect(recorded.of("connection-closed")[0]?.serverBytes).toBeGreaterThan(20);
});

test("streams beyond those that one connection may have open count as calls that were not followed", () => {
  const recorded = new Recorded().asks();
  const again = recorded.client.headers(3, request("/a.A/B"));
  for (let i = 1; i <= MAX_OPEN_STREAMS; i++) {
    const id = 2 * i + 1;
    again.set([id >>> 24, id >>> 16, id >>> 8, id], 5);
    recorded.says(CLIENT, again);
  }
  const { openCalls, unfollowedCalls } = recorded.capture.counters;
  expect(openCalls + unfollowedCalls).toBe(MAX_OPEN_STREAMS + 1);
});
