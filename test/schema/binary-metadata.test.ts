// What is inside -bin metadata: by its name, by a hint, as OpenCensus writes it; never what is to be hidden.
import { fileURLToPath } from "node:url";
import { toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Field } from "../../src/model/fields.js";
import { BinaryMetadata, redactedNames } from "../../src/schema/binary-metadata.js";
import { openedProtos, TemporaryFolder } from "./temporary-folder.js";

const USERS = fileURLToPath(new URL("../../proto-samples/users.proto", import.meta.url));
const USER_KEY = "framelens.demo.v1.user-bin";

/** id 1001, name "Alice". */
const ALICE = Buffer.from("08e9071205416c696365", "hex");
/** A phone number, which the schema says is not for everybody. */
const WITH_PHONE = Buffer.concat([ALICE, Buffer.from([0x4a, 3, 0x31, 0x32, 0x33])]);
/** google.rpc.RetryInfo of 1.5 s. */
const RETRY = Buffer.from("0a0808011080cab5ee01", "hex");

const b64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");

async function metadata(mask = true, ...paths: readonly string[]) {
  return new BinaryMetadata(await openedProtos(...(paths.length === 0 ? [USERS] : paths)), mask);
}

async function decode(...fields: readonly Field[]) {
  return (await metadata()).decode(fields);
}

describe("a name that says the type", () => {
  test("is the type's full name in any case, as grpc-java makes it", async () => {
    const json = { id: 1001, name: "Alice" };
    const value = { type: "framelens.demo.v1.User", json };
    expect(await decode([USER_KEY, b64(ALICE)])).toEqual({ [USER_KEY]: [value] });
    expect(await decode(["Framelens.Demo.V1.User-Bin", b64(ALICE)])).toEqual({ [USER_KEY]: [value] });
  });

  test("may be one of google.rpc's, and may be of a type within another", async () => {
    expect(await decode(["google.rpc.retryinfo-bin", b64(RETRY)])).toEqual({
      "google.rpc.retryinfo-bin": [{ type: "google.rpc.RetryInfo", json: { retryDelay: "1.500s" } }],
    });
    const subject = b64(Buffer.from([0x0a, 1, 0x78]));
    expect(await decode(["google.rpc.quotafailure.violation-bin", subject])).toEqual({
      "google.rpc.quotafailure.violation-bin": [{ type: "google.rpc.QuotaFailure.Violation", json: { subject: "x" } }],
    });
  });

  test("may be gRPC's own for the details of an error", async () => {
    const status = Buffer.from([0x08, 5, 0x12, 1, 0x78]);
    expect(await decode(["grpc-status-details-bin", b64(status)])).toEqual({
      "grpc-status-details-bin": [{ type: "google.rpc.Status", json: { code: 5, message: "x" } }],
    });
  });

  test("gives each of several values, joined or not, padded or not", async () => {
    const values = ["COkH", "CAE=", "CAI"];
    const decoded = await decode([USER_KEY, `${values[0]},${values[1]}`], ["te", "trailers"], [USER_KEY, values[2]!]);
    expect(decoded?.[USER_KEY]?.map((value) => "json" in value && value.json)).toEqual([
      { id: 1001 },
      { id: 1 },
      { id: 2 },
    ]);
  });

  test("tells what does not fit the type, and what is not base64, at its place", async () => {
    const decoded = await decode([USER_KEY, `${b64(Buffer.from([0x08, 1, 0x1a, 9]))},*,CAE=`]);
    expect(decoded?.[USER_KEY]).toEqual([
      {
        type: "framelens.demo.v1.User",
        json: { id: 1 },
        problems: [expect.objectContaining({ path: "email", code: "ERR_TRUNCATED" })],
      },
      { problem: { code: "ERR_BASE64", message: expect.any(String) } },
      { type: "framelens.demo.v1.User", json: { id: 1 } },
    ]);
  });
});

describe("a name that hints at a type", () => {
  test.each(["x-user-bin", "user-bin", "demo-user-bin", "x-framelens-user-bin"])(
    "%s is only ever a guess",
    async (name) => {
      expect(await decode([name, b64(ALICE)])).toEqual({
        [name]: [{ type: "framelens.demo.v1.User", json: { id: 1001, name: "Alice" }, guess: true }],
      });
    },
  );

  test("is none when its other words are not in the type's package, or its octets do not fit", async () => {
    expect(await decode(["x-acme-user-bin", b64(ALICE)])).toBeUndefined();
    expect(await decode(["x-user-bin", b64(Buffer.from([0x08, 1, 0x78, 1]))])).toBeUndefined();
    expect(await decode(["x-user-bin", ""])).toBeUndefined();
    expect(await decode(["x-trace-bin", b64(ALICE)])).toBeUndefined();
  });

  test("is none when two types fit, and the one that fits when the other does not", async () => {
    const proto = (name: string, field: string) => `syntax = "proto3"; package ${name}; message Thing { ${field}; }`;
    const folder = await new TemporaryFolder().write({
      "a.proto": proto("a", "int32 id = 1"),
      "b.proto": proto("b", "int32 number = 1"),
      "c.proto": proto("c", "string name = 2"),
    });
    const things = await metadata(true, folder.path);
    expect(things.decode([["x-thing-bin", "CAE="]])).toBeUndefined();
    expect(things.decode([["x-thing-bin", b64(Buffer.from([0x12, 1, 0x78]))]])).toMatchObject({
      "x-thing-bin": [{ type: "c.Thing", guess: true }],
    });
    expect(things.decode([["x-a-thing-bin", "CAE="]])).toMatchObject({ "x-a-thing-bin": [{ type: "a.Thing" }] });
  });
});

