// A gRPC service by grpc-js whose messages are plain bytes; its server and its client both note what they see.
import { createHash, randomBytes } from "node:crypto";
import {
  type CallOptions,
  Client,
  type ClientOptions,
  credentials,
  type handleBidiStreamingCall,
  type handleClientStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  Metadata,
  type MetadataValue,
  type MethodDefinition,
  Server,
  ServerCredentials,
  type StatusObject,
  status,
} from "@grpc/grpc-js";
import { onTestFinished } from "vitest";

/** What one end saw of a call: messages as {@link shown}, metadata without the names that gRPC itself uses. */
export interface Seen {
  readonly client: string[];
  readonly server: string[];
  requestMetadata: SeenMetadata;
  responseMetadata: SeenMetadata;
  trailers: SeenMetadata;
  status?: { readonly code: number; readonly message: string };
}

/** Values of a name joined as HTTP allows (and Node does); those of `-bin` names as base64 without padding. */
export type SeenMetadata = Readonly<Record<string, string>>;

/** A message as a short text that stands for its octets. */
export function shown(bytes: Uint8Array): string {
  if (bytes.length <= 40) return Buffer.from(bytes).toString("latin1");
  return `${bytes.length} octets, SHA-256 ${createHash("sha256").update(bytes).digest("hex").slice(0, 16)}`;
}

type Method = MethodDefinition<Buffer, Buffer>;

const same = (bytes: Buffer) => bytes;

function method(name: string, requestStream: boolean, responseStream: boolean): Method {
  return {
    path: `/interop.v1.Bytes/${name}`,
    requestStream,
    responseStream,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  };
}

export const METHODS = {
  unary: method("Unary", false, false),
  serverStream: method("ServerStream", false, true),
  clientStream: method("ClientStream", true, false),
  bidi: method("Bidi", true, true),
} as const;

/** What a request that is to fail says. */
export const FAIL = Buffer.from("fail");
/** The answers of the server's stream. */
export const STREAM_LENGTHS = [0, 20, 20_000, 60_000] as const;

export const FAILURE = { code: status.FAILED_PRECONDITION, details: "50 % done – then ✗\nstopped" } as const;
/** What a google.rpc.Status would be; no octet of it is special to grpc-js. */
export const DETAILS = Buffer.from([8, 9, 18, 3, 0x35, 0x30, 0x25, 0x80, 0xff]);

export interface BytesServer {
  readonly port: number;
  /** Calls in the order in which they came. */
  readonly seen: readonly Seen[];
  /** Settles when a client cancelled a call. */
  readonly cancelled: Promise<void>;
}

/** @param tls PEM; plaintext when absent */
export async function startBytesServer(tls?: { readonly cert: string; readonly key: string }): Promise<BytesServer> {
  const server = new Server();
  const seen: Seen[] = [];
  let cancel: () => void = () => {};
  const cancelled = new Promise<void>((resolve) => (cancel = resolve));
  const note = (call: { metadata: Metadata; sendMetadata(metadata: Metadata): void }): Seen => {
    const answer = new Metadata();
    answer.set("x-initial", "from the server");
    answer.set("x-initial-bin", randomBytes(5));
    const one: Seen = { ...nothing(), requestMetadata: plain(call.metadata), responseMetadata: plain(answer) };
    seen.push(one);
    call.sendMetadata(answer);
    return one;
  };
  const trailersOf = (one: Seen, metadata = new Metadata()) => {
    metadata.set("x-trailer", "bye");
    metadata.add("x-trailer", "twice");
    metadata.set("x-trailer-bin", randomBytes(7));
    one.trailers = plain(metadata);
    return metadata;
  };
  const failureOf = (one: Seen) => {
    const metadata = new Metadata();
    metadata.set("grpc-status-details-bin", DETAILS);
    return { ...FAILURE, metadata: trailersOf(one, metadata) };
  };

  const unary: handleUnaryCall<Buffer, Buffer> = (call, callback) => {
    const one = note(call);
    one.client.push(shown(call.request));
    if (call.request.equals(FAIL)) {
      callback(failureOf(one));
      return;
    }
    const answer = Buffer.from(call.request).reverse();
    one.server.push(shown(answer));
    callback(null, answer, trailersOf(one));
  };
  const serverStream: handleServerStreamingCall<Buffer, Buffer> = (call) => {
    const one = note(call);
    one.client.push(shown(call.request));
    for (const length of STREAM_LENGTHS) {
      const answer = randomBytes(length);
      one.server.push(shown(answer));
      call.write(answer);
    }
    if (call.request.equals(FAIL)) call.emit("error", failureOf(one));
    else call.end(trailersOf(one));
  };
  const clientStream: handleClientStreamingCall<Buffer, Buffer> = (call, callback) => {
    const one = note(call);
    call.on("data", (request: Buffer) => one.client.push(shown(request)));
    call.on("end", () => {
      const answer = Buffer.from(`${one.client.length} messages`);
      one.server.push(shown(answer));
      callback(null, answer, trailersOf(one));
    });
  };
  const bidi: handleBidiStreamingCall<Buffer, Buffer> = (call) => {
    const one = note(call);
    call.once("cancelled", cancel);
    call.on("data", (request: Buffer) => {
      one.client.push(shown(request));
      one.server.push(shown(request));
      call.write(request);
    });
    call.on("end", () => call.end(trailersOf(one)));
  };
  server.addService(METHODS, { unary, serverStream, clientStream, bidi });

  const serverCredentials =
    tls === undefined
      ? ServerCredentials.createInsecure()
      : ServerCredentials.createSsl(null, [{ cert_chain: Buffer.from(tls.cert), private_key: Buffer.from(tls.key) }]);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", serverCredentials, (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  onTestFinished(() => server.forceShutdown());
  return { port, seen, cancelled };
}

