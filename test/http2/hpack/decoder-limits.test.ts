// A header block cannot make the decoder keep more than its limits (the HPACK bomb, CVE-2016-6581, and many tiny fields).
import { describe, expect, test } from "vitest";
import { HpackDecoder, MAX_FIELD_BYTES, MAX_FIELDS } from "../../../src/http2/hpack/decoder.js";
import { HpackEncoder } from "../../support/hpack-encoder.js";
import { decodeFields, decodeHex, decodeList } from "./blocks.js";

const METHOD = 0x82; // ":method: GET", 10 octets

describe("limits", () => {
  test("fields past the count are counted, not kept", () => {
    const list = decodeList(new HpackDecoder({ maxFields: 3 }), Uint8Array.of(METHOD, METHOD, METHOD, METHOD, METHOD));
    expect(list.fields).toHaveLength(3);
    expect(list.droppedFields).toBe(2);
    expect(list.fieldBytes).toBe(30);
  });

  test("fields past the octets are counted, not kept, and so are smaller ones after them", () => {
    const decoder = new HpackDecoder({ maxFieldBytes: 25 });
    const list = decodeList(decoder, Uint8Array.of(METHOD, 0x84, METHOD, 0x84));
    expect(list.fields).toEqual([
      [":method", "GET"],
      [":path", "/"],
    ]);
    expect(list.droppedFields).toBe(2);
  });

  test("fields that reach the octets exactly are kept", () => {
    const list = decodeList(new HpackDecoder({ maxFieldBytes: 20 }), Uint8Array.of(METHOD, METHOD, METHOD));
    expect(list).toMatchObject({ fieldBytes: 20, droppedFields: 1 });
  });

  test("a block of 1 MiB of one-octet fields keeps 4,096", () => {
    const list = decodeList(new HpackDecoder(), new Uint8Array(1024 * 1024).fill(METHOD));
    expect(list.fields).toHaveLength(MAX_FIELDS);
    expect(list.droppedFields).toBe(1024 * 1024 - MAX_FIELDS);
  });

  test("a big entry named 16,000 times is one string, and 1 MiB of it is kept at most", () => {
    const decoder = new HpackDecoder();
    const value = "v".repeat(4000);
    const [entry] = decodeFields(decoder, new HpackEncoder().encode([["x", value]]));
    const list = decodeList(decoder, new Uint8Array(16_000).fill(0xbe));
    expect(new Set(list.fields)).toEqual(new Set([entry]));
    expect(list.fields).toHaveLength(Math.floor(MAX_FIELD_BYTES / 4001));
    expect(list.fields.length + list.droppedFields).toBe(16_000);
    expect(list.fieldBytes).toBeLessThanOrEqual(MAX_FIELD_BYTES);
  });

  test("the table goes on being followed past the limits", () => {
    const decoder = new HpackDecoder({ maxFields: 1 });
    const list = decodeList(
      decoder,
      new HpackEncoder().encode([
        ["a", "1"],
        ["b", "2"],
        ["c", "3"],
      ]),
    );
    expect(list).toMatchObject({ fields: [["a", "1"]], droppedFields: 2 });
    expect(decoder.tableFields()).toEqual([
      ["c", "3"],
      ["b", "2"],
      ["a", "1"],
    ]);
    expect(decodeHex(decoder, "be")).toEqual([["c", "3"]]);
  });

  test("a problem past the limits is still a problem", () => {
    const decoder = new HpackDecoder({ maxFields: 0 });
    expect(decoder.decode(Uint8Array.of(METHOD, 0x80), 0, 2)).toMatchObject({ code: "ERR_HPACK_INDEX_ZERO" });
  });

  test("a size update after a field that was not kept is late too", () => {
    const decoder = new HpackDecoder({ maxFields: 0 });
    expect(decoder.decode(Uint8Array.of(METHOD, 0x20), 0, 2)).toMatchObject({ code: "ERR_HPACK_UPDATE_LATE" });
  });
});
