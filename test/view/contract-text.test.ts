import { describe, expect, test } from "vitest";
import type { ContractEvent, Drift } from "../../src/model/contract.js";
import type { SizesEvent } from "../../src/model/sizes.js";
import { contractLines, sizesLines } from "../../src/view/contract-text.js";

const CLEAN: ContractEvent = {
  kind: "contract",
  fits: true,
  checked: 3,
  unchecked: { lost: 0, unreadable: 0, unknown: 0 },
  drifts: [],
};

function drift(over: Partial<Drift> = {}): Drift {
  const first = { at: 1, call: 7, index: 2, path: "items[0].price", message: "wire type 2, where the schema has 0" };
  return {
    method: "/a.v1.B/Get",
    side: "server",
    code: "ERR_WIRE_TYPE",
    path: "items.price",
    count: 12,
    first,
    ...over,
  };
}

describe("the contract in words", () => {
  test("is nothing where all fits and nobody asked, and a line where somebody did", () => {
    expect(contractLines(CLEAN, false)).toEqual([]);
    expect(contractLines(CLEAN, true)).toEqual(["3 messages checked, all fit their schemas"]);
    expect(contractLines({ ...CLEAN, checked: 0 }, true)).toEqual(["no message was checked against a schema"]);
  });

  test("names method, side, field, code, how often, and where first", () => {
    const whole = drift({
      path: "",
      code: "ERR_UNKNOWN_METHOD",
      count: 1,
      first: { at: 1, call: 9, path: "", message: "m" },
    });
    expect(contractLines({ ...CLEAN, fits: false, drifts: [drift(), whole] }, false)).toEqual([
      "traffic does not fit its schemas, in 2 ways (3 messages checked):",
      "  a.v1.B/Get",
      "    server items.price ERR_WIRE_TYPE           12× wire type 2, where the schema has 0 (first in call 7, message 2)",
      "    server -           ERR_UNKNOWN_METHOD       1× m (first in call 9)",
    ]);
  });

  test("says what was not checked, and why, to the one who asked", () => {
    const result = { ...CLEAN, fits: false, unchecked: { lost: 97, unreadable: 1, unknown: 2 } };
    expect(contractLines(result, true).slice(1)).toEqual([
      "up to 97 messages not checked: gone before they could be read",
      "1 message not checked: too large, or in an unknown encoding",
      "2 messages not checked: no schema knows their methods",
    ]);
    expect(contractLines(result, false)).toEqual([]);
    const unknownMethods = ["/a.B/C", "/a.B/D", "/a.B/E", "/a.B/F"];
    expect(contractLines({ ...result, unknownMethods }, true).at(-1)).toBe(
      "2 messages not checked: no schema knows their methods (a.B/C, a.B/D, a.B/E, …)",
    );
  });

  test("lists a screen of kinds and counts the others", () => {
    const drifts = Array.from({ length: 50 }, (_, at) => drift({ path: `f${at}` }));
    const lines = contractLines({ ...CLEAN, fits: false, drifts, moreDrifts: 5 }, false);
    expect(lines).toHaveLength(43);
    expect(lines[0]).toContain("in 55 ways");
    expect(lines.at(-1)).toBe("  … and 15 more");
  });

  test("passes nothing on that a terminal would obey", () => {
    const evil = "\x1b[2J\r\u202e";
    const first = { at: 1, call: 1, path: evil, message: evil };
    const text = contractLines(
      { ...CLEAN, fits: false, drifts: [drift({ method: `/${evil}`, path: evil, first })] },
      false,
    );
    expect(text.join("\n")).not.toMatch(/[\x1b\r\u202e]/);
  });
});

describe("the table of sizes", () => {
  const NONE = { messages: 0, wireBytes: 0, protobufBytes: 0, jsonBytes: 0, others: 0 };
  const method = (over: Partial<SizesEvent>): SizesEvent => ({
    kind: "sizes",
    method: "/a.v1.B/Get",
    client: NONE,
    server: NONE,
    ...over,
  });

  test("has a row for each side that sent something, and how many times larger JSON is", () => {
    const server = { messages: 2, wireBytes: 800, protobufBytes: 1000, jsonBytes: 2500, others: 3 };
    expect(sizesLines([method({ server })])).toEqual([
      "sizes of messages, without their 5-byte prefixes:",
      "  method      side    messages  on the wire  protobuf    JSON  JSON/protobuf",
      "  a.v1.B/Get  server         2        800 B    1.0 kB  2.5 kB            2.5",
      "  3 messages not counted: no schema knows them, or they are not whole",
    ]);
  });

  test("says so when there is nothing to compare", () => {
    expect(sizesLines([])).toEqual(["no message with a known type, so no sizes"]);
    expect(sizesLines([method({})])).toEqual(["no message with a known type, so no sizes"]);
  });
});
