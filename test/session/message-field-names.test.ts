// Names that complete a path into a message: those of the schema, and each a filter then finds its value by.
import { describe, expect, onTestFinished, test } from "vitest";
import { parseFilter } from "../../src/filter/filter.js";
import { valuesAt } from "../../src/filter/message-values.js";
import { MessageDecoder } from "../../src/schema/message-decoder.js";
import { fieldNamesAt } from "../../src/session/message-field-names.js";
import { openedProtos, TemporaryFolder } from "../schema/temporary-folder.js";

const PROTO = `syntax = "proto3";
package a;
import "google/protobuf/timestamp.proto";
enum Level { LOW = 0; HIGH = 1; }
message Inner { string deep_name = 1; Inner again = 2; }
message Thing {
  int32 user_id = 1;
  Level level = 2;
  repeated Inner inner_list = 3;
  map<string, Inner> by_key = 4;
  google.protobuf.Timestamp made_at = 5;
  bool is_on = 6;
  string odd = 7 [json_name = "@odd"];
}
service Things { rpc Get(Thing) returns (Thing); }
`;

async function thing() {
  const folder = await new TemporaryFolder().write({ "a.proto": PROTO });
  const decoder = new MessageDecoder(await openedProtos(folder.path), false);
  onTestFinished(() => decoder.close());
  return decoder.typeOf("/a.Things/Get", "client")!.type;
}

describe("names of fields at a path", () => {
  test("are those of the message, with types, and of enums and bools all values", async () => {
    expect(fieldNamesAt(await thing(), [])).toEqual([
      { name: "user_id", type: "int32", values: [] },
      { name: "level", type: "Level", values: ["LOW", "HIGH"] },
      { name: "inner_list", type: "repeated Inner", values: [] },
      { name: "by_key", type: "map<string, Inner>", values: [] },
      { name: "made_at", type: "Timestamp", values: [] },
      { name: "is_on", type: "bool", values: ["true", "false"] },
      { name: "@odd", type: "string", values: [] },
    ]);
  });

  test("go into messages, lists and maps, by either name, and no further than JSON does", async () => {
    const type = await thing();
    const names = (...path: readonly string[]) => fieldNamesAt(type, path).map(({ name }) => name);
    const inner = ["deep_name", "again"];
    expect(names("inner_list")).toEqual(inner);
    expect(names("innerList", "again", "again")).toEqual(inner);
    expect(names("by_key", "some key")).toEqual(inner);
    expect(names("by_key")).toEqual([]);
    expect(names("made_at")).toEqual([]);
    expect(names("level")).toEqual([]);
    expect(names("nothing", "deep_name")).toEqual([]);
  });

  test("are names that a filter finds values by", async () => {
    const json = { userId: 1, level: "HIGH", innerList: [{}], byKey: { k: {} }, madeAt: "…", isOn: true, "@odd": "x" };
    for (const { name } of fieldNamesAt(await thing(), [])) {
      expect(valuesAt(json, [name]), name).toHaveLength(1);
      expect(parseFilter(`client.message.${name} == 1`).kind).toBe("filter");
    }
  });
});
