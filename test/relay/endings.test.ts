// How a connection's end is written down, and the proxy's own end: nothing is left open, waiting or counted.
import { describe, expect, test } from "vitest";
import type { EndedBy } from "../../src/model/events.js";
import { connectTo, type End, listen, type TestServer } from "../support/ends.js";
import {
  concat,
  data,
  encodeSettings,
  hello,
  message,
  RESPONSE,
  request,
  Speaker,
  trailers,
} from "../support/frames.js";
import { type WatchedProxy, watchedProxy } from "../support/watched-proxy.js";

interface InFlight {
  readonly proxy: WatchedProxy;
  readonly upstream: TestServer;
  readonly client: End;
  readonly server: End;
  /** The server's trailers, that end the call. */
  readonly ending: Uint8Array;
}

/** A call of which both ends have said something and neither has said all. */
async function callInFlight(): Promise<InFlight> {
  const upstream = await listen();
  const proxy = await watchedProxy({ upstream: `127.0.0.1:${upstream.port}` });
  const client = await connectTo(proxy.port);
  client.send(concat(hello(), new Speaker().headers(1, request("/a.A/B")), data(1, message("question"))));
  const server = await upstream.next();
  await server.has("question");
  const speaker = new Speaker();
  server.send(concat(encodeSettings([]), speaker.headers(1, RESPONSE), data(1, message("answer"))));
  await client.has("answer");
  return { proxy, upstream, client, server, ending: speaker.headers(1, trailers(0), { endStream: true }) };
}

const BY: readonly (readonly [string, EndedBy, "end" | "reset", (flight: InFlight) => void])[] = [
  ["the client's FIN", "client", "end", ({ client }) => void client.stream.end()],
  ["the client's reset", "client", "reset", ({ client }) => void client.raw.resetAndDestroy()],
  ["the server's FIN", "server", "end", ({ server }) => void server.stream.end()],
  ["the server's reset", "server", "reset", ({ server }) => void server.raw.resetAndDestroy()],
];

describe("a call that is open when its connection dies is lost", () => {
  test.each(BY)("by %s", async (_, by, how, end) => {
    const flight = await callInFlight();
    const { proxy, client, server } = flight;
    end(flight);
    await Promise.all(
      [client, server].map((one) => one.until(({ ended, closed }) => ended || closed || one.stream.writableEnded)),
    );
    await (by === "client" ? server : client).hasEnded();
    for (const one of [client, server]) one.stream.end();
    expect(await proxy.callEnd()).toMatchObject({
      how: "connection-lost",
      by,
      status: { code: 14, source: "connection" },
    });
    expect(await proxy.closed()).toMatchObject({ by, how });
    expect(proxy.events.filter(({ kind }) => kind === "connection-opened")).toHaveLength(1);
    expect(proxy.events.filter(({ kind }) => kind === "connection-closed")).toHaveLength(1);
    await proxy.idle();
    expect(proxy.capture.counters).toMatchObject({ connections: 1, openConnections: 0, calls: 1, openCalls: 0 });
  });

  test("by the proxy, when that ends", async () => {
    const { proxy, client, server, upstream } = await callInFlight();
    await proxy.proxy.close();
    await client.hasEnded();
    await server.hasEnded();
    expect(await proxy.callEnd()).toMatchObject({ how: "connection-lost", by: "proxy" });
    expect(await proxy.closed()).toMatchObject({ by: "proxy", how: "end", reason: "framelens ended" });
    expect(proxy.capture.counters).toMatchObject({ openConnections: 0, openCalls: 0 });
    server.stream.end();
    await server.isClosed();
    expect(await upstream.open()).toBe(0);
  });
});

describe("a proxy that is asked to end", () => {
  test("lets calls in flight end, takes no new client, and then is gone", async () => {
    const { proxy, client, server, ending } = await callInFlight();
    let gone = false;
    const end = proxy.proxy.close(20_000).then(() => {
      gone = true;
    });
    await expect(connectTo(proxy.port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    client.send(data(1, message("still here?"), { endStream: true }));
    await server.has("still here?");
    expect(gone).toBe(false);
    server.send(ending);
    await client.hasBytes(client.bytes.length + ending.length);
    await end;
    expect(await proxy.callEnd()).toMatchObject({ how: "trailers", by: "server", status: { code: 0 } });
    expect(await proxy.closed()).toMatchObject({ by: "proxy", how: "end" });
  });

  test("waits no longer than it was told to", async () => {
    const { proxy } = await callInFlight();
    await proxy.proxy.close(30);
    expect(await proxy.callEnd()).toMatchObject({ how: "connection-lost", by: "proxy" });
  });

  test("may be asked twice", async () => {
    const { proxy } = await callInFlight();
    await Promise.all([proxy.proxy.close(), proxy.proxy.close()]);
    await proxy.proxy.close();
  });

  test("ends whoever has not yet said what it wants, or waits for a server", async () => {
    const upstream = await listen();
    const proxy = await watchedProxy({ upstream: `https://127.0.0.1:${upstream.port}` });
    const silent = await connectTo(proxy.port);
    const cut = await connectTo(proxy.port);
    cut.send("CONNECT a");
    const waiting = await connectTo(proxy.port);
    waiting.send(hello());
    await (await upstream.next()).hasBytes(1);
    await proxy.proxy.close();
    for (const client of [silent, cut, waiting]) await client.hasEnded();
    expect(proxy.capture.counters.openConnections).toBe(0);
  });

  test("does not wait for a server that reads nothing", async () => {
    const { proxy, client, server } = await callInFlight();
    server.stream.pause();
    const chunk = Buffer.alloc(1 << 20);
    for (let i = 0; i < 32; i++) client.send(chunk);
    await proxy.proxy.close();
    expect(proxy.capture.counters.openConnections).toBe(0);
  });
});
