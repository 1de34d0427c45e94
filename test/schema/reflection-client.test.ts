// The reflection client against real servers (grpc-js, node:http2, bare TCP): well-behaved, old, slow and hostile ones.

import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import type { ServerHttp2Session, ServerHttp2Stream } from "node:http2";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSecureContext } from "node:tls";
import { gzipSync } from "node:zlib";
import { ServerCredentials } from "@grpc/grpc-js";
import { afterEach, describe, expect, test } from "vitest";
import { makeServerCertificate } from "../../cli/selftest/certificate.js";
import type { DialOptions } from "../../src/relay/dial.js";
import type { ReflectionClient, ReflectionClientOptions } from "../../src/schema/reflection/client.js";
import { reflectionPath } from "../../src/schema/reflection/messages.js";
import { dialPeer } from "../../src/schema/reflection/upstream.js";
import { freePort } from "../support/free-port.js";
import {
  type Answers,
  answersFrom,
  clientOf,
  DIAL,
  errorAnswer,
  filesAnswer,
  GRPC,
  namesOf,
  notFound,
  prefixed,
  protoFile,
  servicesAnswer,
  startGrpcServer,
  startRawServer,
} from "./reflection-lab.js";

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0).reverse()) clean();
});

function connect(address: string, options: Partial<ReflectionClientOptions> = {}) {
  const made = clientOf(address, options);
  cleanups.push(() => made.client.close());
  return made;
}

async function serve(answers: Answers, options: Parameters<typeof startGrpcServer>[1] = {}) {
  const lab = await startGrpcServer(answers, options);
  cleanups.push(lab.close);
  return { ...lab, ...connect(lab.address) };
}

async function serveRaw(onStream: (stream: ServerHttp2Stream) => void, options: Partial<ReflectionClientOptions> = {}) {
  const lab = await startRawServer(onStream);
  cleanups.push(lab.close);
  return { ...lab, ...connect(lab.address, options) };
}

const THINGS = { kind: "symbol", name: "acme.Things" } as const;
const things = protoFile("things.proto", { imports: ["a.proto", "b.proto"], service: "acme.Things" });
const shop = answersFrom(
  [
    things,
    protoFile("a.proto", { imports: ["c.proto"] }),
    protoFile("b.proto", { imports: ["c.proto"] }),
    protoFile("c.proto"),
  ],
  { "acme.Things": "things.proto" },
);

const describeThings = (client: ReflectionClient) => client.describe(THINGS);

