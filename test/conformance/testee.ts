// Protobuf's conformance tests asked of our walker, JSON printer and JSON reader: the program that the runner starts.
// usage: node testee.js DESCRIPTOR_SET [decode]      see README.md
import { readFileSync, readSync, writeSync } from "node:fs";
import { create, createFileRegistry, fromBinary, isFieldSet, toBinary } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { encodeJson } from "../../src/message/encode.js";
import { toJson } from "../../src/message/json.js";
import { problemsOf } from "../../src/message/problem-list.js";
import { isFatal } from "../../src/message/problems.js";
import { walk } from "../../src/message/walk.js";

const [path = "", only = ""] = process.argv.slice(2);
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(path)));
const Request = registry.getMessage("conformance.ConformanceRequest")!;
const Response = registry.getMessage("conformance.ConformanceResponse")!;

/** conformance.WireFormat */
const FORMAT = { protobuf: 1, json: 2 } as const;
/** conformance.TestCategory.JSON_IGNORE_UNKNOWN_PARSING_TEST */
const IGNORE_UNKNOWN = 3;

type Answer = readonly [field: string, value: string | Uint8Array];

function answer(bytes: Uint8Array): Answer {
  const message = fromBinary(Request, bytes);
  const request = reflect(Request, message);
  const get = (name: string): unknown => {
    const field = Request.fields.find((candidate) => candidate.name === name)!;
    return isFieldSet(message, field) ? request.get(field) : undefined;
  };
  const typeName = String(get("message_type"));
  if (typeName === "conformance.FailureSet") return ["protobuf_payload", new Uint8Array()];
  const type = registry.getMessage(typeName);
  if (type === undefined) return ["skipped", `no type ${typeName}`];
  const format = get("requested_output_format");
  const payload = get("protobuf_payload");
  const json = get("json_payload");
  if (format !== FORMAT.json && format !== FORMAT.protobuf) return ["skipped", "output format"];
  if (typeof json === "string") {
    if (only === "decode") return ["skipped", "input format"];
    let encoded: Uint8Array;
    try {
      encoded = encodeJson(json, type, registry, { ignoreUnknown: get("test_category") === IGNORE_UNKNOWN });
    } catch (error) {
      return ["parse_error", String(error)];
    }
    return format === FORMAT.protobuf ? ["protobuf_payload", encoded] : print(encoded, typeName);
  }
  if (!(payload instanceof Uint8Array)) return ["skipped", "input format"];
  if (format === FORMAT.json) return print(payload, typeName);
  if (only === "decode") return ["skipped", "output format"];
  // We pass on octets as they came, so there is nothing to compare; but what is no message has to be told.
  const fatal = problemsOf(walk(payload, type, registry)).find(isFatal);
  return fatal === undefined ? ["skipped", "output format"] : ["parse_error", fatal.message];
}

function print(bytes: Uint8Array, typeName: string): Answer {
  const { text, problems } = toJson(walk(bytes, registry.getMessage(typeName), registry), registry);
  const fatal = problems.find((problem) => isFatal(problem) || UNPRINTABLE.has(problem.code));
  if (fatal === undefined) return ["json_payload", text];
  const where = `${fatal.path}: ${fatal.message}`;
  return UNPRINTABLE.has(fatal.code) ? ["serialize_error", where] : ["parse_error", where];
}

const UNPRINTABLE: ReadonlySet<string> = new Set(["ERR_NO_JSON_FORM", "ERR_UNKNOWN_TYPE", "ERR_JSON_TOO_LONG"]);

function respond([name, value]: Answer): Uint8Array {
  const response = create(Response);
  reflect(Response, response).set(Response.fields.find((field) => field.name === name)!, value);
  return toBinary(Response, response);
}

function read(size: number): Buffer | undefined {
  const buffer = Buffer.alloc(size);
  for (let at = 0; at < size; ) {
    const count = readSync(0, buffer, at, size - at, null);
    if (count === 0) return undefined;
    at += count;
  }
  return buffer;
}

function write(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(1, bytes, at);
}

for (let head = read(4); head !== undefined; head = read(4)) {
  const request = read(head.readUInt32LE(0));
  if (request === undefined) break;
  let result: Answer;
  try {
    result = answer(request);
  } catch (error) {
    result = ["runtime_error", String(error)];
  }
  const bytes = respond(result);
  const size = Buffer.alloc(4);
  size.writeUInt32LE(bytes.length);
  write(Buffer.concat([size, bytes]));
}
