// Any text is read or told to be wrong; what is printed from a tree means what the tree means.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type FilterResult, parseFilter } from "../../src/filter/filter.js";
import { callView, STARTED_AT } from "../support/call-view.js";

const WORDS = [
  "status",
  "OK",
  "stream",
  "method",
  "(",
  ")",
  "&&",
  "||",
  "!",
  "==",
  "!=",
  "<",
  "=~",
  "in",
  "contains",
  "[",
  "]",
  ",",
  '"',
  "'",
  "\\",
  "~u",
  "~c",
  "5ms",
  "1KiB",
  "metadata",
  "message",
  ".",
  "x",
  "not",
  "and",
  " ",
  "^(a+)+$",
  "{1,9}",
  "é",
  "\u0000",
];
const NOISE = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc
    .array(fc.constantFrom(...WORDS), { maxLength: 30 })
    .chain((words) => fc.constantFrom(words.join(""), words.join(" "))),
);

function check(text: string, result: FilterResult): void {
  if (result.kind === "filter") {
    expect(typeof result.filter.test(callView(), STARTED_AT)).toBe("boolean");
    return;
  }
  const { span, message } = result.mistake;
  expect(span[0]).toBeGreaterThanOrEqual(0);
  expect(span[1]).toBeGreaterThanOrEqual(span[0]);
  expect(span[1]).toBeLessThanOrEqual(text.length);
  expect(message).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
  expect(message.length).toBeLessThan(400);
}

/** A condition, its text, and what it says of the one call. */
interface Sample {
  readonly text: string;
  readonly holds: boolean;
}

const ATOMS: readonly Sample[] = [
  { text: "status == OK", holds: true },
  { text: "status != OK", holds: false },
  { text: "duration>10ms", holds: true },
  { text: "GetUser", holds: true },
  { text: '"List Users"', holds: false },
  { text: "stream in (bidi, unary)", holds: true },
  { text: "error", holds: false },
  { text: "reset", holds: false },
  { text: "~c 0", holds: true },
  { text: "~e", holds: false },
  { text: "method =~ (a|b)c$", holds: false },
  { text: "deadline < 5s", holds: false },
];

const SAMPLE = fc.letrec<{ sample: Sample }>((tie) => ({
  sample: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.constantFrom(...ATOMS),
    fc
      .tuple(tie("sample"), fc.constantFrom("!", "! ", "not "))
      .map(([{ text, holds }, not]) => ({ text: `${not}(${text})`, holds: !holds })),
    fc
      .tuple(tie("sample"), tie("sample"), fc.constantFrom(" && ", "&&", " and ", " & ", " "))
      .map(([a, b, joiner]) => ({
        text: `(${a.text})${joiner}(${b.text})`,
        holds: a.holds && b.holds,
      })),
    fc.tuple(tie("sample"), tie("sample"), fc.constantFrom(" || ", "||", " or ", " | ")).map(([a, b, joiner]) => ({
      text: `(${a.text})${joiner}(${b.text})`,
      holds: a.holds || b.holds,
    })),
  ),
})).sample;

describe("a filter of any text", () => {
  test("is read, or told to be wrong at a place in it and on one line", () => {
    fc.assert(
      fc.property(NOISE, (text) => check(text, parseFilter(text))),
      { numRuns: 5000 },
    );
  });

  test("that was cut off anywhere is read, or told to be wrong", () => {
    const whole =
      'status in (OK, 5) && !metadata["x-\\u0041"] =~ (a|b)+ || client.message[0].a["b"] > 5KiB ~hq "x y" not open';
    expect(parseFilter(whole).kind).toBe("filter");
    for (let end = 0; end <= whole.length; end++) check(whole.slice(0, end), parseFilter(whole.slice(0, end)));
  });

  test("means what its parts mean", () => {
    fc.assert(
      fc.property(SAMPLE, ({ text, holds }) => {
        const result = parseFilter(text);
        if (result.kind === "mistake") throw new Error(`${text}: ${result.mistake.message}`);
        expect([text, result.filter.test(callView(), STARTED_AT)]).toEqual([text, holds]);
      }),
      { numRuns: 1000 },
    );
  });

  test("binds && before ||, and both after a negation", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(...ATOMS), fc.boolean(), fc.constantFrom("&&", "||")), {
          minLength: 1,
          maxLength: 8,
        }),
        (parts) => {
          const text = parts
            .map(
              ([{ text: atom }, not, joiner], index) => `${index === 0 ? "" : ` ${joiner} `}${not ? "!" : ""}${atom}`,
            )
            .join("");
          // A comparison is one condition: the ! before it is of all of it.
          const expression = parts.map(([{ holds }, not, joiner], index) => ({
            holds: holds !== not,
            joiner: index === 0 ? "||" : joiner,
          }));
          const groups: boolean[] = [];
          for (const { holds, joiner } of expression) {
            if (joiner === "||") groups.push(holds);
            else groups[groups.length - 1] = groups.at(-1)! && holds;
          }
          const result = parseFilter(text);
          if (result.kind === "mistake") throw new Error(`${text}: ${result.mistake.message}`);
          expect([text, result.filter.test(callView(), STARTED_AT)]).toEqual([text, groups.includes(true)]);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
