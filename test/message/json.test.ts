import { fromBinary, fromJsonString, type JsonValue, toBinary, toJson as toOtherJson } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type JsonText, toJson } from "../../src/message/json.js";
import { digitsText, doubleText, floatText } from "../../src/message/json-text.js";
import { isFatal } from "../../src/message/problems.js";
import { walk } from "../../src/message/walk.js";
import { anyMessage, hex, registry, typeOf, vectors } from "../support/protobuf-samples.js";

function json(type: string, bytes: string, options = {}): JsonText {
  return toJson(walk(hex(bytes), typeOf(type), registry), registry, options);
}

/** The keys of all objects, sorted within each. */
function keysOf(value: JsonValue): unknown {
  if (value === null || typeof value !== "object") return typeof value;
  if (Array.isArray(value)) return value.map(keysOf);
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, inner]) => [key, keysOf(inner)]);
}

describe("JSON of a message", () => {
  it("is what Python's protobuf writes", () => {
    for (const { type, bytes, json: theirs } of vectors()) {
      const { text, problems } = toJson(walk(bytes, typeOf(type), registry), registry);
      expect(JSON.parse(text)).toEqual(theirs);
      expect(problems.filter(isFatal)).toEqual([]);
    }
  });

  it("is what @bufbuild/protobuf writes, for any message", () => {
    fc.assert(
      fc.property(anyMessage, ({ type, message }) => {
        const bytes = toBinary(type, message);
        const { text } = toJson(walk(bytes, type, registry), registry);
        const theirs = toOtherJson(type, fromBinary(type, bytes), { registry });
        // Read back and written again by them: the digits of a float aside, it is the same text.
        const again = fromBinary(type, toBinary(type, fromJsonString(type, text, { registry })));
        expect(toOtherJson(type, again, { registry })).toEqual(theirs);
        expect(keysOf(JSON.parse(text))).toEqual(keysOf(theirs));
      }),
    );
  });

  it("is JSON for any prefix of any message, and for any bytes", () => {
    fc.assert(
      fc.property(anyMessage, fc.double({ min: 0, max: 1, noNaN: true }), ({ type, message }, share) => {
        const bytes = toBinary(type, message);
        const prefix = bytes.subarray(0, Math.floor(share * bytes.length));
        JSON.parse(toJson(walk(prefix, type, registry), registry).text);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.constantFrom("WellKnown", "Legacy", "Maps"), (bytes, name) => {
        JSON.parse(toJson(walk(bytes, typeOf(name), registry), registry, { pretty: true }).text);
      }),
    );
  });

  it("has 64-bit integers as strings and enums by name, the first of two", () => {
    expect(json("Scalars", "20 80 80 80 80 80 80 80 80 80 01 80 01 03").text).toBe(
      '{"int64Value":"-9223372036854775808","color":"COLOR_BLUE"}',
    );
  });

  it("has floats at their shortest form", () => {
    expect(floatText(Math.fround(0.1))).toBe("0.1");
    expect(floatText(Math.fround(3.4028235e38))).toBe("3.4028235e+38");
    expect(floatText(Math.fround(1e-45))).toBe("1.4013e-45");
    expect(floatText(16777216)).toBe("16777216");
    expect([2320038.25, 2320038.75, -2320038.25].map(floatText)).toEqual(["2320038.2", "2320038.8", "-2320038.2"]);
    expect([doubleText(-0), doubleText(Number.NaN), doubleText(-1 / 0)]).toEqual(["-0", '"NaN"', '"-Infinity"']);
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(Math.fround(Number(floatText(value)))).toBe(value);
        expect(floatText(value).length).toBeLessThanOrEqual(doubleText(value).length);
        if (!Number.isInteger(value)) expect(floatText(value)).toBe(digitsText(value));
      }),
    );
  });

  it("has no zero of proto3, but one of `optional`, of a oneof and of proto2", () => {
    expect(json("Scalars", "18 00 72 00 09 00 00 00 00 00 00 00 00").text).toBe("{}");
    expect(json("Scalars", "09 00 00 00 00 00 00 00 80").text).toBe('{"doubleValue":-0}');
    expect(json("Optionals", "18 00").text).toBe('{"int32Value":0}');
    expect(json("Choice", "08 00").text).toBe('{"number":0}');
    expect(json("Choice", "48 00").text).toBe('{"null":null}');
    expect(json("Legacy", "08 00 12 00").text).toBe('{"id":0,"name":""}');
  });

  it("keeps the last of a singular field, merges messages, and keeps the last member of a oneof", () => {
    expect(json("Scalars", "18 01 18 02").text).toBe('{"int32Value":2}');
    expect(json("Everything", "0a 02 18 01 0a 02 20 02").text).toBe('{"scalars":{"int32Value":1,"int64Value":"2"}}');
    expect(json("Choice", "08 01 12 01 61 08 03").text).toBe('{"number":3}');
    expect(json("Choice", "3a 02 18 01 08 01 3a 02 20 02").text).toBe('{"message":{"int64Value":"2"}}');
  });

  it("puts fields in the order of their numbers, and lists together", () => {
    expect(json("Repeated", "7a 01 61 18 01 7a 01 62 1a 01 02").text).toBe('{"int32s":[1,2],"strings":["a","b"]}');
  });

  it("has a map's keys in wire order, the later of two equal ones, and names such as __proto__", () => {
    expect(
      json("Maps", "0a 0e 0a 09 5f5f70726f746f5f5f 12 01 78 0a 06 0a 01 61 12 01 31 0a 06 0a 01 61 12 01 32").text,
    ).toBe('{"stringToString":{"__proto__":"x","a":"2"}}');
    expect(json("Maps", "12 00 6a 00").text).toBe('{"stringToInt32":{"":0},"boolToMessage":{"false":{}}}');
  });

  it("drops numbers that a closed enum has no name for, and keeps those of an open one", () => {
    expect(json("Legacy", "08 01 12 00 70 63 98 01 02 98 01 63").text).toBe('{"id":1,"name":"","moods":["MOOD_CALM"]}');
    expect(json("Scalars", "80 01 63").text).toBe('{"color":99}');
  });

  it("names extensions in brackets and groups by their JSON name", () => {
    expect(json("Legacy", "08 01 12 00 7b 0a 01 6b 7c a2 06 01 6e").text).toBe(
      '{"id":1,"name":"","header":{"key":"k"},"[framelens.everything.v1.nickname]":"n"}',
    );
  });

  it("is indented when asked for", () => {
    expect(json("Repeated", "18 01 18 02", { pretty: true }).text).toBe('{\n  "int32s": [\n    1,\n    2\n  ]\n}');
    expect(json("Everything", "0a 00", { pretty: true }).text).toBe('{\n  "scalars": {}\n}');
  });

  it("hides fields marked debug_redact", () => {
    expect(json("Naming", "62 06 736563726574", { mask: true }).text).toBe('{"password":"<redacted>"}');
    expect(json("Naming", "62 06 736563726574").text).toBe('{"password":"secret"}');
  });

  it("has nothing that a terminal obeys", () => {
    const text = json("Scalars", "72 0c 1b5b326a c285 e280ae 7f 0a 61").text;
    expect(text).toBe('{"stringValue":"\\u001b[2j\\u0085\\u202e\\u007f\\na"}');
  });

  it("ends before it is too long, and is JSON then", () => {
    const { text, problems } = json("Repeated", "7a 01 61".repeat(100), { maxLength: 50 });
    expect(text.length).toBeLessThan(60);
    expect(JSON.parse(text)).toHaveProperty("strings");
    expect(problems.map((problem) => problem.code)).toEqual(["ERR_JSON_TOO_LONG"]);
  });

  it("has what could be read of a cut message, and says where it is cut", () => {
    const { text, problems } = json("Everything", "12 00 0a 09 18 96 01 72 05 68 65");
    expect(text).toBe('{"scalars":{"int32Value":150,"stringValue":"he"},"optionals":{}}');
    expect(problems.map(({ path, message }) => `${path}: ${message}`)).toEqual([
      "scalars: cut: 7 of 9 bytes",
      "scalars.stringValue: cut: 2 of 5 bytes",
    ]);
  });
});

