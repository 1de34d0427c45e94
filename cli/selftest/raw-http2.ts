// Frames written and read by hand (RFC 9113 §4, §6): the selftest must see what node:http2 hides, such as a code after END_STREAM.
import { FLAG, FRAME, FRAME_HEADER_BYTES } from "../../src/http2/frames.js";

/** The largest payload a peer must accept before it says more (RFC 9113 §4.2). */
export const DEFAULT_FRAME_BYTES = 16_384;

/** Octets before each gRPC message: the compressed flag and a 32-bit length (PROTOCOL-HTTP2, "Length-Prefixed-Message"). */
export const PREFIX_BYTES = 5;

export interface RawFrame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

const EMPTY = Buffer.alloc(0);

/** One frame as bytes. */
export function frame(type: number, flags: number, stream: number, payload: Uint8Array = EMPTY): Buffer {
  const bytes = Buffer.allocUnsafe(FRAME_HEADER_BYTES + payload.length);
  bytes.writeUIntBE(payload.length, 0, 3);
  bytes[3] = type;
  bytes[4] = flags;
  bytes.writeUInt32BE(stream, 5);
  bytes.set(payload, FRAME_HEADER_BYTES);
  return bytes;
}

/** A payload behind its Pad Length octet and before its padding (RFC 9113 §6.1). */
export function padded(payload: Uint8Array, padding: number): Buffer {
  return Buffer.concat([Buffer.of(padding), payload, Buffer.alloc(padding)]);
}

/** SETTINGS from pairs of identifier and value (RFC 9113 §6.5.1). */
export function settingsFrame(settings: readonly (readonly [id: number, value: number])[]): Buffer {
  const payload = Buffer.alloc(6 * settings.length);
  settings.forEach(([id, value], index) => {
    payload.writeUInt16BE(id, 6 * index);
    payload.writeUInt32BE(value, 6 * index + 2);
  });
  return frame(FRAME.settings, 0, 0, payload);
}

/** GOAWAY (RFC 9113 §6.8). */
export function goawayFrame(lastStream: number, code: number, debug = ""): Buffer {
  const payload = Buffer.alloc(8 + Buffer.byteLength(debug));
  payload.writeUInt32BE(lastStream, 0);
  payload.writeUInt32BE(code, 4);
  payload.write(debug, 8);
  return frame(FRAME.goaway, 0, 0, payload);
}

/** A frame whose payload is one 32-bit number: RST_STREAM or WINDOW_UPDATE. */
export function numberFrame(type: number, stream: number, value: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(value);
  return frame(type, 0, stream, payload);
}

/**
 * HEADERS and as many CONTINUATION frames as the block needs.
 * @param size octets of the block in each frame
 * @param padding present to pad the HEADERS frame
 */
export function headerFrames(
  stream: number,
  block: Uint8Array,
  options: {
    readonly size: number;
    readonly endStream: boolean;
    readonly padding?: number;
    readonly priority?: boolean;
  },
): Buffer {
  const { size, endStream, padding, priority } = options;
  const frames: Buffer[] = [];
  for (let at = 0; at === 0 || at < block.length; at += size) {
    const last = at + size >= block.length ? FLAG.endHeaders : 0;
    let part: Buffer = Buffer.from(block.subarray(at, at + size));
    if (at > 0) {
      frames.push(frame(FRAME.continuation, last, stream, part));
      continue;
    }
    let flags = last | (endStream ? FLAG.endStream : 0);
    if (priority) {
      // stream dependency 0 and weight 16 (RFC 9113 §6.2)
      part = Buffer.concat([Buffer.of(0, 0, 0, 0, 15), part]);
      flags |= FLAG.priority;
    }
    if (padding !== undefined) {
      part = padded(part, padding);
      flags |= FLAG.padded;
    }
    frames.push(frame(FRAME.headers, flags, stream, part));
  }
  return Buffer.concat(frames);
}

/** Takes the padding, and on HEADERS the priority octets, off a payload; undefined when the padding does not fit. */
export function unpadded({ type, flags, payload }: RawFrame): Buffer | undefined {
  let start = 0;
  let end = payload.length;
  if (flags & FLAG.padded) {
    end -= payload[0] ?? 0;
    start = 1;
  }
  if (type === FRAME.headers && flags & FLAG.priority) start += 5;
  return start <= end ? payload.subarray(start, end) : undefined;
}

/** Cuts a byte stream into frames, whatever chunks it comes in. */
export class FrameSplitter {
  #rest: Buffer = EMPTY;

  /** @returns the frames that are now whole; their payloads lie in the chunk's memory */
  push(chunk: Buffer): RawFrame[] {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const frames: RawFrame[] = [];
    let at = 0;
    while (bytes.length - at >= FRAME_HEADER_BYTES) {
      const end = at + FRAME_HEADER_BYTES + bytes.readUIntBE(at, 3);
      if (end > bytes.length) break;
      const stream = bytes.readUInt32BE(at + 5) & 0x7fff_ffff;
      const payload = bytes.subarray(at + FRAME_HEADER_BYTES, end);
      frames.push({ type: bytes[at + 3]!, flags: bytes[at + 4]!, stream, payload });
      at = end;
    }
    this.#rest = bytes.subarray(at);
    return frames;
  }
}

export interface Message {
  /** The compressed flag; only 0 and 1 are defined. */
  readonly flag: number;
  readonly bytes: Buffer;
}

/** One gRPC message behind its prefix. */
export function messageBytes(data: Uint8Array | string, flag = 0): Buffer {
  const body = Buffer.from(data);
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix[0] = flag;
  prefix.writeUInt32BE(body.length, 1);
  return Buffer.concat([prefix, body]);
}

/** Cuts a body into gRPC messages; waits for a long one without copying what it has. */
export class MessageSplitter {
  #chunks: Buffer[] = [];
  #have = 0;
  #need = PREFIX_BYTES;

  push(chunk: Buffer): Message[] {
    this.#chunks.push(chunk);
    this.#have += chunk.length;
    const messages: Message[] = [];
    while (this.#have >= this.#need) {
      const bytes = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
      this.#chunks = [bytes];
      this.#need = PREFIX_BYTES + bytes.readUInt32BE(1);
      if (this.#have < this.#need) break;
      messages.push({ flag: bytes[0]!, bytes: bytes.subarray(PREFIX_BYTES, this.#need) });
      this.#chunks = [bytes.subarray(this.#need)];
      this.#have -= this.#need;
      this.#need = PREFIX_BYTES;
    }
    return messages;
  }
}