describe("a well-behaved server", () => {
  test("gives a service's file and, by name, all that it imports, each asked for once", async () => {
    const { client, requests, told } = await serve(shop);
    const { files, missing, problem } = await describeThings(client);
    expect(namesOf(files)).toEqual(["things.proto", "a.proto", "b.proto", "c.proto"]);
    expect([...files[0]!]).toEqual([...things]);
    expect(missing).toEqual([]);
    expect(problem).toBeUndefined();
    expect(requests).toEqual([
      { fileContainingSymbol: "acme.Things" },
      { fileByFilename: "a.proto" },
      { fileByFilename: "b.proto" },
      { fileByFilename: "c.proto" },
    ]);
    expect(told).toEqual([
      { method: reflectionPath("v1"), service: "acme.Things", outcome: "OK", files: 4, durationMs: expect.any(Number) },
    ]);
  });

  test("that sends imports along is not asked for them", async () => {
    const { client, requests } = await serve(() => [
      filesAnswer(protoFile("b.proto", { imports: ["a.proto"] }), protoFile("a.proto")),
    ]);
    expect(namesOf((await describeThings(client)).files)).toEqual(["b.proto", "a.proto"]);
    expect(requests).toHaveLength(1);
  });

  test("lists its services, and gives the file of an extension", async () => {
    const { client, requests } = await serve((request) =>
      request.listServices === undefined
        ? [filesAnswer(protoFile("ext.proto"))]
        : [servicesAnswer("acme.Things", "grpc.health.v1.Health")],
    );
    expect(await client.services()).toEqual({ services: ["acme.Things", "grpc.health.v1.Health"] });
    expect(namesOf((await client.describe({ kind: "extension", type: "acme.Thing", number: 100 })).files)).toEqual([
      "ext.proto",
    ]);
    expect(requests[1]).toEqual({ fileContainingExtension: { containingType: "acme.Thing", extensionNumber: 100 } });
  });

  test("sees the clients' authority, the user's metadata and who asks", async () => {
    const lab = await serve(shop);
    const headers = [
      ["authorization", "Bearer x"],
      ["x-id", "1"],
      ["x-id", "2"],
      ["__proto__", "y"],
    ] as const;
    const { client } = connect(lab.address, { authority: "things.acme.example", headers });
    expect((await describeThings(client)).problem).toBeUndefined();
    const [metadata] = lab.metadata;
    expect(metadata?.get("authorization")).toEqual(["Bearer x"]);
    expect(metadata?.get("x-id").join()).toMatch(/^1, ?2$/);
    expect(metadata?.get("user-agent")).toEqual(["framelens"]);
    expect(lab.hosts).toEqual(["things.acme.example"]);
  });

  test("that has v1alpha alone is asked by it at once the next time", async () => {
    const { client, calls, told } = await serve(shop, { versions: ["v1alpha"] });
    expect((await describeThings(client)).files).toHaveLength(4);
    expect((await describeThings(client)).files).toHaveLength(4);
    expect(calls).toEqual(["v1alpha", "v1alpha"]);
    expect(told.map(({ method, outcome }) => [method, outcome])).toEqual([
      [reflectionPath("v1"), "ERR_REFLECTION_UNIMPLEMENTED"],
      [reflectionPath("v1alpha"), "OK"],
      [reflectionPath("v1alpha"), "OK"],
    ]);
  });

  test("without reflection says so, by both versions", async () => {
    const { client, told } = await serve(shop, { versions: [] });
    const { files, problem } = await describeThings(client);
    expect(files).toEqual([]);
    expect(problem).toMatchObject({ code: "ERR_REFLECTION_UNIMPLEMENTED" });
    expect(told.map(({ method }) => method)).toEqual([reflectionPath("v1"), reflectionPath("v1alpha")]);
  });

  test("that does not know a service says so, and serves others over the same connection", async () => {
    const { client } = await serve(shop);
    expect((await client.describe({ kind: "symbol", name: "__proto__" })).problem).toEqual({
      code: "ERR_REFLECTION_NOT_FOUND",
      message: "NOT_FOUND: not here",
    });
    expect((await describeThings(client)).files).toHaveLength(4);
  });

  test("that lacks an import gives the rest, and the import is named", async () => {
    const { client } = await serve(answersFrom([things, protoFile("a.proto")], { "acme.Things": "things.proto" }));
    const { files, missing, problem } = await describeThings(client);
    expect(namesOf(files)).toEqual(["things.proto", "a.proto"]);
    expect(missing).toEqual(["b.proto"]);
    expect(problem).toEqual({ code: "ERR_REFLECTION_INCOMPLETE", message: "the server does not give b.proto" });
  });

  test("asks in a row share one connection, which ends by itself", async () => {
    const lab = await startRawServer((stream) => {
      stream.respond(GRPC);
      stream.on("data", () => stream.write(prefixed(filesAnswer(protoFile("a.proto")))));
      stream.on("end", () => stream.end());
    });
    cleanups.push(lab.close);
    const sessions: ServerHttp2Session[] = [];
    lab.server.on("session", (session) => sessions.push(session));
    const { client } = connect(lab.address, { idleMs: 10 });
    await Promise.all([describeThings(client), describeThings(client), client.describe({ kind: "symbol", name: "b" })]);
    expect(sessions).toHaveLength(1);
    if (!sessions[0]!.destroyed) await once(sessions[0]!, "close");
    expect((await describeThings(client)).problem).toBeUndefined();
    expect(sessions).toHaveLength(2);
  });

  test("that is going away is asked over a new connection the next time", async () => {
    const sessions = new Set<unknown>();
    const { client } = await serveRaw((stream) => {
      sessions.add(stream.session);
      stream.respond(GRPC);
      stream.once("data", () => {
        // The call goes on, and the connection is not closed by the server.
        stream.session?.goaway(0, 2 ** 31 - 1);
        stream.write(prefixed(filesAnswer(protoFile("a.proto"))));
      });
    });
    for (let asks = 0; asks < 2; asks++) expect((await describeThings(client)).problem).toBeUndefined();
    expect(sessions.size).toBe(2);
  });

  test("that was started anew meanwhile is asked over a new connection", async () => {
    const lab = await startGrpcServer(shop, { bind: `127.0.0.1:${await freePort()}` });
    const { client } = connect(lab.address);
    expect((await describeThings(client)).files).toHaveLength(4);
    lab.close();
    const again = await startGrpcServer(shop, { bind: lab.address });
    cleanups.push(again.close);
    expect((await describeThings(client)).files).toHaveLength(4);
  });
});

