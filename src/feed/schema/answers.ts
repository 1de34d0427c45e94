// Schemas of what the feed says besides events.
import { CALL_EVENT, CONNECTION_CLOSED, CONNECTION_OPENED, CONTENT, EVENT, GOAWAY, MESSAGE_EVENT } from "./events.js";
import { METHOD_STATS } from "./statistics.js";
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
  pair,
  text,
  whole,
  yes,
} from "./type.js";
import { CALL, CALL_ROW, CONNECTION, PROBLEM, SEQ, SIDE, TOTALS, WHEN } from "./values.js";

const ID = whole("That of the request.");

export const HELLO = object(
  "hello",
  "The first message of a connection.",
  {
    kind: literal("hello"),
    version: literal(1),
    session: text("Another one each time framelens starts: seqs and call numbers belong to it."),
    oldest: whole("Seq of the oldest event that is kept; newest + 1 when there is none.", 1),
    newest: whole("Seq of the newest event; 0 before the first."),
    at: WHEN,
    role: oneOf(["view", "control"], "What the token allows."),
  },
  {
    program: text("Name and version."),
    upstream: text("Where calls go; absent for a forward proxy."),
    listen: text("host:port where clients connect to."),
    file: text("The file that is shown, in place of live traffic."),
  },
);

export const SYNCED = object("synced", "What was stored is told; what follows happens now.", {
  kind: literal("synced"),
  id: ID,
  seq: whole("Of the last event that was told or passed over."),
});

export const BATCH = object(
  "events",
  'Several messages of a subscription with "batch", in order: events, dropped, left and decoded.',
  { kind: literal("events"), id: ID, events: list(anything("As if it came alone, without id."), "In order.") },
);

export const PROGRESS = object(
  "progress",
  'With want "summary": how far open calls have come, told a few times a second.',
  {
    kind: literal("progress"),
    id: ID,
    calls: list(
      object(
        "CallProgress",
        "What has changed of one.",
        { call: CALL, client: TOTALS, server: TOTALS },
        { answeredAt: number("Unix ms of the first thing the server sent.") },
      ),
      "Those that have.",
    ),
  },
);

export const LEFT = object(
  "left",
  "Calls that were told do not match the filter any more: no more of their events follow, unless they match again.",
  { kind: literal("left"), calls: list(CALL, "Which.") },
  { id: ID },
);

export const DECODED = object(
  "decoded",
  "A message that was told before its type was known.",
  {
    kind: literal("decoded"),
    seq: SEQ,
    call: CALL,
    side: SIDE,
    index: whole("Counts from 0 on each side."),
    type: CONTENT.type,
  },
  { id: ID, json: CONTENT.json, problems: CONTENT.problems, omitted: CONTENT.omitted, problem: PROBLEM },
);

export const SCHEMA_CHANGED = object("schema-changed", "Types came or went: messages may read otherwise than before.", {
  kind: literal("schema-changed"),
});

export const UNSUBSCRIBED = object("unsubscribed", "No more follows.", { kind: literal("unsubscribed"), id: ID });

export const LIST_ANSWER = object("list", "Calls.", {
  kind: literal("list"),
  id: ID,
  calls: list(CALL_ROW, "In the order that was asked for."),
  more: flag("Whether there may be more beyond the last."),
  total: whole("Calls that are kept, whether they match or not."),
});

export const CALL_ANSWER = object(
  "call",
  "A call and a range of its events.",
  {
    kind: literal("call"),
    id: ID,
    call: CALL_ROW,
    events: list(CALL_EVENT, "In order."),
    more: flag("Whether there are more after the last."),
  },
  { passed: whole('With "newest": how many events came before these, after the given seq.', 1) },
);

export const FRAMES_ANSWER = object(
  "frames",
  "The HTTP/2 frames of a call's stream that are still kept, oldest first: of all streams the last 65,536 are, of connections that opened since a client first asked for calls, or a terminal was there.",
  {
    kind: literal("frames"),
    id: ID,
    call: CALL,
    frames: list(
      object(
        "Frame",
        "One frame, or of a run of DATA or WINDOW_UPDATE without flags from one side all.",
        {
          from: SIDE,
          at: WHEN,
          type: text("As in HEADERS."),
          flags: list(text("As in END_STREAM."), "Those that are set."),
          length: whole("Octets of payload; of a run those of all."),
        },
        {
          count: whole("Frames of a run.", 2),
          value: whole("The code of an RST_STREAM, what a WINDOW_UPDATE gives; of a run what all do."),
        },
      ),
      "In order.",
    ),
  },
);

export const COMMAND_ANSWER = object("command", "A call as a command that makes it again.", {
  kind: literal("command"),
  id: ID,
  call: CALL,
  text: text("One line for a POSIX shell; secrets are MASKED in it unless they are shown."),
  notes: list(text("In one line."), "What the command does not say."),
});

const CONNECTION_SIDE = object(
  "ConnectionSide",
  "What one side of a connection said and did.",
  {
    settings: numbersByName("The latest of each that it sent."),
    pings: whole("PINGs that it sent."),
    stalls: whole("How often it waited for flow-control window."),
    stalledMs: number("How long in all."),
    problems: whole("What it got wrong that concerns the whole connection."),
  },
  { roundTripMs: number("Of the latest of its PINGs that was answered."), goaway: GOAWAY },
);

export const CONNECTIONS_ANSWER = object("connections", "Connections by number.", {
  kind: literal("connections"),
  id: ID,
  at: WHEN,
  connections: list(
    object(
      "ConnectionFacts",
      "What is known of one.",
      { connection: CONNECTION, calls: whole("Calls on it."), client: CONNECTION_SIDE, server: CONNECTION_SIDE },
      { opened: CONNECTION_OPENED, closed: CONNECTION_CLOSED },
    ),
    "At most 1,000 that are closed; where one has no opened, that is not kept any more.",
  ),
  behind: flag("There is traffic that is not looked through yet: ask again."),
});

