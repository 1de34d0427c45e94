// Mouse reports and keys in whatever chunks they come.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { splitReports } from "../../../ui/terminal/split-input.js";

/** All pieces of chunks, and what is left over. */
function piecesOf(chunks: readonly string[]): { readonly pieces: readonly string[]; readonly rest: string } {
  const pieces: string[] = [];
  let left = "";
  for (const chunk of chunks) {
    const split = splitReports(chunk, left);
    pieces.push(...split.pieces);
    left = split.rest;
  }
  return { pieces, rest: left };
}

const REPORTS = ["\x1b[<65;10;5M", "\x1b[<0;1;1m", "\x1b[<0;120;44M", "\x1b[M !!", "\x1b[M`\x80\xff"];
const KEYS = ["j", "G", "\x1b[A", "\x1b[15~", "\x1bOP", "é", "\r", "[<", "65;1", "M"].map((key) =>
  Buffer.from(key).toString("latin1"),
);

describe("input of the terminal", () => {
  test("is taken apart at each mouse report of a chunk", () => {
    const [wheel, release, click] = REPORTS as [string, string, string];
    expect(splitReports(`${wheel}${wheel}jk${click}${release}\x1b[A`, "")).toEqual({
      pieces: [wheel, wheel, "jk", click, release, "\x1b[A"],
      rest: "",
    });
  });

  test("keeps the beginning of a report for the rest of it, and an Escape or an Alt alone for nobody", () => {
    expect(splitReports("j\x1b[<65;1", "")).toEqual({ pieces: ["j"], rest: "\x1b[<65;1" });
    expect(splitReports("0;5Mk", "\x1b[<65;1")).toEqual({ pieces: ["\x1b[<65;10;5M", "k"], rest: "" });
    expect(splitReports("\x1b", "")).toEqual({ pieces: ["\x1b"], rest: "" });
    expect(splitReports("\x1b[", "")).toEqual({ pieces: ["\x1b["], rest: "" });
    expect(splitReports("\x1bm\x1b/\x1b\x1b\x1bOA\x1b[15~", "").pieces).toEqual([
      "\x1b",
      "m",
      "\x1b",
      "/",
      "\x1b",
      "\x1b\x1bOA\x1b[15~",
    ]);
    // What never becomes a report is not waited for for ever.
    expect(splitReports(`\x1b[<${"1".repeat(40)}`, "").rest).toBe("");
  });

  test("is the same whatever chunks it comes in, as long as no sequence is cut before it can be told", () => {
    const part = fc.oneof(fc.constantFrom(...REPORTS), fc.constantFrom(...KEYS));
    fc.assert(
      fc.property(fc.array(part, { maxLength: 20 }), fc.array(fc.nat(), { maxLength: 10 }), (parts, cuts) => {
        const text = parts.join("");
        const places = cuts
          .map((cut) => cut % (text.length + 1))
          .filter((at) => !/\x1b\[?$/.test(text.slice(0, at)))
          .sort((a, b) => a - b);
        const chunks = [0, ...places].map((from, index) => text.slice(from, places[index] ?? text.length));
        const { pieces, rest } = piecesOf(chunks);
        expect(pieces.join("") + rest).toBe(text);
        const reports = (all: readonly string[]) => all.filter((piece) => REPORTS.includes(piece));
        expect(reports(pieces)).toEqual(reports(piecesOf([text]).pieces));
      }),
    );
  });
});
