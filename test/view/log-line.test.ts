import { describe, expect, test } from "vitest";
import type { Call, CallEndEvent, ConnectionClosedEvent, ConnectionOpenedEvent, Status } from "../../src/index.js";
import {
  connectionEndLine,
  connectionLine,
  droppedLine,
  endLine,
  goawayLine,
  type LogStyle,
  messageProblemLine,
  problemLine,
  stallLine,
  streamingLine,
} from "../../src/view/log-line.js";
import { textWidth } from "../../src/view/text-width.js";

const AT = new Date(2026, 10, 3, 14, 2, 11, 345).getTime();
const PLAIN = (_tone: string, text: string) => text;
const FILE: LogStyle = { paint: PLAIN, width: undefined };
const TERMINAL_80: LogStyle = { paint: PLAIN, width: 80 };
const TERMINAL_120: LogStyle = { paint: PLAIN, width: 120 };

const CALL: Call = {
  id: 7,
  connection: 3,
  stream: 13,
  protocol: "grpc",
  method: "/acme.v1.Things/Watch",
  startedAt: AT - 27,
  client: { messages: 1, bytes: 42 },
  server: { messages: 3, bytes: 2100 },
};
const OK: Status = { code: 0, name: "OK", message: "", source: "trailers" };

function end(over: Partial<CallEndEvent>): CallEndEvent {
  return {
    seq: 9,
    at: AT,
    kind: "call-end",
    call: 7,
    status: OK,
    how: "trailers",
    by: "server",
    durationMs: 41.2,
    client: { messages: 1, bytes: 42 },
    server: { messages: 1, bytes: 311 },
    ...over,
  };
}

const NOT_FOUND: Status = { code: 5, name: "NOT_FOUND", message: "no such thing", source: "trailers" };

