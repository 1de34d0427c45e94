// One side's frames taken apart (RFC 9113 §6), and what is said of those that are wrong.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DirectionReader, type DirectionSink } from "../../src/http2/direction-reader.js";
import { FLAG, FRAME } from "../../src/http2/frames.js";
import { MAX_HEADER_BLOCK_BYTES } from "../../src/http2/header-blocks.js";
import type { FieldList } from "../../src/http2/hpack/decoder.js";
import { SERVER, type SideIndex } from "../../src/http2/stream.js";
import type { Field } from "../../src/model/fields.js";
import { anySplit } from "../support/any-split.js";
import {
  concat,
  data,
  encodeFrame,
  encodeGoaway,
  encodeReset,
  encodeSettings,
  encodeWindowUpdate,
  octetsOf,
  padded,
  ping,
  Speaker,
  settingsAck,
  textOf,
  uint32,
} from "../support/frames.js";

class DirectionLog implements DirectionSink {
  readonly lines: string[] = [];
  readonly messages: string[] = [];
  #data = "";

  onHeaders(_from: SideIndex, stream: number, list: FieldList | undefined, endStream: boolean): void {
    this.lines.push(`headers ${stream} ${fieldsOf(list)}${endStream ? " end" : ""}`);
  }
  plainHeaders(from: SideIndex, stream: number, list: FieldList, endStream: boolean): boolean {
    this.onHeaders(from, stream, list, endStream);
    return true;
  }
  plainData(
    from: SideIndex,
    stream: number,
    octets: DataView,
    bytes: Uint8Array,
    start: number,
    end: number,
    endStream: boolean,
  ): boolean {
    if (octets.buffer !== bytes.buffer || octets.byteOffset !== bytes.byteOffset)
      throw new Error("not the same octets");
    this.onWholeData(from, stream, bytes, start, end, endStream);
    return true;
  }
  plainSpent(): void {}
  onPush(_from: SideIndex, stream: number, promised: number, list: FieldList | undefined): void {
    this.lines.push(`push ${stream} promises ${promised} ${fieldsOf(list)}`);
  }
  onWholeData(
    from: SideIndex,
    stream: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    endStream: boolean,
  ): void {
    this.onDataStart(from, stream, end - start);
    this.onData(from, stream, bytes, start, end);
    this.onDataEnd(from, stream, endStream);
  }
  onDataStart(_from: SideIndex, stream: number, length: number): void {
    this.lines.push(`data ${stream} counts ${length}`);
  }
  onData(_from: SideIndex, _stream: number, bytes: Uint8Array, start: number, end: number): void {
    this.#data += textOf(bytes.slice(start, end));
  }
  onDataEnd(_from: SideIndex, stream: number, endStream: boolean): void {
    this.lines.push(`data ${stream} is ${JSON.stringify(this.#data)}${endStream ? " end" : ""}`);
    this.#data = "";
  }
  onReset(_from: SideIndex, stream: number, code: number): void {
    this.lines.push(`reset ${stream} ${code}`);
  }
  onSettings(_from: SideIndex, bytes: Uint8Array | undefined, start: number, end: number): void {
    this.lines.push(bytes === undefined ? "settings ack" : `settings ${end - start}`);
  }
  onPing(_from: SideIndex, ack: boolean, bytes: Uint8Array, start: number): void {
    this.lines.push(`ping ${textOf(bytes.slice(start, start + 8))}${ack ? " ack" : ""}`);
  }
  onGoaway(_from: SideIndex, lastStream: number, code: number, bytes: Uint8Array, start: number, end: number): void {
    this.lines.push(`goaway ${lastStream} ${code} ${JSON.stringify(textOf(bytes.slice(start, end)))}`);
  }
  onWindowUpdate(_from: SideIndex, stream: number, increment: number): void {
    this.lines.push(`window ${stream} ${increment}`);
  }
  onProblem(_from: SideIndex, stream: number, code: string, message: string): void {
    this.lines.push(`problem ${stream} ${code}`);
    this.messages.push(message);
  }
  onLost(_from: SideIndex, code: string, message: string): void {
    this.lines.push(`lost ${code}`);
    this.messages.push(message);
  }
}

