// Both sides of a connection: streams in every state (RFC 9113 §5.1), pushes, GOAWAY, settings, and what is said of mistakes.
import { describe, expect, test } from "vitest";
import {
  ConnectionReader,
  type ConnectionSink,
  MAX_OPEN_STREAMS,
  MAX_SWEEPS,
  type StreamSink,
} from "../../src/http2/connection-reader.js";
import { FLAG, FRAME } from "../../src/http2/frames.js";
import type { FieldList } from "../../src/http2/hpack/decoder.js";
import { CLIENT, type Http2Stream, SERVER, type SideIndex, sideName } from "../../src/http2/stream.js";
import { anySplit, type Turn } from "../support/any-split.js";
import {
  concat,
  data,
  encodeFrame,
  encodeGoaway,
  encodeReset,
  encodeSettings,
  encodeWindowUpdate,
  hello,
  octetsOf,
  RESPONSE,
  request,
  Speaker,
  textOf,
} from "../support/frames.js";

type Stream = Http2Stream<string>;

/** Hangs a name of its own on every stream, so that a frame which reaches another's stream is seen. */
class StreamLog implements StreamSink<string>, ConnectionSink<string> {
  readonly lines: string[] = [];
  readonly messages: string[] = [];
  notFollowed = 0;
  readonly reader = new ConnectionReader<string>(this, this);
  #streams = 0;
  #last = "";

  plainRequest(stream: Stream, id: number): boolean {
    if (stream.id === id || !stream.closed) throw new Error("the stream to be used is not a closed one");
    stream.call = `${id}#${++this.#streams}`;
    this.#note(`${stream.call} headers client`);
    return true;
  }
  plainAnswer(stream: Stream, list: FieldList, endStream: boolean): boolean {
    this.headers(stream, SERVER, list, endStream);
    return true;
  }
  plainData(
    stream: Stream,
    from: SideIndex,
    _octets: DataView,
    bytes: Uint8Array,
    start: number,
    end: number,
    endStream: boolean,
  ): boolean {
    if (end > start) this.data(stream, from, bytes, start, end);
    if (endStream) this.endStream(stream, from);
    return true;
  }
  headers(stream: Stream, from: SideIndex, list: FieldList | undefined, endStream: boolean): void {
    if (!stream.known) this.#open(stream);
    this.#note(`${stream.call} headers ${sideName(from)}${list === undefined ? " unreadable" : ""}${end(endStream)}`);
  }
  pushed(stream: Stream, list: FieldList | undefined): void {
    this.#open(stream);
    this.#note(`${stream.call} pushed${list === undefined ? " unreadable" : ""}`);
  }
  data(stream: Stream, from: SideIndex, bytes: Uint8Array, start: number, end: number): void {
    const what = `${stream.call} data ${sideName(from)} `;
    const text = textOf(bytes.slice(start, end));
    // The pieces of a body are one line, as the cuts decide how many there are.
    if (this.#last === what) this.lines[this.lines.length - 1] += text;
    else this.lines.push(what + text);
    this.#last = what;
  }
  endStream(stream: Stream, from: SideIndex): void {
    this.#note(`${stream.call} end ${sideName(from)}`);
  }
  reset(stream: Stream, from: SideIndex, code: number): void {
    this.#note(`${stream.call} reset ${sideName(from)} ${code}`);
  }
  refused(stream: Stream): void {
    this.#note(`${stream.call} refused`);
  }
  settings(from: SideIndex): void {
    this.#note(`settings ${sideName(from)}`);
  }
  ping(from: SideIndex): void {
    this.#note(`ping ${sideName(from)}`);
  }
  goaway(from: SideIndex, lastStream: number): void {
    this.#note(`goaway ${sideName(from)} ${lastStream}`);
  }
  unfollowed(): void {
    this.notFollowed++;
  }

  windowStall(from: SideIndex, stream: number): void {
    this.#note(`stall ${sideName(from)} ${stream}`);
  }
  problem(from: SideIndex, stream: Stream | undefined, code: string, message: string): void {
    this.messages.push(message);
    this.#note(`${stream === undefined ? "" : `${stream.call} `}problem ${sideName(from)} ${code}`);
  }
  openIds(): number[] {
    return [...this.reader.openStreams()].map((stream) => stream.id);
  }

  #open(stream: Stream): void {
    stream.know();
    stream.call = `${stream.id}#${++this.#streams}`;
  }
  #note(line: string): void {
    this.lines.push(line);
    this.#last = "";
  }
}

function end(endStream: boolean): string {
  return endStream ? " end" : "";
}