describe("a call that ended", () => {
  test("is one line with its columns", () => {
    expect(endLine(end({}), CALL, {}, FILE)).toBe(
      "14:02:11.345     7 → acme.v1.Things/Watch                             41ms    1↑  42B    1↓ 311B  OK",
    );
  });

  test("has its status and message at the end", () => {
    expect(endLine(end({ status: NOT_FOUND }), CALL, {}, FILE)).toMatch(/ {2}✗ NOT_FOUND no such thing$/);
  });

  test("shows question and answer where they are known and all went well", () => {
    expect(endLine(end({}), CALL, { asked: "id:1", answered: 'name:"x"' }, FILE)).toMatch(/ {2}OK id:1 → name:"x"$/);
    expect(endLine(end({}), CALL, { asked: "id:1" }, FILE)).toMatch(/ {2}OK id:1$/);
    expect(endLine(end({}), CALL, { answered: 'name:"x"' }, FILE)).toMatch(/ {2}OK → name:"x"$/);
  });

  test("that failed shows why, and then what was asked", () => {
    const failed = end({ status: NOT_FOUND });
    expect(endLine(failed, CALL, { asked: "id:1" }, FILE)).toMatch(/ {2}✗ NOT_FOUND no such thing ← id:1$/);
    expect(endLine(failed, CALL, { asked: "{}" }, FILE)).toMatch(/ {2}✗ NOT_FOUND no such thing$/);
    const silent = end({ status: { ...NOT_FOUND, message: "" } });
    expect(endLine(silent, CALL, { asked: "id:1" }, FILE)).toMatch(/ {2}✗ NOT_FOUND ← id:1$/);
  });

  test("fits into a narrow terminal, without the numbers of messages", () => {
    for (const width of [60, 66, 72, 73, 80]) {
      const status = { code: 15, name: "FAILED_PRECONDITION", message: "", source: "trailers" } as const;
      const line = endLine(end({ status }), CALL, {}, { paint: PLAIN, width });
      expect(textWidth(line), line).toBeLessThanOrEqual(width);
      expect(line.includes("1↑"), line).toBe(width >= 73);
    }
  });

  test("says nothing of a message that came with OK", () => {
    expect(endLine(end({ status: { ...OK, message: "OK" } }), CALL, {}, FILE)).toMatch(/ {2}OK$/);
  });

  test("by a reset of the client is marked as inferred, and by whom", () => {
    const status: Status = {
      code: 1,
      name: "CANCELLED",
      message: "client reset the stream with CANCEL; no grpc-status",
      source: "reset",
    };
    expect(endLine(end({ status, how: "reset", by: "client" }), CALL, {}, FILE)).toMatch(
      / {2}⊘ CANCELLED by client \(inferred: reset the stream with CANCEL\)$/,
    );
  });

  test("as its deadline ran out says so plainly", () => {
    const status: Status = {
      code: 1,
      name: "CANCELLED",
      message: "client reset the stream with CANCEL, as its deadline ran out; no grpc-status",
      source: "reset",
    };
    const event = end({ status, how: "reset", by: "client", durationMs: 385 });
    const tones: string[] = [];
    const paint = (tone: string, text: string) => {
      if (text.includes("CANCELLED")) tones.push(tone);
      return text;
    };
    expect(endLine(event, { ...CALL, timeoutMs: 400 }, {}, { paint, width: undefined })).toMatch(
      / {2}⊘ CANCELLED by client: deadline of 400ms exceeded \(inferred: reset the stream with CANCEL\)$/,
    );
    expect(tones).toEqual(["red"]);
    expect(endLine(event, { ...CALL, timeoutMs: 1000 }, {}, FILE)).not.toContain("deadline");
  });

  test("by the proxy says so", () => {
    const status: Status = { code: 14, name: "UNAVAILABLE", message: "cannot reach it", source: "trailers" };
    expect(endLine(end({ status, how: "proxy-error", by: "proxy" }), CALL, {}, FILE)).toMatch(
      / {2}✗ UNAVAILABLE by proxy: cannot reach it$/,
    );
  });

  test("that is no gRPC shows its HTTP status", () => {
    const call = { ...CALL, protocol: "unknown", method: "/index.html?a=b" };
    const status: Status = {
      code: 12,
      name: "UNIMPLEMENTED",
      message: "HTTP status 404; no grpc-status",
      source: "http-status",
    };
    const line = endLine(end({ status, how: "end-stream" }), call, { httpStatus: "404" }, FILE);
    expect(line).toContain(" → /index.html?a=b ");
    expect(line).toMatch(/ {2}✗ HTTP 404 not gRPC$/);
  });

  test("that is no longer kept still has a line", () => {
    expect(endLine(end({}), undefined, {}, FILE)).toContain("(no longer kept)");
  });

  test.each([
    [1, 1, "→"],
    [2, 1, "⇉"],
    [1, 2, "⇇"],
    [2, 2, "⇄"],
  ])("with %i and %i messages is shown as %s", (client, server, glyph) => {
    const event = end({ client: { messages: client, bytes: 0 }, server: { messages: server, bytes: 0 } });
    expect(endLine(event, CALL, {}, FILE)).toContain(`7 ${glyph} acme`);
  });

  test("is shown as its schema says, where one knows the method", () => {
    const style = { ...FILE, kindOf: (method: string) => (method === CALL.method ? ("bidi" as const) : undefined) };
    expect(endLine(end({}), CALL, {}, style)).toContain("7 ⇄ acme");
    expect(streamingLine(CALL, CALL.startedAt, undefined, style)).toContain("7 ⇄ acme");
    expect(endLine(end({}), { ...CALL, method: "/acme.v1.Other/Do" }, {}, style)).toContain("7 → acme");
  });

  test("with a very long message does not flood", () => {
    const long = { ...NOT_FOUND, message: "x".repeat(100_000) };
    const line = endLine(end({ status: long }), CALL, {}, FILE);
    expect(line.length).toBeLessThan(330);
    expect(line).toMatch(/x…$/);
  });
});