function fieldsOf(list: FieldList | undefined): string {
  return list === undefined ? "unreadable" : list.fields.map(([name, value]) => `${name}=${value}`).join(" ");
}

function readAll(bytes: Uint8Array): { readonly lines: readonly string[]; readonly messages: readonly string[] } {
  return anySplit(bytes, () => {
    const log = new DirectionLog();
    const reader = new DirectionReader(SERVER, log);
    return {
      push: (chunk) => reader.push(chunk),
      result: () => {
        reader.finish();
        return { lines: log.lines, messages: log.messages };
      },
    };
  });
}

/** What comes after the SETTINGS that every side begins with. */
function read(...frames: readonly Uint8Array[]): readonly string[] {
  const { lines } = readAll(concat(encodeSettings([]), ...frames));
  expect(lines[0]).toBe("settings 0");
  return lines.slice(1);
}

const FIELDS: readonly Field[] = [
  [":status", "200"],
  ["x-name", "a value"],
];
const SHOWN = ":status=200 x-name=a value";

describe("HEADERS and CONTINUATION", () => {
  test("a header block comes with its stream and END_STREAM", () => {
    const speaker = new Speaker();
    expect(read(speaker.headers(1, FIELDS), speaker.headers(3, FIELDS, { endStream: true }))).toEqual([
      `headers 1 ${SHOWN}`,
      `headers 3 ${SHOWN} end`,
    ]);
  });

  test("padding and priority are no part of the block", () => {
    for (const padding of [undefined, 0, 1, 200]) {
      for (const priority of [false, true]) {
        const options = padding === undefined ? { priority } : { padding, priority };
        expect(read(new Speaker().headers(1, FIELDS, options))).toEqual([`headers 1 ${SHOWN}`]);
      }
    }
  });

  test("a block cut into CONTINUATION frames at any octet is the same block, and END_STREAM is that of HEADERS", () => {
    const { length } = new Speaker().hpack.encode(FIELDS);
    for (let cut = 0; cut <= length; cut++) {
      const frames = new Speaker().headers(1, FIELDS, { cuts: [cut, cut + 2], endStream: true, padding: 3 });
      expect(read(frames)).toEqual([`headers 1 ${SHOWN} end`]);
    }
  });

  test("blocks share one dynamic table, in wire order", () => {
    const speaker = new Speaker();
    const first = speaker.headers(1, FIELDS, { cuts: [1] });
    const second = speaker.headers(3, FIELDS);
    expect(second.length).toBeLessThan(first.length);
    expect(read(first, second)).toEqual([`headers 1 ${SHOWN}`, `headers 3 ${SHOWN}`]);
  });

  test("several table size updates in front of a block are followed", () => {
    const speaker = new Speaker();
    const before = speaker.headers(1, FIELDS);
    for (const bytes of [0, 100, 4096]) speaker.hpack.resize(bytes);
    expect(read(before, speaker.headers(3, FIELDS), speaker.headers(5, FIELDS))).toEqual([
      `headers 1 ${SHOWN}`,
      `headers 3 ${SHOWN}`,
      `headers 5 ${SHOWN}`,
    ]);
  });
});

