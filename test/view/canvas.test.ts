import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Canvas, MARK } from "../../src/view/canvas.js";
import { cutLine, justify, lineText, lineWidth, span } from "../../src/view/styled.js";
import { textWidth, wrapText } from "../../src/view/text-width.js";

/** Strings of all that is hard: wide, combining, emoji, controls, bidi, halves of pairs. */
const TEXT = fc.string({ unit: "binary", maxLength: 40 });

describe("a canvas", () => {
  test("keeps text in its cells, a wide character in two", () => {
    const canvas = new Canvas(8, 1);
    canvas.text(0, 0, "a王b", "plain");
    expect(canvas.chars.slice(0, 5)).toEqual(["a", "王", "", "b", " "]);
  });

  test("puts a combining mark on the character before it", () => {
    const canvas = new Canvas(4, 1);
    canvas.text(0, 0, "ne\u0301e", "plain");
    expect(canvas.chars.slice(0, 3)).toEqual(["n", "e\u0301", "e"]);
  });

  test("takes no more than three marks on one character", () => {
    const canvas = new Canvas(4, 1);
    canvas.text(0, 0, `z${"\u0301".repeat(50)}`, "plain");
    expect(canvas.chars[0]).toHaveLength(4);
  });

  test("leaves out half a wide character at the edge", () => {
    const canvas = new Canvas(3, 1);
    canvas.text(0, 0, "ab王", "plain");
    expect(canvas.toText()).toBe("ab");
  });

  test("leaves nothing of a wide character of which one half is written over", () => {
    const overwritten = (write: (canvas: Canvas) => void) => {
      const canvas = new Canvas(6, 1);
      canvas.text(0, 0, "a王b\u738b\u0301", "plain");
      write(canvas);
      return canvas.chars;
    };
    expect(overwritten((canvas) => canvas.text(0, 0, "xy", "plain"))).toEqual(["x", "y", " ", "b", "王\u0301", ""]);
    expect(overwritten((canvas) => canvas.text(2, 0, "x", "plain"))).toEqual(["a", " ", "x", "b", "王\u0301", ""]);
    expect(overwritten((canvas) => canvas.fill(2, 0, 3, "-", "plain"))).toEqual(["a", " ", "-", "-", "-", " "]);
    expect(overwritten((canvas) => canvas.text(5, 0, "é", "plain"))).toEqual(["a", "王", "", "b", " ", "é"]);
    expect(overwritten((canvas) => canvas.text(2, 0, "", "plain"))).toEqual(["a", "王", "", "b", "王\u0301", ""]);
  });

  test("writes nothing outside of itself and nothing that a terminal obeys", () => {
    fc.assert(
      fc.property(TEXT, fc.integer({ min: -5, max: 12 }), fc.integer({ min: -1, max: 3 }), (text, x, y) => {
        const canvas = new Canvas(10, 2);
        canvas.line(x, y, 10, [span(text, "text")], MARK.selected);
        expect(canvas.chars).toHaveLength(20);
        expect(canvas.toText()).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/);
      }),
    );
  });

  test("has a cell for every column: chars of a row are as wide as the row", () => {
    fc.assert(
      fc.property(TEXT, (text) => {
        const canvas = new Canvas(12, 1);
        canvas.text(0, 0, text, "plain");
        expect(textWidth(canvas.chars.join(""))).toBe(12);
      }),
    );
  });
});

describe("lines", () => {
  test("are cut to any width, with a mark when something is missing", () => {
    expect(lineText(cutLine([span("abc"), span("def")], 5))).toBe("abcd…");
    expect(lineText(cutLine([span("abc"), span("def")], 6))).toBe("abcdef");
    expect(lineText(cutLine([span("abc"), span("def")], 3))).toBe("ab…");
  });

  test("never get wider than they may", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("ab", "王", "e\u0301", " ", "日本語", "x")), fc.nat(12), (texts, width) => {
        expect(
          lineWidth(
            cutLine(
              texts.map((text) => span(text)),
              width,
            ),
          ),
        ).toBeLessThanOrEqual(width);
      }),
    );
  });

  test("with two ends are exactly as wide as they should be", () => {
    expect(lineText(justify([span("left")], [span("right")], 12))).toBe("left   right");
    expect(lineText(justify([span("a long left side")], [span("r")], 10))).toBe("a long … r");
  });

  test("are wrapped at blanks, and a word that is too long is broken", () => {
    expect(wrapText("the server said no", 10)).toEqual(["the server", "said no"]);
    expect(wrapText("abcdefgh ij", 5)).toEqual(["abcde", "fgh", "ij"]);
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), fc.integer({ min: 2, max: 20 }), (text, width) => {
        const lines = wrapText(text, width);
        expect(lines.every((line) => textWidth(line) <= width)).toBe(true);
        expect(lines.join("").replaceAll(" ", "")).toBe(text.replaceAll(" ", ""));
      }),
    );
  });
});

test("what is taken for safe and narrow without a closer look is so", () => {
  const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\p{M}]/u;
  for (let code = 0xa1; code < 0x2600; code++) {
    const char = String.fromCharCode(code);
    const known = code < 0x300 || (code >= 0x2190 && code <= 0x22ff) || (code >= 0x2500 && code <= 0x25fc);
    if (known && code !== 0xad) expect(unsafe.test(char), code.toString(16)).toBe(false);
  }
});
