import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CENSUS_READERS } from "../../src/rpc/census-metadata.js";

function read(name: string, bytes: readonly number[] | Uint8Array) {
  return CENSUS_READERS.get(name)?.read(Uint8Array.from(bytes));
}

const text = (value: string) => [value.length, ...new TextEncoder().encode(value)];

describe("OpenCensus' binary metadata", () => {
  test("of a trace is that of opencensus-specs, BinaryEncoding.md, 'Valid example'", () => {
    const trace = [75, 249, 47, 53, 119, 179, 77, 166, 163, 206, 146, 157, 0, 14, 71, 54];
    const span = [52, 240, 103, 170, 11, 169, 2, 183];
    expect(read("grpc-trace-bin", [0, 0, ...trace, 1, ...span, 2, 1])).toEqual({
      traceId: "4bf92f3577b34da6a3ce929d000e4736",
      spanId: "34f067aa0ba902b7",
      sampled: true,
    });
  });

  test("of server stats is that of opencensus-specs, CensusServerStatsEncoding.md, 'Valid example'", () => {
    const bytes = [0, 0, 0x38, 0xc7, 0, 0, 0, 0, 0, 0, 1, 0x50, 0xc3, 0, 0, 0, 0, 0, 0, 2, 1];
    expect(read("grpc-server-stats-bin", bytes)).toEqual({
      lbLatencyNs: "51000",
      serverLatencyNs: "50000",
      sampled: true,
    });
  });

  test("of tags has each key with its value, in order, and twice what comes twice", () => {
    const bytes = [0, 0, ...text("client"), ...text("mobile"), 0, ...text("client"), ...text("")];
    expect(read("grpc-tags-bin", bytes)).toEqual({
      tags: [
        ["client", "mobile"],
        ["client", ""],
      ],
    });
  });

  test("may have none of its fields, or later ones that nobody knows yet", () => {
    expect(read("grpc-trace-bin", [0])).toEqual({});
    expect(read("grpc-trace-bin", [0, 2, 0, 9, 1, 2, 3])).toEqual({ sampled: false });
    expect(read("grpc-tags-bin", [0])).toEqual({ tags: [] });
  });

  test.each([
    ["grpc-trace-bin", []],
    ["grpc-trace-bin", [1, 2, 1]],
    ["grpc-trace-bin", [0, 0, 1, 2]],
    ["grpc-server-stats-bin", [0, 1, 1, 2, 3]],
    ["grpc-tags-bin", [0, 0, 5, 1]],
    ["grpc-tags-bin", [0, 0, 1, 65]],
    ["grpc-tags-bin", [0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 1]],
  ])("of %s is not made up from %j", (name, bytes) => {
    expect(read(name, bytes)).toBeUndefined();
  });

  test("is an object or nothing for any octets", () => {
    fc.assert(
      fc.property(fc.constantFrom(...CENSUS_READERS.keys()), fc.uint8Array({ maxLength: 60 }), (name, bytes) => {
        const value = read(name, bytes[0] === 0 ? bytes : [0, ...bytes]);
        expect(value === undefined || typeof JSON.stringify(value) === "string").toBe(true);
      }),
    );
  });
});
