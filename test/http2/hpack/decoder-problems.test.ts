// Everything a header block can get wrong, each with its own code and a message that says where (RFC 7541 §2 to §6).
import { describe, expect, test } from "vitest";
import { HpackDecoder } from "../../../src/http2/hpack/decoder.js";
import { decodeHex, problemOf } from "./blocks.js";

const CASES: readonly [what: string, hex: string, code: string, message: string][] = [
  [
    "index 0",
    "82 80",
    "ERR_HPACK_INDEX_ZERO",
    "index 0 at octet 1 of the header block; expected 1 or more (RFC 7541 §6.1)",
  ],
  [
    "an index past an empty dynamic table",
    "be",
    "ERR_HPACK_INDEX_RANGE",
    "index 62 at octet 0 of the header block; expected at most 61, the oldest entry (RFC 7541 §2.3.3)",
  ],
  [
    "an index past the oldest entry",
    "40 01 61 01 31 bf",
    "ERR_HPACK_INDEX_RANGE",
    "index 63 at octet 5 of the header block; expected at most 62, the oldest entry (RFC 7541 §2.3.3)",
  ],
  [
    "a borrowed name past the oldest entry",
    "0f 2f 01 31",
    "ERR_HPACK_INDEX_RANGE",
    "index 62 at octet 0 of the header block; expected at most 61, the oldest entry (RFC 7541 §2.3.3)",
  ],
  [
    "an integer that the block's end cuts",
    "ff 80",
    "ERR_HPACK_INTEGER_CUT",
    "integer at octet 0 of the header block is cut by the block's end; expected another octet (RFC 7541 §5.1)",
  ],
  [
    "a prefix that asks for more octets and gets none",
    "82 ff",
    "ERR_HPACK_INTEGER_CUT",
    "integer at octet 1 of the header block is cut by the block's end; expected another octet (RFC 7541 §5.1)",
  ],
  [
    "an integer that never ends",
    `ff${"80".repeat(40)}`,
    "ERR_HPACK_INTEGER_TOO_LARGE",
    "integer at octet 0 of the header block goes on after 5 continuation octets; expected it to end (RFC 7541 §5.1)",
  ],
  [
    "an integer of 2^31",
    "ff 81 ff ff ff 07",
    "ERR_HPACK_INTEGER_TOO_LARGE",
    "integer 2147483648 at octet 0 of the header block; expected at most 2147483647 (RFC 7541 §5.1)",
  ],
  [
    "the largest integer of five octets",
    "ff ff ff ff ff 7f",
    "ERR_HPACK_INTEGER_TOO_LARGE",
    "integer 34359738494 at octet 0 of the header block; expected at most 2147483647 (RFC 7541 §5.1)",
  ],
  [
    "an index of 2^31-1",
    "ff 80 ff ff ff 07",
    "ERR_HPACK_INDEX_RANGE",
    "index 2147483647 at octet 0 of the header block; expected at most 61, the oldest entry (RFC 7541 §2.3.3)",
  ],
  [
    "a literal without a name",
    "40",
    "ERR_HPACK_STRING_CUT",
    "header block ends at octet 1; expected a string literal there (RFC 7541 §5.2)",
  ],
  [
    "a literal without a value",
    "40 01 61",
    "ERR_HPACK_STRING_CUT",
    "header block ends at octet 3; expected a string literal there (RFC 7541 §5.2)",
  ],
  [
    "a string longer than the block",
    "04 04 2f 61 62",
    "ERR_HPACK_STRING_CUT",
    "string literal of 4 octets at octet 1 of the header block, which has 3 more; expected at most that (RFC 7541 §5.2)",
  ],
  [
    "a string that announces 2 GiB",
    "04 7f 80 ff ff ff 07",
    "ERR_HPACK_STRING_CUT",
    "string literal of 2147483647 octets at octet 1 of the header block, which has 0 more; expected at most that (RFC 7541 §5.2)",
  ],
  [
    "EOS in a string",
    "04 84 ff ff ff ff",
    "ERR_HPACK_HUFFMAN_EOS",
    "Huffman string at octet 1 of the header block holds EOS; expected it only as padding (RFC 7541 §5.2)",
  ],
  [
    "padding of zeros",
    "04 81 00",
    "ERR_HPACK_HUFFMAN_PADDING",
    "Huffman string at octet 1 of the header block ends within a code; expected padding of at most 7 bits, all ones (RFC 7541 §5.2)",
  ],
  [
    "padding of 8 ones",
    "00 01 61 82 f8 ff",
    "ERR_HPACK_HUFFMAN_PADDING",
    "Huffman string at octet 3 of the header block ends within a code; expected padding of at most 7 bits, all ones (RFC 7541 §5.2)",
  ],
  [
    "a size update after a field",
    "82 20",
    "ERR_HPACK_UPDATE_LATE",
    "dynamic table size update to 0 at octet 1 of the header block comes after a field; expected it before the first (RFC 7541 §4.2)",
  ],
  [
    "a size update over what was announced",
    "3f e2 1f",
    "ERR_HPACK_UPDATE_TOO_LARGE",
    "dynamic table size update to 4097 at octet 0 of the header block; expected at most the 4096 that were announced (RFC 7541 §6.3)",
  ],
];

describe("a block is refused for", () => {
  test.each(CASES)("%s", (_what, hex, code, message) => {
    expect(problemOf(new HpackDecoder(), hex)).toEqual({ code, message });
  });
});

describe("after a problem", () => {
  test("the decoder is broken, keeps nothing and repeats that problem, even for a block it has read before", () => {
    const decoder = new HpackDecoder();
    decodeHex(decoder, "40 01 61 01 31");
    decodeHex(decoder, "82");
    expect(decoder.broken).toBeUndefined();
    const problem = problemOf(decoder, "80");
    expect(decoder.broken).toBe(problem);
    expect(problemOf(decoder, "82")).toBe(problem);
    expect(problemOf(decoder, "")).toBe(problem);
    expect(decoder.tableFields()).toEqual([]);
    expect(decoder.tableBytes).toBe(0);
  });
});

describe("a table that grows past what is kept here", () => {
  test("breaks the decoder, though both ends agreed on its size", () => {
    const decoder = new HpackDecoder({ maxTableBytes: 68 });
    expect(decodeHex(decoder, "40 01 61 01 31 40 01 62 01 31")).toHaveLength(2);
    expect(problemOf(decoder, "82 40 01 63 01 31")).toEqual({
      code: "ERR_HPACK_TABLE_TOO_LARGE",
      message:
        "dynamic table of 102 octets after the field at octet 1 of the header block; expected at most the 68 that are kept here (RFC 7541 §4.1)",
    });
  });

  test("is no problem while it stays small, however much was announced", () => {
    const decoder = new HpackDecoder({ maxTableBytes: 100 });
    decoder.allowTableSize(2 ** 32 - 1);
    expect(decodeHex(decoder, "3f e0 ff ff ff 07 40 01 61 01 31")).toEqual([["a", "1"]]);
  });
});
