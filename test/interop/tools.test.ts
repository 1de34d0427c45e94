// Clients that others wrote, where they are on the PATH: what each printed of a call, against what the capture tells of it.
import { execFile, spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import {
  type handleServerStreamingCall,
  type handleUnaryCall,
  Metadata,
  Server,
  ServerCredentials,
} from "@grpc/grpc-js";
import { expect, it, onTestFinished } from "vitest";
import type { Methods, User } from "../../cli/demo/messages.js";
import { loadMethods, PROTO_SAMPLES } from "../../cli/demo/protos.js";
import { firstValue } from "../../src/index.js";
import { type RecordingProxy, startRecording } from "../support/recording-proxy.js";

const methods = loadMethods();
const USERS = "framelens.demo.v1.UserService";

function works(program: string, ...args: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: "ignore" }).status === 0;
}

const has = {
  grpcurl: works("grpcurl", "-version"),
  grpcio: works("python3", "-c", "import grpc"),
  nghttp: works("nghttp", "--version"),
  h2load: works("h2load", "--version"),
  curl: /\bHTTP2\b/.test(spawnSync("curl", ["--version"], { encoding: "utf8" }).stdout ?? ""),
};

/** A user directory by grpc-js with a proxy in front: everybody is there but number 404. */
async function startUsers(): Promise<RecordingProxy> {
  const server = new Server();
  const user = (id: number): User => ({ id, name: `User ${id}`, interests: ["tea"] });
  const getUser: handleUnaryCall<Methods["getUser"][0], User> = (call, callback) => {
    const trailers = new Metadata();
    trailers.set("x-cost", "3");
    trailers.set("x-cost-bin", Buffer.from([0, 200, 7]));
    if (call.request.id === 404) callback({ code: 5, details: "no user 404 – sorry", metadata: trailers });
    else callback(null, user(call.request.id), trailers);
  };
  const listUsers: handleServerStreamingCall<Methods["listUsers"][0], User> = (call) => {
    for (let id = 1; id <= (call.request.limit ?? 0); id++) call.write(user(id));
    call.end();
  };
  server.addService({ getUser: methods.getUser, listUsers: methods.listUsers }, { getUser, listUsers });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  onTestFinished(() => server.forceShutdown());
  return startRecording({ upstream: `http://127.0.0.1:${port}` });
}

/** Runs a program to its end. @returns what it printed, whatever its exit code */
async function run(program: string, ...args: readonly string[]): Promise<string> {
  const both = (result: { stdout: string; stderr: string }) => result.stdout + result.stderr;
  return promisify(execFile)(program, args, { timeout: 100_000 }).then(both, both);
}

const readUser = (bytes: Buffer) => {
  const { id, name } = methods.getUser.responseDeserialize(bytes);
  return { id, name };
};
const framed = (message: Buffer) => {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
};

async function fileOf(bytes: Buffer): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "framelens-tools-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "body"), bytes);
  return join(folder, "body");
}

const GRPC_FIELDS = ["content-type: application/grpc", "te: trailers"];
const header = (field: string) => ["-H", field];

function grpcurl(port: number, request: object, method: string): Promise<string> {
  const proto = ["-import-path", PROTO_SAMPLES, "-proto", "users.proto"];
  return run("grpcurl", "-plaintext", "-vv", ...proto, "-d", JSON.stringify(request), `127.0.0.1:${port}`, method);
}

it.skipIf(!has.grpcurl)("grpcurl prints the messages and trailers of a stream that were recorded", async () => {
  const proxy = await startUsers();
  const printed = await grpcurl(proxy.port, { limit: 3 }, `${USERS}/ListUsers`);
  const [call] = await proxy.calls(1);
  expect(printed).toContain("Sent 1 request and received 3 responses");
  expect([...printed.matchAll(/"name": "([^"]*)"/g)].map(([, name]) => name)).toEqual(
    call?.server.map((bytes) => readUser(bytes).name),
  );
  expect([...printed.matchAll(/Estimated response size: (\d+) bytes/g)].map(([, size]) => Number(size))).toEqual(
    call?.server.map((bytes) => bytes.length),
  );
  expect(call).toMatchObject({
    method: `/${USERS}/ListUsers`,
    protocol: "grpc",
    end: { how: "trailers", status: { code: 0 } },
  });
  expect(firstValue(call?.requestFields ?? [], "user-agent")).toMatch(/^grpcurl\//);
});

it.skipIf(!has.grpcurl)("grpcurl prints the error that was recorded, with its trailers", async () => {
  const proxy = await startUsers();
  const printed = await grpcurl(proxy.port, { id: 404 }, `${USERS}/GetUser`);
  const [call] = await proxy.calls(1);
  expect(printed).toContain("Code: NotFound");
  expect(printed).toContain(`Message: ${call?.end.status.message}`);
  expect(printed).toContain("x-cost: 3");
  expect(call?.end.status).toMatchObject({ name: "NOT_FOUND", message: "no user 404 – sorry", source: "trailers" });
  expect(firstValue(call?.trailerFields ?? [], "x-cost")).toBe("3");
  expect(methods.getUser.requestDeserialize(call!.client[0]!)).toMatchObject({ id: 404 });
});

const PYTHON_CLIENT = `
import grpc, json, sys
same = lambda octets: octets
channel = grpc.insecure_channel("127.0.0.1:" + sys.argv[1])
def tell(call, messages):
    print(json.dumps({"messages": [m.hex() for m in messages], "code": call.code().name, "details": call.details(),
        "trailers": [[k, v.hex() if isinstance(v, bytes) else v] for k, v in call.trailing_metadata()]}))
get = channel.unary_unary("/${USERS}/GetUser", same, same)
answer, call = get.with_call(bytes.fromhex(sys.argv[2]), metadata=(("x-who", "python"), ("x-who-bin", b"\\x00\\xff")), timeout=20)
tell(call, [answer])
list = channel.unary_stream("/${USERS}/ListUsers", same, same)(bytes.fromhex(sys.argv[3]), timeout=20)
tell(list, [m for m in list])
try:
    get(bytes.fromhex(sys.argv[4]), timeout=20)
except grpc.RpcError as error:
    tell(error, [])
channel.close()
`;

it.skipIf(!has.grpcio)("Python's grpcio sees the messages, statuses and trailers that were recorded", async () => {
  const proxy = await startUsers();
  const requests = [
    methods.getUser.requestSerialize({ id: 7 }),
    methods.listUsers.requestSerialize({ limit: 2 }),
    methods.getUser.requestSerialize({ id: 404 }),
  ].map((bytes) => bytes.toString("hex"));
  const printed = await run("python3", "-c", PYTHON_CLIENT, String(proxy.port), ...requests);
  const calls = await proxy.calls(3);
  const seen = printed
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as PythonCall);
  expect(seen.map(({ messages }) => messages)).toEqual(
    calls.map((call) => call.server.map((bytes) => bytes.toString("hex"))),
  );
  expect(seen.map(({ code }) => code)).toEqual(["OK", "OK", "NOT_FOUND"]);
  expect(calls.map(({ end }) => end.status.name)).toEqual(["OK", "OK", "NOT_FOUND"]);
  // grpcio keeps the message of an OK to itself.
  expect(seen[2]?.details).toBe(calls[2]?.end.status.message);
  expect(seen[0]?.trailers).toContainEqual(["x-cost-bin", "00c807"]);
  expect(calls[0]?.trailerFields).toContainEqual(["x-cost-bin", "AMgH"]);
  expect(calls.map((call) => call.client.map((bytes) => bytes.toString("hex")))).toEqual(requests.map((hex) => [hex]));
  expect(firstValue(calls[0]?.requestFields ?? [], "x-who-bin")).toMatch(/^AP8=?$/);
  expect(calls[0]?.timeoutMs).toBeGreaterThan(15_000);
});

