// A gRPC server and client of grpc-js without any schema: messages are bytes, and what happens is up to the test.
import {
  Client,
  type ClientDuplexStream,
  credentials,
  type Metadata,
  type MethodDefinition,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type StatusObject,
} from "@grpc/grpc-js";
import { onTestFinished } from "vitest";

export type ServerCall = ServerDuplexStream<Buffer, Buffer>;
export type ClientCall = ClientDuplexStream<Buffer, Buffer>;

const bytes = (value: Buffer) => value;

function method(path: string): MethodDefinition<Buffer, Buffer> {
  return {
    path,
    requestStream: true,
    responseStream: true,
    requestSerialize: bytes,
    requestDeserialize: bytes,
    responseSerialize: bytes,
    responseDeserialize: bytes,
  };
}

/** @returns the port. @param methods what each method does, by its path */
export async function startServer(methods: Readonly<Record<string, (call: ServerCall) => void>>): Promise<number> {
  const server = new Server();
  for (const [path, handle] of Object.entries(methods)) {
    const [, service = "", name = ""] = path.split("/");
    server.addService({ [name]: { ...method(`/${service}/${name}`), originalName: name } }, { [name]: handle });
  }
  onTestFinished(() => server.forceShutdown());
  return new Promise((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
      error === null ? resolve(port) : reject(error),
    ),
  );
}

export interface SampleClient {
  open(path: string, metadata: Metadata, options?: { readonly deadline?: number }): ClientCall;
}

export function startClient(port: number): SampleClient {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
    "grpc.use_local_subchannel_pool": 1,
    "grpc.enable_http_proxy": 0,
  });
  onTestFinished(() => client.close());
  return {
    open: (path, metadata, options = {}) => {
      const { requestSerialize, responseDeserialize } = method(path);
      return client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadata, options);
    },
  };
}

/** Reads a call to its end; a status other than OK is a value, too. */
export function statusOf(call: ClientCall): Promise<StatusObject> {
  call.on("error", () => {});
  call.resume();
  return new Promise((resolve) => call.on("status", resolve));
}
