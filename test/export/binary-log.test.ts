// What is saved and opened again: every event, call and octet is as it was, but for what is hidden.
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { encodeEntry, type LogEntry } from "../../src/binary-log/entry.js";
import { LogEntries } from "../../src/binary-log/log-entries.js";
import { LoggedEvents } from "../../src/binary-log/logged-events.js";
import { Capture } from "../../src/capture/capture.js";
import { EventWriter } from "../../src/capture/event-writer.js";
import type { OpenCall } from "../../src/capture/open-call.js";
import { BinaryLogWriter } from "../../src/export/binary-log.js";
import { ndjsonLine } from "../../src/export/ndjson.js";
import { FieldList } from "../../src/http2/hpack/field-list.js";
import { CLIENT, SERVER, type SideIndex } from "../../src/http2/stream.js";
import type { CaptureEvent, DroppedEvent } from "../../src/model/events.js";
import type { Field } from "../../src/model/fields.js";
import { requestFacts } from "../../src/rpc/grpc.js";
import { MessageDecoder } from "../../src/schema/message-decoder.js";
import { MessageReader } from "../../src/session/message-reader.js";
import { openedProtos, TemporaryFolder } from "../schema/temporary-folder.js";

interface SavedOptions {
  readonly showSecrets?: boolean;
  readonly decoder?: MessageDecoder;
  readonly session?: number;
}

/** Everything in a capture, as a file has it. */
async function saved(capture: Capture, options: SavedOptions = {}): Promise<Buffer> {
  return Buffer.concat(await entriesOf(capture, options));
}

async function entriesOf(capture: Capture, { showSecrets = true, decoder, session = 7 }: SavedOptions = {}) {
  const messages = new MessageReader({ capture, decoder });
  const writer = new BinaryLogWriter({ messages, showSecrets, salt: 1 }, session);
  const entries = [writer.begin(1_700_000_000_000, { program: "framelens test" })];
  for (const event of eventsOf(capture)) {
    const entry = await writer.entry(event);
    entries.push(entry instanceof Uint8Array ? entry : Buffer.concat([...entry]));
  }
  messages.close();
  return entries;
}

async function opened(...files: readonly Uint8Array[]) {
  const capture = new Capture();
  const writer = new EventWriter(capture);
  const events = new LoggedEvents({
    put: (event, bytes) => writer.put(event, bytes),
    types: () => {},
  });
  const log = new LogEntries(
    (async function* () {
      yield* files;
    })(),
  );
  for await (const entry of log) events.take(entry);
  expect(log.problem).toBeUndefined();
  return { capture, events };
}

function eventsOf(capture: Capture): CaptureEvent[] {
  return Array.from({ length: capture.newestSeq }, (_, index) => capture.event(index + 1)!);
}

function expectSame(there: Capture, here: Capture): void {
  expect(eventsOf(here)).toEqual(eventsOf(there));
  expect([...here.calls()]).toEqual([...there.calls()]);
  for (const { kind, seq } of eventsOf(there))
    if (kind.endsWith("-message")) expect(here.messageBytes(seq), `${kind} ${seq}`).toEqual(there.messageBytes(seq));
  expect(here.counters).toEqual(there.counters);
}

function list(...fields: readonly Field[]): FieldList {
  return new FieldList(fields, 0, 0);
}

/** Writes into a capture whatever readers may find, at whole ms: durations are told in µs. */
class Scene {
  readonly capture = new Capture({ maxMessageBytes: 1000 });
  #now = 1_700_000_000_000;
  #stream = -1;