describe("headers that cannot be read", () => {
  test("a frame inside a header block ends the reading of headers, not that of data; both streams are told", () => {
    const speaker = new Speaker();
    expect(
      read(
        speaker.headers(1, FIELDS, { endHeaders: false, endStream: true }),
        data(3, "x"),
        speaker.headers(5, FIELDS),
        data(5, "y", { endStream: true }),
      ),
    ).toEqual([
      "problem 0 ERR_HEADER_BLOCK_INTERRUPTED",
      "headers 1 unreadable end",
      "data 3 counts 1",
      'data 3 is "x"',
      "headers 5 unreadable",
      "data 5 counts 1",
      'data 5 is "y" end',
    ]);
  });

  test("a CONTINUATION of another stream interrupts too", () => {
    expect(
      read(
        new Speaker().headers(1, FIELDS, { endHeaders: false }),
        encodeFrame(FRAME.continuation, FLAG.endHeaders, 3, new Uint8Array(0)),
      ),
    ).toEqual(["problem 0 ERR_HEADER_BLOCK_INTERRUPTED", "headers 1 unreadable", "problem 3 ERR_CONTINUATION"]);
  });

  test("an interrupted PUSH_PROMISE is told as one", () => {
    expect(read(new Speaker().push(1, 2, FIELDS, { endHeaders: false }), ping("12345678"))).toEqual([
      "problem 0 ERR_HEADER_BLOCK_INTERRUPTED",
      "push 1 promises 2 unreadable",
      "ping 12345678",
    ]);
  });

  test("HPACK that is broken is told once, with what and where, and later blocks are unreadable", () => {
    const bad = encodeFrame(FRAME.headers, FLAG.endHeaders, 1, Uint8Array.of(0x88, 0x80));
    const { lines, messages } = readAll(concat(encodeSettings([]), bad, new Speaker().headers(3, FIELDS), bad));
    expect(lines.slice(1)).toEqual([
      "problem 0 ERR_HPACK_INDEX_ZERO",
      "headers 1 unreadable",
      "headers 3 unreadable",
      "headers 1 unreadable",
    ]);
    expect(messages).toEqual([
      "index 0 at octet 1 of the header block; expected 1 or more (RFC 7541 §6.1); headers from this side are no longer decoded",
    ]);
  });

  test.each([
    ["HEADERS of nothing but the flag", FRAME.headers, FLAG.padded, ""],
    ["HEADERS with more padding than payload", FRAME.headers, FLAG.padded, "\x04abc"],
    ["HEADERS without room for its priority", FRAME.headers, FLAG.priority, "abcd"],
    ["HEADERS whose padding eats its priority", FRAME.headers, FLAG.padded | FLAG.priority, "\x04abcdefgh"],
  ])("%s is told", (_what, type, flags, payload) => {
    const frame = encodeFrame(type, flags | FLAG.endHeaders, 1, octetsOf(payload));
    expect(read(frame, new Speaker().headers(3, FIELDS))).toEqual([
      "problem 0 ERR_PADDING",
      "headers 1 unreadable",
      "headers 3 unreadable",
    ]);
  });

  test("padding that fills the frame to its last octet is good", () => {
    const empty = encodeFrame(FRAME.headers, FLAG.padded | FLAG.endHeaders, 1, octetsOf("\x03abc"));
    expect(read(empty, new Speaker().headers(3, FIELDS))).toEqual(["headers 1 ", `headers 3 ${SHOWN}`]);
  });

  test("a block over 1 MiB ends the reading of headers, in one frame or in many", () => {
    const octets = new Uint8Array(MAX_HEADER_BLOCK_BYTES + 1).fill(0x88);
    const one = encodeFrame(FRAME.headers, FLAG.endHeaders, 1, octets);
    const many = concat(
      encodeFrame(FRAME.headers, 0, 1, octets.subarray(0, 1_000_000)),
      encodeFrame(FRAME.continuation, 0, 1, octets.subarray(1_000_000)),
      encodeFrame(FRAME.continuation, FLAG.endHeaders, 1, octets),
    );
    for (const frames of [one, many]) {
      expect(read(frames, new Speaker().headers(3, FIELDS), data(3, "x"))).toEqual([
        "problem 0 ERR_HEADER_BLOCK_TOO_LARGE",
        "headers 1 unreadable",
        "headers 3 unreadable",
        "data 3 counts 1",
        'data 3 is "x"',
      ]);
    }
  });

  test("a CONTINUATION out of nowhere is told, and takes no part in later blocks", () => {
    const stray = encodeFrame(FRAME.continuation, FLAG.endHeaders, 1, Uint8Array.of(0x80));
    expect(read(stray, new Speaker().headers(1, FIELDS))).toEqual(["problem 1 ERR_CONTINUATION", `headers 1 ${SHOWN}`]);
  });

  test("a header block on stream 0 is told and read for the table's sake, and leaves nothing for the next block", () => {
    const speaker = new Speaker();
    expect(read(speaker.headers(0, FIELDS, { cuts: [3] }), speaker.headers(1, FIELDS))).toEqual([
      "problem 0 ERR_STREAM_ID",
      `headers 1 ${SHOWN}`,
    ]);
  });
});

