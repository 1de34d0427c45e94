// Attacks with frames: floods, cuts, lies about length and padding, windows that never open.
import {
  encodeFrame,
  encodeGoaway,
  encodeReset,
  encodeSettings,
  encodeWindowUpdate,
} from "../../../src/http2/frame-writer.js";
import { FLAG, FRAME, frameName } from "../../../src/http2/frames.js";
import type { Side } from "../../../src/model/fields.js";
import {
  bytesOf,
  CLIENT_OPENS,
  clientOpening,
  data,
  flood,
  frameHeader,
  headers,
  made,
  message,
  NOTHING,
  noise,
  REQUEST,
  RESPONSE,
  SERVER_OPENS,
  same,
  streams,
  uint32,
} from "../bytes.js";
import type { Attack, Script, Sizes } from "../script.js";

const MIB = 1024 * 1024;
const FLOOD: Sizes = { quick: MIB / 4, full: 16 * MIB };

export const CLIENT_SCRIPT: Script = { open: CLIENT_OPENS };
export const SERVER_SCRIPT: Script = { open: SERVER_OPENS };
/** A call on stream 1 that stays open. */
export const OPEN_CALL: Script = { open: bytesOf(CLIENT_OPENS, headers(1, REQUEST)) };
const ANSWER = headers(1, RESPONSE);

/** An attack of one side on a connection with a call on stream 1, to which the other side says nothing more. */
export function oneSided(
  from: Side,
  name: string,
  source: string,
  main: (bytes: number, connection: number) => Iterable<Uint8Array>,
  more: Partial<Attack> & { readonly script?: Partial<Script> } = {},
): Attack {
  const { script, ...rest } = more;
  return {
    name: `${name}, from the ${from}`,
    source,
    from,
    client: from === "client" ? { ...OPEN_CALL, main, ...script } : OPEN_CALL,
    server: from === "server" ? { open: bytesOf(SERVER_OPENS, ANSWER), main, ...script } : SERVER_SCRIPT,
    bytes: FLOOD,
    ...rest,
  };
}

/** The same from either side. */
export function either(
  name: string,
  source: string,
  main: (bytes: number, connection: number) => Iterable<Uint8Array>,
  more: Partial<Attack> & { readonly script?: Partial<Script> } = {},
): Attack[] {
  return [oneSided("client", name, source, main, more), oneSided("server", name, source, main, more)];
}

function frame(type: number, flags: number, stream: number, payload: Uint8Array = NOTHING): Uint8Array {
  return encodeFrame(type, flags, stream, payload);
}

const request = headers(1, REQUEST, true);
const openRequest = headers(1, REQUEST);

const RESETS: readonly Attack[] = [
  oneSided("client", "rapid reset", "CVE-2023-44487", (bytes) =>
    streams(bytesOf(request, encodeReset(1, 8)), bytes, 3),
  ),
  oneSided("client", "rapid reset of open calls with half a message", "CVE-2023-44487", (bytes) =>
    streams(bytesOf(openRequest, data(1, message(same(7, 10), 0, 100)), encodeReset(1, 8)), bytes, 3),
  ),
  {
    name: "made you reset: the server answers each call with RST_STREAM",
    source: "CVE-2025-8671",
    from: "both",
    client: {
      ...CLIENT_SCRIPT,
      main: (bytes) => streams(bytesOf(request, encodeWindowUpdate(1, 0)), bytes),
      end: "stay",
    },
    server: { ...SERVER_SCRIPT, main: (bytes) => streams(encodeReset(1, 1), bytes / 4), end: "stay" },
    bytes: FLOOD,
  },
  ...either("RST_STREAM again and again on the same stream", "RFC 9113 §6.4", (bytes) =>
    flood(encodeReset(1, 8), bytes),
  ),
  ...either("RST_STREAM on streams that never were", "RFC 9113 §5.1", (bytes) => streams(encodeReset(1, 8), bytes, 5)),
];

