// Snappy: a raw block, or the framing format around blocks (google/snappy, format_description.txt and framing_format.txt).
import { uncompress } from "snappyjs";
import { TooLargeError } from "./too-large.js";

/** Chunk type 0xff, length 6, "sNaPpY": how a framed stream begins. */
const STREAM_IDENTIFIER = Uint8Array.of(0xff, 0x06, 0x00, 0x00, 0x73, 0x4e, 0x61, 0x50, 0x70, 0x59);
const COMPRESSED = 0x00;
const UNCOMPRESSED = 0x01;
const CHUNK_HEADER_BYTES = 4;
const CHECKSUM_BYTES = 4;

/** Checksums are not verified: a message that parses is worth seeing. @throws Error for what is no snappy */
export function uncompressSnappy(data: Uint8Array, maxBytes: number): Uint8Array {
  const framed = STREAM_IDENTIFIER.every((octet, at) => data[at] === octet);
  return framed ? uncompressFrames(data, maxBytes) : uncompressBlock(data, maxBytes);
}

function uncompressFrames(data: Uint8Array, maxBytes: number): Uint8Array {
  const parts: Uint8Array[] = [];
  let left = maxBytes;
  for (let at = 0; at < data.length; ) {
    const type = data[at]!;
    const length = (data[at + 1] ?? 0) | ((data[at + 2] ?? 0) << 8) | ((data[at + 3] ?? 0) << 16);
    const start = at + CHUNK_HEADER_BYTES;
    const end = start + length;
    if (end > data.length) throw new Error(`cut within a chunk of ${length} bytes`);
    const body = data.subarray(start + CHECKSUM_BYTES, end);
    const part = type === COMPRESSED ? uncompressBlock(body, left) : type === UNCOMPRESSED ? body : undefined;
    if (part === undefined && type >= 0x02 && type <= 0x7f)
      throw new Error(`chunk type ${type} that may not be skipped`);
    if (part !== undefined) {
      if (part.length > left) throw new TooLargeError();
      left -= part.length;
      parts.push(part);
    }
    at = end;
  }
  return Buffer.concat(parts);
}

function uncompressBlock(data: Uint8Array, maxBytes: number): Uint8Array {
  if (announcedBytes(data) > maxBytes) throw new TooLargeError();
  return uncompress(data, maxBytes);
}

/** The varint that a block begins with: its length when uncompressed. */
function announcedBytes(data: Uint8Array): number {
  let length = 0;
  for (let at = 0; at < 5; at++) {
    const octet = data[at];
    if (octet === undefined) break;
    length += (octet & 0x7f) * 2 ** (7 * at);
    if (octet < 0x80) return length;
  }
  throw new Error("no length at its beginning");
}
