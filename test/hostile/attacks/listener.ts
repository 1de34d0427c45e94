// Attacks on the listener: what is no HTTP/2, clients that dawdle or say nothing, TLS hellos, tunnels back to the proxy itself.

import { CLIENT_PREFACE } from "../../../src/http2/frames.js";
import { bytesOf, CLIENT_OPENS, flood, headers, made, NOTHING, noise, REQUEST, SERVER_OPENS, same } from "../bytes.js";
import type { Attack, Script, Sizes } from "../script.js";

const KIB = 1024;
const MIB = 1024 * 1024;
const FLOOD: Sizes = { quick: MIB / 4, full: 16 * MIB };
const ONCE: Sizes = { quick: 1, full: 1 };

/** Opening octets that are no HTTP/2 client's, each on a connection of its own; a flood of noise follows. */
const STRANGERS: readonly (readonly [name: string, first: Uint8Array])[] = [
  ["noise", noise(100)],
  ["zeros", same(0, 100)],
  ["a PROXY protocol header, version 1", bytesOf("PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n", CLIENT_OPENS)],
  [
    "a PROXY protocol header, version 2",
    bytesOf("\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c", same(127, 12), CLIENT_OPENS),
  ],
  ["a preface that goes wrong at its end", bytesOf("PRI * HTTP/2.0\r\n\r\nSM\r\n\rX")],
  ["a preface and no SETTINGS", bytesOf(CLIENT_PREFACE, headers(1, REQUEST))],
  [
    "HTTP/1.1 that asks for h2c",
    bytesOf(
      "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n",
    ),
  ],
  ["HTTP/1.1 with a head that never ends", bytesOf("GET / HTTP/1.1\r\nx: ")],
  [
    "HTTP/1.1 smuggling",
    bytesOf("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"),
  ],
  ["lower-case HTTP", bytesOf("get / http/1.1\r\n\r\n")],
  ["a method of 30 letters", bytesOf("ABCDEFGHIJKLMNOPQRSTUVWXYZABCD / HTTP/1.1\r\n")],
  ["SSLv2", bytesOf([0x80, 0x2e, 1, 3, 1, 0, 0x15, 0, 0, 0, 0x10], same(0, 40))],
  ["SOCKS4", bytesOf([4, 1, 0, 80, 127, 0, 0, 1, 0])],
];

const strangers: readonly Attack[] = STRANGERS.map(
  ([name, first]): Attack => ({
    name: `${name}, then noise`,
    source: "RFC 9113 §3.4",
    from: "client",
    client: { open: first, main: (bytes) => flood(noise(64 * KIB), bytes), atOnce: true },
    // It ends when the client has.
    server: { main: () => [], waitsFor: Number.POSITIVE_INFINITY },
    bytes: FLOOD,
  }),
);

/** What a server says to an HTTP/2 client. */
const ANSWERS: readonly (readonly [name: string, first: Uint8Array])[] = [
  ["noise", noise(100)],
  ["an HTTP/1.1 answer", bytesOf("HTTP/1.1 400 Bad Request\r\nContent-Length: 5\r\n\r\nhello")],
  ["a TLS alert", bytesOf([0x15, 3, 1, 0, 2, 2, 40])],
  ["terminal escapes", bytesOf("\x1b[2J\x1b]0;x\x07\r\n")],
  ["a client's preface", CLIENT_OPENS],
];

const answers: readonly Attack[] = ANSWERS.map(
  ([name, first]): Attack => ({
    name: `${name} as the answer to HTTP/2`,
    source: "RFC 9113 §3.4",
    from: "server",
    client: { open: bytesOf(CLIENT_OPENS, headers(1, REQUEST)) },
    server: { open: first, main: (bytes) => flood(noise(64 * KIB), bytes) },
    bytes: FLOOD,
  }),
);

/** The proxy answers these itself. */
function refused(name: string, source: string, script: Script, more: Partial<Attack> = {}): Attack {
  return {
    name,
    source,
    from: "client",
    client: { atOnce: true, ...script },
    server: {},
    bytes: FLOOD,
    arrives: "nothing",
    raw: true,
    ...more,
  };
}

