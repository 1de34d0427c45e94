// What happened in a call, a row an event: when, from which side, what it was.
import type { Call } from "../model/call.js";
import type { CallEvent, MessageEvent } from "../model/events.js";
import { type Field, firstValue } from "../model/fields.js";
import { formatSince, shortMethod, styleOfStatus } from "./call-text.js";
import { formatBytes, formatDuration } from "./format.js";
import { cutLine, type Line, lineWidth, type Span, type Style, span } from "./styled.js";
import { visible } from "./visible.js";

/** What is known of a message beyond its event. */
export interface MessageFacts {
  /** Short name of its type. */
  readonly type: string | undefined;
  /** After decompression. */
  readonly length: number | undefined;
  /** One line; undefined when it cannot be read. */
  readonly preview: string | undefined;
  readonly guessed: boolean;
  readonly problem: string | undefined;
  /** Whether something in it does not fit its schema, also where that is no problem. */
  readonly drifts?: boolean;
}

interface Parts {
  readonly side: "client" | "server" | "none";
  readonly label: Line;
  readonly detail: Line;
}

const TIME = 10;
/** From this width on each side has a lane of its own. */
const LANES_FROM = 100;
const LABEL = { lane: 25, single: 23 } as const;

/**
 * @param facts of a message, when somebody has read it
 * @param details how many details trailers hold of an error
 */
export function timelineRow(
  call: Call,
  event: CallEvent,
  facts: MessageFacts | undefined,
  width: number,
  details = 0,
): Line {
  const parts = partsOf(call, event, facts, details);
  const time = span(formatSince(event.at - call.startedAt).padStart(TIME - 1), "dim");
  const arrow = parts.side === "client" ? "▶" : parts.side === "server" ? "◀" : "·";
  const style: Style = parts.side === "none" ? "dim" : parts.side;
  const lanes = width >= LANES_FROM;
  const indent = lanes && parts.side === "server" ? LABEL.lane : 0;
  const labelWidth = lanes ? LABEL.lane : LABEL.single;
  const label = cutLine(parts.label, labelWidth);
  const start: Span[] = [time, span(" ".repeat(1 + indent)), span(`${arrow} `, style), ...label];
  const column = TIME + 2 + (lanes ? 2 * LABEL.lane : LABEL.single) + 1;
  const pad = Math.max(1, column - lineWidth(start));
  return cutLine([...start, span(" ".repeat(pad)), ...parts.detail], width);
}

/** A pause that is worth a row of its own. */
export function idleRow(ms: number): Line {
  return [span(`${" ".repeat(TIME)}┈ ${formatDuration(ms)} idle ┈`, "dim")];
}

function partsOf(call: Call, event: CallEvent, facts: MessageFacts | undefined, details: number): Parts {
  switch (event.kind) {
    case "client-header":
      return {
        side: "client",
        label: [span("HEADERS", "client")],
        detail: [span(headerDetail(event.fields, event.timeoutMs) || shortMethod(call.method), "dim")],
      };
    case "server-header":
      return {
        side: "server",
        label: [span(event.informational === true ? "HEADERS 1xx" : "HEADERS", "server")],
        detail: [span(headerDetail(event.fields, undefined), "dim")],
      };
    case "client-message":
      return { side: "client", ...messageParts(event, facts, "client") };
    case "server-message":
      return { side: "server", ...messageParts(event, facts, "server") };
    case "client-half-close":
      return {
        side: "client",
        label: [span("END_STREAM", "client")],
        detail: [span("the client has sent all", "dim")],
      };
    case "client-trailer":
      return { side: "client", label: [span("TRAILERS", "client")], detail: [span(names(event.fields), "dim")] };
    case "server-trailer": {
      const { status } = event;
      const style = styleOfStatus(status.code);
      const what = status.source === "trailers" ? visible(status.name) : "no grpc-status";
      return {
        side: "server",
        label: [span(event.trailersOnly === true ? "TRAILERS-ONLY" : "TRAILERS", "server")],
        detail: [
          span(what, style),
          span(details === 0 ? "" : ` +${details} detail${details === 1 ? "" : "s"}`, "strong"),
          span(status.message === "" || status.code === 0 ? "" : ` ${visible(status.message.slice(0, 500))}`, style),
        ],
      };
    }
    case "cancel":
      return {
        side: event.from,
        label: [span(`RST_STREAM ${visible(event.name)}`, "warning")],
        detail: [span(`code ${event.code}`, "dim")],
      };
    case "call-end": {
      return {
        side: "none",
        label: [span(`end: ${event.how}`, "strong")],
        detail: [
          span(visible(event.status.name), styleOfStatus(event.status.code)),
          span(` after ${formatDuration(event.durationMs)}, by the ${event.by}`, "dim"),
        ],
      };
    }
    case "protocol-error":
      return {
        side: event.from,
        label: [span("! protocol error", "serverFault")],
        detail: [span(`${visible(event.message)} (${visible(event.code)})`, "warning")],
      };
    default: {
      const never: never = event;
      return never;
    }
  }
}

function messageParts(event: MessageEvent, facts: MessageFacts | undefined, style: Style): Omit<Parts, "side"> {
  const inflated =
    facts?.length !== undefined && facts.length !== event.wireLength ? `${formatBytes(facts.length)}→` : "";
  const label: Span[] = [span(`#${event.index} `, style), span(`${inflated}${formatBytes(event.wireLength)}`)];
  if (event.compressed === true) label.push(span(" z", "guess"));
  if (event.truncated === true) label.push(span(" cut", "warning"));
  const problem = event.problem?.message ?? facts?.problem;
  if (problem !== undefined || facts?.drifts === true) label.push(span(" !", "serverFault"));
  if (facts?.type !== undefined) label.push(span(` ${facts.type}`, "type"));
  if (event.trimmed === true) return { label, detail: [span("(its bytes are no longer kept)", "dim")] };
  if (facts?.preview !== undefined) {
    const text: Span[] = [span(facts.preview, facts.guessed ? "guess" : "plain")];
    if (problem !== undefined) text.unshift(span(`${visible(problem)} `, "warning"));
    return { label, detail: facts.guessed ? [span("? ", "warning"), ...text] : text };
  }
  return { label, detail: problem === undefined ? [] : [span(visible(problem), "warning")] };
}

function headerDetail(fields: readonly Field[], timeoutMs: number | undefined): string {
  const parts: string[] = [];
  const status = firstValue(fields, ":status");
  if (status !== undefined && status !== "200") parts.push(`:status ${visible(status)}`);
  if (timeoutMs !== undefined) parts.push(`deadline ${formatDuration(timeoutMs)}`);
  const encoding = firstValue(fields, "grpc-encoding");
  if (encoding !== undefined && encoding !== "identity") parts.push(`grpc-encoding ${visible(encoding)}`);
  const own = names(fields.filter(([name]) => !/^(:|grpc-)|^(te|content-type|user-agent|date|server)$/.test(name)));
  if (own !== "") parts.push(own);
  return parts.join(" · ");
}

function names(fields: readonly Field[]): string {
  const shown = fields.slice(0, 8).map(([name]) => visible(name));
  return shown.join(", ") + (fields.length > shown.length ? ", …" : "");
}
