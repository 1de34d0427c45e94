// RFC 7541 Appendix C, example by example, by its own numbers.
import { describe, expect, test } from "vitest";
import { BlockReader } from "../../../src/http2/hpack/block-reader.js";
import { FieldList, HpackDecoder } from "../../../src/http2/hpack/decoder.js";
import { encodeFields } from "../../../src/http2/hpack/encoder.js";
import { HpackEncoder } from "../../support/hpack-encoder.js";
import { bytesOf, decodeHex, hexOf } from "./blocks.js";

describe("C.1 integers", () => {
  test.each([
    ["C.1.1", "10 in a 5-bit prefix", "ea", 0x1f, 10],
    ["C.1.2", "1337 in a 5-bit prefix", "ff9a0a", 0x1f, 1337],
    ["C.1.3", "42 starting at an octet boundary", "2a", 0xff, 42],
  ])("%s: %s", (_name, _what, hex, mask, value) => {
    const bytes = bytesOf(hex);
    const reader = new BlockReader(bytes, 0, bytes.length);
    expect(reader.integer(mask)).toBe(value);
    expect(reader.position).toBe(bytes.length);
  });
});

describe("C.2 representations", () => {
  test("C.2.1: a literal with indexing is added to the table", () => {
    const decoder = new HpackDecoder();
    expect(decodeHex(decoder, "400a637573746f6d2d6b65790d637573746f6d2d686561646572")).toEqual([
      ["custom-key", "custom-header"],
    ]);
    expect(decoder.tableFields()).toEqual([["custom-key", "custom-header"]]);
    expect(decoder.tableBytes).toBe(55);
  });

  test("C.2.2: a literal without indexing leaves the table empty", () => {
    const decoder = new HpackDecoder();
    expect(decodeHex(decoder, "040c2f73616d706c652f70617468")).toEqual([[":path", "/sample/path"]]);
    expect(decoder.tableFields()).toEqual([]);
    expect(hexOf(encodeFields([[":path", "/sample/path"]], { huffman: false }))).toBe("040c2f73616d706c652f70617468");
  });

  test("C.2.3: a literal never indexed leaves the table empty", () => {
    const decoder = new HpackDecoder();
    const hex = "100870617373776f726406736563726574";
    expect(decodeHex(decoder, hex)).toEqual([["password", "secret"]]);
    expect(decoder.tableFields()).toEqual([]);
    expect(hexOf(encodeFields([["password", "secret"]], { huffman: false, indexing: "never" }))).toBe(hex);
  });

  test("C.2.4: an indexed field comes from the static table", () => {
    const decoder = new HpackDecoder();
    expect(decodeHex(decoder, "82")).toEqual([[":method", "GET"]]);
    expect(decoder.tableFields()).toEqual([]);
  });
});

interface Example {
  readonly name: string;
  readonly hex: string;
  readonly fields: readonly string[];
  readonly table: readonly string[];
  readonly tableBytes: number;
}

