// Attacks with gRPC messages: prefixes that lie, bombs of gzip, messages cut or nested without end.
import { deflateSync, gzipSync } from "node:zlib";
import { encodeReset } from "../../../src/http2/frame-writer.js";
import { bytesOf, data, flood, headers, made, message, NOTHING, noise, REQUEST, same, streams } from "../bytes.js";
import type { Attack, Sizes } from "../script.js";
import { concat, either, oneSided } from "./frames.js";

const MIB = 1024 * 1024;
const FLOOD: Sizes = { quick: MIB / 4, full: 16 * MIB };

function compressed(stream: number, encoding: string, ...messages: readonly Uint8Array[]): Uint8Array {
  return bytesOf(
    headers(stream, [...REQUEST, ["grpc-encoding", encoding]]),
    ...messages.flatMap((each) => frames(stream, message(each, 1))),
    data(stream, NOTHING, true),
  );
}

function frames(stream: number, octets: Uint8Array): Uint8Array[] {
  const out: Uint8Array[] = [];
  for (let at = 0; at < octets.length; at += 16_384) out.push(data(stream, octets.subarray(at, at + 16_384)));
  return out;
}

/** 128 MiB of zeros: 128 KiB. */
let gzipBomb: Uint8Array | undefined;

export const MESSAGE_ATTACKS: readonly Attack[] = [
  ...either("prefixes that announce 4 GiB", "CVE-2024-37168", (bytes) =>
    flood(data(1, message(same(1, 100), 0, 0xffffffff)), bytes),
  ),
  oneSided("client", "a prefix of 4 GiB on stream after stream", "CVE-2024-37168", (bytes) =>
    streams(bytesOf(headers(1, REQUEST), data(1, message(same(1, 10), 0, 0xffffffff), true)), bytes, 3),
  ),
  oneSided("client", "every flag octet", "PROTOCOL-HTTP2", (bytes) =>
    made(bytes, (i) => data(1, message(same(1, 3), i % 256))),
  ),
  oneSided("client", "streams that end inside a prefix", "PROTOCOL-HTTP2", (bytes) =>
    made(bytes, (i) => bytesOf(headers(3 + 2 * i, REQUEST), data(3 + 2 * i, same(0, 1 + (i % 4)), true))),
  ),
  oneSided("client", "messages cut by RST_STREAM", "RFC 9113 §6.4", (bytes) =>
    streams(bytesOf(headers(1, REQUEST), data(1, message(same(0, 50), 0, 5000)), encodeReset(1, 8)), bytes, 3),
  ),
  oneSided(
    "client",
    "a message of 16 MiB and more, in one",
    "PROTOCOL-HTTP2",
    (bytes) => concat([data(1, message(NOTHING, 0, bytes))], flood(data(1, noise(16_384)), bytes)),
    { bytes: { quick: 17 * MIB, full: 64 * MIB } },
  ),
  oneSided(
    "client",
    "bombs of gzip",
    "CVE-2024-37168",
    (bytes) => {
      gzipBomb ??= gzipSync(new Uint8Array(128 * MIB), { level: 9 });
      return made(bytes, (i) => compressed(3 + 2 * i, "gzip", gzipBomb!));
    },
    { bytes: { quick: 128 * 1024, full: 4 * MIB } },
  ),
  oneSided(
    "client",
    "compressed messages that are none, or under names that nobody knows",
    "CVE-2024-37168",
    (bytes) => {
      const good = gzipSync(Buffer.from("hello"));
      const encodings = ["gzip", "deflate", "br", "snappy", "__proto__", "constructor", "\x1b[31m", ""];
      const bodies = [good, good.subarray(0, 10), noise(40), deflateSync(Buffer.from("hello")), NOTHING];
      return made(bytes, (i) => compressed(3 + 2 * i, encodings[i % 8]!, bodies[i % 5]!));
    },
    { bytes: { quick: 256 * 1024, full: 8 * MIB } },
  ),
  oneSided("client", "a message nested a million deep", "CVE-2024-7254", (bytes) =>
    made(bytes, () => bytesOf(...frames(1, message(nested(100_000))))),
  ),
  oneSided("client", "messages full of bad varints", "GHSA-685m-2w69-288q", (bytes) =>
    flood(data(1, message(same(0xff, 4000))), bytes),
  ),
  {
    ...oneSided("client", "bodies that are no gRPC, without end", "PROTOCOL-HTTP2", (bytes) =>
      concat(
        [
          headers(3, [
            [":method", "POST"],
            [":path", "/upload"],
          ]),
        ],
        flood(data(3, noise(16_000)), bytes),
      ),
    ),
    bytes: FLOOD,
  },
];

/** Groups in groups: each octet opens one more (protobuf wire type 3). */
function nested(depth: number): Uint8Array {
  return same(0x0b, depth);
}