  tick(): Capture {
    this.capture.tick(this.#now++);
    return this.capture;
  }

  opens(): void {
    const connection = this.tick().openConnection();
    const told = { client: "[::1]:5", server: "127.0.0.1:6", relay: "tap", protocol: "h2" } as const;
    const tls = { version: "TLSv1.3", alpn: "h2", servername: "x.test" };
    this.capture.connectionEvent({ kind: "connection-opened", connection, ...told, via: "connect", tls });
    const said = { connection, from: "server" } as const;
    this.capture.connectionEvent({ kind: "settings", ...said, settings: { MAX_FRAME_SIZE: 16_384, "0x9": 1 } });
    this.capture.connectionEvent({ kind: "settings", ...said, ack: true });
    this.capture.connectionEvent({ kind: "ping", ...said, data: "0001020304050607", ack: true, roundTripMs: 1.5 });
    this.capture.connectionEvent({ kind: "window-stall", ...said, stream: 3, durationMs: 20 });
    const goaway = { lastStream: 7, code: 11, name: "ENHANCE_YOUR_CALM", debug: "too_many_pings\u001b\u00ff" };
    this.capture.connectionEvent({ kind: "goaway", ...said, ...goaway });
    this.capture.problem(connection, undefined, SERVER, "ERR_STREAM_ID", "what it did");
  }

  closes(connection: number): void {
    const totals = { durationMs: 4, clientBytes: 5, serverBytes: 6, clientFrames: 1, serverFrames: 2 };
    const how = { by: "server", how: "error", reason: "why", suppressedEvents: 3 } as const;
    this.tick().connectionEvent({ kind: "connection-closed", connection, ...how, ...totals });
    this.capture.closeConnection();
  }

  begins(fields: FieldList | undefined, pushed = false): OpenCall {
    this.#stream += 2;
    const facts = requestFacts(fields?.fields ?? []);
    return this.tick().openCall(
      1,
      this.#stream,
      fields === undefined ? "unknown" : "grpc",
      fields,
      facts,
      pushed,
      undefined,
    )!;
  }

  says(call: OpenCall, from: SideIndex, bytes: Uint8Array, flag = 0): void {
    this.tick().beginChunk();
    this.capture.message(call, from, flag, bytes, 0, bytes.length);
  }

  /** In two parts, of which the second may not come. */
  saysInParts(call: OpenCall, from: SideIndex, bytes: Uint8Array, isWhole: boolean): void {
    this.tick().beginChunk();
    const half = bytes.length >> 1;
    this.capture.messageStart(call, from, 0, bytes.length);
    this.capture.messagePart(call, from, bytes, 0, half);
    if (isWhole) this.capture.messagePart(call, from, bytes, half, bytes.length);
    this.capture.messageEnd(call, from, isWhole);
  }
}

// A list remembers where a capture has it: each capture gets its own.
const request = () =>
  list(
    [":method", "POST"],
    [":path", "/a.B/Get"],
    [":authority", "x.test"],
    ["grpc-timeout", "5S"],
    ["grpc-encoding", "gzip"],
    ["x-id", "1"],
    ["x-id", "2"],
    ["x-key-bin", "AQI="],
    ["x-latin", "\u00e9\u0085"],
  );
const response = () => list([":status", "200"], ["grpc-encoding", "gzip"], ["date", "now"]);

test("all that readers find comes back as it was", async () => {
  const scene = new Scene();
  const { capture } = scene;
  scene.opens();
  const call = scene.begins(request());
  scene.says(call, CLIENT, Uint8Array.of(8, 1));
  scene.says(call, CLIENT, gzipSync(Buffer.from([8, 2])), 1);
  scene.says(call, CLIENT, new Uint8Array(0));
  scene.tick().halfClose(call);
  scene.tick().serverHeader(call, list([":status", "103"], ["link", "x"]), true);
  scene.tick().serverHeader(call, response(), false);
  scene.says(call, SERVER, Uint8Array.of(1, 2, 3), 1);
  scene.says(call, SERVER, Uint8Array.of(8, 3), 7);
  scene.saysInParts(call, SERVER, new Uint8Array(700).fill(8), true);
  // Only the first part is kept.
  scene.saysInParts(call, SERVER, new Uint8Array(5000).fill(8), true);
  scene.tick().clientTrailer(call, list(["x-late", "1"]));
  scene.tick().serverTrailer(call, list(["grpc-status", "5"], ["grpc-message", "nicht%20da: %C3%BC"]), false);
  scene.tick().endCall(call, "trailers", "server", 5, "trailers", 0);
  scene.tick().cancel(call, CLIENT, 8);
  const unreadable = scene.begins(undefined);
  scene.tick().serverHeader(unreadable, undefined, false);
  scene.saysInParts(unreadable, SERVER, new Uint8Array(100).fill(1), false);
  scene.tick().problem(1, unreadable, SERVER, "ERR_PADDING", "what\nthe frame had");
  scene.tick().cancel(unreadable, SERVER, 2);
  scene.tick().endCall(unreadable, "reset", "server", 13, "reset", 2);
  const pushed = scene.begins(list([":path", "/pushed"]), true);
  scene.tick().serverHeader(pushed, list([":status", "404"]), false);
  scene.tick().endCall(pushed, "end-stream", "server", 12, "http-status", 404);
  const failed = scene.begins(request());
  scene.tick().endCall(failed, "proxy-error", "proxy", 14, "trailers", 0);
  scene.begins(request());
  scene.closes(1);
  const { capture: here, events } = await opened(await saved(capture));
  expectSame(capture, here);
  expect(events).toMatchObject({ skipped: 0, missing: 0 });
});

test("any calls come back as they were", async () => {
  const value = fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes).toString("latin1"));
  const name = fc.constantFrom(":path", "x-a", "x-b-bin", "grpc-timeout", "grpc-status", "grpc-message", "te");
  const fields = fc.array(fc.tuple(name, value) as fc.Arbitrary<Field>, { maxLength: 6 });
  const step = fc.record({
    kind: fc.constantFrom("begin", "message", "parts", "header", "half", "reset", "trailer", "problem"),
    call: fc.nat(),
    fields,
    from: fc.constantFrom(CLIENT, SERVER),
    bytes: fc.uint8Array({ maxLength: 1500, size: "max" }),
    flag: fc.constantFrom(0, 0, 1, 2),
    yes: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const scene = new Scene();
      const open: OpenCall[] = [];
      for (const { kind, call: at, fields: some, from, bytes, flag, yes } of steps) {
        const call = open[at % Math.max(1, open.length)];
        const told = list(...some);
        if (call === undefined || kind === "begin") open.push(scene.begins(told, yes && from === SERVER));
        else if (kind === "message") scene.says(call, from, bytes.subarray(0, 900), flag);
        else if (kind === "parts") scene.saysInParts(call, from, bytes, yes || bytes.length < 2);
        else if (kind === "header") scene.tick().serverHeader(call, told, yes);
        else if (kind === "half") scene.tick().halfClose(call);
        else if (kind === "problem") scene.tick().problem(1, yes ? call : undefined, from, "ERR_X", "what");
        else {
          if (kind === "trailer") scene.tick().serverTrailer(call, told, yes);
          else scene.tick().cancel(call, from, 8);
          if (kind === "trailer") scene.tick().endCall(call, "trailers", "server", 1, "trailers", 0);
          else scene.tick().endCall(call, "reset", "client", 1, "reset", 8);
          open.splice(open.indexOf(call), 1);
        }
      }
      const { capture } = await opened(await saved(scene.capture));
      expectSame(scene.capture, capture);
    }),
    { numRuns: 150 },
  );
});