interface Heard {
  readonly lines: readonly string[];
  readonly messages: readonly string[];
  readonly open: readonly number[];
}

function hear(...turns: readonly Turn[]): Heard {
  return anySplit(turns, () => {
    const log = new StreamLog();
    return {
      push: (bytes, from) => log.reader.push(from, bytes, 1000),
      result: () => {
        log.reader.finish(1000);
        return { lines: log.lines, messages: log.messages, open: log.openIds() };
      },
    };
  });
}

/** After both sides said their SETTINGS. */
function talk(...turns: readonly Turn[]): Heard {
  const heard = hear([CLIENT, hello()], [SERVER, encodeSettings([])], ...turns);
  expect(heard.lines.slice(0, 2)).toEqual(["settings client", "settings server"]);
  return { ...heard, lines: heard.lines.slice(2) };
}

function from(side: SideIndex, ...frames: readonly Uint8Array[]): Turn {
  return [side, concat(...frames)];
}

/** A client and a server, each with a table of its own. */
function speakers() {
  return { client: new Speaker(), server: new Speaker() };
}

const CALL = request("/s/M");

describe("the client preface", () => {
  test("may be cut anywhere", () => {
    expect(hear([CLIENT, hello()]).lines).toEqual(["settings client"]);
  });

  test("that differs ends the reading of the connection, both sides of it, and says whose fault it is", () => {
    const heard = hear([CLIENT, octetsOf("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n")], [SERVER, encodeSettings([])]);
    expect(heard.lines).toEqual(["problem client ERR_NOT_HTTP2"]);
    expect(heard.messages).toEqual([
      "client: client preface differs from RFC 9113 §3.4; this connection is no longer decoded",
    ]);
  });

  test("answered in HTTP/1 ends the reading too", () => {
    const client = new Speaker();
    const heard = hear(
      from(CLIENT, hello(), client.headers(1, CALL, { endStream: true })),
      from(SERVER, octetsOf("HTTP/1.1 505 HTTP Version Not Supported\r\n\r\n")),
      from(CLIENT, client.headers(3, CALL)),
    );
    expect(heard.lines).toEqual(["settings client", "1#1 headers client end", "problem server ERR_NOT_HTTP2"]);
    expect(heard.messages[0]).toContain("server: first frame is like an HTTP/1 answer");
  });

  test("answered by a TLS alert of seven octets is known when the connection ends", () => {
    const heard = hear([CLIENT, hello()], [SERVER, Uint8Array.of(0x15, 3, 1, 0, 2, 2, 10)]);
    expect(heard.lines).toEqual(["settings client", "problem server ERR_NOT_HTTP2"]);
  });
});

describe("a stream", () => {
  test("is opened by the client's HEADERS and closed when both sides have ended it", () => {
    const { client, server } = speakers();
    const heard = talk(
      from(CLIENT, client.headers(1, CALL), data(1, "a"), data(1, "b", { endStream: true })),
      from(
        SERVER,
        server.headers(1, RESPONSE),
        data(1, "c"),
        server.headers(1, [["grpc-status", "0"]], { endStream: true }),
      ),
    );
    expect(heard.lines).toEqual([
      "1#1 headers client",
      "1#1 data client ab",
      "1#1 end client",
      "1#1 headers server",
      "1#1 data server c",
      "1#1 headers server end",
    ]);
    expect(heard.open).toEqual([]);
  });

  test("that the server has ended is still read from the client (RFC 9113 §8.1)", () => {
    const { client, server } = speakers();
    const heard = talk(
      from(CLIENT, client.headers(1, CALL), data(1, "a")),
      from(SERVER, server.headers(1, RESPONSE, { endStream: true })),
      from(CLIENT, data(1, "b")),
      from(SERVER, encodeReset(1, 0)),
    );
    expect(heard.lines.slice(3)).toEqual(["1#1 data client b", "1#1 reset server 0"]);
  });

  test("interleaves with others frame by frame", () => {
    const { client } = speakers();
    const heard = talk(
      from(CLIENT, client.headers(1, CALL), client.headers(3, CALL), data(1, "a"), data(3, "b"), data(1, "c")),
    );
    expect(heard.lines.slice(2)).toEqual(["1#1 data client a", "3#2 data client b", "1#1 data client c"]);
    expect(heard.open).toEqual([1, 3]);
  });

  test("gets nothing more from a side that has ended it; that is told", () => {
    const { client, server } = speakers();
    const heard = talk(
      from(
        CLIENT,
        client.headers(1, CALL, { endStream: true }),
        data(1, "x", { endStream: true }),
        client.headers(1, CALL),
      ),
      from(SERVER, server.headers(1, RESPONSE)),
    );
    expect(heard.lines).toEqual([
      "1#1 headers client end",
      "1#1 problem client ERR_STREAM_CLOSED",
      "1#1 problem client ERR_STREAM_CLOSED",
      "1#1 headers server",
    ]);
    expect(heard.messages[0]).toBe("DATA frame on stream 1, which the client has ended (RFC 9113 §5.1)");
  });
});

