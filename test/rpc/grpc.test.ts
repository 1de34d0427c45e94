// What gRPC's metadata means (PROTOCOL-HTTP2.md).
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  decodeBinaryMetadata,
  decodeStatusMessage,
  encodeStatusMessage,
  isGrpcContentType,
  readStatusCode,
  readTimeout,
  requestFacts,
  responseFacts,
} from "../../src/rpc/grpc.js";
import { GRPC, PROTOCOLS, protocolOf, UNKNOWN_PROTOCOL } from "../../src/rpc/protocols.js";

const char = fc.integer({ min: 0, max: 255 }).map((octet) => String.fromCharCode(octet));
const latin1 = fc.array(char, { maxLength: 40 }).map((chars) => chars.join(""));

describe("grpc-timeout", () => {
  test.each([
    ["1H", 3_600_000],
    ["2M", 120_000],
    ["3S", 3000],
    ["150m", 150],
    ["250u", 0.25],
    ["999997u", 999.997],
    ["99999999n", 99.999999],
    ["0S", 0],
    ["00000001S", 1000],
  ])("%s is %d ms", (value, ms) => {
    expect(readTimeout(value)).toBe(ms);
  });

  test.each(["", "S", "1", "1s", "1 S", "-1S", "1.5S", "123456789S", "1SS", " 1S", "1S\n"])(
    "%j is malformed",
    (value) => {
      expect(readTimeout(value)).toBeUndefined();
    },
  );
});

describe("content-type", () => {
  test.each([
    "application/grpc",
    "application/grpc+proto",
    "application/grpc+json",
    "application/grpc; charset=utf-8",
    "application/grpc ;x=y",
    "Application/GRPC",
  ])("%s is gRPC", (value) => {
    expect(isGrpcContentType(value)).toBe(true);
    expect(protocolOf(value)).toBe(GRPC);
  });

  test.each([
    "application/grpc-web",
    "application/grpc-web+proto",
    "application/grpcx",
    "application/grp",
    "",
    "text/html",
  ])("%j is not", (value) => {
    expect(isGrpcContentType(value)).toBe(false);
    expect(protocolOf(value)).toBe(UNKNOWN_PROTOCOL);
  });

  test("none at all is not gRPC, and the last protocol takes anything", () => {
    expect(protocolOf(undefined)).toBe(UNKNOWN_PROTOCOL);
    expect(PROTOCOLS.at(-1)).toBe(UNKNOWN_PROTOCOL);
  });
});

describe("grpc-status", () => {
  test.each([
    ["0", 0],
    ["16", 16],
    ["05", 5],
    ["999999999", 999_999_999],
  ])("%s is %d", (value, code) => {
    expect(readStatusCode(value)).toBe(code);
  });

  test.each(["", "-1", "+1", "1.0", "0x1", " 0", "OK", "9999999999", "1e3"])("%j is no status", (value) => {
    expect(readStatusCode(value)).toBeUndefined();
  });
});

describe("grpc-message", () => {
  test.each([
    ["plain text", "plain text"],
    ["100%25 sure", "100% sure"],
    ["%E4%BD%A0%e5%a5%bd", "你好"],
    ["a lone % and 50%x", "a lone % and 50%x"],
    ["cut %e", "cut %e"],
    ["%00%1b[0m", "\0\x1b[0m"],
    ["caf\xc3\xa9", "café"],
    ["%ff", "\ufffd"],
    ["%EF%BB%BFbom", "\ufeffbom"],
  ])("%j reads %j", (value, text) => {
    expect(decodeStatusMessage(value)).toBe(text);
  });

  test("whatever octets it holds, it is read", () => {
    fc.assert(fc.property(latin1, (value) => typeof decodeStatusMessage(value) === "string"));
  });

  test("what is written is printable ASCII and reads back", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 30 }), (text) => {
        const value = encodeStatusMessage(text);
        expect(value).toMatch(/^[\x20-\x7e]*$/);
        expect(decodeStatusMessage(value)).toBe(text);
      }),
    );
    expect(encodeStatusMessage("50% é")).toBe("50%25 %C3%A9");
  });
});

describe("-bin metadata", () => {
  const hex = (value: string) =>
    decodeBinaryMetadata(value).map((bytes) => (bytes === undefined ? undefined : Buffer.from(bytes).toString("hex")));

  test.each([
    ["AQ==", ["01"]],
    ["AQ", ["01"]],
    ["", [""]],
    ["AQI=, AwQF ,Bg", ["0102", "030405", "06"]],
    ["-_8", ["fbff"]],
    ["+/8=", ["fbff"]],
    ["AQ==,***,Ag", ["01", undefined, "02"]],
    ["A", [undefined]],
    ["A===", [undefined]],
    ["AQ\xff", [undefined]],
    ["\0\x08\xe9,\x07\0", ["08e92c0700"]],
    ["\0", [""]],
  ])("%j reads %j", (value, octets) => {
    expect(hex(value)).toEqual(octets);
  });

  test("any octets read back, padded or not; any value is read", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), latin1, (bytes, junk) => {
        const padded = Buffer.from(bytes).toString("base64");
        expect(decodeBinaryMetadata(padded)).toEqual([bytes]);
        expect(decodeBinaryMetadata(padded.replaceAll("=", ""))).toEqual([bytes]);
        decodeBinaryMetadata(junk);
      }),
    );
  });
});

describe("facts", () => {
  test("of a request are its path, authority, content-type and timeout", () => {
    expect(
      requestFacts([
        [":path", "/s/M"],
        [":authority", "a.test"],
        ["host", "b.test"],
        ["content-type", "application/grpc"],
        ["grpc-timeout", "1S"],
      ]),
    ).toEqual({ method: "/s/M", authority: "a.test", contentType: "application/grpc", timeoutMs: 1000 });
  });

  test("of a request without any are empty, and host stands in for :authority", () => {
    expect(requestFacts([])).toEqual({
      method: "",
      authority: undefined,
      contentType: undefined,
      timeoutMs: undefined,
    });
    expect(requestFacts([["host", "b.test"]]).authority).toBe("b.test");
  });

  test("of a response are those of its first grpc-status and content-type", () => {
    expect(
      responseFacts([
        [":status", "200"],
        ["grpc-status", "5"],
        ["grpc-status", "0"],
        ["content-type", "application/grpc"],
        ["content-type", "text/html"],
      ]),
    ).toEqual({ httpStatus: 200, contentType: "application/grpc", grpcStatus: "5", statusCode: 5 });
  });

  test.each(["", "20", "2000", "abc", "-20"])("a :status of %j is none", (value) => {
    expect(responseFacts([[":status", value]]).httpStatus).toBeUndefined();
  });
});
