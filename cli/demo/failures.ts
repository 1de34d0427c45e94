// Errors as good services send them: a code, a text, and google.rpc details in the trailer grpc-status-details-bin.
import { join } from "node:path";
import { type status as Code, Metadata } from "@grpc/grpc-js";
import protobuf from "protobufjs";
import { PROTO_SAMPLES } from "./protos.js";

/** The fields of each detail, by its type within google.rpc. */
export interface Details {
  ErrorInfo?: { reason: string; domain: string; metadata?: Record<string, string> };
  BadRequest?: { fieldViolations: { field: string; description: string; reason?: string }[] };
  ResourceInfo?: { resourceType: string; resourceName: string; description?: string };
  RetryInfo?: { retryDelay: { seconds: number; nanos?: number } };
  DebugInfo?: { stackEntries: string[]; detail: string };
  QuotaFailure?: { violations: { subject: string; description: string }[] };
  PreconditionFailure?: { violations: { type: string; subject: string; description: string }[] };
  RequestInfo?: { requestId: string };
  Help?: { links: { description: string; url: string }[] };
  LocalizedMessage?: { locale: string; message: string };
}

/** What google.rpc.Status holds, with its details decoded. */
export interface RichStatus {
  readonly code: number;
  readonly message: string;
  readonly details: readonly { readonly type: string; readonly value: unknown }[];
}

/** A call that fails on purpose; grpc-js sends its code, text and metadata as the call's status. */
export class CallFailure extends Error {
  readonly code: Code;
  readonly details: string;
  readonly metadata: Metadata;

  constructor(code: Code, details: string, metadata: Metadata) {
    super(details);
    this.name = "CallFailure";
    this.code = code;
    this.details = details;
    this.metadata = metadata;
  }
}

export type FailureMaker = (code: Code, message: string, details?: Details) => CallFailure;

/** google.protobuf.Any; protobufjs ships it with its fields in snake case. */
interface PackedDetail {
  type_url: string;
  value: Uint8Array;
}

const TYPE_PREFIX = "type.googleapis.com/google.rpc.";

/** Reads google/rpc/*.proto and returns the maker of failures. */
export function loadFailures(): FailureMaker {
  const { status, lookup } = loadGoogleRpc();
  return (code, message, details = {}) => {
    const packed = Object.entries(details).map(([name, value]): PackedDetail => {
      const type = lookup(name);
      return { type_url: TYPE_PREFIX + name, value: type.encode(type.fromObject(value)).finish() };
    });
    const metadata = new Metadata();
    if (packed.length > 0) {
      const bytes = status.encode(status.fromObject({ code, message, details: packed })).finish();
      metadata.set("grpc-status-details-bin", Buffer.from(bytes));
    }
    return new CallFailure(code, message, metadata);
  };
}

/** Reads back what {@link loadFailures} wrote; undefined when a call carried no details. */
export function readFailure(trailers: Metadata): RichStatus | undefined {
  const bytes = trailers.get("grpc-status-details-bin")[0];
  if (!(bytes instanceof Buffer)) return undefined;
  const { status, lookup } = loadGoogleRpc();
  const { code, message, details } = status.toObject(status.decode(bytes), { defaults: true }) as {
    code: number;
    message: string;
    details: PackedDetail[];
  };
  return {
    code,
    message,
    details: details.map(({ type_url: typeUrl, value }) => {
      const type = lookup(typeUrl.slice(TYPE_PREFIX.length));
      return { type: type.name, value: type.toObject(type.decode(value), { longs: Number }) };
    }),
  };
}

function loadGoogleRpc() {
  const root = new protobuf.Root();
  root.loadSync(["status.proto", "error_details.proto"].map((name) => join(PROTO_SAMPLES, "google", "rpc", name)));
  return {
    status: root.lookupType("google.rpc.Status"),
    lookup: (name: string) => root.lookupType(`google.rpc.${name}`),
  };
}