test("what is secret is in no octet of a file, unless it is asked for", async () => {
  const folder = await new TemporaryFolder().write({
    "cards.proto": `syntax = "proto3"; package a; service B { rpc Get(Card) returns (Card); }
      message Card { string number = 1 [debug_redact = true]; string name = 2; }`,
  });
  const decoder = new MessageDecoder(await openedProtos(folder.path), true);
  onTestFinished(() => decoder.close());
  const scene = new Scene();
  const secret = "canary-4711";
  const card = Buffer.from(`\n\u000b${secret}\u0012\u0005Alice`, "latin1");
  scene.begins(list([":path", `/a.B/Get?token=${secret}`], ["authorization", secret]));
  const call = scene.begins(list([":path", "/a.B/Get"], ["grpc-encoding", "gzip"]));
  scene.says(call, CLIENT, card);
  scene.says(call, CLIENT, gzipSync(card), 1);
  scene.tick().serverTrailer(call, list(["grpc-status", "0"], ["x-session-token", secret]), false);
  const file = await saved(scene.capture, { showSecrets: false, decoder });
  expect(file.toString("latin1")).not.toContain(secret);
  expect(file.toString("latin1")).not.toContain(gzipSync(card).toString("latin1"));
  const { capture } = await opened(file);
  const masked = Buffer.from(`\n\u000b${"*".repeat(11)}\u0012\u0005Alice`, "latin1");
  const messages = eventsOf(capture).filter((event) => event.kind === "client-message" && event.call === 2);
  expect(messages.map(({ seq }) => Buffer.from(capture.messageBytes(seq)!))).toEqual([masked, masked]);
  // Of the compressed one all is told but its octets on the wire.
  const wireLength = gzipSync(card).length;
  const facts = { length: masked.length, wireLength, compressed: true, inflated: true, encoding: "gzip" };
  expect(messages[1]).toMatchObject(facts);
  expect(capture.call(2)?.client.bytes).toBe(card.length + wireLength);
  const again = await opened(await saved(capture));
  expect(eventsOf(again.capture)).toEqual(eventsOf(capture));
  expect((await saved(scene.capture)).toString("latin1")).toContain(secret);
});

