// Traffic against its contract: servers and clients of a newer version, read with the older schema, by the built program.
import { connect } from "node:http2";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Metadata } from "@grpc/grpc-js";
import protobuf from "protobufjs";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Event, readEvents } from "./event-shapes.js";
import { Program } from "./program.js";
import { type ServerCall, startClient, startServer, statusOf } from "./sample.js";

const SAMPLES = fileURLToPath(new URL("../../proto-samples", import.meta.url));
const V1 = join(SAMPLES, "contract/v1/orders.proto");
const V2 = join(SAMPLES, "contract/v2/orders.proto");
const SERVICE = "/shop.orders.OrderService";

const v2 = protobuf.loadSync(V2);

/** As other people's programs of version 2 write it. */
function encoded(type: string, value: object): Buffer {
  const message = v2.lookupType(`shop.orders.${type}`);
  return Buffer.from(message.encode(message.fromObject(value)).finish());
}

const ORDER = encoded("Order", {
  id: "order-1",
  customerId: 7,
  items: [
    { sku: "a", quantity: 1 },
    { sku: "b", unitPrice: { currencyCode: "EUR", units: 5 } },
  ],
  status: "ORDER_STATUS_DELIVERED",
  total: { currencyCode: "EUR", units: 5 },
  createdAt: { seconds: 1 },
  tags: ["x", "y"],
});

const METHODS = {
  [`${SERVICE}/GetOrder`]: (call: ServerCall) => {
    call.on("data", () => call.write(ORDER)).on("end", () => call.end());
  },
  [`${SERVICE}/ListOrders`]: (call: ServerCall) => {
    call.resume();
    for (let left = 3; left > 0; left--) call.write(ORDER);
    call.end();
  },
  [`${SERVICE}/CancelOrder`]: (call: ServerCall) => {
    call.on("data", () => call.write(ORDER)).on("end", () => call.end());
  },
  "/other.Things/None": (call: ServerCall) => {
    call.resume().on("end", () => call.end());
  },
  "/other.Things/Get": (call: ServerCall) => {
    call.on("data", () => call.write(ORDER)).on("end", () => call.end());
  },
};

async function start(...args: string[]) {
  const server = await startServer(METHODS);
  const program = new Program([`127.0.0.1:${server}`, "-l", "0", "--no-reflect", "--no-feed", ...args]);
  const client = startClient(await program.port());
  const call = async (method: string, request?: Buffer, metadata = new Metadata()) => {
    const open = client.open(method.startsWith("/") ? method : `${SERVICE}/${method}`, metadata);
    if (request !== undefined) open.write(request);
    open.end();
    expect((await statusOf(open)).code).toBe(0);
  };
  return { program, call };
}

const get = encoded("GetOrderRequest", { id: "order-1" });

/** Of each kind of drift its side, code and field. */
function kinds(contract: Event | undefined): readonly string[] {
  const drifts = contract?.drifts as readonly { side: string; code: string; path: string; count: number }[];
  return drifts.map(({ side, code, path, count }) => `${side} ${code} ${path} ${count}`).sort();
}

