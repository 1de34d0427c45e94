// Length-prefixed messages across any boundaries (PROTOCOL-HTTP2.md, "Length-Prefixed-Message"), and bodies without prefixes.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CLIENT, SERVER } from "../../src/http2/stream.js";
import type { BodyReader } from "../../src/rpc/body.js";
import { MessageSplitter } from "../../src/rpc/message-splitter.js";
import { WholeBody } from "../../src/rpc/whole-body.js";
import { anySplit } from "../support/any-split.js";
import { concat, message, octetsOf, uint32 } from "../support/frames.js";
import { CallHandle, RecordingSink } from "../support/recording-sink.js";

/** The lines of one body that then ends. */
function read(body: Uint8Array, reader: () => BodyReader<CallHandle> = () => new MessageSplitter(SERVER)) {
  return anySplit(body, () => {
    const sink = new RecordingSink();
    const call = new CallHandle();
    const splitter = reader();
    return {
      push: (bytes) => splitter.push(call, bytes, 0, bytes.length, sink),
      result: () => {
        splitter.finish(call, sink);
        splitter.finish(call, sink);
        return sink.lines;
      },
    };
  });
}

describe("messages", () => {
  test("come out one by one, the empty ones too", () => {
    expect(read(concat(message("hello"), message(""), message("", 1), message("x", 1)))).toEqual([
      '0 server-message 0 "hello"',
      '0 server-message 1 ""',
      '0 server-message 2 "" compressed',
      '0 server-message 3 "x" compressed',
    ]);
  });

  test("are handed over whole when they came whole, up to the chunk's last octet", () => {
    const sink = new RecordingSink();
    let starts = 0;
    sink.messageStart = () => starts++;
    const bytes = concat(octetsOf("??"), message("abc"), message(""), message("defg"), octetsOf("??"));
    new MessageSplitter<CallHandle>(CLIENT).push(new CallHandle(), bytes, 2, bytes.length - 2, sink);
    expect(sink.lines).toHaveLength(3);
    expect(starts).toBe(0);
  });

  test("of a message that begins where a chunk ends, the start is told before its octets come", () => {
    const sink = new RecordingSink();
    const call = new CallHandle();
    const splitter = new MessageSplitter<CallHandle>(CLIENT);
    const bytes = message("abc");
    splitter.push(call, bytes, 0, 5, sink);
    expect(call.messages[CLIENT]).toMatchObject({ announced: 3, received: 0 });
    splitter.push(call, bytes, 5, 8, sink);
    expect(sink.lines).toEqual(['0 client-message 0 "abc"']);
  });

  test("keep the flag octet, whatever it is", () => {
    expect(read(concat(message("a", 2), message("b", 0x80), message("c", 255)))).toEqual([
      '0 server-message 0 "a" flag 2',
      '0 server-message 1 "b" flag 128',
      '0 server-message 2 "c" flag 255',
    ]);
  });
});

describe("a body that ends too early", () => {
  test("within a message shows what came of it and what was announced", () => {
    expect(read(concat(message("ok"), message("cut off").subarray(0, 8)))).toEqual([
      '0 server-message 0 "ok"',
      '0 server-message 1 "cut" cut of 7',
    ]);
  });

  test("right after a prefix is a message of which nothing came", () => {
    expect(read(message("abc").subarray(0, 5))).toEqual(['0 server-message 0 "" cut of 3']);
  });

  test.each([1, 2, 3, 4])("after %d octets of a prefix is told as a cut prefix", (have) => {
    expect(read(concat(message("ok"), message("no").subarray(0, have)))).toEqual([
      '0 server-message 0 "ok"',
      "0 problem server ERR_MESSAGE_CUT",
    ]);
  });

  test("of a message that announces 4 GiB keeps to what came", () => {
    const lying = concat(Uint8Array.of(0), uint32(0xffffffff), octetsOf("10 octets!"));
    expect(read(lying)).toEqual(['0 server-message 0 "10 octets!" cut of 4294967295']);
  });

  test("between messages is no problem, nor is one without any", () => {
    expect(read(message("ok"))).toEqual(['0 server-message 0 "ok"']);
    expect(read(new Uint8Array(0))).toEqual([]);
  });
});

describe("reset", () => {
  test.each([3, 7])("after %d octets begins another body, in which nothing is left of the one before", (octets) => {
    const sink = new RecordingSink();
    const splitter = new MessageSplitter<CallHandle>(CLIENT);
    splitter.push(new CallHandle(), message("abc"), 0, octets, sink);
    splitter.reset();
    splitter.push(new CallHandle(), message("new"), 0, 8, sink);
    expect(sink.lines).toEqual(['0 client-message 0 "new"']);
  });
});

describe("a body without prefixes", () => {
  const whole = () => new WholeBody<CallHandle>(SERVER);

  test("is one message, ended by the end of the stream", () => {
    expect(read(octetsOf("<html>\0\0\0\0\x01</html>"), whole)).toEqual([
      `0 server-message 0 ${JSON.stringify("<html>\0\0\0\0\x01</html>")}`,
    ]);
  });

  test("that is empty is none", () => {
    expect(read(new Uint8Array(0), whole)).toEqual([]);
  });

  test("begins again after a reset", () => {
    const sink = new RecordingSink();
    const reader = whole();
    reader.push(new CallHandle(), octetsOf("old"), 0, 3, sink);
    reader.reset();
    const call = new CallHandle();
    reader.push(call, octetsOf("new"), 0, 3, sink);
    reader.finish(call, sink);
    expect(sink.lines).toEqual(['0 server-message 0 "new"']);
  });
});

test("any messages come out as they went in, whatever the cut", () => {
  const one = fc.record({ content: fc.uint8Array({ maxLength: 30 }), flag: fc.integer({ min: 0, max: 255 }) });
  fc.assert(
    fc.property(fc.array(one, { maxLength: 10 }), (messages) => {
      const expected = new RecordingSink();
      const call = new CallHandle();
      for (const { content, flag } of messages) expected.message(call, SERVER, flag, content, 0, content.length);
      expect(read(concat(...messages.map(({ content, flag }) => message(content, flag))))).toEqual(expected.lines);
    }),
    { numRuns: 60 },
  );
});

test("any octets are read without an exception, and no octet is counted twice", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      const sink = new RecordingSink();
      const splitter = new MessageSplitter<CallHandle>(SERVER);
      const call = new CallHandle();
      splitter.push(call, bytes, 0, bytes.length, sink);
      splitter.finish(call, sink);
      expect(sink.messageBytes[SERVER]).toBeLessThanOrEqual(bytes.length);
      read(bytes);
    }),
    { numRuns: 150 },
  );
});
