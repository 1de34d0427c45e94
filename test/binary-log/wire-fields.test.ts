import fc from "fast-check";
import { expect, test } from "vitest";
import { fieldsOf, logFields, wireValue } from "../../src/binary-log/wire-fields.js";
import type { Field } from "../../src/model/fields.js";

const name = fc.constantFrom(
  ...[":path", ":authority", "te", "user-agent", "grpc-timeout", "grpc-trace-bin", "grpc-status-details-bin"],
  ...["x-id", "x-key-bin", "", "-bin", "X-ODD"],
);
const latin1 = fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes).toString("latin1"));
const value = fc.oneof(
  latin1,
  latin1.map((text) => Buffer.from(text, "latin1").toString("base64")),
  latin1.map((text) => Buffer.from(text, "latin1").toString("base64").replace(/=+$/, "")),
  fc.constantFrom("", ",", "AQI=,AwQ", "AQI , AwQ=", "not base64!", "\0\u0001\u0002"),
);
const fields = fc.array(fc.tuple(name, value) as fc.Arbitrary<Field>, { maxLength: 12 });

test("a list comes back as it was on the wire", () => {
  fc.assert(
    fc.property(fields, (given) => {
      const { metadata, plan } = logFields(given);
      expect(fieldsOf(metadata, JSON.parse(JSON.stringify(plan)))).toEqual(given);
    }),
  );
});

test("others see what a logger writes: no fields of gRPC's own, and binary values as octets", () => {
  const { metadata } = logFields([
    [":path", "/a.B/Get"],
    ["content-type", "application/grpc"],
    ["grpc-encoding", "gzip"],
    ["x-id", "7"],
    ["x-key-bin", "AQI="],
    ["x-key-bin", "AwQ,BQ"],
    ["grpc-trace-bin", "Bg"],
    ["x-broken-bin", "!"],
  ]);
  expect(metadata).toEqual([
    ["x-id", "7"],
    ["x-key-bin", "\u0001\u0002"],
    ["x-key-bin", "\u0003\u0004"],
    ["x-key-bin", "\u0005"],
    ["grpc-trace-bin", "\u0006"],
  ]);
  expect(metadata.map(wireValue)).toEqual(["7", "AQI", "AwQ", "BQ", "Bg"]);
});

test("a plan that does not fit is none, whatever it is", () => {
  fc.assert(
    fc.property(fields, fc.jsonValue({ maxDepth: 3 }), (given, plan) => {
      const told = fieldsOf(given, plan);
      if (told === undefined) return;
      expect(told.every((field) => field.length === 2 && field.every((part) => typeof part === "string"))).toBe(true);
    }),
  );
});
