// The demo shows what it promises: every sample contract loads, and every scenario ends as its table says.

import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { connect, constants, createServer, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { status as Code } from "@grpc/grpc-js";
import protobuf from "protobufjs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Outcome } from "../../cli/demo/client-calls.js";
import { CALLS_PER_SECOND, createTroupe, playOrder, startDemoClients } from "../../cli/demo/clients.js";
import { readFailure } from "../../cli/demo/failures.js";
import { createPeople, PHOTO_BYTES } from "../../cli/demo/people.js";
import { loadMethods, PROTO_SAMPLES } from "../../cli/demo/protos.js";
import { createRandom } from "../../cli/demo/random.js";
import { SCENARIOS, type Stage } from "../../cli/demo/scenarios.js";
import { type DemoServer, startDemoServer } from "../../cli/demo/server.js";
import { VALID_TOKEN } from "../../cli/demo/services/users.js";
import { freePort } from "../support/free-port.js";

const ALICE = Buffer.from("08e9071205416c696365", "hex");
const methods = loadMethods();

function loadSample(name: string): protobuf.Root {
  const root = new protobuf.Root();
  root.loadSync(join(PROTO_SAMPLES, name));
  return root.resolveAll() as protobuf.Root;
}

describe("the sample contracts", () => {
  const files = readdirSync(PROTO_SAMPLES, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".proto"),
  );

  test.each(files)("%s loads in protobufjs", (name) => {
    expect(loadSample(name).nestedArray.length).toBeGreaterThan(0);
  });

  test("Alice is exactly ten bytes", () => {
    const user = loadSample("users.proto").lookupType("User");
    expect(Buffer.from(user.encode(user.fromObject({ id: 1001, name: "Alice" })).finish())).toEqual(ALICE);
  });

  test("the server answers with those bytes for user 1001", () => {
    expect(methods.getUser.encodeResponse(createPeople().find(1001)!)).toEqual(ALICE);
  });

  test("everything.proto has every scalar type, and every map key type", () => {
    const types = loadSample("everything.proto").lookup("framelens.everything.v1") as protobuf.Namespace;
    const scalars = Object.keys(protobuf.types.basic);
    expect(types.lookupType("Scalars").fieldsArray.map(({ type }) => type)).toEqual(expect.arrayContaining(scalars));
    const maps = types
      .lookupType("Maps")
      .fieldsArray.map((field) => field instanceof protobuf.MapField && field.keyType);
    expect(new Set(maps)).toEqual(new Set(Object.keys(protobuf.types.mapKey)));
  });

  test("everything_proto2.proto keeps what only proto2 has when a message goes there and back", () => {
    const legacy = loadSample("everything.proto").lookupType("framelens.everything.v1.Legacy");
    const message = {
      id: 7,
      name: "old",
      header: { key: "k", value: "v" },
      item: [{ quantity: 2, price: { currency: "CHF", units: 5 } }],
      ".framelens.everything.v1.nickname": "Al",
    };
    const decoded = legacy.decode(legacy.encode(legacy.fromObject(message)).finish());
    expect(legacy.toObject(decoded, { longs: Number })).toEqual(message);
  });

  test("a message of contract v1 reads differently under contract v2", () => {
    const [before, after] = ["v1", "v2"].map((version) =>
      loadSample(`contract/${version}/orders.proto`).lookupType("Order"),
    );
    const bytes = before!
      .encode(before!.fromObject({ id: "o-1", note: "ring twice", createdAt: { seconds: 5 } }))
      .finish();
    expect(after!.toObject(after!.decode(bytes))).toEqual({ id: "o-1", customerNote: "ring twice" });
  });

  test("every file of the folder is in its README", () => {
    const readme = readFileSync(join(PROTO_SAMPLES, "README.md"), "utf8");
    for (const name of files) expect(readme).toContain(name.startsWith("google/rpc/") ? "google/rpc/*.proto" : name);
  });
});

