// Frames as octets (RFC 9113 §4.1, §6.4 to §6.9), checked against the layout in the RFC.
import { expect, test } from "vitest";
import {
  encodeFrame,
  encodeGoaway,
  encodeReset,
  encodeSettings,
  encodeWindowUpdate,
} from "../../src/http2/frame-writer.js";
import { bytesOf, hexOf } from "./hpack/blocks.js";

test("a frame is its length, type, flags, stream and payload", () => {
  expect(hexOf(encodeFrame(0x0, 0x1, 0x7fffffff, bytesOf("aabb")))).toBe("000002" + "00" + "01" + "7fffffff" + "aabb");
});

test("a length takes three octets", () => {
  expect(hexOf(encodeFrame(6, 0, 1, new Uint8Array(0x010203)).subarray(0, 4))).toBe("01020306");
});

test("SETTINGS holds identifiers and values in order", () => {
  expect(
    hexOf(
      encodeSettings([
        [1, 4096],
        [0xfffe, 0xffffffff],
      ]),
    ),
  ).toBe("00000c" + "04" + "00" + "00000000" + "000100001000" + "fffeffffffff");
});

test("RST_STREAM holds a code, GOAWAY a stream, a code and debug data, WINDOW_UPDATE an increment", () => {
  expect(hexOf(encodeReset(3, 8))).toBe("00000403000000000300000008");
  expect(hexOf(encodeGoaway(0x7fffffff, 11, bytesOf("6162")))).toBe("00000a0700000000007fffffff0000000b6162");
  expect(hexOf(encodeWindowUpdate(5, 0x7fffffff))).toBe("0000040800000000057fffffff");
});
