// grpc-js on both ends: what the capture tells of each call is what client and server saw of it, over plaintext and TLS.
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compressionAlgorithms, Metadata, status } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { makeServerCertificate, type ServerCertificate } from "../../cli/selftest/certificate.js";
import { decodeBinaryMetadata, type Field } from "../../src/index.js";
import { loadOrMakeAuthority } from "../../src/relay/ca-store.js";
import { freePort } from "../support/free-port.js";
import { type RecordedCall, type RecordingProxy, startRecording } from "../support/recording-proxy.js";
import {
  BytesClient,
  type BytesServer,
  DETAILS,
  FAIL,
  FAILURE,
  isOwnName,
  METHODS,
  type Seen,
  type SeenMetadata,
  STREAM_LENGTHS,
  shown,
  startBytesServer,
  unpadded,
} from "./bytes-service.js";

let caDir: string;
let certificate: ServerCertificate;
let trusted: string;

beforeAll(async () => {
  caDir = await mkdtemp(join(tmpdir(), "framelens-interop-"));
  certificate = await makeServerCertificate(Date.now());
  trusted = (await loadOrMakeAuthority(caDir, Date.now())).certificatePem;
});
afterAll(() => rm(caDir, { recursive: true }));

interface Ends {
  readonly server: BytesServer;
  readonly proxy: RecordingProxy;
  client(options?: Record<string, number>): BytesClient;
}

async function start(tls: boolean): Promise<Ends> {
  const server = await startBytesServer(tls ? certificate : undefined);
  const upstream = `${tls ? "https" : "http"}://127.0.0.1:${server.port}`;
  const proxy = await startRecording({ upstream, cacert: certificate.ca, caDir });
  return { server, proxy, client: (options) => new BytesClient(proxy.port, tls ? trusted : undefined, options) };
}

/** What the capture says, in the words of {@link Seen}. */
function recorded(call: RecordedCall): Seen {
  const { code, message } = call.end.status;
  return {
    client: call.client.map(shown),
    server: call.server.map(shown),
    requestMetadata: metadataOf(call.requestFields),
    responseMetadata: metadataOf(call.responseFields),
    trailers: metadataOf(call.trailerFields),
    status: { code, message },
  };
}

function metadataOf(fields: readonly Field[]): SeenMetadata {
  const metadata: Record<string, string> = {};
  for (const [name, value] of fields) {
    if (!isOwnName(name)) continue;
    const text = name.endsWith("-bin") ? decodeBinaryMetadata(value).map((bytes) => unpadded(bytes!)) : [value];
    metadata[name] = [...(name in metadata ? [metadata[name]] : []), ...text].join(", ");
  }
  return metadata;
}

/** The server's view has no status: it gave one. */
function withStatusOf(server: Seen | undefined, client: Seen): Seen {
  return { ...server!, ...(client.status === undefined ? {} : { status: client.status }) };
}

async function onlyCall({ proxy }: Ends, client: BytesClient): Promise<RecordedCall> {
  client.close();
  const calls = await proxy.calls(1);
  expect(calls).toHaveLength(1);
  return calls[0]!;
}

function someMetadata(): Metadata {
  const metadata = new Metadata();
  metadata.set("x-text", "one");
  metadata.add("x-text", "two, with a comma");
  metadata.set("x-octets-bin", Buffer.from([0, 255, 128, 44, 10]));
  metadata.add("x-octets-bin", Buffer.alloc(0));
  metadata.add("x-octets-bin", Buffer.from("third"));
  return metadata;
}

const OK = { code: 0, message: "OK" };
const ENDED_WELL = ["server-trailer", "call-end"];

