// When a sender had to wait for a window (RFC 9113 §5.2, §6.9): whose, on which stream, for how long.
import { describe, expect, test } from "vitest";
import { STALL_MS } from "../../src/http2/connection-reader.js";
import { DEFAULT_WINDOW_BYTES } from "../../src/http2/frames.js";
import { CLIENT, SERVER, type SideIndex } from "../../src/http2/stream.js";
import {
  concat,
  data,
  encodeReset,
  encodeSettings,
  encodeWindowUpdate,
  hello,
  request,
  Speaker,
} from "../support/frames.js";
import { NOON, RecordedConnection } from "../support/recording-sink.js";

type Step = readonly [atMs: number, from: SideIndex, ...frames: readonly Uint8Array[]];

const [INITIAL_WINDOW_SIZE, WIDE] = [4, 1_000_000];

/** The stalls of one call on stream 1, after the steps, with the connection closed at `closeAtMs`; whole and octet by octet. */
function stalls(steps: readonly Step[], closeAtMs: number, serverWindow = DEFAULT_WINDOW_BYTES): readonly string[] {
  const client = new Speaker();
  const opening: readonly Step[] = [
    [0, CLIENT, hello(), client.headers(1, request("/s/M")), client.headers(3, request("/s/M"))],
    [0, SERVER, encodeSettings([[INITIAL_WINDOW_SIZE, serverWindow]])],
  ];
  const [whole, byOctet] = [Number.POSITIVE_INFINITY, 1].map((size) => {
    const connection = new RecordedConnection();
    for (const [atMs, from, ...frames] of [...opening, ...steps]) {
      connection.now = NOON + atMs;
      const bytes = concat(...frames);
      for (let at = 0; at < bytes.length; at += size) connection.push(bytes.subarray(at, at + size), from);
    }
    connection.now = NOON + closeAtMs;
    connection.close("client");
    return connection.sink.lines.filter((line) => line.startsWith("window-stall"));
  });
  expect(byOctet).toEqual(whole);
  return whole!;
}

function octets(length: number): Uint8Array {
  return new Uint8Array(length);
}

