// Schemas of what several messages of the feed have in common: fields, statuses, totals, a call's row.
import { ENDED_BY, HOW_ENDED } from "../../model/events.js";
import { STATUS_SOURCES } from "../../model/status.js";
import { anything, list, number, object, oneOf, pair, text, whole } from "./type.js";

export const SIDE = oneOf(["client", "server"], "Who put it on the wire.");
export const BY = oneOf(ENDED_BY, "Who ended it.");
export const HOW = oneOf(HOW_ENDED, "How the call ended, as far as the bytes tell.");
export const SEQ = whole("Number of an event: 1, 2, 3 …, never reused within a session.", 1);
export const CALL = whole("Number of a call: 1, 2, 3 …, never reused within a session.", 1);
export const CONNECTION = whole("Number of a client's connection: 1, 2, 3 …", 1);
export const METHOD = text("/pkg.Service/Name; the request path whatever the protocol.");
export const TIMEOUT = number("The deadline as sent in grpc-timeout, in milliseconds.");
export const WHEN = number("Unix time in milliseconds, with a fraction.");

export const PROBLEM = object("Problem", "What a reader could not make sense of.", {
  code: text("Stable, upper case, begins with ERR_.", { pattern: "^ERR_[A-Z0-9_]+$" }),
  message: text("What, where and what was expected, in one line."),
});

export const PLACED_PROBLEM = object("PlacedProblem", "What does not fit a message's type, and where.", {
  code: text("Stable, upper case, begins with ERR_."),
  message: text("What, where and what was expected, in one line."),
  path: text("As in user.tags[2]; empty for the message itself."),
  start: whole("The first octet it concerns."),
  end: whole("One past the last."),
});

export const FIELD = pair(
  text("Name, one char per octet."),
  text("Value, one char per octet; masked when the name says that it is a secret."),
  "A header or trailer field.",
);

export const FIELDS = list(FIELD, "In wire order, with duplicates.");

export const STATUS = object(
  "Status",
  "A gRPC status, and from where it is known.",
  {
    code: whole("0 to 16; a number outside it is kept as sent."),
    name: text("As in NOT_FOUND."),
    message: text("grpc-message, decoded; or what the status was inferred from."),
    source: oneOf(STATUS_SOURCES, "trailers: the server's own word; every other one is inferred."),
  },
  { details: list(anything("One detail as JSON, with @type."), "From grpc-status-details-bin.") },
);

export const TOTALS = object("SideTotals", "What one side sent.", {
  messages: whole("Messages."),
  bytes: whole("Message bytes on the wire, without the 5-byte prefixes."),
});

export const CALL_ROW = object(
  "CallRow",
  "A call as a list shows it: the fold of its events.",
  {
    call: CALL,
    connection: CONNECTION,
    stream: whole("HTTP/2 stream id."),
    protocol: text("grpc, or unknown for an HTTP/2 stream that is no gRPC call."),
    method: METHOD,
    startedAt: WHEN,
    client: TOTALS,
    server: TOTALS,
  },
  {
    answeredAt: number("Unix ms of the first thing the server sent; absent while there is none."),
    timeoutMs: TIMEOUT,
    streaming: oneOf(
      ["unary", "client", "server", "bidi"],
      "Who may send more than one message; absent when no schema knows.",
    ),
    ticks: list(
      number("Ms since the call began, or bytes on the wire; of the server's messages -1 - bytes."),
      "With ticks: a time and a size by turns for each message; of more than 400 messages some, evenly.",
    ),
    end: object("CallRowEnd", "Absent while the call is open.", { at: WHEN, status: STATUS, how: HOW, by: BY }),
  },
);
