// Values of megabytes are told in pieces, and together the pieces say what the whole would.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { quote } from "../../src/message/json-text.js";
import { base64Pieces, LONG_VALUE_BYTES, LongText, LongValues } from "../../src/message/long-text.js";
import { TYPE } from "../../src/message/wire.js";

const MAX_PIECE = 64 * 1024;

function told(type: number, bytes: Buffer): LongText {
  const values = new LongValues(bytes);
  const gap = values.take(type, 0, bytes.length);
  expect(gap).toBeDefined();
  return new LongText(`{"a":1,"b":${gap},"c":${JSON.stringify("\0")}}`, values);
}

/** Octets that begin, go on with and break characters of UTF-8, wherever a piece may end. */
const broken = fc.array(fc.constantFrom(0x61, 0x22, 0x7f, 0x80, 0xbf, 0xc3, 0xe2, 0xf0, 0x9f, 0x98, 0xff), {
  minLength: 12,
  maxLength: 12,
});

describe("a long value", () => {
  test("of any octets is told as the whole is", () => {
    fc.assert(
      fc.property(broken, fc.nat(12), (octets, shift) => {
        const bytes = Buffer.alloc(LONG_VALUE_BYTES + 5000, "text ");
        for (let at = 24_576 - shift; at < bytes.length - 12; at += 24_576 - 6) bytes.set(octets, at);
        const text = told(TYPE.string, bytes);
        const whole = `{"a":1,"b":${quote(bytes.toString("utf8"))},"c":"\\u0000"}`;
        expect([...text].join("") === whole).toBe(true);
        expect(text.byteLength).toBe(Buffer.byteLength(whole));
        expect(text.text === whole).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  test("has pieces of bounded length, as text of one octet or of several a character and as base64", () => {
    for (const [type, bytes] of [
      [TYPE.string, Buffer.alloc(300_000, "plain text ")],
      [TYPE.string, Buffer.alloc(300_000, "ä€😀")],
      [TYPE.bytes, Buffer.alloc(300_001, 0xfa)],
    ] as const) {
      const text = told(type, bytes);
      for (const piece of text) expect(piece.length).toBeLessThan(MAX_PIECE);
      const { b } = JSON.parse(text.text) as { readonly b: string };
      expect(b === (type === TYPE.bytes ? bytes.toString("base64") : bytes.toString("utf8"))).toBe(true);
      expect(text.byteLength).toBe(Buffer.byteLength(text.text));
    }
  });

  test("is not needed for a text to come in pieces, and no character is cut", () => {
    const text = new LongText("a😀".repeat(50_000));
    const pieces = [...text];
    expect(pieces.length).toBeGreaterThan(3);
    for (const piece of pieces) expect(Buffer.from(piece).toString() === piece).toBe(true);
    expect(pieces.join("") === text.text).toBe(true);
  });

  test("is none below its length, and neither is one of another type", () => {
    const bytes = Buffer.alloc(LONG_VALUE_BYTES);
    expect(new LongValues(bytes).take(TYPE.string, 1, bytes.length)).toBeUndefined();
    expect(new LongValues(bytes).take(TYPE.message, 0, bytes.length)).toBeUndefined();
    expect([...base64Pieces(bytes, 0, 0)]).toEqual([]);
  });
});
