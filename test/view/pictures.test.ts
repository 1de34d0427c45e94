import { describe, expect, test } from "vitest";
import { bar, histogramLines, shareLines, sparkline } from "../../src/view/bars.js";
import { fuzzyFind, fuzzyMatch } from "../../src/view/fuzzy.js";
import { hexColumns, hexRow } from "../../src/view/hex.js";
import { readings } from "../../src/view/readings.js";
import { lineText } from "../../src/view/styled.js";
import { type TreeLineRow, treeLine } from "../../src/view/tree-line.js";

describe("numbers as pictures", () => {
  test("a sparkline has its tallest bar where most is, and shows every count above zero", () => {
    expect(sparkline([0, 1, 100, 50])).toBe("▁▂█▅");
    expect(sparkline([0, 0])).toBe("▁▁");
  });

  test("a bar is drawn in eighths of a cell, and something is never nothing", () => {
    expect(bar(1, 3)).toBe("███");
    expect(bar(0.5, 3)).toBe("█▌");
    expect(bar(0.0001, 3)).toBe("▏");
    expect(bar(0, 3)).toBe("");
  });

  test("a histogram points at its percentiles, and joins bars that do not fit", () => {
    const bars = [1, 2, 4, 8].map((from) => ({ from, to: from * 2, count: from }));
    const lines = histogramLines(bars, [{ name: "p50", value: 5 }], 60, 10).map(lineText);
    expect(lines).toHaveLength(4);
    expect(lines[2]).toMatch(/^ 8\.0ms .* 4 ◂ p50$/);
    const joined = histogramLines(bars, [], 60, 2).map(lineText);
    expect(joined.map((line) => /(\d+)$/.exec(line.trimEnd())?.[1])).toEqual(["3", "12"]);
  });

  test("shares are sorted by how many there are", () => {
    const lines = shareLines(
      [
        { name: "NOT_FOUND", count: 2, style: "callerFault" },
        { name: "OK", count: 10, style: "plain" },
      ],
      40,
      5,
    ).map(lineText);
    expect(lines[0]).toMatch(/^OK .*10 █+$/);
    expect(lines[1]).toMatch(/^NOT_FOUND .*2 █+/);
  });
});

describe("octets", () => {
  const BYTES = Uint8Array.from({ length: 20 }, (_, index) => index + 0x3c);

  test("are rows of hex with their text", () => {
    expect(lineText(hexRow(BYTES, 16, 16, undefined))).toMatch(/^ 00010 4c 4d 4e 4f {38,40}LMNO$/);
    expect(lineText(hexRow(BYTES, 0, 8, undefined))).toBe(" 00000 3c 3d 3e 3f 40 41 42 43  <=>?@ABC");
  });

  test("show the tag, the value and the cursor of what is chosen apart", () => {
    const line = hexRow(BYTES, 0, 8, { start: 1, valueStart: 2, end: 4, cursor: 3 });
    const styles = line.filter(({ text }) => /^[0-9a-f]{2}$/.test(text)).map(({ style }) => style);
    expect(styles).toEqual(["plain", "name", "match", "cursor", "plain", "plain", "plain", "plain"]);
  });

  test("are as many in a row as there is room for", () => {
    expect([30, 40, 75, 140].map(hexColumns)).toEqual([4, 8, 16, 32]);
  });

  test("are read as every type that fits", () => {
    const text = (wire: number, ...bytes: number[]) =>
      Object.fromEntries(readings(wire, Uint8Array.from(bytes)).map((reading) => [reading.type, reading.text]));
    expect(text(0, 0x03)).toEqual({ uint64: "3", sint64: "-2" });
    expect(text(0, 0x01)).toMatchObject({ bool: "true", sint64: "-1" });
    expect(text(0, ...Array<number>(9).fill(0xff), 1)).toMatchObject({ int64: "-1", uint64: "18446744073709551615" });
    expect(text(5, 0, 0, 0x80, 0x3f)).toMatchObject({ float: "1", fixed32: "1065353216" });
    expect(text(1, 0, 0, 0, 0, 0, 0, 0xf0, 0xbf)).toMatchObject({ double: "-1" });
    expect(text(2, 0x68, 0x69)).toMatchObject({ string: '"hi"', packed: "[104, 105]" });
    expect(text(5, 0x80, 0x43, 0x6d, 0x38)).toHaveProperty("time in seconds", "2000-01-01T00:00:00.000Z");
  });

  test("of any length and wire type are read without a fault", () => {
    for (const wire of [-1, 0, 1, 2, 5, 7])
      for (const length of [0, 1, 4, 8, 11, 16, 64])
        expect(readings(wire, new Uint8Array(length).fill(0xff)).length).toBeGreaterThan(0);
  });
});

describe("finding a name by some letters", () => {
  const NAMES = ["/shop.v1.Users/GetUser", "/shop.v1.Users/BatchGetUsers", "/shop.v1.Metrics/Upload", "/x.Gut/Pose"];

  test("prefers words that begin with them", () => {
    expect(fuzzyFind(NAMES, "ugu", 2).map(({ text }) => text)[0]).toBe("/shop.v1.Users/GetUser");
    const demo = ["/framelens.demo.v1.UserService/GetUser", "/framelens.demo.v1.UserService/ListUsers"];
    expect(fuzzyFind(demo, "lsus", 2)[0]?.text).toBe(demo[1]);
    expect(fuzzyFind(NAMES, "metup", 9).map(({ text }) => text)).toEqual(["/shop.v1.Metrics/Upload"]);
  });

  test("says where they are", () => {
    const match = fuzzyMatch("Users/GetUser", "gu");
    expect(match?.at.map((at) => "Users/GetUser"[at]).join("")).toBe("GU");
    expect(fuzzyMatch("abc", "cb")).toBeUndefined();
  });
});

describe("a row of a tree", () => {
  const ROW: TreeLineRow = {
    ...{ depth: 1, name: "level", value: "HIGH", type: "Level", number: 13, start: 19, end: 21 },
    fold: "none",
    from: "schema",
    isText: false,
    problem: undefined,
    note: "",
  };

  test("has name, value, number, type and range, as there is room", () => {
    expect(lineText(treeLine(ROW, 60, 2, true, false))).toMatch(/^▌ {4}level: HIGH +#13 Level +19\.\.21$/);
    expect(lineText(treeLine(ROW, 50, 2, false, false))).toMatch(/^ {5}level: HIGH +19\.\.21$/);
    expect(lineText(treeLine(ROW, 30, 2, false, false)).trimEnd()).toBe("     level: HIGH");
  });

  test("tells what is unknown and what is wrong", () => {
    expect(lineText(treeLine({ ...ROW, from: "wire", name: "101" }, 60, 2, false, false))).toContain("? 101: HIGH");
    expect(lineText(treeLine({ ...ROW, problem: "cut (ERR_X)" }, 80, 2, false, false))).toContain(
      "! level: HIGH  cut (ERR_X)",
    );
  });
});
