// --filter: events of calls that match, each call from its first event on, whenever it comes to match; a mistake is one line.
import { Metadata } from "@grpc/grpc-js";
import { describe, expect, test } from "vitest";
import { readFilter } from "../../cli/filter.js";
import { type SeenEvent, Selection } from "../../cli/output/selection.js";
import { Capture } from "../../src/capture/capture.js";
import { EventCursor } from "../../src/capture/cursor.js";
import { MessageReader } from "../../src/session/message-reader.js";
import { beginCall, endCall, sendMessage } from "../support/capture-traffic.js";
import { framelens, Program } from "./program.js";
import { type ServerCall, startClient, startServer, statusOf } from "./sample.js";

/** What is shown, as "kind call", of all events since the last time. */
class Shown {
  readonly capture = new Capture();
  readonly #selection: Selection;
  readonly #messages = new MessageReader({ capture: this.capture });
  readonly #cursor = new EventCursor(this.capture);

  constructor(filter: string, tellsWhole = true) {
    this.#selection = new Selection({
      capture: this.capture,
      filter: readFilter("filter", filter)!,
      tellsWhole,
      messages: this.#messages,
    });
  }

  async next(): Promise<readonly string[]> {
    const shown: SeenEvent[] = [];
    for (let event = this.#cursor.read(); event !== undefined; event = this.#cursor.read()) {
      shown.push(...(await this.#selection.pass(event)));
    }
    return shown.map((event) => ("call" in event ? `${event.kind} ${event.call}` : event.kind));
  }

  open(): number {
    const connection = this.capture.openConnection();
    this.capture.connectionEvent({
      kind: "connection-opened",
      connection,
      client: "a",
      server: "b",
      relay: "tap",
      protocol: "h2",
    });
    return connection;
  }

  ping(connection: number): void {
    this.capture.connectionEvent({ kind: "ping", connection, from: "client", data: "00" });
  }

  close(connection: number): void {
    this.capture.connectionEvent({
      kind: "connection-closed",
      connection,
      by: "client",
      how: "end",
      durationMs: 1,
      clientBytes: 0,
      serverBytes: 0,
    });
  }
}

describe("a selection", () => {
  test("tells a call whole that comes to match at its end, and nothing of others", async () => {
    const shown = new Shown("status != OK");
    const good = beginCall(shown.capture);
    const bad = beginCall(shown.capture);
    for (const call of [good, bad]) sendMessage(shown.capture, call, 0, new Uint8Array(3));
    expect(await shown.next()).toEqual([]);
    endCall(shown.capture, good);
    endCall(shown.capture, bad, 5);
    // The trailers are read when the call has ended already.
    expect(await shown.next()).toEqual(["client-header 2", "client-message 2", "server-trailer 2", "call-end 2"]);
    shown.capture.cancel(bad, 0, 8);
    shown.capture.cancel(good, 0, 8);
    expect(await shown.next()).toEqual(["cancel 2"]);
  });

  test("tells a call that matches from the beginning as it goes on, each event once", async () => {
    const shown = new Shown("client.messages > 1");
    const call = beginCall(shown.capture);
    sendMessage(shown.capture, call, 0, new Uint8Array(3));
    expect(await shown.next()).toEqual([]);
    sendMessage(shown.capture, call, 0, new Uint8Array(3));
    expect(await shown.next()).toEqual(["client-header 1", "client-message 1", "client-message 1"]);
    sendMessage(shown.capture, call, 1, new Uint8Array(3));
    expect(await shown.next()).toEqual(["server-message 1"]);
    endCall(shown.capture, call);
    expect(await shown.next()).toEqual(["server-trailer 1", "call-end 1"]);
  });

  test("tells to the end what matched once where programs read, and no more what does not where people do", async () => {
    for (const whole of [true, false]) {
      const shown = new Shown("!error", whole);
      const call = beginCall(shown.capture);
      expect(await shown.next()).toEqual(["client-header 1"]);
      endCall(shown.capture, call, 13);
      expect(await shown.next()).toEqual(whole ? ["server-trailer 1", "call-end 1"] : []);
    }
  });

  test("looks into the messages of a long stream in turns, and tells all of it", async () => {
    const shown = new Shown("~b needle");
    const call = beginCall(shown.capture);
    const count = 30_000;
    for (let index = 0; index < count; index++) sendMessage(shown.capture, call, 1, Buffer.from("hay"));
    sendMessage(shown.capture, call, 1, Buffer.from("a needle"));
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    const told = await shown.next();
    clearInterval(timer);
    expect(told.length).toBe(count + 2);
    expect(turns).toBeGreaterThan(0);
  });

  test("tells of connections that carry calls that match, from their opening on", async () => {
    const shown = new Shown("GetUser");
    const [mine, other] = [shown.open(), shown.open()];
    shown.ping(mine);
    beginCall(shown.capture, { connection: other, method: "/a.B/List" });
    expect(await shown.next()).toEqual([]);
    beginCall(shown.capture, { connection: mine, method: "/a.B/GetUser" });
    beginCall(shown.capture, { connection: mine, method: "/a.B/GetUser" });
    shown.ping(mine);
    shown.ping(other);
    shown.capture.problem(mine, undefined, 0, "ERR_X", "of the connection");
    shown.capture.problem(other, undefined, 0, "ERR_X", "of the connection");
    shown.close(other);
    shown.close(mine);
    expect(await shown.next()).toEqual([
      "connection-opened",
      "client-header 2",
      "client-header 3",
      "ping",
      "protocol-error",
      "connection-closed",
    ]);
    shown.ping(mine);
    expect(await shown.next()).toEqual([]);
  });
});

describe("--filter", () => {
  test.each([
    ["status = OK", '--filter status »=« OK: "=" is no operator; did you mean "=="? (character 8)'],
    ["st > 1", '--filter »st« > 1: unknown field "st"; did you mean "stream" or "status"? (character 1)'],
    ["a && ", "--filter a && »«: expected a condition after this (character 6)"],
    [`${"x ".repeat(40)}(`, `--filter …${" x".repeat(11)} (»«: expected a condition after this (character 82)`],
  ])("that is wrong is told in one line with its place: %s", async (filter, line) => {
    const { code, stdout, stderr } = await framelens(["localhost:1", "-f", filter]);
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: "", stderr: `framelens: ${line}\n` });
  });

  test("shows nothing of a bad filter that a terminal would obey", () => {
    expect(() => readFilter("filter", "\u001b]0;x\u0007 == \u202e1")).toThrow(/^[^\p{Cc}\p{Cf}]+$/u);
  });

  test("of none, or of spaces, shows everything", () => {
    expect(readFilter("filter", undefined)).toBeUndefined();
    expect(readFilter("filter", "  ")).toBeUndefined();
  });

  test("chooses the calls that ndjson and the log show", async () => {
    const echo = (call: ServerCall) => {
      call.on("data", (message: Buffer) => call.write(message));
      call.on("end", () => call.end());
    };
    const fail = (call: ServerCall) => {
      call.on("error", () => {});
      call.emit("error", { code: 5, details: "gone" });
    };
    const server = await startServer({ "/t.Things/Echo": echo, "/t.Things/Fail": fail });
    for (const output of ["ndjson", "log"]) {
      const program = new Program([
        `127.0.0.1:${server}`,
        "-l",
        "0",
        "-o",
        output,
        "--no-reflect",
        "-f",
        "status == NOT_FOUND || ~b needle",
      ]);
      const client = startClient(await program.port());
      for (const [method, text] of [
        ["Echo", "hay"],
        ["Fail", "x"],
        ["Echo", "a needle"],
        ["Echo", "hay"],
      ]) {
        const call = client.open(`/t.Things/${method}`, new Metadata());
        call.write(Buffer.from(text!));
        call.end();
        await statusOf(call);
      }
      await program.line(output === "log" ? /Echo/ : /"call-end","call":3/);
      const { code, stdout } = await program.end();
      expect(code).toBe(130);
      if (output === "log") {
        expect(
          stdout
            .split("\n")
            .map((line) => /Echo|Fail/.exec(line)?.[0])
            .filter((name) => name !== undefined),
        ).toEqual(["Fail", "Echo"]);
        continue;
      }
      const events = stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line));
      expect(events[0].kind).toBe("connection-opened");
      expect(events.filter(({ kind }) => kind === "client-header").map(({ call }) => call)).toEqual([2, 3]);
      expect(events.filter(({ call }) => call === 3).map(({ kind }) => kind)).toEqual([
        "client-header",
        "client-message",
        "client-half-close",
        "server-header",
        "server-message",
        "server-trailer",
        "call-end",
      ]);
      expect(new Set(events.map(({ seq }) => seq)).size).toBe(events.length);
    }
  });
});
