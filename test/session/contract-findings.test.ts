import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { problemsOf } from "../../src/message/problem-list.js";
import { walk } from "../../src/message/walk.js";
import { findingsIn } from "../../src/session/contract-findings.js";
import { hex, registry, typeOf } from "../support/protobuf-samples.js";

describe("findings in a message", () => {
  test.each([
    ["Scalars", "a2 06 00", "ERR_UNKNOWN_FIELD", "100"],
    ["Scalars", "80 01 63", "ERR_UNKNOWN_ENUM", "color"],
    ["Scalars", "1a 00", "ERR_WIRE_TYPE", "int32Value"],
    ["Legacy", "08 01", "ERR_MISSING_REQUIRED", ""],
    ["Scalars", "72 01 ff", "ERR_INVALID_UTF8", "stringValue"],
    ["Scalars", "72 05 61", "ERR_TRUNCATED", "stringValue"],
    ["Scalars", "18 80 80 80 80 80 80 80 80 80 80 01", "ERR_VARINT_TOO_LONG", "int32Value"],
    ["Scalars", "00", "ERR_BAD_TAG", ""],
    ["Scalars", "1c", "ERR_UNMATCHED_END_GROUP", "3"],
  ])("of %s %s are %s at %j", (type, bytes, code, path) => {
    expect(findingsIn(walk(hex(bytes), typeOf(type), registry), registry).drifts).toMatchObject([{ code, path }]);
  });

  test("are none of what readers take as it is: a field again, a oneof again", () => {
    expect(findingsIn(walk(hex("18 01 18 02"), typeOf("Scalars"), registry), registry).drifts).toEqual([]);
  });

  test("name each kind once, wherever in lists it comes", () => {
    // Repeated.messages, of which the second and all after it have a field 100.
    const tree = walk(hex(`8a 01 00 ${"8a 01 03 a2 06 00 ".repeat(50)}`), typeOf("Repeated"), registry);
    expect(problemsOf(tree)).toHaveLength(50);
    expect(findingsIn(tree, registry).drifts).toMatchObject([
      { code: "ERR_UNKNOWN_FIELD", path: "messages[1].100", field: "messages.100" },
    ]);
  });

  test("are none where the message is whole and of its type", () => {
    expect(findingsIn(walk(new Uint8Array(0), typeOf("Scalars"), registry), registry)).toEqual({
      drifts: [],
      isPartial: false,
    });
  });

  test("say so when we stopped reading, which is no fault of a peer's", () => {
    const tree = walk(hex("18 01 18 02 18 03"), typeOf("Scalars"), registry, { fields: 2 });
    expect(findingsIn(tree, registry)).toEqual({ drifts: [], isPartial: true });
  });

  test("are at most a hundred kinds, for any octets and any type", () => {
    const names = ["Scalars", "Repeated", "Maps", "Nesting", "Legacy", "Choice"];
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.uint8Array({ maxLength: 300 }), (name, bytes) => {
        const tree = walk(bytes, typeOf(name), registry);
        const { drifts } = findingsIn(tree, registry);
        expect(drifts.length).toBeLessThanOrEqual(100);
        expect(new Set(drifts.map(({ code, field }) => `${code} ${field}`)).size).toBe(drifts.length);
        const places = new Set(problemsOf(tree, Number.POSITIVE_INFINITY).map(({ code, path }) => `${code} ${path}`));
        for (const { code, path } of drifts) expect(places).toContain(`${code} ${path}`);
      }),
    );
  });
});
