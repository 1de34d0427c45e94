// The suites by name: what each needs, and how it is run with or without framelens in between.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { framelensCa, freePort, isInstalled, run, scratch, startFramelens, startServer } from "./programs.mjs";

const WRAPPER = fileURLToPath(new URL("conformance-wrapper.mjs", import.meta.url));

/** @typedef {{ what: string, passed: number, failed: number, skipped?: string, detail?: string }} Result */

/** @type {Record<string, { about: string, run(direct: boolean): AsyncGenerator<Result> }>} */
export const SUITES = {
  "conformance-grpc": {
    about: "Connect conformance: gRPC over cleartext HTTP/2, grpc-go among the peers",
    run: (direct) =>
      conformance(direct, GRPC_PEERS, { ...HTTP2, ...BRIEF, protocols: ["PROTOCOL_GRPC"], supportsTls: false }),
  },
  "conformance-tls": {
    about: "Connect conformance: gRPC over cleartext and TLS",
    run: (direct) => conformance(direct, PEERS, { ...HTTP2, ...BRIEF, protocols: ["PROTOCOL_GRPC"] }),
  },
  "conformance-web": {
    about: "Connect conformance: gRPC-Web and Connect over cleartext HTTP/1.1 and HTTP/2",
    run: (direct) =>
      conformance(direct, PEERS, {
        ...ANY_HTTP,
        ...BRIEF,
        protocols: ["PROTOCOL_GRPC_WEB", "PROTOCOL_CONNECT"],
        supportsTls: false,
      }),
  },
  "conformance-full": {
    about: "Connect conformance: all protocols, codecs and compressions over TCP, without client certificates",
    run: (direct) =>
      conformance(direct, PEERS, {
        ...ANY_HTTP,
        protocols: ["PROTOCOL_GRPC", "PROTOCOL_GRPC_WEB", "PROTOCOL_CONNECT"],
        codecs: ["CODEC_PROTO", "CODEC_JSON"],
        compressions: ["IDENTITY", "GZIP", "BR", "ZSTD", "DEFLATE", "SNAPPY"].map((name) => `COMPRESSION_${name}`),
        supportsHalfDuplexBidiOverHttp1: true,
      }),
  },
  interop: { about: "gRPC interop cases with grpc-go on both ends", run: (direct) => interop(direct, false) },
  "interop-tls": { about: "the same over TLS", run: (direct) => interop(direct, true) },
  h2spec: { about: "h2spec: the verdicts on nghttpd, direct and through framelens, are the same", run: h2spec },
};

const HTTP2 = { versions: ["HTTP_VERSION_2"] };
const ANY_HTTP = { versions: ["HTTP_VERSION_1", "HTTP_VERSION_2"] };
const BRIEF = { codecs: ["CODEC_PROTO"], compressions: ["COMPRESSION_IDENTITY", "COMPRESSION_GZIP"] };

const PEERS = [
  { mode: "server", program: "referenceserver", knownFailing: [] },
  { mode: "client", program: "referenceclient", knownFailing: [] },
];
/** grpc-go answers a wrong number of messages with another status than the suite wants. */
const GRPC_PEERS = [
  ...PEERS,
  {
    mode: "server",
    program: "grpcserver",
    knownFailing: [
      "unary/multiple-requests",
      "unary/no-request",
      "server-stream/multiple-requests",
      "server-stream/no-request",
    ],
  },
  {
    mode: "client",
    program: "grpcclient",
    knownFailing: ["unary", "client-stream"].flatMap((kind) => [
      `${kind}/multiple-responses`,
      `${kind}/ok-but-no-response`,
    ]),
  },
];

async function* conformance(direct, peers, features) {
  const config = join(scratch, "conformance.yaml");
  // JSON is YAML.
  writeFileSync(config, JSON.stringify({ features }));
  for (const { mode, program, knownFailing } of peers) {
    const what = `${mode} ${program}`;
    const missing = ["connectconformance", program].find((needed) => !isInstalled(needed));
    if (missing !== undefined) {
      yield notInstalled(what, missing);
      continue;
    }
    const wrapper = direct ? [] : [process.execPath, WRAPPER, mode, join(scratch, "ca")];
    const known = knownFailing.flatMap((pattern) => ["--known-failing", `**/${pattern}`]);
    const command = ["connectconformance", "--conf", config, "--mode", mode, ...known, "--", ...wrapper, program];
    const { code, output } = await run(command);
    const figures = /(\d+) passed, (\d+) failed/.exec(output);
    const expected = /Another (\d+) failed as expected/.exec(output)?.[1];
    const failures = output.split("\n").filter((line) => line.startsWith("FAILED:"));
    yield {
      what,
      passed: Number(figures?.[1] ?? 0),
      failed: figures === null || code !== 0 ? Math.max(1, Number(figures?.[2] ?? 0)) : 0,
      detail: [
        ...(expected === undefined ? [] : [`${expected} known failures of the suite`]),
        ...(figures === null ? [output.trim().split("\n").at(-1) ?? ""] : failures.slice(0, 5)),
      ].join("\n"),
    };
  }
}

