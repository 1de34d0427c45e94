// Schemas of events: the shapes of model/events.ts as they are on the feed and in `--output ndjson`.
import {
  anyOf,
  anything,
  flag,
  list,
  literal,
  number,
  numbersByName,
  object,
  oneOf,
  text,
  whole,
  yes,
} from "./type.js";
import {
  BY,
  CALL,
  CONNECTION,
  FIELDS,
  HOW,
  METHOD,
  PLACED_PROBLEM,
  PROBLEM,
  SEQ,
  SIDE,
  STATUS,
  TIMEOUT,
  TOTALS,
  WHEN,
} from "./values.js";

const COMMON = { seq: SEQ, at: WHEN };
/** On the feed only. */
const FEED = {
  id: whole("The subscription it is for; absent in batches and in --output ndjson."),
  late: yes("An old event: its call matches the filter only now, and is told from its beginning."),
};
const OF_CALL = { ...COMMON, call: CALL };
const OF_CONNECTION = { ...COMMON, connection: CONNECTION };
const LIST = {
  problem: PROBLEM,
  droppedFields: whole("Further fields that were counted only, past the limits.", 1),
  trimmed: yes("The fields were dropped to stay within the memory limit."),
  decoded: anything("What fields whose names end in -bin hold: by lower-case name, of each all values in wire order."),
};

const CLIENT_HEADER = object(
  "client-header",
  "A call begins.",
  {
    kind: literal("client-header"),
    ...OF_CALL,
    connection: whole("Number of its connection; 0 when the call is no longer kept."),
    stream: whole("HTTP/2 stream id; 0 when the call is no longer kept."),
    protocol: text("grpc, or unknown for an HTTP/2 stream that is no gRPC call."),
    method: METHOD,
    fields: FIELDS,
  },
  {
    ...FEED,
    ...LIST,
    authority: text("The :authority."),
    pushed: yes("The server began it (PUSH_PROMISE)."),
    timeoutMs: TIMEOUT,
  },
);

const SERVER_HEADER = object(
  "server-header",
  "The server's initial metadata.",
  { kind: literal("server-header"), ...OF_CALL, fields: FIELDS },
  { ...FEED, ...LIST, informational: yes("1xx headers, which come before the real ones.") },
);

/** What a message event has besides its number and facts. */
const CONTENT = {
  type: text("Full name of the message type, where a schema knows it."),
  jsonLength: whole("How long the canonical JSON is, in bytes of UTF-8."),
  json: anything('Canonical protobuf JSON, with want "full".'),
  guess: anything('What the bytes may mean where no schema knows, with want "full".'),
  line: text('What it says on one line, with "line".'),
  problems: list(PLACED_PROBLEM, "What does not fit the type, at most 100.", 100),
  data: text('The bytes, base64, after decompression where possible, with "bodies".'),
  wire: text('The bytes as they crossed the wire, base64, with "wire".'),
  omitted: yes("The content is too large for an event; get it in ranges."),
};

const MESSAGE_FACTS = {
  ...OF_CALL,
  index: whole("Counts from 0 on each side."),
  length: whole("Bytes after decompression; equal to wireLength where nobody decompressed it."),
  wireLength: whole("Bytes on the wire, without the 5-byte prefix."),
  encoding: text("From grpc-encoding; identity for an uncompressed message."),
};

const MESSAGE_OPTIONS = {
  ...FEED,
  compressed: yes("The prefix says that the message is compressed."),
  inflated: yes("What is kept is the message after decompression: its octets on the wire hold what is hidden."),
  problem: PROBLEM,
  truncated: yes("Only the first part was kept."),
  trimmed: yes("The bytes were dropped to stay within the memory limit."),
  ...CONTENT,
};

const CLIENT_MESSAGE = object(
  "client-message",
  "One message of the client.",
  { kind: literal("client-message"), ...MESSAGE_FACTS },
  MESSAGE_OPTIONS,
);
const SERVER_MESSAGE = object(
  "server-message",
  "One message of the server.",
  { kind: literal("server-message"), ...MESSAGE_FACTS },
  MESSAGE_OPTIONS,
);

const HALF_CLOSE = object(
  "client-half-close",
  "The client will send no more messages.",
  { kind: literal("client-half-close"), ...OF_CALL },
  FEED,
);

const CLIENT_TRAILER = object(
  "client-trailer",
  "Trailers from the client: HTTP/2 allows them, gRPC has none.",
  { kind: literal("client-trailer"), ...OF_CALL, fields: FIELDS },
  { ...FEED, ...LIST },
);

const SERVER_TRAILER = object(
  "server-trailer",
  "The server's trailers, and the status in them.",
  { kind: literal("server-trailer"), ...OF_CALL, fields: FIELDS, status: STATUS },
  { ...FEED, ...LIST, trailersOnly: yes("They are the only header block of the answer.") },
);

const CANCEL = object(
  "cancel",
  "RST_STREAM, with its exact code.",
  { kind: literal("cancel"), ...OF_CALL, from: SIDE, code: whole("RFC 9113 §7."), name: text("As in CANCEL.") },
  FEED,
);