const EXAMPLES: Readonly<Record<string, readonly Example[]>> = {
  "C.3": [
    {
      name: "C.3.1",
      hex: "828684410f7777772e6578616d706c652e636f6d",
      fields: [":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com"],
      table: [":authority: www.example.com"],
      tableBytes: 57,
    },
    {
      name: "C.3.2",
      hex: "828684be58086e6f2d6361636865",
      fields: [":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com", "cache-control: no-cache"],
      table: ["cache-control: no-cache", ":authority: www.example.com"],
      tableBytes: 110,
    },
    {
      name: "C.3.3",
      hex: "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565",
      fields: [
        ":method: GET",
        ":scheme: https",
        ":path: /index.html",
        ":authority: www.example.com",
        "custom-key: custom-value",
      ],
      table: ["custom-key: custom-value", "cache-control: no-cache", ":authority: www.example.com"],
      tableBytes: 164,
    },
  ],
  "C.4": [
    {
      name: "C.4.1",
      hex: "828684418cf1e3c2e5f23a6ba0ab90f4ff",
      fields: [":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com"],
      table: [":authority: www.example.com"],
      tableBytes: 57,
    },
    {
      name: "C.4.2",
      hex: "828684be5886a8eb10649cbf",
      fields: [":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com", "cache-control: no-cache"],
      table: ["cache-control: no-cache", ":authority: www.example.com"],
      tableBytes: 110,
    },
    {
      name: "C.4.3",
      hex: "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf",
      fields: [
        ":method: GET",
        ":scheme: https",
        ":path: /index.html",
        ":authority: www.example.com",
        "custom-key: custom-value",
      ],
      table: ["custom-key: custom-value", "cache-control: no-cache", ":authority: www.example.com"],
      tableBytes: 164,
    },
  ],
  "C.5": [
    {
      name: "C.5.1",
      hex: "4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d546e1768747470733a2f2f7777772e6578616d706c652e636f6d",
      fields: [
        ":status: 302",
        "cache-control: private",
        "date: Mon, 21 Oct 2013 20:13:21 GMT",
        "location: https://www.example.com",
      ],
      table: [
        "location: https://www.example.com",
        "date: Mon, 21 Oct 2013 20:13:21 GMT",
        "cache-control: private",
        ":status: 302",
      ],
      tableBytes: 222,
    },
    {
      name: "C.5.2",
      hex: "4803333037c1c0bf",
      fields: [
        ":status: 307",
        "cache-control: private",
        "date: Mon, 21 Oct 2013 20:13:21 GMT",
        "location: https://www.example.com",
      ],
      table: [
        ":status: 307",
        "location: https://www.example.com",
        "date: Mon, 21 Oct 2013 20:13:21 GMT",
        "cache-control: private",
      ],
      tableBytes: 222,
    },
    {
      name: "C.5.3",
      hex: "88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f6f3d4153444a4b48514b425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b2076657273696f6e3d31",
      fields: [
        ":status: 200",
        "cache-control: private",
        "date: Mon, 21 Oct 2013 20:13:22 GMT",
        "location: https://www.example.com",
        "content-encoding: gzip",
        "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
      ],
      table: [
        "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
        "content-encoding: gzip",
        "date: Mon, 21 Oct 2013 20:13:22 GMT",
      ],
      tableBytes: 215,
    },
  ],
  "C.6": [
    {
      name: "C.6.1",
      hex: "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3",
      fields: [
        ":status: 302",
        "cache-control: private",
        "date: Mon, 21 Oct 2013 20:13:21 GMT",
        "location: https://www.example.com",
      ],
      table: [
        "location: https://www.example.com",
        "date: Mon, 21 Oct 2013 20:13:21 GMT",
        "cache-control: private",
        ":status: 302",
      ],
      tableBytes: 222,
    },
    {
      name: "C.6.2",
      hex: "4883640effc1c0bf",
      fields: [
        ":status: 307",
        "cache-control: private",
        "date: Mon, 21 Oct 2013 20:13:21 GMT",
        "location: https://www.example.com",
      ],
      table: [
        ":status: 307",
        "location: https://www.example.com",
        "date: Mon, 21 Oct 2013 20:13:21 GMT",
        "cache-control: private",
      ],
      tableBytes: 222,
    },
    {
      name: "C.6.3",
      hex: "88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007",
      fields: [
        ":status: 200",
        "cache-control: private",
        "date: Mon, 21 Oct 2013 20:13:22 GMT",
        "location: https://www.example.com",
        "content-encoding: gzip",
        "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
      ],
      table: [
        "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
        "content-encoding: gzip",
        "date: Mon, 21 Oct 2013 20:13:22 GMT",
      ],
      tableBytes: 215,
    },
  ],
};

describe.each([
  ["C.3", "requests without Huffman coding", false, undefined],
  ["C.4", "requests with Huffman coding", true, undefined],
  ["C.5", "responses without Huffman coding, in a table of 256 octets", false, 256],
  ["C.6", "responses with Huffman coding, in a table of 256 octets", true, 256],
] as const)("%s %s", (group, _what, huffman, tableBytes) => {
  const decoder = new HpackDecoder();
  const encoder = new HpackEncoder({ huffman });
  if (tableBytes !== undefined) {
    encoder.resize(tableBytes);
    const update = encoder.encode([]);
    expect(decoder.decode(update, 0, update.length)).toBeInstanceOf(FieldList);
  }

  // One connection: each example needs the table that the one before left.
  test.each(EXAMPLES[group]!)("$name", (example) => {
    expect(decodeHex(decoder, example.hex).map(printed)).toEqual(example.fields);
    expect(decoder.tableFields().map(printed)).toEqual(example.table);
    expect(decoder.tableBytes).toBe(example.tableBytes);
    expect(hexOf(encoder.encode(example.fields.map(parsed)))).toBe(example.hex);
  });
});

function printed(field: readonly [string, string]): string {
  return field.join(": ");
}

function parsed(line: string): [string, string] {
  const colon = line.indexOf(": ", 1);
  return [line.slice(0, colon), line.slice(colon + 2)];
}
