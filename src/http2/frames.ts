// HTTP/2 frame types, flags, settings and the client preface (RFC 9113 §3.4, §6, §11; RFC 7838, 8336, 9218 for the extensions).

/** Octets in a frame header (RFC 9113 §4.1). */
export const FRAME_HEADER_BYTES = 9;

export const FRAME = {
  data: 0x0,
  headers: 0x1,
  priority: 0x2,
  rstStream: 0x3,
  settings: 0x4,
  pushPromise: 0x5,
  ping: 0x6,
  goaway: 0x7,
  windowUpdate: 0x8,
  continuation: 0x9,
} as const;

/** Names by number, those of known extensions included. */
const FRAME_NAMES: Readonly<Record<number, string>> = {
  0: "DATA",
  1: "HEADERS",
  2: "PRIORITY",
  3: "RST_STREAM",
  4: "SETTINGS",
  5: "PUSH_PROMISE",
  6: "PING",
  7: "GOAWAY",
  8: "WINDOW_UPDATE",
  9: "CONTINUATION",
  10: "ALTSVC",
  12: "ORIGIN",
  16: "PRIORITY_UPDATE",
};

/** The name of a frame type; "frame type 0x2a" for one without a name. */
export function frameName(type: number): string {
  return FRAME_NAMES[type] ?? `frame type 0x${type.toString(16)}`;
}

export const FLAG = {
  /** DATA, HEADERS */
  endStream: 0x1,
  /** SETTINGS, PING */
  ack: 0x1,
  /** HEADERS, PUSH_PROMISE, CONTINUATION */
  endHeaders: 0x4,
  /** DATA, HEADERS, PUSH_PROMISE */
  padded: 0x8,
  /** HEADERS */
  priority: 0x20,
} as const;

export const SETTING = { headerTableSize: 0x1, initialWindowSize: 0x4 } as const;

/** RFC 9113 §6.5.2; 0x8 from RFC 8441, 0x9 from RFC 9218, 0xfe03 gRPC's own (gRFC G1, "True Binary Metadata"). */
const SETTING_NAMES: Readonly<Record<number, string>> = {
  1: "HEADER_TABLE_SIZE",
  2: "ENABLE_PUSH",
  3: "MAX_CONCURRENT_STREAMS",
  4: "INITIAL_WINDOW_SIZE",
  5: "MAX_FRAME_SIZE",
  6: "MAX_HEADER_LIST_SIZE",
  8: "ENABLE_CONNECT_PROTOCOL",
  9: "NO_RFC7540_PRIORITIES",
  65027: "GRPC_ALLOW_TRUE_BINARY_METADATA",
};

/** The name of a setting; "0x2a" for one without a name. */
export function settingName(id: number): string {
  return SETTING_NAMES[id] ?? `0x${id.toString(16)}`;
}

/** What a client sends first: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" (RFC 9113 §3.4). */
export const CLIENT_PREFACE: Uint8Array = Uint8Array.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", (char) =>
  char.charCodeAt(0),
);

/** A flow-control window before any SETTINGS (RFC 9113 §6.9.2). */
export const DEFAULT_WINDOW_BYTES = 65_535;
