// When the parts of a call came, as bars on the time from its first header to its end.
import type { Call } from "../model/call.js";
import { bar } from "./bars.js";
import { durationMs, formatSince } from "./call-text.js";
import { formatBytes, formatDuration } from "./format.js";
import { type Line, span } from "./styled.js";
import { padEnd } from "./text-width.js";

/** Unix ms of what stands out in a call; undefined for what did not happen, or is no longer kept. */
export interface CallMoments {
  firstClientMessage: number | undefined;
  lastClientMessage: number | undefined;
  halfClose: number | undefined;
  serverHeader: number | undefined;
  firstServerMessage: number | undefined;
  lastServerMessage: number | undefined;
  trailers: number | undefined;
  longestGapMs: number;
  /** Messages that came compressed, and their bytes on the wire. */
  compressed: number;
}

export function noMoments(): CallMoments {
  return {
    firstClientMessage: undefined,
    lastClientMessage: undefined,
    halfClose: undefined,
    serverHeader: undefined,
    firstServerMessage: undefined,
    lastServerMessage: undefined,
    trailers: undefined,
    longestGapMs: 0,
    compressed: 0,
  };
}

/** @param now Unix ms */
export function timingLines(call: Call, moments: CallMoments, now: number, width: number): readonly Line[] {
  const total = Math.max(0.001, durationMs(call, now));
  const room = Math.max(4, Math.min(60, width - 30));
  const rows: [name: string, at: number | undefined, style: "client" | "server" | "plain"][] = [
    ["request headers", call.startedAt, "client"],
    ["first request", moments.firstClientMessage, "client"],
    ["last request", moments.lastClientMessage, "client"],
    ["request complete", moments.halfClose, "client"],
    ["response headers", moments.serverHeader, "server"],
    ["first response", moments.firstServerMessage, "server"],
    ["last response", moments.lastServerMessage, "server"],
    ["trailers", moments.trailers, "server"],
    [call.end === undefined ? "now" : "end", call.end?.at ?? now, "plain"],
  ];
  const lines: Line[] = rows.map(([name, at, style]) => {
    if (at === undefined) return [span(` ${padEnd(name, 17)}`, "dim"), span("        –", "dim")];
    const since = at - call.startedAt;
    const drawn = bar(since / total, room) || "▏";
    return [span(` ${padEnd(name, 17)}`), span(`${formatSince(since).padStart(9)} `, "strong"), span(drawn, style)];
  });
  lines.push([]);
  if (call.answeredAt !== undefined)
    lines.push(fact("waited for the server", formatDuration(Math.max(0, call.answeredAt - call.startedAt))));
  if (moments.longestGapMs > 0) lines.push(fact("longest pause", formatDuration(moments.longestGapMs)));
  const { client, server } = call;
  lines.push(fact("client sent", `${messages(client.messages)}, ${formatBytes(client.bytes)}${average(client)}`));
  lines.push(fact("server sent", `${messages(server.messages)}, ${formatBytes(server.bytes)}${average(server)}`));
  const perSecond = (client.messages + server.messages) / (total / 1000);
  if (client.messages + server.messages > 4)
    lines.push(fact("messages a second", perSecond.toFixed(perSecond < 10 ? 1 : 0)));
  if (moments.compressed > 0) lines.push(fact("compressed", messages(moments.compressed)));
  return lines;
}

function fact(name: string, value: string): Line {
  return [span(` ${padEnd(name, 22)}`, "dim"), span(value)];
}

function messages(count: number): string {
  return `${count} message${count === 1 ? "" : "s"}`;
}

function average({ messages: count, bytes }: { readonly messages: number; readonly bytes: number }): string {
  return count < 2 ? "" : `, ${formatBytes(Math.round(bytes / count))} each on average`;
}