describe("a reset", () => {
  test("closes the stream; data that crossed it is of no use, headers and a second reset are still told", () => {
    const { client, server } = speakers();
    const heard = talk(
      from(CLIENT, client.headers(1, CALL), encodeReset(1, 8)),
      from(SERVER, server.headers(1, RESPONSE), data(1, "x"), encodeReset(1, 8)),
    );
    expect(heard.lines).toEqual([
      "1#1 headers client",
      "1#1 reset client 8",
      "1#1 headers server",
      "1#1 reset server 8",
    ]);
    expect(heard.open).toEqual([]);
  });

  test("after both sides ended still finds its stream", () => {
    const { client, server } = speakers();
    const heard = talk(
      from(CLIENT, client.headers(1, CALL, { endStream: true })),
      from(SERVER, server.headers(1, RESPONSE, { endStream: true }), encodeReset(1, 0)),
    );
    expect(heard.lines.at(-1)).toBe("1#1 reset server 0");
  });

  test("that comes when the stream's object is another's by now reaches nobody", () => {
    const { client, server } = speakers();
    const call = (id: number) => [
      from(CLIENT, client.headers(id, CALL, { endStream: true })),
      from(SERVER, server.headers(id, RESPONSE, { endStream: true })),
    ];
    const heard = talk(
      ...call(1),
      from(CLIENT, client.headers(33, CALL)),
      from(SERVER, encodeReset(1, 2), server.headers(1, RESPONSE), data(1, "late")),
      from(CLIENT, data(1, "late", { endStream: true }), encodeReset(1, 8)),
      from(SERVER, server.headers(33, RESPONSE)),
    );
    expect(heard.lines.slice(2)).toEqual(["33#2 headers client", "33#2 headers server"]);
    expect(heard.open).toEqual([33]);
  });
});

describe("stream ids", () => {
  test.each([
    ["DATA", data(5, "x")],
    ["RST_STREAM", encodeReset(5, 8)],
    ["HEADERS from the server", undefined],
  ])("%s on a stream that never was is told", (_what, frame) => {
    const turn = frame === undefined ? from(SERVER, new Speaker().headers(5, RESPONSE)) : from(CLIENT, frame);
    const heard = talk(turn);
    expect(heard.lines).toEqual([`problem ${sideName(turn[0])} ERR_STREAM_ID`]);
    expect(heard.messages[0]).toMatch(/frame on stream 5, which was never opened \(RFC 9113 §5\.1\)$/);
  });

  test("DATA on stream 0 is told", () => {
    expect(talk(from(CLIENT, data(0, "x"))).lines).toEqual(["problem client ERR_STREAM_ID"]);
  });

  test("even ids are not the client's to open", () => {
    expect(talk(from(CLIENT, new Speaker().headers(2, CALL))).lines).toEqual(["problem client ERR_STREAM_ID"]);
  });

  test("an id below one that was opened opens nothing (RFC 9113 §5.1.1)", () => {
    const { client } = speakers();
    const heard = talk(from(CLIENT, client.headers(5, CALL), client.headers(3, CALL), data(3, "x"), data(5, "y")));
    expect(heard.lines).toEqual(["5#1 headers client", "5#1 data client y"]);
    expect(heard.open).toEqual([5]);
  });

  test("WINDOW_UPDATE for any stream is harmless", () => {
    expect(talk(from(SERVER, encodeWindowUpdate(7, 1), encodeWindowUpdate(2, 0))).lines).toEqual([]);
  });
});

