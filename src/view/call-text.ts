// A call's parts as styled text: its method, the kind of stream it is, how it stands.
import type { Call } from "../model/call.js";
import type { CallEndEvent } from "../model/events.js";
import { formatDuration } from "./format.js";
import { hueOf, type Line, type Style, span } from "./styled.js";
import { cutStart, cutText, textWidth } from "./text-width.js";
import { visible } from "./visible.js";

/** A path is looked at up to here: a peer chooses how long it is. */
const MAX_PATH_CHARS = 2000;

/** "acme.v1.Things/Get" within so many cells: the package is dim and the first to go. @param path "/acme.v1.Things/Get" */
export function methodLine(path: string, width: number): Line {
  if (width <= 0) return [];
  const text = visible(path.slice(0, MAX_PATH_CHARS));
  const parts = /^\/([^/\s]+)\/([^/\s]+)$/.exec(text);
  if (parts === null) return [span(cutText(text, width))];
  const [, full = "", name = ""] = parts;
  const dot = full.lastIndexOf(".") + 1;
  const service = full.slice(dot);
  const hue = hueOf(full);
  const own = textWidth(service) + 1 + textWidth(name);
  if (own > width) {
    // The method says most, then how its service begins.
    const room = width - 1 - textWidth(name);
    if (room < 2) return [span(cutStart(name, width), "strong")];
    return [span(cutText(service, room), hue), span("/", "dim"), span(name, "strong")];
  }
  // A package is shown whole or not at all: its pieces only make noise.
  const prefix = full.slice(0, dot);
  const head = textWidth(prefix) <= width - own ? prefix : "";
  return [span(head, "dim"), span(service, hue), span("/", "dim"), span(name, "strong")];
}

/** Without package or slash: "Things/Get". */
export function shortMethod(path: string): string {
  const text = visible(path.slice(0, MAX_PATH_CHARS));
  const parts = /^\/(?:[^/\s]*\.)?([^/.\s]+)\/([^/\s]+)$/.exec(text);
  return parts === null ? text : `${parts[1]}/${parts[2]}`;
}

const KIND_GLYPHS = { unary: "→", client: "⇉", server: "⇇", bidi: "⇄" } as const;
export type KindOfStream = keyof typeof KIND_GLYPHS;

/** @param known from a schema; else what was seen so far says it */
export function kindGlyph(call: Pick<Call, "client" | "server">, known: KindOfStream | undefined): string {
  if (known !== undefined) return KIND_GLYPHS[known];
  const many = (messages: number) => messages > 1;
  if (many(call.client.messages)) return many(call.server.messages) ? "⇄" : "⇉";
  return many(call.server.messages) ? "⇇" : "→";
}

/**
 * Clients count a deadline from when they made the call, we from when it came by: on a busy machine that is some
 * milliseconds later, and some hundredths of a long one.
 */
const DEADLINE_SLACK = { ms: 20, part: 0.02 } as const;

/** Whether the client ended the call because its deadline came, as far as can be seen from outside. */
export function ranOut({ end, timeoutMs, startedAt }: Call): boolean {
  return end !== undefined && endedByDeadline({ ...end, durationMs: end.at - startedAt }, timeoutMs);
}

export function endedByDeadline(
  { by, status, durationMs }: Pick<CallEndEvent, "by" | "status" | "durationMs">,
  timeoutMs: number | undefined,
): boolean {
  if (timeoutMs === undefined || by !== "client" || status.source !== "reset") return false;
  const slackMs = Math.max(DEADLINE_SLACK.ms, timeoutMs * DEADLINE_SLACK.part);
  return durationMs > timeoutMs - slackMs;
}

/** The caller's faults are yellow, what was cancelled is grey, the server's faults are red. */
export function styleOfStatus(code: number): Style {
  if (code === 0) return "plain";
  if (code === 1) return "cancelled";
  return [3, 5, 6, 7, 9, 11, 16].includes(code) ? "callerFault" : "serverFault";
}

/** "OK", "✗ NOT_FOUND", "⊘ CANCELLED", "● open", "✗ deadline", "HTTP 404". */
export function statusSpan(call: Call): { readonly text: string; readonly style: Style } {
  const { end } = call;
  if (end === undefined) return span("● open", "open");
  const { status } = end;
  if (call.protocol === "unknown") {
    const http = /^HTTP status (\d+)/.exec(status.message)?.[1];
    if (http !== undefined)
      return span(
        `${/^[45]/.test(http) ? "✗ " : ""}HTTP ${http}`,
        /^5/.test(http) ? "serverFault" : /^4/.test(http) ? "callerFault" : "plain",
      );
  }
  if (ranOut(call)) return span("✗ deadline", "serverFault");
  const glyph = status.code === 0 ? "" : status.code === 1 ? "⊘ " : "✗ ";
  return span(`${glyph}${visible(status.name)}`, styleOfStatus(status.code));
}

/** @param now Unix ms, for a call that is open */
export function durationMs(call: Call, now: number): number {
  return Math.max(0, (call.end?.at ?? now) - call.startedAt);
}

/** "+0.4ms" since the call began. */
export function formatSince(ms: number): string {
  return `+${formatDuration(Math.max(0, ms))}`;
}

/** "1,204,003". */
export function formatWhole(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ",");
}
