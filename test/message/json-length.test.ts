// How long a message is as JSON, told without keeping the text.
import { create, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { expect, test } from "vitest";
import { jsonByteLength, toJson } from "../../src/message/json.js";
import { walk } from "../../src/message/walk.js";
import { anyMessage, registry, typeOf, vectors } from "../support/protobuf-samples.js";

test("the length is that of the text in UTF-8, for the JSON of Python's protobuf and for any message", () => {
  for (const { type, bytes } of vectors()) {
    const tree = walk(bytes, typeOf(type), registry);
    expect(jsonByteLength(tree, registry)).toBe(Buffer.byteLength(toJson(tree, registry).text));
  }
  fc.assert(
    fc.property(anyMessage, ({ type, message }) => {
      const tree = walk(toBinary(type, message), type, registry);
      expect(jsonByteLength(tree, registry)).toBe(Buffer.byteLength(toJson(tree, registry).text));
    }),
  );
});

test("the length of a message of megabytes is that of all its pieces, with characters of several octets", () => {
  const type = typeOf("Repeated");
  const strings = Array.from({ length: 400 }, (_, at) => `ä€😀"${at}`.repeat(300));
  const tree = walk(toBinary(type, create(type, { strings })), type, registry);
  const { text } = toJson(tree, registry);
  expect(text.length).toBeGreaterThan(500_000);
  expect(jsonByteLength(tree, registry)).toBe(Buffer.byteLength(text));
});

test("the length is that of what is hidden, and there is none of what passes the limit", () => {
  const type = typeOf("Naming");
  const tree = walk(toBinary(type, create(type, { password: "swordfish" })), type, registry);
  expect(toJson(tree, registry, { mask: true }).text).toBe('{"password":"<redacted>"}');
  expect(jsonByteLength(tree, registry)).toBe('{"password":"swordfish"}'.length);
  // "AAAA" of three octets: four thirds of 50 MiB is more than 64 MiB, and what comes then is left out.
  const bytes = typeOf("Repeated");
  const large = toBinary(bytes, create(bytes, { byteStrings: [Buffer.alloc(50 * 1024 * 1024), Buffer.alloc(3)] }));
  expect(jsonByteLength(walk(large, bytes, registry), registry)).toBeUndefined();
});