describe("a terminal's line", () => {
  const LONG = [
    { ...CALL, method: "/framelens.demo.v1.MetricsService/UploadMetricsOfEveryHost" },
    { ...CALL, method: `/${"very.".repeat(30)}LongService/Call` },
    { ...CALL, method: `/${"語".repeat(60)}` },
    { ...CALL, method: "" },
    CALL,
  ];
  const STATUSES: Status[] = [
    OK,
    NOT_FOUND,
    { code: 9, name: "FAILED_PRECONDITION", message: "語".repeat(200), source: "trailers" },
  ];

  test.each([80, 100, 120, 200])("of %i cells is never wider", (width) => {
    for (const call of LONG)
      for (const status of STATUSES)
        for (const line of endLine(
          end({ status, durationMs: 5_999_000 }),
          call,
          {},
          {
            paint: PLAIN,
            width,
          },
        ).split("\n"))
          expect(textWidth(line)).toBeLessThanOrEqual(width);
  });

  test.each([80, 120])("of %i cells has its status in the same place as every other", (width) => {
    const places = LONG.flatMap((call) =>
      STATUSES.map((status) => {
        const [line = ""] = endLine(end({ status }), call, {}, { paint: PLAIN, width }).split("\n");
        return textWidth(line.slice(0, line.search(/(OK|✗ \w+)/)));
      }),
    );
    expect(new Set(places).size).toBe(1);
  });

  test("holds the whole service and method at 80 cells where that is possible", () => {
    const call = { ...CALL, method: "/framelens.demo.v1.ChatService/ChatSession" };
    expect(endLine(end({}), call, {}, TERMINAL_80)).toBe(
      "14:02:11     7 → ChatService/ChatSession   41ms   1↑   1↓ OK",
    );
  });

  test("loses its package from the left", () => {
    const call = { ...CALL, method: "/framelens.demo.v1.MetricsService/UploadMetrics" };
    expect(endLine(end({}), call, {}, TERMINAL_120)).toContain(" …demo.v1.MetricsService/UploadMetrics ");
  });

  test("cuts a long question where both sides would not fit", () => {
    const facts = { asked: `ids:[${"1001, ".repeat(12)}]`, answered: `names:[${'"x", '.repeat(12)}]` };
    expect(endLine(end({}), CALL, facts, TERMINAL_80).split("\n")[1]).toBe(
      '                 ids:[1001, 1001, 1001, 1001… → names:["x", "x", "x", "x", "x",…',
    );
    expect(endLine(end({}), CALL, { ...facts, answered: "count:12" }, TERMINAL_80).split("\n")[1]).toBe(
      "                 ids:[1001, 1001, 1001, 1001, 1001, 1001, 1001, 1001… → count:12",
    );
  });

  test("puts a message that does not fit under the method", () => {
    const status = { ...NOT_FOUND, message: "no user 4040: it was deleted some time ago" };
    expect(endLine(end({ status }), CALL, {}, TERMINAL_80).split("\n")).toEqual([
      "14:02:11     7 → acme.v1.Things/Watch      41ms   1↑   1↓ ✗ NOT_FOUND",
      "                 no user 4040: it was deleted some time ago",
    ]);
  });
});

describe("a call that streams", () => {
  test("has a line with what came so far, and its deadline", () => {
    expect(streamingLine({ ...CALL, timeoutMs: 30_000 }, AT, undefined, FILE)).toMatch(
      /^14:02:11\.345 {5}7 ⇇ acme\.v1\.Things\/Watch +27ms {4}1↑ {2}42B {4}3↓ 2\.1k {2}● open deadline 30\.0s$/,
    );
  });

  test("has what it was asked, where that is one message", () => {
    expect(streamingLine({ ...CALL, timeoutMs: 30_000 }, AT, "id:1", FILE)).toMatch(
      / {2}● open id:1, deadline 30\.0s$/,
    );
    expect(streamingLine(CALL, AT, "id:1", FILE)).toMatch(/ {2}● open id:1$/);
    expect(streamingLine(CALL, AT, undefined, FILE)).toMatch(/ {2}● open$/);
  });
});

const OPENED: ConnectionOpenedEvent = {
  seq: 1,
  at: AT,
  kind: "connection-opened",
  connection: 3,
  client: "127.0.0.1:51122",
  server: "127.0.0.1:50051",
  relay: "tap",
  protocol: "http/1.1",
};
const CLOSED: ConnectionClosedEvent = {
  seq: 2,
  at: AT,
  kind: "connection-closed",
  connection: 3,
  by: "client",
  how: "end",
  durationMs: 200,
  clientBytes: 120,
  serverBytes: 2100,
};

describe("a connection", () => {
  test("that is not decoded says what it is", () => {
    expect(connectionLine(OPENED, AT, FILE)).toMatch(
      /^14:02:11\.345 {4}c3 · 127\.0\.0\.1:51122 to 127\.0\.0\.1:50051 .* ● open HTTP\/1\.1, carried as it is$/,
    );
    expect(connectionLine({ ...OPENED, protocol: "unknown" }, AT, FILE)).toMatch(/unknown protocol, carried as it is$/);
  });

  test("that ended says by whom and how much went over it", () => {
    expect(connectionEndLine(CLOSED, OPENED, FILE)).toMatch(
      / 200ms .* closed by client 120 B↑ 2\.1 kB↓, HTTP\/1\.1, carried as it is$/,
    );
    expect(connectionEndLine({ ...CLOSED, by: "server", how: "reset", reason: "ECONNRESET" }, OPENED, FILE)).toMatch(
      / reset by server ECONNRESET; 120 B↑/,
    );
  });

  test("that failed says why and nothing else", () => {
    const failed = { ...CLOSED, by: "proxy", how: "error", reason: "no such host" } as const;
    expect(connectionEndLine(failed, { ...OPENED, server: "" }, FILE)).toMatch(
      /c3 · 127\.0\.0\.1:51122 .* ✗ failed no such host$/,
    );
    expect(connectionEndLine(failed, undefined, FILE)).toMatch(/c3 · .* ✗ failed no such host$/);
  });
});

