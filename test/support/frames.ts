// Frames for tests: each side's words in the order in which it says them, so that a test reads like the RFC's own example.
import { encodeFrame, encodeSettings } from "../../src/http2/frame-writer.js";
import { CLIENT_PREFACE, FLAG, FRAME } from "../../src/http2/frames.js";
import type { Field } from "../../src/model/fields.js";
import { concat } from "./any-split.js";
import { HpackEncoder } from "./hpack-encoder.js";

export {
  encodeFrame,
  encodeGoaway,
  encodeReset,
  encodeSettings,
  encodeWindowUpdate,
} from "../../src/http2/frame-writer.js";
export { concat };

export interface BlockOptions {
  readonly endStream?: boolean;
  /** Pad Length; absent: the frame is not PADDED. */
  readonly padding?: number;
  /** Adds the five octets of the deprecated priority (RFC 9113 §6.2). */
  readonly priority?: boolean;
  /** Where the block is cut, in octets: what follows each cut goes into a CONTINUATION. */
  readonly cuts?: readonly number[];
  /** false: the block is not ended. */
  readonly endHeaders?: boolean;
}

/** One side's frames; header blocks share an HPACK table, so say them in the order of the wire. */
export class Speaker {
  readonly hpack = new HpackEncoder();

  headers(stream: number, fields: readonly Field[], options: BlockOptions = {}): Uint8Array {
    const priority = options.priority === true ? Uint8Array.of(0, 0, 0, 0, 15) : new Uint8Array(0);
    const flags = (options.endStream === true ? FLAG.endStream : 0) | (options.priority === true ? FLAG.priority : 0);
    return block(FRAME.headers, flags, stream, priority, this.hpack.encode(fields), options);
  }

  push(stream: number, promised: number, fields: readonly Field[], options: BlockOptions = {}): Uint8Array {
    return block(FRAME.pushPromise, 0, stream, uint32(promised), this.hpack.encode(fields), options);
  }
}

function block(
  type: number,
  flags: number,
  stream: number,
  fixed: Uint8Array,
  octets: Uint8Array,
  options: BlockOptions,
): Uint8Array {
  const ends = [...(options.cuts ?? []), octets.length].map((cut) => Math.min(cut, octets.length));
  const fragments = ends.map((end, i) => octets.subarray(i === 0 ? 0 : Math.min(ends[i - 1]!, end), end));
  const endHeaders = options.endHeaders === false ? 0 : FLAG.endHeaders;
  const frames = fragments.map((fragment, i) => {
    const last = i === fragments.length - 1 ? endHeaders : 0;
    return i === 0
      ? padded(type, flags | last, stream, concat(fixed, fragment), options.padding)
      : encodeFrame(FRAME.continuation, last, stream, fragment);
  });
  return concat(...frames);
}

/** A frame with its padding, whose octets are no zeros so that one taken for data is seen. */
export function padded(
  type: number,
  flags: number,
  stream: number,
  payload: Uint8Array,
  padding: number | undefined,
): Uint8Array {
  if (padding === undefined) return encodeFrame(type, flags, stream, payload);
  const octets = concat(Uint8Array.of(padding), payload, new Uint8Array(padding).fill(0xaa));
  return encodeFrame(type, flags | FLAG.padded, stream, octets);
}

export interface DataOptions {
  readonly endStream?: boolean;
  readonly padding?: number;
}

export function data(stream: number, bytes: Uint8Array | string, options: DataOptions = {}): Uint8Array {
  const flags = options.endStream === true ? FLAG.endStream : 0;
  return padded(FRAME.data, flags, stream, octetsOf(bytes), options.padding);
}

export function ping(text: string, ack = false): Uint8Array {
  return encodeFrame(FRAME.ping, ack ? FLAG.ack : 0, 0, octetsOf(text));
}

export function settingsAck(): Uint8Array {
  return encodeFrame(FRAME.settings, FLAG.ack, 0, new Uint8Array(0));
}

/** What a client says first (RFC 9113 §3.4). */
export function hello(settings: readonly (readonly [id: number, value: number])[] = []): Uint8Array {
  return concat(CLIENT_PREFACE, encodeSettings(settings));
}

/** A length-prefixed message. */
export function message(content: Uint8Array | string, flag = 0): Uint8Array {
  const bytes = octetsOf(content);
  return concat(Uint8Array.of(flag), uint32(bytes.length), bytes);
}

export function octetsOf(content: Uint8Array | string): Uint8Array {
  return typeof content === "string" ? Uint8Array.from(content, (char) => char.charCodeAt(0)) : content;
}

export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

export function uint32(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

export function request(method: string, extra: readonly Field[] = []): readonly Field[] {
  return [
    [":method", "POST"],
    [":scheme", "http"],
    [":path", method],
    [":authority", "greeter.test"],
    ["content-type", "application/grpc"],
    ["te", "trailers"],
    ...extra,
  ];
}

export const RESPONSE: readonly Field[] = [
  [":status", "200"],
  ["content-type", "application/grpc"],
];

export function trailers(status: number | string, text?: string): readonly Field[] {
  return [["grpc-status", String(status)], ...(text === undefined ? [] : [["grpc-message", text] as const])];
}

export function trailersOnly(status: number | string): readonly Field[] {
  return [...RESPONSE, ...trailers(status)];
}
