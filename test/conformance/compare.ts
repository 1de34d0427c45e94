// Our JSON beside Python's for the messages that generate.py made; and back: bytes from Python's JSON that mean the same.
// usage: node compare.js OUT      reads OUT.binpb and OUT.ndjson; see README.md
import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { createFileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { encodeJson, encodeTree } from "../../src/message/encode.js";
import { toJson } from "../../src/message/json.js";
import type { Json } from "../../src/message/json-parser.js";
import { walk } from "../../src/message/walk.js";

interface Line {
  readonly type: string;
  readonly bytes: string;
  readonly json: Json;
}

const MAX_SHOWN = 10;
const [out = ""] = process.argv.slice(2);
const set = fromBinary(FileDescriptorSetSchema, readFileSync(`${out}.binpb`));
const registry = createFileRegistry(set);
const types = new Set<string>();
let messages = 0;
let differences = 0;

function shown(value: unknown): string {
  return String(JSON.stringify(value)).slice(0, 2000);
}

function check(what: string, type: string, ours: unknown, theirs: unknown): void {
  if (isDeepStrictEqual(ours, theirs)) return;
  if (++differences <= MAX_SHOWN) console.log(`${what} ${type}\n  ours   ${shown(ours)}\n  theirs ${shown(theirs)}`);
}

for (const text of readFileSync(`${out}.ndjson`, "utf8").split("\n")) {
  if (text === "") continue;
  const { type, bytes: encoded, json }: Line = JSON.parse(text);
  const descriptor = registry.getMessage(type);
  if (descriptor === undefined) throw new Error(`no type ${type}`);
  messages++;
  types.add(type);
  try {
    const bytes = Buffer.from(encoded, "base64");
    const tree = walk(bytes, descriptor, registry);
    check("bytes to JSON", type, JSON.parse(toJson(tree, registry).text), json);
    check("tree to bytes", type, Buffer.from(encodeTree(tree)), bytes);
    const back = encodeJson(typeof json === "string" ? JSON.stringify(json) : json, descriptor, registry);
    check("JSON to bytes to JSON", type, JSON.parse(toJson(walk(back, descriptor, registry), registry).text), json);
  } catch (error) {
    check("threw", type, String(error), undefined);
  }
}
console.log(`${set.file.length} files, ${types.size} message types, ${messages} messages, ${differences} differences`);
process.exitCode = differences === 0 ? 0 : 1;
