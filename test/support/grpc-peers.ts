// A gRPC server and client of grpc-js whose messages are bare octets, for scenarios on both sides of a proxy.
import {
  type ChannelCredentials,
  Client,
  type ClientDuplexStream,
  type ClientOptions,
  credentials as clientCredentials,
  type Metadata,
  type MethodDefinition,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type ServiceError,
  type sendUnaryData,
} from "@grpc/grpc-js";
import { onTestFinished } from "vitest";

const octets = { serialize: (bytes: Buffer) => bytes, deserialize: (bytes: Buffer) => bytes };
const method = (name: string, streaming: boolean): MethodDefinition<Buffer, Buffer> => ({
  path: `/test.Echo/${name}`,
  requestStream: streaming,
  responseStream: streaming,
  requestSerialize: octets.serialize,
  requestDeserialize: octets.deserialize,
  responseSerialize: octets.serialize,
  responseDeserialize: octets.deserialize,
});
export const UNARY = method("Unary", false);
export const STREAM = method("Stream", true);

export interface EchoHandlers {
  unary?(call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>): void;
  stream?(call: ServerDuplexStream<Buffer, Buffer>): void;
}

export interface EchoServer {
  readonly port: number;
  close(): void;
}

/** Answers each message with itself unless told otherwise; ends with the test. */
export async function echoServer(
  handlers: EchoHandlers = {},
  credentials: ServerCredentials = ServerCredentials.createInsecure(),
  port = 0,
): Promise<EchoServer> {
  const server = new Server({ "grpc.max_receive_message_length": -1 });
  server.addService(
    { Unary: UNARY, Stream: STREAM },
    {
      Unary:
        handlers.unary ??
        ((call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) => answer(null, call.request)),
      Stream:
        handlers.stream ??
        ((call: ServerDuplexStream<Buffer, Buffer>) => {
          call.on("data", (message: Buffer) => call.write(message));
          call.on("end", () => call.end());
          call.on("error", () => {});
        }),
    },
  );
  const bound = await new Promise<number>((resolve, reject) =>
    server.bindAsync(`127.0.0.1:${port}`, credentials, (error, at) => (error ? reject(error) : resolve(at))),
  );
  onTestFinished(() => server.forceShutdown());
  return { port: bound, close: () => server.forceShutdown() };
}

/** A client with a connection of its own; ends with the test. */
export class EchoClient {
  readonly client: Client;

  constructor(
    target: string,
    credentials: ChannelCredentials = clientCredentials.createInsecure(),
    options: ClientOptions = {},
  ) {
    this.client = new Client(target, credentials, {
      "grpc.use_local_subchannel_pool": 1,
      "grpc.initial_reconnect_backoff_ms": 1,
      "grpc.min_reconnect_backoff_ms": 1,
      "grpc.max_reconnect_backoff_ms": 20,
      "grpc.max_receive_message_length": -1,
      "grpc.enable_http_proxy": 0,
      ...options,
    });
    onTestFinished(() => this.client.close());
  }

  /** @throws ServiceError */
  unary(message: Uint8Array | string, metadata?: Metadata): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const done = (error: ServiceError | null, answer?: Buffer) => (error ? reject(error) : resolve(answer!));
      const { path, requestSerialize, responseDeserialize } = UNARY;
      if (metadata === undefined)
        this.client.makeUnaryRequest(path, requestSerialize, responseDeserialize, Buffer.from(message), done);
      else
        this.client.makeUnaryRequest(path, requestSerialize, responseDeserialize, Buffer.from(message), metadata, done);
    });
  }

  stream(metadata?: Metadata): ClientDuplexStream<Buffer, Buffer> {
    const { path, requestSerialize, responseDeserialize } = STREAM;
    return metadata === undefined
      ? this.client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize)
      : this.client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadata);
  }

  /** @returns what the call fails with */
  async failure(message: Uint8Array | string = "hi"): Promise<ServiceError> {
    return this.unary(message).then(
      () => {
        throw new Error("the call did not fail");
      },
      (error: ServiceError) => error,
    );
  }
}
