// Answers to single requests: lists by page, calls, messages in ranges, statistics, types that come late.
import { create, toBinary } from "@bufbuild/protobuf";
import {
  FileDescriptorProtoSchema,
  file_google_protobuf_field_mask,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from "@bufbuild/protobuf/wkt";
import { describe, expect, test } from "vitest";
import { Capture, MIN_MAX_MEMORY_BYTES } from "../../src/capture/capture.js";
import { CLIENT, SERVER } from "../../src/http2/stream.js";
import { MessageDecoder } from "../../src/schema/message-decoder.js";
import { SchemaSet } from "../../src/schema/schema-set.js";
import { FixedTypes } from "../../src/schemaless/fixed-types.js";
import { SchemalessReader } from "../../src/schemaless/schemaless-reader.js";
import { MessageReader } from "../../src/session/message-reader.js";
import { FeedLab, Traffic, VIEW_TOKEN } from "./lab.js";

const GET = "/acme.v1.Things/Get";
/** id 1001, name "Alice". */
const ALICE = Buffer.from("08e9071205416c696365", "hex");
const THINGS = toBinary(
  FileDescriptorProtoSchema,
  create(FileDescriptorProtoSchema, {
    ...{ name: "things.proto", package: "acme.v1", syntax: "proto3" },
    messageType: [
      {
        name: "Thing",
        field: [
          { name: "id", jsonName: "id", number: 1, type: Type.INT32, label: Label.OPTIONAL },
          { name: "name", jsonName: "name", number: 2, type: Type.STRING, label: Label.OPTIONAL },
        ],
      },
    ],
    service: [{ name: "Things", method: [{ name: "Get", inputType: ".acme.v1.Thing", outputType: ".acme.v1.Thing" }] }],
  }),
);

/** A message with a google.protobuf.FieldMask. */
const MASKS = toBinary(
  FileDescriptorProtoSchema,
  create(FileDescriptorProtoSchema, {
    ...{ name: "masks.proto", package: "acme.v1", syntax: "proto3" },
    dependency: ["google/protobuf/field_mask.proto"],
    messageType: [
      {
        name: "Masked",
        field: [
          {
            ...{ name: "mask", jsonName: "mask", number: 1, type: Type.MESSAGE, label: Label.OPTIONAL },
            typeName: ".google.protobuf.FieldMask",
          },
        ],
      },
    ],
    service: [
      { name: "Masks", method: [{ name: "Get", inputType: ".acme.v1.Masked", outputType: ".acme.v1.Masked" }] },
    ],
  }),
);

function learn(lab: FeedLab): void {
  lab.schema.addDescriptors("late", [THINGS]);
}

describe("list", () => {
  test("gives the first calls in the order of a column, with what is open last either way", async () => {
    const lab = await FeedLab.start();
    for (const ms of [30, 10, 20]) {
      const call = lab.traffic.begin(GET);
      lab.traffic.now += ms;
      call.ends();
    }
    lab.traffic.begin(GET);
    const client = await lab.client();
    const order = async (more: object) => {
      client.ask({ op: "list", id: 1, sort: "duration", ...more });
      const { calls, more: further } = await client.heard("list");
      return [calls.map(({ call }) => call), further];
    };
    expect(await order({})).toEqual([[2, 3, 1, 4], false]);
    expect(await order({ descending: true })).toEqual([[1, 3, 2, 4], false]);
    expect(await order({ limit: 1 })).toEqual([[2], true]);
    expect(await order({ filter: "open" })).toEqual([[4], false]);
  });

  test("gives the newest calls first, page by page", async () => {
    const lab = await FeedLab.start();
    for (let count = 0; count < 10; count++) lab.traffic.unary(GET);
    const client = await lab.client();
    client.ask({ op: "list", id: 1, limit: 4 });
    const first = await client.heard("list");
    expect(first.calls.map(({ call }) => call)).toEqual([10, 9, 8, 7]);
    expect(first).toMatchObject({ id: 1, more: true, total: 10 });
    expect(first.calls[0]).toMatchObject({
      method: GET,
      client: { messages: 1, bytes: 2 },
      end: { status: { name: "OK" } },
    });
    client.ask({ op: "list", id: 2, limit: 6, before: 7 });
    const second = await client.heard("list");
    expect(second.calls.map(({ call }) => call)).toEqual([6, 5, 4, 3, 2, 1]);
    expect(second.more).toBe(false);
    client.ask({ op: "list", id: 3, limit: 2, after: 3 });
    expect((await client.heard("list")).calls.map(({ call }) => call)).toEqual([4, 5]);
  });

  test("gives those that match a filter", async () => {
    const lab = await FeedLab.start();
    for (let count = 0; count < 10; count++) lab.traffic.unary(GET, count % 5);
    const client = await lab.client();
    client.ask({ op: "list", id: 1, filter: "status == 3" });
    expect((await client.heard("list")).calls.map(({ call }) => call)).toEqual([9, 4]);
  });

  test("ends where calls are not kept any more", async () => {
    const lab = await FeedLab.start({ maxMemoryBytes: MIN_MAX_MEMORY_BYTES });
    while (lab.capture.counters.trimmedCalls === 0) lab.traffic.unary(GET);
    const client = await lab.client();
    const kept = lab.capture.counters.calls - lab.capture.counters.trimmedCalls;
    client.ask({ op: "list", id: 1, before: lab.capture.counters.trimmedCalls + 3 });
    const { calls, more, total } = await client.heard("list");
    expect(calls).toHaveLength(2);
    expect({ more, total }).toEqual({ more: false, total: kept });
  });

  test("hides secrets in paths", async () => {
    const lab = await FeedLab.start();
    lab.traffic.begin("/a.B/C?token=hunter2");
    const client = await lab.client();
    client.ask({ op: "list", id: 1 });
    await client.heard("list");
    client.ask({ op: "get", id: 1, call: 1 });
    await client.heard("call");
    expect(client.texts.join("\n")).not.toContain("hunter2");
  });
});

describe("get", () => {
  test("of a call gives its row and its events, page by page", async () => {
    const lab = await FeedLab.start();
    lab.traffic.unary(GET);
    const client = await lab.client();
    client.ask({ op: "get", id: 1, call: 1, limit: 3 });
    const first = await client.heard("call");
    expect(first.events.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(first).toMatchObject({ id: 1, more: true, call: { call: 1, method: GET } });
    client.ask({ op: "get", id: 2, call: 1, after: 3 });
    const second = await client.heard("call");
    expect(second.events.map(({ seq }) => seq)).toEqual([4, 5]);
    expect(second.more).toBe(false);
  });

  test("of a call gives its newest events, and says how many it passed over", async () => {
    const lab = await FeedLab.start();
    const call = lab.traffic.begin(GET);
    for (let index = 0; index < 10; index++) {
      call.says(SERVER, [8, index]);
      lab.traffic.unary(GET);
    }
    const client = await lab.client();
    const ask = async (more: object) => {
      client.ask({ op: "get", id: 1, call: 1, newest: true, ...more });
      const { events, passed, more: isMore } = await client.heard("call");
      expect(isMore).toBe(false);
      return { said: events.map((event) => ("index" in event ? event.index : event.kind)), passed };
    };
    expect(await ask({ limit: 3 })).toEqual({ said: [7, 8, 9], passed: 8 });
    expect(await ask({})).toEqual({ said: ["client-header", 0, 1, 2, 3, 4, 5, 6, 7, 8, 9], passed: undefined });
    // The seq of its own message 5, then of another call's event after that.
    const fifth = 1 + 1 + 5 * 6;
    expect(await ask({ limit: 3, after: fifth })).toEqual({ said: [7, 8, 9], passed: 1 });
    expect(await ask({ limit: 3, after: fifth + 1 })).toEqual({ said: [7, 8, 9], passed: 1 });
    expect(await ask({ limit: 3, after: fifth + 60 })).toEqual({ said: [], passed: undefined });
  });

  test("of a message gives its JSON, its tree and its bytes", async () => {
    const lab = await FeedLab.start();
    learn(lab);
    lab.traffic.begin(GET).says(CLIENT, ALICE);
    const client = await lab.client();
    const message = { op: "get", call: 1, side: "client", index: 0 } as const;
    client.ask({ ...message, id: 1 });
    expect(await client.heard("message")).toMatchObject({
      id: 1,
      as: "json",
      type: "acme.v1.Thing",
      json: { id: 1001, name: "Alice" },
      sizes: { wire: 10, protobuf: 10, json: 26 },
    });
    client.ask({ ...message, id: 2, as: "tree" });
    const tree = await client.heard("message");
    expect(tree).toMatchObject({ offset: 0, total: 2 });
    expect(tree.rows).toMatchObject([
      {
        depth: 0,
        name: "id",
        value: "1001",
        number: 1,
        wire: "varint",
        start: 0,
        valueStart: 1,
        end: 3,
        from: "schema",
      },
      { depth: 0, name: "name", number: 2, wire: "len", start: 3, valueStart: 5, end: 10, string: true },
    ]);
    client.ask({ ...message, id: 3, as: "bytes" });
    expect(await client.heard("message")).toMatchObject({ data: ALICE.toString("base64"), offset: 0, total: 10 });
    client.ask({ ...message, id: 4, as: "hex" });
    expect(await client.heard("message")).toMatchObject({ hex: ALICE.toString("hex") });
  });

  test("gives ranges of each", async () => {
    const lab = await FeedLab.start();
    learn(lab);
    lab.traffic.begin(GET).says(CLIENT, ALICE);
    const client = await lab.client();
    const message = { op: "get", call: 1, side: "client", index: 0 } as const;
    client.ask({ ...message, id: 1, as: "json", offset: 1, limit: 9 });
    expect(await client.heard("message")).toMatchObject({ text: '"id":1001', offset: 1, total: 26 });
    client.ask({ ...message, id: 2, as: "tree", offset: 1, limit: 1 });
    expect((await client.heard("message")).rows).toMatchObject([{ name: "name" }]);
    client.ask({ ...message, id: 3, as: "hex", offset: 3, limit: 2 });
    expect(await client.heard("message")).toMatchObject({ hex: "1205", offset: 3, total: 10 });
    client.ask({ ...message, id: 4, as: "bytes", offset: 1000 });
    expect(await client.heard("message")).toMatchObject({ data: "", offset: 10, total: 10 });
  });
});

test("statistics are counted by method, and again when asked again", async () => {
  const lab = await FeedLab.start();
  lab.traffic.unary(GET);
  lab.traffic.unary(GET, 5);
  const client = await lab.client();
  client.ask({ op: "stats", id: 1 });
  const first = await client.heard("stats");
  expect(first.methods).toMatchObject([{ method: GET, calls: 2, errors: 1, statuses: { 0: 1, 5: 1 } }]);
  expect(first.total).toMatchObject({ method: "", calls: 2, open: 0, latency: { count: 2 } });
  lab.traffic.unary(GET);
  client.ask({ op: "stats", id: 2 });
  expect((await client.heard("stats")).total.calls).toBe(3);
});

describe("a type that is known only later", () => {
  test("is told, with what messages say that were told without it", async () => {
    const lab = await FeedLab.start();
    const call = lab.traffic.begin(GET);
    call.says(CLIENT, ALICE);
    const client = await lab.client();
    client.ask({ op: "subscribe", id: 1 });
    client.ask({ op: "subscribe", id: 2, want: "messages", batch: true });
    await client.heard("synced", ({ id }) => id === 2);
    expect(client.streamed(1).find(({ kind }) => kind === "client-message")).not.toHaveProperty("type");
    learn(lab);
    await client.heard("schema-changed");
    const decoded = { kind: "decoded", seq: 2, call: 1, side: "client", index: 0, type: "acme.v1.Thing" };
    const all = [await client.heard("decoded"), await client.heard("decoded")].sort((a, b) => a.id! - b.id!);
    expect(all).toEqual([
      { ...decoded, id: 1, json: { id: 1001, name: "Alice" } },
      { ...decoded, id: 2 },
    ]);
    call.says(SERVER, ALICE);
    expect(await client.heard("server-message", ({ id }) => id === 1)).toMatchObject({ json: { name: "Alice" } });
  });

  test("makes calls match a filter that speaks of their fields", async () => {
    const lab = await FeedLab.start();
    const call = lab.traffic.begin(GET);
    call.says(CLIENT, ALICE);
    call.ends();
    const client = await lab.client();
    client.ask({ op: "subscribe", id: 1, filter: 'client.message.name == "Alice"' });
    await client.heard("synced");
    expect(client.seqs()).toEqual([]);
    learn(lab);
    await client.heard("call-end");
    expect(client.seqs()).toEqual(["late 1", "late 2", "late 3", "late 4"]);
  });

  test("can be added by a client with the control token", async () => {
    const added: Uint8Array[] = [];
    const addSchema = (protoset: Uint8Array) => added.push(protoset);
    const lab = await FeedLab.start({ source: { addSchema } });
    const client = await lab.client();
    client.ask({ op: "schema", id: 1, protoset: "CgA=" });
    expect(await client.heard("schema")).toEqual({ kind: "schema", id: 1, files: 1 });
    expect(added.map((bytes) => [...bytes])).toEqual([[10, 0]]);
  });

  test("is given as a whole, with what the user said of fields", async () => {
    const types = () => ({ protoset: Uint8Array.of(10, 0), corrections: "{}" });
    const lab = await FeedLab.start({ source: { types } });
    const client = await lab.client(VIEW_TOKEN);
    client.ask({ op: "types", id: 1 });
    expect(await client.heard("types")).toEqual({ kind: "types", id: 1, protoset: "CgA=", corrections: "{}" });
  });
});

describe("clearing", () => {
  test("drops what is kept for all who look, tells them, and goes on with what is open", async () => {
    const lab = await FeedLab.start();
    lab.traffic.unary("/a.B/Done");
    const open = lab.traffic.begin("/a.B/Open");
    const viewer = await lab.client(VIEW_TOKEN);
    viewer.ask({ op: "subscribe", id: 1, want: "messages", batch: true });
    await viewer.heard("synced");
    const client = await lab.client();
    const last = lab.capture.newestSeq;
    client.ask({ op: "clear", id: 7 });
    expect(await client.heard("cleared", ({ id }) => id === 7)).toEqual({ kind: "cleared", id: 7, seq: last });
    open.says(CLIENT, [8, 1]);
    expect(await viewer.heard("cleared")).toEqual({ kind: "cleared", seq: last });
    await viewer.heard("client-message");
    expect(viewer.seqs()).toEqual([...Array(last + 1).keys()].map((seq) => String(seq + 1)));
    client.ask({ op: "list", id: 2 });
    expect(await client.heard("list")).toMatchObject({ calls: [{ call: open.id }], more: false, total: 1 });
    client.ask({ op: "get", id: 3, call: 1 });
    expect(await client.heard("error")).toMatchObject({ id: 3, code: "ERR_NO_CALL" });
    client.ask({ op: "subscribe", id: 4, since: 1 });
    expect(await client.heard("dropped")).toEqual({ kind: "dropped", id: 4, from: 2, to: last, events: last - 1 });
  });

  test("is no reason to close a client that has not read what is gone", async () => {
    const lab = await FeedLab.start();
    const client = await lab.client();
    client.ask({ op: "subscribe", id: 1 });
    await client.heard("synced");
    lab.traffic.unary("/a.B/Unread");
    lab.capture.clear();
    const cleared = lab.capture.newestSeq;
    lab.traffic.unary("/a.B/After");
    expect(await client.heard("dropped")).toMatchObject({ from: 1, to: cleared });
    expect(await client.heard("client-header")).toMatchObject({ method: "/a.B/After" });
  });
});

describe("a field that no schema knows", () => {
  async function guessing(): Promise<{ lab: FeedLab; types: FixedTypes }> {
    const types = new FixedTypes();
    const capture = new Capture();
    const messages = new MessageReader({ capture, guesser: new SchemalessReader(types) });
    const lab = await FeedLab.start({
      source: { capture, messages, correct: (method, side, path, said) => types.set(method, side, path, said) },
    });
    const call = new Traffic(capture).begin("/a.B/Get");
    call.says(CLIENT, [8, 1]);
    return { lab, types };
  }

  test("is what the user says it is, for everybody who looks", async () => {
    const { lab, types } = await guessing();
    const passedOn: unknown[] = [];
    types.onSet = (...said) => passedOn.push(said);
    const client = await lab.client();
    const viewer = await lab.client(VIEW_TOKEN);
    client.ask({ op: "correct", id: 1, method: "/a.B/Get", side: "client", path: "1", name: "is_new", type: "bool" });
    await client.heard("corrected");
    await viewer.heard("schema-changed");
    viewer.ask({ op: "get", id: 2, call: 1, side: "client", index: 0, as: "tree" });
    const { rows } = await viewer.heard("message");
    expect(rows?.[0]).toMatchObject({ name: "is_new", value: "true", numbers: "1", note: "as you said" });
    expect(types.toText()).toContain("is_new");
    expect(passedOn).toEqual([["/a.B/Get", "client", "1", { name: "is_new", type: "bool" }]]);
  });

  test("is not corrected by who may only look, nor to what is no type", async () => {
    const { lab } = await guessing();
    const viewer = await lab.client(VIEW_TOKEN);
    const said = { op: "correct", id: 1, method: "/a.B/Get", side: "client", path: "1" } as const;
    viewer.ask(said);
    expect(await viewer.heard("error")).toMatchObject({ id: 1, code: "ERR_NOT_ALLOWED" });
    const client = await lab.client();
    client.ask({ ...said, type: "strong" });
    expect(await client.heard("error")).toMatchObject({ id: 1, code: "ERR_TYPES" });
    client.ask({ ...said, path: "x" });
    expect(await client.heard("error")).toMatchObject({ id: 1, code: "ERR_TYPES" });
  });
});

test("frames of a call's stream are told with runs as one, once somebody looks", async () => {
  const lab = await FeedLab.start();
  const client = await lab.client();
  const { capture } = lab.traffic;
  expect(capture.frames).toBeUndefined();
  client.ask({ op: "list", id: 1 });
  await client.heard("list");
  const call = lab.traffic.unary(GET);
  const { frames } = capture;
  frames?.begin(1, 1000);
  frames?.add(0, 1, 0x25, 1, 40);
  frames?.add(1, 0, 0, 1, 100);
  frames?.add(1, 0, 0, 1, 50);
  frames?.add(0, 8, 0, 1, 4);
  frames?.value(150);
  frames?.add(1, 0, 0, 3, 9);
  frames?.add(0, 3, 0, 1, 4);
  frames?.value(8);
  client.ask({ op: "get", id: 1, call: call.id, as: "frames" });
  const told = { at: 1000, length: 4, flags: [] };
  expect((await client.heard("frames")).frames).toEqual([
    { ...told, from: "client", type: "HEADERS", flags: ["END_HEADERS", "END_STREAM", "PRIORITY"], length: 40 },
    { ...told, from: "server", type: "DATA", length: 150, count: 2 },
    { ...told, from: "client", type: "WINDOW_UPDATE", value: 150 },
    { ...told, from: "client", type: "RST_STREAM", value: 8 },
  ]);
  client.ask({ op: "get", id: 2, call: 99, as: "frames" });
  expect(await client.heard("error")).toMatchObject({ id: 2, code: "ERR_NO_CALL" });
});

describe("a call as a command", () => {
  const ask = async (lab: FeedLab, as: "grpcurl" | "buf", call: number) => {
    const client = await lab.client();
    client.ask({ op: "get", id: 1, call, as });
    return client;
  };

  test("has its message, its server, and masks for grpcurl as the messages they are", async () => {
    const schema = new SchemaSet();
    const decoder = new MessageDecoder(schema, true);
    const capture = new Capture();
    const lab = await FeedLab.start({ source: { capture, schema, messages: new MessageReader({ capture, decoder }) } });
    schema.addDescriptors("late", [toBinary(FileDescriptorProtoSchema, file_google_protobuf_field_mask.proto), MASKS]);
    const traffic = new Traffic(capture);
    traffic.connection();
    const call = traffic.begin("/acme.v1.Masks/Get", ["authorization", "Bearer hunter2"]);
    // mask: paths "a_b"
    call.says(CLIENT, [0x0a, 5, 0x0a, 3, 0x61, 0x5f, 0x62]);
    call.ends();
    const { text, notes } = await (await ask(lab, "grpcurl", call.id)).heard("command");
    expect(text).toBe(
      `grpcurl -plaintext -H 'authorization: MASKED' -d '{"mask":{"paths":["a_b"]}}' -- 127.0.0.1:6 acme.v1.Masks/Get`,
    );
    expect(notes).toEqual(["1 secret is MASKED"]);
    const buf = await (await ask(lab, "buf", call.id)).heard("command");
    expect(buf.text).toContain(`--data '{"mask":"aB"}' -- http://127.0.0.1:6/acme.v1.Masks/Get`);
  });

  test.for([
    ["https://api.example.com", "", "grpcurl -- api.example.com:443 "],
    ["https://api.example.com", "api.example.com:443", "grpcurl -- api.example.com:443 "],
    ["http://[::1]:7/", "", "grpcurl -plaintext -- '[::1]:7' "],
    ["localhost:7", "localhost:7", "grpcurl -plaintext -- localhost:7 "],
    ["unix:/run/a.sock", "", "grpcurl -plaintext -unix -- /run/a.sock "],
  ])("of a server at %s that was not reached leads there all the same, told %j of it", async (told) => {
    const [upstream = "", server = "", begins = ""] = told;
    const lab = await FeedLab.start({ source: { upstream } });
    lab.traffic.connection(server);
    const call = lab.traffic.begin(GET);
    call.ends(14);
    const { text } = await (await ask(lab, "grpcurl", call.id)).heard("command");
    expect(text).toBe(`${begins}${GET.slice(1)}`);
  });

  test("says which messages are left out, and is refused for a call that is gone", async () => {
    const lab = await FeedLab.start();
    const call = lab.traffic.unary(GET);
    const { notes } = await (await ask(lab, "grpcurl", call.id)).heard("command");
    expect(notes).toEqual(["message 0 has no schema and is left out"]);
    expect(await (await ask(lab, "grpcurl", 99)).heard("error")).toMatchObject({ code: "ERR_NO_CALL" });
  });
});

test("connections are told with what each side said and did", async () => {
  const lab = await FeedLab.start();
  const { capture, traffic } = lab;
  traffic.connection();
  traffic.unary(GET);
  traffic.unary(GET);
  capture.connectionEvent({ kind: "settings", connection: 1, from: "server", settings: { MAX_FRAME_SIZE: 20_000 } });
  capture.connectionEvent({ kind: "ping", connection: 1, from: "client", data: "00" });
  capture.connectionEvent({ kind: "ping", connection: 1, from: "server", data: "00", ack: true, roundTripMs: 3 });
  capture.connectionEvent({ kind: "window-stall", connection: 1, from: "server", stream: 0, durationMs: 40 });
  capture.connectionEvent({
    ...{ kind: "goaway", connection: 1, from: "server", lastStream: 3, code: 11, name: "ENHANCE_YOUR_CALM" },
    debug: "too_many_pings",
  });
  const client = await lab.client();
  client.ask({ op: "connections", id: 1 });
  const { connections, behind } = await client.heard("connections");
  expect(behind).toBe(false);
  expect(connections).toHaveLength(1);
  expect(connections[0]).toMatchObject({
    connection: 1,
    calls: 2,
    opened: { client: "127.0.0.1:5", server: "127.0.0.1:6", protocol: "h2" },
    client: { pings: 1, roundTripMs: 3, stalls: 0, settings: {} },
    server: { settings: { MAX_FRAME_SIZE: 20_000 }, stalls: 1, stalledMs: 40, goaway: { debug: "too_many_pings" } },
  });
});

test("sources are told with their services, their methods and what was wrong", async () => {
  const schema = new SchemaSet();
  const lab = await FeedLab.start({ source: { schema } });
  schema.addDescriptors("late", [THINGS, Uint8Array.of(0xff)]);
  const client = await lab.client();
  client.ask({ op: "sources", id: 1 });
  const { services, problems } = await client.heard("sources");
  expect(services).toEqual([{ name: "acme.v1.Things", source: "late", methods: ["Get"] }]);
  expect(problems).toHaveLength(1);
});
