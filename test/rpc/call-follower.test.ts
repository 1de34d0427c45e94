// What each header block of a call is, how the call ended and by whom (PROTOCOL-HTTP2.md; http-grpc-status-mapping.md).
import { describe, expect, test } from "vitest";
import { FLAG, FRAME } from "../../src/http2/frames.js";
import { CLIENT, SERVER, type SideIndex } from "../../src/http2/stream.js";
import type { EndedBy } from "../../src/model/events.js";
import type { Field } from "../../src/model/fields.js";
import type { Turn } from "../support/any-split.js";
import {
  concat,
  data,
  encodeFrame,
  encodeGoaway,
  encodeReset,
  encodeSettings,
  hello,
  message,
  octetsOf,
  RESPONSE,
  request,
  Speaker,
  trailers,
  trailersOnly,
} from "../support/frames.js";
import { captureCalls, RecordedConnection, recordCalls } from "../support/recording-sink.js";

/** A client and a server with their tables, who take turns. */
class Talk {
  readonly client = new Speaker();
  readonly server = new Speaker();
  readonly #turns: Turn[] = [
    [CLIENT, hello()],
    [SERVER, encodeSettings([])],
  ];

  says(from: SideIndex, ...frames: readonly Uint8Array[]): this {
    this.#turns.push([from, concat(...frames)]);
    return this;
  }

  /** What is recorded of the calls, whatever the cut; the capture must say the same. */
  lines(closedBy: EndedBy = "client"): readonly string[] {
    const { lines } = recordCalls(this.#turns, closedBy);
    const calls = lines.filter((line) => /^\d|^problem/.test(line));
    if (closedBy !== "proxy") expect(captureCalls(this.#turns, closedBy).lines).toEqual(calls);
    return calls;
  }
}

/** A call on stream 1 whose client has said all that it has to say, and what the server's frames make of it. */
function answered(answer: (server: Speaker) => readonly Uint8Array[], fields = request("/s/M")): readonly string[] {
  const talk = new Talk();
  talk.says(CLIENT, talk.client.headers(1, fields, { endStream: true }));
  const lines = talk.says(SERVER, ...answer(talk.server)).lines();
  return lines.slice(2);
}

const HTML: readonly Field[] = [
  [":status", "200"],
  ["content-type", "text/html"],
];

describe("a call", () => {
  test("is request headers, messages, response headers, messages and trailers", () => {
    const talk = new Talk();
    talk
      .says(CLIENT, talk.client.headers(1, request("/s/M")), data(1, message("hi"), { endStream: true }))
      .says(SERVER, talk.server.headers(1, RESPONSE), data(1, message("ho")))
      .says(SERVER, talk.server.headers(1, trailers(0), { endStream: true }));
    expect(talk.lines()).toEqual([
      "1 client-header grpc /s/M",
      '1 client-message 0 "hi"',
      "1 client-half-close",
      "1 server-header",
      '1 server-message 0 "ho"',
      "1 server-trailer",
      "1 call-end trailers by server: 0 from trailers",
    ]);
  });

  test("has its messages across any frames, and its fields whole, in order, with duplicates", () => {
    const talk = new Talk();
    const fields = request("/s/M", [
      ["x-bin", "AQ"],
      ["x-bin", "Ag=="],
    ]);
    const body = concat(message("one"), message("two"));
    const turns: Turn[] = [
      [CLIENT, concat(hello(), talk.client.headers(1, fields), data(1, body.subarray(0, 6)))],
      [CLIENT, concat(data(1, ""), data(1, body.subarray(6), { padding: 3 }))],
    ];
    const recording = recordCalls(turns, "client");
    expect(recording.lines.slice(1, 4)).toEqual([
      "1 client-header grpc /s/M",
      '1 client-message 0 "one"',
      '1 client-message 1 "two"',
    ]);
    expect(recording.fields[1]).toEqual(fields);
  });

  test("may be answered before the client has ended, who is then still read", () => {
    const talk = new Talk();
    talk
      .says(CLIENT, talk.client.headers(1, request("/s/M")), data(1, message("a")))
      .says(SERVER, talk.server.headers(1, trailersOnly(5), { endStream: true }))
      .says(CLIENT, data(1, message("b")))
      .says(SERVER, encodeReset(1, 0));
    expect(talk.lines()).toEqual([
      "1 client-header grpc /s/M",
      '1 client-message 0 "a"',
      "1 server-trailer trailers-only",
      "1 call-end trailers-only by server: 5 from trailers",
      '1 client-message 1 "b"',
      "1 cancel server 0",
    ]);
  });

  test("of no known protocol is one message a side", () => {
    const talk = new Talk();
    talk
      .says(
        CLIENT,
        talk.client.headers(1, [
          [":method", "PUT"],
          [":path", "/file"],
        ]),
        data(1, "some"),
        data(1, "thing", { endStream: true }),
      )
      .says(SERVER, talk.server.headers(1, [[":status", "404"]]), data(1, "no", { endStream: true }));
    expect(talk.lines()).toEqual([
      "1 client-header unknown /file",
      '1 client-message 0 "something"',
      "1 client-half-close",
      "1 server-header",
      '1 server-message 0 "no"',
      "1 call-end end-stream by server: 12 from http-status",
    ]);
  });

  test("may have trailers from the client, which end it for the client", () => {
    const talk = new Talk();
    talk.says(
      CLIENT,
      talk.client.headers(1, request("/s/M")),
      data(1, message("a").subarray(0, 4)),
      talk.client.headers(1, [["x", "y"]], { endStream: true }),
    );
    expect(talk.lines().slice(1, 4)).toEqual([
      "1 client-trailer",
      "1 problem client ERR_MESSAGE_CUT",
      "1 client-half-close",
    ]);
  });
});

describe("a server's header blocks", () => {
  test("trailers-only is one block with END_STREAM", () => {
    expect(answered((server) => [server.headers(1, trailersOnly(12), { endStream: true })])).toEqual([
      "1 server-trailer trailers-only",
      "1 call-end trailers-only by server: 12 from trailers",
    ]);
  });

  test("a grpc-status in headers without END_STREAM is no end, and END_STREAM on empty DATA brings no trailers", () => {
    expect(answered((server) => [server.headers(1, trailersOnly(5)), data(1, "", { endStream: true })])).toEqual([
      "1 server-header",
      "1 call-end end-stream by server: 13 from missing",
    ]);
  });

  test("1xx come before the real ones, however many", () => {
    expect(
      answered((server) => [
        server.headers(1, [[":status", "100"]]),
        server.headers(1, [[":status", "103"]]),
        server.headers(1, RESPONSE),
        server.headers(1, trailers(0), { endStream: true }),
      ]),
    ).toEqual([
      "1 server-header 1xx",
      "1 server-header 1xx",
      "1 server-header",
      "1 server-trailer",
      "1 call-end trailers by server: 0 from trailers",
    ]);
  });

  test("trailers without END_STREAM are a problem of the server, and no end", () => {
    expect(
      answered((server) => [
        server.headers(1, RESPONSE),
        server.headers(1, trailers(0)),
        data(1, "", { endStream: true }),
      ]),
    ).toEqual([
      "1 server-header",
      "1 server-trailer",
      "1 problem server ERR_TRAILERS",
      "1 call-end end-stream by server: 13 from missing",
    ]);
  });

  test("a message that the trailers cut short is told before them", () => {
    expect(
      answered((server) => [
        server.headers(1, RESPONSE),
        data(1, message("abcdef").subarray(0, 8)),
        server.headers(1, trailers(0), { endStream: true }),
      ]).slice(1, 3),
    ).toEqual(['1 server-message 0 "abc" cut of 6', "1 server-trailer"]);
  });
});

describe("the status", () => {
  test.each([
    ["0", 0],
    ["16", 16],
    ["00", 0],
    ["77", 77],
  ])("grpc-status %j is the server's own word: %d", (value, code) => {
    expect(answered((server) => [server.headers(1, trailersOnly(value), { endStream: true })]).at(-1)).toBe(
      `1 call-end trailers-only by server: ${code} from trailers`,
    );
  });

  test.each(["", "-1", "OK", "9".repeat(400), "0 0"])("grpc-status %j is malformed: UNKNOWN, and told", (value) => {
    expect(answered((server) => [server.headers(1, trailersOnly(value), { endStream: true })])).toEqual([
      "1 server-trailer trailers-only",
      "1 problem server ERR_GRPC_STATUS",
      "1 call-end trailers-only by server: 2 from trailers",
    ]);
  });

  test("of two grpc-status the first counts", () => {
    const twice = [...trailersOnly(9), ...trailers(0)];
    expect(answered((server) => [server.headers(1, twice, { endStream: true })]).at(-1)).toContain(": 9 from trailers");
  });

  test.each([
    ["200", 13, "missing"],
    ["400", 13, "http-status"],
    ["401", 16, "http-status"],
    ["403", 7, "http-status"],
    ["404", 12, "http-status"],
    ["429", 14, "http-status"],
    ["503", 14, "http-status"],
    ["500", 2, "http-status"],
  ])("without a grpc-status, HTTP %s means %d, never OK", (http, code, source) => {
    const fields: readonly Field[] = [
      [":status", http],
      ["content-type", "application/grpc"],
    ];
    const end = (how: string) => `1 call-end ${how} by server: ${code} from ${source}`;
    expect(answered((s) => [s.headers(1, fields, { endStream: true })]).at(-1)).toBe(end("trailers-only"));
    expect(answered((s) => [s.headers(1, fields), data(1, "", { endStream: true })]).at(-1)).toBe(end("end-stream"));
    const withTrailers = (s: Speaker) => [s.headers(1, fields), s.headers(1, [["x", "y"]], { endStream: true })];
    expect(answered(withTrailers).at(-1)).toBe(end("trailers"));
  });

  test("of an HTML page that came with 200 is UNKNOWN, and the page is one message", () => {
    expect(answered((server) => [server.headers(1, HTML), data(1, "<p>hello</p>", { endStream: true })])).toEqual([
      "1 server-header",
      '1 server-message 0 "<p>hello</p>"',
      "1 call-end end-stream by server: 2 from http-status",
    ]);
    expect(answered((server) => [server.headers(1, HTML, { endStream: true })]).at(-1)).toBe(
      "1 call-end trailers-only by server: 2 from http-status",
    );
  });

  test("of a server that sends data and never headers is UNKNOWN", () => {
    expect(answered(() => [data(1, message("x"), { endStream: true })])).toEqual([
      '1 server-message 0 "x"',
      "1 call-end end-stream by server: 2 from http-status",
    ]);
  });

  test("data before headers of another kind is ended by them, not lost", () => {
    expect(
      answered((server) => [
        data(1, message("abcdef").subarray(0, 8)),
        server.headers(1, HTML),
        data(1, "page", { endStream: true }),
      ]),
    ).toEqual([
      '1 server-message 0 "abc" cut of 6',
      "1 server-header",
      '1 server-message 1 "page"',
      "1 call-end end-stream by server: 2 from http-status",
    ]);
  });

  test("that a gRPC server gives to a request of another kind is shown all the same", () => {
    const odd: readonly Field[] = [
      [":method", "POST"],
      [":path", "/s/M"],
      ["content-type", "application/grpc-web"],
    ];
    expect(answered((server) => [server.headers(1, trailersOnly(3), { endStream: true })], odd)).toEqual([
      "1 server-trailer trailers-only",
      "1 call-end trailers-only by server: 3 from trailers",
    ]);
  });
});

describe("a reset", () => {
  test.each([
    [0, 13],
    [1, 13],
    [2, 13],
    [7, 14],
    [8, 1],
    [11, 8],
    [12, 7],
    [99, 2],
  ])("with code %d before headers means status %d (PROTOCOL-HTTP2.md, Errors)", (code, status) => {
    expect(answered(() => [encodeReset(1, code)])).toEqual([
      `1 cancel server ${code}`,
      `1 call-end reset by server: ${status} from reset`,
    ]);
  });

  test("after headers cuts the messages under way on both sides, which are shown first", () => {
    const talk = new Talk();
    talk
      .says(CLIENT, talk.client.headers(1, request("/s/M")), data(1, message("abc").subarray(0, 6)))
      .says(SERVER, talk.server.headers(1, RESPONSE), data(1, message("defg").subarray(0, 3)))
      .says(CLIENT, encodeReset(1, 8));
    expect(talk.lines().slice(2)).toEqual([
      '1 client-message 0 "a" cut of 3',
      "1 problem server ERR_MESSAGE_CUT",
      "1 cancel client 8",
      "1 call-end reset by client: 1 from reset",
    ]);
  });

  test("after the trailers is an event of the same call and changes nothing", () => {
    expect(
      answered((server) => [server.headers(1, trailersOnly(0), { endStream: true }), encodeReset(1, 0)]).slice(1),
    ).toEqual(["1 call-end trailers-only by server: 0 from trailers", "1 cancel server 0"]);
  });

  test("is followed by the trailers that crossed it, which change nothing", () => {
    const talk = new Talk();
    talk
      .says(CLIENT, talk.client.headers(1, request("/s/M")), encodeReset(1, 8))
      .says(SERVER, talk.server.headers(1, trailersOnly(0), { endStream: true }));
    expect(talk.lines().slice(1)).toEqual([
      "1 cancel client 8",
      "1 call-end reset by client: 1 from reset",
      "1 server-trailer trailers-only",
    ]);
  });
});

describe("a call that is cut off", () => {
  test.each(["client", "server", "proxy"] as const)("by the %s is UNAVAILABLE, its last message is shown", (by) => {
    const talk = new Talk();
    talk.says(CLIENT, talk.client.headers(1, request("/s/M")), data(1, message("abc").subarray(0, 7)));
    expect(talk.lines(by).slice(1)).toEqual([
      '1 client-message 0 "ab" cut of 3',
      `1 call-end connection-lost by ${by}: 14 from connection`,
    ]);
  });

  test("by a GOAWAY that leaves it out is UNAVAILABLE by the server", () => {
    const talk = new Talk();
    talk
      .says(CLIENT, talk.client.headers(1, request("/s/M")), talk.client.headers(3, request("/s/N")))
      .says(SERVER, encodeGoaway(1, 0), talk.server.headers(1, trailersOnly(0), { endStream: true }));
    expect(talk.lines().slice(2)).toEqual([
      "2 call-end goaway by server: 14 from goaway",
      "1 server-trailer trailers-only",
      "1 call-end trailers-only by server: 0 from trailers",
    ]);
  });
});

describe("streams and calls are used again", () => {
  test("what comes late for a call is that call's, or nobody's once its stream is another's", () => {
    const talk = new Talk();
    const call = (id: number) =>
      talk
        .says(CLIENT, talk.client.headers(id, request("/s/M"), { endStream: true }))
        .says(SERVER, talk.server.headers(id, trailersOnly(0), { endStream: true }));
    call(1);
    talk.says(SERVER, encodeReset(1, 0));
    talk.says(CLIENT, talk.client.headers(33, request("/s/Other")), data(33, message("x").subarray(0, 4)));
    talk.says(SERVER, encodeReset(1, 2), talk.server.headers(1, trailers(2), { endStream: true }));
    talk.says(CLIENT, data(33, message("x").subarray(4)));
    expect(talk.lines().slice(4)).toEqual([
      "1 cancel server 0",
      "2 client-header grpc /s/Other",
      '2 client-message 0 "x"',
      "2 call-end connection-lost by client: 14 from connection",
    ]);
  });

  test("a call of another protocol on a stream used again begins with nothing of the one before", () => {
    const talk = new Talk();
    talk
      .says(CLIENT, talk.client.headers(1, request("/s/M")), data(1, message("abc").subarray(0, 3)), encodeReset(1, 8))
      .says(CLIENT, talk.client.headers(33, [[":path", "/file"]]), data(33, "text", { endStream: true }))
      .says(SERVER, talk.server.headers(33, HTML), data(33, "page", { endStream: true }))
      .says(CLIENT, talk.client.headers(65, request("/s/M")), data(65, message("d"), { endStream: true }))
      .says(SERVER, talk.server.headers(65, RESPONSE), data(65, message("e")));
    expect(talk.lines().slice(4)).toEqual([
      "2 client-header unknown /file",
      '2 client-message 0 "text"',
      "2 client-half-close",
      "2 server-header",
      '2 server-message 0 "page"',
      "2 call-end end-stream by server: 2 from http-status",
      "3 client-header grpc /s/M",
      '3 client-message 0 "d"',
      "3 client-half-close",
      "3 server-header",
      '3 server-message 0 "e"',
      "3 call-end connection-lost by client: 14 from connection",
    ]);
  });
});

describe("a pushed call", () => {
  test("is a call whose request the server made", () => {
    const talk = new Talk();
    talk
      .says(CLIENT, talk.client.headers(1, request("/s/M"), { endStream: true }))
      .says(SERVER, talk.server.push(1, 2, request("/s/Pushed")), talk.server.headers(2, RESPONSE))
      .says(SERVER, data(2, message("p")), talk.server.headers(2, trailers(0), { endStream: true }));
    expect(talk.lines().slice(2, -1)).toEqual([
      "2 client-header grpc /s/Pushed pushed",
      "2 server-header",
      '2 server-message 0 "p"',
      "2 server-trailer",
      "2 call-end trailers by server: 0 from trailers",
    ]);
  });

  test("whose block was a response a moment ago is read as a request, and the other way round", () => {
    // Equal octets over an unchanged table are one list, which remembers what was worked out from it.
    const block = Uint8Array.of(0x88);
    const response = encodeFrame(FRAME.headers, FLAG.endHeaders, 1, block);
    const push = encodeFrame(FRAME.pushPromise, FLAG.endHeaders, 1, concat(Uint8Array.of(0, 0, 0, 2), block));
    const trailer = encodeFrame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, 2, block);
    for (const frames of [
      [response, push],
      [push, trailer],
    ]) {
      const lines = answered(() => frames);
      expect(lines).toContain("2 client-header unknown  pushed");
    }
    expect(answered(() => [push, trailer])).toContain("2 call-end end-stream by server: 2 from http-status");
  });
});

describe("headers that cannot be read", () => {
  const broken = (stream: number, endStream = false) =>
    encodeFrame(FRAME.headers, FLAG.endHeaders | (endStream ? FLAG.endStream : 0), stream, Uint8Array.of(0x80));

  test("from the client open a call of which only the octets are shown, and whose status is read", () => {
    const talk = new Talk();
    talk
      .says(CLIENT, broken(1), data(1, message("a"), { endStream: true }))
      .says(SERVER, talk.server.headers(1, RESPONSE), talk.server.headers(1, trailers(7), { endStream: true }));
    expect(talk.lines()).toEqual([
      "problem client ERR_HPACK_INDEX_ZERO",
      "1 client-header unreadable",
      '1 client-message 0 "\\u0000\\u0000\\u0000\\u0000\\u0001a"',
      "1 client-half-close",
      "1 server-header",
      "1 server-trailer",
      "1 call-end trailers by server: 7 from trailers",
    ]);
  });

  test("from the server are shown in their place, messages between them are read, the status is unknown", () => {
    expect(answered(() => [broken(1), data(1, message("a")), broken(1, true)])).toEqual([
      "problem server ERR_HPACK_INDEX_ZERO",
      "1 server-header unreadable",
      '1 server-message 0 "a"',
      "1 server-trailer unreadable",
      "1 call-end trailers by server: 2 from missing",
    ]);
    expect(answered(() => [broken(1, true)]).slice(1)).toEqual([
      "1 server-trailer trailers-only unreadable",
      "1 call-end trailers-only by server: 2 from missing",
    ]);
  });

  test("of the client's trailers still end its side", () => {
    const talk = new Talk();
    talk.says(CLIENT, talk.client.headers(1, request("/s/M")), broken(1, true));
    expect(talk.lines().slice(2, 4)).toEqual(["1 client-trailer unreadable", "1 client-half-close"]);
  });
});

describe("calls that are only counted", () => {
  test("leave no trace, and their client's trailers open no call", () => {
    const client = new Speaker();
    const connection = new RecordedConnection();
    connection.sink.maxCalls = 1;
    connection.push(hello(), CLIENT);
    connection.push(encodeSettings([]), SERVER);
    connection.push(concat(client.headers(1, request("/s/M")), client.headers(3, request("/s/N"))), CLIENT);
    connection.sink.maxCalls = 9;
    connection.push(concat(data(3, message("x")), client.headers(3, [["x", "y"]], { endStream: true })), CLIENT);
    connection.push(concat(new Speaker().headers(3, RESPONSE), encodeReset(3, 2)), SERVER);
    expect(connection.sink.lines.slice(2)).toEqual(["1 client-header grpc /s/M"]);
    connection.push(client.headers(35, request("/s/O")), CLIENT);
    expect(connection.sink.lines.at(-1)).toBe("2 client-header grpc /s/O");
  });
});

test("an answer of the proxy itself is a proxy-error", () => {
  const connection = new RecordedConnection(true);
  const [client, server] = [new Speaker(), new Speaker()];
  connection.push(concat(hello(), client.headers(1, request("/s/M"))), CLIENT);
  connection.push(concat(encodeSettings([]), server.headers(1, trailersOnly(14), { endStream: true })), SERVER);
  connection.push(client.headers(3, request("/s/M")), CLIENT);
  connection.close("client");
  expect(connection.sink.lines.filter((line) => line.includes("call-end"))).toEqual([
    "1 call-end proxy-error by proxy: 14 from trailers",
    "2 call-end connection-lost by client: 14 from connection",
  ]);
});

test("octets that say nothing are no call", () => {
  expect(new Talk().says(CLIENT, encodeFrame(0xbe, 0, 1, octetsOf("x"))).lines()).toEqual([]);
});
