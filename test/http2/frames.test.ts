// Names by number (RFC 9113 §6, §6.5.2), the unknown included.
import { expect, test } from "vitest";
import { CLIENT_PREFACE, frameName, settingName } from "../../src/http2/frames.js";
import { textOf } from "../support/frames.js";

test("a frame type without a name is shown by its number", () => {
  expect([0, 9, 12, 0x2a].map(frameName)).toEqual(["DATA", "CONTINUATION", "ORIGIN", "frame type 0x2a"]);
});

test("a setting without a name is shown by its number", () => {
  expect([1, 4, 8, 7, 0xfe03].map(settingName)).toEqual([
    "HEADER_TABLE_SIZE",
    "INITIAL_WINDOW_SIZE",
    "ENABLE_CONNECT_PROTOCOL",
    "0x7",
    "GRPC_ALLOW_TRUE_BINARY_METADATA",
  ]);
});

test("the client preface is that of RFC 9113 §3.4", () => {
  expect(textOf(CLIENT_PREFACE)).toBe("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
});
