import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { planOf } from "../../src/message/plan.js";
import { MAX_TREE_ROWS, treeRows } from "../../src/message/tree-rows.js";
import { walk } from "../../src/message/walk.js";
import { openedProtos, TemporaryFolder } from "../schema/temporary-folder.js";

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

  test("with a schema have names, types and paths; maps and times are folded, what is to be hidden is", async () => {
    const folder = await new TemporaryFolder().write({
      "t.proto": `syntax = "proto3"; package t; import "google/protobuf/timestamp.proto";
        message M { repeated M parts = 1; map<string, int32> counts = 2; google.protobuf.Timestamp at = 3;
          string key = 4 [debug_redact = true]; int32 n = 5; }`,
    });
    const schema = await openedProtos(folder.path);
    const type = schema.message("t.M")!;
    expect(planOf(type).typeName).toBe("t.M");
    const octets = bytes("0a02 2801 0a02 2802 1205 0a0161 1009 1a02 0801 2201 78");
    const shown = (toggled: readonly string[], mask = true) =>
      treeRows(walk(octets, type, schema), { types: schema, mask, toggled: new Set(toggled) }).map(
        ({ depth, path, value, type: name, fold }) => [depth, path, value, name, fold].join(" | "),
      );
    expect(shown([])).toEqual([
      "0 | .parts[0] |  | repeated M | open",
      "1 | .parts[0].n | 1 | int32 | none",
      "0 | .parts[1] |  | repeated M | open",
      "1 | .parts[1].n | 2 | int32 | none",
      '0 | .counts[0] | "a": 9 | map<string, int32> | closed',
      '0 | .at | "1970-01-01T00:00:01Z" | Timestamp | closed',
      "0 | .key | <redacted> | string | none",
    ]);
    expect(shown([".parts[0]", ".at"])).toContain("0 | .parts[0] | {n:1} | repeated M | closed");
    expect(shown([".at"])).toContain("1 | .at.seconds | 1 | int64 | none");
    expect(shown([], false)).toContain('0 | .key | "x" | string | none');
  });
});
