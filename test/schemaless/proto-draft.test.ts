// .proto files out of messages: protobufjs accepts them, and reads and writes every message seen as it came.
import { readFileSync } from "node:fs";
import protobuf from "protobufjs";
import { describe, expect, test } from "vitest";
import { ProtoDraft } from "../../src/schemaless/proto-draft.js";
import { SchemalessReader } from "../../src/schemaless/schemaless-reader.js";
import { message, number, payload } from "./payloads.js";

const METHOD = "/acme.v1.Things/Get";

function draft(messages: readonly Uint8Array[], reader = new SchemalessReader()): string {
  const proto = new ProtoDraft(reader);
  for (const bytes of messages) proto.add(METHOD, "server", bytes);
  return proto.files().get("acme.v1")!;
}

/** Reads and writes each message by the file. */
function checkSame(text: string, type: string, messages: readonly Uint8Array[]): void {
  const found = protobuf.parse(text, { keepCase: true }).root.resolveAll().lookupType(type);
  for (const bytes of messages)
    expect(Buffer.from(found.encode(found.decode(bytes)).finish())).toEqual(Buffer.from(bytes));
}

const ROWS = readFileSync(new URL("../vectors/schemaless/train.jsonl", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as { t: string; b64: string });

/** Written by a serializer that does not keep to the order of numbers: no other would write them so. */
function isInOrder(bytes: Uint8Array): boolean {
  const numbers = new SchemalessReader().guess("", "server", bytes).tree.fields.map((field) => field.number);
  return numbers.every((value, at) => at === 0 || value >= numbers[at - 1]!);
}

describe("the file of a package", () => {
  test("reads and writes every message of the sample as it came", () => {
    const proto = new ProtoDraft(new SchemalessReader());
    const byType = new Map<string, Buffer[]>();
    for (const { t, b64 } of ROWS) byType.set(t, [...(byType.get(t) ?? []), Buffer.from(b64, "base64")]);
    for (const [type, messages] of byType) if (!messages.every(isInOrder)) byType.delete(type);
    for (const [type, messages] of byType)
      for (const bytes of messages) proto.add(`/acme.v1.Things/Get_${type}`, "server", bytes);
    const text = proto.files().get("acme.v1")!;
    expect(byType.size).toBeGreaterThan(40);
    const service = protobuf.parse(text, { keepCase: true }).root.resolveAll().lookupService("acme.v1.Things");
    for (const [type, messages] of byType)
      checkSame(text, `acme.v1.${service.methods[`Get_${type}`]!.responseType}`, messages);
  });

  test("has services, methods with their streams, and examples", () => {
    const proto = new ProtoDraft(new SchemalessReader());
    proto.add(METHOD, "client", number(1, 7));
    proto.add(METHOD, "server", payload(1, "Rotterdam"));
    proto.streams(METHOD, "server");
    proto.add("/other.Service/Call", "client", number(1, 7));
    const files = proto.files();
    expect([...files.keys()]).toEqual(["acme.v1", "other"]);
    expect(files.get("acme.v1")).toContain(
      "package acme.v1;\n\nservice Things {\n  rpc Get(GetRequest) returns (stream GetResponse);\n}",
    );
    expect(files.get("acme.v1")).toContain('  // As in "Rotterdam"\n  optional string field_1 = 1;');
  });

  test("calls a type that several methods have what their names end in, and the messages in it after it", () => {
    const proto = new ProtoDraft(new SchemalessReader());
    const order = (id: number) =>
      message(
        number(1, id),
        payload(2, `c${id}@example.com`),
        payload(3, message(number(1, id), payload(2, "x"), payload(3, "y"))),
        number(4, 9),
      );
    for (const [method, side] of [
      ["PutOrder", "client"],
      ["PutOrder", "server"],
      ["GetOrder", "server"],
      ["Watch", "server"],
    ] as const)
      for (const id of [3, 300, 70_000]) proto.add(`/shop.v1.Orders/${method}`, side, order(id));
    for (const method of ["GetOrder", "Watch"]) proto.add(`/shop.v1.Orders/${method}`, "client", number(1, 3));
    const text = proto.files().get("shop.v1")!;
    expect(text).toContain("rpc PutOrder(Order) returns (Order);");
    expect(text).toContain("rpc GetOrder(GetOrderRequest) returns (Order);");
    expect(text).toContain("rpc Watch(WatchRequest) returns (Order);");
    expect(text).toContain("message Order_3 {");
  });

  test("says what all values of a field look like, and nothing where some do not", () => {
    const ids = ["0f8fad5b-d9cb-469f-a165-70867728950e", "7c9e6679-7425-40de-944b-e07fc1f90ae7"];
    const times = [1_700_000_000, 1_710_000_000];
    const text = draft(
      ids.map((id, at) =>
        message(
          payload(1, id),
          payload(2, number(1, times[at]!), number(2, 5000)),
          payload(3, at === 0 ? id : "none of that form"),
          payload(
            4,
            new Uint8Array(20).map((_, octet) => 251 - 11 * octet - at),
          ),
        ),
      ),
    );
    expect(text).toContain(`  // Looks like UUID. As in "${ids[0]}"`);
    expect(text).toContain("  // Looks like google.protobuf.Timestamp.\n  optional GetResponse_2 field_2 = 2;");
    expect(text).toMatch(/\n {2}\/\/ As in [^\n]*\n {2}optional string field_3 = 3;/);
    expect(text).toMatch(/\n {2}\/\/ May be SHA-1\. As in [^\n]*\n {2}optional bytes field_4 = 4;/);
  });

  test("has a type once that is met in several places, and in itself", () => {
    const leaf = (name: string, ...inside: Uint8Array[]) =>
      message(
        payload(1, name),
        number(2, 300_000),
        payload(3, `path/to/${name}`),
        ...inside.map((it) => payload(4, it)),
      );
    const messages = [
      message(payload(1, leaf("root", leaf("left", leaf("deep", leaf("deeper")))))),
      message(payload(1, leaf("other", leaf("right"), leaf("more")))),
    ];
    const text = draft(messages);
    expect(text.match(/^message /gm)).toHaveLength(3);
    expect(text).toContain("message GetResponse_1 {");
    expect(text).toContain("  repeated GetResponse_1 field_4 = 4;");
    checkSame(text, "acme.v1.GetResponse", messages);
  });

  test("tells numbers that are packed from those that are not", () => {
    const messages = [
      message(
        payload(1, Uint8Array.from([3, 142, 2, 158, 167, 5, 3, 3, 3, 142, 2])),
        number(2, 5),
        number(2, 6),
        number(2, 7),
      ),
    ];
    const text = draft(messages);
    expect(text).toContain("  repeated int32 field_1 = 1;");
    expect(text).toContain("  repeated int32 field_2 = 2 [packed = false];");
    checkSame(text, "acme.v1.GetResponse", messages);
  });

  test("keeps zeros that were sent", () => {
    const messages = [message(number(1, 0), payload(2, ""), number(3, 0))];
    checkSame(draft(messages), "acme.v1.GetResponse", messages);
  });

  test("says where no serializer would write a message as it came", () => {
    expect(draft([message(number(2, 7), number(1, 3))])).toContain("not in the order of their numbers");
    expect(draft([message(number(1, 7), number(2, 3))])).not.toContain("not in the order of their numbers");
  });

  test("has groups, by proto2", () => {
    const group = Uint8Array.from([0x1b, 0x08, 0x05, 0x12, 0x03, 0x61, 0x62, 0x63, 0x1c]);
    const messages = [message(number(1, 7), group)];
    const text = draft(messages);
    expect(text).toContain('syntax = "proto2";');
    expect(text).toContain("optional group Group_3 = 3 {");
    checkSame(text, "acme.v1.GetResponse", messages);
  });

  test("has the names and types that the user gave", () => {
    const reader = new SchemalessReader();
    reader.types.set(METHOD, "server", "1", { name: "delta", type: "sint32" });
    expect(draft([number(1, 3)], reader)).toContain("  optional sint32 delta = 1;");
  });

  test("makes names of whatever a method is called", () => {
    const proto = new ProtoDraft(new SchemalessReader());
    proto.add('/1 "x";/}\n', "client", number(1, 3));
    const [[name, text]] = [...proto.files()] as [[string, string]];
    expect(name).toBe("");
    expect(() => protobuf.parse(text)).not.toThrow();
  });
});