describe("TLS and sockets", () => {
  const tlsDial = (server: string, options: Partial<DialOptions>, servername?: string) => {
    const peer = { server, authority: server, tls: true, servername };
    return (giveUp: AbortSignal) => dialPeer(peer, { ...DIAL, ...options }, giveUp);
  };

  test("a server with TLS is asked with the proxy's CA, name or leave to skip both; else the reason is told", async () => {
    const { cert, key, ca } = await makeServerCertificate(Date.now());
    const trusting = { context: createSecureContext({ ca }) };
    const credentials = ServerCredentials.createSsl(null, [
      { cert_chain: Buffer.from(cert), private_key: Buffer.from(key) },
    ]);
    const { address } = await serve(shop, { credentials });
    for (const dial of [
      tlsDial(address, trusting),
      tlsDial(address, trusting, "localhost"),
      tlsDial(address, { insecure: true }, "other"),
    ]) {
      const { client } = connect(address, { dial });
      expect((await describeThings(client)).files).toHaveLength(4);
    }
    const unknownCa = connect(address, { dial: tlsDial(address, {}) });
    expect((await describeThings(unknownCa.client)).problem).toMatchObject({
      code: "ERR_REFLECTION_UNAVAILABLE",
      message: expect.stringMatching(/not trusted .*--cacert FILE or --insecure/),
    });
    const plaintext = connect(address);
    expect((await describeThings(plaintext.client)).problem?.code).toBe("ERR_REFLECTION_UNAVAILABLE");
  });

  test.skipIf(process.platform === "win32")("a server on a Unix socket is asked", async () => {
    const dir = mkdtempSync(join(tmpdir(), "framelens-reflection-"));
    cleanups.push(() => rmSync(dir, { recursive: true, force: true }));
    const { address, hosts } = await serve(shop, { bind: `unix:${join(dir, "s")}` });
    const { client } = connect(address, { authority: "localhost" });
    expect((await describeThings(client)).files).toHaveLength(4);
    expect(hosts).toContain("localhost");
  });

  test("a server that is not there is UNAVAILABLE, with the reason", async () => {
    const address = `127.0.0.1:${await freePort()}`;
    const { client, told } = connect(address);
    expect((await describeThings(client)).problem).toEqual({
      code: "ERR_REFLECTION_UNAVAILABLE",
      message: `framelens cannot reach ${address}: connection refused (ECONNREFUSED)`,
    });
    expect(told).toHaveLength(1);
  });

  test("a server that speaks something else, or hangs up, is UNAVAILABLE", async () => {
    for (const words of ["HTTP/1.1 400 Bad Request\r\n\r\n", ""]) {
      const server = createServer((socket) => {
        socket.on("error", () => {});
        socket.end(words);
      }).listen(0, "127.0.0.1");
      cleanups.push(() => server.close());
      await once(server, "listening");
      const { client } = connect(`127.0.0.1:${(server.address() as AddressInfo).port}`);
      expect((await describeThings(client)).problem?.code).toBe("ERR_REFLECTION_UNAVAILABLE");
    }
  });
});

