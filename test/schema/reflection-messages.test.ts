// Reflection's messages against protobufjs's reading of reflection.proto, and against anything at all.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  encodeQuery,
  isReflectionMethod,
  readAnswer,
  readFileFacts,
  reflectionPath,
} from "../../src/schema/reflection/messages.js";
import { parseReflectHeader } from "../../src/schema/reflection/reflect-header.js";
import { serviceOf } from "../../src/schema/reflection/service-name.js";
import { errorAnswer, filesAnswer, namesOf, protoFile, readRequest, servicesAnswer } from "./reflection-lab.js";

const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 80 });

describe("requests", () => {
  test("any name asked for is what protobufjs reads", () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 2 ** 29 - 1 }), (name, number) => {
        expect(readRequest(encodeQuery({ kind: "symbol", name }))).toEqual({ fileContainingSymbol: name });
        expect(readRequest(encodeQuery({ kind: "file", name }))).toEqual({ fileByFilename: name });
        expect(readRequest(encodeQuery({ kind: "extension", type: name, number }))).toEqual({
          fileContainingExtension: { containingType: name, extensionNumber: number },
        });
      }),
    );
  });

  test("the list of services is asked for", () => {
    expect(readRequest(encodeQuery({ kind: "services" }))).toEqual({ listServices: "*" });
  });
});

describe("answers", () => {
  test("files, services and errors written by protobufjs are read back", () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 50 })),
        fc.array(text),
        fc.integer(),
        text,
        (files, names, code, message) => {
          const read = readAnswer(filesAnswer(...files));
          expect(read.kind === "files" && read.files.map((file) => [...file])).toEqual(files.map((file) => [...file]));
          expect(readAnswer(servicesAnswer(...names))).toEqual({ kind: "services", names });
          expect(readAnswer(errorAnswer(code | 0, message))).toEqual({ kind: "error", code: code | 0, message });
        },
      ),
    );
  });

  test("random bytes and any prefix of an answer are an answer or malformed, never an exception", () => {
    const whole = filesAnswer(protoFile("a.proto", { imports: ["b.proto"], service: "acme.Things" }));
    for (let end = 0; end <= whole.length; end++) readAnswer(whole.subarray(0, end));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) =>
        ["files", "services", "error", "other", "malformed"].includes(readAnswer(bytes).kind),
      ),
    );
    expect(readAnswer(Uint8Array.of(0xff, 0xff)).kind).toBe("malformed");
    expect(readAnswer(new Uint8Array(0))).toEqual({ kind: "other" });
  });

  test("a list of empty items does not fill the memory", () => {
    // Two octets an item: field 1 of FileDescriptorResponse, length 0.
    const items = Buffer.alloc(200_000, Buffer.of(0x0a, 0));
    const head = Buffer.from([0x22, 0xc0, 0x9a, 0x0c]);
    expect(readAnswer(Buffer.concat([head, items]))).toEqual({
      kind: "malformed",
      reason: "more than 10000 items in a list",
    });
  });

  test("groups in groups end at a depth", () => {
    expect(readAnswer(Buffer.alloc(100_000, 0x0b)).kind).toBe("malformed");
  });
});

describe("files", () => {
  test("a file's name and imports are read", () => {
    const file = protoFile("../__proto__", { imports: ["constructor", "/etc/passwd"], service: "acme.Things" });
    expect(readFileFacts(file)).toEqual({ name: "../__proto__", imports: ["constructor", "/etc/passwd"] });
    expect(namesOf([file])).toEqual(["../__proto__"]);
  });

  test("bytes that are no file, or one without a name, are undefined", () => {
    expect(readFileFacts(Uint8Array.of(0x0a, 0x7f))).toBeUndefined();
    expect(readFileFacts(new Uint8Array(0))).toBeUndefined();
    fc.assert(fc.property(fc.uint8Array(), (bytes) => readFileFacts(bytes) === undefined || true));
  });
});

describe("names", () => {
  test("reflection's own methods are known", () => {
    expect(reflectionPath("v1")).toBe("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo");
    expect(isReflectionMethod(reflectionPath("v1alpha"))).toBe(true);
    expect(isReflectionMethod("/grpc.reflection.v1.ServerReflection/Other")).toBe(false);
  });

  test.each([
    ["/acme.v1.Things/Get", "acme.v1.Things"],
    ["/Things/Get", "Things"],
    ["/__proto__/constructor", "__proto__"],
    ["/../../etc/passwd", undefined],
    ["/acme..Things/Get", undefined],
    ["/acme.Things/Get/", undefined],
    ["acme.Things/Get", undefined],
    ["", undefined],
    [`/${"a".repeat(2000)}/Get`, undefined],
  ])("the service of %s is %s", (method, service) => {
    expect(serviceOf(method)).toBe(service);
  });
});

describe("--reflect-header", () => {
  test.each([
    ["Authorization: Bearer a:b", ["authorization", "Bearer a:b"]],
    ["x-id:7", ["x-id", "7"]],
    ["x-empty:", ["x-empty", ""]],
    ["__proto__: x", ["__proto__", "x"]],
    ["trace-bin: AAEC", ["trace-bin", "AAEC"]],
  ])("%s is a field", (given, field) => {
    expect(parseReflectHeader(given)).toEqual(field);
  });

  test.each([
    "no colon",
    ":path: /x",
    "te: x",
    "grpc-timeout: 1S",
    "a b: c",
    "x: secr\u00e9t",
    "x: secret\r\ny: z",
    "k-bin: s e c r e t",
    "",
  ])("%j is refused in one line that does not repeat the value", (given) => {
    expect(() => parseReflectHeader(given)).toThrow(/^--reflect-header: (?!.*secr)[^\n\r]*; expected [^\n\r]*$/);
  });
});