describe.each([
  ["plaintext", false],
  ["TLS", true],
] as const)("a grpc-js client and server over %s", (_name, tls) => {
  it("make a unary call with metadata of both kinds that is recorded as both saw it", async () => {
    const ends = await start(tls);
    const client = ends.client();
    const seen = await client.unary(Buffer.from("hello"), someMetadata());
    const call = await onlyCall(ends, client);
    expect(seen).toMatchObject({ status: OK, server: ["olleh"] });
    expect(recorded(call)).toEqual(seen);
    expect(recorded(call)).toEqual(withStatusOf(ends.server.seen[0], seen));
    expect(call).toMatchObject({
      method: METHODS.unary.path,
      protocol: "grpc",
      end: { how: "trailers", by: "server" },
    });
    expect(call.kinds).toEqual([
      ...["client-header", "client-message", "client-half-close"],
      ...["server-header", "server-message", ...ENDED_WELL],
    ]);
  });

  it("send an empty message, and one of 200,000 octets, that are recorded whole", async () => {
    const ends = await start(tls);
    const client = ends.client();
    const big = Buffer.alloc(200_000, "0123456789");
    const seen = [await client.unary(Buffer.alloc(0)), await client.unary(big)];
    client.close();
    const calls = await ends.proxy.calls(2);
    expect(calls.map(recorded)).toEqual(seen);
    expect(calls.map(({ end }) => [end.client.bytes, end.server.bytes])).toEqual([
      [0, 0],
      [200_000, 200_000],
    ]);
  });

  it("stream from the server: every message is recorded in its place", async () => {
    const ends = await start(tls);
    const client = ends.client();
    const seen = await client.serverStream(Buffer.from("some"));
    const call = await onlyCall(ends, client);
    expect(recorded(call)).toEqual(seen);
    expect(call.server.map((bytes) => bytes.length)).toEqual(STREAM_LENGTHS);
    expect(call.kinds).toEqual([
      ...["client-header", "client-message", "client-half-close", "server-header"],
      ...["server-message", "server-message", "server-message", "server-message", ...ENDED_WELL],
    ]);
  });

  it("stream from the client: every message is recorded in its place", async () => {
    const ends = await start(tls);
    const client = ends.client();
    const requests = ["a", "", "c".repeat(70_000), "d"].map((text) => Buffer.from(text));
    const seen = await client.clientStream(requests);
    const call = await onlyCall(ends, client);
    expect(seen).toMatchObject({ server: ["4 messages"], status: OK });
    expect(recorded(call)).toEqual(seen);
    expect(recorded(call).client).toEqual(ends.server.seen[0]?.client);
    const fromClient = call.kinds.filter((kind) => kind.startsWith("client-"));
    expect(fromClient).toEqual(["client-header", ...requests.map(() => "client-message"), "client-half-close"]);
  });

  it("stream both ways: questions and answers are recorded in turn", async () => {
    const ends = await start(tls);
    const client = ends.client();
    const seen = await client.bidi(["one", "two", "three"].map((text) => Buffer.from(text)));
    const call = await onlyCall(ends, client);
    expect(recorded(call)).toEqual(seen);
    expect(call.kinds.filter((kind) => kind !== "server-header")).toEqual([
      "client-header",
      ...["client-message", "server-message", "client-message", "server-message", "client-message", "server-message"],
      ...["client-half-close", ...ENDED_WELL],
    ]);
  });

  it("end with an error, its details and trailers, which are recorded as the server gave them", async () => {
    const ends = await start(tls);
    const client = ends.client();
    const seen = await client.unary(FAIL);
    const call = await onlyCall(ends, client);
    expect(seen.status).toEqual({ code: FAILURE.code, message: FAILURE.details });
    expect(seen.trailers["grpc-status-details-bin"]).toEqual(unpadded(DETAILS));
    expect(recorded(call)).toEqual(seen);
    expect(recorded(call)).toEqual(withStatusOf(ends.server.seen[0], seen));
    expect(call.end.status).toMatchObject({ name: "FAILED_PRECONDITION", source: "trailers" });
  });

  it("fail in the middle of a stream: what came before is recorded with it", async () => {
    const ends = await start(tls);
    const client = ends.client();
    const seen = await client.serverStream(FAIL);
    const call = await onlyCall(ends, client);
    expect(seen).toMatchObject({ status: { code: FAILURE.code } });
    expect(recorded(call)).toEqual(withStatusOf(ends.server.seen[0], seen));
    expect(call.server).toHaveLength(4);
  });

  it("call a method that is not there: the recorded status is the server's UNIMPLEMENTED, in trailers alone", async () => {
    const ends = await start(tls);
    const client = ends.client();
    const seen = await client.unknownMethod();
    const call = await onlyCall(ends, client);
    expect(seen.status?.code).toBe(status.UNIMPLEMENTED);
    expect(call.end).toMatchObject({ how: "trailers-only", by: "server", status: seen.status! });
  });

  it("cancel a stream: the reset is recorded with its code, and after the messages that came before it", async () => {
    const ends = await start(tls);
    const client = ends.client();
    const seen = await client.bidi([Buffer.from("one"), Buffer.from("two"), Buffer.from("three")], undefined, 2);
    await ends.server.cancelled;
    const call = await onlyCall(ends, client);
    expect(seen.status?.code).toBe(status.CANCELLED);
    expect(recorded(call)).toMatchObject({ client: seen.client, server: seen.server });
    expect(call.kinds.slice(-2)).toEqual(["cancel", "call-end"]);
    expect(call.events.find(({ kind }) => kind === "cancel")).toMatchObject({
      from: "client",
      code: 8,
      name: "CANCEL",
    });
    expect(call.end).toMatchObject({ how: "reset", by: "client", status: { name: "CANCELLED", source: "reset" } });
  });

  it("compress with gzip: the message is recorded as the server read it, with its size on the wire", async () => {
    const ends = await start(tls);
    const client = ends.client({ "grpc.default_compression_algorithm": compressionAlgorithms.gzip });
    const seen = await client.unary(Buffer.alloc(50_000, "all the same "));
    const call = await onlyCall(ends, client);
    expect(recorded(call).client).toEqual(ends.server.seen[0]?.client);
    expect(recorded(call)).toEqual(seen);
    const message = call.events.find((event) => event.kind === "client-message");
    expect(message).toMatchObject({ encoding: "gzip", compressed: true, length: 50_000 });
    expect(message?.kind === "client-message" && message.wireLength).toBe(call.end.client.bytes);
    expect(call.end.client.bytes).toBeLessThan(1000);
  });

  it("make 60 calls at once on one connection: none is mixed up with another", async () => {
    const ends = await start(tls);
    const client = ends.client();
    const requests = Array.from({ length: 60 }, (_, index) => Buffer.alloc(index * 331, `call ${index} `));
    const seen = await Promise.all(requests.map((request) => client.unary(request)));
    client.close();
    const calls = await ends.proxy.calls(60);
    const inOrder = (list: readonly Seen[]) => list.toSorted((a, b) => (a.client[0]! < b.client[0]! ? -1 : 1));
    expect(inOrder(calls.map(recorded))).toEqual(inOrder(seen));
    expect(ends.proxy.connectionEvents().filter(({ kind }) => kind === "connection-opened")).toHaveLength(1);
  });
});