/** Frames of no use, each a few octets. */
const USELESS: readonly (readonly [name: string, source: string, unit: Uint8Array])[] = [
  ["empty DATA frames", "CVE-2019-9518", frame(FRAME.data, 0, 1)],
  ["empty DATA frames on stream 0", "RFC 9113 §6.1", frame(FRAME.data, 0, 0)],
  ["empty DATA frames on a stream that never was", "RFC 9113 §5.1", frame(FRAME.data, 0, 99)],
  ["empty padded DATA frames that lie", "RFC 9113 §6.1", frame(FRAME.data, FLAG.padded, 1, Uint8Array.of(9))],
  ["empty SETTINGS frames", "CVE-2019-9515", frame(FRAME.settings, 0, 0)],
  ["SETTINGS frames of 16 KiB", "node, June 2020", encodeSettings(Array.from({ length: 2730 }, (_, i) => [i, i]))],
  ["SETTINGS acknowledgements", "CVE-2019-9515", frame(FRAME.settings, FLAG.ack, 0)],
  ["SETTINGS of 5 octets", "RFC 9113 §6.5", frame(FRAME.settings, 0, 0, same(1, 5))],
  ["PING frames", "CVE-2019-9512", frame(FRAME.ping, 0, 0, same(1, 8))],
  ["PING acknowledgements", "CVE-2019-9512", frame(FRAME.ping, FLAG.ack, 0, same(1, 8))],
  ["PRIORITY frames", "CVE-2019-9513", frame(FRAME.priority, 0, 1, same(3, 5))],
  ["WINDOW_UPDATE frames on the connection", "CVE-2019-9511", encodeWindowUpdate(0, 1)],
  ["WINDOW_UPDATE frames that overflow", "CVE-2026-21714", encodeWindowUpdate(1, 0x7fffffff)],
  ["frames of an unknown type", "RFC 9113 §5.5", frame(0x2a, 0xff, 1)],
  ["CONTINUATION frames of no block", "RFC 9113 §6.10", frame(FRAME.continuation, 0, 1)],
  ["PING frames of 7 octets", "RFC 9113 §6.7", frame(FRAME.ping, 0, 0, same(1, 7))],
];

const FLOODS: readonly Attack[] = [
  ...USELESS.flatMap(([name, source, unit]) => either(name, source, (bytes) => flood(unit, bytes))),
  ...either("1-octet DATA frames of one long message", "CVE-2026-84304", (bytes) =>
    concat([data(1, message(NOTHING, 0, 0x7fffffff))], flood(data(1, same(1, 1)), bytes)),
  ),
  ...either("messages of no octets, 3,276 a frame", "CVE-2026-84304", (bytes) =>
    flood(data(1, same(0, 16_380)), bytes),
  ),
  oneSided("client", "1-octet DATA frames in turn on 1,000 streams", "CVE-2026-84304", (bytes) => {
    const all = Array.from({ length: 1000 }, (_, i) => 3 + 2 * i);
    const begin = all.map((id) => bytesOf(headers(id, REQUEST), data(id, message(NOTHING, 0, 0x00ffffff))));
    return concat(begin, flood(bytesOf(...all.map((id) => data(id, same(1, 1)))), bytes));
  }),
  oneSided(
    "server",
    "1-octet DATA frames in turn on 100 streams",
    "CVE-2026-84304",
    (bytes) => {
      const all = Array.from({ length: 100 }, (_, i) => 1 + 2 * i);
      return flood(bytesOf(...all.map((id) => data(id, same(1, 1)))), bytes);
    },
    {
      client: {
        open: bytesOf(CLIENT_OPENS, ...Array.from({ length: 100 }, (_, i) => headers(1 + 2 * i, REQUEST))),
      },
    },
  ),
  {
    name: "windows of no octets, opened by one at a time",
    source: "CVE-2019-9511, CVE-2019-9517",
    from: "both",
    client: {
      open: bytesOf(clientOpening([[4, 0]]), headers(1, REQUEST)),
      main: (bytes) => flood(bytesOf(encodeWindowUpdate(1, 1), encodeWindowUpdate(0, 1)), bytes),
    },
    server: {
      open: bytesOf(SERVER_OPENS, ANSWER),
      main: (bytes) => concat([data(1, message(NOTHING, 0, 0x7fffffff))], flood(data(1, same(1, 1)), bytes / 2)),
    },
    bytes: FLOOD,
  },
];

const SHORT_CALL = headers(1, [[":path", "/a"]]);
/** 60,000 calls, all open. */
const FULL_HOUSE = [...streams(SHORT_CALL, 60_000 * SHORT_CALL.length)];

function sizeOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((total, piece) => total + piece.length, 0);
}

