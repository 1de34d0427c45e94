// Message encodings by their grpc-encoding name (grpc/doc/compression.md): each is one entry, bounded in what it may inflate to.
import {
  brotliDecompress,
  brotliDecompressSync,
  gunzip,
  gunzipSync,
  inflate,
  inflateRaw,
  inflateRawSync,
  inflateSync,
} from "node:zlib";
import type { Problem } from "../model/events.js";

/** An inflated message beyond this is not shown: 1 MB of gzip can hold 1 GB. */
export const MAX_INFLATED_BYTES = 64 * 1024 * 1024;

export type Decompressed = { readonly bytes: Uint8Array } | { readonly problem: Problem };

type Decompress = (data: Uint8Array, maxBytes: number) => Promise<Uint8Array>;

const DECOMPRESSORS: ReadonlyMap<string, Decompress> = new Map<string, Decompress>([
  ["gzip", zlib(gunzip)],
  // gRPC's deflate is zlib's format; a raw stream is met all the same.
  [
    "deflate",
    (data, maxBytes) =>
      zlib(inflate)(data, maxBytes).catch((error: unknown) =>
        isTooLarge(error) ? Promise.reject(error) : zlib(inflateRaw)(data, maxBytes),
      ),
  ],
  ["br", zlib(brotliDecompress)],
  ["zstd", async (data, maxBytes) => (await import("./zstd.js")).decompressZstd(data, maxBytes)],
  ["snappy", async (data, maxBytes) => (await import("./snappy.js")).uncompressSnappy(data, maxBytes)],
]);

type DecompressNow = (data: Uint8Array, maxBytes: number) => Uint8Array;

/** Those that need no module of their own. */
const DECOMPRESSORS_NOW: ReadonlyMap<string, DecompressNow> = new Map<string, DecompressNow>([
  ["gzip", zlibNow(gunzipSync)],
  [
    "deflate",
    (data, maxBytes) => {
      try {
        return zlibNow(inflateSync)(data, maxBytes);
      } catch (error) {
        if (isTooLarge(error)) throw error;
        return zlibNow(inflateRawSync)(data, maxBytes);
      }
    },
  ],
  ["br", zlibNow(brotliDecompressSync)],
]);

/**
 * @param encoding as in grpc-encoding
 * @returns the message, or why there is none; never throws for what a peer sent
 */
export async function decompress(
  encoding: string,
  data: Uint8Array,
  maxBytes: number = MAX_INFLATED_BYTES,
): Promise<Decompressed> {
  if (encoding === "identity") return { bytes: data };
  const run = DECOMPRESSORS.get(encoding);
  if (run === undefined) return unknownEncoding(encoding);
  try {
    return { bytes: await run(data, maxBytes) };
  } catch (error) {
    return failed(encoding, maxBytes, error);
  }
}

/**
 * The same while everybody else waits: for little data and a small limit.
 * @returns undefined where it cannot be done without waiting, or would pass the limit: {@link decompress} knows more
 */
export function decompressNow(encoding: string, data: Uint8Array, maxBytes: number): Decompressed | undefined {
  if (encoding === "identity") return { bytes: data };
  const run = DECOMPRESSORS_NOW.get(encoding);
  if (run === undefined) return DECOMPRESSORS.has(encoding) ? undefined : unknownEncoding(encoding);
  try {
    return { bytes: run(data, maxBytes) };
  } catch (error) {
    return isTooLarge(error) ? undefined : failed(encoding, maxBytes, error);
  }
}

function unknownEncoding(encoding: string): Decompressed {
  return {
    problem: { code: "ERR_UNKNOWN_ENCODING", message: `no decoder for grpc-encoding "${encoding.slice(0, 40)}"` },
  };
}

function failed(encoding: string, maxBytes: number, error: unknown): Decompressed {
  if (isTooLarge(error))
    return { problem: { code: "ERR_INFLATED_SIZE", message: `inflates to more than ${maxBytes} bytes` } };
  const reason = error instanceof Error ? error.message : String(error);
  return { problem: { code: "ERR_DECOMPRESS", message: `not ${encoding}: ${reason}` } };
}

function zlibNow(run: (data: Uint8Array, options: { maxOutputLength: number }) => Uint8Array): DecompressNow {
  return (data, maxBytes) => run(data, { maxOutputLength: maxBytes });
}

function zlib(
  run: (
    data: Uint8Array,
    options: { maxOutputLength: number },
    done: (error: Error | null, bytes: Buffer) => void,
  ) => void,
): Decompress {
  return (data, maxBytes) =>
    new Promise((resolve, reject) => {
      run(data, { maxOutputLength: maxBytes }, (error, bytes) => (error === null ? resolve(bytes) : reject(error)));
    });
}

function isTooLarge(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE";
}
