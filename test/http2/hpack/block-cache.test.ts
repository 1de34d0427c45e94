// The same block over the same table is the same list, and never a wrong one.
import { describe, expect, test } from "vitest";
import { hashOf } from "../../../src/http2/hpack/block-cache.js";
import { type FieldList, HpackDecoder } from "../../../src/http2/hpack/decoder.js";
import { HpackEncoder } from "../../support/hpack-encoder.js";
import { bytesOf, decodeList } from "./blocks.js";

function never(value: string): Uint8Array {
  return new HpackEncoder({ huffman: false }).encode([["n", value, "never"]]);
}

describe("equal blocks", () => {
  test("over an unchanged table are the very same list", () => {
    const decoder = new HpackDecoder();
    decodeList(decoder, bytesOf("40 01 61 01 31"));
    const list = decodeList(decoder, bytesOf("82 be"));
    expect(decodeList(decoder, bytesOf("82 be"))).toBe(list);
    const around = bytesOf("ff 82 be ff");
    expect(decoder.decode(around, 1, 3)).toBe(list);
  });

  test("keep what their owner hung on the list", () => {
    const decoder = new HpackDecoder();
    decodeList(decoder, bytesOf("82")).memo = "known";
    expect(decodeList(decoder, bytesOf("82")).memo).toBe("known");
    expect(decodeList(decoder, bytesOf("83")).memo).toBeUndefined();
  });

  test("mean the new entry after an insertion", () => {
    const decoder = new HpackDecoder();
    decodeList(decoder, bytesOf("40 01 61 01 31"));
    expect(decodeList(decoder, bytesOf("be")).fields).toEqual([["a", "1"]]);
    decodeList(decoder, bytesOf("40 01 62 01 32"));
    expect(decodeList(decoder, bytesOf("be")).fields).toEqual([["b", "2"]]);
  });

  test("are refused after a size update took their entry away", () => {
    const decoder = new HpackDecoder();
    decodeList(decoder, bytesOf("40 01 61 01 31"));
    decodeList(decoder, bytesOf("be"));
    decodeList(decoder, bytesOf("20"));
    expect(decoder.decode(bytesOf("be"), 0, 1)).toMatchObject({ code: "ERR_HPACK_INDEX_RANGE" });
  });

  test("that insert do so each time", () => {
    const decoder = new HpackDecoder();
    const first = decodeList(decoder, bytesOf("40 01 61 01 31"));
    const second = decodeList(decoder, bytesOf("40 01 61 01 31"));
    expect(second.fields).toEqual(first.fields);
    expect(decoder.tableFields()).toHaveLength(2);
  });

  test("over 8 KiB, or of over 64 fields, are read each time", () => {
    const decoder = new HpackDecoder();
    for (const block of [never("v".repeat(8200)), new Uint8Array(65).fill(0x82)]) {
      const list = decodeList(decoder, block);
      const again = decodeList(decoder, block);
      expect(again).not.toBe(list);
      expect(again.fields).toEqual(list.fields);
    }
  });
});

describe("different blocks", () => {
  test("of one hash are told apart", () => {
    const head = [0x10, 0x01, 0x6e, 0x08]; // "n", never indexed, with a value of two words
    const hashAfter = (word: number[]): number => hash([...head, ...word, 0, 0, 0, 0]);
    const [one, other] = [
      [1, 2, 3, 4],
      [5, 6, 7, 8],
    ];
    // The hash takes in each word by XOR before it multiplies, so a last word makes up for any difference before it.
    const difference = stateAfter([...head, ...one!]) ^ stateAfter([...head, ...other!]);
    const makeUp = [0, 8, 16, 24].map((shift) => (difference >>> shift) & 0xff);
    const blocks = [
      [...head, ...one!, 0, 0, 0, 0],
      [...head, ...other!, ...makeUp],
    ].map((octets) => Uint8Array.from(octets));
    expect(hashAfter(other!)).not.toBe(hashAfter(one!));
    expect(hash(blocks[1]!)).toBe(hash(blocks[0]!));
    const decoder = new HpackDecoder();
    const lists = blocks.map((block) => decodeList(decoder, block));
    expect(lists[1]!.fields).not.toEqual(lists[0]!.fields);
    expect(blocks.map((block) => decodeList(decoder, block))).toEqual(lists);
  });
});

function hash(octets: Iterable<number>): number {
  const block = Uint8Array.from(octets);
  return hashOf(new DataView(block.buffer), 0, block.length);
}

/** The hash's state within a block of 12 octets, after its first two words. */
function stateAfter(octets: readonly number[]): number {
  let hash = 12;
  for (let i = 0; i < octets.length; i += 4) {
    const word = octets[i]! | (octets[i + 1]! << 8) | (octets[i + 2]! << 16) | (octets[i + 3]! << 24);
    hash = Math.imul(hash ^ word, 0x01000193);
    hash ^= hash >>> 15;
  }
  return hash;
}

describe("many different blocks", () => {
  test("64 are known at once", () => {
    const decoder = new HpackDecoder();
    const blocks = Array.from({ length: 64 }, (_, i) => never(String(i)));
    const lists = blocks.map((block) => decodeList(decoder, block));
    expect(blocks.every((block, i) => decodeList(decoder, block) === lists[i])).toBe(true);
  });

  test("16 KiB of octets are known at once; one block more and all are read anew", () => {
    const decoder = new HpackDecoder();
    const blocks = Array.from({ length: 16 }, (_, i) => never(String(i).padStart(1000, "v")));
    const lists = blocks.map((block) => decodeList(decoder, block));
    expect(blocks.every((block, i) => decodeList(decoder, block) === lists[i])).toBe(true);
    decodeList(decoder, never("w".repeat(1000)));
    // But for the first: the others are told by that.
    expect(blocks.map((block, i) => decodeList(decoder, block) === lists[i]).lastIndexOf(true)).toBe(0);
  });

  test("one that keeps coming back among ever-changing ones is the same list again", () => {
    const decoder = new HpackDecoder();
    let last: FieldList | undefined;
    let same = 0;
    for (let i = 0; i < 1000; i++) {
      expect(decodeList(decoder, never(String(i))).fields).toEqual([["n", String(i)]]);
      const list = decodeList(decoder, bytesOf("82 86"));
      if (list === last) same++;
      last = list;
    }
    expect(same).toBeGreaterThan(990);
  });
});
