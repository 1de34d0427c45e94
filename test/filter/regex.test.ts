// Regular expressions: the same answers as JavaScript's on what both can do, in linear time on what only one of them survives.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Regex } from "../../src/filter/regex/regex.js";
import { RegexMistake } from "../../src/filter/regex/syntax.js";

function mistake(pattern: string): string {
  try {
    new Regex(pattern);
  } catch (error) {
    if (error instanceof RegexMistake) return `${error.at}: ${error.message}`;
    throw error;
  }
  return "";
}

/** Patterns made of what both engines know, over few letters, so that they do match now and then. */
const PATTERN = fc
  .letrec<{ pattern: string; one: string; repeated: string }>((tie) => ({
    pattern: fc.oneof(
      { maxDepth: 2, withCrossShrink: true },
      fc.array(tie("repeated"), { minLength: 1, maxLength: 4 }).map((parts) => parts.join("")),
      fc.array(tie("pattern"), { minLength: 2, maxLength: 3 }).map((options) => options.join("|")),
    ),
    repeated: fc.oneof(
      tie("one"),
      fc
        .tuple(tie("one"), fc.constantFrom("*", "+", "?", "{2}", "{1,}", "{0,2}", "*?", "+?", "{0}"))
        .map(([one, times]) => one + times),
      fc.constantFrom("^", "$", "\\b", "\\B"),
    ),
    one: fc.oneof(
      fc.constantFrom(
        "a",
        "b",
        "_",
        " ",
        ".",
        "\\w",
        "\\W",
        "\\d",
        "\\s",
        "\\S",
        "[ab]",
        "[^a]",
        "[a-c1]",
        "[\\d_-]",
        "É",
        "[à-ï]",
        "\\.",
        "\\x61",
        "\\u0062",
      ),
      tie("pattern").map((inner) => `(${inner})`),
      tie("pattern").map((inner) => `(?:${inner})`),
    ),
  }))
  .pattern.filter((pattern) => pattern.length < 200);
const TEXT = fc.string({
  unit: fc.constantFrom("a", "b", "c", "A", "1", "_", " ", ".", "-", "\n", "é"),
  maxLength: 12,
});

describe("a regular expression", () => {
  test("gives the answers of JavaScript's own", () => {
    fc.assert(
      fc.property(PATTERN, fc.array(TEXT, { minLength: 1, maxLength: 5 }), (pattern, texts) => {
        const ours = new Regex(pattern);
        const theirs = new RegExp(pattern);
        for (const text of texts) expect([pattern, text, ours.test(text)]).toEqual([pattern, text, theirs.test(text)]);
      }),
      { numRuns: 2000 },
    );
  });

  test("ignores the case of letters after (?i), as the flag i does", () => {
    fc.assert(
      fc.property(PATTERN, TEXT, (pattern, text) => {
        expect(new Regex(`(?i)${pattern}`).test(text)).toBe(new RegExp(pattern, "i").test(text));
      }),
      { numRuns: 1000 },
    );
  });

  test("that backtracking cannot end takes a step a character", () => {
    const text = `${"a".repeat(100_000)}!`;
    for (const pattern of ["^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "^(.*a){20}$", "(x+x+)+y", "^((a*)*)*$", "^(a?){50}b"]) {
      expect([pattern, new Regex(pattern).test(text)]).toEqual([pattern, false]);
    }
    expect(new Regex("^(a+)+!$").test(text)).toBe(true);
  });

  test("whose automaton would have millions of states is followed without remembering them", () => {
    const pattern = new Regex("^(?:a|b)*a(?:a|b){20}!$");
    let seed = 1;
    const letters = Array.from({ length: 30_000 }, () => {
      seed = (seed * 1103515245 + 12345) % 2 ** 31;
      return seed & 0x10000 ? "a" : "b";
    }).join("");
    expect(pattern.test(`${letters}a${"b".repeat(20)}!`)).toBe(true);
    expect(pattern.test(`${letters}b${"b".repeat(20)}!`)).toBe(false);
    expect(pattern.test(`${letters}a${"b".repeat(20)}!`)).toBe(true);
  });

  test.each([
    ["(a", '0: "(" without ")"'],
    ["a)", '1: ")" without "("'],
    ["[a", '0: "[" without "]"'],
    ["*a", "0: nothing to repeat"],
    ["a**", "2: nothing to repeat"],
    ["x^*", "1: nothing to repeat"],
    ["a{3,2}", "1: {3,2}; the first number must not be the larger"],
    ["[z-a]", "2: range of characters out of order"],
    ["(a)\\1", "3: back-references are not possible in linear time"],
    ["a(?=b)", "1: look-around is not possible in linear time"],
    ["(?<!b)a", "0: look-around is not possible in linear time"],
    ["\\", "0: nothing after the last \\"],
    ["\\xg0", "0: \\x and not 2 hexadecimal digits"],
    ["\\q", "0: \\q means nothing here"],
    ["a{1001}", "1: repeats more than 1000 times"],
    ["(a{100}){100}", "0: pattern is too large when its repetitions are written out"],
    ["(".repeat(60), "50: groups within more than 50 groups"],
    ["a".repeat(1001), "1000: pattern has 1001 characters; 1000 at most"],
  ])("%s is told to be wrong, and where", (pattern, expected) => {
    expect(mistake(pattern)).toBe(expected);
  });

  test("of any text is read or told to be wrong", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(..."ab()[]{}*+?|^$\\-,12bdwu.") })),
        (pattern) => {
          mistake(pattern);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
