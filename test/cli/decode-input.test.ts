import { describe, expect, it } from "vitest";
import { readInput } from "../../cli/decode/input.js";
import { FramelensError } from "../../src/index.js";

const ALICE = [0x08, 0xe9, 0x07, 0x12, 0x05, 0x41, 0x6c, 0x69, 0x63, 0x65];

function octets(text: string | Uint8Array, kind?: Parameters<typeof readInput>[1]): number[][] {
  const data = typeof text === "string" ? Buffer.from(text, "latin1") : text;
  return readInput(data, kind).map((message) => [...message.bytes]);
}

describe("input to decode", () => {
  it.each([
    "08e90712 05416c696365",
    "08 E9 07 12 05 41 6C 69 63 65\n",
    "0x08e90712,0x05416c696365",
    "08:e9:07:12:05:41:6c:69:63:65",
    "\\x08\\xe9\\x07\\x12\\x05\\x41\\x6c\\x69\\x63\\x65",
    '"\\x08\\351\\a\\x12\\005Alice"',
    "b'\\x08\\xe9\\x07\\x12\\x05Alice'",
    "\\x08\\xe9\\x07\\x12\\x05Alice\n",
    "{0x8, 0xE9, 0x7, 0x12, 0x5, 0x41, 0x6c, 0x69, 0x63, 0x65};",
  ])("hex is read as written, said to be hex or not: %s", (text) => {
    expect(octets(text, "hex")).toEqual([ALICE]);
    expect(octets(text)).toEqual([ALICE]);
  });

  it("C escapes are known by their quotes where a printable octet comes first", () => {
    expect(octets("b'\"\\x01A'")).toEqual([[0x22, 0x01, 0x41]]);
  });

  it.each(["COkHEgVBbGljZQ==", "COkHEgVBbGljZQ", "COkHEg\nVBbGljZQ=="])("base64 is read padded or not: %s", (text) => {
    expect(octets(text, "base64")).toEqual([ALICE]);
  });

  it("base64 is read in the standard and in the URL alphabet", () => {
    expect(octets("-_-_", "base64")).toEqual(octets("+/+/", "base64"));
  });

  it("what it is is told by its look when nobody says", () => {
    expect(octets("08e9071205 416c696365")).toEqual([ALICE]);
    expect(octets("COkHEgVBbGljZQ==")).toEqual([ALICE]);
    expect(octets(Uint8Array.from(ALICE))).toEqual([ALICE]);
    expect(octets(Uint8Array.from([0, 0, 0, 0, 10, ...ALICE, 0, 0, 0, 0, 0]))).toEqual([ALICE, []]);
  });

  it("gRPC messages are known by their first octet, also cut and as hex or base64", () => {
    expect(readInput(Uint8Array.from([0, 0, 0, 0, 10, ...ALICE.slice(0, 4)]), undefined)).toEqual([
      { bytes: Uint8Array.from(ALICE.slice(0, 4)), compressed: false, cut: "cut after 4 of 10 bytes" },
    ]);
    expect(octets("000000000a 08e9071205416c696365 0000000000")).toEqual([ALICE, []]);
    expect(octets(Buffer.from([0, 0, 0, 0, 10, ...ALICE]).toString("base64"))).toEqual([ALICE]);
  });

  it("hex that lost a digit is not taken for base64", () => {
    expect(() => octets("08e90712 05416c69636")).toThrow("an odd number of digits");
  });

  it("a gRPC-framed message that is cut is given with what there is", () => {
    const [message] = readInput(Uint8Array.from([1, 0, 0, 0, 10, 8, 1]), "grpc");
    expect(message).toEqual({ bytes: Uint8Array.of(8, 1), compressed: true, cut: "cut after 2 of 10 bytes" });
    const [prefix] = readInput(Uint8Array.from([0, 0, 0]), "grpc");
    expect(prefix?.cut).toBe("input ends after 3 of the 5 octets of a prefix");
  });

  it.each([
    ["08e", "hex", "not hex: an odd number of digits; expected pairs of 0-9 a-f"],
    ["08zz", "hex", 'not hex: "z" at character 3; expected pairs of 0-9 a-f'],
    ["a*b", "base64", 'not base64: "*" at character 2'],
    ["abcde", "base64", "not base64: its length or padding is wrong"],
  ] as const)("a mistake in %s (%s) is told in one line", (text, kind, message) => {
    expect(() => octets(text, kind)).toThrow(new FramelensError("ERR_INPUT", message, { exitCode: 2 }));
  });
});
