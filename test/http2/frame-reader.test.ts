// Octets into frames (RFC 9113 §4.1, §6.1), whatever the chunks.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FrameReader, type FrameSink, MAX_FRAME_KEPT_BYTES } from "../../src/http2/frame-reader.js";
import { FLAG, FRAME } from "../../src/http2/frames.js";
import { anySplit } from "../support/any-split.js";
import { concat, data, encodeFrame, octetsOf, padded, ping, textOf } from "../support/frames.js";

/** Every call as a line; the pieces of one frame's data as one. */
class FrameLog implements FrameSink {
  readonly lines: string[] = [];
  #data = "";
  /** Stops the reader at the frame that has this place. */
  stopAt = -1;
  stop = () => {};

  begin(type: number, flags: number, stream: number, length: number): void {
    if (this.lines.push(`begin ${type} ${flags} ${stream} ${length}`) - 1 === this.stopAt) this.stop();
  }

  data(_stream: number, bytes: Uint8Array, start: number, end: number): void {
    if (start >= end) throw new Error("data is never empty");
    this.#data += textOf(bytes.slice(start, end));
  }

  dataEnd(stream: number, endStream: boolean): void {
    this.lines.push(`data ${stream} ${JSON.stringify(this.#data)}${endStream ? " end" : ""}`);
    this.#data = "";
  }

  frame(
    type: number,
    flags: number,
    stream: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    length: number,
  ): void {
    const text = textOf(bytes.slice(start, end));
    const payload = text.length > 40 ? `${text.length} octets` : JSON.stringify(text);
    this.lines.push(`frame ${type} ${flags} ${stream} ${payload} of ${length}`);
  }

  badPadding(stream: number, length: number): void {
    this.lines.push(`badPadding ${stream} ${length}`);
  }
}

/** Reads frame after frame, as a side of a connection does. */
function push(reader: FrameReader, bytes: Uint8Array, start = 0, end = bytes.length): void {
  for (let at = start; at < end; ) {
    const next = reader.read(bytes, at, end);
    if (next <= at) throw new Error("read no further");
    at = next;
  }
}

function read(...frames: readonly Uint8Array[]): readonly string[] {
  return anySplit(concat(...frames), () => {
    const log = new FrameLog();
    const reader = new FrameReader(log);
    return { push: (bytes) => push(reader, bytes), result: () => log.lines };
  });
}

describe("DATA", () => {
  test("a DATA frame yields its data", () => {
    expect(read(data(1, "abc"))).toEqual(["begin 0 0 1 3", 'data 1 "abc"']);
  });

  test("END_STREAM is told after the data", () => {
    expect(read(data(1, "abc", { endStream: true }))).toEqual(["begin 0 1 1 3", 'data 1 "abc" end']);
  });

  test("an empty DATA frame ends like any other", () => {
    expect(read(data(3, "", { endStream: true }), data(5, "x"))).toEqual([
      "begin 0 1 3 0",
      'data 3 "" end',
      "begin 0 0 5 1",
      'data 5 "x"',
    ]);
  });

  test("a padded DATA frame yields its data without the padding, and counts all of it", () => {
    for (const padding of [0, 1, 2, 7, 255]) {
      expect(read(data(1, "abc", { padding }))).toEqual([`begin 0 8 1 ${4 + padding}`, 'data 1 "abc"']);
    }
  });

  test("padding may fill all that follows the Pad Length octet", () => {
    expect(read(data(1, "", { padding: 255, endStream: true }), data(1, "x"))).toEqual([
      "begin 0 9 1 256",
      'data 1 "" end',
      "begin 0 0 1 1",
      'data 1 "x"',
    ]);
    expect(read(data(1, "", { padding: 0 }))).toEqual(["begin 0 8 1 1", 'data 1 ""']);
  });

  test("padding as long as the payload or longer is told once, and the frame that follows is read", () => {
    for (const padLength of [3, 4, 255]) {
      const frame = encodeFrame(FRAME.data, FLAG.padded, 1, Uint8Array.of(padLength, 0x61, 0x62));
      expect(read(frame, data(3, "x"))).toEqual([
        "begin 0 8 1 3",
        "badPadding 1 3",
        'data 1 ""',
        "begin 0 0 3 1",
        'data 3 "x"',
      ]);
    }
  });

  test("a PADDED frame without the Pad Length octet is bad padding too", () => {
    expect(read(encodeFrame(FRAME.data, FLAG.padded, 1, new Uint8Array(0)), data(3, "x"))).toEqual([
      "begin 0 8 1 0",
      "badPadding 1 0",
      'data 1 ""',
      "begin 0 0 3 1",
      'data 3 "x"',
    ]);
  });

  test("data is handed on as it comes, not when the frame is whole", () => {
    const log = new FrameLog();
    const seen: string[] = [];
    log.data = (_stream, bytes, start, end) => seen.push(textOf(bytes.slice(start, end)));
    const reader = new FrameReader(log);
    push(reader, data(1, "abcdef").subarray(0, 9 + 2));
    expect(seen).toEqual(["ab"]);
    expect(reader.midFrame).toBe(true);
  });
});

