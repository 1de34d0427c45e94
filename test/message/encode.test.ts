import { fromBinary, fromJsonString, toBinary, toJson as toOtherJson } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeJson, encodeTree } from "../../src/message/encode.js";
import { toJson } from "../../src/message/json.js";
import { parseJson } from "../../src/message/json-parser.js";
import { walk } from "../../src/message/walk.js";
import { anyMessage, hex, registry, typeOf, vectors } from "../support/protobuf-samples.js";

function encode(type: string, json: string, options = {}): Uint8Array {
  return encodeJson(json, typeOf(type), registry, options);
}

function roundTrip(type: string, json: string): string {
  return toJson(walk(encode(type, json), typeOf(type), registry), registry).text;
}

describe("JSON to bytes", () => {
  it("means what Python's protobuf meant", () => {
    for (const { type, json } of vectors()) {
      const bytes = encodeJson(json, typeOf(type), registry);
      expect(JSON.parse(toJson(walk(bytes, typeOf(type), registry), registry).text)).toEqual(json);
    }
  });

  it("means what @bufbuild/protobuf means, for any message", () => {
    fc.assert(
      fc.property(anyMessage, ({ type, message }) => {
        const theirs = toBinary(type, message);
        const { text } = toJson(walk(theirs, type, registry), registry);
        const read = (bytes: Uint8Array) => toOtherJson(type, fromBinary(type, bytes), { registry });
        expect(read(encodeJson(text, type, registry))).toEqual(read(theirs));
        expect(read(toBinary(type, fromJsonString(type, text, { registry })))).toEqual(read(theirs));
      }),
    );
  });

  it("writes what a serializer writes: packed where packed, no zeros of proto3", () => {
    expect(encode("Repeated", '{"int32s":[1,2],"unpackedInt32s":[3,4]}')).toEqual(hex("1a 02 01 02 90 01 03 90 01 04"));
    expect(encode("Scalars", '{"int32Value":0,"stringValue":""}')).toEqual(hex(""));
    expect(encode("Optionals", '{"int32Value":0}')).toEqual(hex("18 00"));
    expect(encode("Legacy", '{"id":-1,"name":"","header":{"key":"k"}}')).toEqual(
      hex("08 ff ff ff ff ff ff ff ff ff 01 12 00 7b 0a 01 6b 7c"),
    );
    expect(encode("Maps", '{"stringToInt32":{"":0}}')).toEqual(hex("12 04 0a 00 10 00"));
  });

  it("keeps all digits of 64-bit numbers, quoted or not", () => {
    expect(roundTrip("Scalars", '{"uint64Value":18446744073709551615}')).toBe('{"uint64Value":"18446744073709551615"}');
    expect(roundTrip("Scalars", '{"int64Value":"-9007199254740993"}')).toBe('{"int64Value":"-9007199254740993"}');
  });

  it("takes whole numbers in any form", () => {
    expect(roundTrip("Scalars", '{"int32Value":1.0e2,"uint32Value":"7.0","sint32Value":-100e-2}')).toBe(
      '{"int32Value":100,"uint32Value":7,"sint32Value":-1}',
    );
  });

  it("takes names of the schema, both alphabets of base64, null as not set", () => {
    expect(roundTrip("Scalars", '{"int32_value":1,"bytesValue":"_-8","boolValue":null}')).toBe(
      '{"int32Value":1,"bytesValue":"/+8="}',
    );
  });

  it("takes a value as JSON.parse gives it", () => {
    const bytes = encodeJson({ int32Value: 5, bytesValue: "AA==" }, typeOf("Scalars"));
    expect(bytes).toEqual(hex("18 05 7a 01 00"));
  });

  it("treats __proto__ and constructor as ordinary names", () => {
    expect(roundTrip("Maps", '{"stringToString":{"__proto__":"a","constructor":"b"}}')).toBe(
      '{"stringToString":{"__proto__":"a","constructor":"b"}}',
    );
    expect(() => encode("Maps", '{"__proto__":{}}')).toThrow("__proto__: no field of");
  });

  it.each([
    ["Everything", '{"repeated":{"strings":["a","b",3]}}', "repeated.strings[2]: expected string, got number"],
    ["Maps", '{"stringToInt32":{"a b":"x"}}', 'stringToInt32["a b"]: expected int32, got "x"'],
    ["Maps", '{"int32ToDouble":{"x":1}}', 'int32ToDouble["x"]: expected int32, got "x"'],
    ["Scalars", '{"nope":1}', "nope: no field of framelens.everything.v1.Scalars has this name"],
    ["Scalars", '{"int32Value":2147483648}', "int32Value: 2147483648 is out of range for int32"],
    ["Scalars", '{"int32Value":1.5}', "int32Value: expected int32, got 1.5, which is no whole number"],
    ["Scalars", '{"uint32Value":-1}', "uint32Value: -1 is out of range for uint32"],
    ["Scalars", '{"floatValue":1e39}', "floatValue: 1e+39 is too large for a float"],
    ["Scalars", '{"doubleValue":"0x1"}', 'doubleValue: expected a number, got "0x1"'],
    ["Scalars", '{"boolValue":"true"}', "boolValue: expected true or false, got string"],
    ["Scalars", '{"color":"COLOR_MAUVE"}', 'color: "COLOR_MAUVE" is no value of framelens.everything.v1.Color'],
    ["Scalars", '{"bytesValue":"?"}', "bytesValue: expected base64"],
    ["Scalars", '{"stringValue":"\\ud800"}', "stringValue: expected text, got half of a surrogate pair"],
    ["Scalars", '{"int32Value":1,"int32_value":2}', 'int32_value: given twice, also as "int32_value"'],
    ["Choice", '{"number":1,"text":"a"}', "text: only one of a oneof can be set, and number is"],
    ["Legacy", '{"id":1}', "framelens.everything.v1.Legacy: the required field name is missing"],
    ["WellKnown", '{"timestamp":"2026-02-30T00:00:00Z"}', 'timestamp: expected a time as in "2026-11-22T14:02:11Z"'],
    ["WellKnown", '{"duration":"1"}', 'duration: expected a duration as in "1.5s"'],
    ["WellKnown", '{"fieldMask":"a_b"}', "fieldMask: expected paths in lowerCamelCase"],
    ["WellKnown", '{"any":{"@type":"x/y"}}', 'any: "@type": the type "y" is not known'],
    ["WellKnown", '{"any":{"label":1}}', 'any: expected "@type" with the name of a type'],
    ["Everything", "[]", "framelens.everything.v1.Everything: expected object, got array"],
    ["Scalars", '{"a":1', 'JSON, line 1, column 7: expected "," or "}"'],
    ["Scalars", '{"a":1,\n"a":2}', 'JSON, line 2, column 1: "a" comes twice'],
    ["Scalars", "{'a':1}", "JSON, line 1, column 2: expected a key"],
    ["Scalars", '{"int32Value":01}', 'JSON, line 1, column 16: expected "," or "}"'],
  ])("of %s %s is told: %s", (type, json, message) => {
    expect(() => encode(type, json)).toThrow(message);
  });

  it("leaves out what the schema does not know, when asked to", () => {
    const json = '{"nope":{"a":[1]},"color":"COLOR_MAUVE","int32Value":1}';
    expect(encode("Scalars", json, { ignoreUnknown: true })).toEqual(hex("18 01"));
  });

  it("ends at a depth, of text and of messages", () => {
    expect(() => parseJson("[".repeat(100_000))).toThrow("nested too deeply");
    expect(() => encode("LinkedNode", `${'{"next":'.repeat(150)}{}${"}".repeat(150)}`)).toThrow("messages deep");
  });

  it("throws nothing but its own mistakes, for any text", () => {
    const token = fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      '"a"',
      '"int32Value"',
      '"timestamp"',
      "1",
      "-",
      "1e400",
      "null",
      "true",
      " ",
    );
    fc.assert(
      fc.property(fc.array(token, { maxLength: 12 }), (tokens) => {
        try {
          encode("Scalars", tokens.join(""));
        } catch (error) {
          expect(error).toMatchObject({ name: "FramelensError", code: expect.stringMatching(/^ERR_JSON/) });
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe("a tree to bytes", () => {
  it("is what was walked, whatever it was", () => {
    fc.assert(
      fc.property(anyMessage, fc.uint8Array({ maxLength: 100 }), ({ type, message }, bytes) => {
        const encoded = toBinary(type, message);
        expect(encodeTree(walk(encoded, type, registry))).toEqual(new Uint8Array(encoded));
        expect(encodeTree(walk(bytes, type, registry))).toEqual(new Uint8Array(bytes));
      }),
    );
  });
});