describe("a server of a newer contract", () => {
  test("is told apart from its schema, field by field, and fails the run that asked", async () => {
    const { program, call } = await start("-o", "ndjson", "--proto", V1, "--fail-on-drift");
    await call("GetOrder", get);
    await call("GetOrder", get);
    await program.until(() => program.lines.filter((line) => line.includes('"call-end"')).length === 2);
    const { code, stderr } = await program.end("SIGTERM");
    expect(code).toBe(1);
    const events = readEvents(program.lines);
    const contract = events.at(-1);
    expect(contract).toMatchObject({ kind: "contract", fits: false, checked: 4 });
    expect(contract?.unchecked).toEqual({ lost: 0, unreadable: 0, unknown: 0 });
    expect(kinds(contract)).toEqual([
      "server ERR_UNKNOWN_ENUM status 2",
      "server ERR_UNKNOWN_FIELD 11 2",
      "server ERR_UNKNOWN_FIELD 9 2",
      "server ERR_WIRE_TYPE items.unitPrice 2",
      "server ERR_WIRE_TYPE total 2",
    ]);
    const drifts = contract?.drifts as readonly { path: string; first: object; method: string }[];
    expect(drifts.find(({ path }) => path === "items.unitPrice")).toMatchObject({
      method: `${SERVICE}/GetOrder`,
      first: { call: 1, index: 0, path: "items[1].unitPrice" },
    });
    // Live, each kind and field once, though it came twice.
    const live = events.filter(({ kind }) => kind === "drift");
    expect(live.map(({ code: what, path, call: where }) => `${what} ${path} ${where}`).sort()).toEqual([
      "ERR_UNKNOWN_ENUM status 1",
      "ERR_UNKNOWN_FIELD 11 1",
      "ERR_UNKNOWN_FIELD 9 1",
      "ERR_WIRE_TYPE items[1].unitPrice 1",
      "ERR_WIRE_TYPE total 1",
    ]);
    expect(stderr).toContain("framelens: traffic does not fit its schemas, in 5 ways (4 messages checked):\n");
    expect(stderr).toMatch(/^ {2}shop\.orders\.OrderService\/GetOrder\n {4}server /m);
    expect(stderr).toMatch(
      / total +ERR_WIRE_TYPE +2× wire type 2, where the schema has 0 \(first in call 1, message 0\)$/m,
    );
  });

  test("is told of in the log, each kind once a method as it comes and all at the end, without failing the run", async () => {
    const { program, call } = await start("-o", "log", "--proto", V1);
    await call("GetOrder", get);
    await call("GetOrder", get);
    await call("ListOrders", encoded("ListOrdersRequest", { customerId: 7 }));
    await program.until(() => program.lines.filter((line) => / OK /.test(line)).length === 3);
    const { code, stderr } = await program.end("SIGTERM");
    expect(code).toBe(143);
    const told = program.lines.filter((line) => line.includes("does not fit the schema"));
    const codes = told.map((line) => /\/(\w+) .* by server: .*\((ERR_\w+)\)$/.exec(line)?.slice(1).join(" "));
    expect(codes.filter((text) => text?.startsWith("GetOrder")).sort()).toEqual([
      "GetOrder ERR_UNKNOWN_ENUM",
      "GetOrder ERR_UNKNOWN_FIELD",
      "GetOrder ERR_WIRE_TYPE",
    ]);
    expect(new Set(codes).size).toBe(codes.length);
    expect(codes).toContain("ListOrders ERR_NOT_STREAMING");
    expect(stderr).toMatch(
      / - +ERR_NOT_STREAMING +1× a second message, where the schema has one \(first in call 3, message 1\)$/m,
    );
  });

  test("is a method that the service does not have, and a service that the package does not have", async () => {
    const { program, call } = await start("-o", "none", "--proto", V1, "--fail-on-drift");
    await call("CancelOrder", encoded("CancelOrderRequest", { id: "1" }));
    const client = startClient(await program.port());
    const lost = client.open("/shop.orders.Returns/Open", new Metadata());
    lost.end();
    expect((await statusOf(lost)).code).toBe(12);
    const { code, stderr, stdout } = await program.end("SIGINT");
    expect(code).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/client - +ERR_UNKNOWN_METHOD +1× shop\.orders\.OrderService has no method CancelOrder /);
    expect(stderr).toMatch(
      /client - +ERR_UNKNOWN_SERVICE +1× no schema has the service shop\.orders\.Returns, though its package /,
    );
  });
});

describe("--fail-on-drift", () => {
  test("fails a run that ends by itself, too", async () => {
    const { program, call } = await start("-o", "none", "--proto", V1, "--fail-on-drift", "--for", "3");
    await call("GetOrder", get);
    expect((await program.ended).code).toBe(1);
  });

  test("leaves a run alone whose traffic fits, and says that it was checked", async () => {
    const { program, call } = await start("-o", "none", "--proto", V2, "--fail-on-drift");
    await call("GetOrder", get);
    await call("ListOrders", encoded("ListOrdersRequest", { customerId: 7 }));
    await call("CancelOrder", encoded("CancelOrderRequest", { id: "1" }));
    await call("/other.Things/Get", get);
    const { code, stderr } = await program.end("SIGTERM");
    expect(code).toBe(143);
    expect(stderr).toContain("framelens: 8 messages checked, all fit their schemas\n");
    expect(stderr).toContain("framelens: 2 messages not checked: no schema knows their methods (other.Things/Get)\n");
  });

  test("fails a run in which there was traffic and no schema for any of it", async () => {
    const { program, call } = await start("-o", "none", "--fail-on-drift");
    await call("GetOrder", get);
    const { code, stderr } = await program.end("SIGTERM");
    expect(code).toBe(1);
    expect(stderr).toContain("framelens: no message was checked against a schema\n");
  });

  test("says how many messages could not be read, and does not pass then", async () => {
    const { program, call } = await start("-o", "none", "--proto", V2, "--fail-on-drift", "--max-message", "100");
    await call("GetOrder", encoded("GetOrderRequest", { id: "x".repeat(1000) }));
    const { code, stderr } = await program.end("SIGTERM");
    expect(code).toBe(1);
    expect(stderr).toContain("framelens: 1 message not checked: too large, or in an unknown encoding\n");
  });
});