/** A session of one connection and one call, which may end. */
function session(isWhole: boolean): Scene {
  const scene = new Scene();
  scene.opens();
  const call = scene.begins(request());
  scene.says(call, CLIENT, Uint8Array.of(8, 1));
  if (!isWhole) return scene;
  scene.tick().serverTrailer(call, list(["grpc-status", "0"]), true);
  scene.tick().endCall(call, "trailers-only", "server", 0, "trailers", 0);
  return scene;
}

function connectionsIn(capture: Capture): readonly number[] {
  return eventsOf(capture).flatMap((event) => (event.kind === "connection-opened" ? [event.connection] : []));
}

test("octets that cannot be inflated are kept back where something may be hidden in them, and only there", async () => {
  const folder = await new TemporaryFolder().write({
    "cards.proto": `syntax = "proto3"; package a; service B { rpc Get(Card) returns (Plain); }
      message Card { Inner inner = 1; } message Inner { string number = 1 [debug_redact = true]; } message Plain { string a = 1; }`,
  });
  const decoder = new MessageDecoder(await openedProtos(folder.path), true);
  onTestFinished(() => decoder.close());
  const scene = new Scene();
  const call = scene.begins(list([":path", "/a.B/Get"], ["grpc-encoding", "gzip"]));
  scene.tick().serverHeader(call, response(), false);
  // Whole, and yet no gzip.
  scene.says(call, CLIENT, Buffer.from("canary"), 1);
  scene.says(call, SERVER, Buffer.from("canary"), 1);
  const { capture } = await opened(await saved(scene.capture, { showSecrets: false, decoder }));
  const [client, server] = eventsOf(capture).filter(({ kind }) => kind.endsWith("-message"));
  expect(client).toMatchObject({ kind: "client-message", wireLength: 6, compressed: true, trimmed: true });
  expect(capture.messageBytes(client!.seq)).toBeUndefined();
  expect(Buffer.from(capture.messageBytes(server!.seq)!).toString()).toBe("canary");
});

test("other readers of the file are told who called, and the place of each entry in its call", async () => {
  const scene = new Scene();
  scene.opens();
  const call = scene.begins(request());
  scene.says(call, CLIENT, Uint8Array.of(8, 1));
  scene.tick().serverTrailer(call, list(["grpc-status", "0"]), true);
  scene.tick().endCall(call, "trailers-only", "server", 0, "trailers", 0);
  scene.tick().cancel(call, CLIENT, 8);
  const log = new LogEntries(
    (async function* () {
      yield await saved(scene.capture);
    })(),
  );
  const entries: LogEntry[] = [];
  for await (const entry of log) if (entry.sequence > 0) entries.push(entry);
  expect(entries.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5]);
  expect(new Set(entries.map((entry) => entry.call)).size).toBe(1);
  expect(entries[0]).toMatchObject({ peer: "[::1]:5", method: "/a.B/Get", authority: "x.test", timeoutMs: 5000 });
});

test("sessions in one file stand one behind the other, with times that go on", async () => {
  const files = await Promise.all(
    [false, true, true].map((isWhole, place) => saved(session(isWhole).capture, { session: place + 1 })),
  );
  const { capture, events } = await opened(...files);
  // What was open when the first one ended is not known to have ended.
  expect([...capture.calls()].map(({ connection, client, end }) => [connection, client.messages, end?.how])).toEqual([
    [1, 1, undefined],
    [2, 1, "trailers-only"],
    [3, 1, "trailers-only"],
  ]);
  expect(connectionsIn(capture)).toEqual([1, 2, 3]);
  expect([...capture.calls()].map(({ startedAt, end }) => end && end.at - startedAt)).toEqual([undefined, 3, 3]);
  // Of less than a second nobody is told: loggers are no more exact.
  expect(events.shifted).toEqual([]);
});

test("a session whose times are before those in front of it is told as if it came right behind", async () => {
  const late = session(true);
  for (let count = 0; count < 5000; count++) late.tick();
  late.begins(request());
  const { capture, events } = await opened(
    await saved(late.capture, { session: 1 }),
    await saved(session(true).capture, { session: 2 }),
  );
  const [first, , last] = capture.calls();
  expect(last!.end!.at - last!.startedAt).toBe(first!.end!.at - first!.startedAt);
  expect(last!.startedAt).toBeGreaterThan(first!.end!.at + 4000);
  expect(events.shifted).toEqual([{ from: 1_700_000_000_000, byMs: expect.closeTo(5006, -1) }]);
});