describe("the demo's scenarios", () => {
  let server: DemoServer;
  let troupe: ReturnType<typeof createTroupe>;
  const outcomes = new Map<string, Promise<Outcome>>();

  beforeAll(async () => {
    server = await startDemoServer();
    troupe = createTroupe(`127.0.0.1:${server.port}`, createRandom(1));
    for (const scenario of SCENARIOS)
      outcomes.set(scenario.name, scenario.run(scenario.ends === Code.DEADLINE_EXCEEDED ? troupe.stage : patient()));
  });
  /** With all scenarios at once a busy machine needs longer than a client of the demo waits. */
  function patient(): Stage {
    const { stage } = troupe;
    return {
      ...stage,
      call: (app, method, requests, settings = {}) =>
        stage.call(app, method, requests, {
          ...settings,
          ...(settings.deadlineMs === undefined ? {} : { deadlineMs: 100_000 }),
        }),
    };
  }
  afterAll(async () => {
    troupe.dismiss();
    await server.stop();
  });

  test.each(SCENARIOS.map(({ name, ends }) => [name, Code[ends]!] as const))("%s ends with %s", async (name, ends) => {
    expect(Code[(await outcomes.get(name)!).code]).toBe(ends);
  });

  test("a missing user comes with details that decode, and with text beyond ASCII", async () => {
    const { message, trailers } = (await outcomes.get("a user who does not exist, with rich details"))!;
    expect(message).toContain("ユーザーが見つかりません");
    expect(readFailure(trailers)).toMatchObject({
      code: Code.NOT_FOUND,
      message,
      details: [
        { type: "ErrorInfo", value: { reason: "USER_NOT_FOUND", metadata: { id: "4040" } } },
        { type: "ResourceInfo", value: { resourceName: "users/4040" } },
        { type: "LocalizedMessage" },
      ],
    });
  });

  test("two wrong fields come as two field violations", async () => {
    const { trailers } = (await outcomes.get("a request with two wrong fields"))!;
    const [details] = readFailure(trailers)!.details;
    expect(details).toMatchObject({
      type: "BadRequest",
      value: { fieldViolations: [{ field: "user.name" }, { field: "user.email" }] },
    });
  });

  test("the streams carry as many messages as their names say", async () => {
    expect((await outcomes.get("all users at once"))!.responses).toHaveLength(500);
    expect((await outcomes.get("hundreds of samples, a handful at a time"))!.responses).toMatchObject([
      { accepted: 240 },
    ]);
    expect((await outcomes.get("a burst of samples"))!.responses).toMatchObject([{ accepted: 400 }]);
    expect((await outcomes.get("a client that has seen enough of a list"))!.responses).toHaveLength(7);
    // joined, then "typing" and an answer to each of three lines, then left
    expect((await outcomes.get("a short conversation"))!.responses).toHaveLength(8);
  });

  test("a photo is one mebibyte", async () => {
    const [photo] = (await outcomes.get("a photo of one mebibyte"))!.responses as [{ data: Uint8Array }];
    expect(photo.data).toHaveLength(PHOTO_BYTES);
  });

  test("all four kinds of call are among the methods", () => {
    const kinds = Object.values(methods).map(
      ({ requestStream, responseStream }) => `${requestStream} ${responseStream}`,
    );
    expect(new Set(kinds).size).toBe(4);
  });
});

describe("compression on the wire", () => {
  test("a compressed answer has its flag set, and its call says gzip", async () => {
    const server = await startDemoServer();
    const session = connect(`http://127.0.0.1:${server.port}`);
    const stream = session.request({
      ":method": "POST",
      ":path": methods.batchGetUsers.path,
      "content-type": "application/grpc",
      te: "trailers",
      authorization: VALID_TOKEN,
    });
    stream.end(framed(methods.batchGetUsers.requestSerialize({ ids: [1001, 1002] })));
    const [headers] = (await once(stream, "response")) as [IncomingHttpHeaders];
    const bytes = Buffer.concat(await stream.toArray());
    session.destroy();
    await server.stop();

    expect(headers["grpc-encoding"]).toBe("gzip");
    expect(bytes[0]).toBe(1);
    expect(bytes.readUInt32BE(1)).toBe(bytes.length - 5);
    const answer = methods.batchGetUsers.responseDeserialize(gunzipSync(bytes.subarray(5)));
    expect(answer.users.map(({ id }) => id)).toEqual([1001, 1002]);
  });

  test("the mobile app's requests have the flag set, say gzip, and repeat metadata", async () => {
    const recorder = createServer();
    recorder.listen(0, "127.0.0.1");
    await once(recorder, "listening");
    const { port } = recorder.address() as AddressInfo;
    const troupe = createTroupe(`127.0.0.1:${port}`, createRandom(1));
    const call = troupe.stage.call("mobile", methods.getUser, [{ id: 1001 }]);
    const [stream, headers, , rawHeaders] = (await once(recorder, "stream")) as [
      ServerHttp2Stream,
      IncomingHttpHeaders,
      number,
      string[],
    ];
    const bytes = Buffer.concat(await stream.toArray());
    troupe.dismiss();
    await call;
    recorder.close();

    expect(headers["grpc-encoding"]).toBe("gzip");
    expect(bytes[0]).toBe(1);
    expect(methods.getUser.requestDeserialize(gunzipSync(bytes.subarray(5)))).toMatchObject({ id: 1001 });
    expect(rawHeaders.filter((name) => name === "x-device-key-bin")).toHaveLength(2);
  });
});