describe("JSON of google.protobuf's own types", () => {
  it.each([
    ["a timestamp", "0a 06 08 01 10 c0 84 3d", '{"timestamp":"1970-01-01T00:00:01.001Z"}'],
    ["a negative duration", "12 0b 10 80 b6 ca 91 fe ff ff ff ff 01", '{"duration":"-0.500s"}'],
    ["an empty struct, list and mask", "1a 00 2a 00 3a 00", '{"struct":{},"list":[],"fieldMask":""}'],
    ["null", "22 02 08 00", '{"value":null}'],
    ["an empty wrapper", "5a 00 62 00", '{"floatValue":0,"int64Value":"0"}'],
    ["an empty Any", "4a 00", '{"any":{}}'],
  ])("%s", (_, bytes, text) => {
    expect(json("WellKnown", bytes)).toEqual({ text, problems: [] });
  });

  it.each([
    ["a timestamp in the year 10000", "0a 07 08 80 83 d1 ff af 07", '{"timestamp":{"seconds":"253402300800"}}'],
    [
      "a duration with two signs",
      "12 0d 08 01 10 ff ff ff ff ff ff ff ff ff 01",
      '{"duration":{"seconds":"1","nanos":-1}}',
    ],
    ["a value without one", "22 00", '{"value":null}'],
    ["a value that is infinite", "22 09 11 00 00 00 00 00 00 f0 7f", '{"value":"Infinity"}'],
    ["a mask that cannot be told back", "3a 05 0a 03 61 5f 5f", '{"fieldMask":"a"}'],
  ])("%s is shown as it is, with a problem", (_, bytes, text) => {
    const result = json("WellKnown", bytes);
    expect(result.text).toBe(text);
    expect(result.problems.map((problem) => problem.code)).toEqual(["ERR_NO_JSON_FORM"]);
  });

  it("an Any of an unknown type is its bytes, with a problem", () => {
    expect(json("WellKnown", "4a 08 0a 03 782f79 12 01 ff")).toEqual({
      text: '{"any":{"@type":"x/y","value":"/w=="}}',
      problems: [expect.objectContaining({ code: "ERR_UNKNOWN_TYPE", path: "any" })],
    });
  });

  it("what is wrong inside an Any has its path", () => {
    const type = Buffer.from("x/framelens.everything.v1.Tree").toString("hex");
    const { text, problems } = json("WellKnown", `4a 24 0a 1e ${type} 12 02 0a 05`);
    expect(text).toBe('{"any":{"@type":"x/framelens.everything.v1.Tree","label":""}}'.replace(',"label":""', ""));
    expect(problems.map(({ path, code }) => `${path} ${code}`)).toEqual(["any.label ERR_TRUNCATED"]);
  });
});
