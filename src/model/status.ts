// gRPC status codes, and what a call's status is when no grpc-status arrived (grpc/doc/PROTOCOL-HTTP2.md, http-grpc-status-mapping.md).

/** Names by number, 0 to 16. Source: grpc/doc/statuscodes.md */
export const STATUS_NAMES = [
  "OK",
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED",
] as const;

/** Where a status comes from: the peer's own word, or our reading of how the stream ended. */
export const STATUS_SOURCES = ["trailers", "reset", "http-status", "goaway", "connection", "missing"] as const;
export type StatusSource = (typeof STATUS_SOURCES)[number];

export interface Status {
  /** 0 to 16; a number outside it is kept as sent. */
  readonly code: number;
  readonly name: string;
  readonly message: string;
  /** Only `trailers` is what the server said; every other source is inferred. */
  readonly source: StatusSource;
}

/** The name of a status code; "CODE_99" for one that gRPC does not define. */
export function statusName(code: number): string {
  return STATUS_NAMES[code] ?? `CODE_${code}`;
}

/** RST_STREAM and GOAWAY codes. Source: RFC 9113 §7 */
export const HTTP2_ERROR_NAMES = [
  "NO_ERROR",
  "PROTOCOL_ERROR",
  "INTERNAL_ERROR",
  "FLOW_CONTROL_ERROR",
  "SETTINGS_TIMEOUT",
  "STREAM_CLOSED",
  "FRAME_SIZE_ERROR",
  "REFUSED_STREAM",
  "CANCEL",
  "COMPRESSION_ERROR",
  "CONNECT_ERROR",
  "ENHANCE_YOUR_CALM",
  "INADEQUATE_SECURITY",
  "HTTP_1_1_REQUIRED",
] as const;

/** The name of an HTTP/2 error code; "0x2a" for one that RFC 9113 does not define. */
export function http2ErrorName(code: number): string {
  return HTTP2_ERROR_NAMES[code] ?? `0x${code.toString(16)}`;
}

/** gRPC status by HTTP/2 error code, index by index of {@link HTTP2_ERROR_NAMES}. Source: PROTOCOL-HTTP2.md, "Errors" */
const STATUS_OF_RESET = [13, 13, 13, 13, 13, 2, 13, 14, 1, 13, 13, 8, 7, 2] as const;

/** The status a gRPC client reports for a reset stream without trailers. */
export function statusOfReset(code: number): number {
  return STATUS_OF_RESET[code] ?? 2;
}

/** The status a gRPC client reports for an answer that is no gRPC. Source: http-grpc-status-mapping.md */
export function statusOfHttp(httpStatus: number): number {
  switch (httpStatus) {
    case 400:
      return 13;
    case 401:
      return 16;
    case 403:
      return 7;
    case 404:
      return 12;
    case 429:
    case 502:
    case 503:
    case 504:
      return 14;
    default:
      return 2;
  }
}
