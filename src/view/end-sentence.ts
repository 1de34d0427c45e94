// How a call ended, in sentences a person understands: by whom, with which frame and code, what became of the deadline.
import type { Call } from "../model/call.js";
import type { CallEvent, CancelEvent, ServerTrailerEvent } from "../model/events.js";
import { durationMs, formatSince, ranOut } from "./call-text.js";
import { formatDuration } from "./format.js";
import { visible } from "./visible.js";

const MAX_MESSAGE_CHARS = 500;

/**
 * @param events of the call, or the last of them
 * @param now Unix ms, for a call that is open
 * @returns one sentence each, what matters most first; they have passed `visible()`
 */
export function endSentences(call: Call, events: readonly CallEvent[], now: number): readonly string[] {
  const sentences = [...(call.end === undefined ? openSentences(call, events, now) : endedSentences(call, events))];
  const deadline = deadlineSentence(call, now);
  if (deadline !== undefined) sentences.push(deadline);
  const late = lateSentence(call, events);
  if (late !== undefined) sentences.push(late);
  return sentences;
}

function openSentences(call: Call, events: readonly CallEvent[], now: number): string[] {
  const halfClosed = events.some(({ kind }) => kind === "client-half-close");
  const last = events.at(-1);
  const quiet = last === undefined ? "" : `; the last thing happened ${formatDuration(Math.max(0, now - last.at))} ago`;
  const client = halfClosed ? "The client has sent all it will" : "The client may still send";
  const server = call.answeredAt === undefined ? "the server has not answered yet" : "the server has answered";
  return [`Still open after ${formatDuration(durationMs(call, now))}${quiet}.`, `${client}, and ${server}.`];
}

function endedSentences(call: Call, events: readonly CallEvent[]): string[] {
  const end = call.end!;
  const after = `after ${formatDuration(durationMs(call, end.at))}`;
  const said = quoted(end.status.message);
  switch (end.how) {
    case "trailers":
    case "trailers-only": {
      const trailers = events.findLast((event): event is ServerTrailerEvent => event.kind === "server-trailer");
      const who = end.by === "proxy" ? "framelens itself" : "The server";
      const only = end.how === "trailers-only" ? ", with trailers only: no headers and no message came before" : "";
      if (end.status.source !== "trailers" && trailers?.status.source !== "trailers")
        return [`${who} ended the call ${after} with trailers that have no grpc-status${only}: ${inferred(call)}.`];
      if (end.status.code === 0) return [`${who} finished the call normally ${after}: OK${only}.`];
      return [`${who} answered ${visible(end.status.name)} (${end.status.code})${said} ${after}${only}.`];
    }
    case "end-stream":
      return [
        `The server ended the stream ${after} without trailers, so it never said how the call went: ${inferred(call)}.`,
      ];
    case "reset": {
      const reset = events.findLast((event): event is CancelEvent => event.kind === "cancel");
      const what = reset === undefined ? "RST_STREAM" : `RST_STREAM ${visible(reset.name)} (${reset.code})`;
      const who = end.by === "client" ? "The client" : "The server";
      if (ranOut(call))
        return [`The deadline ran out: the client reset the stream with ${what} ${after}; ${progress(call)}.`];
      return [`${who} reset the stream with ${what} ${after}; ${progress(call)}.`, resetMeaning(reset, end.by)];
    }
    case "goaway":
      return [`The server's GOAWAY left this stream out ${after}: it was not processed and may safely be sent again.`];
    case "connection-lost":
      return [`The ${end.by} ended the connection ${after} while the call was open; ${progress(call)}.`];
    case "proxy-error":
      return [
        `framelens could not carry the call${said}; it answered ${visible(end.status.name)} (${end.status.code}) itself.`,
      ];
  }
}

function inferred(call: Call): string {
  const { status } = call.end!;
  return `clients take that for ${visible(status.name)} (${status.code})${quoted(status.message)}`;
}

function quoted(message: string): string {
  return message === "" ? "" : `: “${visible(message.slice(0, MAX_MESSAGE_CHARS))}”`;
}

function progress(call: Call): string {
  const { client, server } = call;
  if (call.answeredAt === undefined) return "the server had sent nothing";
  if (server.messages === 0) return "the server had sent headers but no message";
  const plural = (messages: number) => `${messages} message${messages === 1 ? "" : "s"}`;
  return `the server had sent ${plural(server.messages)} and the client ${plural(client.messages)}`;
}

/** What the code is used for. Source: RFC 9113 §7, §8.7; gRPC PROTOCOL-HTTP2, "Errors" */
function resetMeaning(reset: CancelEvent | undefined, by: string): string {
  switch (reset?.code) {
    case 0:
      return "NO_ERROR means that the rest of the request was not needed.";
    case 7:
      return "REFUSED_STREAM means that it was not processed and may safely be sent again.";
    case 8:
      return by === "client"
        ? "CANCEL means that whoever called no longer wants the answer."
        : "CANCEL means that the server gave the call up.";
    case 11:
      return "ENHANCE_YOUR_CALM means that the other side asked for too much.";
    case 3:
      return "FLOW_CONTROL_ERROR means that more data came than the window allowed.";
    default:
      return "It gave no further reason.";
  }
}

function deadlineSentence(call: Call, now: number): string | undefined {
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
  if (first === undefined || call.end === undefined) return undefined;
  return `After that came ${late.length === 1 ? "one more event" : `${late.length} more events`}, the first at ${formatSince(first.at - call.startedAt)} (${first.kind}).`;
}