describe("a push", () => {
  test("opens the promised stream, on which the server speaks and the client has nothing to say", () => {
    const { client, server } = speakers();
    const heard = talk(
      from(CLIENT, client.headers(1, CALL, { endStream: true })),
      from(
        SERVER,
        server.push(1, 2, CALL),
        server.headers(2, RESPONSE),
        data(2, "p", { endStream: true }),
        data(1, "x"),
      ),
      from(CLIENT, data(2, "?")),
    );
    expect(heard.lines.slice(1)).toEqual([
      "2#2 pushed",
      "2#2 headers server",
      "2#2 data server p",
      "2#2 end server",
      "1#1 data server x",
    ]);
    expect(heard.open).toEqual([1]);
  });

  test("may be refused by the client with a reset, and what was under way is passed over", () => {
    const { client, server } = speakers();
    const heard = talk(
      from(CLIENT, client.headers(1, CALL)),
      from(SERVER, server.push(1, 2, CALL)),
      from(CLIENT, encodeReset(2, 8)),
      from(SERVER, server.headers(2, RESPONSE), data(2, "p", { endStream: true })),
    );
    expect(heard.lines.slice(1)).toEqual(["2#2 pushed", "2#2 reset client 8"]);
  });

  test.each([
    ["of stream 0", 0],
    ["of an odd stream", 7],
    ["of a stream promised before", 2],
  ])("%s opens nothing and is told, and is no answer to the call it came on", (_what, promised) => {
    const { client, server } = speakers();
    const heard = talk(
      from(CLIENT, client.headers(1, CALL)),
      from(SERVER, server.push(1, 2, CALL), server.push(1, promised, CALL), server.headers(1, RESPONSE)),
    );
    expect(heard.lines.slice(2)).toEqual(["problem server ERR_STREAM_ID", "1#1 headers server"]);
  });

  test("by the client is told", () => {
    const { client } = speakers();
    expect(talk(from(CLIENT, client.headers(1, CALL), client.push(1, 2, CALL))).lines.at(-1)).toBe(
      "problem client ERR_STREAM_ID",
    );
  });
});

describe("GOAWAY", () => {
  test("of 2^31-1 refuses nothing; the real one refuses the streams above it, the others go on", () => {
    const { client, server } = speakers();
    const heard = talk(
      from(CLIENT, client.headers(1, CALL), client.headers(3, CALL)),
      from(SERVER, encodeGoaway(2 ** 31 - 1, 0)),
      from(CLIENT, client.headers(5, CALL), client.headers(7, CALL, { endStream: true })),
      from(SERVER, encodeGoaway(3, 0), server.headers(3, RESPONSE), server.headers(5, RESPONSE)),
      from(CLIENT, data(1, "a"), data(5, "late"), encodeReset(5, 8)),
    );
    expect(heard.lines.slice(2)).toEqual([
      "goaway server 2147483647",
      "5#3 headers client",
      "7#4 headers client end",
      "goaway server 3",
      "5#3 refused",
      "7#4 refused",
      "3#2 headers server",
      "5#3 headers server",
      "1#1 data client a",
      "5#3 reset client 8",
    ]);
    expect(heard.open).toEqual([1, 3]);
  });

  test("also refuses a stream above it that was opened before the client heard of it", () => {
    const { client } = speakers();
    const heard = talk(
      from(SERVER, encodeGoaway(1, 0)),
      from(CLIENT, client.headers(1, CALL), client.headers(3, CALL)),
    );
    expect(heard.lines).toEqual(["goaway server 1", "1#1 headers client", "3#2 headers client", "3#2 refused"]);
    expect(heard.open).toEqual([1]);
  });

  test("that names a higher stream than the one before takes nothing back", () => {
    const { client } = speakers();
    const heard = talk(
      from(SERVER, encodeGoaway(1, 0), encodeGoaway(9, 0)),
      from(CLIENT, client.headers(1, CALL), client.headers(3, CALL)),
    );
    expect(heard.lines.at(-1)).toBe("3#2 refused");
  });

  test("from the client concerns pushes only; the server's says nothing about them", () => {
    const { client, server } = speakers();
    const heard = talk(
      from(CLIENT, client.headers(1, CALL), client.headers(3, CALL), encodeGoaway(0, 0)),
      from(SERVER, server.push(1, 2, CALL), encodeGoaway(1, 0), server.headers(2, RESPONSE)),
    );
    expect(heard.lines.filter((line) => line.endsWith("refused"))).toEqual(["3#2 refused"]);
    expect(heard.open).toEqual([1, 2]);
  });

  test("in a flood that names ever lower streams costs a bounded number of looks through all streams", () => {
    const { client } = speakers();
    const ids = Array.from({ length: 400 }, (_, i) => 2 * i + 1);
    const opened = concat(...ids.map((id) => client.headers(id, CALL)));
    const flood = concat(...ids.toReversed().map((id) => encodeGoaway(id - 1, 0)));
    const heard = talk([CLIENT, opened], [SERVER, flood]);
    expect(heard.lines.filter((line) => line.endsWith("refused"))).toHaveLength(MAX_SWEEPS);
    expect(heard.open).toHaveLength(400 - MAX_SWEEPS);
  });
});

