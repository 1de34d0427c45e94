// Connections: what their events said, folded; and no more of them than there is room for.
import { describe, expect, test } from "vitest";
import { Capture } from "../../src/capture/capture.js";
import { ConnectionList } from "../../src/session/connection-list.js";
import { beginCall, endCall } from "../support/capture-traffic.js";

function open(capture: Capture): number {
  const connection = capture.openConnection();
  capture.connectionEvent({
    kind: "connection-opened",
    connection,
    client: "127.0.0.1:5",
    server: "127.0.0.1:6",
    relay: "tap",
    protocol: "h2",
    tls: { version: "TLSv1.3", alpn: "h2" },
  });
  return connection;
}

function close(capture: Capture, connection: number): void {
  capture.connectionEvent({
    kind: "connection-closed",
    connection,
    by: "client",
    how: "end",
    durationMs: 5,
    clientBytes: 10,
    serverBytes: 20,
  });
}

describe("a list of connections", () => {
  test("knows of each what its events said", () => {
    const capture = new Capture();
    const list = new ConnectionList({ capture, clock: () => 0 });
    capture.tick(1000);
    const connection = open(capture);
    const more = { connection, from: "client" as const };
    capture.connectionEvent({ kind: "settings", ...more, settings: { INITIAL_WINDOW_SIZE: 1, MAX_FRAME_SIZE: 2 } });
    capture.connectionEvent({ kind: "settings", ...more, settings: { INITIAL_WINDOW_SIZE: 3 } });
    capture.connectionEvent({ kind: "settings", ...more, from: "server", ack: true });
    capture.connectionEvent({ kind: "ping", ...more, data: "00" });
    capture.connectionEvent({ kind: "ping", ...more, from: "server", ack: true, data: "00", roundTripMs: 0.3 });
    capture.connectionEvent({ kind: "window-stall", ...more, stream: 0, durationMs: 20 });
    capture.connectionEvent({ kind: "window-stall", ...more, stream: 3, durationMs: 5 });
    capture.connectionEvent({
      kind: "goaway",
      ...more,
      from: "server",
      lastStream: 7,
      code: 11,
      name: "ENHANCE_YOUR_CALM",
      debug: "too_many_pings",
    });
    capture.problem(connection, undefined, 1, "ERR_X", "what");
    const call = beginCall(capture, { connection });
    capture.problem(connection, call, 1, "ERR_Y", "of a call");
    endCall(capture, call);
    beginCall(capture, { connection });
    expect(list.update(5)).toBe(false);
    const [facts] = list.all();
    expect(facts).toMatchObject({
      id: connection,
      opened: { client: "127.0.0.1:5", tls: { version: "TLSv1.3" } },
      closed: undefined,
      calls: 2,
      client: {
        settings: { INITIAL_WINDOW_SIZE: 3, MAX_FRAME_SIZE: 2 },
        pings: 1,
        roundTripMs: 0.3,
        stalls: 2,
        stalledMs: 25,
        goaway: undefined,
        problems: 0,
      },
      server: {
        settings: {},
        pings: 0,
        roundTripMs: undefined,
        stalls: 0,
        goaway: { code: 11, debug: "too_many_pings" },
        problems: 1,
        problem: "what",
      },
    });
    expect(list.openCount).toBe(1);
    close(capture, connection);
    list.update(5);
    expect(list.get(connection)).toMatchObject({ closed: { by: "client", serverBytes: 20 } });
    expect(list.openCount).toBe(0);
  });

  test("keeps the latest thousand that closed, and those that are open", () => {
    const capture = new Capture();
    const list = new ConnectionList({ capture, clock: () => 0 });
    const first = open(capture);
    for (let count = 0; count < 1500; count++) close(capture, open(capture));
    while (list.update(1000)) {}
    expect(list.all().length).toBe(1001);
    expect(list.all()[0]!.id).toBe(first);
    expect(list.all()[1]!.id).toBe(502);
    expect(list.openCount).toBe(1);
  });

  test("keeps 32 settings of a peer that sends all there could be", () => {
    const capture = new Capture();
    const list = new ConnectionList({ capture, clock: () => 0 });
    const connection = open(capture);
    for (let number = 0; number < 200; number++)
      capture.connectionEvent({ kind: "settings", connection, from: "client", settings: { [`0x${number}`]: number } });
    list.update(1000);
    expect(Object.keys(list.get(connection)!.client.settings).length).toBe(32);
  });
});
