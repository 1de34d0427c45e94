// Clients for the command line in front of the demo's server and of nghttpd: each prints what it got, which is known.
// Over TLS it is framelens that speaks it, with its own CA, and the servers are in plaintext.
import { randomBytes } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  framelensCa,
  freePort,
  isInstalled,
  notInstalled,
  run,
  scratch,
  skipped,
  startFramelens,
  startServer,
} from "./programs.mjs";

const SAMPLES = fileURLToPath(new URL("../../../proto-samples", import.meta.url));
const HEALTH = "grpc/health/v1/health.proto";
const PACKAGE = "framelens.demo.v1";
const BIG_BYTES = 1_000_000;
/** curl 7.88 fails, direct too, when more than 32 KiB follow the answer to its Upgrade at once. */
const UPGRADED_BYTES = 16_000;

/**
 * What is run: a program, its words, and what is printed by one that works.
 * @typedef {{ name: string, program: string, words: readonly string[], prints: RegExp, same?: readonly [string, string] }} Command
 */

/** @returns {readonly Command[]} */
function grpcCommands({ port, ca, token }) {
  const authorization = `authorization: ${token}`;
  const address = `localhost:${port}`;
  const grpcurl = (name, proto, method, request, prints) => ({
    name: `grpcurl ${name}`,
    program: "grpcurl",
    words: [
      ...(ca === undefined ? ["-plaintext"] : ["-cacert", ca]),
      ...[
        "-import-path",
        SAMPLES,
        "-proto",
        proto,
        "-H",
        authorization,
        "-d",
        request,
        address,
        `${PACKAGE}.${method}`,
      ],
    ],
    prints,
  });
  const users = "users.proto";
  // A folder is a module for buf, in which names are unique; the samples have one contract in two versions.
  const schema = join(scratch, "buf");
  mkdirSync(schema, { recursive: true });
  copyFileSync(join(SAMPLES, users), join(schema, users));
  const buf = (name, method, request, prints) => ({
    name: `buf curl ${name}`,
    program: "buf",
    words: [
      ...["curl", "--schema", schema, "--protocol", "grpc", "-H", authorization, "-d", request],
      ...(ca === undefined ? ["--http2-prior-knowledge"] : ["--cacert", ca]),
      `${ca === undefined ? "http" : "https"}://${address}/${PACKAGE}.${method}`,
    ],
    prints,
  });
  return [
    grpcurl("unary", users, "UserService/GetUser", '{"id":1001}', /"name": "Alice"/),
    grpcurl("server stream", users, "UserService/ListUsers", '{"limit":3}', /("id": [\s\S]*){3}/),
    grpcurl("client stream", "metrics.proto", "MetricsService/UploadMetrics", SAMPLE.repeat(3), /"accepted": 3/),
    grpcurl("bidi", "chat.proto", "ChatService/ChatSession", CHAT, /"joined"[\s\S]*"line"/),
    grpcurl("error status", users, "UserService/DeleteUser", "{}", /Code: Unimplemented/),
    {
      name: "ghz, 2,000 calls on 20 connections",
      program: "ghz",
      words: [
        ...(ca === undefined ? ["--insecure"] : ["--cacert", ca]),
        // Its reader of .proto files knows no optional fields.
        ...["--proto", join(SAMPLES, HEALTH), "--import-paths", SAMPLES, "--call", "grpc.health.v1.Health.Check"],
        ...["-n", "2000", "-c", "50", "--connections", "20", address],
      ],
      prints: /\[OK\]\s+2000 responses/,
    },
    buf("unary", "UserService/GetUser", '{"id":1001}', /"name":\s*"Alice"/),
    buf("server stream", "UserService/ListUsers", '{"limit":3}', /("id":[\s\S]*){3}/),
  ];
}

const SAMPLE = '{"name":"x","gauge":1,"time":"2026-01-01T00:00:00Z"}';
const CHAT = '{"room":"tea","author":"a","joined":{}}{"room":"tea","author":"a","line":{"text":"hello"}}';

