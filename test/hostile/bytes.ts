// Octets for attacks: openings, floods of one frame, floods of numbered streams, and header blocks of any shape.
import { encodeFrame, encodeSettings } from "../../src/http2/frame-writer.js";
import { CLIENT_PREFACE, FLAG, FRAME } from "../../src/http2/frames.js";
import { appendInteger, encodeFields } from "../../src/http2/hpack/encoder.js";
import type { Field } from "../../src/model/fields.js";

export const NOTHING = new Uint8Array(0);
/** A good size for a write. */
const CHUNK_BYTES = 65_536;
/** Where the stream id stands in a frame header (RFC 9113 §4.1). */
const STREAM_ID_AT = 5;
const MAX_STREAM = 0x7fffffff;

export function bytesOf(...parts: readonly (Uint8Array | string | readonly number[])[]): Uint8Array {
  return Buffer.concat(
    parts.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : Uint8Array.from(part))),
  );
}

export function uint32(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

/** The client's preface and settings. */
export function clientOpening(settings: readonly (readonly [number, number])[] = []): Uint8Array {
  return bytesOf(CLIENT_PREFACE, encodeSettings(settings));
}

export const CLIENT_OPENS = clientOpening();
export const SERVER_OPENS = encodeSettings([]);

export const REQUEST: readonly Field[] = [
  [":method", "POST"],
  [":scheme", "http"],
  [":path", "/hostile.Service/Attack"],
  [":authority", "victim"],
  ["content-type", "application/grpc"],
  ["te", "trailers"],
];

export const RESPONSE: readonly Field[] = [
  [":status", "200"],
  ["content-type", "application/grpc"],
];

const encoded = new WeakMap<readonly Field[], Uint8Array>();

/** A HEADERS frame with a block of its own. */
export function headers(stream: number, fields: readonly Field[], endStream = false): Uint8Array {
  const known = encoded.get(fields) ?? encodeFields(fields);
  encoded.set(fields, known);
  return block(stream, known, endStream);
}

/** A HEADERS frame around octets that may be no header block at all. */
export function block(stream: number, octets: Uint8Array, endStream = false): Uint8Array {
  const size = 16_384;
  if (octets.length <= size)
    return encodeFrame(FRAME.headers, FLAG.endHeaders | (endStream ? FLAG.endStream : 0), stream, octets);
  const frames = [];
  for (let at = 0; at === 0 || at < octets.length; at += size) {
    const last = at + size >= octets.length ? FLAG.endHeaders : 0;
    const end = at === 0 && endStream ? FLAG.endStream : 0;
    frames.push(
      encodeFrame(at === 0 ? FRAME.headers : FRAME.continuation, last | end, stream, octets.subarray(at, at + size)),
    );
  }
  return bytesOf(...frames);
}

export function data(stream: number, payload: Uint8Array, endStream = false): Uint8Array {
  return encodeFrame(FRAME.data, endStream ? FLAG.endStream : 0, stream, payload);
}

/** A gRPC message behind its prefix. @param announced what the prefix says; default the truth */
export function message(payload: Uint8Array, flag = 0, announced = payload.length): Uint8Array {
  return bytesOf([flag], uint32(announced), payload);
}

/** A frame header that announces what need not follow. */
export function frameHeader(length: number, type: number, flags: number, stream: number): Uint8Array {
  return bytesOf([length >> 16, length >> 8, length, type, flags], uint32(stream));
}

/** A dynamic table size update (RFC 7541 §6.3). */
export function tableSize(bytes: number): Uint8Array {
  const out: number[] = [];
  appendInteger(out, 0x20, 0x1f, bytes);
  return Uint8Array.from(out);
}

/** A literal that goes into the table, name and value as plain octets (RFC 7541 §6.2.1). */
export function tableEntry(name: string, value: string): Uint8Array {
  const lengths = [name.length, value.length].map((length) => {
    const out: number[] = [];
    appendInteger(out, 0, 0x7f, length);
    return out;
  });
  return bytesOf([0x40], lengths[0]!, name, lengths[1]!, value);
}

export function same(octet: number, count: number): Uint8Array {
  return new Uint8Array(count).fill(octet);
}

/** The same octets again and again. */
export function* flood(unit: Uint8Array, bytes: number): Iterable<Uint8Array> {
  const times = Math.max(1, Math.ceil(Math.min(CHUNK_BYTES, bytes) / unit.length));
  const chunk = Buffer.alloc(unit.length * times);
  for (let at = 0; at < chunk.length; at += unit.length) chunk.set(unit, at);
  for (let sent = 0; sent < bytes; sent += chunk.length) yield chunk;
}

/**
 * The same frames on stream after stream.
 * @param unit whole frames; each gets the stream's id
 */
export function* streams(unit: Uint8Array, bytes: number, first = 1, step = 2): Iterable<Uint8Array> {
  const ids = idPlaces(unit);
  const times = Math.max(1, Math.ceil(Math.min(CHUNK_BYTES, bytes) / unit.length));
  let id = first;
  for (let sent = 0; sent < bytes; sent += times * unit.length) {
    const chunk = Buffer.alloc(unit.length * times);
    for (let at = 0; at < chunk.length; at += unit.length) {
      chunk.set(unit, at);
      for (const place of ids) chunk.writeUInt32BE(id, at + place);
      id += step;
      if (id > MAX_STREAM || id < 0) id = first;
    }
    yield chunk;
  }
}

function idPlaces(frames: Uint8Array): number[] {
  const places: number[] = [];
  for (let at = 0; at < frames.length; ) {
    places.push(at + STREAM_ID_AT);
    at += 9 + ((frames[at]! << 16) | (frames[at + 1]! << 8) | frames[at + 2]!);
  }
  return places;
}

/** What a function makes of 0, 1, 2 … until there is enough of it. */
export function* made(bytes: number, make: (index: number) => Uint8Array): Iterable<Uint8Array> {
  let pending: Uint8Array[] = [];
  let length = 0;
  for (let sent = 0, index = 0; sent < bytes; index++) {
    const piece = make(index);
    pending.push(piece);
    length += piece.length;
    sent += piece.length;
    if (length < CHUNK_BYTES && sent < bytes) continue;
    yield pending.length === 1 ? piece : Buffer.concat(pending);
    pending = [];
    length = 0;
  }
}

/** Octets without meaning, the same ones every time. */
export function noise(length: number, seed = 1): Uint8Array {
  const out = new Uint8Array(length);
  let state = seed | 0 || 1;
  for (let at = 0; at < length; at++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    out[at] = state;
  }
  return out;
}