describe("a server that is slow, refuses or breaks off", () => {
  test("no answer in time is a timeout, and the call is cancelled", async () => {
    let rst: Promise<unknown> | undefined;
    const { client } = await serveRaw(
      (stream) => {
        rst ??= once(stream, "close").then(() => stream.rstCode);
      },
      { timeoutMs: 200 },
    );
    expect((await describeThings(client)).problem).toEqual({
      code: "ERR_REFLECTION_TIMEOUT",
      message: "no answer within 0.2 s",
    });
    expect(await rst).toBe(8);
  });

  test("a server that accepts and says nothing at all is a timeout", async () => {
    const server = createServer((socket) => {
      cleanups.push(() => socket.destroy());
    }).listen(0, "127.0.0.1");
    cleanups.push(() => server.close());
    await once(server, "listening");
    const { client } = connect(`127.0.0.1:${(server.address() as AddressInfo).port}`, { timeoutMs: 30 });
    expect((await describeThings(client)).problem?.code).toBe("ERR_REFLECTION_TIMEOUT");
  });

  test("what came before the time was up is kept", async () => {
    const { client } = await serveRaw(
      (stream) => {
        stream.respond(GRPC);
        stream.once("data", () => stream.write(prefixed(filesAnswer(things))));
      },
      { timeoutMs: 300 },
    );
    const { files, missing, problem } = await describeThings(client);
    expect([namesOf(files), missing, problem?.code]).toEqual([
      ["things.proto"],
      ["a.proto", "b.proto"],
      "ERR_REFLECTION_TIMEOUT",
    ]);
  });

  test("closing ends what is under way and what waits", async () => {
    const { client } = await serveRaw((stream) => {
      stream.once("data", () => client.close());
    });
    const both = await Promise.all([describeThings(client), client.services()]);
    expect(both.map(({ problem }) => problem?.code)).toEqual(["ERR_REFLECTION_CLOSED", "ERR_REFLECTION_CLOSED"]);
  });

  test.each([
    ["16", "ERR_REFLECTION_REFUSED", "UNAUTHENTICATED: who?; --reflect-header 'name: value' adds metadata"],
    ["5", "ERR_REFLECTION_NOT_FOUND", "NOT_FOUND: who?"],
    ["14", "ERR_REFLECTION_UNAVAILABLE", "UNAVAILABLE: who?"],
    ["0", "ERR_REFLECTION_MALFORMED", "the server ended before it had answered"],
  ])("Trailers-Only with status %s is %s", async (status, code, message) => {
    const { client } = await serveRaw((stream) => {
      stream.respond({ ...GRPC, "grpc-status": status, "grpc-message": "who%3F" }, { endStream: true });
    });
    expect((await describeThings(client)).problem).toEqual({ code, message });
  });

  test("an answer that is no gRPC is told by its HTTP status and type", async () => {
    const { client } = await serveRaw((stream) => {
      stream.respond({ ":status": 502, "content-type": "text/html" });
      stream.end("<h1>no</h1>");
    });
    expect((await describeThings(client)).problem).toEqual({
      code: "ERR_REFLECTION_UNAVAILABLE",
      message: "UNAVAILABLE: HTTP 502 text/html",
    });
  });

  test("a reset in the middle of an answer keeps its code", async () => {
    const { client } = await serveRaw((stream) => {
      stream.respond(GRPC, { waitForTrailers: true });
      stream.write(prefixed(filesAnswer(things)).subarray(0, 20), () => stream.close(11));
    });
    expect((await describeThings(client)).problem).toEqual({
      code: "ERR_REFLECTION_REFUSED",
      message: "RESOURCE_EXHAUSTED: RST_STREAM ENHANCE_YOUR_CALM",
    });
  });

  test("a connection lost in the middle of an answer is UNAVAILABLE", async () => {
    const { client, sockets } = await serveRaw((stream) => {
      stream.respond(GRPC);
      stream.write(prefixed(filesAnswer(things)).subarray(0, 20), () => {
        for (const socket of sockets) socket.destroy();
      });
    });
    expect((await describeThings(client)).problem?.code).toBe("ERR_REFLECTION_UNAVAILABLE");
  });
});