/** A client of the service that speaks to a port of this machine. */
export class BytesClient {
  readonly #client: Client;

  /** @param ca PEM of the CA to trust for `localhost`; plaintext when absent */
  constructor(port: number, ca?: string, options: ClientOptions = {}) {
    this.#client = new Client(
      `127.0.0.1:${port}`,
      ca === undefined ? credentials.createInsecure() : credentials.createSsl(Buffer.from(ca)),
      {
        "grpc.use_local_subchannel_pool": 1,
        ...(ca === undefined ? {} : { "grpc.ssl_target_name_override": "localhost" }),
        ...options,
      },
    );
    onTestFinished(() => this.#client.close());
  }

  close(): void {
    this.#client.close();
  }

  /** Settles when it has a connection. */
  ready(): Promise<void> {
    return new Promise((resolve, reject) =>
      this.#client.waitForReady(Number.POSITIVE_INFINITY, (error) => (error === undefined ? resolve() : reject(error))),
    );
  }

  unary(request: Buffer, metadata = new Metadata(), options: CallOptions = {}): Promise<Seen> {
    return new Promise((resolve) => {
      const one = begin(metadata, [request]);
      const { path } = METHODS.unary;
      const call = this.#client.makeUnaryRequest(path, same, same, request, metadata, options, (_error, answer) => {
        if (answer !== undefined) one.server.push(shown(answer));
      });
      finish(call, one, resolve);
    });
  }

  /** A call that no server knows. */
  unknownMethod(): Promise<Seen> {
    return new Promise((resolve) => {
      const one = begin(new Metadata(), [Buffer.alloc(1)]);
      finish(
        this.#client.makeUnaryRequest("/interop.v1.Bytes/Missing", same, same, Buffer.alloc(1), () => {}),
        one,
        resolve,
      );
    });
  }

  serverStream(request: Buffer, metadata = new Metadata()): Promise<Seen> {
    return new Promise((resolve) => {
      const one = begin(metadata, [request]);
      const call = this.#client.makeServerStreamRequest(METHODS.serverStream.path, same, same, request, metadata);
      call.on("data", (answer: Buffer) => one.server.push(shown(answer)));
      call.on("error", () => {});
      finish(call, one, resolve);
    });
  }

  clientStream(requests: readonly Buffer[], metadata = new Metadata()): Promise<Seen> {
    return new Promise((resolve) => {
      const one = begin(metadata, requests);
      const call = this.#client.makeClientStreamRequest(
        METHODS.clientStream.path,
        same,
        same,
        metadata,
        (_error, answer) => {
          if (answer !== undefined) one.server.push(shown(answer));
        },
      );
      finish(call, one, resolve);
      for (const request of requests) call.write(request);
      call.end();
    });
  }

  /** Sends the next request when the last one was answered. @param cancelAfter answers after which it cancels */
  bidi(requests: readonly Buffer[], metadata = new Metadata(), cancelAfter = requests.length + 1): Promise<Seen> {
    return new Promise((resolve) => {
      const one = begin(metadata, []);
      const call = this.#client.makeBidiStreamRequest(METHODS.bidi.path, same, same, metadata);
      const next = () => {
        const request = requests[one.client.length];
        if (one.server.length === cancelAfter) call.cancel();
        else if (request === undefined) call.end();
        else {
          one.client.push(shown(request));
          call.write(request);
        }
      };
      call.on("data", (answer: Buffer) => {
        one.server.push(shown(answer));
        next();
      });
      call.on("error", () => {});
      finish(call, one, resolve);
      next();
    });
  }
}

function nothing(): Seen {
  return { client: [], server: [], requestMetadata: {}, responseMetadata: {}, trailers: {} };
}

function begin(metadata: Metadata, requests: readonly Buffer[]): Seen {
  return { ...nothing(), client: requests.map(shown), requestMetadata: plain(metadata) };
}

interface ClientCall {
  on(event: "metadata", listener: (metadata: Metadata) => void): unknown;
  on(event: "status", listener: (status: StatusObject) => void): unknown;
}

function finish(call: ClientCall, one: Seen, resolve: (seen: Seen) => void): void {
  call.on("metadata", (metadata) => (one.responseMetadata = plain(metadata)));
  call.on("status", ({ code, details, metadata }) => {
    one.status = { code, message: details };
    one.trailers = plain(metadata);
    resolve(one);
  });
}

/** Names that grpc-js or HTTP put there. */
const PROTOCOL_NAMES = /^(:.*|te|accept-encoding|content-type|user-agent|date|grpc-(?!status-details-bin$).*)$/;

export function isOwnName(name: string): boolean {
  return !PROTOCOL_NAMES.test(name);
}

function plain(metadata: Metadata): SeenMetadata {
  const names = Object.keys(metadata.getMap()).filter(isOwnName).sort();
  return Object.fromEntries(names.map((name) => [name, metadata.get(name).map(text).join(", ")]));
}

function text(value: MetadataValue): string {
  return typeof value === "string" ? value : unpadded(value);
}

export function unpadded(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64").replace(/=+$/, "");
}
