// As much HTTP/2 as the benchmark's own client and server need: writing frames, walking them, literal HPACK (RFC 9113, RFC 7541).
import { record } from "./record.js";

export const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1"); // RFC 9113 §3.4

/** Frame types, RFC 9113 §6. */
export const FRAME = {
  data: 0,
  headers: 1,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
} as const;

export const END_STREAM = 0x1; // RFC 9113 §6.1, §6.2
export const ACK = 0x1; // RFC 9113 §6.5, §6.7
export const END_HEADERS = 0x4; // RFC 9113 §6.2
export const FRAME_HEADER_BYTES = 9; // RFC 9113 §4.1
export const STREAM_ID_OFFSET = 5; // where the stream identifier begins in a frame header, RFC 9113 §4.1
export const MAX_FRAME_BYTES = 16_384; // the SETTINGS_MAX_FRAME_SIZE that everyone must accept, RFC 9113 §4.2
export const INITIAL_WINDOW_BYTES = 65_535; // RFC 9113 §6.9.2
export const MAX_WINDOW_BYTES = 0x7fffffff; // RFC 9113 §6.9.1

/** Setting identifiers, RFC 9113 §6.5.2. */
export const SETTING = { headerTableSize: 1, maxConcurrentStreams: 3, initialWindowSize: 4 } as const;

export function frame(type: number, flags: number, stream: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const bytes = Buffer.alloc(FRAME_HEADER_BYTES + payload.length);
  bytes.writeUIntBE(payload.length, 0, 3);
  bytes[3] = type;
  bytes[4] = flags;
  bytes.writeUInt32BE(stream, STREAM_ID_OFFSET);
  bytes.set(payload, FRAME_HEADER_BYTES);
  return bytes;
}

export function settingsFrame(settings: readonly (readonly [id: number, value: number])[]): Buffer {
  const payload = Buffer.alloc(settings.length * 6);
  settings.forEach(([id, value], i) => {
    payload.writeUInt16BE(id, i * 6);
    payload.writeUInt32BE(value, i * 6 + 2);
  });
  return frame(FRAME.settings, 0, 0, payload);
}

export function windowUpdateFrame(stream: number, increment: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(increment);
  return frame(FRAME.windowUpdate, 0, stream, payload);
}

/** The value of one setting in a SETTINGS payload; undefined when it is not there. */
export function settingIn(payload: Buffer, id: number): number | undefined {
  let value: number | undefined;
  for (let at = 0; at + 6 <= payload.length; at += 6) {
    if (payload.readUInt16BE(at) === id) value = payload.readUInt32BE(at + 2);
  }
  return value;
}

/** A gRPC length-prefixed message of so many bytes, not compressed. */
export function grpcMessage(bytes: number): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(bytes, 1);
  return Buffer.concat([prefix, record(bytes)]);
}

// --- HPACK, as far as fixed fields go (no Huffman; every string here is shorter than 127 octets, RFC 7541 §5.1, §5.2) ---

export const FIRST_DYNAMIC_INDEX = 62; // RFC 7541 §2.3.3: the static table has 61 entries

export function indexedField(index: number): Buffer {
  return Buffer.from([0x80 | index]); // RFC 7541 §6.1, one octet below index 127
}

/** A literal that also enters the dynamic table (RFC 7541 §6.2.1). `name` may be an index into the static table. */
export function indexingField(name: string | number, value: string): Buffer {
  return typeof name === "number"
    ? Buffer.concat([Buffer.from([0x40 | name]), shortString(value)])
    : Buffer.concat([Buffer.from([0x40]), shortString(name), shortString(value)]);
}

/** A literal that leaves the table alone (RFC 7541 §6.2.2). `name` may be an index into the static table. */
export function literalField(name: string | number, value: string): Buffer {
  if (typeof name === "string") return Buffer.concat([Buffer.from([0x00]), shortString(name), shortString(value)]);
  const index = name < 15 ? [name] : [15, name - 15]; // a 4-bit prefix, RFC 7541 §5.1
  return Buffer.concat([Buffer.from(index), shortString(value)]);
}

function shortString(text: string): Buffer {
  return Buffer.concat([Buffer.from([text.length]), Buffer.from(text, "latin1")]);
}

/** Told of each whole frame. `payload` is there for SETTINGS, PING and WINDOW_UPDATE only; nobody here looks into others. */
export type OnFrame = (
  type: number,
  flags: number,
  stream: number,
  length: number,
  payload: Buffer | undefined,
) => void;

/** Walks frames in any split of the bytes, without keeping or copying the payloads nobody looks at. */
export class FrameWalker {
  readonly #onFrame: OnFrame;
  readonly #header = Buffer.alloc(FRAME_HEADER_BYTES);
  #headerBytes = 0;
  #skip: number;
  #type = 0;
  #flags = 0;
  #stream = 0;
  #length = 0;
  #left = -1; // payload bytes still to come; -1 between frames
  #kept: Buffer[] = [];

  /** @param skip octets before the first frame: the preface, where a client is read */
  constructor(onFrame: OnFrame, skip = 0) {
    this.#onFrame = onFrame;
    this.#skip = skip;
  }

  push(chunk: Buffer): void {
    const end = chunk.length;
    let at = Math.min(this.#skip, end);
    this.#skip -= at;
    while (at < end) {
      if (this.#left < 0) {
        if (this.#headerBytes === 0 && end - at >= FRAME_HEADER_BYTES) {
          this.#open(chunk, at);
          at += FRAME_HEADER_BYTES;
        } else {
          const n = Math.min(FRAME_HEADER_BYTES - this.#headerBytes, end - at);
          chunk.copy(this.#header, this.#headerBytes, at, at + n);
          at += n;
          this.#headerBytes += n;
          if (this.#headerBytes < FRAME_HEADER_BYTES) return;
          this.#headerBytes = 0;
          this.#open(this.#header, 0);
        }
      }
      const n = Math.min(this.#left, end - at);
      const looked = this.#type >= FRAME.settings && this.#type !== FRAME.goaway && this.#type <= FRAME.windowUpdate;
      if (looked && n > 0) this.#kept.push(Buffer.from(chunk.subarray(at, at + n)));
      at += n;
      this.#left -= n;
      if (this.#left > 0) return;
      this.#left = -1;
      if (looked) {
        const payload = Buffer.concat(this.#kept);
        this.#kept = [];
        this.#onFrame(this.#type, this.#flags, this.#stream, this.#length, payload);
      } else this.#onFrame(this.#type, this.#flags, this.#stream, this.#length, undefined);
    }
  }

  #open(b: Buffer, at: number): void {
    this.#length = this.#left = (b[at]! << 16) | (b[at + 1]! << 8) | b[at + 2]!;
    this.#type = b[at + 3]!;
    this.#flags = b[at + 4]!;
    this.#stream = ((b[at + 5]! & 0x7f) << 24) | (b[at + 6]! << 16) | (b[at + 7]! << 8) | b[at + 8]!;
  }
}
