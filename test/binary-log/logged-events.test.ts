// What logs of other programs tell of calls: those of gRPC's own loggers, on either side.
import { expect, test } from "vitest";
import { ENTRY, LOGGER, type LogEntry } from "../../src/binary-log/entry.js";
import { LoggedEvents } from "../../src/binary-log/logged-events.js";
import { Capture } from "../../src/capture/capture.js";
import { EventWriter } from "../../src/capture/event-writer.js";

type Told = Partial<LogEntry> & { readonly type: number };

function opened(...entries: readonly Told[]) {
  const capture = new Capture();
  const writer = new EventWriter(capture);
  const events = new LoggedEvents({
    put: (event, bytes) => writer.put(event, bytes),
    types: () => {},
  });
  entries.forEach((entry, place) => {
    events.take({ at: 1000 + place, call: "1", sequence: place, logger: LOGGER.server, ...entry });
  });
  return { capture, events };
}

const HEADER = { type: ENTRY.clientHeader, method: "/a.B/Get", peer: "127.0.0.1:5" };
const message = (type: number, ...data: readonly number[]) => ({
  type,
  message: { length: data.length, data: Uint8Array.from(data) },
});
const trailer = (code: number, text = "", details?: Uint8Array) => ({
  type: ENTRY.serverTrailer,
  status: { code, message: text, details },
});

test("a call of a log is a call like those that passed by", () => {
  const { capture } = opened(
    { ...HEADER, authority: "x.test", timeoutMs: 1500, metadata: [["x-key-bin", "\u0001\u0002"]] },
    message(ENTRY.clientMessage, 8, 1),
    { type: ENTRY.clientHalfClose },
    { type: ENTRY.serverHeader, metadata: [["x-a", "1"]] },
    message(ENTRY.serverMessage, 8, 2),
    { ...trailer(5, "nicht da: ü", Uint8Array.of(8, 5)), metadata: [["x-b", "2"]] },
  );
  const call = capture.call(1);
  expect(call).toMatchObject({
    ...{ method: "/a.B/Get", timeoutMs: 1500, protocol: "grpc", connection: 1 },
    client: { messages: 1, bytes: 2 },
    server: { messages: 1, bytes: 2 },
    end: { how: "trailers", by: "server", status: { code: 5, name: "NOT_FOUND", message: "nicht da: ü" } },
  });
  const events = [...capture.eventsOf(1)];
  expect(events[0]).toMatchObject({
    authority: "x.test",
    fields: [
      [":path", "/a.B/Get"],
      [":authority", "x.test"],
      ["grpc-timeout", "1500m"],
      ["x-key-bin", "AQI"],
    ],
  });
  expect(events.at(-2)).toMatchObject({
    kind: "server-trailer",
    fields: [
      ["x-b", "2"],
      ["grpc-status", "5"],
      ["grpc-message", "nicht da: %C3%BC"],
      ["grpc-status-details-bin", "CAU="],
    ],
  });
  expect(capture.messageBytes(events[1]!.seq)).toEqual(Uint8Array.of(8, 1));
  expect(capture.event(1)).toMatchObject({
    kind: "connection-opened",
    client: "127.0.0.1:5",
    server: "x.test",
    relay: "log",
  });
});

test("without headers of the server its trailers are all it said; a cancel ends the call", () => {
  const { capture } = opened(
    HEADER,
    trailer(7),
    { ...HEADER, call: "2" },
    { type: ENTRY.cancel, call: "2" },
    {
      ...trailer(1, "context canceled"),
      call: "2",
    },
  );
  expect([...capture.calls()].map(({ end }) => [end?.how, end?.by, end?.status.name, end?.status.source])).toEqual([
    ["trailers-only", "server", "PERMISSION_DENIED", "trailers"],
    ["reset", "client", "CANCELLED", "reset"],
  ]);
});

test("a client whose time was up gave up, whatever its library calls that", () => {
  const call = { ...HEADER, logger: LOGGER.client, timeoutMs: 300 };
  const late = { ...trailer(4, "context deadline exceeded"), logger: LOGGER.client };
  const { capture } = opened({ ...call, at: 1000 }, { ...late, at: 1300 });
  expect(capture.call(1)?.end).toMatchObject({ how: "reset", by: "client", status: { code: 1, source: "reset" } });
  // Too early for that: the server said it.
  const early = opened({ ...call, at: 1000 }, { ...late, at: 1100 });
  expect(early.capture.call(1)?.end).toMatchObject({ how: "trailers-only", by: "server", status: { code: 4 } });
});

test("a client and a server in one log are two, though they count alike", () => {
  const { capture } = opened(
    { ...HEADER, logger: LOGGER.client },
    { ...HEADER, logger: LOGGER.server },
    { ...message(ENTRY.clientMessage, 1), logger: LOGGER.client },
    { ...message(ENTRY.clientMessage, 1, 2), logger: LOGGER.server },
    { ...trailer(0), logger: LOGGER.server },
  );
  expect([...capture.calls()].map(({ client, end }) => [client.bytes, end?.status.name])).toEqual([
    [1, undefined],
    [2, "OK"],
  ]);
});

test("of a message that was cut its length is told, and its first part", () => {
  const { capture } = opened(HEADER, {
    type: ENTRY.clientMessage,
    message: { length: 100, data: Uint8Array.of(1, 2, 3) },
    truncated: true,
  });
  const [, event] = capture.eventsOf(1);
  expect(event).toMatchObject({ kind: "client-message", length: 100, truncated: true });
  expect(capture.messageBytes(event!.seq)).toEqual(Uint8Array.of(1, 2, 3));
});

test.each([
  [0, "0m"],
  [1500, "1500m"],
  [0.25, "250u"],
  [299_977.123, "299977m"],
  [86_400_000, "86400000m"],
  [1e9, "1000000S"],
  [1e15, "99999999S"],
])("a deadline of %d ms is one that a client may send: %s", (timeoutMs, text) => {
  const { capture } = opened({ ...HEADER, timeoutMs });
  const [event] = capture.eventsOf(1);
  expect(event).toMatchObject({
    fields: [
      [":path", "/a.B/Get"],
      ["grpc-timeout", text],
    ],
  });
});

test("what tells of no call that began, and types that nobody knows, are counted", () => {
  const { capture, events } = opened(trailer(0), { type: 99 }, { type: ENTRY.unknown }, HEADER);
  expect(events.skipped).toBe(3);
  expect(capture.counters.calls).toBe(1);
});
