import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cutStart, cutText, padEnd, textWidth } from "../../src/view/text-width.js";

describe("the width of text", () => {
  test.each([
    ["", 0],
    ["abc", 3],
    ["größer", 6],
    ["ログ", 4],
    ["한국", 4],
    ["👍!", 3],
    ["e\u0301", 1],
    ["…", 1],
  ])("%j takes %i cells", (text, width) => {
    expect(textWidth(text)).toBe(width);
  });

  test("a text that fits is not cut", () => {
    expect(cutText("abc", 3)).toBe("abc");
    expect(cutStart("abc", 3)).toBe("abc");
    expect(cutText("ログ", 4)).toBe("ログ");
  });

  test("what is cut says so, and a wide character is never halved", () => {
    expect(cutText("abcdef", 4)).toBe("abc…");
    expect(cutText("ログログ", 4)).toBe("ロ…");
    expect(cutStart("abcdef", 4)).toBe("…def");
    expect(cutStart("ログログ", 4)).toBe("…グ");
  });

  test("marks without a width of their own do not make a text endless", () => {
    const tower = `a${"\u0301".repeat(10_000)}b`;
    expect(cutText(tower, 20).length).toBeLessThan(50);
  });

  test("cut and padded text has exactly the width asked for", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "ß", "語", "👍", "e\u0301", " ") });
    fc.assert(
      fc.property(text, fc.integer({ min: 2, max: 30 }), (given, width) => {
        expect(textWidth(padEnd(cutText(given, width), width))).toBe(width);
        expect(textWidth(padEnd(cutStart(given, width), width))).toBe(width);
      }),
    );
  });
});
