import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeJson } from "../../src/message/encode.js";
import { preview } from "../../src/message/preview.js";
import { treeLines } from "../../src/message/print.js";
import { walk } from "../../src/message/walk.js";
import { textWidth } from "../../src/view/text-width.js";
import { visible } from "../../src/view/visible.js";
import { hex, registry, typeOf, vectors } from "../support/protobuf-samples.js";

function lines(type: string | undefined, bytes: string, options = {}): string[] {
  const tree = walk(hex(bytes), type === undefined ? undefined : typeOf(type), registry);
  return [...treeLines(tree, registry, options)].map((line) => line.trimEnd());
}

describe("the field tree", () => {
  it("has range, number, wire type, name, type and value of each field", () => {
    expect(lines("Everything", "0a 0a 18 96 01 72 05 68 65 6c 6c 6f")).toEqual([
      " 0..12   1 LEN     scalars: framelens.everything.v1.Scalars",
      " 2..5      3 VARINT  int32_value: int32 = 150",
      ' 5..12    14 LEN     string_value: string = "hello"',
    ]);
  });

  it("has problems beside what could be read", () => {
    expect(lines("Scalars", "72 05 68 65 6c")).toEqual([
      '0..5  14 LEN     string_value: string = "hel"  ! cut: 3 of 5 bytes (ERR_TRUNCATED)',
    ]);
    expect(lines("Scalars", "a0 06 05 00 ff")).toEqual([
      "0..3  100 VARINT = 5  ! no field of the type has this number (ERR_UNKNOWN_FIELD)",
      "3..5   ? -      = <00 ff>  ! field number 0 (ERR_BAD_TAG)",
    ]);
    expect(lines("Legacy", "08 01").at(-1)).toBe("      ! required but not there: name (ERR_MISSING_REQUIRED)");
  });

  it("shows what no schema names as text where it is text, else as octets", () => {
    expect(lines(undefined, "0a 02 68 69 12 02 00 ff 18 05")).toEqual([
      ' 0..4    1 LEN    = "hi"',
      " 4..8    2 LEN    = <00 ff>",
      " 8..10   3 VARINT = 5",
    ]);
  });

  it("opens an Any, known or not", () => {
    const type = Buffer.from("x/framelens.everything.v1.Tree").toString("hex");
    expect(lines("WellKnown", `4a 25 0a 1e ${type} 12 03 0a 01 61`).at(-1)).toBe(
      '36..39       1 LEN     label: string = "a"',
    );
    expect(lines("WellKnown", "4a 0a 0a 03 782f79 12 03 0a 01 61").at(-1)).toBe(' 9..12       1 LEN    = "a"');
  });

  it("hides fields marked debug_redact", () => {
    expect(lines("Naming", "62 06 736563726574", { mask: true })).toEqual([
      "0..8  12 LEN     password: string = <redacted>",
    ]);
  });

  it("shortens long values", () => {
    expect(lines("Scalars", `72 64 ${"61".repeat(100)}`, { maxValue: 5 })[0]).toMatch(/"aaaaa…"$/);
    expect(lines("Scalars", `7a 64 ${"00".repeat(100)}`, { maxValue: 9 })[0]).toMatch(/<00 00 00 … 100 bytes>$/);
    expect(lines("Repeated", `1a 64 ${"07".repeat(100)}`, { maxValue: 9 })[0]).toMatch(/\[7, 7, 7, …\]$/);
  });

  it("has nothing that a terminal obeys, whatever the bytes", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.constantFrom("Everything", "WellKnown", "Maps"),
        (bytes, name) => {
          for (const type of [typeOf(name), undefined])
            for (const line of treeLines(walk(bytes, type, registry), registry)) expect(visible(line)).toBe(line);
        },
      ),
    );
  });
});

describe("the preview", () => {
  it("has what comes first in one line", () => {
    const json = '{"scalars":{"int32Value":1,"stringValue":"Alice"},"repeated":{"strings":["a","b"],"int32s":[1,2]}}';
    const bytes = encodeJson(json, typeOf("Everything"), registry);
    expect(preview(walk(bytes, typeOf("Everything"), registry), 100, registry)).toBe(
      'scalars:{int32_value:1 string_value:"Alice"} repeated:{strings:["a" "b"] int32s:[1, 2]}',
    );
    expect(preview(walk(bytes, undefined), 30)).toBe("1:<18 01 72 05 41 6c 69 63 65…");
  });

  it("is never wider than asked for, nor more than one line", () => {
    const samples = vectors();
    fc.assert(
      fc.property(fc.nat(samples.length - 1), fc.integer({ min: 1, max: 200 }), (index, width) => {
        const { type, bytes } = samples[index]!;
        for (const text of [
          preview(walk(bytes, typeOf(type), registry), width, registry, true),
          preview(walk(bytes, undefined), width),
        ]) {
          expect(textWidth(text)).toBeLessThanOrEqual(width);
          expect(visible(text)).toBe(text);
        }
      }),
    );
  });

  it("hides fields marked debug_redact", () => {
    expect(preview(walk(hex("62 06 736563726574"), typeOf("Naming")), 80, registry, true)).toBe("password:<redacted>");
  });
});
