// Calls like those before are told of a frame at a time, each frame in one step; anything else is read as ever.
import { describe, expect, test } from "vitest";
import { CLIENT, SERVER } from "../../src/http2/stream.js";
import {
  concat,
  data,
  encodeReset,
  encodeSettings,
  encodeWindowUpdate,
  hello,
  message,
  RESPONSE,
  request,
  Speaker,
  trailers,
} from "../support/frames.js";
import { RecordedConnection } from "../support/recording-sink.js";

const INITIAL_WINDOW_SIZE = 4;

/** As many calls as it takes until the streams of the first are used again. */
const CALLS = 40;

class Conversation {
  readonly recorded = new RecordedConnection();
  readonly client = new Speaker();
  readonly server = new Speaker();
  /** Frames that were offered in one step. */
  steps = 0;

  constructor() {
    this.recorded.sink.takesPlain = () => ++this.steps > 0;
    this.recorded.push(hello(), CLIENT);
    this.recorded.push(encodeSettings([]), SERVER);
    for (let i = 0; i < CALLS; i++) this.call(2 * i + 1);
  }

  call(stream: number): void {
    this.asks(stream);
    this.answers(stream);
  }

  asks(stream: number, text = "hi"): void {
    const { client } = this;
    this.recorded.push(
      concat(client.headers(stream, request("/s/M")), data(stream, message(text), { endStream: true })),
      CLIENT,
    );
  }

  answers(stream: number): void {
    const headers = this.server.headers(stream, RESPONSE);
    const end = this.server.headers(stream, trailers("0"), { endStream: true });
    this.recorded.push(concat(headers, data(stream, message("ho")), end), SERVER);
  }

  /** What is told of meanwhile, and in how many steps of that kind. */
  during(what: () => void): { readonly lines: readonly string[]; readonly steps: number } {
    const { lines } = this.recorded.sink;
    const [line, steps] = [lines.length, this.steps];
    what();
    return { lines: lines.slice(line).map((text) => text.replace(/^\d+ /, "")), steps: this.steps - steps };
  }
}

const WHOLE_CALL = [
  "client-header grpc /s/M",
  'client-message 0 "hi"',
  "client-half-close",
  "server-header",
  'server-message 0 "ho"',
  "server-trailer",
  "call-end trailers by server: 0 from trailers",
];

describe("a call like those before", () => {
  test("is told of in five steps: what is usual is not read frame by frame and layer by layer", () => {
    const talk = new Conversation();
    expect(talk.during(() => talk.call(2 * CALLS + 1))).toEqual({ lines: WHOLE_CALL, steps: 5 });
  });

  test("leaves the header tables as they are: a block that was not expected is read over them, and the next one is usual again", () => {
    const talk = new Conversation();
    const other = () =>
      talk.recorded.push(talk.client.headers(2 * CALLS + 1, request("/s/Other"), { endStream: true }), CLIENT);
    expect(talk.during(other).lines).toEqual(["client-header grpc /s/Other", "client-half-close"]);
    talk.answers(2 * CALLS + 1);
    talk.call(2 * CALLS + 3);
    expect(talk.during(() => talk.call(2 * CALLS + 5))).toEqual({ lines: WHOLE_CALL, steps: 5 });
  });

  test("wears down both windows: whoever waits for one is told of", () => {
    const talk = new Conversation();
    const { recorded } = talk;
    const text = "x".repeat(995);
    const { lines, steps } = talk.during(() => {
      // What the first calls left of it is less than 66 messages of 1,000 octets need.
      for (let i = 0; i < 66; i++) {
        talk.asks(2 * (CALLS + i) + 1, text);
        talk.answers(2 * (CALLS + i) + 1);
      }
      recorded.now += 300;
      recorded.push(encodeWindowUpdate(0, 1_000_000), SERVER);
      recorded.push(encodeSettings([[INITIAL_WINDOW_SIZE, 1000]]), SERVER);
      const stream = 2 * (CALLS + 66) + 1;
      recorded.push(talk.client.headers(stream, request("/s/M")), CLIENT);
      recorded.push(data(stream, message(text)), CLIENT);
      recorded.now += 200;
      recorded.push(encodeWindowUpdate(stream, 1), SERVER);
    });
    expect(steps).toBe(66 * 5 + 2);
    expect(lines.filter((line) => line.startsWith("window-stall"))).toEqual([
      "window-stall client 0 300",
      `window-stall client ${2 * (CALLS + 66) + 1} 200`,
    ]);
  });

  test("may end otherwise: a reset is told after what came before it", () => {
    const talk = new Conversation();
    const stream = 2 * CALLS + 1;
    const { lines } = talk.during(() => {
      talk.asks(stream);
      talk.recorded.push(encodeReset(stream, 8), CLIENT);
      talk.answers(stream);
    });
    const reset = ["cancel client 8", "call-end reset by client: 1 from reset"];
    // What crossed it is told, too; it changes nothing.
    expect(lines).toEqual([...WHOLE_CALL.slice(0, 3), ...reset, "server-header", "server-trailer"]);
  });
});
