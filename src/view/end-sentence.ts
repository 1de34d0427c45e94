// How a call ended, in sentences a person understands: by whom, with which frame and code, what became of the deadline.
import type { Call } from "../model/call.js";
import type {
  CallEvent,
  CancelEvent,
  ConnectionClosedEvent,
  GoawayEvent,
  ServerTrailerEvent,
} from "../model/events.js";
import { durationMs, formatSince, ranOut } from "./call-text.js";
import { formatDuration } from "./format.js";
import { visible } from "./visible.js";

const MAX_MESSAGE_CHARS = 500;
/** Between a client that sees its connection end and the end of its own half of it. */
const AT_ONCE_MS = 1000;

/** What is known of a call besides its row. */
export interface EndFacts {
  /** Of the call; those that are no messages are enough. */
  readonly events: readonly CallEvent[];
  /** Unix ms of its last event; undefined when that is not known. */
  readonly lastAt?: number | undefined;
  /** The server's last GOAWAY on its connection. */
  readonly goaway?: GoawayEvent | undefined;
  /** The call is from a file that ends here: nothing more is told of it. */
  readonly isFile?: boolean | undefined;
  /** How its connection ended; undefined while it is open. */
  readonly closed?: Pick<ConnectionClosedEvent, "at" | "by" | "reason"> | undefined;
}

/**
 * @param now Unix ms, for a call that is open
 * @returns one sentence each, what matters most first; they have passed `visible()`
 */
export function endSentences(call: Call, facts: EndFacts, now: number): readonly string[] {
  const sentences = call.end === undefined ? openSentences(call, facts, now) : endedSentences(call, facts.events);
  sentences.push(...connectionSentences(call, facts), deadlineSentence(call, now));
  const late = lateSentence(call, facts.events);
  if (late !== undefined) sentences.push(late);
  return sentences;
}

function openSentences(call: Call, { events, lastAt, isFile }: EndFacts, now: number): string[] {
  const halfClosed = events.some(({ kind }) => kind === "client-half-close");
  if (isFile === true) {
    const answered = call.answeredAt === undefined ? "not answered" : "answered";
    const sent = halfClosed ? "had sent all" : "could still send";
    const ended = `Not ended when the file does, ${formatDuration(durationMs(call, now))} after it began.`;
    return [ended, `The client ${sent}, and the server had ${answered}.`];
  }
  const quiet =
    lastAt === undefined ? "" : `; the last thing happened ${formatDuration(Math.max(0, now - lastAt))} ago`;
  const client = halfClosed ? "The client has sent all it will" : "The client may still send";
  const server = call.answeredAt === undefined ? "the server has not answered yet" : "the server has answered";
  return [`Still open after ${formatDuration(durationMs(call, now))}${quiet}.`, `${client}, and ${server}.`];
}

function endedSentences(call: Call, events: readonly CallEvent[]): string[] {
  const end = call.end!;
  const after = `after ${formatDuration(durationMs(call, end.at))}`;
  const status = `${visible(end.status.name)} (${end.status.code})`;
  switch (end.how) {
    case "trailers":
    case "trailers-only": {
      const trailers = events.findLast((event): event is ServerTrailerEvent => event.kind === "server-trailer");
      const who = end.by === "proxy" ? "framelens itself" : "The server";
      const only =
        end.how === "trailers-only" ? ["These were trailers only: no headers and no message came before them."] : [];
      if (end.status.source !== "trailers" && trailers?.status.source !== "trailers")
        return [`${who} ended the call ${after} with trailers that have no grpc-status.`, inferred(call), ...only];
      if (end.status.code === 0) return [`${who} finished the call normally ${after}: OK.`, ...only];
      return [`${who} answered ${status} ${after}${quoted(end.status.message)}.`, ...only];
    }
    case "end-stream":
      // Of what is no gRPC nobody expects more than an HTTP status.
      if (call.protocol === "unknown")
        return [`The server answered ${httpStatus(call) ?? "nothing"} ${after}; this is no gRPC call.`];
      return [`The server ended the stream ${after} without saying how the call went.`, inferred(call)];
    case "reset": {
      const reset = events.findLast((event): event is CancelEvent => event.kind === "cancel");
      const what = reset === undefined ? "RST_STREAM" : `RST_STREAM ${visible(reset.name)} (${reset.code})`;
      if (ranOut(call))
        return [`The deadline ran out: the client reset the stream with ${what} ${after}; ${progress(call)}.`];
      if (end.by === "client")
        return [`The client reset the stream with ${what} ${after}; ${progress(call)}.`, ...meaning(reset, end.by)];
      return [
        `The server reset the stream with ${what} ${after}; ${progress(call)}.`,
        ...meaning(reset, end.by),
        `Clients take that for ${status}.`,
      ];
    }
    case "goaway":
      return [`The server's GOAWAY left this stream out ${after}: it was not processed and may safely be sent again.`];
    case "connection-lost": {
      const who = end.by === "proxy" ? "framelens" : `The ${end.by}`;
      return [`${who} ended the connection ${after} while the call was open; ${progress(call)}.`];
    }
    case "proxy-error":
      return [`framelens could not carry the call and answered ${status} itself${quoted(end.status.message)}.`];
  }
}

