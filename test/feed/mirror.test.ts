// A capture rebuilt from a feed: what it tells is what the feed's own capture tells.
import { gzipSync } from "node:zlib";
import { expect, onTestFinished, test, vi } from "vitest";
import { Capture } from "../../src/capture/capture.js";
import { EventWriter } from "../../src/capture/event-writer.js";
import { openFeed } from "../../src/feed/client.js";
import { MIRRORED, mirror } from "../../src/feed/mirror.js";
import { CLIENT, SERVER } from "../../src/http2/stream.js";
import type { CaptureEvent } from "../../src/model/events.js";
import type { Field } from "../../src/model/fields.js";
import { CARDS_FILE } from "../support/secret-card.js";
import { CONTROL_TOKEN, FeedLab } from "./lab.js";

/** Settles when as many events are here as there. */
async function mirrored(lab: FeedLab, capture = new Capture()): Promise<Capture> {
  const writer = new EventWriter(capture);
  await new Promise<void>((resolve) => {
    const client = openFeed({
      url: lab.url,
      token: CONTROL_TOKEN,
      subscribe: MIRRORED,
      onEvent: (event) => mirror(event, writer),
      onSynced: () => resolve(),
    });
    onTestFinished(() => client.close());
  });
  return capture;
}

function eventsOf(capture: Capture): readonly (CaptureEvent | undefined)[] {
  return Array.from({ length: capture.newestSeq }, (_, index) => capture.event(index + 1));
}

test("every event is the same there and here, and so are calls and the bytes of messages", async () => {
  const lab = await FeedLab.start();
  const { traffic } = lab;
  traffic.connection();
  traffic.unary("/a.B/Get");
  const stream = traffic.begin("/a.B/Watch", ["grpc-timeout", "5S"], ["grpc-encoding", "gzip"]);
  stream.says(CLIENT, [8, 1, 0x1b, 0xff]);
  stream.saysCompressed(SERVER, gzipSync(Buffer.from([8, 2])));
  const cancelled = traffic.begin("/a.B/Cut");
  cancelled.isCutOff();
  traffic.unary("/a.B/Fails", 5);
  stream.ends(0);
  stream.isReset();
  const capture = await mirrored(lab);
  expect(eventsOf(capture)).toEqual(eventsOf(lab.capture));
  expect([...capture.calls()]).toEqual([...lab.capture.calls()]);
  for (const event of eventsOf(lab.capture)) {
    if (event?.kind.endsWith("-message")) {
      expect(capture.messageBytes(event.seq)).toEqual(lab.capture.messageBytes(event.seq));
    }
  }
});

test("hidden fields are covered in the bytes as well, in compressed messages too", async () => {
  const lab = await FeedLab.start();
  lab.schema.addDescriptors("at the start", [CARDS_FILE]);
  const call = lab.traffic.begin("/acme.Cards/Put", ["grpc-encoding", "gzip"]);
  const card = Buffer.from("0a0434313131", "hex");
  call.says(CLIENT, card);
  call.saysCompressed(CLIENT, gzipSync(card));
  const capture = await mirrored(lab);
  for (const seq of [2, 3]) expect(Buffer.from(capture.messageBytes(seq) ?? []).toString()).toBe("\n\u0004****");
  expect(capture.event(2)).toEqual(lab.capture.event(2));
  // All is told of it but its octets on the wire.
  expect(capture.event(3)).toEqual({ ...lab.capture.event(3), length: 6, inflated: true });
});

test("hidden fields are covered in the bytes of the first message, too, whose type a server must be asked for", async () => {
  const lab = await FeedLab.start();
  vi.spyOn(lab.schema, "findMethod").mockImplementation(async (method) => {
    await Promise.resolve();
    lab.schema.addDescriptors("told by the server", [CARDS_FILE]);
    return lab.schema.method(method);
  });
  lab.traffic.begin("/acme.Cards/Put").says(CLIENT, Buffer.from("0a0434313131", "hex"));
  const capture = await mirrored(lab);
  expect(Buffer.from(capture.messageBytes(2) ?? []).toString()).toBe("\n\u0004****");
});

test("a message that is too large for an event is there with its length, as one of which nothing was kept", async () => {
  const lab = await FeedLab.start();
  const call = lab.traffic.begin("/a.B/Put");
  call.says(CLIENT, new Uint8Array(5 * 1024 * 1024));
  const capture = await mirrored(lab);
  expect(eventsOf(capture)[1]).toMatchObject({ kind: "client-message", wireLength: 5 * 1024 * 1024, truncated: true });
});

test("what another framelens tells afterwards stands behind it, and what was open is lost", async () => {
  const capture = new Capture();
  const writer = new EventWriter(capture);
  const header = { kind: "client-header", call: 1, connection: 1, stream: 1, protocol: "grpc", fields: [] } as const;
  writer.put({ ...header, seq: 1, at: 1000, method: "/a.B/First" });
  writer.put({ kind: "client-half-close", seq: 2, at: 1500, call: 1 });
  writer.restart();
  writer.put({ ...header, seq: 1, at: 3000, method: "/a.B/Second" });
  writer.put({ kind: "client-half-close", seq: 2, at: 3001, call: 1 });
  expect([...capture.calls()].map(({ end }) => end?.how)).toEqual(["connection-lost", undefined]);
  expect([...capture.eventsOf(2)].map(({ kind, at }) => [kind, at])).toEqual([
    ["client-header", 3000],
    ["client-half-close", 3001],
  ]);
  expect([...capture.eventsOf(1)].at(-1)).toMatchObject({ kind: "call-end", at: 1500 });
});

test("header lists that are nearly alike take no more room than where they were read", () => {
  const capture = new Capture();
  const writer = new EventWriter(capture);
  const common: readonly Field[] = [
    [":path", "/a.B/Get"],
    ["content-type", "application/grpc"],
    ["authorization", "x".repeat(250)],
  ];
  const event = (seq: number, call: number, more: object): CaptureEvent =>
    ({ seq, at: 1000 + seq, call, ...more }) as CaptureEvent;
  const request = { kind: "client-header", connection: 1, protocol: "grpc", method: "/a.B/Get" };
  const trailer = { kind: "server-trailer", trailersOnly: true, fields: [["grpc-status", "0"]] };
  const calls = 5000;
  const fieldsOf = (call: number): readonly Field[] => [...common, ["grpc-timeout", `${999_999 - call}u`]];
  for (let call = 1; call <= calls; call++) {
    writer.put(event(2 * call - 1, call, { ...request, stream: 2 * call - 1, fields: fieldsOf(call) }));
    writer.put(event(2 * call, call, trailer));
  }
  for (const call of [1, 2, 2500, calls]) {
    expect(capture.event(2 * call - 1)).toMatchObject({ fields: fieldsOf(call), timeoutMs: (999_999 - call) / 1000 });
    expect(capture.event(2 * call)).toMatchObject({ fields: [["grpc-status", "0"]] });
  }
  // In full the lists alone would be 1.7 MB.
  expect(capture.counters.keptBytes).toBeLessThan(2_500_000);
});
