// The types that are told as methods come to be called: each file once, and what it imports before it.
import { expect, test } from "vitest";
import { splitDescriptorSet } from "../../src/schema/descriptor-bytes.js";
import { NewTypes } from "../../src/schema/new-types.js";
import { SchemaSet } from "../../src/schema/schema-set.js";
import { namesOf, protoFile } from "./reflection-lab.js";
import { openedProtos, TemporaryFolder } from "./temporary-folder.js";

const told = (types: NewTypes, method: string) =>
  namesOf(splitDescriptorSet(types.of(method) ?? new Uint8Array(0)).files);

test("each file is told once, those that others import first", async () => {
  const folder = await new TemporaryFolder().write({
    "base.proto": 'syntax = "proto3"; message Base {}',
    "a.proto": 'syntax = "proto3"; import "base.proto"; service A { rpc Get(Base) returns (Base); }',
    "b.proto": 'syntax = "proto3"; import "base.proto"; service B { rpc Get(Base) returns (Base); }',
  });
  const types = new NewTypes(await openedProtos(folder.path));
  expect(told(types, "/A/Get")).toEqual(["base.proto", "a.proto"]);
  expect(told(types, "/A/Get")).toEqual([]);
  expect(told(types, "/B/Get")).toEqual(["b.proto"]);
  expect(told(types, "/C/Get")).toEqual([]);
  types.close();
});

test("what comes to be known later is told then, and what is known is not told again", () => {
  const schema = new SchemaSet();
  const types = new NewTypes(schema);
  expect(told(types, "/acme.v1.One/Get")).toEqual([]);
  const names: (string | undefined)[] = [];
  for (const name of ["One", "Two", "Three"]) {
    schema.addDescriptors("told by a server", [protoFile(`${name}.proto`, { service: `acme.v1.${name}` })]);
    for (const service of ["One", "Two", "Three"]) names.push(...told(types, `/acme.v1.${service}/Get`));
  }
  expect(names).toEqual(["One.proto", "Two.proto", "Three.proto"]);
  types.close();
  schema.close();
});