/** What the call's connection has to do with its end. */
function connectionSentences(call: Call, { goaway, closed }: EndFacts): string[] {
  const { end } = call;
  // Some clients reset their streams when the server's end of the connection closes, with one code or another (gRPC C-core).
  if (end?.how === "reset" && end.by === "client" && closed?.by === "server" && closed.at - end.at < AT_ONCE_MS)
    return ["The server closed the connection at that moment, which is most likely why."];
  if (end?.how !== "connection-lost" && end?.how !== "goaway") return [];
  const sentences: string[] = [];
  if (goaway !== undefined && goaway.at <= end.at) {
    const { name, code, lastStream, debug } = goaway;
    const words = debug === "" ? "" : ` and the words “${visible(debug.slice(0, MAX_MESSAGE_CHARS))}”`;
    const when = `${formatDuration(Math.max(0, end.at - goaway.at))} before that`;
    const reach =
      call.stream > lastStream
        ? `this call's stream is ${call.stream}, so the server did not take it on`
        : `this call's stream is ${call.stream}, so the server meant to finish it`;
    sentences.push(
      `The server had sent GOAWAY ${visible(name)} (${code})${words} ${when}, naming stream ${lastStream} as the last it takes; ${reach}.`,
    );
  }
  if (closed?.reason !== undefined) sentences.push(`The connection broke: ${visible(closed.reason)}.`);
  return sentences;
}

/** What clients make of an end without grpc-status, which is never OK. */
function inferred(call: Call): string {
  const { status } = call.end!;
  const http = httpStatus(call);
  const seen = http === undefined ? "Clients" : `The answer was ${http}; clients`;
  return `${seen} take that for ${visible(status.name)} (${status.code}).`;
}

/** "HTTP status 404", where nothing but that tells how the call went. */
function httpStatus({ end }: Call): string | undefined {
  return end?.status.source === "http-status" ? /^HTTP status \d+/.exec(end.status.message)?.[0] : undefined;
}

function quoted(message: string): string {
  return message === "" ? "" : `: “${visible(message.slice(0, MAX_MESSAGE_CHARS))}”`;
}

function progress(call: Call): string {
  const { client, server } = call;
  if (server.messages === 0)
    return call.answeredAt === undefined ? "the server had sent nothing" : "the server had sent headers but no message";
  const plural = (messages: number) => `${messages} message${messages === 1 ? "" : "s"}`;
  return `the server had sent ${plural(server.messages)} and the client ${plural(client.messages)}`;
}

/** What the code is used for. Source: RFC 9113 §7, §8.7; gRPC PROTOCOL-HTTP2, "Errors" */
function meaning(reset: CancelEvent | undefined, by: string): readonly string[] {
  const own = by === "client" ? "the client" : "the server";
  const other = by === "client" ? "the server" : "the client";
  switch (reset?.code) {
    case 0:
      return [`NO_ERROR means that ${own} needed no more of it.`];
    case 1:
      return [`PROTOCOL_ERROR means that ${own} holds that ${other} broke the rules of HTTP/2.`];
    case 2:
      return [`INTERNAL_ERROR means that something went wrong in ${own}.`];
    case 3:
      return ["FLOW_CONTROL_ERROR means that more data came than the window allowed."];
    case 5:
      return [`STREAM_CLOSED means that ${other} sent more after it had ended its part.`];
    case 6:
      return ["FRAME_SIZE_ERROR means that a frame was longer than allowed."];
    case 7:
      return by === "client" ? [] : ["REFUSED_STREAM means that it was not processed and may safely be sent again."];
    case 8:
      return by === "client"
        ? ["CANCEL means that whoever called no longer wants the answer."]
        : ["CANCEL means that the server gave the call up."];
    case 11:
      return [`ENHANCE_YOUR_CALM means that ${other} asked for too much.`];
    case 12:
      return ["INADEQUATE_SECURITY means that the TLS of the connection is too weak."];
    case 13:
      return ["HTTP_1_1_REQUIRED means that this is not to be asked over HTTP/2."];
    default:
      return [];
  }
}

function deadlineSentence(call: Call, now: number): string {
  const { timeoutMs } = call;
  if (timeoutMs === undefined) return "No deadline was set.";
  const used = durationMs(call, now);
  const left = timeoutMs - used;
  const budget = `The deadline was ${formatDuration(timeoutMs)}`;
  if (call.end === undefined) {
    if (left > 0) return `${budget}; ${formatDuration(left)} are left.`;
    return `${budget}; it passed ${formatDuration(-left)} ago and nobody has ended the call.`;
  }
  if (left >= 0) return `${budget}; ${formatDuration(left)} of it were left.`;
  return `${budget}; the end came ${formatDuration(-left)} after it.`;
}

/** What came after the end tells whether the other side knew. */
function lateSentence(call: Call, events: readonly CallEvent[]): string | undefined {
  const end = events.findIndex(({ kind }) => kind === "call-end");
  const late = end < 0 ? [] : events.slice(end + 1).filter(({ kind }) => kind !== "call-end");
  const [first] = late;
  // What the proxy says in a server's place it says to the end.
  if (first === undefined || call.end === undefined || call.end.by === "proxy") return undefined;
  const more = late.length === 1 ? "" : `, and ${late.length - 1} more`;
  return `After the end there still came, at ${formatSince(first.at - call.startedAt)}, ${nameOf(first)}${more}.`;
}

function nameOf(event: CallEvent): string {
  switch (event.kind) {
    case "cancel":
      return `RST_STREAM ${visible(event.name)} (${event.code}) of the ${event.from}`;
    case "client-half-close":
      return "the end of what the client sends";
    case "protocol-error":
      return `a protocol error of the ${event.from}`;
    default:
      return `${event.kind.replace("client-", "the client's ").replace("server-", "the server's ")}`;
  }
}