describe("the demo as a whole", () => {
  test("the clients make every scenario once, each ending as it should, and then stop", async () => {
    const server = await startDemoServer();
    const waiting = new Set(SCENARIOS.map(({ name }) => name));
    const surprises: string[] = [];
    await new Promise<void>((resolve) => {
      const clients = startDemoClients({
        target: `127.0.0.1:${server.port}`,
        rate: 20,
        onOutcome(scenario, { code }) {
          if (waiting.size === 0) return;
          if (code === scenario.ends) waiting.delete(scenario.name);
          // A busy machine: its turn comes again.
          else if (code !== Code.DEADLINE_EXCEEDED) surprises.push(`${scenario.name}: ${Code[code]}`);
          if (waiting.size === 0) resolve(clients.stop());
        },
      });
    });
    await server.stop();
    expect(surprises).toEqual([]);
  });

  test("the clients outlive a server that goes away and comes back", async () => {
    const heard = outcomeSource();
    const port = await freePort();
    let server = await startDemoServer({ port });
    const clients = startDemoClients({ target: `127.0.0.1:${port}`, rate: 20, onOutcome: heard.listen });
    await heard.until(Code.OK);
    await server.stop();
    await heard.until(Code.UNAVAILABLE);
    server = await startDemoServer({ port });
    await heard.until(Code.OK);
    await clients.stop();
    await server.stop();
  });

  test("stopping the server ends the streams that were to stay open", async () => {
    const server = await startDemoServer();
    const troupe = createTroupe(`127.0.0.1:${server.port}`, createRandom(1));
    const watch = troupe.stage.call("agent", methods.healthWatch, [{}]);
    await troupe.stage.call("agent", methods.healthCheck, [{}]);
    await server.stop();
    expect((await watch).code).not.toBe(Code.OK);
    troupe.dismiss();
  });

  test("a server that crashes sends RST_STREAM with INTERNAL_ERROR and no trailers", async () => {
    const server = await startDemoServer();
    const session = connect(`http://127.0.0.1:${server.port}`);
    const stream = session.request({
      ":method": "POST",
      ":path": methods.getUser.path,
      "content-type": "application/grpc",
      te: "trailers",
      authorization: VALID_TOKEN,
    });
    stream.end(framed(methods.getUser.requestSerialize({ id: 5009 })));
    let trailers = false;
    stream.on("trailers", () => {
      trailers = true;
    });
    await once(stream, "error");
    expect(stream.rstCode).toBe(constants.NGHTTP2_INTERNAL_ERROR);
    expect(trailers).toBe(false);
    session.destroy();
    await server.stop();
  });

  test("the same seed plays the scenarios in the same order, another seed in another", () => {
    const lap = (seed: number) => {
      const order = playOrder(createRandom(seed));
      return Array.from({ length: 200 }, () => order.next().value.name);
    };
    expect(lap(5)).toEqual(lap(5));
    expect(lap(6)).not.toEqual(lap(5));
  });

  test("the first ten seconds show every scenario", () => {
    const order = playOrder(createRandom(1));
    const seen = new Set(Array.from({ length: 10 * CALLS_PER_SECOND }, () => order.next().value));
    expect(seen).toEqual(new Set(SCENARIOS));
  });
});

/** A length-prefixed message. */
function framed(message: Buffer): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/** Waits for the next outcome with a given code. */
function outcomeSource() {
  let wanted: { code: Code; resolve(): void } | undefined;
  return {
    listen: (_: unknown, { code }: Outcome) => {
      if (code === wanted?.code) wanted.resolve();
    },
    until: (code: Code) => new Promise<void>((resolve) => (wanted = { code, resolve })),
  };
}