export const SOURCES_ANSWER = object("sources", "What is known of types, and from where.", {
  kind: literal("sources"),
  id: ID,
  services: list(
    object("KnownService", "One service.", {
      name: text("Full name."),
      source: text("Where its types come from."),
      methods: list(text("Name, as in Get."), "Those of the service."),
    }),
    "At most 2,000, in the order in which sources are asked.",
  ),
  problems: list(
    object("SchemaProblem", "What was wrong with what was read.", {
      severity: oneOf(["error", "note"], "A note tells what was left out without harm."),
      text: text("file:line:column: message"),
    }),
    "At most 1,000.",
  ),
});

export const TREE_ROW = object(
  "TreeRow",
  "One field of a message, in wire order; its octets are [start, end).",
  {
    depth: whole("How many messages it lies in."),
    name: text("From the schema, else the field's number."),
    path: text("As in .user.tags[1]."),
    value: text("As text, cut where it is long; of a message what it is in short, empty when its fields say it all."),
    type: text("As in a .proto file: repeated string; empty when nobody knows."),
    number: whole("Field number; 0 for octets that are no field."),
    wire: oneOf(["varint", "i64", "len", "group", "i32", "raw"], "Wire type; raw for octets that are no field."),
    start: whole("First octet of the tag."),
    valueStart: whole("First octet of the value."),
    end: whole("One past the last."),
    from: oneOf(["schema", "wire", "raw"], "How the value was taken: by the schema, by its octets, or not at all."),
  },
  {
    message: yes("It is a message; its fields follow, one deeper."),
    string: yes("The value is a string."),
    numbers: text("Where no schema knows it: field numbers from the outermost message, for correct."),
    note: text("Where no schema knows it: what the value looks like, as in UUID, or that the user said what it is."),
    problem: text("What is wrong with it, in one line."),
  },
);

export const MESSAGE_ANSWER = object(
  "message",
  "One message, or a range of it.",
  {
    kind: literal("message"),
    id: ID,
    as: oneOf(["json", "tree", "bytes", "hex"], "As asked for."),
    event: MESSAGE_EVENT,
  },
  {
    type: CONTENT.type,
    json: anything("The message as canonical JSON, when all of it was asked for and fits."),
    guess: anything("What the bytes may mean where no schema knows, as json."),
    text: text("Else a part of that JSON."),
    rows: list(TREE_ROW, "Of a tree: at most 20,000 of a message; the last row says when there are more."),
    data: text("Of bytes, base64."),
    hex: text("Of bytes, two digits an octet."),
    offset: whole("Where the range begins."),
    total: whole("How long all of it is."),
    problems: CONTENT.problems,
    sizes: object(
      "MessageSizes",
      "Bytes in several forms.",
      { wire: whole("On the wire, without the prefix.") },
      {
        protobuf: whole("After decompression; absent when it could not be inflated."),
        json: whole("As canonical JSON; absent when no schema knows the type."),
      },
    ),
    problem: PROBLEM,
  },
);

export const STATS_ANSWER = object("stats", "Statistics of all that was seen, whether it is still kept or not.", {
  kind: literal("stats"),
  id: ID,
  at: WHEN,
  total: METHOD_STATS,
  methods: list(METHOD_STATS, "In the order in which they were seen; the last may be (other)."),
  behind: flag("There is traffic that is not counted yet: ask again."),
});

export const SCHEMA_ANSWER = object("schema", "Types were added.", {
  kind: literal("schema"),
  id: ID,
  files: whole("How many files were new."),
});

export const TYPES_ANSWER = object("types", "What is known of types.", {
  kind: literal("types"),
  id: ID,
  protoset: text("A google.protobuf.FileDescriptorSet, base64."),
  corrections: text("What the user said of fields: the text of a types file, see framelens --types."),
});

export const CORRECTED = object("corrected", "It is known by now what the field is; schema-changed follows.", {
  kind: literal("corrected"),
  id: ID,
});

export const CLEARED = object(
  "cleared",
  "Somebody cleared what was kept. Without id it is for all clients, before anything that happened since.",
  { kind: literal("cleared"), seq: whole("The last event that is gone.") },
  { id: ID },
);

export const ERROR = object(
  "error",
  "A request that cannot be answered.",
  { kind: literal("error"), code: text("Stable, upper case, begins with ERR_."), message: text("In one line.") },
  {
    id: whole("That of the request, where it had one."),
    span: pair(
      whole("The first character that is wrong."),
      whole("One past the last."),
      "Where in the filter, in UTF-16 code units.",
    ),
    suggestions: list(text("A word."), "What may have been meant there, nearest first."),
  },
);

export const ANSWERS = [
  HELLO,
  SYNCED,
  BATCH,
  PROGRESS,
  LEFT,
  DECODED,
  SCHEMA_CHANGED,
  UNSUBSCRIBED,
  LIST_ANSWER,
  CALL_ANSWER,
  MESSAGE_ANSWER,
  FRAMES_ANSWER,
  COMMAND_ANSWER,
  STATS_ANSWER,
  CONNECTIONS_ANSWER,
  SOURCES_ANSWER,
  SCHEMA_ANSWER,
  TYPES_ANSWER,
  CORRECTED,
  CLEARED,
  ERROR,
] as const;

export const ANSWER = anyOf("Answer", "What the feed says besides events.", ANSWERS);
export const FEED_MESSAGE = anyOf("FeedMessage", "What the feed says.", [EVENT, ANSWER]);