describe("other frames", () => {
  test("a frame comes whole, padding and all", () => {
    expect(read(padded(FRAME.headers, FLAG.endHeaders, 1, octetsOf("block"), 2))).toEqual([
      "begin 1 12 1 8",
      'frame 1 12 1 "\\u0002blockªª" of 8',
    ]);
  });

  test("an empty frame is a frame", () => {
    expect(read(encodeFrame(FRAME.settings, 0, 0, new Uint8Array(0)), ping("12345678"))).toEqual([
      "begin 4 0 0 0",
      'frame 4 0 0 "" of 0',
      "begin 6 0 0 8",
      'frame 6 0 0 "12345678" of 8',
    ]);
  });

  test("the reserved bit of a stream is ignored (RFC 9113 §4.1)", () => {
    const frame = data(0x7fffffff, "x");
    frame[5] = 0xff;
    expect(read(frame)).toEqual(["begin 0 0 2147483647 1", 'data 2147483647 "x"']);
  });

  test("a frame of unknown type and 16 MiB is cut to its first 1 MiB, in one chunk or in many, and the next one is read", () => {
    const frame = encodeFrame(0xbe, 0xff, 9, new Uint8Array(2 ** 24 - 1).fill(1));
    expect(read(frame, data(1, "x"))).toEqual([
      `begin 190 255 9 ${2 ** 24 - 1}`,
      `frame 190 255 9 ${MAX_FRAME_KEPT_BYTES} octets of ${2 ** 24 - 1}`,
      "begin 0 0 1 1",
      'data 1 "x"',
    ]);
  });

  test("memory follows what arrived, not what was announced", () => {
    const announcing = encodeFrame(FRAME.headers, 0, 1, new Uint8Array(100));
    announcing.fill(0xff, 0, 3);
    const before = process.memoryUsage().arrayBuffers;
    const readers = Array.from({ length: 200 }, () => {
      const reader = new FrameReader(new FrameLog());
      push(reader, announcing);
      return reader;
    });
    expect(readers.every((reader) => reader.midFrame)).toBe(true);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20);
  });
});

describe("an end", () => {
  test("a reader is amid a frame from its first octet to its last", () => {
    const reader = new FrameReader(new FrameLog());
    const frame = ping("12345678");
    for (let at = 0; at < frame.length; at++) {
      expect(reader.midFrame).toBe(at > 0);
      push(reader, frame, at, at + 1);
    }
    expect(reader.midFrame).toBe(false);
  });

  test("the octets of a header that was cut can be asked for", () => {
    const reader = new FrameReader(new FrameLog());
    push(reader, concat(ping("12345678"), Uint8Array.of(0x15, 3, 1)));
    expect([...reader.cutHeader]).toEqual([0x15, 3, 1]);
  });

  test("a reader that is stopped as a frame begins says nothing more, not even of an empty one", () => {
    for (const first of [ping("12345678"), data(1, "abc"), data(1, "", { endStream: true }), data(1, "", {})]) {
      const lines = anySplit(concat(first, ping("12345678"), data(1, "x")), () => {
        const log = new FrameLog();
        const reader = new FrameReader(log);
        log.stopAt = 0;
        log.stop = () => reader.stop();
        return { push: (bytes) => push(reader, bytes), result: () => log.lines };
      });
      expect(lines).toHaveLength(1);
    }
    expect(read(encodeFrame(FRAME.headers, 5, 1, new Uint8Array(0)))).toHaveLength(2);
  });

  test("only octets from start to end are read", () => {
    const log = new FrameLog();
    push(new FrameReader(log), concat(octetsOf("xx"), data(1, "abc"), octetsOf("yy")), 2, 14);
    expect(log.lines).toEqual(["begin 0 0 1 3", 'data 1 "abc"']);
  });
});

const anyFrame = fc.record({
  type: fc.integer({ min: 0, max: 12 }),
  flags: fc.integer({ min: 0, max: 255 }),
  stream: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  payload: fc.uint8Array({ maxLength: 60 }),
});

test("any frames come out with the header they had, in order, whatever the cut", () => {
  fc.assert(
    fc.property(fc.array(anyFrame, { maxLength: 12 }), (frames) => {
      const lines = read(...frames.map((f) => encodeFrame(f.type, f.flags, f.stream, f.payload)));
      const begun = lines.filter((line) => line.startsWith("begin"));
      expect(begun).toEqual(frames.map((f) => `begin ${f.type} ${f.flags} ${f.stream} ${f.payload.length}`));
      expect(lines.filter((line) => /^(data|frame) /.test(line))).toHaveLength(frames.length);
    }),
    { numRuns: 150 },
  );
});

test("any octets at all are read without an exception, and alike whatever the cut", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void read(bytes)),
    { numRuns: 150 },
  );
});
