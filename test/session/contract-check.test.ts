// The contract check over a capture: what fits, what does not, what comes late, and what could not be checked at all.
import { gzipSync } from "node:zlib";
import { toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { describe, expect, onTestFinished, test } from "vitest";
import type { CallEndEvent, CaptureEvent, DroppedEvent } from "../../src/model/events.js";
import { MessageDecoder } from "../../src/schema/message-decoder.js";
import { ContractCheck } from "../../src/session/contract-check.js";
import { MessageReader } from "../../src/session/message-reader.js";
import { openedProtos, TemporaryFolder } from "../schema/temporary-folder.js";
import { ALICE, captureOf, type Lab, METHOD, THINGS_PROTO } from "./message-lab.js";

/** A field that Thing does not have, once in it and once in its second part. */
const STRANGE = Uint8Array.of(...ALICE, 0x78, 1);
const STRANGE_PART = Uint8Array.of(0x22, 0, 0x22, 2, 0x78, 1);

async function schemaOf(proto: string) {
  const folder = await new TemporaryFolder().write({ "things.proto": proto });
  return openedProtos(folder.path);
}

async function checkOf(lab: Lab, proto = THINGS_PROTO, maxInflatedBytes?: number) {
  const schema = await schemaOf(proto);
  const decoder = new MessageDecoder(schema, true);
  const messages = new MessageReader({ capture: lab.capture, decoder, maxInflatedBytes });
  const check = new ContractCheck({ capture: lab.capture, messages, schema });
  onTestFinished(() => {
    check.close();
    messages.close();
    decoder.close();
  });
  const see = async (...events: readonly (CaptureEvent | DroppedEvent)[]) => {
    for (const event of events) await check.see(event);
  };
  return { check, schema, see };
}

function endOf(client: number, server: number, over: Partial<CallEndEvent> = {}): CallEndEvent {
  const status = { code: 0, name: "OK", message: "", source: "trailers" } as const;
  const common = { seq: 99, at: 5, kind: "call-end", call: 1, how: "trailers", by: "server", durationMs: 1 } as const;
  return { ...common, status, client: { messages: client, bytes: 0 }, server: { messages: server, bytes: 0 }, ...over };
}

describe("messages that fit", () => {
  test("are counted, and that is all", async () => {
    const lab = captureOf(undefined);
    const { check, see } = await checkOf(lab);
    await see(lab.add("client", ALICE), lab.add("server", ALICE), endOf(1, 1));
    expect(check.takeNews()).toEqual([]);
    expect(await check.settle()).toEqual({
      kind: "contract",
      fits: true,
      checked: 2,
      unchecked: { lost: 0, unreadable: 0, unknown: 0 },
      drifts: [],
    });
  });
});

describe("messages that do not fit", () => {
  test("are told of once for each field, with the first place, and counted", async () => {
    const lab = captureOf(undefined);
    const { check, see } = await checkOf(lab);
    const first = lab.add("client", STRANGE_PART);
    await see(first, lab.add("client", STRANGE_PART), lab.add("server", STRANGE));
    const news = check.takeNews();
    expect(news.map(({ side, path, isNewToMethod }) => [side, path, isNewToMethod])).toEqual([
      ["client", "parts[1].15", true],
      ["client", "", true],
      ["server", "15", false],
    ]);
    expect(news[0]).toMatchObject({ kind: "drift", call: 1, index: 0, at: first.at, method: METHOD });
    expect(check.takeNews()).toEqual([]);
    const { fits, drifts } = await check.settle();
    expect(fits).toBe(false);
    expect(drifts.map(({ side, code, path, count }) => [side, code, path, count])).toEqual([
      ["client", "ERR_UNKNOWN_FIELD", "parts.15", 2],
      ["client", "ERR_NOT_STREAMING", "", 1],
      ["server", "ERR_UNKNOWN_FIELD", "15", 1],
    ]);
  });

  test("are found within an Any, at the path of both", async () => {
    const proto = `syntax = "proto3"; package acme.v1; import "google/protobuf/any.proto";
      message Thing { repeated google.protobuf.Any parts = 1; } message Inner { int32 id = 1; }
      service Things { rpc Get(Thing) returns (Thing); }`;
    const lab = captureOf(undefined);
    const { check, see } = await checkOf(lab, proto);
    const url = Buffer.from("type.googleapis.com/acme.v1.Inner");
    const any = Buffer.concat([Buffer.from([0x0a, url.length]), url, Buffer.from([0x12, 2, 0x78, 1])]);
    await see(lab.add("client", Buffer.concat([Buffer.from([0x0a, any.length]), any])));
    expect(check.takeNews()).toMatchObject([{ code: "ERR_UNKNOWN_FIELD", path: "parts[0].15" }]);
  });

  test("are not those that a merge left behind, nor those that were cut on their way", async () => {
    const lab = captureOf(undefined);
    const { check, see } = await checkOf(lab);
    const cut = { ...lab.add("server", ALICE.subarray(0, 5)), problem: { code: "ERR_MESSAGE_CUT", message: "cut" } };
    await see(lab.add("client", Uint8Array.of(8, 1, 8, 2)), cut);
    expect(await check.settle()).toMatchObject({ fits: true, checked: 1, drifts: [] });
  });

  test("may be of any number of kinds: so many are listed, the others counted", async () => {
    const lab = captureOf(undefined);
    const { check, see } = await checkOf(lab);
    for (let batch = 0; batch < 30; batch++) {
      const fields = Array.from({ length: 100 }, (_, at) => 100 + batch * 100 + at);
      await see(lab.add("client", Uint8Array.from(fields.flatMap((number) => varintField(number)))));
    }
    const { drifts, moreDrifts } = await check.settle();
    expect(drifts.length).toBe(2000);
    // Thirty messages of a hundred fields, and that there was a second message.
    expect(moreDrifts).toBe(30 * 100 + 1 - 2000);
    expect(check.takeNews().length).toBe(1000);
  });
});

function varintField(number: number): number[] {
  const tag = number * 8;
  return [
    (tag & 0x7f) | 0x80,
    ((tag >> 7) & 0x7f) | (tag >> 14 === 0 ? 0 : 0x80),
    ...(tag >> 14 === 0 ? [] : [tag >> 14]),
    1,
  ];
}

describe("calls that do not fit", () => {
  test("have no message where the schema has one, if they ended well", async () => {
    const lab = captureOf(undefined);
    const { check, see } = await checkOf(lab);
    const failed = { code: 5, name: "NOT_FOUND", message: "", source: "trailers" } as const;
    await see(endOf(1, 0, { status: failed }));
    expect(check.takeNews()).toEqual([]);
    await see(endOf(1, 0));
    expect(check.takeNews()).toMatchObject([{ side: "server", code: "ERR_NO_MESSAGE", path: "" }]);
  });

  test("are of a method that the service does not have, also when the messages could be read", async () => {
    const lab = captureOf(undefined);
    const { check, see } = await checkOf(lab, THINGS_PROTO.replace("rpc Get", "rpc Other"));
    await see(lab.add("client", ALICE), endOf(1, 0));
    expect(check.takeNews()).toMatchObject([
      { side: "client", code: "ERR_UNKNOWN_METHOD", message: "acme.v1.Things has no method Get", call: 1 },
    ]);
    expect(await check.settle()).toMatchObject({
      fits: false,
      checked: 0,
      unchecked: { unknown: 1 },
      unknownMethods: [METHOD],
    });
  });

  test("are told by the path that may be shown", async () => {
    const lab = captureOf(undefined);
    const schema = await schemaOf(THINGS_PROTO.replace("rpc Get", "rpc Other"));
    const messages = new MessageReader({ capture: lab.capture });
    const check = new ContractCheck({
      capture: lab.capture,
      messages,
      schema,
      show: (path) => path.replace("Get", "*"),
    });
    onTestFinished(() => check.close());
    await check.see(endOf(1, 1));
    expect(check.takeNews()).toMatchObject([
      { method: "/acme.v1.Things/*", message: "acme.v1.Things has no method *" },
    ]);
  });

  test("are none of those that are not gRPC", async () => {
    const lab = captureOf(undefined, "unknown");
    const { check, see } = await checkOf(lab);
    await see(lab.add("client", STRANGE), lab.add("server", STRANGE), endOf(1, 1));
    expect(await check.settle()).toMatchObject({ fits: true, checked: 0, unchecked: { unknown: 0 } });
  });
});

describe("what was not checked", () => {
  test("is never a pass: events and bytes that are gone", async () => {
    const lab = captureOf(undefined);
    const { check, see } = await checkOf(lab);
    const event = lab.add("client", ALICE);
    await see(event, { kind: "dropped", from: 3, to: 12, events: 10 });
    expect(await check.settle()).toMatchObject({ fits: false, checked: 1, unchecked: { lost: 10 } });
    const trimmed = await checkOf(lab);
    lab.capture.messageBytes = () => undefined;
    await trimmed.see({ ...event, trimmed: true });
    expect(await trimmed.check.settle()).toMatchObject({ fits: false, checked: 0, unchecked: { lost: 1 } });
  });

  test("is never a pass: what is too large for us, or in an encoding that we do not know", async () => {
    const large = captureOf("gzip");
    const { check, see } = await checkOf(large, THINGS_PROTO, 100);
    await see(large.add("client", gzipSync(Buffer.alloc(1000)), 1));
    await see({ ...large.add("server", ALICE), truncated: true });
    expect(await check.settle()).toMatchObject({ fits: false, checked: 0, unchecked: { unreadable: 2 } });
    const odd = captureOf("lz4");
    const other = await checkOf(odd);
    await other.see(odd.add("client", ALICE, 1));
    expect(await other.check.settle()).toMatchObject({ fits: false, unchecked: { unreadable: 1 } });
  });

  test("is never a pass: a connection that could not be decoded any more", async () => {
    const lab = captureOf(undefined);
    const { check, see } = await checkOf(lab);
    const common = {
      seq: 9,
      at: 1,
      kind: "protocol-error",
      from: "client",
      connection: 1,
      code: "ERR_READER",
    } as const;
    await see({ ...common, message: "padding too long" });
    expect(await check.settle()).toMatchObject({ fits: true });
    const second = await checkOf(lab);
    await second.see({ ...common, message: "client: bad frame; this connection is no longer decoded" });
    expect(await second.check.settle()).toMatchObject({ fits: false, unchecked: { lost: 1 } });
  });

  test("is checked at the end when its schema came late", async () => {
    const lab = captureOf(undefined);
    const { check, schema, see } = await checkOf(lab, 'syntax = "proto3"; package other; message X {}');
    await see(lab.add("client", STRANGE), lab.add("server", ALICE));
    const late = await schemaOf(THINGS_PROTO);
    const { proto } = late.message("acme.v1.Thing")!.file;
    schema.addDescriptors("late", [toBinary(FileDescriptorProtoSchema, proto)]);
    expect(await check.settle()).toMatchObject({
      checked: 2,
      unchecked: { unknown: 0 },
      drifts: [{ code: "ERR_UNKNOWN_FIELD", path: "15" }],
    });
  });
});