describe("--sizes", () => {
  test("adds up what messages take on the wire, as protobuf and as JSON", async () => {
    const { program, call } = await start("-o", "ndjson", "--proto", V2, "--sizes");
    await call("GetOrder", get);
    await call("GetOrder", get);
    const { stderr } = await program.end("SIGTERM");
    const events = readEvents(program.lines);
    const json = '{"id":"order-1"}';
    const client = {
      messages: 2,
      wireBytes: 2 * get.length,
      protobufBytes: 2 * get.length,
      jsonBytes: 2 * json.length,
      others: 0,
    };
    expect(events.filter(({ kind }) => kind === "sizes")).toEqual([
      expect.objectContaining({ method: `${SERVICE}/GetOrder`, client }),
    ]);
    const [request] = events.filter(({ kind }) => kind === "client-message");
    expect(request).toMatchObject({ wireLength: get.length, length: get.length, jsonLength: json.length });
    const answers = events.filter(({ kind }) => kind === "server-message");
    for (const answer of answers) expect(answer.jsonLength).toBe(Buffer.byteLength(JSON.stringify(answer.json)));
    expect(stderr).toMatch(/shop\.orders\.OrderService\/GetOrder +client +2 +18 B +18 B +32 B +1\.8$/m);
  });
});

describe("binary metadata", () => {
  const USERS = join(SAMPLES, "users.proto");
  /** id 1001, name "Alice", and a phone number that the schema hides. */
  const alice = Buffer.from("08e9071205416c6963654a03313233", "hex");

  function metadata(): Metadata {
    const sent = new Metadata();
    sent.set("framelens.demo.v1.user-bin", alice);
    sent.set("grpc-tags-bin", Buffer.from([0, 0, 1, 0x61, 1, 0x62]));
    sent.set("x-user-bin", Buffer.from([0x08, 1]));
    return sent;
  }

  test("is decoded beside the fields, hidden where the schema hides it, also as octets", async () => {
    const { program, call } = await start("-o", "ndjson", "--proto", USERS);
    await call("/other.Things/None", undefined, metadata());
    await program.end("SIGTERM");
    const header = readEvents(program.lines).find(({ kind }) => kind === "client-header");
    expect(header?.decoded).toEqual({
      "framelens.demo.v1.user-bin": [
        { type: "framelens.demo.v1.User", json: { id: 1001, name: "Alice", phone: "<redacted>" } },
      ],
      "grpc-tags-bin": [{ format: "census tags", json: { tags: [["a", "b"]] } }],
      "x-user-bin": [{ type: "framelens.demo.v1.User", json: { id: 1 }, guess: true }],
    });
    const fields = new Map(header?.fields as readonly [string, string][]);
    expect(fields.get("framelens.demo.v1.user-bin")).toMatch(/^<masked /);
    expect(Buffer.from(fields.get("x-user-bin") ?? "", "base64")).toEqual(Buffer.from([0x08, 1]));
    expect(program.stdout).not.toContain(alice.toString("base64").replace(/=+$/, ""));
  });

  test("is shown whole with --show-secrets, and in the log behind what was said", async () => {
    const open = await start("-o", "ndjson", "--proto", USERS, "--show-secrets");
    await open.call("/other.Things/None", undefined, metadata());
    await open.program.end("SIGTERM");
    expect(open.program.stdout).toContain('"phone":"123"');
    const log = await start("-o", "log", "--proto", USERS);
    await log.call("/other.Things/None", undefined, metadata());
    const line = await log.program.line(/ OK /);
    expect(line).toContain(
      '[framelens.demo.v1.user-bin {"id":1001,"name":"Alice","phone":"<redacted>"}, x-user-bin (User?) {"id":1}]',
    );
  });
});

describe("a path that is no method", () => {
  test.each(["ndjson", "log"])("is shown without the secrets in its query: %s", async (output) => {
    const { program } = await start("-o", output);
    const session = connect(`http://127.0.0.1:${await program.port()}`);
    onTestFinished(() => session.destroy());
    session.on("error", () => {});
    const request = session.request({ ":path": "/feed?access_token=swordfish&page=2" });
    request.on("error", () => {}).resume();
    await program.line(output === "log" ? /\/feed.*HTTP/ : /"call-end"/);
    const { stdout } = await program.end();
    expect(stdout).not.toContain("swordfish");
    expect(stdout).toMatch(/\/feed\?access_token=/);
  });
});
