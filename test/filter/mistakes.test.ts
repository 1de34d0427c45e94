// What is wrong with a filter: told in one line, at its place, with what may have been meant.
import { describe, expect, test } from "vitest";
import { parseFilter } from "../../src/filter/filter.js";

/** The text with its span marked as »…«, and the message. */
function marked(text: string): readonly [string, string] {
  const result = parseFilter(text);
  if (result.kind === "filter") return [text, ""];
  const { span, message, code } = result.mistake;
  expect(code).toBe("ERR_FILTER");
  const [start, end] = span;
  return [`${text.slice(0, start)}»${text.slice(start, end)}«${text.slice(end)}`, message];
}

describe("a mistake", () => {
  test.each([
    ["status != OK && »st« == 3", 'unknown field "st"; did you mean "stream" or "status"?'],
    ["»durtion« > 5ms", 'unknown field "durtion"; did you mean "duration"?'],
    ["»latency« > 5ms", 'unknown field "latency"; did you mean "duration"?'],
    ["»req.msg« == 5", 'unknown field "req.msg"; did you mean "client.message" or "server.message"?'],
    ["»xyzzy« == 5", 'unknown field "xyzzy"; to look for it in methods write it alone'],
    [
      "»client.mesage.id« == 5",
      'unknown field "client.mesage.id"; did you mean "client.messages" or "client.message"?',
    ],
    ["status »=« OK", '"=" is no operator; did you mean "=="?'],
    ["status »~« OK", '"~" is no operator; did you mean "=~"?'],
    ["status »is« OK", '"is" is no operator; did you mean "=="?'],
    ["open »yes«", 'expected == or != between "open" and "yes"'],
    ["status »OK«", 'expected ==, !=, <, <=, >, >= or in between "status" and "OK"'],
    ["stream »<« bidi", '"<" does not work on "stream" (unary | client | server | bidi); expected ==, != or in'],
    ["duration »contains« 5", '"contains" does not work on "duration" (time); expected ==, !=, <, <=, >, >= or in'],
    ["open »>« 1", '">" does not work on "open" (yes or no); expected == or !='],
    ["status == »NOTFOUNT«", '"NOTFOUNT" is none of the names; did you mean "NOT_FOUND"?'],
    ["stream == »duplex«", '"duplex"; expected unary, client, server or bidi'],
    ["stream == »bdi«", '"bdi" is none of the values; did you mean "bidi"?'],
    ["duration > »fast«", '"fast"; expected a time such as 100ms, 2s or 5m'],
    ["duration > »5parsec«", 'unknown unit "parsec"; expected a time such as 100ms, 2s or 5m'],
    ["client.bytes > »5ms«", 'unknown unit "ms"; expected a size such as 512, 1KiB or 2MB'],
    ["client.messages > »5KiB«", '"5KiB"; expected a number'],
    ["open == »maybe«", '"maybe"; expected true or false'],
    ["status == »«", 'expected a value after "=="'],
    ["status == »)«", 'expected a value after "=="; ")" must be in quotes to be one'],
    ["status in »OK«", 'expected "(" after in, as in: status in (NOT_FOUND, 13)'],
    ["status in »()«", "expected a value in the list"],
    ["status in (OK»«", 'expected a value after ","'],
    ["»(«GetUser", '"(" without ")"'],
    ["GetUser»)«", '")" without "("'],
    ["GetUser &&»«", "expected a condition after this"],
    ["»||« x", '"||" where a condition should begin'],
    ["»==« x", 'expected a field before "==", as in: status == …'],
    ["!»«", "expected a condition after this"],
    ['method == »"abc«', 'text in quotes does not end; expected "'],
    ['method == "a»\\q«"', '"\\\\q" means nothing in a text; a backslash is \\\\'],
    ["message»[0«", '"[" without "]"'],
    ["message[»x«].a", 'expected a number or a text in quotes after "["'],
    ["»message..a« == 1", '"message..a" has an empty name in it'],
    ["method =~ a»(b«", 'pattern: "(" without ")"'],
    ['method =~ "a»(?=b)"«', "pattern: look-around is not possible in linear time"],
    ["»~x« a", "unknown operator ~x; there are ~u ~m ~d ~c ~e ~q ~s ~h ~hq ~hs ~b ~bq ~bs ~all"],
    ["~c »NOPE«", '"NOPE" is none of the names'],
    ["~u»«", "expected a pattern after ~u"],
  ])("%s", (expected, message) => {
    expect(marked(expected.replace(/[»«]/g, ""))).toEqual([expected, message]);
  });

  test("names the words that may stand there", () => {
    const result = parseFilter("st == 3");
    expect(result).toMatchObject({ mistake: { suggestions: ["stream", "status"], span: [0, 2] } });
  });

  test("is told of text that is too long, and of parentheses too deep, without reading them", () => {
    expect(marked("a ".repeat(2001))[1]).toBe("filter has 4002 characters; 4000 at most");
    expect(marked(`${"(".repeat(65)}a${")".repeat(65)}`)[1]).toBe("parentheses within more than 64 parentheses");
    expect(parseFilter(`${"(".repeat(64)}a${")".repeat(64)}`).kind).toBe("filter");
    expect(parseFilter(`${"!".repeat(3999)}a`).kind).toBe("filter");
  });

  test("never repeats what a terminal would obey", () => {
    const [, message] = marked("\u001b[31m\u202e == 3");
    expect(message).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});
