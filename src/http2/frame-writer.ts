// Frames as octets (RFC 9113 §4.1, §6): what the proxy itself has to say, and what tests say in its peers' place.
import { FRAME, FRAME_HEADER_BYTES } from "./frames.js";

/** @param payload shorter than 2^24 octets */
export function encodeFrame(type: number, flags: number, stream: number, payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(FRAME_HEADER_BYTES + payload.length);
  frame[0] = payload.length >> 16;
  frame[1] = payload.length >> 8;
  frame[2] = payload.length;
  frame[3] = type;
  frame[4] = flags;
  writeUint32(frame, 5, stream);
  frame.set(payload, FRAME_HEADER_BYTES);
  return frame;
}

/** @param settings identifier and value, in order */
export function encodeSettings(settings: readonly (readonly [id: number, value: number])[]): Uint8Array {
  const payload = new Uint8Array(settings.length * 6);
  settings.forEach(([id, value], index) => {
    payload[index * 6] = id >> 8;
    payload[index * 6 + 1] = id;
    writeUint32(payload, index * 6 + 2, value);
  });
  return encodeFrame(FRAME.settings, 0, 0, payload);
}

export function encodeReset(stream: number, code: number): Uint8Array {
  return encodeFrame(FRAME.rstStream, 0, stream, uint32(code));
}

export function encodeGoaway(lastStream: number, code: number, debug: Uint8Array = new Uint8Array(0)): Uint8Array {
  const payload = new Uint8Array(8 + debug.length);
  writeUint32(payload, 0, lastStream);
  writeUint32(payload, 4, code);
  payload.set(debug, 8);
  return encodeFrame(FRAME.goaway, 0, 0, payload);
}

export function encodeWindowUpdate(stream: number, increment: number): Uint8Array {
  return encodeFrame(FRAME.windowUpdate, 0, stream, uint32(increment));
}

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  writeUint32(bytes, 0, value);
  return bytes;
}

function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}
