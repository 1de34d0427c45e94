// Connections as other people's programs make and break them: each of these once crashed the proxy, or left somebody waiting.
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createTlsServer, connect as tlsConnect } from "node:tls";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { makeServerCertificate, type ServerCertificate } from "../../cli/selftest/certificate.js";
import { encodeSettings } from "../../src/http2/frame-writer.js";
import { CLIENT_PREFACE } from "../../src/http2/frames.js";
import { createProxy, EventCursor, type RunningProxy } from "../../src/index.js";

let caDir: string;
let certificate: ServerCertificate;

beforeAll(async () => {
  caDir = await mkdtemp(join(tmpdir(), "framelens-odd-"));
  certificate = await makeServerCertificate(Date.now());
});
afterAll(() => rm(caDir, { recursive: true }));

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

async function startProxy(upstream: string): Promise<RunningProxy> {
  const proxy = await createProxy({ upstream, insecure: true, caDir, listen: "127.0.0.1:0" });
  onTestFinished(() => proxy.close());
  return proxy;
}

function client(proxy: RunningProxy): Socket {
  const socket = connect({ port: proxy.address.port, host: "127.0.0.1", allowHalfOpen: true });
  socket.on("error", () => {});
  onTestFinished(() => void socket.destroy());
  return socket;
}

const gone = (socket: Socket) => new Promise<void>((resolve) => socket.once("close", () => resolve()));
const ended = (socket: Socket) => new Promise<void>((resolve) => socket.resume().once("end", () => resolve()));

/** Waits until so much has come, which is all that may come. */
function receive(socket: Socket, length: number): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    socket.on("data", (bytes) => {
      text += bytes.toString("latin1");
      if (text.length >= length) resolve(text);
    });
  });
}

/** Octets of a TLS client that asks for HTTP/2. */
async function clientHello(): Promise<Buffer> {
  const server = createServer();
  const hello = new Promise<Buffer>((resolve) => {
    server.once("connection", (socket) =>
      socket.once("data", (bytes) => {
        resolve(bytes);
        socket.destroy();
      }),
    );
  });
  const port = await listen(server);
  tlsConnect({ port, host: "127.0.0.1", servername: "localhost", ALPNProtocols: ["h2"] }).on("error", () => {});
  return hello;
}

describe("a client that leaves in the middle of its TLS handshake", () => {
  it.each([
    ["with a reset", (socket: Socket) => socket.resetAndDestroy()],
    ["with an end", (socket: Socket) => socket.end().resume()],
    ["without a word", (socket: Socket) => socket.destroy()],
  ])("%s takes nobody with it", async (_name, leave) => {
    const server = createTlsServer({ ...certificate, ALPNProtocols: ["h2"] }, (socket) =>
      socket.on("error", () => {}).resume(),
    );
    const proxy = await startProxy(`https://127.0.0.1:${await listen(server)}`);
    const hello = await clientHello();
    for (let round = 0; round < 40; round++) {
      const socket = client(proxy);
      socket.write(hello, () => (round % 2 === 0 ? leave(socket) : socket.once("data", () => leave(socket))));
      await gone(socket);
    }
    const last = tlsConnect({
      port: proxy.address.port,
      host: "127.0.0.1",
      ca: [certificate.ca],
      rejectUnauthorized: false,
    });
    await new Promise((resolve) => last.once("secureConnect", resolve));
    last.destroy();
  });
});

it("a client whose server wants a certificate is not left waiting, and the record says why", async () => {
  const server = createTlsServer({
    ...certificate,
    ALPNProtocols: ["h2"],
    requestCert: true,
    rejectUnauthorized: true,
  });
  const proxy = await startProxy(`https://127.0.0.1:${await listen(server)}`);
  for (let round = 0; round < 3; round++) {
    const socket = tlsConnect({
      port: proxy.address.port,
      host: "127.0.0.1",
      ALPNProtocols: ["h2"],
      rejectUnauthorized: false,
    });
    socket
      .on("error", () => {})
      .on("end", () => socket.end())
      .resume();
    socket.write(Buffer.concat([CLIENT_PREFACE, encodeSettings([])]));
    await gone(socket);
  }
  const cursor = new EventCursor(proxy.capture);
  const reasons: string[] = [];
  for (let event = cursor.read(); event !== undefined; event = cursor.read()) {
    if (event.kind === "connection-closed") reasons.push(event.reason ?? "");
  }
  for (const reason of reasons) expect(reason).toContain("CERTIFICATE_REQUIRED");
  expect(reasons.length).toBeGreaterThan(0);
});

describe("a server that speaks before a silent client", () => {
  it("is heard, and so is all that the client says after it", async () => {
    const server = createServer((socket) => {
      socket.write("220 ready\n");
      socket.on("data", (bytes) => socket.write(`<${bytes}>`)).on("error", () => {});
    });
    const proxy = await startProxy(`127.0.0.1:${await listen(server)}`);
    const socket = client(proxy);
    expect(await receive(socket, 10)).toBe("220 ready\n");
    for (const word of ["HELO a\n", "HELO b\n"]) {
      const answer = receive(socket, word.length + 2);
      socket.write(word);
      expect(await answer).toBe(`<${word}>`);
      socket.removeAllListeners("data");
    }
  });

  it("with HTTP/2 SETTINGS is heard once the client says what it speaks, and is read as HTTP/2", async () => {
    const server = createServer((socket) => void socket.on("error", () => {}).write(encodeSettings([])));
    const proxy = await startProxy(`127.0.0.1:${await listen(server)}`);
    const socket = client(proxy);
    await new Promise<void>((resolve) => server.once("connection", () => resolve()));
    const settings = receive(socket, 9);
    socket.write(CLIENT_PREFACE);
    expect(await settings).toBe(Buffer.from(encodeSettings([])).toString("latin1"));
    expect(new EventCursor(proxy.capture).read()).toMatchObject({ kind: "connection-opened", protocol: "h2" });
  });

  it("with nothing but its end ends the client's connection", async () => {
    const server = createServer((socket) => socket.end());
    const proxy = await startProxy(`127.0.0.1:${await listen(server)}`);
    await ended(client(proxy));
  });
});
