// The gRPC interop cases: clients of five languages to servers of two, each pair with a framelens of its own.
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  framelensCa,
  freePort,
  isInstalled,
  notInstalled,
  run,
  scratch,
  serverCertificate,
  skipped,
  startFramelens,
  startServer,
  works,
} from "./programs.mjs";

const clientFile = (name) => fileURLToPath(new URL(`clients/${name}`, import.meta.url));
/** Where grpc-java lies; see clients/java/pom.xml. */
const JAVA_LIB = process.env.GRPC_JAVA_LIB ?? clientFile("java/lib");
const PYTHON = process.env.PYTHON ?? "python3";

const SHARED = [
  ...["empty_unary", "large_unary", "client_streaming", "server_streaming", "ping_pong", "empty_stream"],
  ...["timeout_on_sleeping_server", "cancel_after_first_response", "status_code_and_message"],
  ...["special_status_message", "custom_metadata", "unimplemented_method", "unimplemented_service"],
];
const OFFICIAL = [...SHARED, "cancel_after_begin", "rpc_soak", "channel_soak"];
const LOAD_REPORTS = ["orca_per_rpc", "orca_oob"];
const COMPRESSED = [
  ...["client_compressed_unary_noprobe", "server_compressed_unary"],
  ...["client_compressed_streaming_noprobe", "server_compressed_streaming"],
];
/** The cases about load reports ask for the balancer that reads them. */
const BALANCER = JSON.stringify({ loadBalancingConfig: [{ test_backend_metrics_load_balancer: {} }] });

const hasJava = () => existsSync(JAVA_LIB) && isInstalled("java");
const onTheWay = (port, tls) => [String(port), ...(tls === undefined ? [] : [tls.ca, tls.name])];

/**
 * The servers. Java's shows a certificate for test.google.fr, whose key is public.
 * @type {readonly { name: string, needs(): string | undefined, own: boolean, command(port: number, tls?: { cert: string, key: string }): readonly string[] }[]}
 */
const SERVERS = [
  {
    name: "go",
    needs: () => (isInstalled("grpc-interop-server") ? undefined : "grpc-interop-server"),
    own: true,
    command: (port, tls) => [
      ...["grpc-interop-server", "-port", String(port)],
      ...(tls === undefined ? [] : ["-use_tls", "-tls_cert_file", tls.cert, "-tls_key_file", tls.key]),
    ],
  },
  {
    name: "java",
    needs: () => (hasJava() ? undefined : "grpc-java (GRPC_JAVA_LIB)"),
    own: false,
    command: (port, tls) => [
      ...["java", "-cp", `${JAVA_LIB}/*`, "io.grpc.testing.integration.TestServiceServer"],
      ...[`--port=${port}`, `--use_tls=${tls !== undefined}`],
    ],
  },
];

/**
 * The clients, and what each is asked of a server. Those that are not grpc-go's and grpc-java's own have no cases of load and
 * soak, and one of 100 calls at a time instead. grpc-go's server has no gzip linked in.
 * @type {readonly { name: string, needs(): string | undefined, cases(server: string): readonly string[], command(to: object, cases: readonly string[]): readonly (readonly string[])[] }[]}
 */
