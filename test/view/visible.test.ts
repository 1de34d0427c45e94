import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { visible } from "../../src/view/visible.js";

/** Whatever a terminal could obey or an eye could miss, spelt out anew. */
const HARMFUL =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff\u{e0000}-\u{e007f}]|\p{Cs}/u;

describe("visible", () => {
  test.each([
    ["plain text", "plain text"],
    ["größer · ログ 👍", "größer · ログ 👍"],
    ["a\nb\r\tc", "a␊b␍␉c"],
    ["\x1b[31mred\x1b[0m", "␛[31mred␛[0m"],
    ["\x7f", "␡"],
    ["\x9b31m", "\\u{9b}31m"],
    ["user\u202egpj.exe", "user\\u{202e}gpj.exe"],
    ["a\u200bb\u2066c\ufeff", "a\\u{200b}b\\u{2066}c\\u{feff}"],
    ["line\u2028line", "line\\u{2028}line"],
    ["tag\u{e0041}", "tag\\u{e0041}"],
    ["half \ud83d", "half \\u{d83d}"],
    ["❤\ufe0f", "❤\ufe0f"],
    ["👩\u200d💻", "👩‿💻"],
    ["👨🏽\u200d👩\u200d👧\u200d👦", "👨🏽‿👩‿👧‿👦"],
    ["❤\ufe0f\u200d🔥", "❤\ufe0f‿🔥"],
    ["a\u200db", "a\\u{200d}b"],
    ["👩\u200d", "👩\\u{200d}"],
    ["👩\u200d\u202e💻", "👩\\u{200d}\\u{202e}💻"],
    ["pay\u200dpal 💻", "pay\\u{200d}pal 💻"],
    ["not decodable: \ufffd", "not decodable: \ufffd"],
  ])("%j is shown as %j", (text, shown) => {
    expect(visible(text)).toBe(shown);
  });

  test("nothing harmful is left of any text", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) }),
    );
    fc.assert(
      fc.property(text, (given) => {
        expect(visible(given)).not.toMatch(HARMFUL);
      }),
      { numRuns: 500 },
    );
  });
});