interface PythonCall {
  readonly messages: readonly string[];
  readonly code: string;
  readonly details: string;
  readonly trailers: readonly (readonly [string, string])[];
}

it.skipIf(!has.curl)("curl with prior knowledge prints the header and trailer fields that were recorded", async () => {
  const proxy = await startUsers();
  const body = await fileOf(framed(methods.getUser.requestSerialize({ id: 12 })));
  const printed = await run(
    "curl",
    ...[
      "-sS",
      "--noproxy",
      "*",
      "--http2-prior-knowledge",
      "-D",
      "-",
      "-o",
      `${body}.answer`,
      "--data-binary",
      `@${body}`,
    ],
    ...GRPC_FIELDS.flatMap(header),
    `http://127.0.0.1:${proxy.port}/${USERS}/GetUser`,
  );
  const [call] = await proxy.calls(1);
  const lines = printed.split("\r\n").filter((line) => line.includes(": "));
  const recorded = [...call!.responseFields, ...call!.trailerFields].filter(([name]) => name !== ":status");
  expect(lines).toEqual(recorded.map(([name, value]) => `${name}: ${value}`));
  expect(printed).toContain("grpc-status: 0");
  expect(call?.server.map(readUser)).toEqual([{ id: 12, name: "User 12" }]);
});

it.skipIf(!has.nghttp)("nghttp prints the fields of a call that were recorded, in their order", async () => {
  const proxy = await startUsers();
  const body = await fileOf(framed(methods.getUser.requestSerialize({ id: 404 })));
  const url = `http://127.0.0.1:${proxy.port}/${USERS}/GetUser`;
  const printed = await run("nghttp", "-nv", "-d", body, ...[":method: POST", ...GRPC_FIELDS].flatMap(header), url);
  const [call] = await proxy.calls(1);
  const received = [...printed.matchAll(/recv \(stream_id=\d+\) (:?[^:]+): (.*)/g)].map(([, name, value]) => [
    name,
    value,
  ]);
  expect(received).toEqual([...call!.responseFields, ...call!.trailerFields]);
  expect(call?.end.status.name).toBe("NOT_FOUND");
});

it.skipIf(!has.h2load)(
  "h2load's calls are all recorded: as many, on as many connections, with as many octets",
  async () => {
    const proxy = await startUsers();
    const body = await fileOf(framed(methods.getUser.requestSerialize({ id: 3 })));
    const url = `http://127.0.0.1:${proxy.port}/${USERS}/GetUser`;
    const printed = await run(
      "h2load",
      "-n",
      "200",
      "-c",
      "4",
      "-m",
      "10",
      "-d",
      body,
      ...GRPC_FIELDS.flatMap(header),
      url,
    );
    const calls = await proxy.calls(200);
    expect(printed).toContain("200 total, 200 started, 200 done, 200 succeeded, 0 failed");
    expect(calls).toHaveLength(200);
    expect(new Set(calls.map(({ end }) => `${end.status.name} ${end.how}`))).toEqual(new Set(["OK trailers"]));
    const opened = proxy.connectionEvents().filter(({ kind }) => kind === "connection-opened");
    expect(opened).toHaveLength(4);
    const data = Number(/headers \((?:space savings[^)]*)\), [\d.]+[KMG]?B \((\d+)\) data/.exec(printed)?.[1]);
    expect(data).toBe(
      calls.reduce((sum, { server }) => sum + server.reduce((bytes, one) => bytes + 5 + one.length, 0), 0),
    );
  },
);