test("two sessions that write to one file at once are kept apart", async () => {
  const [one, other] = await Promise.all([1, 2].map((number) => entriesOf(session(true).capture, { session: number })));
  const { capture, events } = await opened(...one!.flatMap((entry, place) => [entry, other![place]!]));
  expect([...capture.calls()].map(({ client, end }) => [client.messages, end?.how])).toEqual([
    [1, "trailers-only"],
    [1, "trailers-only"],
  ]);
  expect(new Set(connectionsIn(capture)).size).toBe(2);
  expect(events.skipped).toBe(0);
});

test("what was missed while it was saved is told", async () => {
  const capture = new Capture();
  const writer = new BinaryLogWriter({ messages: new MessageReader({ capture }), showSecrets: true, salt: 1 }, 1);
  const dropped: DroppedEvent = { kind: "dropped", from: 1, to: 97, events: 97 };
  const { events } = await opened(writer.begin(1, {}), (await writer.entry(dropped)) as Uint8Array);
  expect(events.missing).toBe(97);
});

test("whatever a file says, it is shown or passed over", async () => {
  const value = fc.oneof(
    fc.constantFrom<unknown>(
      null,
      true,
      -1,
      0,
      1,
      7,
      1e300,
      2 ** 40,
      "",
      "client",
      "server",
      "grpc",
      "trailers",
      "reset",
    ),
    fc.constantFrom<unknown>([], {}, [1], [["x", "y"]], ["x", "y"], { code: 1, message: "x", source: "trailers" }),
  );
  const members = fc.dictionary(
    fc.constantFrom(
      ...["connection", "stream", "protocol", "pushed", "fields", "problem", "droppedFields", "informational", "how"],
      ...[
        "wireLength",
        "encoding",
        "compressed",
        "trimmed",
        "inflated",
        "session",
        "from",
        "code",
        "by",
        "status",
        "client",
        "tls",
      ],
      ...["relay", "settings", "ack", "data", "name", "debug", "lastStream", "durationMs", "message", "__proto__"],
      ...["clientBytes", "serverBytes", "events", "upstream", "server", "trailersOnly", "suppressedEvents"],
    ),
    value,
    { maxKeys: 30 },
  );
  const kind = fc.constantFrom(
    ...["call-end", "client-trailer", "protocol-error", "connection-opened", "settings", "ping", "goaway", "dropped"],
    ...["window-stall", "connection-closed", "capture-opened", "nothing", "__proto__", "constructor"],
  );
  const entry = fc.record(
    {
      at: fc.constantFrom(0, -5, 1, 1e15),
      call: fc.constantFrom("0", "1", "2"),
      sequence: fc.constant(1),
      type: fc.integer({ min: 0, max: 8 }),
      logger: fc.constantFrom(0, 1),
      method: fc.constantFrom("", "/a.B/Get"),
      metadata: fc.constantFrom<readonly Field[]>([], [["x-id", "1"]], [["x-bin", "\u00ff"]]),
      message: fc.record({ length: fc.constantFrom(0, 3, 2 ** 32 - 1), data: fc.uint8Array({ maxLength: 5 }) }),
      status: fc.record({ code: fc.nat(), message: fc.string(), details: fc.constant(undefined) }),
      timeoutMs: fc.constantFrom(0, 1.5, 1e14),
      more: fc.oneof(
        fc.tuple(kind, members).map(([one, others]) => JSON.stringify({ ...others, kind: one })),
        members.map((others) => JSON.stringify(others)),
        fc.constantFrom("", "{", "null", "[]", '"x"'),
      ),
      wire: fc.uint8Array({ maxLength: 5 }),
    },
    { requiredKeys: ["at", "call", "sequence", "type", "logger"] },
  ) as fc.Arbitrary<LogEntry>;
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { maxLength: 30 }), async (entries) => {
      const { capture } = await opened(...entries.map(encodeEntry));
      const messages = new MessageReader({ capture });
      for (const event of eventsOf(capture)) {
        await ndjsonLine(event, capture, { bodies: true, showSecrets: false, salt: 1, messages });
      }
      expect([...capture.calls()].length).toBe(capture.counters.calls);
      messages.close();
    }),
    { numRuns: 500 },
  );
});
