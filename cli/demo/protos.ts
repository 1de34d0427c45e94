// From the files of proto-samples/ to gRPC method definitions, by way of protobufjs's reflection.
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { MethodDefinition } from "@grpc/grpc-js";
import protobuf from "protobufjs";
import type { Methods } from "./messages.js";

/** The folder proto-samples/: next to `cli` in the sources, next to `dist` once compiled. */
export const PROTO_SAMPLES = findUpwards(dirname(fileURLToPath(import.meta.url)), join("proto-samples", "users.proto"));

/** The contracts the demo speaks; with them framelens can name every field but those of {@link LEGACY_PROTO}. */
export const DEMO_PROTO_FILES: readonly string[] = [
  "users.proto",
  "metrics.proto",
  "chat.proto",
  "grpc/health/v1/health.proto",
].map((name) => join(PROTO_SAMPLES, name));

/** A service whose contract nobody has any more: kept out of the files, so that the demo shows calls without a schema. */
const LEGACY_PROTO = `syntax = "proto3";
package acme.legacy;
service PricingEngine { rpc Quote(QuoteRequest) returns (QuoteReply); }
message QuoteRequest { string sku = 1; int32 quantity = 2; int32 customer = 3; }
message QuoteReply {
  string sku = 1; sint64 cents = 2; string currency = 3; repeated Discount discounts = 4; fixed64 expires = 5;
  message Discount { string code = 1; float percent = 2; }
}`;

/** A message that is encoded already; `compressed` when its bytes are those of the call's grpc-encoding. */
export interface EncodedMessage {
  readonly encoded: Buffer;
  readonly compressed: boolean;
}

/** Definitions that also take {@link EncodedMessage} for an answer. */
export type DemoMethods = { readonly [Name in keyof Methods]: DemoMethod<Methods[Name][0], Methods[Name][1]> };

export interface DemoMethod<Request, Response> extends MethodDefinition<Request, Response> {
  /** The bytes of one answer. */
  encodeResponse(response: Response): Buffer;
}

/** Reads the .proto files (about 10 ms) and gives each method its definition. */
export function loadMethods(): DemoMethods {
  const root = new protobuf.Root();
  root.loadSync([...DEMO_PROTO_FILES]);
  protobuf.parse(LEGACY_PROTO, root);
  root.resolveAll();
  const users = "framelens.demo.v1.UserService";
  return {
    getUser: methodOf(root, users, "GetUser"),
    batchGetUsers: methodOf(root, users, "BatchGetUsers"),
    listUsers: methodOf(root, users, "ListUsers"),
    updateUser: methodOf(root, users, "UpdateUser"),
    getPhoto: methodOf(root, users, "GetPhoto"),
    setPhoto: methodOf(root, users, "SetPhoto"),
    deleteUser: methodOf(root, users, "DeleteUser"),
    uploadMetrics: methodOf(root, "framelens.demo.v1.MetricsService", "UploadMetrics"),
    chatSession: methodOf(root, "framelens.demo.v1.ChatService", "ChatSession"),
    healthCheck: methodOf(root, "grpc.health.v1.Health", "Check"),
    healthWatch: methodOf(root, "grpc.health.v1.Health", "Watch"),
    quote: methodOf(root, "acme.legacy.PricingEngine", "Quote"),
  };
}

function methodOf<Request extends object, Response extends object>(
  root: protobuf.Root,
  serviceName: string,
  methodName: string,
): DemoMethod<Request, Response> {
  const service = root.lookupService(serviceName);
  const method = service.methods[methodName];
  if (method === undefined) throw new Error(`${serviceName} has no method ${methodName}`);
  const request = codecOf<Request>(service.lookupType(method.requestType));
  const response = codecOf<Response>(service.lookupType(method.responseType));
  return {
    path: `/${serviceName}/${methodName}`,
    originalName: methodName,
    requestStream: method.requestStream === true,
    responseStream: method.responseStream === true,
    requestSerialize: request.encode,
    requestDeserialize: request.decode,
    responseSerialize: (value) => (isEncoded(value) ? frameable(value) : response.encode(value)),
    responseDeserialize: response.decode,
    encodeResponse: response.encode,
  };
}

/** Encodes plain objects; decoded ones have their defaults filled in, numbers for 64 bits, and names for enum values. */
export function codecOf<Message extends object>(type: protobuf.Type) {
  return {
    encode: (message: Message): Buffer => Buffer.from(type.encode(type.fromObject(message)).finish()),
    decode: (bytes: Uint8Array): Message =>
      type.toObject(type.decode(bytes), { longs: Number, enums: String, defaults: true }) as Message,
  };
}

function isEncoded(value: object): value is EncodedMessage {
  return "encoded" in value && "compressed" in value;
}

/**
 * grpc-js has no compressed answers: its server writes the five-byte prefix itself, always with the flag 0, and then calls
 * `copy` on what the serializer gave it. So the bytes set the flag themselves at that moment.
 */
function frameable({ encoded, compressed }: EncodedMessage): Buffer {
  if (!compressed) return encoded;
  const bytes = Buffer.from(encoded.buffer, encoded.byteOffset, encoded.byteLength);
  bytes.copy = (target, targetStart, ...rest) => {
    target[0] = 1;
    return Buffer.prototype.copy.call(bytes, target, targetStart, ...rest);
  };
  return bytes;
}

function findUpwards(start: string, wanted: string): string {
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, wanted))) return dirname(join(folder, wanted));
    if (dirname(folder) === folder)
      throw new Error(`${wanted} is in no folder above ${start}; is the package complete?`);
  }
}
