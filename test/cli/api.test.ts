// framelens as a library: what `import "framelens"` gives a program of one's own.
import { Metadata } from "@grpc/grpc-js";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  type Call,
  type CaptureEvent,
  createProxy,
  type DroppedEvent,
  EventCursor,
  FramelensError,
  firstValue,
  type RunningProxy,
  statusName,
} from "../../src/index.js";
import { startClient, startServer, statusOf } from "./sample.js";

async function start(): Promise<RunningProxy> {
  const server = await startServer({
    "/t.Things/Get": (call) => {
      call.resume().on("end", () => call.end());
      call.write(Buffer.from("answer"));
    },
  });
  const proxy = await createProxy({ upstream: `127.0.0.1:${server}`, listen: "127.0.0.1:0" });
  onTestFinished(() => proxy.close());
  return proxy;
}

async function get(proxy: RunningProxy): Promise<void> {
  const call = startClient(proxy.address.port).open("/t.Things/Get", new Metadata());
  call.end(Buffer.from("question"));
  await statusOf(call);
}

/** All events up to the first of a kind. */
function until(proxy: RunningProxy, kind: CaptureEvent["kind"]): Promise<readonly (CaptureEvent | DroppedEvent)[]> {
  const events: (CaptureEvent | DroppedEvent)[] = [];
  return new Promise((resolve) => {
    const stop = proxy.onEvent((event) => {
      events.push(event);
      if (event.kind !== kind) return;
      stop();
      resolve(events);
    });
  });
}

describe("createProxy", () => {
  test("tells of every event in order, told apart by kind", async () => {
    const proxy = await start();
    const events = until(proxy, "call-end");
    await get(proxy);
    const methods: string[] = [];
    for (const event of await events) {
      switch (event.kind) {
        case "client-header":
          methods.push(`${event.method} ${firstValue(event.fields, "te")}`);
          break;
        case "call-end":
          methods.push(statusName(event.status.code), `${event.client.bytes}/${event.server.bytes}`);
          break;
        default:
      }
    }
    expect(methods).toEqual(["/t.Things/Get trailers", "OK", "8/6"]);
    expect((await events).map((event) => ("seq" in event ? event.seq : 0))).toEqual(
      (await events).map((_, index) => index + 1),
    );
  });

  test("keeps calls, their events and their bytes for whoever asks later", async () => {
    const proxy = await start();
    const ended = until(proxy, "call-end");
    await get(proxy);
    await ended;
    const [call] = [...proxy.capture.calls()] as [Call];
    expect(call).toMatchObject({
      id: 1,
      method: "/t.Things/Get",
      protocol: "grpc",
      end: { how: "trailers", by: "server" },
    });
    const message = [...proxy.capture.eventsOf(call.id)].find(({ kind }) => kind === "client-message");
    expect(Buffer.from(proxy.capture.messageBytes(message?.seq ?? 0) ?? []).toString()).toBe("question");
    expect(new EventCursor(proxy.capture).read()).toMatchObject({ seq: 1, kind: "connection-opened" });
    expect(proxy.capture.counters).toMatchObject({ calls: 1, openCalls: 0 });
  });

  test("is silent once a listener ended it, and may be closed twice", async () => {
    const proxy = await start();
    let heard = 0;
    proxy.onEvent(() => heard++)();
    await get(proxy);
    await Promise.all([proxy.close(), proxy.close()]);
    expect(heard).toBe(0);
    expect(proxy.capture.counters.openConnections).toBe(0);
  });

  test.each([
    [{ upstream: "nonsense" }, "ERR_UPSTREAM", 2],
    [{ listen: "nonsense" }, "ERR_LISTEN", 2],
    [{ cert: "nonsense", listen: "0" }, "ERR_CERTIFICATE", 2],
    [{ key: "nonsense", listen: "0" }, "ERR_CERTIFICATE", 2],
  ])("with %j throws a FramelensError", async (options, code, exitCode) => {
    const error: unknown = await createProxy(options).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(FramelensError);
    expect(error).toMatchObject({ code, exitCode });
  });

  test("on a port in use throws one, too", async () => {
    const proxy = await start();
    const listen = `127.0.0.1:${proxy.address.port}`;
    await expect(createProxy({ listen })).rejects.toMatchObject({
      name: "FramelensError",
      code: "ERR_LISTEN",
      exitCode: 3,
    });
  });
});