const INTEROP_CASES = [
  ...["empty_unary", "large_unary", "client_streaming", "server_streaming", "ping_pong", "empty_stream"],
  ...["timeout_on_sleeping_server", "cancel_after_begin", "cancel_after_first_response", "status_code_and_message"],
  ...["special_status_message", "custom_metadata", "unimplemented_method", "unimplemented_service"],
  ...["orca_per_rpc", "orca_oob", "rpc_soak", "channel_soak"],
];
/** The cases about load reports ask for the balancer that reads them. */
const SERVICE_CONFIG = JSON.stringify({ loadBalancingConfig: [{ test_backend_metrics_load_balancer: {} }] });

async function* interop(direct, tls) {
  const what = "grpc-go client, grpc-go server";
  const missing = ["grpc-interop-server", "grpc-interop-client"].find((needed) => !isInstalled(needed));
  if (missing !== undefined) {
    yield notInstalled(what, missing);
    return;
  }
  const port = await freePort();
  const own = tls ? await serverCertificate() : undefined;
  const secure = tls ? ["-use_tls", "-tls_cert_file", own.cert, "-tls_key_file", own.key] : [];
  const server = await startServer(["grpc-interop-server", "-port", String(port), ...secure], port);
  const between = direct ? server : await startFramelens(`${tls ? "https" : "http"}://127.0.0.1:${port}`);
  const trusted = direct ? own?.ca : framelensCa();
  const trust = tls
    ? ["-use_tls", "-use_test_ca", "-ca_file", trusted, "-server_host_override", "localhost"]
    : ["-use_tls=false"];
  const to = ["-server_host", "127.0.0.1", "-server_port", String(between.port), ...trust];
  const failed = [];
  for (const name of INTEROP_CASES) {
    const options = ["-test_case", name, "-soak_iterations", "20", `-service_config_json=${SERVICE_CONFIG}`];
    const { code } = await run(["grpc-interop-client", ...to, ...options], { seconds: 60 });
    if (code !== 0) failed.push(name);
  }
  between.stop();
  server.stop();
  yield { what, passed: INTEROP_CASES.length - failed.length, failed: failed.length, detail: failed.join(" ") };
}

/** A certificate for localhost, as files. */
async function serverCertificate() {
  const { makeServerCertificate } = await import("../../../dist/cli/selftest/certificate.js");
  const made = Object.entries(await makeServerCertificate(Date.now()));
  return Object.fromEntries(
    made.map(([name, pem]) => {
      const file = join(scratch, `server-${name}.pem`);
      writeFileSync(file, pem);
      return [name, file];
    }),
  );
}

/** A few verdicts depend on timing: they differ only when no round gave the same on both sides. */
const H2SPEC_ROUNDS = 3;

async function* h2spec(direct) {
  const what = "nghttpd";
  const missing = ["h2spec", "nghttpd"].find((needed) => !isInstalled(needed));
  if (missing !== undefined) {
    yield notInstalled(what, missing);
    return;
  }
  const port = await freePort();
  const server = await startServer(["nghttpd", "--no-tls", "-d", scratch, String(port)], port);
  const framelens = await startFramelens(`http://127.0.0.1:${port}`);
  const verdicts = { direct: new Map(), through: new Map() };
  let different = [];
  for (let round = 0; round < H2SPEC_ROUNDS && (round === 0 || different.length > 0); round++) {
    await addVerdicts(verdicts.direct, port);
    await addVerdicts(verdicts.through, direct ? port : framelens.port);
    const same = (name) => [...verdicts.direct.get(name)].some((verdict) => verdicts.through.get(name)?.has(verdict));
    different = [...verdicts.direct.keys()].filter((name) => !same(name));
  }
  framelens.stop();
  server.stop();
  const all = verdicts.direct.size;
  yield {
    what,
    passed: all - different.length,
    failed: all === 0 ? 1 : different.length,
    detail: different.join("\n"),
  };
}

async function addVerdicts(verdicts, port) {
  const report = join(scratch, "h2spec.xml");
  await run(["h2spec", "-p", String(port), "-o", "1", "-j", report]);
  // Read by pattern: octets of a broken frame in it make the XML ill-formed.
  const xml = readFileSync(report, "latin1");
  const seen = new Map();
  for (const [whole, section, name] of xml.matchAll(
    /<testcase package="([^"]*)" classname="([^"]*)"[^>]*?(?:\/>|>.*?<\/testcase>)/gs,
  )) {
    const nth = (seen.get(`${section} ${name}`) ?? 0) + 1;
    seen.set(`${section} ${name}`, nth);
    const verdict = /<failure|<error/.test(whole) ? "failed" : whole.includes("<skipped") ? "skipped" : "passed";
    const key = `${section} ${name} ${nth}`;
    verdicts.set(key, (verdicts.get(key) ?? new Set()).add(verdict));
  }
}

function notInstalled(what, program) {
  return { what, passed: 0, failed: 0, skipped: `${program} is not installed` };
}
