// What does not fit among the latest messages, looked for in slices.
import { toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { expect, onTestFinished, test } from "vitest";
import { MessageDecoder } from "../../src/schema/message-decoder.js";
import { MessageReader } from "../../src/session/message-reader.js";
import { MAX_EVENTS, SeenDrifts } from "../../src/session/seen-drifts.js";
import { openedProtos, TemporaryFolder } from "../schema/temporary-folder.js";
import { ALICE, captureOf, METHOD, THINGS_PROTO } from "./message-lab.js";

/** A field that Thing does not have, and one of another wire type. */
const STRANGE = Uint8Array.of(0x78, 1, 0x10, 1);
const never = () => false;

async function schemaOf(proto: string) {
  const folder = await new TemporaryFolder().write({ "things.proto": proto });
  return openedProtos(folder.path);
}

async function seenOf(proto = THINGS_PROTO) {
  const lab = captureOf(undefined);
  const schema = await schemaOf(proto);
  const decoder = new MessageDecoder(schema, true);
  const reader = new MessageReader({ capture: lab.capture, decoder });
  onTestFinished(() => {
    reader.close();
    decoder.close();
  });
  const seen = new SeenDrifts(lab.capture, reader);
  const kinds = () => seen.drifts.map(({ side, path, code, count }) => [side, path, code, count]);
  return { ...lab, schema, seen, kinds };
}

test("each message is looked at once, and each kind is told with its number and first place", async () => {
  const { add, seen, kinds } = await seenOf();
  add("client", ALICE);
  add("server", STRANGE);
  expect(seen.look(never)).toBe(false);
  expect(seen.look(never)).toBe(false);
  add("server", STRANGE);
  seen.look(never);
  expect(seen.checked).toBe(3);
  expect(kinds()).toEqual([
    ["server", "15", "ERR_UNKNOWN_FIELD", 2],
    ["server", "name", "ERR_WIRE_TYPE", 2],
  ]);
  expect(seen.drifts[1]).toMatchObject({ method: METHOD, first: { call: 1, index: 0 } });
  expect(seen.isSample).toBe(false);
});

test("it stops when time is up and goes on from there", async () => {
  const { add, seen } = await seenOf();
  for (let count = 0; count < 3; count++) add("server", STRANGE);
  expect([seen.look(() => true), seen.checked]).toEqual([true, 1]);
  expect([seen.look(() => true), seen.checked]).toEqual([true, 2]);
  expect([seen.look(never), seen.checked]).toEqual([false, 3]);
});

test("what is cleared is forgotten", async () => {
  const { capture, add, seen, kinds } = await seenOf();
  add("server", STRANGE);
  seen.look(never);
  capture.clear();
  expect([kinds(), seen.checked, seen.look(never), seen.isSample]).toEqual([[], 0, false, false]);
  add("server", STRANGE);
  seen.look(never);
  expect([kinds().length, seen.checked, seen.isSample]).toEqual([2, 1, false]);
});

test("a schema that comes late has all looked at again", async () => {
  const { add, schema, seen, kinds } = await seenOf('syntax = "proto3"; message None {}');
  add("server", STRANGE);
  seen.look(never);
  expect([kinds(), seen.checked]).toEqual([[], 0]);
  const { proto } = (await schemaOf(THINGS_PROTO)).message("acme.v1.Thing")!.file;
  schema.addDescriptors("late", [toBinary(FileDescriptorProtoSchema, proto)]);
  seen.look(never);
  expect([kinds().length, seen.checked]).toEqual([2, 1]);
});

test("of more events than there is time for, the latest are looked at, and it says so", async () => {
  const { capture, add, seen } = await seenOf();
  add("server", STRANGE);
  for (let count = 0; count < MAX_EVENTS; count++) capture.problem(1, undefined, 1, "ERR_X", "what");
  add("server", ALICE);
  seen.look(never);
  expect([seen.drifts, seen.checked, seen.isSample]).toEqual([[], 1, true]);
});