const CLIENTS = [
  {
    name: "go",
    needs: () => (isInstalled("grpc-interop-client") ? undefined : "grpc-interop-client"),
    cases: (server) => (server === "go" ? [...OFFICIAL, ...LOAD_REPORTS] : OFFICIAL),
    command: ({ port, tls }, cases) =>
      cases.map((name) => [
        ...["grpc-interop-client", "-server_host", "127.0.0.1", "-server_port", String(port), "-test_case", name],
        ...["-soak_iterations", "20", `-service_config_json=${BALANCER}`],
        ...(tls === undefined
          ? ["-use_tls=false"]
          : ["-use_tls", "-use_test_ca", "-ca_file", tls.ca, "-server_host_override", tls.name]),
      ]),
  },
  {
    name: "python",
    needs: () => (works([PYTHON, "-c", "import grpc"]) ? undefined : "grpcio"),
    cases: (server) => [...SHARED, "cancel_after_begin", "parallel_100", ...(server === "go" ? [] : ["gzip_unary"])],
    command: ({ port, tls }, cases) => [[PYTHON, clientFile("python_client.py"), ...onTheWay(port, tls), ...cases]],
  },
  {
    name: "node",
    needs: () => undefined,
    cases: (server) => [...SHARED, "cancel_after_begin", "parallel_100", ...(server === "go" ? [] : ["gzip_unary"])],
    command: ({ port, tls }, cases) => [
      [process.execPath, clientFile("node-client.mjs"), ...onTheWay(port, tls), ...cases],
    ],
  },
  {
    name: "rust",
    needs: () => (isInstalled("interop-tonic") ? undefined : "interop-tonic"),
    cases: (server) => [...SHARED, "parallel_100", ...(server === "go" ? [] : ["gzip_unary"])],
    command: ({ port, tls }, cases) => [["interop-tonic", ...onTheWay(port, tls), ...cases]],
  },
  ...["java", "java okhttp"].map((name) => ({
    name,
    needs: () => (hasJava() ? undefined : "grpc-java (GRPC_JAVA_LIB)"),
    cases: (server) => [
      ...OFFICIAL,
      ...LOAD_REPORTS,
      ...(server === "java" ? ["very_large_request", ...COMPRESSED] : []),
    ],
    command: ({ port, tls }, cases) => [
      [
        ...["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"],
        ...(tls === undefined
          ? []
          : [`-Djavax.net.ssl.trustStore=${tls.store}`, "-Djavax.net.ssl.trustStorePassword=changeit"]),
        ...["-cp", `${JAVA_LIB}/*`, clientFile("java/InteropCases.java"), cases.join(" ")],
        ...["--server_host=127.0.0.1", `--server_port=${port}`, `--service_config_json=${BALANCER}`],
        ...["--soak_iterations=20", "--soak_per_iteration_max_acceptable_latency_ms=5000"],
        ...(tls === undefined ? ["--use_tls=false"] : ["--use_tls=true", `--server_host_override=${tls.name}`]),
        ...(name === "java" ? [] : ["--use_okhttp=true"]),
      ],
    ],
  })),
];

export async function* interop(direct, tls) {
  for (const server of SERVERS) {
    const what = `to ${server.name}`;
    if (direct && tls && !server.own) {
      yield skipped(what, "nobody has the CA of its certificate");
      continue;
    }
    const missing = server.needs();
    if (missing !== undefined) {
      yield notInstalled(what, missing);
      continue;
    }
    const own = tls ? await serverCertificate() : undefined;
    const port = await freePort();
    const running = await startServer(server.command(port, own), port);
    const trust = own && (await trusted(direct ? own.ca : framelensCa()));
    for (const client of CLIENTS) yield await pair(client, server.name, { direct, upstream: port, trust });
    running.stop();
  }
}

async function pair(client, server, { direct, upstream, trust }) {
  const what = `${client.name} to ${server}`;
  const missing = client.needs();
  if (missing !== undefined) return notInstalled(what, missing);
  const scheme = trust === undefined ? "http" : "https";
  const between = direct ? undefined : await startFramelens(`${scheme}://127.0.0.1:${upstream}`);
  const cases = client.cases(server);
  const passed = new Set();
  let last = "";
  for (const [index, command] of client.command({ port: between?.port ?? upstream, tls: trust }, cases).entries()) {
    const { code, output } = await run(command, { seconds: 180 });
    // Either a program that tells of each case, or one for each case.
    for (const [, name] of output.matchAll(/^PASS (\w+)/gm)) passed.add(name);
    if (client.name === "go" && code === 0) passed.add(cases[index]);
    last = output;
  }
  between?.stop();
  const failed = cases.filter((name) => !passed.has(name));
  const why =
    failed.length === 0
      ? ""
      : `\n${last
          .split("\n")
          .filter((line) => line.startsWith("FAIL"))
          .slice(0, 5)
          .join("\n")}`;
  return { what, passed: cases.length - failed.length, failed: failed.length, detail: failed.join(" ") + why };
}

/** Whom clients trust: as a PEM file, and as a store for Java where there is one. */
async function trusted(ca) {
  const store = join(scratch, "roots.p12");
  rmSync(store, { force: true });
  if (hasJava()) {
    const options = ["-storetype", "PKCS12", "-keystore", store, "-storepass", "changeit", "-alias", "ca", "-file", ca];
    await run(["keytool", "-importcert", "-noprompt", ...options]);
  }
  return { ca, store, name: "localhost" };
}
