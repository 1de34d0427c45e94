// What the reflection tests share: reflection's messages as protobufjs reads them, servers that answer as told, descriptors.
import { once } from "node:events";
import http2 from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import { createSecureContext } from "node:tls";
import { create, toBinary } from "@bufbuild/protobuf";
import { FieldDescriptorProto_Type, FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { type Metadata, Server, ServerCredentials } from "@grpc/grpc-js";
import protobuf from "protobufjs";
import { ReadBuffers } from "../../src/relay/chunks.js";
import type { DialOptions } from "../../src/relay/dial.js";
import {
  type ReflectionCall,
  ReflectionClient,
  type ReflectionClientOptions,
} from "../../src/schema/reflection/client.js";
import { readFileFacts } from "../../src/schema/reflection/messages.js";
import type { Peer } from "../../src/schema/reflection/peers.js";
import { dialPeer } from "../../src/schema/reflection/upstream.js";

/** grpc/reflection/v1/reflection.proto without its comments: another reader of the same text than ours. */
const PROTO = `
syntax = "proto3";
message ServerReflectionRequest {
  string host = 1;
  oneof message_request {
    string file_by_filename = 3;
    string file_containing_symbol = 4;
    ExtensionRequest file_containing_extension = 5;
    string all_extension_numbers_of_type = 6;
    string list_services = 7;
  }
}
message ExtensionRequest { string containing_type = 1; int32 extension_number = 2; }
message ServerReflectionResponse {
  string valid_host = 1;
  ServerReflectionRequest original_request = 2;
  oneof message_response {
    FileDescriptorResponse file_descriptor_response = 4;
    ExtensionNumberResponse all_extension_numbers_response = 5;
    ListServiceResponse list_services_response = 6;
    ErrorResponse error_response = 7;
  }
}
message FileDescriptorResponse { repeated bytes file_descriptor_proto = 1; }
message ExtensionNumberResponse { string base_type_name = 1; repeated int32 extension_number = 2; }
message ListServiceResponse { repeated ServiceResponse service = 1; }
message ServiceResponse { string name = 1; }
message ErrorResponse { int32 error_code = 1; string error_message = 2; }
`;
const root = protobuf.parse(PROTO, { keepCase: false }).root;
const requestType = root.lookupType("ServerReflectionRequest");
const responseType = root.lookupType("ServerReflectionResponse");

/** One member of it, as protobufjs names it. */
export interface Request {
  readonly fileByFilename?: string;
  readonly fileContainingSymbol?: string;
  readonly fileContainingExtension?: { readonly containingType: string; readonly extensionNumber: number };
  readonly listServices?: string;
}

export function readRequest(bytes: Uint8Array): Request {
  return requestType.toObject(requestType.decode(bytes)) as Request;
}

const response = (fields: object): Uint8Array => responseType.encode(responseType.create(fields)).finish();
export const filesAnswer = (...files: readonly Uint8Array[]) =>
  response({ validHost: "x", originalRequest: {}, fileDescriptorResponse: { fileDescriptorProto: files } });
export const errorAnswer = (errorCode: number, errorMessage: string) =>
  response({ errorResponse: { errorCode, errorMessage } });
export const servicesAnswer = (...names: readonly string[]) =>
  response({ listServicesResponse: { service: names.map((name) => ({ name })) } });
export const notFound = errorAnswer(5, "not here");

/** A FileDescriptorProto; a service gets one method, Get, from and to a message of its file. */
export function protoFile(name: string, options: { imports?: readonly string[]; service?: string } = {}): Uint8Array {
  const at = options.service?.lastIndexOf(".") ?? -1;
  const inPackage = at < 0 ? "" : options.service!.slice(0, at);
  const service = options.service?.slice(at + 1);
  const type = `${at < 0 ? "" : `.${inPackage}`}.Thing`;
  return toBinary(
    FileDescriptorProtoSchema,
    create(FileDescriptorProtoSchema, {
      name,
      package: inPackage,
      syntax: "proto3",
      dependency: [...(options.imports ?? [])],
      ...(service === undefined
        ? {}
        : {
            messageType: [
              { name: "Thing", field: [{ name: "id", number: 1, type: FieldDescriptorProto_Type.STRING }] },
            ],
            service: [{ name: service, method: [{ name: "Get", inputType: type, outputType: type }] }],
          }),
    }),
  );
}

export const namesOf = (files: readonly Uint8Array[]) => files.map((file) => readFileFacts(file)?.name);

/** A server's files by name, and what is in them by symbol; answers as a well-behaved server does. */
export function answersFrom(files: readonly Uint8Array[], symbols: Readonly<Record<string, string>>): Answers {
  const byName = new Map(files.map((file) => [readFileFacts(file)?.name, file]));
  return (request) => {
    if (request.listServices !== undefined) return [servicesAnswer(...Object.keys(symbols))];
    const name = request.fileByFilename ?? symbols[request.fileContainingSymbol ?? ""];
    const file = byName.get(name);
    return [file === undefined ? notFound : filesAnswer(file)];
  };
}

/** Answers to one request; none for a server that says nothing. */
export type Answers = (request: Request) => readonly Uint8Array[];

export interface GrpcLab {
  readonly address: string;
  /** Versions called, in order. */
  readonly calls: string[];
  readonly requests: Request[];
  readonly metadata: Metadata[];
  readonly hosts: string[];
  readonly close: () => void;
}

/** grpc-js with a reflection service made by hand. */
export async function startGrpcServer(
  answers: Answers,
  options: { versions?: readonly string[]; bind?: string; credentials?: ServerCredentials } = {},
): Promise<GrpcLab> {
  const server = new Server();
  const lab = { calls: [] as string[], requests: [] as Request[], metadata: [] as Metadata[], hosts: [] as string[] };
  for (const version of options.versions ?? ["v1", "v1alpha"]) {
    const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
    const same = (bytes: Buffer) => bytes;
    const definition = {
      path,
      requestStream: true,
      responseStream: true,
      requestSerialize: same,
      requestDeserialize: same,
      responseSerialize: same,
      responseDeserialize: same,
    };
    server.addService({ info: definition }, {
      info: (call: {
        metadata: Metadata;
        getHost(): string;
        on(event: "data", listener: (bytes: Buffer) => void): void;
        on(event: "end", listener: () => void): void;
        write(bytes: Uint8Array): void;
        end(): void;
      }) => {
        lab.calls.push(version);
        lab.metadata.push(call.metadata);
        lab.hosts.push(call.getHost());
        call.on("data", (bytes) => {
          const request = readRequest(bytes);
          lab.requests.push(request);
          for (const answer of answers(request)) call.write(Buffer.from(answer));
        });
        call.on("end", () => call.end());
      },
    } as never);
  }
  const bind = options.bind ?? "127.0.0.1:0";
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(bind, options.credentials ?? ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return {
    ...lab,
    address: bind.startsWith("unix:") ? bind : `127.0.0.1:${port}`,
    close: () => server.forceShutdown(),
  };
}

export interface RawLab {
  readonly address: string;
  readonly server: http2.Http2Server;
  readonly sockets: Set<Socket>;
  readonly close: () => void;
}

/** node:http2 with one handler for whatever comes: it may break any rule. */
export async function startRawServer(onStream: (stream: http2.ServerHttp2Stream) => void, port = 0): Promise<RawLab> {
  const server = http2.createServer();
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  server.on("sessionError", () => {});
  server.on("stream", (stream) => {
    stream.on("error", () => {});
    onStream(stream);
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const close = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, server, sockets, close };
}

export const GRPC = { ":status": 200, "content-type": "application/grpc" };

/** A gRPC message behind its prefix. @param announced in place of its length */
export function prefixed(bytes: Uint8Array, flag = 0, announced = bytes.length): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = flag;
  prefix.writeUInt32BE(announced, 1);
  return Buffer.concat([prefix, bytes]);
}

/** How a proxy without options reaches servers. */
export const DIAL: DialOptions = {
  insecure: false,
  context: createSecureContext(),
  servername: undefined,
  buffers: new ReadBuffers(),
  isSelf: () => false,
  opened: () => {},
};

export function peerOf(server: string): Peer {
  return { server, authority: server, tls: false, servername: undefined };
}

/** A client of ours for a server in plaintext, and what it tells of its calls. */
export function clientOf(
  address: string,
  options: Partial<ReflectionClientOptions> = {},
): { readonly client: ReflectionClient; readonly told: ReflectionCall[] } {
  const told: ReflectionCall[] = [];
  const client = new ReflectionClient({
    dial: (giveUp) => dialPeer(peerOf(address), DIAL, giveUp),
    authority: address,
    onCall: (call) => told.push(call),
    ...options,
  });
  return { client, told };
}