describe("a problem", () => {
  const common = {
    seq: 4,
    at: AT,
    kind: "protocol-error",
    from: "server",
    code: "ERR_GRPC_STATUS",
    message: "grpc-status x",
  } as const;

  test("of a call says what, where and whose", () => {
    expect(problemLine({ ...common, call: 7, connection: 3 }, CALL, FILE)).toMatch(
      /^14:02:11\.345 {5}7 ! acme\.v1\.Things\/Watch .* ! by server: grpc-status x \(ERR_GRPC_STATUS\)$/,
    );
  });

  test("of a connection too", () => {
    expect(problemLine({ ...common, connection: 3 }, undefined, FILE)).toMatch(
      / c3 ! connection 3 .* ! by server: grpc-status x/,
    );
  });

  test("of a message names the message", () => {
    const message = {
      seq: 4,
      at: AT,
      kind: "client-message",
      call: 7,
      index: 2,
      length: 3,
      wireLength: 3,
      encoding: "identity",
    } as const;
    expect(
      messageProblemLine(
        { ...message, problem: { code: "ERR_MESSAGE_CUT", message: "cut after 3 of 9 bytes" } },
        CALL,
        FILE,
      ),
    ).toMatch(/ 7 ! acme\.v1\.Things\/Watch .* ! by client: message 2: cut after 3 of 9 bytes \(ERR_MESSAGE_CUT\)$/);
    expect(messageProblemLine(message, CALL, FILE)).toBeUndefined();
  });

  test("told by GOAWAY, by a stall or by a gap has its line", () => {
    const goaway = {
      seq: 1,
      at: AT,
      kind: "goaway",
      connection: 3,
      from: "server",
      lastStream: 5,
      code: 11,
      name: "ENHANCE_YOUR_CALM",
      debug: "too_many_pings",
    } as const;
    expect(goawayLine(goaway, FILE)).toMatch(
      / c3 ! connection 3 .* ! by server: GOAWAY ENHANCE_YOUR_CALM "too_many_pings", last stream 5$/,
    );
    const stall = {
      seq: 1,
      at: AT,
      kind: "window-stall",
      connection: 3,
      from: "server",
      stream: 5,
      durationMs: 2300,
    } as const;
    expect(stallLine(stall, FILE)).toMatch(
      / 2\.3s .* ! by client: server's data had to wait: the window of stream 5 was used up$/,
    );
    expect(droppedLine({ kind: "dropped", from: 1, to: 97, events: 97 }, FILE)).toContain("97 events are missing here");
  });
});

describe("text of a peer", () => {
  const EVIL = "a\nb\x1b[2J\x9bc\u202ed\u2028e\u{e0041}\x07";
  const HARMFUL = /[\u0000-\u001f\u007f-\u009f\u202e\u2028\u{e0041}]/u;

  test.each([FILE, TERMINAL_80, TERMINAL_120])("is never obeyed, wherever it stands (%j)", (style) => {
    const call = { ...CALL, method: `/${EVIL}/${EVIL}` };
    const status: Status = { code: 5, name: "NOT_FOUND", message: EVIL, source: "trailers" };
    const problem = { code: "ERR_X", message: EVIL };
    const lines = [
      endLine(end({ status }), call, {}, style),
      endLine(end({ status: { ...status, source: "reset" }, by: "client" }), call, {}, style),
      endLine(
        end({ status: { ...status, source: "http-status" } }),
        { ...call, protocol: "unknown" },
        { httpStatus: EVIL },
        style,
      ),
      streamingLine(call, AT, undefined, style),
      connectionLine({ ...OPENED, client: EVIL, server: EVIL, protocol: EVIL }, AT, style),
      connectionEndLine({ ...CLOSED, reason: EVIL }, { ...OPENED, server: EVIL, protocol: EVIL }, style),
      problemLine({ seq: 1, at: AT, kind: "protocol-error", from: "client", connection: 1, ...problem }, call, style),
      messageProblemLine(
        {
          seq: 1,
          at: AT,
          kind: "server-message",
          call: 7,
          index: 0,
          length: 0,
          wireLength: 0,
          encoding: EVIL,
          problem,
        },
        call,
        style,
      ),
      goawayLine(
        {
          seq: 1,
          at: AT,
          kind: "goaway",
          connection: 1,
          from: "server",
          lastStream: 0,
          code: 1,
          name: "X",
          debug: EVIL,
        },
        style,
      ),
    ];
    for (const line of lines) for (const part of line?.split("\n") ?? []) expect(part).not.toMatch(HARMFUL);
    // The only line ends are ours: a second line is indented under the method.
    for (const line of lines) for (const part of line?.split("\n").slice(1) ?? []) expect(part).toMatch(/^ {17,}\S/);
  });
});
