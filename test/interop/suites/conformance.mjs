// The Connect conformance suite: its reference client and server, and grpc-go's, with framelens between them.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isInstalled, notInstalled, run, scratch } from "./programs.mjs";

const WRAPPER = fileURLToPath(new URL("conformance-wrapper.mjs", import.meta.url));

export const HTTP2 = { versions: ["HTTP_VERSION_2"] };
export const ANY_HTTP = { versions: ["HTTP_VERSION_1", "HTTP_VERSION_2"] };
export const BRIEF = { codecs: ["CODEC_PROTO"], compressions: ["COMPRESSION_IDENTITY", "COMPRESSION_GZIP"] };

export const PEERS = [
  { mode: "server", program: "referenceserver", knownFailing: [] },
  { mode: "client", program: "referenceclient", knownFailing: [] },
];
/** grpc-go answers a wrong number of messages with another status than the suite wants. */
export const GRPC_PEERS = [
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

/** @param features what the suite is to test, as in its configuration file */
export async function* conformance(direct, peers, features) {
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