describe("a stream's window", () => {
  test("that ran out is told when it opens again, with the time in between", () => {
    expect(
      stalls(
        [
          [0, SERVER, encodeWindowUpdate(0, WIDE)],
          [10, CLIENT, data(1, octets(DEFAULT_WINDOW_BYTES))],
          [510, SERVER, encodeWindowUpdate(1, 1)],
        ],
        9999,
      ),
    ).toEqual(["window-stall client 1 500"]);
  });

  test("counts padding, and one octet less than the window is no stall", () => {
    const wide: Step = [0, SERVER, encodeWindowUpdate(0, WIDE)];
    const most = data(1, octets(DEFAULT_WINDOW_BYTES - 3), { padding: 1 });
    expect(stalls([wide, [0, CLIENT, most]], 9999)).toEqual([]);
    const all = data(1, octets(DEFAULT_WINDOW_BYTES - 3), { padding: 2 });
    expect(stalls([wide, [0, CLIENT, all]], 9999)).toEqual(["window-stall client 1 9999"]);
  });

  test("is the server's too, as the client grants it", () => {
    expect(
      stalls(
        [
          [0, CLIENT, encodeWindowUpdate(0, WIDE), encodeWindowUpdate(1, 10)],
          [0, SERVER, data(1, octets(DEFAULT_WINDOW_BYTES + 10))],
          [200, CLIENT, encodeWindowUpdate(1, 5)],
        ],
        9999,
      ),
    ).toEqual(["window-stall server 1 200"]);
  });

  test("is what the receiver's SETTINGS say, for streams that are open already", () => {
    const wide: Step = [0, SERVER, encodeWindowUpdate(0, WIDE)];
    expect(stalls([wide, [0, CLIENT, data(1, octets(100))]], 300, 100)).toEqual(["window-stall client 1 300"]);
    expect(stalls([wide, [0, CLIENT, data(1, octets(100))]], 300, 101)).toEqual([]);
  });

  test("opens again by SETTINGS that widen it", () => {
    const steps: readonly Step[] = [
      [0, SERVER, encodeWindowUpdate(0, WIDE)],
      [0, CLIENT, data(1, octets(100))],
      [250, SERVER, encodeSettings([[INITIAL_WINDOW_SIZE, 101]])],
    ];
    expect(stalls(steps, 9999, 100)).toEqual(["window-stall client 1 250"]);
  });

  test("stays shut by an update that leaves it at zero or below (RFC 9113 §6.9.2)", () => {
    const steps: readonly Step[] = [
      [0, SERVER, encodeWindowUpdate(0, WIDE)],
      [0, CLIENT, data(1, octets(1000))],
      [0, SERVER, encodeSettings([[INITIAL_WINDOW_SIZE, 100]])],
      [10, CLIENT, data(1, octets(1))],
      [200, SERVER, encodeWindowUpdate(1, 901)],
      [300, SERVER, encodeSettings([[INITIAL_WINDOW_SIZE, 90]]), encodeSettings([[INITIAL_WINDOW_SIZE, 100]])],
      [400, SERVER, encodeWindowUpdate(1, 1)],
    ];
    expect(stalls(steps, 9999)).toEqual(["window-stall client 1 390"]);
  });

  test("that the last octet of a body used up is no stall", () => {
    const steps: readonly Step[] = [
      [0, SERVER, encodeWindowUpdate(0, WIDE)],
      [0, CLIENT, data(1, octets(DEFAULT_WINDOW_BYTES), { endStream: true })],
      [500, SERVER, encodeWindowUpdate(1, 1000)],
    ];
    expect(stalls(steps, 9999)).toEqual([]);
  });

  test("that stayed shut until somebody reset the stream is told before the reset", () => {
    const client = new Speaker();
    const connection = new RecordedConnection();
    connection.push(concat(hello(), client.headers(1, request("/s/M"))), CLIENT);
    connection.push(concat(encodeSettings([]), encodeWindowUpdate(0, WIDE)), SERVER);
    connection.push(data(1, octets(DEFAULT_WINDOW_BYTES)), CLIENT);
    connection.now += 30_000;
    connection.push(encodeReset(1, 8), CLIENT);
    expect(connection.sink.lines.slice(-3)).toEqual([
      "window-stall client 1 30000",
      "1 cancel client 8",
      "1 call-end reset by client: 1 from reset",
    ]);
    connection.close("client");
    expect(connection.sink.lines.filter((line) => line.startsWith("window-stall"))).toHaveLength(1);
  });

  test("of a stall shorter than what is worth telling is not told", () => {
    const until = (ms: number): readonly Step[] => [
      [0, SERVER, encodeWindowUpdate(0, WIDE)],
      [0, CLIENT, data(1, octets(DEFAULT_WINDOW_BYTES))],
      [ms, SERVER, encodeWindowUpdate(1, 1)],
    ];
    expect(stalls(until(STALL_MS - 1), 9999)).toEqual([]);
    expect(stalls(until(STALL_MS), 9999)).toEqual([`window-stall client 1 ${STALL_MS}`]);
  });
});

describe("the connection's window", () => {
  test("is shared by all streams, and SETTINGS do not change it (RFC 9113 §6.9.2)", () => {
    const steps: readonly Step[] = [
      [0, CLIENT, data(1, octets(DEFAULT_WINDOW_BYTES - 100))],
      [5, CLIENT, data(3, octets(100))],
      [100, SERVER, encodeSettings([[INITIAL_WINDOW_SIZE, 2 * WIDE]])],
      [305, SERVER, encodeWindowUpdate(0, 1)],
    ];
    expect(stalls(steps, 9999, WIDE)).toEqual(["window-stall client 0 300"]);
  });

  test("is used up by data on streams that nobody knows", () => {
    expect(stalls([[0, CLIENT, data(1001, octets(DEFAULT_WINDOW_BYTES))]], 150)).toEqual(["window-stall client 0 150"]);
  });

  test("of a stall shorter than what is worth telling is not told", () => {
    const all: Step = [0, CLIENT, data(1, octets(DEFAULT_WINDOW_BYTES))];
    expect(stalls([all, [STALL_MS - 1, SERVER, encodeWindowUpdate(0, 1)]], 9999, WIDE)).toEqual([]);
  });

  test("stays shut by an update that leaves it at zero or below", () => {
    const steps: readonly Step[] = [
      [0, CLIENT, data(1, octets(DEFAULT_WINDOW_BYTES + 10))],
      [200, SERVER, encodeWindowUpdate(0, 10)],
      [400, SERVER, encodeWindowUpdate(0, 1)],
    ];
    expect(stalls(steps, 9999, WIDE)).toEqual(["window-stall client 0 400"]);
  });
});