describe("metadata of OpenCensus", () => {
  test("is shown as what it is, and as a problem where it is not that", async () => {
    expect(
      await decode(["grpc-tags-bin", b64(Buffer.from([0, 0, 1, 0x61, 1, 0x62]))], ["grpc-trace-bin", "AQ=="]),
    ).toEqual({
      "grpc-tags-bin": [{ format: "census tags", json: { tags: [["a", "b"]] } }],
      "grpc-trace-bin": [{ problem: { code: "ERR_METADATA", message: "not readable as census trace context" } }],
    });
  });
});

describe("what is hidden", () => {
  test("stays hidden inside, and the octets that hold it are named", async () => {
    const fields = [[USER_KEY, b64(WITH_PHONE)]] as const;
    const hidden = (await metadata(true)).decode(fields);
    expect(hidden?.[USER_KEY]).toMatchObject([{ json: { phone: "<redacted>" } }]);
    expect([...redactedNames(hidden ?? {})]).toEqual([USER_KEY]);
    const open = (await metadata(false)).decode(fields);
    expect(open?.[USER_KEY]).toMatchObject([{ json: { phone: "123" } }]);
    expect([...redactedNames(open ?? {})]).toEqual([]);
  });

  test("is not decoded at all where the name says that it is a secret", async () => {
    const proto = 'syntax = "proto3"; package a; message SessionToken { string value = 1; }';
    const folder = await new TemporaryFolder().write({ "a.proto": proto });
    const fields = [["a.sessiontoken-bin", "CgF4"]] as const;
    expect((await metadata(true, folder.path)).decode(fields)).toBeUndefined();
    expect((await metadata(false, folder.path)).decode(fields)).toMatchObject({
      "a.sessiontoken-bin": [{ json: { value: "x" } }],
    });
  });
});

describe("any metadata", () => {
  test("of names without -bin, or without a hint, is nothing", async () => {
    expect(await decode(["te", "trailers"], ["x-unknown-bin", "AAEC"], ["-bin", "AAEC"])).toBeUndefined();
  });

  test("is decoded without throwing, whatever it is called and holds", async () => {
    const reader = await metadata();
    const name = fc.oneof(
      fc.string({ unit: "binary-ascii" }).map((text) => `${text}-bin`),
      fc.constantFrom(USER_KEY, "x-user-bin", "__proto__-bin", "google.rpc.status-bin", "grpc-tags-bin"),
    );
    const value = fc.oneof(fc.string(), fc.uint8Array({ maxLength: 40 }).map(b64));
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value), { maxLength: 8 }), (fields) => {
        const decoded = reader.decode(fields);
        for (const key of Object.keys(decoded ?? {})) expect(key.endsWith("-bin")).toBe(true);
        JSON.stringify(decoded);
      }),
    );
  });

  test("with a name of a megabyte, or ten thousand values, costs no more than what is shown of it", async () => {
    const reader = await metadata();
    for (const piece of ["a", "a-", "a."])
      expect(reader.decode([[`${piece.repeat(500_000)}-bin`, "CAE="]])).toBeUndefined();
    const decoded = reader.decode([[USER_KEY, "CAE=,".repeat(10_000)]]);
    expect(decoded?.[USER_KEY]).toHaveLength(100);
  });

  test("is read anew when the schema has changed", async () => {
    const folder = await new TemporaryFolder().write({ "a.proto": 'syntax = "proto3"; package a; message B {}' });
    const schema = await openedProtos(folder.path);
    const reader = new BinaryMetadata(schema, true);
    expect(reader.decode([["framelens.demo.v1.user-bin", b64(ALICE)]])).toBeUndefined();
    const more = await openedProtos(USERS);
    const file = more.message("framelens.demo.v1.User")!.file;
    schema.addDescriptors("more", [toBinary(FileDescriptorProtoSchema, file.proto)]);
    reader.forget();
    expect(reader.decode([["framelens.demo.v1.user-bin", b64(ALICE)]])).toMatchObject({
      "framelens.demo.v1.user-bin": [{ json: { id: 1001 } }],
    });
  });
});
