// Schemas of what a client of the feed may ask.
import { anyOf, flag, list, literal, object, oneOf, text, whole } from "./type.js";
import { CALL, METHOD, SIDE } from "./values.js";

/** A filter that a person writes is shorter by far. */
const MAX_FILTER_CHARS = 4096;
/** Calls listed in one answer, about 400 bytes each. */
export const MAX_LIST_CALLS = 1000;
/** Events of one call in one answer. */
export const MAX_CALL_EVENTS = 1000;
/** Calls that were open when a connection was cut: more than a person follows. */
export const MAX_KNOWN_CALLS = 5000;
/** Of one answer: bytes, characters of JSON or rows of a tree. */
export const MAX_RANGE = 1024 * 1024;

export const WANTS = ["summary", "messages", "full"] as const;
export const AS = ["json", "tree", "bytes", "hex", "frames", "grpcurl", "buf"] as const;
/** Those of `sortKey`. */
const SORTS = [
  ...(["start", "method", "status", "duration", "ttfb", "connection"] as const),
  ...(["clientMessages", "serverMessages", "clientBytes", "serverBytes"] as const),
] as const;
/** Seconds back that rates are kept. */
export const MAX_HISTORY = 180;

const ID = whole("The client's own number; answers carry it.");
const FILTER = text("As in the terminal; empty for all calls.", { maxLength: MAX_FILTER_CHARS });

export const SUBSCRIBE = object(
  "subscribe",
  "Tells stored events, then synced, then events as they happen. Under an id that is in use, the new filter takes the place of the old one: old calls that match only now are told from their beginning, and what follows goes on where it was.",
  { op: literal("subscribe"), id: ID },
  {
    filter: FILTER,
    since: whole("The last seq that the client has; it gets those after it. Default 0: everything that is kept."),
    session: text("From the hello of the connection that was cut: with that of another session, since is ignored.", {
      maxLength: 100,
    }),
    known: list(
      CALL,
      "With since and a filter: calls open at the cut of which the client has everything. Calls that were open and are not here are told from their beginning.",
      MAX_KNOWN_CALLS,
    ),
    want: oneOf(
      WANTS,
      "summary: how calls begin and end, and how far open ones have come; messages: every event, without what messages say; full: with it. Default full.",
    ),
    bodies: flag("With full: the bytes of messages, too."),
    wire: flag("With full: in place of what messages say, their bytes as they crossed the wire."),
    line: flag("With full: in place of what messages say, the same on one line of at most 90 characters, as in a log."),
    batch: flag("Events may come as a list: less work for both."),
    complete: flag(
      "Message events are not skipped when the client is slow; it is closed only when what it has not read is gone.",
    ),
  },
);

export const UNSUBSCRIBE = object("unsubscribe", "Ends a subscription.", { op: literal("unsubscribe"), id: ID });

export const LIST = object(
  "list",
  "Asks for calls by number: the newest, or those before or after one; or for the first of another order.",
  { op: literal("list"), id: ID },
  {
    filter: FILTER,
    limit: whole(`At most so many; default 200.`, 1, MAX_LIST_CALLS),
    before: whole("Calls below this number, newest first.", 1),
    after: whole("Calls above this number, oldest first."),
    calls: list(CALL, "These calls, as far as they are kept, in this order.", MAX_LIST_CALLS),
    ticks: flag("With each call when its messages came."),
    sort: oneOf(
      SORTS,
      "In this order, the least first; what is not known yet comes last. Without calls, before and after.",
    ),
    descending: flag("With sort: the greatest first."),
  },
);

export const GET = object(
  "get",
  "Asks for a call and its events, or with side and index for one message, in ranges.",
  { op: literal("get"), id: ID, call: CALL },
  {
    side: SIDE,
    index: whole("Of the message, from 0 on its side."),
    as: oneOf(
      AS,
      "What of the message: its JSON, a row a field, its bytes in base64, or as hex digits. Default json. Without side: frames, for the HTTP/2 frames of the call's stream; grpcurl or buf, for a command of grpcurl or buf curl that makes the call again.",
    ),
    offset: whole("Where the range begins, in bytes, in characters of JSON or in rows of a tree. Default 0."),
    limit: whole("How many at most, and of a call its events. Default as many as one answer holds.", 1, MAX_RANGE),
    after: whole("Of a call: its events after this seq. Default 0."),
    newest: flag("Of a call: of the events after that seq the newest, not the first."),
    want: oneOf(["messages", "full"], "Of a call: whether its events say what messages say. Default messages."),
  },
);

export const STATS = object(
  "stats",
  "Asks for statistics by method.",
  { op: literal("stats"), id: ID },
  { history: whole("With it how calls went in each of the last so many seconds.", 1, MAX_HISTORY) },
);

export const CONNECTIONS_OP = object(
  "connections",
  "Asks for connections: those that are open, and those that closed lately.",
  {
    op: literal("connections"),
    id: ID,
  },
);

export const SOURCES_OP = object(
  "sources",
  "Asks where types come from, which services are known, and what was wrong with what was read.",
  {
    op: literal("sources"),
    id: ID,
  },
);

export const SCHEMA_OP = object("schema", "Adds types. Only with the control token.", {
  op: literal("schema"),
  id: ID,
  protoset: text("A google.protobuf.FileDescriptorSet, base64."),
});

export const TYPES_OP = object(
  "types",
  "Asks for all types that are known, and what the user said of fields that no schema knows.",
  { op: literal("types"), id: ID },
);

export const CORRECT_OP = object(
  "correct",
  "Says what a field is that no schema knows, for all messages of a method and side; without name and type takes back what was said. Only with the control token.",
  {
    op: literal("correct"),
    id: ID,
    method: METHOD,
    side: SIDE,
    path: text("Field numbers from the outermost message to the field, as in 3.1.", { maxLength: 1000 }),
  },
  {
    name: text("A field name.", { maxLength: 128 }),
    type: text("As in a .proto file, or packed and a number's type; message and group as well.", { maxLength: 40 }),
  },
);

export const CLEAR = object(
  "clear",
  "Drops everything that is kept, for all who look, but for calls that are still open: of those what comes from then on is kept. Statistics go on counting. Only with the control token.",
  { op: literal("clear"), id: ID },
);

/** What changes something: only with the control token. */
export const CONTROL_OPS = ["schema", "correct", "clear"] as const;
/** Names that are kept for what this version cannot do. */
export const LATER_OPS = ["hold", "resume", "edit", "drop", "replay", "rules"] as const;

export const REQUESTS = {
  subscribe: SUBSCRIBE,
  unsubscribe: UNSUBSCRIBE,
  list: LIST,
  get: GET,
  stats: STATS,
  connections: CONNECTIONS_OP,
  sources: SOURCES_OP,
  types: TYPES_OP,
  schema: SCHEMA_OP,
  correct: CORRECT_OP,
  clear: CLEAR,
};

export const REQUEST = anyOf("Request", "What a client may ask.", [
  SUBSCRIBE,
  UNSUBSCRIBE,
  LIST,
  GET,
  STATS,
  CONNECTIONS_OP,
  SOURCES_OP,
  TYPES_OP,
  SCHEMA_OP,
  CORRECT_OP,
  CLEAR,
]);
