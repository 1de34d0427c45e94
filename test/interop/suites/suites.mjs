// The suites by name: what each needs, and how it is run with or without framelens in between.
import { commandLine } from "./command-line.mjs";
import { ANY_HTTP, BRIEF, conformance, GRPC_PEERS, HTTP2, PEERS } from "./conformance.mjs";
import { h2spec } from "./h2spec.mjs";
import { interop } from "./interop.mjs";

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
  interop: {
    about: "gRPC interop: clients of Go, Python, Node, Rust and Java to servers of Go and Java",
    run: (direct) => interop(direct, false),
  },
  "interop-tls": { about: "the same over TLS", run: (direct) => interop(direct, true) },
  clients: {
    about: "grpcurl, ghz, buf curl, curl, nghttp and h2load",
    run: (direct) => commandLine(direct, false),
  },
  "clients-tls": { about: "the same over TLS", run: (direct) => commandLine(direct, true) },
  h2spec: { about: "h2spec: the verdicts on nghttpd, direct and through framelens, are the same", run: h2spec },
};