describe("a hostile server", () => {
  const answering = (answer: Uint8Array, options: Partial<ReflectionClientOptions> = {}) =>
    serveRaw((stream) => {
      stream.respond({ ...GRPC, "grpc-encoding": "gzip" });
      stream.on("data", () => stream.write(answer));
    }, options);

  test("with files that import each other is asked for each once", async () => {
    const { client, requests } = await serve(
      answersFrom(
        [protoFile("a.proto", { imports: ["b.proto", "a.proto"] }), protoFile("b.proto", { imports: ["a.proto"] })],
        {
          "acme.Things": "a.proto",
        },
      ),
    );
    const { files, problem } = await describeThings(client);
    expect([namesOf(files), problem]).toEqual([["a.proto", "b.proto"], undefined]);
    expect(requests).toHaveLength(2);
  });

  test("whose every file imports another is left at a depth", async () => {
    let made = 0;
    const { client } = await serve(() => [filesAnswer(protoFile(`${made}.proto`, { imports: [`${++made}.proto`] }))]);
    const { files, problem } = await describeThings(client);
    expect(problem?.code).toBe("ERR_REFLECTION_LIMIT");
    expect(files.length).toBe(101);
  });

  test("whose file imports thousands of others is left at a number", async () => {
    const imports = Array.from({ length: 6000 }, (_, index) => `${index}.proto`);
    const { client, requests } = await serve(() => [filesAnswer(protoFile("a.proto", { imports }))]);
    const { files, problem } = await describeThings(client);
    expect([files.length, problem?.code, requests.length]).toEqual([1, "ERR_REFLECTION_LIMIT", 1]);
  });

  test("that sends files without end is left at a number", async () => {
    const batch = (from: number) =>
      filesAnswer(
        ...Array.from({ length: 2000 }, (_, at) =>
          protoFile(`${from + at}.proto`, { imports: [`next-${from}.proto`] }),
        ),
      );
    let from = 0;
    const { client } = await serve(() => {
      from += 2000;
      return [batch(from)];
    });
    const { files, problem } = await describeThings(client);
    expect([files.length, problem?.code]).toEqual([5000, "ERR_REFLECTION_LIMIT"]);
  });

  test.each([
    ["garbage in a frame", prefixed(Uint8Array.of(0xff, 0xff, 0xff)), "ERR_REFLECTION_MALFORMED"],
    ["garbage without a frame", Buffer.from("Hello, I am a web page"), "ERR_REFLECTION_LIMIT"],
    ["an empty answer", prefixed(new Uint8Array(0)), "ERR_REFLECTION_MALFORMED"],
    ["an answer to another question", prefixed(servicesAnswer("x")), "ERR_REFLECTION_MALFORMED"],
    ["no files", prefixed(filesAnswer()), "ERR_REFLECTION_MALFORMED"],
    ["a file that is none", prefixed(filesAnswer(Uint8Array.of(0x0a, 0x7f))), "ERR_REFLECTION_MALFORMED"],
    ["an error of its own", prefixed(errorAnswer(13, "panic")), "ERR_REFLECTION_REFUSED"],
    ["a message of 4 GiB", prefixed(Uint8Array.of(1), 0, 0xffff_ffff), "ERR_REFLECTION_LIMIT"],
    [
      "answers that nobody asked for",
      Buffer.concat([prefixed(notFound), prefixed(notFound)]),
      "ERR_REFLECTION_NOT_FOUND",
    ],
    ["a flag of 7", prefixed(notFound, 7), "ERR_REFLECTION_MALFORMED"],
    ["no gzip where it says so", prefixed(notFound, 1), "ERR_REFLECTION_MALFORMED"],
    ["a gzip bomb", prefixed(gzipSync(Buffer.alloc(100_000_000)), 1), "ERR_REFLECTION_LIMIT"],
  ])("that sends %s is told as what it is", async (_, answer, code) => {
    const { client } = await answering(answer);
    const { files, problem } = await describeThings(client);
    expect([files, problem?.code]).toEqual([[], code]);
  });

  test("that never stops sending is left at a number of octets", async () => {
    const { client } = await serveRaw(
      (stream) => {
        stream.respond(GRPC);
        const chunk = Buffer.alloc(65_536);
        stream.write(prefixed(chunk, 0, 3_000_000));
        const more = () => {
          while (!stream.destroyed && stream.write(chunk)) {}
        };
        stream.on("drain", more);
        more();
      },
      { maxAnswerBytes: 2_000_000 },
    );
    expect((await describeThings(client)).problem?.code).toBe("ERR_REFLECTION_LIMIT");
  });

  test("whose answers together are too much is left at a number of octets", async () => {
    const imports = Array.from({ length: 10 }, (_, index) => `${index}.proto`);
    const lab = await serve((request) => {
      const name = request.fileByFilename ?? "a.proto";
      return [filesAnswer(protoFile(name, { imports: name === "a.proto" ? imports : ["x".repeat(10_000)] }))];
    });
    const { client } = connect(lab.address, { maxAnswerBytes: 50_000 });
    const { files, problem } = await describeThings(client);
    expect(problem?.code).toBe("ERR_REFLECTION_LIMIT");
    expect(files.length).toBeLessThan(6);
  });

  test("that answers more often than it was asked is not asked on", async () => {
    const both = Buffer.concat([prefixed(filesAnswer(things)), prefixed(filesAnswer(protoFile("x.proto")))]);
    const { client } = await answering(both);
    const { files, problem } = await describeThings(client);
    expect(namesOf(files)).toEqual(["things.proto"]);
    expect(problem).toEqual({ code: "ERR_REFLECTION_MALFORMED", message: "an answer that nobody asked for" });
  });

  test("that sends two files of one name is believed the first", async () => {
    const { client } = await serve(() => [
      filesAnswer(protoFile("a.proto", { service: "acme.Things" }), protoFile("a.proto")),
    ]);
    const { files } = await describeThings(client);
    expect(files.map((file) => file.length)).toEqual([protoFile("a.proto", { service: "acme.Things" }).length]);
  });

  test("that goes on after the last answer is cancelled", async () => {
    let cancelled: Promise<unknown> | undefined;
    const { client } = await serveRaw((stream) => {
      stream.respond(GRPC, { waitForTrailers: true });
      stream.once("data", () => {
        stream.write(prefixed(filesAnswer(protoFile("a.proto"))));
        cancelled = once(stream, "close").then(() => stream.rstCode);
        stream.on("end", () => stream.write(prefixed(notFound)));
      });
    });
    expect((await describeThings(client)).files).toHaveLength(1);
    expect(await cancelled).toBe(8);
  });

  test("that sends one octet a frame, or gzip unasked, is read all the same", async () => {
    const bytes = prefixed(filesAnswer(protoFile("a.proto", { service: "acme.Things" })));
    const { client } = await serveRaw((stream) => {
      stream.respond(GRPC);
      stream.once("data", async () => {
        for (const octet of bytes) await new Promise((resolve) => stream.write(Buffer.of(octet), resolve));
      });
    });
    expect((await describeThings(client)).files).toHaveLength(1);
    const zipped = await answering(prefixed(gzipSync(filesAnswer(protoFile("z.proto"))), 1));
    expect(namesOf((await describeThings(zipped.client)).files)).toEqual(["z.proto"]);
  });

  test("names that lead elsewhere are names", async () => {
    const names = ["../../etc/passwd", "__proto__", "constructor", "/dev/zero", "C:\\x", "a\u0000b"];
    const { client, requests } = await serve((request) => [
      filesAnswer(
        protoFile(request.fileByFilename ?? "a.proto", { imports: request.fileByFilename === undefined ? names : [] }),
      ),
    ]);
    const { files, problem } = await describeThings(client);
    expect(problem).toBeUndefined();
    expect(namesOf(files)).toEqual(["a.proto", ...names]);
    expect(requests.slice(1).map(({ fileByFilename }) => fileByFilename)).toEqual(names);
  });

  test("a name too long for any file is not asked for", async () => {
    const long = "x".repeat(2000);
    const { client, requests } = await serve(() => [filesAnswer(protoFile("a.proto", { imports: [long] }))]);
    expect((await describeThings(client)).missing).toEqual([long]);
    expect(requests).toHaveLength(1);
  });
});
