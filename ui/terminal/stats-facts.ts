// What the statistics tell below their bars: messages of both sides, waits, and what the whole session costs.
import type { MethodStatsView, SideStats } from "../../src/stats/method-stats.js";
import { formatWhole } from "../../src/view/call-text.js";
import { formatBytes, formatDuration } from "../../src/view/format.js";
import { cutLine, type Line, span } from "../../src/view/styled.js";
import type { Desk } from "./desk.js";

/** A line each, what matters most first. */
export function factLines(stats: MethodStatsView, desk: Desk, width: number): readonly Line[] {
  const lines = [sideLine("client", stats.client), sideLine("server", stats.server), waitsLine(stats)];
  return [...lines, sessionLine(desk)].map((parts) => cutLine(joined(parts, width), width));
}

type Part = readonly [name: string, value: string];

/** As many parts as there is room for: half of one says nothing. */
function joined([first, ...rest]: readonly Part[], width: number): Line {
  const [name, value] = first!;
  const line = [span(` ${name.padEnd(8)}`, name === "client" || name === "server" ? name : "dim"), span(value)];
  let used = 9 + value.length;
  for (const [what, text] of rest) {
    used += what.length + text.length + 4;
    if (used > width) break;
    line.push(span(`   ${what} `, "dim"), span(text));
  }
  return line;
}

function sideLine(name: string, side: SideStats): readonly Part[] {
  const { messages, bytes, size, saved, jsonRatio, compressed } = side;
  const parts: Part[] = [[name, `${formatWhole(messages)} message${messages === 1 ? "" : "s"}, ${formatBytes(bytes)}`]];
  if (messages > 0)
    parts.push(["each p50", formatBytes(Math.round(size.percentile(0.5)))], ["max", formatBytes(size.max)]);
  if (jsonRatio !== undefined) parts.push(["JSON", `${jsonRatio.toFixed(1)}×`]);
  if (saved !== undefined)
    parts.push([saved < 0 ? "compression adds" : "compression saves", `${Math.abs(Math.round(100 * saved))}%`]);
  else if (compressed > 0) parts.push(["compressed", formatWhole(compressed)]);
  return parts;
}

function waitsLine({ firstMessage, gap }: MethodStatsView): readonly Part[] {
  const ms = (value: number) => (Number.isFinite(value) ? formatDuration(value) : "–");
  return [
    ["waits", `first message p50 ${ms(firstMessage.percentile(0.5))} p99 ${ms(firstMessage.percentile(0.99))}`],
    [
      "between messages p50",
      `${ms(gap.percentile(0.5))} p99 ${ms(gap.percentile(0.99))} max ${ms(gap.count === 0 ? Number.NaN : gap.max)}`,
    ],
  ];
}

function sessionLine({ capture, connections }: Desk): readonly Part[] {
  const { counters, maxMemoryBytes } = capture;
  const all = connections.all();
  const sum = (read: (side: (typeof all)[number]["client"]) => number) =>
    all.reduce((total, { client, server }) => total + read(client) + read(server), 0);
  const goaways = sum(({ goaway }) => (goaway === undefined ? 0 : 1));
  const stalls = sum(({ stalls: count }) => count);
  return [
    ["session", `${counters.openConnections} of ${counters.connections} connections open`],
    ["GOAWAYs", String(goaways)],
    ["PINGs", String(sum(({ pings }) => pings))],
    ["stalls", String(stalls)],
    ["kept", `${formatBytes(counters.keptBytes)} of ${formatBytes(maxMemoryBytes)}`],
  ];
}
