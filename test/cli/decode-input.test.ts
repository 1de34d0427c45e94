import { describe, expect, it } from "vitest";
import { isPlainText, readInput } from "../../cli/decode/input.js";
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

  it.each([
    ["xxd", "00000000: 08e9 0712 0541 6c69 6365                 .....Alice\n"],
    ["hexdump -C", "00000000  08 e9 07 12 05 41 6c 69  63 65                    |.....Alice|\n0000000a\n"],
    ["hexdump", "0000000 e908 1207 4105 696c 6563\n000000a\n"],
    ["od -tx1", "0000000 08 e9 07 12 05 41 6c 69 63 65\n0000012\n"],
    ["Wireshark", "0000   08 e9 07 12 05 41 6c 69 63 65                     .....Alice"],
    [
      "xxd -i",
      "unsigned char a[] = {\n  0x08, 0xe9, 0x07, 0x12, 0x05,\n  0x41, 0x6c, 0x69, 0x63, 0x65\n};\nunsigned int a_len = 10;\n",
    ],
    ["Go's %#v", "[]byte{0x8, 0xe9, 0x7, 0x12, 0x5, 0x41, 0x6c, 0x69, 0x63, 0x65}"],
    ["Go's %v", "[8 233 7 18 5 65 108 105 99 101]"],
    ["Java's Arrays.toString", "[8, -23, 7, 18, 5, 65, 108, 105, 99, 101]"],
    ["Node's Uint8Array", "Uint8Array(10) [\n   8, 233, 7, 18, 5,\n  65, 108, 105, 99, 101\n]"],
    ["Node's Buffer", "<Buffer 08 e9 07 12 05 41 6c 69 63 65>"],
    ["a data URL", "data:application/x-protobuf;base64,COkHEgVBbGljZQ=="],
    ["a JSON string", '"COkHEgVBbGljZQ=="'],
    ["PostgreSQL", "\\\\x08e9071205416c696365"],
    ["an SQL literal", "X'08e9071205416c696365'"],
    ["a URL", "%08%e9%07%12%05Alice"],
    ["base64 in a URL", "COkHEgVBbGljZQ%3D%3D"],
  ])("what %s prints is read", (_, text) => {
    expect(octets(text)).toEqual([ALICE]);
  });

  it("in a dump, text beside the octets that looks like octets is not read, and * stands for the same again", () => {
    const line = (offset: string) => `${offset}: 6162 2061 6220 6162                      ab ab ab\n`;
    expect(octets(line("00000000"))).toEqual([[...Buffer.from("ab ab ab")]]);
    expect(octets("0000000 22 22 22 22 22 22 22 22\n*\n0000030\n")).toEqual([new Array(24).fill(0x22)]);
  });

  it("hex in brackets is not taken for decimal numbers", () => {
    expect(octets("[08 12 05]")).toEqual([[0x08, 0x12, 0x05]]);
    expect(octets("[10 20 30]")).toEqual([[0x10, 0x20, 0x30]]);
  });

  it("text that holds no bytes is known as such, a message of printable octets is not", () => {
    expect(isPlainText(Buffer.from('{"id":1001}'))).toBe(true);
    expect(isPlainText(Buffer.from("COkHEgVBbGljZQ"))).toBe(false);
    expect(isPlainText(Uint8Array.from(ALICE))).toBe(false);
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
