import { describe, expect, it } from "vitest";
import { hiddenBytes } from "../../src/message/hidden-bytes.js";
import { toJson } from "../../src/message/json.js";
import { walk } from "../../src/message/walk.js";
import { openSchema } from "../../src/schema/open-schema.js";
import { TemporaryFolder } from "../schema/temporary-folder.js";

const PROTO = `syntax = "proto3";
package acme;
import "google/protobuf/any.proto";
message Card { string number = 1 [debug_redact = true]; uint64 pin = 2 [debug_redact = true]; string name = 3; }
message Order { Card card = 1; google.protobuf.Any extra = 2; repeated Card more = 3 [debug_redact = true]; }`;
const CARD = Buffer.from("0a0434313131 1090b960 1a024a6f".replaceAll(" ", ""), "hex");

async function ofType(name: string) {
  const folder = await new TemporaryFolder().write({ "a.proto": PROTO });
  const schema = await openSchema({ inputs: [{ kind: "proto", path: folder.path }], watch: false });
  return { schema, type: schema.message(name)! };
}

describe("the octets that are shown of a message", () => {
  it("have stars where hidden fields have their values, and can be read as the same type", async () => {
    const { schema, type } = await ofType("acme.Card");
    const shown = hiddenBytes(walk(CARD, type, schema), schema);
    expect(Buffer.from(shown).toString("hex")).toBe("0a042a2a2a2a10aaaa2a1a024a6f");
    expect(toJson(walk(shown, type, schema), schema, {}).problems).toEqual([]);
  });

  it("hide what is within messages, lists and Any, and leave the message itself as it is", async () => {
    const { schema, type } = await ofType("acme.Order");
    const any = Buffer.concat([
      Buffer.from("0a1d", "hex"),
      Buffer.from("type.googleapis.com/acme.Card"),
      Buffer.from([0x12, CARD.length]),
      CARD,
    ]);
    const part = (tag: number, bytes: Buffer) => Buffer.concat([Buffer.from([tag, bytes.length]), bytes]);
    const order = Buffer.concat([part(0x0a, CARD), part(0x12, any), part(0x1a, CARD)]);
    const before = Buffer.from(order);
    const shown = Buffer.from(hiddenBytes(walk(order, type, schema), schema));
    expect(shown.includes("4111")).toBe(false);
    expect(shown.length).toBe(order.length);
    expect(shown.toString("latin1").match(/Jo/g)).toHaveLength(2);
    expect(order.equals(before)).toBe(true);
  });

  it("are the message's own where nothing is hidden", async () => {
    const { schema, type } = await ofType("acme.Card");
    const bytes = Buffer.from("1a024a6f", "hex");
    expect(hiddenBytes(walk(bytes, type, schema), schema)).toBe(bytes);
  });
});
