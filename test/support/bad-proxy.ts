// Proxies to try the selftest with: one with the classic faults of proxies made of node:http2, and one that only copies bytes.
import { once } from "node:events";
import {
  type ClientHttp2Session,
  connect,
  createServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import { type AddressInfo, createServer as createTcpServer, connect as dial, type Socket } from "node:net";

export interface TestProxy {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Ends HTTP/2 on both sides and gets wrong what such proxies get wrong: whole bodies are collected before they go on,
 * Trailers-Only gets a DATA frame, codes of resets are lost, duplicate fields are merged, `te` is dropped, a date is added,
 * a client's cancel goes nowhere, and connections to the server are never closed.
 */
export async function startBadProxy(upstreamPort: number): Promise<TestProxy> {
  const upstreams = new Set<ClientHttp2Session>();
  const downstreams = new Set<ServerHttp2Session>();
  const server = createServer();
  server.on("session", (session) => {
    downstreams.add(session);
    const upstream = connect(`http://127.0.0.1:${upstreamPort}`);
    upstreams.add(upstream);
    upstream.on("error", () => {});
    session.on("error", () => {});
    session.on("close", () => downstreams.delete(session));
    session.on("stream", (stream, headers) => void forward(stream, headers, upstream).catch(() => stream.destroy()));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const session of [...upstreams, ...downstreams]) session.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function forward(client: ServerHttp2Stream, headers: IncomingHttpHeaders, upstream: ClientHttp2Session) {
  client.on("error", () => {});
  const body = await collect(client);
  const { te: _, ...rest } = headers;
  const request = upstream.request(rest);
  request.on("error", () => {});
  let head: IncomingHttpHeaders = {};
  let trailers: IncomingHttpHeaders = {};
  request.on("response", (fields) => {
    head = fields;
  });
  request.on("trailers", (fields) => {
    trailers = fields;
  });
  request.end(body);
  const answer = await collect(request);
  if (client.destroyed) return;
  const hasTrailers = Object.keys(trailers).length > 0;
  client.respond(head, { waitForTrailers: hasTrailers });
  if (hasTrailers) client.on("wantTrailers", () => client.sendTrailers(trailers));
  client.end(answer);
}

/** A whole body; resolves also when the stream breaks, as one who forgets the "error" event would have it. */
function collect(stream: NodeJS.ReadableStream): Promise<Buffer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    for (const event of ["end", "error", "close"]) stream.on(event, () => resolve(Buffer.concat(chunks)));
  });
}

/** Copies octets both ways and knows nothing of HTTP/2. */
export async function startByteRelay(upstreamPort: number): Promise<TestProxy> {
  const sockets = new Set<Socket>();
  const server = createTcpServer({ allowHalfOpen: true }, (client) => {
    const upstream = dial({ port: upstreamPort, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    client.setNoDelay(true);
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        sockets.delete(socket);
        if (!other.writableEnded) other.end();
      });
      socket.pipe(other);
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
