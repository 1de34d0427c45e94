// Zstandard (RFC 8878), by a pure decoder: Node has one of its own from 22.15 on only.
import { Decompress } from "fzstd";
import { TooLargeError } from "./too-large.js";

/** @throws Error for what is no zstd, or is cut */
export function decompressZstd(data: Uint8Array, maxBytes: number): Uint8Array {
  if (data.length === 0) throw new Error("no frame");
  const parts: Uint8Array[] = [];
  let left = maxBytes;
  let complete = false;
  const stream = new Decompress((part, isLast) => {
    left -= part.length;
    if (left < 0) throw new TooLargeError();
    parts.push(part.slice());
    complete = isLast === true;
  });
  stream.push(data, true);
  if (!complete) throw new Error("cut");
  return Buffer.concat(parts);
}
