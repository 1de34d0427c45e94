// The messages of server reflection (grpc/reflection/v1/reflection.proto; v1alpha has the same fields), written and read by hand.
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { eachDelimited, eachField, WireType } from "../../message/each-field.js";

/** In the order in which they are tried. */
export const REFLECTION_VERSIONS = ["v1", "v1alpha"] as const;
export type ReflectionVersion = (typeof REFLECTION_VERSIONS)[number];

export function reflectionPath(version: ReflectionVersion): string {
  return `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
}

const PATHS: ReadonlySet<string> = new Set(REFLECTION_VERSIONS.map(reflectionPath));

export function isReflectionMethod(method: string): boolean {
  return PATHS.has(method);
}

/** What a server can be asked. */
export type ReflectionQuery =
  /** Full name of a service, message, enum, method, extension. */
  | { readonly kind: "symbol"; readonly name: string }
  /** As it stands in an import. */
  | { readonly kind: "file"; readonly name: string }
  | { readonly kind: "extension"; readonly type: string; readonly number: number }
  | { readonly kind: "services" };

/** Files in an answer, imports of a file, services of a server: each costs memory of ours beyond its octets. googleapis has 6,000 files. */
const MAX_ITEMS = 10_000;

const UTF8 = new TextDecoder();

/** Field numbers of ServerReflectionRequest. */
const REQUEST = { file: 3, symbol: 4, extension: 5, services: 7 } as const;
/** Field numbers of ServerReflectionResponse. */
const RESPONSE = { files: 4, services: 6, error: 7 } as const;

/** @returns a ServerReflectionRequest */
export function encodeQuery(query: ReflectionQuery): Uint8Array {
  const writer = new BinaryWriter();
  switch (query.kind) {
    case "symbol":
      writer.tag(REQUEST.symbol, WireType.LengthDelimited).string(query.name);
      break;
    case "file":
      writer.tag(REQUEST.file, WireType.LengthDelimited).string(query.name);
      break;
    case "extension":
      // ExtensionRequest: containing_type = 1, extension_number = 2
      writer.tag(REQUEST.extension, WireType.LengthDelimited).fork();
      writer.tag(1, WireType.LengthDelimited).string(query.type);
      writer.tag(2, WireType.Varint).int32(query.number);
      writer.join();
      break;
    case "services":
      // The text of it is not used; servers look at which field is set.
      writer.tag(REQUEST.services, WireType.LengthDelimited).string("*");
      break;
    default:
      query satisfies never;
  }
  return writer.finish();
}

export type ReflectionAnswer =
  /** Each a FileDescriptorProto as the server sent it; views of the answer's bytes. */
  | { readonly kind: "files"; readonly files: readonly Uint8Array[] }
  | { readonly kind: "services"; readonly names: readonly string[] }
  /** A gRPC status code and the server's words. */
  | { readonly kind: "error"; readonly code: number; readonly message: string }
  /** Of a kind that nobody asked for. */
  | { readonly kind: "other" }
  /** No ServerReflectionResponse. */
  | { readonly kind: "malformed"; readonly reason: string };

/** Reads a ServerReflectionResponse; never throws. The last member of the oneof counts, as protobuf has it. */
export function readAnswer(bytes: Uint8Array): ReflectionAnswer {
  try {
    let answer: ReflectionAnswer = { kind: "other" };
    eachDelimited(bytes, (number, value) => {
      if (number === RESPONSE.files) answer = { kind: "files", files: filesIn(value) };
      else if (number === RESPONSE.services) answer = { kind: "services", names: servicesIn(value) };
      else if (number === RESPONSE.error) answer = errorIn(value);
    });
    return answer;
  } catch (error) {
    return { kind: "malformed", reason: error instanceof Error ? error.message : String(error) };
  }
}

/** What the walk along imports needs of a file. */
export interface FileFacts {
  readonly name: string;
  readonly imports: readonly string[];
}

/** Reads name and imports of a FileDescriptorProto. @returns undefined when it is none; never throws */
export function readFileFacts(bytes: Uint8Array): FileFacts | undefined {
  let name = "";
  const imports: string[] = [];
  try {
    // FileDescriptorProto: name = 1, dependency = 3
    eachDelimited(bytes, (number, value) => {
      if (number === 1) name = UTF8.decode(value);
      else if (number === 3) add(imports, UTF8.decode(value));
    });
  } catch {
    return undefined;
  }
  return name === "" ? undefined : { name, imports };
}

/** FileDescriptorResponse: file_descriptor_proto = 1 */
function filesIn(bytes: Uint8Array): Uint8Array[] {
  const files: Uint8Array[] = [];
  eachDelimited(bytes, (number, value) => {
    if (number === 1) add(files, value);
  });
  return files;
}

/** ListServiceResponse: service = 1; ServiceResponse: name = 1 */
function servicesIn(bytes: Uint8Array): string[] {
  const names: string[] = [];
  eachDelimited(bytes, (number, value) => {
    if (number !== 1) return;
    let name = "";
    eachDelimited(value, (inner, service) => {
      if (inner === 1) name = UTF8.decode(service);
    });
    add(names, name);
  });
  return names;
}

/** ErrorResponse: error_code = 1, error_message = 2 */
function errorIn(bytes: Uint8Array): ReflectionAnswer {
  let code = 0;
  let message = "";
  eachField(bytes, (number, type, reader) => {
    if (number === 1 && type === WireType.Varint) code = reader.int32();
    else if (number === 2 && type === WireType.LengthDelimited) message = reader.string();
    else return false;
    return true;
  });
  return { kind: "error", code, message };
}

function add<T>(list: T[], item: T): void {
  if (list.length >= MAX_ITEMS) throw new Error(`more than ${MAX_ITEMS} items in a list`);
  list.push(item);
}