describe("a grpc-js client with a deadline", () => {
  it("resets the call when it has passed: the recorded deadline is its own, and the server gets the same reset", async () => {
    const { port, closed } = await startSilentServer();
    const proxy = await startRecording({ upstream: `http://127.0.0.1:${port}` });
    const client = new BytesClient(proxy.port);
    await client.ready();
    const seen = await client.unary(FAIL, undefined, { deadline: Date.now() + 1000 });
    client.close();
    const [call] = await proxy.calls(1);
    expect(seen.status?.code).toBe(status.DEADLINE_EXCEEDED);
    expect(await closed).toBe(8);
    expect(call?.timeoutMs).toBeGreaterThan(0);
    expect(call?.timeoutMs).toBeLessThanOrEqual(1001);
    expect(call?.kinds).toEqual(["client-header", "client-message", "client-half-close", "cancel", "call-end"]);
    expect(call?.end).toMatchObject({
      how: "reset",
      by: "client",
      status: { code: status.CANCELLED, source: "reset" },
    });
    expect(call?.end.durationMs).toBeGreaterThan(100);
  });

  it("gets UNAVAILABLE in the proxy's name when there is no server, and the record says the same", async () => {
    const port = await freePort();
    const proxy = await startRecording({ upstream: `http://127.0.0.1:${port}` });
    const client = new BytesClient(proxy.port);
    const seen = await client.unary(Buffer.from("hello"), undefined, { deadline: Date.now() + 5000 });
    client.close();
    const [call] = await proxy.calls(1);
    expect(seen.status).toMatchObject({ code: status.UNAVAILABLE });
    expect(seen.status?.message).toMatch(/^framelens cannot reach 127\.0\.0\.1:\d+: connection refused/);
    expect(call?.end).toMatchObject({ how: "proxy-error", by: "proxy", status: seen.status! });
  });
});

interface SilentServer {
  readonly port: number;
  /** The code of the reset that ended the first stream. */
  readonly closed: Promise<number>;
}

/** A server that reads requests and never answers. */
async function startSilentServer(): Promise<SilentServer> {
  const server = createServer();
  const closed = new Promise<number>((resolve) => {
    server.on("stream", (stream: ServerHttp2Stream) => {
      stream.resume();
      stream.on("error", () => {});
      stream.once("close", () => resolve(stream.rstCode));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { port: (server.address() as AddressInfo).port, closed };
}