const SERVERS: readonly Attack[] = [
  oneSided("server", "ALTSVC frames", "RFC 7838 §4", (bytes) =>
    flood(frame(10, 0, 0, bytesOf([0, 20], "https://example.test", 'h2=":443"')), bytes),
  ),
  oneSided("server", "ORIGIN frames, each another", "CVE-2026-48619", (bytes) =>
    made(bytes, (i) => frame(12, 0, 0, bytesOf([0, 24], `https://o${String(i).padStart(15, "0")}`))),
  ),
  oneSided("server", "PUSH_PROMISE frames", "RFC 9113 §6.6", (bytes) =>
    made(bytes, (i) => {
      const promised = 2 + 2 * (i % 1_000_000);
      return frame(FRAME.pushPromise, FLAG.endHeaders, 1, bytesOf(uint32(promised), Uint8Array.of(0x82, 0x86, 0x84)));
    }),
  ),
  oneSided("server", "103 answers", "RFC 8297", (bytes) => flood(headers(3, [[":status", "103"]]), bytes), {
    client: { open: bytesOf(CLIENT_OPENS, headers(1, REQUEST), headers(3, REQUEST)) },
  }),
  oneSided("server", "trailers that end nothing", "RFC 9113 §8.1", (bytes) =>
    flood(headers(1, [["grpc-status", "0"]]), bytes),
  ),
  oneSided("server", "GOAWAY with 16 KiB of text", "RFC 9113 §6.8", (bytes) =>
    flood(encodeGoaway(1, 11, same(0x1b, 16_000)), bytes),
  ),
  {
    name: "GOAWAY over and over with 60,000 calls open",
    source: "RFC 9113 §6.8",
    from: "server",
    client: { ...CLIENT_SCRIPT, main: () => FULL_HOUSE, end: "stay" },
    server: {
      open: SERVER_OPENS,
      waitsFor: sizeOf(FULL_HOUSE),
      // Each leaves out one stream more.
      main: (bytes) => made(bytes, (i) => encodeGoaway(Math.max(1, 119_999 - 2 * i), 0)),
      end: "stay",
    },
    bytes: { quick: 256 * 1024, full: MIB },
  },
  oneSided("server", "frames after GOAWAY", "RFC 9113 §6.8", (bytes) =>
    concat([encodeGoaway(0, 2)], streams(bytesOf(headers(1, RESPONSE), data(1, message(same(1, 9)))), bytes)),
  ),
  oneSided("server", "answers to nobody", "RFC 9113 §5.1", (bytes) => streams(headers(1, RESPONSE), bytes, 3)),
];

const STREAMS: readonly Attack[] = [
  {
    name: "100,000 streams opened and left open",
    source: "RFC 9113 §5.1.2",
    from: "client",
    client: { ...CLIENT_SCRIPT, main: (bytes) => streams(openRequest, bytes), end: "stay" },
    server: { ...SERVER_SCRIPT, end: "stay" },
    bytes: { quick: openRequest.length * 2500, full: openRequest.length * 25_000 },
    connections: { quick: 4, full: 4 },
  },
  {
    name: "streams beyond every limit, 10 octets each",
    source: "RFC 9113 §5.1.2",
    from: "client",
    client: { ...CLIENT_SCRIPT, main: (bytes) => streams(headers(1, [[":method", "GET"]]), bytes), end: "stay" },
    server: { ...SERVER_SCRIPT, end: "stay" },
    bytes: { quick: 10 * 4000, full: 10 * 65_000 },
    connections: { quick: 4, full: 16 },
  },
  oneSided("client", "calls with half a message in both directions, left open", "CVE-2024-37168", (bytes) =>
    streams(bytesOf(openRequest, data(1, message(same(7, 10), 0, 0xffffffff))), bytes, 3),
  ),
  oneSided("client", "even, falling and repeated stream ids", "RFC 9113 §5.1.1", (bytes) =>
    made(bytes, (i) => headers([2, 4, 1, 0x7fffffff, 0x7ffffffd, 0, 7][i % 7]!, REQUEST, i % 2 === 0)),
  ),
  oneSided("client", "frames on a stream that is over", "RFC 9113 §5.1", (bytes) =>
    concat(
      [headers(3, REQUEST, true)],
      flood(bytesOf(data(3, message(same(1, 20)), true), headers(3, REQUEST)), bytes),
    ),
  ),
  ...either("padding longer than its frame", "RFC 9113 §6.1, §6.2", (bytes) =>
    concat(
      [frame(FRAME.data, FLAG.padded, 1), frame(FRAME.data, FLAG.padded, 1, Uint8Array.of(255, 1, 2))],
      flood(
        bytesOf(
          frame(FRAME.data, FLAG.padded, 1, bytesOf([200], same(0, 100))),
          frame(FRAME.headers, FLAG.padded | FLAG.endHeaders, 3, bytesOf([200], same(0x82, 100))),
          frame(FRAME.pushPromise, FLAG.padded | FLAG.endHeaders, 1, Uint8Array.of(3, 0, 0)),
          frame(FRAME.headers, FLAG.priority | FLAG.endHeaders, 5, Uint8Array.of(1)),
        ),
        bytes,
      ),
    ),
  ),
];

/** Types 0 to 16 and two unknown ones. */
const BIG_TYPES = [...Array(17).keys(), 0x2a, 0xff];
const MAX_FRAME_BYTES = 2 ** 24 - 1;

