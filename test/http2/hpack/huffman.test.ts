// The Huffman code: RFC 7541 §5.2 and Appendix B.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  appendHuffman,
  decodeHuffman,
  HUFFMAN_EOS,
  HUFFMAN_PADDING,
  huffmanLength,
  huffmanRoom,
} from "../../../src/http2/hpack/huffman.js";
import { CODE_BITS, CODES, EOS } from "../../../src/http2/hpack/huffman-code.js";

function encoded(text: string): Uint8Array {
  const out: number[] = [];
  appendHuffman(out, text);
  return Uint8Array.from(out);
}

function decoded(bytes: readonly number[] | Uint8Array): string | number {
  const coded = Uint8Array.from(bytes);
  const into = new Uint8Array(huffmanRoom(coded.length));
  const length = decodeHuffman(coded, 0, coded.length, into);
  return length < 0 ? length : Buffer.from(into.subarray(0, length)).toString("latin1");
}

describe("the code table", () => {
  test.each([
    [0, 0x1ff8, 13],
    [10, 0x3ffffffc, 30],
    [32, 0x14, 6],
    [47, 0x18, 6],
    [48, 0x0, 5],
    [92, 0x7fff0, 19],
    [97, 0x3, 5],
    [116, 0x9, 5],
    [124, 0x7fc, 11],
    [127, 0xffffffc, 28],
    [128, 0xfffe6, 20],
    [156, 0x3fffd9, 22],
    [199, 0x1ffffec, 25],
    [207, 0x1ffffed, 25],
    [220, 0xffffffd, 28],
    [249, 0xffffffe, 28],
    [255, 0x3ffffee, 26],
    [EOS, 0x3fffffff, 30],
  ])("symbol %i has the code and length of Appendix B", (symbol, code, bits) => {
    expect(CODES[symbol]).toBe(code);
    expect(CODE_BITS[symbol]).toBe(bits);
  });

  test("the lengths fill the code space exactly, so every run of bits means something", () => {
    expect(CODE_BITS).toHaveLength(257);
    expect(CODE_BITS.reduce((sum, bits) => sum + 2 ** -bits, 0)).toBe(1);
  });
});

describe("round trips", () => {
  test("each octet alone comes back", () => {
    for (let octet = 0; octet < 256; octet++) {
      const text = String.fromCharCode(octet);
      expect(decoded(encoded(text))).toBe(text);
      expect(encoded(text)).toHaveLength(huffmanLength(text));
    }
  });

  test("each pair of octets comes back", () => {
    let wrong = 0;
    for (let pair = 0; pair < 65536; pair++) {
      const text = String.fromCharCode(pair >> 8, pair & 255);
      if (decoded(encoded(text)) !== text) wrong++;
    }
    expect(wrong).toBe(0);
  });

  test("any text comes back, in as many octets as announced and room for it", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (octets) => {
        const text = Buffer.from(octets).toString("latin1");
        const coded = encoded(text);
        expect(coded).toHaveLength(huffmanLength(text));
        expect(huffmanRoom(coded.length)).toBeGreaterThanOrEqual(text.length);
        expect(decoded(coded)).toBe(text);
      }),
    );
  });

  test("any octets decode to a text within the room, or to what is wrong", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (octets) => {
        const text = decoded(octets);
        if (typeof text === "number") expect([HUFFMAN_EOS, HUFFMAN_PADDING]).toContain(text);
        else expect(encoded(text)).toEqual(octets);
      }),
    );
  });
});

describe("padding and EOS", () => {
  test("no octets are an empty string", () => {
    expect(decoded([])).toBe("");
    expect(encoded("")).toHaveLength(0);
  });

  test.each([
    ["3 ones after a 5-bit code", [0b00000_111], "0"],
    ["2 ones after a 6-bit code", [0b010100_11], " "],
    ["7 ones after three codes of 5, 6 and 6 bits", [0b00000_010, 0b100_01010, 0b0_1111111], "0  "],
    ["nothing after a code of 8 bits", [0b11111000], "&"],
  ])("%s is good", (_what, octets, text) => {
    expect(decoded(octets)).toBe(text);
  });

  test.each([
    ["zeros", [0b00000_000]],
    ["ones and a zero", [0b00000_110]],
    ["8 ones, alone", [0xff]],
    ["8 ones after a whole octet", [0b11111000, 0xff]],
    ["16 ones", [0xff, 0xff]],
    ["a code cut short", [0b11111111, 0b11000000]],
  ])("padding of %s is refused", (_what, octets) => {
    expect(decoded(octets)).toBe(HUFFMAN_PADDING);
  });

  test.each([
    ["alone", [0xff, 0xff, 0xff, 0xff]],
    ["after a symbol", [0b00000_111, 0xff, 0xff, 0xff, 0xff]],
    ["before a symbol", [0xff, 0xff, 0xff, 0b111111_00, 0b000_11111]],
  ])("EOS %s is refused", (_what, octets) => {
    expect(decoded(octets)).toBe(HUFFMAN_EOS);
  });
});
