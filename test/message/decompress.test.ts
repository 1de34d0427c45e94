import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { compress as compressSnappy } from "snappyjs";
import { describe, expect, test } from "vitest";
import { decompress } from "../../src/message/decompress.js";

const TEXT = Buffer.from("the same words, the same words, the same words");

/** By the zstd program: TEXT, and a million zeros. */
const ZSTD_TEXT = Buffer.from("KLUv/QRYtQAAgHRoZSBzYW1lIHdvcmRzLCABAEacSwEo/Zs=", "base64");
const ZSTD_ZEROS = Buffer.from("KLUv/QRYVAAAEAAAAQD7/znAAgIAEAACABAAAgAQAAIAEAACABAAAgAQAAMSCgDMrso5", "base64");

/** One block in the framing format, its checksum left at zero. */
function snappyFramed(text: Uint8Array): Buffer {
  const block = compressSnappy(text);
  const header = Buffer.from([0xff, 6, 0, 0, ...Buffer.from("sNaPpY"), 0, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUIntLE(block.length + 4, 11, 3);
  return Buffer.concat([header, block]);
}

async function text(encoding: string, bytes: Uint8Array): Promise<string | undefined> {
  const result = await decompress(encoding, bytes);
  return "bytes" in result ? Buffer.from(result.bytes).toString() : undefined;
}

async function problem(encoding: string, bytes: Uint8Array, max?: number) {
  const result = await decompress(encoding, bytes, max);
  return "problem" in result ? result.problem : undefined;
}

describe("decompress", () => {
  test.each([
    ["identity", TEXT],
    ["gzip", gzipSync(TEXT)],
    ["deflate", deflateSync(TEXT)],
    ["deflate", deflateRawSync(TEXT)],
    ["br", brotliCompressSync(TEXT)],
    ["zstd", ZSTD_TEXT],
    ["snappy", compressSnappy(TEXT)],
    ["snappy", snappyFramed(TEXT)],
  ])("reads %s", async (encoding, bytes) => {
    expect(await text(encoding, bytes)).toBe(TEXT.toString());
  });

  test("does not know every encoding, and quotes it only in part", async () => {
    expect(await problem("lz4", TEXT)).toEqual({
      code: "ERR_UNKNOWN_ENCODING",
      message: 'no decoder for grpc-encoding "lz4"',
    });
    expect((await problem("x".repeat(5000), TEXT))?.message.length).toBeLessThan(100);
    expect((await problem("__proto__", TEXT))?.code).toBe("ERR_UNKNOWN_ENCODING");
  });

  test.each(["gzip", "deflate", "br", "zstd", "snappy"])("says that damaged or cut %s is damaged", async (encoding) => {
    expect((await problem(encoding, Buffer.from("no such thing")))?.code).toBe("ERR_DECOMPRESS");
    expect((await problem(encoding, new Uint8Array(0)))?.code).toBe("ERR_DECOMPRESS");
  });

  test("says that cut gzip is cut", async () => {
    expect(await problem("gzip", gzipSync(TEXT).subarray(0, 20))).toMatchObject({
      code: "ERR_DECOMPRESS",
      message: expect.stringMatching(/^not gzip: /),
    });
  });

  test.each([
    ["gzip", gzipSync],
    ["deflate", deflateSync],
    ["deflate", deflateRawSync],
    ["br", brotliCompressSync],
    ["zstd", () => ZSTD_ZEROS],
    ["snappy", compressSnappy],
    ["snappy", snappyFramed],
  ] as const)("stops a bomb of %s at the limit", async (encoding, compress) => {
    const bomb = compress(Buffer.alloc(1_000_000));
    expect(await problem(encoding, bomb, 999_999)).toEqual({
      code: "ERR_INFLATED_SIZE",
      message: "inflates to more than 999999 bytes",
    });
    expect(await problem(encoding, bomb, 1_000_000)).toBeUndefined();
  });

  test("never rejects, whatever the bytes", async () => {
    const encoding = fc.constantFrom("gzip", "deflate", "br", "identity", "nonsense");
    const start = fc.constantFrom([], [0x1f, 0x8b, 8], [0x78, 0x9c]);
    await fc.assert(
      fc.asyncProperty(encoding, start, fc.uint8Array({ maxLength: 60 }), async (name, head, tail) => {
        const result = await decompress(name, Uint8Array.from([...head, ...tail]), 10_000);
        expect("bytes" in result ? result.bytes.length <= 10_000 : result.problem.code.startsWith("ERR_")).toBe(true);
      }),
      { numRuns: 150 },
    );
  });
});