/** @returns {readonly Command[]} */
function httpCommands({ port, ca, upgradePort }) {
  const url = `${ca === undefined ? "http" : "https"}://localhost:${port}`;
  const got = join(scratch, "curl.out");
  const curl = (name, file, words, prints) => ({
    name: `curl ${name}`,
    program: "curl",
    words: ["-sS", "--max-time", "20", "-o", got, "-w", "%{http_code} %{http_version}", ...words],
    prints,
    same: [got, join(scratch, file)],
  });
  const prior = ca === undefined ? ["--http2-prior-knowledge"] : ["--http2", "--cacert", ca];
  return [
    curl("of 1 MB", "big", [...prior, `${url}/big`], /^200 2/),
    ...(upgradePort === undefined
      ? []
      : [curl("by HTTP/1.1 Upgrade", "upgraded", ["--http2", `http://localhost:${upgradePort}/upgraded`], /^200 2/)]),
    { name: "nghttp of two", program: "nghttp", words: ["-nv", `${url}/big`, `${url}/small`], prints: /:status: 200/ },
    {
      name: "h2load, 2,000 requests on 10 connections",
      program: "h2load",
      words: ["-n", "2000", "-c", "10", "-m", "32", `${url}/small`],
      prints: /2000 succeeded, 0 failed/,
    },
  ];
}

export async function* commandLine(direct, tls) {
  if (direct && tls) {
    yield skipped("TLS", "the servers are in plaintext; it is framelens that speaks TLS here");
    return;
  }
  const { startDemoServer } = await import("../../../dist/cli/demo/server.js");
  const { VALID_TOKEN } = await import("../../../dist/cli/demo/services/users.js");
  const running = [];
  const through = async (port) => {
    if (direct) return port;
    const framelens = await startFramelens(`http://127.0.0.1:${port}`);
    running.push(framelens);
    return framelens.port;
  };
  const ca = tls ? framelensCa() : undefined;
  const demo = await startDemoServer();
  yield* each(grpcCommands({ port: await through(demo.port), ca, token: VALID_TOKEN }));
  await demo.stop();
  if (isInstalled("nghttpd")) {
    writeFileSync(join(scratch, "big"), randomBytes(BIG_BYTES));
    writeFileSync(join(scratch, "upgraded"), randomBytes(UPGRADED_BYTES));
    writeFileSync(join(scratch, "small"), "hello\n");
    const port = await freePort();
    running.push(await startServer(["nghttpd", "--no-tls", "-d", scratch, String(port)], port));
    const upgrading = tls ? undefined : await upgradingServer(port, running);
    const upgradePort = upgrading && (await through(upgrading));
    yield* each(httpCommands({ port: await through(port), ca, upgradePort }));
  } else yield notInstalled("GET", "nghttpd");
  for (const program of running.reverse()) program.stop();
}

/** nghttpd takes HTTP/2 at once only; nghttpx in front of it also takes the Upgrade. */
async function upgradingServer(behind, running) {
  if (!isInstalled("nghttpx")) return undefined;
  const port = await freePort();
  const front = ["--conf=/dev/null", "-LFATAL", "--workers=1", `-f127.0.0.1,${port};no-tls`];
  running.push(await startServer(["nghttpx", ...front, `-b127.0.0.1,${behind};;proto=h2`], port));
  return port;
}

async function* each(commands) {
  for (const { name, program, words, prints, same } of commands) {
    if (!isInstalled(program)) {
      yield notInstalled(name, program);
      continue;
    }
    const { code, output } = await run([program, ...words], { seconds: 60 });
    const equal = same === undefined || readFileSync(same[0]).equals(readFileSync(same[1]));
    const ok = prints.test(output) && equal && (code === 0 || prints.source.startsWith("Code:"));
    yield {
      what: name,
      passed: ok ? 1 : 0,
      failed: ok ? 0 : 1,
      detail: ok ? "" : `exit ${code}: ${output.slice(0, 500)}`,
    };
  }
}