test("a header block on stream 0 that is interrupted makes later ones unreadable like any other", () => {
  const open = new Speaker().headers(0, FIELDS, { endHeaders: false });
  expect(read(open, ping("12345678"), new Speaker().headers(1, FIELDS))).toEqual([
    "problem 0 ERR_STREAM_ID",
    "problem 0 ERR_HEADER_BLOCK_INTERRUPTED",
    "ping 12345678",
    "headers 1 unreadable",
  ]);
});

describe("PUSH_PROMISE", () => {
  test("names the promised stream and brings the request", () => {
    const speaker = new Speaker();
    expect(read(speaker.push(1, 2, FIELDS), speaker.push(1, 4, FIELDS, { padding: 9, cuts: [2] }))).toEqual([
      `push 1 promises 2 ${SHOWN}`,
      `push 1 promises 4 ${SHOWN}`,
    ]);
  });

  test("that promises stream 0, or is too short to promise one, is never taken for a response", () => {
    expect(read(new Speaker().push(1, 0, FIELDS))).toEqual([`push 1 promises 0 ${SHOWN}`]);
    const short = encodeFrame(FRAME.pushPromise, FLAG.endHeaders, 1, octetsOf("\0\0\0"));
    expect(read(short)).toEqual(["problem 0 ERR_PADDING", "push 1 promises 0 unreadable"]);
    const eaten = padded(FRAME.pushPromise, FLAG.endHeaders, 1, octetsOf("\0\0"), 3);
    expect(read(eaten)).toEqual(["problem 0 ERR_PADDING", "push 1 promises 0 unreadable"]);
  });
});

describe("DATA", () => {
  test("counts for flow control with its padding, and bad padding is a problem of its stream", () => {
    expect(read(data(1, "abc", { padding: 4 }))).toEqual(["data 1 counts 8", 'data 1 is "abc"']);
    expect(read(encodeFrame(FRAME.data, FLAG.padded, 1, octetsOf("\xffab")))).toEqual([
      "data 1 counts 3",
      "problem 1 ERR_PADDING",
      'data 1 is ""',
    ]);
  });
});

describe("frames of fixed size", () => {
  test.each([
    ["RST_STREAM", FRAME.rstStream, 1],
    ["PRIORITY", FRAME.priority, 1],
    ["PING", FRAME.ping, 0],
    ["WINDOW_UPDATE", FRAME.windowUpdate, 0],
    ["SETTINGS", FRAME.settings, 0],
    ["GOAWAY", FRAME.goaway, 0],
  ])("%s of another size is told and not obeyed, and the next frame is read", (_name, type, stream) => {
    for (const length of [0, 1, 3, 7, 13]) {
      if (type === FRAME.settings && length === 0) continue;
      if (type === FRAME.goaway && length > 8) continue;
      expect(read(encodeFrame(type, 0, stream, new Uint8Array(length)), ping("12345678"))).toEqual([
        `problem ${stream} ERR_FRAME_SIZE`,
        "ping 12345678",
      ]);
    }
  });

  test("the message says what, how much, and what it must be", () => {
    const { messages } = readAll(concat(encodeSettings([]), encodeFrame(FRAME.ping, 0, 0, new Uint8Array(7))));
    expect(messages).toEqual(["PING frame of 7 octets; must be 8 (RFC 9113 §4.2)"]);
  });
});

