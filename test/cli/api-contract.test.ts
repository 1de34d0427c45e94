// The contract check and binary metadata for a program of one's own, against a grpc-js client and server.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Metadata } from "@grpc/grpc-js";
import { describe, expect, onTestFinished, test } from "vitest";
import { createProxy, type DriftEvent, type ProxyOptions, type RunningProxy } from "../../src/index.js";
import { startClient, startServer, statusOf } from "./sample.js";

const SAMPLES = fileURLToPath(new URL("../../proto-samples", import.meta.url));
const GET_ORDER = "/shop.orders.OrderService/GetOrder";
/** id "a" as both versions have it, and a field 9 that only the second has. */
const QUESTION = Buffer.from("0a0161", "hex");
const NEWER = Buffer.from("0a0161" + "4a020801", "hex");

async function start(options: ProxyOptions): Promise<RunningProxy> {
  const server = await startServer({
    [GET_ORDER]: (call) => {
      call.resume().on("end", () => call.end());
      call.write(NEWER);
    },
  });
  const proxy = await createProxy({ listen: "127.0.0.1:0", upstream: `127.0.0.1:${server}`, ...options });
  onTestFinished(() => proxy.close());
  return proxy;
}

async function ask(proxy: RunningProxy): Promise<void> {
  const call = startClient(proxy.address.port).open(GET_ORDER, new Metadata());
  call.end(QUESTION);
  await statusOf(call);
}

describe("checkContract", () => {
  test("tells of each drift once, of what was captured before, too, and knows the result at any time", async () => {
    const proxy = await start({ proto: [join(SAMPLES, "contract/v1/orders.proto")] });
    await ask(proxy);
    const told: DriftEvent[] = [];
    const watch = await proxy.checkContract((drift) => told.push(drift));
    expect(await watch.result()).toMatchObject({ fits: false, checked: 2 });
    await ask(proxy);
    const result = await watch.result();
    expect(result).toMatchObject({
      fits: false,
      checked: 4,
      unchecked: { lost: 0, unreadable: 0, unknown: 0 },
      drifts: [{ method: GET_ORDER, side: "server", code: "ERR_UNKNOWN_FIELD", path: "9", count: 2 }],
    });
    expect(told).toEqual([
      {
        kind: "drift",
        at: expect.any(Number),
        method: GET_ORDER,
        side: "server",
        call: 1,
        index: 0,
        code: "ERR_UNKNOWN_FIELD",
        path: "9",
        message: "no field of the type has this number",
      },
    ]);
    watch.stop();
    await ask(proxy);
    expect(await watch.result()).toMatchObject({ checked: 4 });
  });

  test("finds nothing where traffic fits", async () => {
    const proxy = await start({ proto: [join(SAMPLES, "contract/v2/orders.proto")] });
    const watch = await proxy.checkContract();
    await ask(proxy);
    expect(await watch.result()).toMatchObject({ fits: true, checked: 2, drifts: [] });
  });

  test("does not take traffic without a schema for traffic that fits", async () => {
    const proxy = await start({});
    const watch = await proxy.checkContract();
    await ask(proxy);
    expect(await watch.result()).toMatchObject({ fits: false, checked: 0, unchecked: { unknown: 2 } });
  });
});

describe("sizes", () => {
  test("are summed up by method, without a schema as well as can be", async () => {
    const known = await start({ proto: [join(SAMPLES, "contract/v2/orders.proto")] });
    await ask(known);
    await ask(known);
    const json = { client: '{"id":"a"}', server: '{"id":"a","createdAt":"1970-01-01T00:00:01Z"}' };
    expect(await known.sizes()).toEqual([
      {
        kind: "sizes",
        method: GET_ORDER,
        client: { messages: 2, wireBytes: 6, protobufBytes: 6, jsonBytes: 2 * json.client.length, others: 0 },
        server: { messages: 2, wireBytes: 14, protobufBytes: 14, jsonBytes: 2 * json.server.length, others: 0 },
      },
    ]);
    const unknown = await start({});
    await ask(unknown);
    expect(await unknown.sizes()).toMatchObject([{ client: { messages: 0, others: 1 }, server: { others: 1 } }]);
  });
});

describe("metadata", () => {
  test("is read by its name, with the types of the schema and the built-in ones", async () => {
    const proxy = await start({ proto: [join(SAMPLES, "users.proto")] });
    const fields = [
      ["framelens.demo.v1.user-bin", "COkHEgVBbGljZQ"],
      ["google.rpc.errorinfo-bin", "CgFS"],
      ["te", "trailers"],
    ] as const;
    expect(await proxy.metadata(fields)).toEqual({
      "framelens.demo.v1.user-bin": [{ type: "framelens.demo.v1.User", json: { id: 1001, name: "Alice" } }],
      "google.rpc.errorinfo-bin": [{ type: "google.rpc.ErrorInfo", json: { reason: "R" } }],
    });
    expect(await proxy.metadata([["te", "trailers"]])).toBeUndefined();
  });
});
