// What a feed says as the octets of WebSocket frames (RFC 6455 §5.2): made once, they are written to any number of clients.

/** FIN and the opcode of text. */
const TEXT = 0x81;
/** Lengths above these take 2 and 8 octets of their own; a server's frame is not masked (RFC 6455 §5.1). */
const MAX_SHORT = 125;
const MAX_TWO_OCTETS = 0xffff;
const TWO_OCTETS = 126;
const EIGHT_OCTETS = 127;

/** Events as one message. @param texts one JSON object each, without an id */
export function batchText(id: number, texts: readonly string[]): string {
  return `{"kind":"events","id":${id},"events":[${texts.join(",")}]}`;
}

/** An event as a message of its own. @param text one JSON object without an id */
export function singleText(id: number, text: string): string {
  return `{"id":${id},${text.slice(1)}`;
}

/** A frame for each text, one after the other. */
export function textFrames(texts: readonly string[]): Buffer {
  const lengths = texts.map((text) => Buffer.byteLength(text));
  const frames = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + headBytes(length) + length, 0));
  let at = 0;
  texts.forEach((text, index) => {
    at = writeHead(frames, at, lengths[index]!);
    at += frames.write(text, at);
  });
  return frames;
}

function headBytes(length: number): number {
  if (length <= MAX_SHORT) return 2;
  return length <= MAX_TWO_OCTETS ? 4 : 10;
}

/** @returns where the payload begins */
function writeHead(frames: Buffer, at: number, length: number): number {
  frames[at] = TEXT;
  if (length <= MAX_SHORT) {
    frames[at + 1] = length;
    return at + 2;
  }
  if (length <= MAX_TWO_OCTETS) {
    frames[at + 1] = TWO_OCTETS;
    return frames.writeUInt16BE(length, at + 2);
  }
  frames[at + 1] = EIGHT_OCTETS;
  return frames.writeBigUInt64BE(BigInt(length), at + 2);
}