describe("control frames", () => {
  test("RST_STREAM, PING, GOAWAY and WINDOW_UPDATE are told with their numbers; reserved bits are ignored", () => {
    expect(
      read(
        encodeReset(3, 0xffffffff),
        ping("12345678"),
        ping("12345678", true),
        encodeGoaway(2 ** 31 - 1, 11, octetsOf("too_many_pings")),
        encodeFrame(FRAME.goaway, 0, 0, concat(uint32(0x80000005), uint32(0))),
        encodeFrame(FRAME.windowUpdate, 0, 5, uint32(0x80000007)),
        encodeWindowUpdate(0, 2 ** 31 - 1),
      ),
    ).toEqual([
      "reset 3 4294967295",
      "ping 12345678",
      "ping 12345678 ack",
      'goaway 2147483647 11 "too_many_pings"',
      'goaway 5 0 ""',
      "window 5 7",
      "window 0 2147483647",
    ]);
  });

  test("SETTINGS are told whole, an acknowledgement as one; on a stream they are still obeyed", () => {
    expect(read(encodeSettings([[1, 0]]), settingsAck(), encodeFrame(FRAME.settings, 0, 3, new Uint8Array(6)))).toEqual(
      ["settings 6", "settings ack", "problem 0 ERR_STREAM_ID", "settings 6"],
    );
  });

  test("RST_STREAM on stream 0 is told and resets nothing", () => {
    expect(read(encodeReset(0, 8))).toEqual(["problem 0 ERR_STREAM_ID"]);
  });

  test("PRIORITY and frames of unknown types pass in silence", () => {
    expect(
      read(encodeFrame(FRAME.priority, 0, 1, new Uint8Array(5)), encodeFrame(0xbe, 0xff, 7, octetsOf("anything"))),
    ).toEqual([]);
  });
});

describe("what is no HTTP/2", () => {
  test.each([
    ["an HTTP/1 answer", octetsOf("HTTP/1.1 400 Bad Request\r\n\r\n"), "first frame is like an HTTP/1 answer"],
    ["a TLS alert of seven octets", Uint8Array.of(0x15, 3, 1, 0, 2, 2, 70), "first frame is like a TLS alert"],
    ["a TLS handshake", Uint8Array.of(0x16, 3, 3, 0, 122, 2, 0, 0, 118, 3), "first frame is like a TLS handshake"],
    ["a PING without SETTINGS", ping("12345678"), "first frame is PING"],
  ])("%s is told by its first octets", (_what, octets, looks) => {
    expect(readAll(octets)).toEqual({
      lines: ["lost ERR_NOT_HTTP2"],
      messages: [`${looks}; must be SETTINGS (RFC 9113 §3.4)`],
    });
  });

  test("nothing at all follows it, not even the frame that began", () => {
    const speaker = new Speaker();
    const first = encodeFrame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, 1, new Uint8Array(0));
    expect(readAll(concat(first, speaker.headers(3, FIELDS), data(3, "x"))).lines).toEqual(["lost ERR_NOT_HTTP2"]);
    expect(readAll(speaker.headers(3, FIELDS)).lines).toEqual(["lost ERR_NOT_HTTP2"]);
  });

  test("silence, or a frame header that was cut, is nothing to speak of", () => {
    expect(readAll(new Uint8Array(0)).lines).toEqual([]);
    expect(readAll(encodeSettings([]).subarray(0, 7)).lines).toEqual([]);
  });
});

test("any frames at all are read without an exception, and alike whatever the cut", () => {
  const frame = fc.record({
    type: fc.integer({ min: 0, max: 10 }),
    flags: fc.integer({ min: 0, max: 255 }),
    stream: fc.integer({ min: 0, max: 6 }),
    payload: fc.uint8Array({ maxLength: 30 }),
  });
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 15 }), (frames) => {
      read(...frames.map((f) => encodeFrame(f.type, f.flags, f.stream, f.payload)));
    }),
    { numRuns: 150 },
  );
});
