// A captured call as filters see it: its row, its fields, its messages and problems, each message looked at once.
import { gzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import { Capture } from "../../src/capture/capture.js";
import { type Filter, parseFilter } from "../../src/filter/filter.js";
import { FieldList } from "../../src/http2/hpack/field-list.js";
import type { MessageGuesser } from "../../src/message/guess.js";
import { walk } from "../../src/message/walk.js";
import { maskFields, maskPath } from "../../src/model/secrets.js";
import { MessageDecoder } from "../../src/schema/message-decoder.js";
import { CallList } from "../../src/session/call-list.js";
import { type CallViewOptions, CaptureCallView } from "../../src/session/capture-call-view.js";
import { MessageReader } from "../../src/session/message-reader.js";
import { openedProtos, TemporaryFolder } from "../schema/temporary-folder.js";
import { beginCall, endCall, resetCall, sendMessage } from "../support/capture-traffic.js";
import { ALICE, captureOf, METHOD, THINGS_PROTO } from "./message-lab.js";

async function decoder(): Promise<MessageDecoder> {
  const folder = await new TemporaryFolder().write({ "things.proto": THINGS_PROTO });
  const made = new MessageDecoder(await openedProtos(folder.path), true);
  onTestFinished(() => made.close());
  return made;
}

function readerOf(capture: Capture, options: { readonly decoder?: MessageDecoder } = {}): MessageReader {
  const reader = new MessageReader({ capture, ...options });
  onTestFinished(() => reader.close());
  return reader;
}

function filter(text: string): Filter {
  const result = parseFilter(text);
  if (result.kind === "mistake") throw new Error(result.mistake.message);
  return result.filter;
}

/** Whether a call of the capture passes, with a view of its own. */
function passes(capture: Capture, text: string, options: Partial<CallViewOptions> = {}, id = 1): boolean {
  const view = new CaptureCallView({ capture, ...options });
  expect(view.moveTo(id)).toBe(true);
  return filter(text).test(view, 0);
}

describe("a view of a call", () => {
  test("has what its row and its fields say", () => {
    const capture = new Capture();
    capture.tick(1000);
    const call = beginCall(capture, {
      method: "/a.B/C",
      connection: 4,
      fields: [
        ["grpc-timeout", "2S"],
        ["x-id", "7"],
        ["grpc-encoding", "gzip"],
      ],
    });
    for (const text of [
      "open",
      "!status",
      "deadline == 2s",
      "connection == 4",
      "stream.id == 1",
      "metadata.x-id == 7",
      "authority == localhost:1",
      "!how",
      "!ttfb",
    ]) {
      expect([text, passes(capture, text)]).toEqual([text, true]);
    }
    capture.tick(1010);
    sendMessage(capture, call, 0, new Uint8Array(5));
    sendMessage(capture, call, 1, new Uint8Array(7));
    sendMessage(capture, call, 1, new Uint8Array(7));
    capture.serverHeader(
      call,
      new FieldList(
        [
          [":status", "200"],
          ["x-by", "b"],
        ],
        0,
        0,
      ),
      false,
    );
    capture.tick(1025);
    endCall(capture, call, 5, "no%20such");
    for (const text of [
      "!open",
      "status == NOT_FOUND",
      'status.message == "no such"',
      "how == trailers",
      "by == server",
      "duration == 25ms",
      "ttfb == 10ms",
      "client.messages == 1",
      "server.messages == 2",
      "server.bytes == 14",
      "client.bytes == 5",
      "stream == server",
      "trailer.grpc-status == 5",
      "server.metadata.x-by == b",
      "encoding == gzip",
      "status.source == trailers",
      "!reset",
      "size == 7",
      "!schema",
      "!size.json",
    ]) {
      expect([text, passes(capture, text)]).toEqual([text, true]);
    }
    resetCall(capture, beginCall(capture), 8);
    expect(
      passes(
        capture,
        "reset == CANCEL && by == client && status == CANCELLED && status.message contains CANCEL",
        {},
        2,
      ),
    ).toBe(true);
  });

  test("takes the kind of stream from a schema, and says that there is one", () => {
    const capture = new Capture();
    beginCall(capture, { method: "/a.B/Known" });
    beginCall(capture, { method: "/a.B/Other" });
    const kinds = { kindOf: (method: string) => (method.endsWith("Known") ? ("bidi" as const) : undefined) };
    expect(passes(capture, "stream == bidi && schema", { kinds })).toBe(true);
    expect(passes(capture, "stream == unary && !schema", { kinds }, 2)).toBe(true);
  });

  test("reads messages as their schema says, also those that are compressed", async () => {
    const { capture, add } = captureOf("gzip");
    add("client", ALICE);
    add("server", gzipSync(ALICE), 1);
    const messages = readerOf(capture, { decoder: await decoder() });
    for (const text of [
      "client.message.id == 1001",
      "server.message.name =~ ^A",
      "message[0].name == Alice",
      "~b alice",
      "server.size == 10",
      `size.json == ${'{"id":1001,"name":"Alice"}'.length}`,
    ]) {
      expect([text, passes(capture, text, { messages })]).toEqual([text, true]);
    }
    for (const text of ["client.message.id == 1002", "message[1].name == Alice", "server.size == 30"]) {
      expect([text, passes(capture, text, { messages })]).toEqual([text, false]);
    }
    expect(METHOD).toContain("Things");
  });

  test("finds text in the octets of messages that no schema knows", () => {
    const { capture, add } = captureOf(undefined);
    add("client", ALICE);
    expect(passes(capture, "~bq alice", { messages: readerOf(capture) })).toBe(true);
    expect(passes(capture, "~bs alice", { messages: readerOf(capture) })).toBe(false);
    expect(passes(capture, "~b alice")).toBe(false);
  });

  test("leaves messages alone that are too large, and says so", () => {
    const { capture, add } = captureOf(undefined);
    add("client", new Uint8Array(2000).fill(0x61));
    const view = new CaptureCallView({ capture, messages: readerOf(capture), maxMessageBytes: 1000 });
    const wanted = filter("~b aaa || size > 3000");
    view.moveTo(1);
    expect(wanted.test(view, 0)).toBe(false);
    expect(view.unsearched).toBe(1);
    expect(passes(capture, "size > 1900", { messages: readerOf(capture), maxMessageBytes: 1000 })).toBe(true);
  });

  test("knows problems of the call and of its messages", () => {
    const { capture, add } = captureOf(undefined);
    add("client", ALICE);
    expect(passes(capture, "problem")).toBe(false);
    add("client", ALICE, 1);
    expect(passes(capture, "problem == ERR_NO_ENCODING")).toBe(true);
    const broken = beginCall(capture);
    capture.problem(1, broken, 0, "ERR_BROKEN", "what");
    expect(passes(capture, "problem == ERR_BROKEN", {}, 2)).toBe(true);
    expect(passes(capture, "problem == ERR_OTHER", {}, 2)).toBe(false);
  });

  test("knows what of its messages does not fit the schema", async () => {
    const { capture, add } = captureOf(undefined);
    const messages = readerOf(capture, { decoder: await decoder() });
    add("client", ALICE);
    expect(passes(capture, "drift || problem", { messages })).toBe(false);
    add("server", Uint8Array.of(0x10, 1));
    for (const text of ["drift", "problem", "drift == ERR_WIRE_TYPE", "problem contains wire_type"])
      expect([text, passes(capture, text, { messages })]).toEqual([text, true]);
    expect(passes(capture, "drift == ERR_UNKNOWN_FIELD", { messages })).toBe(false);
    expect(passes(capture, "drift || problem", { messages: readerOf(capture) })).toBe(false);
  });

  test("looks at each message once, however often the call is asked", () => {
    const { capture, add } = captureOf(undefined);
    const reader = readerOf(capture);
    let read = 0;
    const glance = reader.glance.bind(reader);
    reader.glance = (seq) => {
      read++;
      return glance(seq);
    };
    const view = new CaptureCallView({ capture, messages: reader });
    const wanted = filter("~b nothing || ~bq nothing || ~bs nothing");
    for (let count = 0; count < 100; count++) {
      add("server", ALICE);
      view.moveTo(1);
      expect(wanted.test(view, 0)).toBe(false);
    }
    expect(read).toBe(100);
    add("server", Uint8Array.from(Buffer.from("nothing")));
    view.moveTo(1);
    expect(wanted.test(view, 0)).toBe(true);
  });

  test("ends with questions to a long stream however little time each turn has", () => {
    const { capture, add } = captureOf(undefined);
    for (let count = 0; count < 5000; count++) add("server", ALICE);
    endCall(capture, beginCall(capture));
    const view = new CaptureCallView({ capture, messages: readerOf(capture) });
    let looks = 0;
    view.hurry(() => ++looks % 3 === 0);
    // Both have to look at all messages, each in many turns.
    const wanted = filter("~b nothing || size > 4000");
    let turns = 0;
    do {
      view.moveTo(2);
      view.moveTo(1);
      expect(wanted.test(view, 0)).toBe(false);
      turns++;
    } while (view.isPending && turns < 100_000);
    expect(view.isPending).toBe(false);
    expect(turns).toBeGreaterThan(1000);
  });

  test("does not let a filter guess what is masked", () => {
    const capture = new Capture();
    beginCall(capture, {
      method: "/a.B/C?token=hidden",
      fields: [
        ["authorization", "Bearer hidden"],
        ["x-id", "7"],
      ],
    });
    const mask = {
      fields: (fields: Parameters<typeof maskFields>[0]) => maskFields(fields, 1),
      path: (path: string) => maskPath(path, 1),
    };
    expect(passes(capture, "metadata contains hidden")).toBe(true);
    for (const text of ["metadata contains hidden", "method contains hidden", "hidden", "~h hidden"]) {
      expect([text, passes(capture, text, { mask })]).toEqual([text, false]);
    }
    expect(passes(capture, "metadata.x-id == 7", { mask })).toBe(true);
  });
});

describe("a list by what is in messages", () => {
  test("waits for those that cannot be inflated at once, and says when it goes on", async () => {
    const { capture, add } = captureOf("gzip");
    // Beyond what is inflated while everybody waits.
    add("client", gzipSync(Buffer.concat([Buffer.alloc(600_000), Buffer.from("needle")])), 1);
    const list = new CallList({ capture, clock: () => performance.now(), messages: readerOf(capture) });
    const wanted = filter("~b needle");
    list.setFilter(wanted);
    expect(list.update(0, 1000)).toMatchObject({ behind: false, tested: 0 });
    expect(list.length).toBe(0);
    await list.ready;
    expect(list.ready).toBeUndefined();
    list.update(0, 1000);
    expect(list.update(0, 1000)).toMatchObject({ behind: false, tested: 1 });
    expect(list.length).toBe(1);
  });

  test("asks again when messages are to be read otherwise than before", () => {
    const { capture, add } = captureOf(undefined);
    add("client", ALICE);
    const guesser = new Guesser();
    const reader = new MessageReader({ capture, guesser });
    onTestFinished(() => reader.close());
    const list = new CallList({ capture, clock: () => performance.now(), messages: reader });
    list.setFilter(filter("client.message.mind == 2"));
    expect(list.update(0, 1000)).toMatchObject({ behind: false, tested: 1 });
    expect(list.length).toBe(0);
    guesser.mind = 2;
    guesser.tell();
    list.update(0, 1000);
    expect(list.length).toBe(1);
  });
});

/** A guesser whose mind the test changes. */
class Guesser implements MessageGuesser {
  mind = 1;
  tell: () => void = () => {};

  guess(_method: string, _from: string, bytes: Uint8Array) {
    const json = JSON.stringify({ mind: this.mind });
    return { tree: walk(bytes, undefined), json, preview: () => json };
  }

  version(): number {
    return this.mind;
  }

  onChange(listener: () => void): () => void {
    this.tell = listener;
    return () => {};
  }
}
