// The first two lines of a call's pane: what it is and how it stands, and its tabs with what was said so far.
import type { Call } from "../../src/model/call.js";
import { durationMs, kindGlyph, methodLine, statusSpan } from "../../src/view/call-text.js";
import { formatBytes, formatDuration } from "../../src/view/format.js";
import { justify, type Line, span } from "../../src/view/styled.js";
import type { Desk } from "./desk.js";

export function headingLine(desk: Desk, call: Call, width: number): Line {
  const status = statusSpan(call);
  const took = formatDuration(durationMs(call, desk.now()));
  const id = ` ‹ ${call.id} `;
  const room = Math.max(10, width - id.length - 2 - status.text.length - took.length - 4);
  const kind = kindGlyph(call, desk.kinds?.kindOf(call.method));
  const left: Line = [span(id, "dim"), span(`${kind} `, "open"), ...methodLine(call.method, room)];
  return justify(left, [span(status.text, status.style), span(`  ${took} `, "dim")], width);
}

export function tabLine<T extends string>(
  tabs: readonly T[],
  chosen: T,
  call: Call,
  follow: boolean,
  width: number,
): Line {
  const names = tabs.map((tab, index) => span(`${index + 1} ${tab}  `, tab === chosen ? "match" : "dim"));
  const { client, server } = call;
  const totals = `${client.messages}↑ ${formatBytes(client.bytes)}  ${server.messages}↓ ${formatBytes(server.bytes)}`;
  const following = follow && call.end === undefined ? "  FOLLOW" : "";
  return justify([span(" "), ...names], [span(`${totals}${following} `, "dim")], width);
}
