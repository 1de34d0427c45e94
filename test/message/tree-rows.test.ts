import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MAX_TREE_ROWS, treeRows } from "../../src/message/tree-rows.js";
import { walk } from "../../src/message/walk.js";
import { openSchema } from "../../src/schema/open-schema.js";
import { SchemaSet } from "../../src/schema/schema-set.js";
import { THINGS_PROTO } from "../session/message-lab.js";

void SchemaSet;
void openSchema;
void THINGS_PROTO;

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));

describe("the rows of a tree", () => {
  test("without a schema are field numbers with what their octets say", () => {
    const rows = treeRows(walk(bytes("08 e907 12 05 416c696365"), undefined));
    expect(
      rows.map(({ name, value, path, start, valueStart, end }) => ({ name, value, path, start, valueStart, end })),
    ).toEqual([
      { name: "1", value: "1001", path: ".1", start: 0, valueStart: 1, end: 3 },
      { name: "2", value: '"Alice"', path: ".2", start: 3, valueStart: 5, end: 10 },
    ]);
  });

  test("give a field that comes again a path of its own", () => {
    expect(treeRows(walk(bytes("08 01 08 02"), undefined)).map(({ path }) => path)).toEqual([".1", ".1[1]"]);
  });

  test("of any octets belong to each octet once at the top, and nothing throws", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => {
        const top = treeRows(walk(octets, undefined)).filter(({ depth, name }) => depth === 0 && name !== "");
        let at = 0;
        for (const row of top) {
          expect(row.start).toBe(at);
          at = row.end;
        }
        expect(at).toBe(octets.length);
      }),
    );
  });

  test("end with a word when there are too many", () => {
    const rows = treeRows(
      walk(
        new Uint8Array(2 * (MAX_TREE_ROWS + 10)).map((_, at) => (at % 2 === 0 ? 8 : 1)),
        undefined,
      ),
    );
    expect(rows).toHaveLength(MAX_TREE_ROWS + 1);
    expect(rows.at(-1)?.problem).toContain("the rest is in the hex view");
  });
});