const CALL_END = object(
  "call-end",
  "The end as the client could know it. Events of the call may still follow.",
  {
    kind: literal("call-end"),
    ...OF_CALL,
    status: STATUS,
    how: HOW,
    by: BY,
    durationMs: number("From the first header."),
    client: TOTALS,
    server: TOTALS,
  },
  FEED,
);

const PROTOCOL_ERROR = object(
  "protocol-error",
  "A peer broke a text that can be cited; the bytes went on.",
  {
    kind: literal("protocol-error"),
    ...COMMON,
    from: SIDE,
    code: text("Stable, upper case, begins with ERR_."),
    message: text("What, where and what was expected."),
    connection: whole("Number of the connection; 0 when the text was dropped to stay within the memory limit."),
  },
  { ...FEED, call: CALL },
);

const TLS = object(
  "TlsFacts",
  "TLS of one leg.",
  {},
  { version: text("As in TLSv1.3."), alpn: text("What was agreed on."), servername: text("What was asked for.") },
);

const CONNECTION_OPENED = object(
  "connection-opened",
  "A client connected.",
  {
    kind: literal("connection-opened"),
    ...OF_CONNECTION,
    client: text("host:port of the client's socket."),
    server: text(
      "Where it went, or was to go where no server was reached: host:port or unix:/path; empty when that is not known.",
    ),
    relay: oneOf(["tap", "log"], "log: it was read from a binary log, which tells nothing of HTTP/2 and TLS."),
    protocol: text("What the first bytes were: h2, http/1.1 or unknown."),
  },
  {
    ...FEED,
    via: oneOf(
      ["connect", "socks5", "absolute-uri"],
      "How the client asked for the server, when not by a fixed upstream.",
    ),
    tls: TLS,
    upstreamTls: TLS,
  },
);

const SETTINGS = object(
  "settings",
  "A SETTINGS frame.",
  { kind: literal("settings"), ...OF_CONNECTION, from: SIDE },
  { ...FEED, settings: numbersByName("By name, or as in 0x9 for one without."), ack: yes("An acknowledgement.") },
);

const PING = object(
  "ping",
  "A PING frame.",
  { kind: literal("ping"), ...OF_CONNECTION, from: SIDE, data: text("Eight octets as hex.") },
  {
    ...FEED,
    ack: yes("An acknowledgement."),
    roundTripMs: number("On an acknowledgement: since the PING it answers."),
  },
);

const GOAWAY = object(
  "goaway",
  "A GOAWAY frame.",
  {
    kind: literal("goaway"),
    ...OF_CONNECTION,
    from: SIDE,
    lastStream: whole("Streams above it were not processed."),
    code: whole("RFC 9113 §7."),
    name: text("As in ENHANCE_YOUR_CALM."),
    debug: text("Debug data, one char per octet."),
  },
  FEED,
);

const WINDOW_STALL = object(
  "window-stall",
  "A sender could not send for want of flow-control window; told when it may go on, or the connection closes.",
  {
    kind: literal("window-stall"),
    ...OF_CONNECTION,
    from: SIDE,
    stream: whole("0 for the connection's window."),
    durationMs: number("How long it had to wait."),
  },
  FEED,
);

const CONNECTION_CLOSED = object(
  "connection-closed",
  "A client's connection is over.",
  {
    kind: literal("connection-closed"),
    ...OF_CONNECTION,
    by: BY,
    how: oneOf(["end", "reset", "error"], "FIN, RST, or the proxy could not carry it."),
    durationMs: number("Since it was opened."),
    clientBytes: whole("Bytes that the client put on the wire, above TLS."),
    serverBytes: whole("The same of the server."),
  },
  {
    ...FEED,
    reason: text("Why the proxy could not carry it."),
    clientFrames: whole("HTTP/2 frames of the client, when it was read as HTTP/2."),
    serverFrames: whole("The same of the server."),
    suppressedEvents: whole("Events of this connection that were counted only.", 1),
  },
);

export const DROPPED = object(
  "dropped",
  "Events that this reader did not get.",
  {
    kind: literal("dropped"),
    from: SEQ,
    to: SEQ,
    events: whole("How many between the two, both included, were not told.", 1),
  },
  {
    id: FEED.id,
    slow: flag(
      "True: message events that were skipped because the reader is behind; they can still be asked for. Else the events are gone.",
    ),
  },
);

export const CALL_EVENTS = [
  CLIENT_HEADER,
  SERVER_HEADER,
  CLIENT_MESSAGE,
  SERVER_MESSAGE,
  HALF_CLOSE,
  CLIENT_TRAILER,
  SERVER_TRAILER,
  CANCEL,
  CALL_END,
  PROTOCOL_ERROR,
] as const;

export const CONNECTION_EVENTS = [CONNECTION_OPENED, SETTINGS, PING, GOAWAY, WINDOW_STALL, CONNECTION_CLOSED] as const;

export const EVENTS = [...CALL_EVENTS, ...CONNECTION_EVENTS, DROPPED] as const;

export const EVENT = anyOf("Event", "One event.", EVENTS);
export const CALL_EVENT = anyOf("CallEvent", "One event of a call.", CALL_EVENTS);
export const MESSAGE_EVENT = anyOf("MessageEvent", "One message.", [CLIENT_MESSAGE, SERVER_MESSAGE]);
export { CONNECTION_CLOSED, CONNECTION_OPENED, CONTENT, GOAWAY, TLS };
