// Fragments of header blocks joined (RFC 9113 §4.3), and the end of reading when one is too long or broken.
import { describe, expect, test } from "vitest";
import { HeaderBlocks, MAX_HEADER_BLOCK_BYTES } from "../../src/http2/header-blocks.js";
import type { Field } from "../../src/model/fields.js";
import { HpackEncoder } from "../support/hpack-encoder.js";

const FIELDS: readonly Field[] = [
  [":status", "200"],
  ["x-name", "value of some length"],
];

describe("a block", () => {
  test("is the same however it is cut into fragments, empty ones included", () => {
    const block = new HpackEncoder().encode(FIELDS);
    for (let first = 0; first <= block.length; first++) {
      for (let second = first; second <= block.length; second++) {
        const blocks = new HeaderBlocks();
        blocks.append(block, 0, first);
        blocks.append(block, first, second);
        expect(blocks.finish(block, second, block.length)?.fields).toEqual(FIELDS);
      }
    }
  });

  test("leaves nothing behind for the next one, long or short", () => {
    const encoder = new HpackEncoder();
    const blocks = new HeaderBlocks();
    for (const length of [10, 30_000, 5, 100_000, 0]) {
      const fields: readonly Field[] = [["x", "v".repeat(length)]];
      const block = encoder.encode(fields);
      blocks.append(block, 0, 1);
      expect(blocks.finish(block, 1, block.length)?.fields).toEqual(fields);
    }
  });
});

describe("no further headers are read", () => {
  test("after a block over 1 MiB, which is not kept", () => {
    const blocks = new HeaderBlocks();
    const part = new Uint8Array(MAX_HEADER_BLOCK_BYTES / 4);
    for (let i = 0; i < 4; i++) blocks.append(part, 0, part.length);
    expect(blocks.broken).toBeUndefined();
    blocks.append(part, 0, 1);
    expect(blocks.broken).toMatchObject({ code: "ERR_HEADER_BLOCK_TOO_LARGE" });
    expect(blocks.finish(part, 0, 1)).toBeUndefined();
    const good = new HpackEncoder().encode(FIELDS);
    expect(blocks.finish(good, 0, good.length)).toBeUndefined();
  });

  test("when the last fragment is the one that is too much", () => {
    const blocks = new HeaderBlocks();
    const part = new Uint8Array(MAX_HEADER_BLOCK_BYTES);
    blocks.append(part, 0, part.length);
    expect(blocks.finish(part, 0, 1)).toBeUndefined();
    expect(blocks.broken).toMatchObject({ code: "ERR_HEADER_BLOCK_TOO_LARGE" });
  });

  test("after a block that HPACK cannot read; the problem is that of the first", () => {
    const blocks = new HeaderBlocks();
    expect(blocks.finish(Uint8Array.of(0x80), 0, 1)).toBeUndefined();
    expect(blocks.broken).toMatchObject({ code: "ERR_HPACK_INDEX_ZERO" });
    blocks.append(Uint8Array.of(0xff), 0, 1);
    expect(blocks.finish(Uint8Array.of(0x82), 0, 1)).toBeUndefined();
    expect(blocks.broken).toMatchObject({ code: "ERR_HPACK_INDEX_ZERO" });
  });
});
