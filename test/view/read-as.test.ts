import { describe, expect, test } from "vitest";
import { readAs } from "../../src/view/read-as.js";

const bytes = (...octets: number[]) => Uint8Array.from(octets);

describe("a value read as a type", () => {
  test.each([
    ["int32", bytes(0x96, 1), "150"],
    ["sint32", bytes(0x03), "-2"],
    ["bool", bytes(1), "true"],
    ["uint64", bytes(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1), "18446744073709551615"],
    ["int64", bytes(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1), "-1"],
    ["float", bytes(0, 0, 0xc0, 0x3f), "1.5"],
    ["sfixed32", bytes(0xff, 0xff, 0xff, 0xff), "-1"],
    ["fixed64", bytes(1, 0, 0, 0, 0, 0, 0, 0), "1"],
    ["double", bytes(0, 0, 0, 0, 0, 0, 0xf8, 0x3f), "1.5"],
    ["string", bytes(0x68, 0x69), '"hi"'],
    ["packed int32", bytes(1, 0x96, 1), "[1, 150]"],
    ["packed float", bytes(0, 0, 0xc0, 0x3f), "[1.5]"],
    ["packed sint64", bytes(1, 2, 3, 4, 5, 6, 7, 8, 9), "[-1, 1, -2, 2, -3, 3, -4, 4, …]"],
  ])("%s", (type, value, text) => {
    expect(readAs(type, value)).toBe(text);
  });

  test.each([
    ["string", bytes(0xff)],
    ["packed fixed32", bytes(1, 2, 3)],
    ["packed int32", bytes(1, 0x80)],
    ["double", bytes(1)],
    ["no type", bytes(1)],
  ])("that it is none of has no text: %s", (type, value) => {
    expect(readAs(type, value)).toBeUndefined();
  });
});