const heads: readonly Attack[] = [
  refused("CONNECT with a head that never ends", "RFC 9110 §9.3.6", {
    open: bytesOf("CONNECT 127.0.0.1:1 HTTP/1.1\r\n"),
    main: (bytes) => flood(bytesOf("x: y\r\n"), bytes),
  }),
  refused(
    "CONNECT to nonsense",
    "RFC 9110 §9.3.6",
    {
      main: (_, i) => [
        bytesOf(
          `CONNECT ${["", "x", ":", "a:b", "127.0.0.1:0", "127.0.0.1:65536", "[::1", "\x1b[31m:1", `${"a".repeat(9000)}:1`, "%00:1"][i % 10]!} HTTP/1.1\r\n\r\n`,
        ),
      ],
    },
    { connections: { quick: 10, full: 200 } },
  ),
  refused(
    "SOCKS5 nonsense",
    "RFC 1928",
    {
      main: (_, i) => [
        [
          bytesOf([5, 255], noise(300)),
          bytesOf([5, 1, 2, 5, 1, 0, 1]),
          bytesOf([5, 1, 0, 9, 9, 9, 9, 9, 9]),
          bytesOf([5, 1, 0, 5, 2, 0, 1, 127, 0, 0, 1, 0, 80]),
          bytesOf([5, 1, 0, 5, 1, 0, 3, 0, 0, 80]),
          bytesOf([5, 1, 0, 5, 1, 0, 3, 5], "\x1b[31m", [0, 80]),
          bytesOf([5, 1, 0, 5, 1, 0, 7, 5]),
          bytesOf([5, 0]),
          bytesOf([5]),
        ][i % 9]!,
      ],
    },
    { connections: { quick: 9, full: 90 } },
  ),
];

/** A TLS record around octets (RFC 8446 §5.1). */
function record(body: Uint8Array): Uint8Array {
  return bytesOf([22, 3, 1, body.length >> 8, body.length], body);
}

/** A ClientHello with a server name and protocols, whatever they are. */
export function clientHello(servername: Uint8Array, protocols: readonly Uint8Array[]): Uint8Array {
  const vector = (width: number, ...parts: readonly Uint8Array[]) => {
    const body = bytesOf(...parts);
    return bytesOf(width === 1 ? [body.length] : [body.length >> 8, body.length], body);
  };
  const extension = (type: number, ...parts: readonly Uint8Array[]) => bytesOf([type >> 8, type], vector(2, ...parts));
  const body = bytesOf(
    [3, 3],
    same(7, 32),
    [0],
    vector(2, Uint8Array.of(0x13, 0x01, 0xc0, 0x2b)),
    [1, 0],
    vector(
      2,
      extension(0, vector(2, Uint8Array.of(0), vector(2, servername))),
      extension(16, vector(2, ...protocols.map((name) => vector(1, name)))),
      extension(10, vector(2, Uint8Array.of(0, 23))),
      extension(13, vector(2, Uint8Array.of(4, 3))),
    ),
  );
  return record(bytesOf([1, body.length >> 16, body.length >> 8, body.length], body));
}

const GOOD_HELLO = clientHello(bytesOf("localhost"), [bytesOf("h2")]);

const HELLOS: readonly Uint8Array[] = [
  bytesOf([22, 3, 1, 0, 5], noise(5)),
  bytesOf([22, 3, 1, 0x40, 0], noise(16_384)),
  bytesOf([22, 3, 1, 0xff, 0xff], noise(1000)),
  bytesOf([22, 3, 1, 0, 0]),
  record(bytesOf([1, 0xff, 0xff, 0xff], same(0, 100))),
  record(bytesOf([2, 0, 0, 4], same(0, 4))),
  GOOD_HELLO.subarray(0, 60),
  bytesOf(GOOD_HELLO, noise(1000)),
  clientHello(bytesOf("\x1b[31m\r\n\x00evil"), [bytesOf("\xff\xfe"), bytesOf("h2")]),
  clientHello(bytesOf("a".repeat(10_000)), [bytesOf("h2")]),
  clientHello(bytesOf("127.0.0.1"), [bytesOf("h2")]),
  clientHello(NOTHING, [NOTHING]),
  clientHello(
    bytesOf("*.*"),
    Array.from({ length: 1500 }, (_, i) => bytesOf(`p${i}`)),
  ),
  clientHello(bytesOf("__proto__"), [same(0x61, 255)]),
];

const hellos: readonly Attack[] = [
  refused(
    "TLS hellos that are none, or odd",
    "RFC 8446 §4.1.2",
    {
      main: (_, i) => [HELLOS[i % HELLOS.length]!],
    },
    { connections: { quick: HELLOS.length, full: HELLOS.length * 10 } },
  ),
  refused("TLS hellos in as many records as there are octets", "RFC 8446 §5.1", {
    main: () => [bytesOf(...Array.from(GOOD_HELLO.subarray(5), (octet) => record(Uint8Array.of(octet))))],
  }),
  refused(
    "TLS hellos of 64 KiB that never end",
    "RFC 8446 §5.1",
    {
      main: (bytes) => [bytesOf(record(bytesOf([1, 0, 0xff, 0xf0], same(0, 12_000))), ...records(bytes))],
    },
    { bytes: { quick: 64 * KIB, full: 64 * KIB }, connections: { quick: 5, full: 50 } },
  ),
  refused(
    "TLS hellos, one octet a packet",
    "CVE-2009-3555, slowloris",
    {
      main: () => [bytesOf(record(bytesOf([1, 0, 0x20, 0], same(0, 8))), same(0, 100))],
      drip: true,
    },
    { connections: { quick: 20, full: 300 } },
  ),
  refused(
    "TLS hellos for ever new names",
    "RFC 6066 §3",
    {
      main: (_, i) => [clientHello(bytesOf(`n${i}.example.test`), [bytesOf("h2")])],
      end: "reset",
    },
    { connections: { quick: 40, full: 1000 }, atOnce: 40 },
  ),
  refused(
    "TLS hellos and then silence",
    "slowloris",
    { main: () => [GOOD_HELLO], end: "stay" },
    {
      connections: { quick: 30, full: 500 },
    },
  ),
];