const LENGTHS: readonly Attack[] = [
  ...either(
    "frames of 16 MiB of every type",
    "RFC 9113 §4.2",
    (bytes) => {
      const types = bytes === 0 ? [FRAME.headers, FRAME.data, 0x2a] : BIG_TYPES;
      return concat(
        ...types.map((type) =>
          concat(
            [frameHeader(MAX_FRAME_BYTES, type, FLAG.endHeaders, type === FRAME.settings ? 0 : 1)],
            exactly(MAX_FRAME_BYTES),
          ),
        ),
      );
    },
    { bytes: { quick: 0, full: 1 } },
  ),
  ...BIG_TYPES.map(
    (type): Attack =>
      oneSided(
        "client",
        `100 connections that stop inside a ${frameName(type)} frame of 16 MiB`,
        "RFC 9113 §4.2",
        (bytes) => concat([frameHeader(MAX_FRAME_BYTES, type, 0, 1)], exactly(bytes)),
        {
          bytes: { quick: 64 * 1024, full: 1.5 * MIB },
          connections: { quick: 10, full: 100 },
          script: { end: "stay" },
          server: { ...SERVER_SCRIPT, end: "stay" },
        },
      ),
  ).filter((_, index) => [FRAME.headers, FRAME.goaway, 17].includes(index as never)),
];

/** A short conversation, to be cut at every octet. */
const SPEECH = bytesOf(CLIENT_OPENS, headers(1, REQUEST), data(1, message(same(5, 8)), true), encodeReset(1, 8));
const REPLY = bytesOf(SERVER_OPENS, ANSWER, data(1, message(same(6, 8))), headers(1, [["grpc-status", "0"]], true));

function cut(name: string, end: "fin" | "reset", from: Side): Attack {
  const whole = from === "client" ? SPEECH : REPLY;
  const main = (_: number, connection: number) => [whole.subarray(0, 1 + (connection % whole.length))];
  const sender: Script = { main, atOnce: from === "client", end };
  return {
    name: `${name}, from the ${from}`,
    source: "RFC 9113 §4.1",
    from,
    client: from === "client" ? sender : { open: SPEECH },
    server: from === "server" ? sender : {},
    bytes: { quick: 0, full: 0 },
    connections: { quick: whole.length, full: whole.length * 3 },
    atOnce: 16,
    arrives: end === "fin" ? "all" : "part",
  };
}

const CUTS: readonly Attack[] = [
  cut("cut by FIN at every octet", "fin", "client"),
  cut("cut by RST at every octet", "reset", "client"),
  cut("cut by FIN at every octet", "fin", "server"),
  cut("cut by RST at every octet", "reset", "server"),
];

const DEAF: readonly Attack[] = [
  {
    name: "a server that never reads",
    source: "TCP back-pressure",
    from: "server",
    client: { ...OPEN_CALL, main: (bytes) => flood(data(1, message(noise(16_000))), bytes), atOnce: true, end: "stay" },
    server: { deaf: true, end: "stay" },
    bytes: { quick: 64 * MIB, full: 256 * MIB },
    stalls: true,
  },
  {
    name: "a client that never reads",
    source: "CVE-2019-9511; TCP back-pressure",
    from: "client",
    client: { ...OPEN_CALL, deaf: true, end: "stay" },
    server: {
      open: bytesOf(SERVER_OPENS, ANSWER),
      main: (bytes) => flood(data(1, message(noise(16_000))), bytes),
      end: "stay",
    },
    bytes: { quick: 64 * MIB, full: 256 * MIB },
    stalls: true,
  },
  {
    name: "neither side reads",
    source: "TCP back-pressure",
    from: "both",
    client: { ...OPEN_CALL, main: (bytes) => flood(data(1, message(noise(16_000))), bytes), deaf: true, end: "stay" },
    server: {
      open: SERVER_OPENS,
      main: (bytes) => flood(data(1, message(noise(16_000))), bytes),
      deaf: true,
      end: "stay",
    },
    bytes: { quick: 64 * MIB, full: 256 * MIB },
    stalls: true,
  },
];

export const FRAME_ATTACKS: readonly Attack[] = [
  ...RESETS,
  ...FLOODS,
  ...SERVERS,
  ...STREAMS,
  ...LENGTHS,
  ...CUTS,
  ...DEAF,
];

export function* concat(...parts: readonly Iterable<Uint8Array>[]): Iterable<Uint8Array> {
  for (const part of parts) yield* part;
}

function* exactly(bytes: number): Iterable<Uint8Array> {
  const chunk = same(0x82, 65_536);
  for (let left = bytes; left > 0; left -= chunk.length) yield left >= chunk.length ? chunk : chunk.subarray(0, left);
}