describe("HPACK state", () => {
  test("is each side's own: one side's broken headers leave the other's readable, and data and resets go on", () => {
    const { client, server } = speakers();
    const broken = encodeFrame(FRAME.headers, FLAG.endHeaders, 1, Uint8Array.of(0x80));
    const heard = talk(
      from(CLIENT, client.headers(1, CALL)),
      from(SERVER, broken, data(1, "x"), server.headers(1, RESPONSE, { endStream: true })),
      from(CLIENT, client.headers(3, CALL), data(3, "y")),
      from(SERVER, encodeReset(3, 2)),
    );
    expect(heard.lines).toEqual([
      "1#1 headers client",
      "problem server ERR_HPACK_INDEX_ZERO",
      "1#1 headers server unreadable",
      "1#1 data server x",
      "1#1 headers server unreadable end",
      "3#2 headers client",
      "3#2 data client y",
      "3#2 reset server 2",
    ]);
  });

  test.each([
    ["before the other side's acknowledgement", true],
    ["after it", false],
  ])("a larger table that one side allows may be used by the other %s", (_what, early) => {
    const { client, server } = speakers();
    const ack = encodeFrame(FRAME.settings, FLAG.ack, 0, new Uint8Array(0));
    server.hpack.resize(65_536);
    const long = Array.from({ length: 300 }, (_, i) => [`x-${i}`, "value of some length"] as const);
    const answers = [server.headers(1, long), server.headers(1, long)];
    const heard = hear(
      [CLIENT, hello([[1, 65_536]])],
      from(CLIENT, client.headers(1, CALL)),
      early ? from(SERVER, encodeSettings([]), ...answers, ack) : from(SERVER, encodeSettings([]), ack, ...answers),
    );
    expect(heard.lines.filter((line) => line.startsWith("1#1"))).toEqual([
      "1#1 headers client",
      "1#1 headers server",
      "1#1 headers server",
    ]);
  });

  test("a table larger than allowed is a problem of the side that uses it", () => {
    const { client, server } = speakers();
    server.hpack.resize(65_536);
    const heard = hear(
      from(CLIENT, hello(), client.headers(1, CALL)),
      from(SERVER, encodeSettings([[1, 65_536]]), server.headers(1, RESPONSE)),
    );
    expect(heard.lines.slice(-2)).toEqual([
      "problem server ERR_HPACK_UPDATE_TOO_LARGE",
      "1#1 headers server unreadable",
    ]);
  });
});

describe("too many open streams", () => {
  test("are counted only, in silence; when some have ended new ones are followed again", () => {
    const log = new StreamLog();
    const { client, server } = speakers();
    log.reader.push(CLIENT, hello(), 1);
    log.reader.push(SERVER, encodeSettings([]), 1);
    const template = client.headers(1, [[":path", "/s/M"]]);
    const again = client.headers(1, [[":path", "/s/M"]]);
    const open = (id: number) => {
      const frame = id === 1 ? template : again.slice();
      frame.set([id >>> 24, id >>> 16, id >>> 8, id], 5);
      log.reader.push(CLIENT, frame, 1);
    };
    for (let i = 0; i < MAX_OPEN_STREAMS + 3; i++) open(2 * i + 1);
    const beyond = 2 * MAX_OPEN_STREAMS + 1;
    expect(log.notFollowed).toBe(3);
    log.lines.length = 0;
    log.reader.push(CLIENT, concat(data(beyond, "x"), encodeReset(beyond, 8)), 1);
    log.reader.push(SERVER, server.headers(beyond, RESPONSE), 1);
    expect(log.lines).toEqual([]);
    log.reader.push(CLIENT, encodeReset(5, 8), 1);
    open(beyond + 100);
    expect(log.lines).toEqual(["5#3 reset client 8", `${beyond + 100}#${MAX_OPEN_STREAMS + 1} headers client`]);
    expect(log.openIds()).toHaveLength(MAX_OPEN_STREAMS);
  });
});

test("frames are counted on each side, whatever they are", () => {
  const log = new StreamLog();
  log.reader.push(CLIENT, concat(hello(), encodeFrame(0xbe, 0, 0, octetsOf("x")), data(9, "")), 1);
  log.reader.push(SERVER, encodeSettings([]), 1);
  expect([log.reader.clientFrames, log.reader.serverFrames]).toEqual([3, 1]);
});