function* records(bytes: number): Iterable<Uint8Array> {
  for (let sent = 0; sent < bytes; sent += 16_000) yield record(same(0, 16_000));
}

const slow: readonly Attack[] = [
  {
    name: "one octet at a time on many connections",
    source: "slowloris",
    from: "client",
    client: { main: () => [bytesOf(CLIENT_OPENS, headers(1, REQUEST))], atOnce: true, drip: true },
    server: { open: SERVER_OPENS },
    bytes: ONCE,
    connections: { quick: 50, full: 400 },
  },
  {
    name: "an answer one octet at a time on many connections",
    source: "slowloris",
    from: "server",
    client: { open: bytesOf(CLIENT_OPENS, headers(1, REQUEST)) },
    server: { main: () => [bytesOf(SERVER_OPENS, headers(1, REQUEST))], drip: true },
    bytes: ONCE,
    connections: { quick: 50, full: 400 },
  },
  {
    name: "connections that say nothing",
    source: "slowloris",
    from: "client",
    client: { end: "stay" },
    server: { atOnce: true, end: "stay" },
    bytes: ONCE,
    connections: { quick: 200, full: 2000 },
  },
  {
    name: "connections that say two octets and no more",
    source: "slowloris",
    from: "client",
    client: { open: bytesOf("PR"), end: "stay" },
    server: { end: "stay" },
    bytes: ONCE,
    connections: { quick: 100, full: 2000 },
    arrives: "nothing",
  },
  {
    name: "connections that are reset at once",
    source: "RFC 9293",
    from: "client",
    client: { end: "reset" },
    server: {},
    bytes: ONCE,
    connections: { quick: 150, full: 5000 },
    atOnce: 50,
    arrives: "nothing",
  },
  {
    name: "a server that hangs up on clients that wait for it to speak",
    source: "RFC 9293",
    from: "server",
    client: { main: () => [], end: "fin" },
    server: { atOnce: true, end: "fin" },
    bytes: ONCE,
    connections: { quick: 20, full: 200 },
  },
  {
    name: "a server that resets clients that wait for it to speak",
    source: "RFC 9293",
    from: "server",
    client: { main: () => [], end: "fin" },
    server: { atOnce: true, end: "reset" },
    bytes: ONCE,
    connections: { quick: 20, full: 200 },
    arrives: "part",
  },
];

/** To a proxy without a server behind it, which answers itself. */
const forwards: readonly Attack[] = [
  refused(
    "PINGs to the proxy's own HTTP/2 answer, never read",
    "CVE-2019-9512",
    {
      open: CLIENT_OPENS,
      main: (bytes) => flood(bytesOf([0, 0, 8, 6, 0, 0, 0, 0, 0], same(1, 8)), bytes),
      deaf: true,
      end: "stay",
    },
    { proxy: "forward", stalls: true, bytes: { quick: 32 * MIB, full: 256 * MIB } },
  ),
  refused(
    "SETTINGS to the proxy's own HTTP/2 answer, never read",
    "CVE-2019-9515",
    {
      open: CLIENT_OPENS,
      main: (bytes) => flood(Uint8Array.of(0, 0, 0, 4, 0, 0, 0, 0, 0), bytes),
      deaf: true,
      end: "stay",
    },
    { proxy: "forward", stalls: true, bytes: { quick: 32 * MIB, full: 256 * MIB } },
  ),
  refused(
    "calls to the proxy's own HTTP/2 answer, never read",
    "CVE-2023-44487",
    {
      open: CLIENT_OPENS,
      main: (bytes) => made(bytes, (i) => headers(1 + 2 * i, REQUEST)),
      deaf: true,
      end: "stay",
    },
    { proxy: "forward", stalls: true },
  ),
  refused(
    "HTTP/1.1 without end to the proxy's own answer",
    "RFC 9110",
    {
      open: bytesOf("GET / HTTP/1.1\r\n"),
      main: (bytes) => flood(bytesOf("x: y\r\n"), bytes),
    },
    { proxy: "forward" },
  ),
];

export const LISTENER_ATTACKS: readonly Attack[] = [
  ...strangers,
  ...answers,
  ...heads,
  ...hellos,
  ...slow,
  ...forwards,
];
