// JSON as grpcurl reads it: masks as messages, wherever they stand, and all else as it was.
import { describe, expect, onTestFinished, test } from "vitest";
import { grpcurlJson } from "../../src/message/grpcurl-json.js";
import { MessageDecoder } from "../../src/schema/message-decoder.js";
import { openedProtos, TemporaryFolder } from "../schema/temporary-folder.js";

const PROTO = `syntax = "proto3";
package a;
import "google/protobuf/field_mask.proto";
message Get {
  google.protobuf.FieldMask read_mask = 1;
  repeated google.protobuf.FieldMask masks = 2;
  map<string, Get> by_name = 3;
  string text = 4;
  double number = 5;
}
service Things { rpc Get(Get) returns (Get); }
`;

async function type() {
  const folder = await new TemporaryFolder().write({ "a.proto": PROTO });
  const decoder = new MessageDecoder(await openedProtos(folder.path), false);
  onTestFinished(() => decoder.close());
  return decoder.typeOf("/a.Things/Get", "client")!.type;
}

describe("JSON for grpcurl", () => {
  test("has masks as the messages they are", async () => {
    const json = {
      readMask: "name,address.postalCode",
      masks: ["a", ""],
      byName: { x: { readMask: "b", text: "readMask" } },
    };
    expect(JSON.parse(grpcurlJson(JSON.stringify(json), await type()))).toEqual({
      readMask: { paths: ["name", "address.postal_code"] },
      masks: [{ paths: ["a"] }, { paths: [] }],
      byName: { x: { readMask: { paths: ["b"] }, text: "readMask" } },
    });
  });

  test("is the text as it was where there is none", async () => {
    const text = '{"text": "a", "number": 1.0e300, "byName": {"x": {}}}';
    expect(grpcurlJson(text, await type())).toBe(text);
  });
});
