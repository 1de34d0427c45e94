// What is known of one connection, in lines: addresses, TLS, both sides' settings, pings, GOAWAYs, waits for window.
import type { ConnectionFacts, ConnectionSide } from "../../src/session/connection-list.js";
import { formatBytes, formatDuration } from "../../src/view/format.js";
import { type Line, span } from "../../src/view/styled.js";
import { visible } from "../../src/view/visible.js";

const WIDTH = 22;

function fact(name: string, value: string): Line {
  return [span(` ${name.padEnd(WIDTH)}`, "dim"), span(value)];
}

export function connectionLines(facts: ConnectionFacts, now: number): readonly Line[] {
  const { opened, closed } = facts;
  const lines: Line[] = [];
  if (opened !== undefined) {
    lines.push(fact("client", visible(opened.client)));
    lines.push(fact("server", visible(opened.server) || "none was reached"));
    if (opened.via !== undefined) lines.push(fact("asked for by", opened.via));
    lines.push(fact("relay, protocol", `${opened.relay}, ${visible(opened.protocol)}`));
    for (const [name, tls] of [
      ["TLS to the client", opened.tls],
      ["TLS to the server", opened.upstreamTls],
    ] as const) {
      if (tls === undefined) continue;
      const parts = [tls.version, tls.alpn === undefined ? undefined : `ALPN ${tls.alpn}`, tls.servername];
      lines.push(fact(name, visible(parts.filter((part) => part !== undefined).join(", "))));
    }
    if (opened.tls === undefined && opened.upstreamTls === undefined) lines.push(fact("TLS", "none: plaintext"));
    if (closed === undefined) lines.push(fact("open for", formatDuration(Math.max(0, now - opened.at))));
  }
  if (closed !== undefined) {
    const reason = closed.reason === undefined ? "" : `: ${visible(closed.reason)}`;
    lines.push(
      fact("closed", `by the ${closed.by} (${closed.how}) after ${formatDuration(closed.durationMs)}${reason}`),
    );
    lines.push(fact("bytes", `client ${formatBytes(closed.clientBytes)}, server ${formatBytes(closed.serverBytes)}`));
    if (closed.clientFrames !== undefined)
      lines.push(fact("frames", `client ${closed.clientFrames}, server ${closed.serverFrames ?? 0}`));
  }
  lines.push(fact("calls", String(facts.calls)));
  for (const [name, side] of [
    ["CLIENT", facts.client],
    ["SERVER", facts.server],
  ] as const)
    lines.push([], [span(name, "title")], ...sideLines(side));
  return lines;
}

function sideLines(side: ConnectionSide): Line[] {
  const lines: Line[] = [];
  const settings = Object.entries(side.settings);
  if (settings.length === 0) lines.push(fact("settings", "none sent: HTTP/2's defaults"));
  for (const [name, value] of settings)
    lines.push([span(`   ${visible(name).padEnd(26)}`, "name"), span(String(value))]);
  const trip = side.roundTripMs === undefined ? "" : `, last answered in ${formatDuration(side.roundTripMs)}`;
  lines.push(fact("PINGs sent", `${side.pings}${trip}`));
  if (side.stalls > 0)
    lines.push(fact("waited for window", `${side.stalls} times, ${formatDuration(side.stalledMs)} in all`));
  if (side.goaway !== undefined) {
    const { name, code, lastStream, debug } = side.goaway;
    const said = debug === "" ? "" : `, “${visible(debug)}”`;
    lines.push([
      span(` ${"GOAWAY".padEnd(WIDTH)}`, "dim"),
      span(`${visible(name)} (${code}), last stream ${lastStream}${said}`, "warning"),
    ]);
  }
  if (side.problems > 0)
    lines.push([span(` ${"protocol errors".padEnd(WIDTH)}`, "dim"), span(String(side.problems), "serverFault")]);
  return lines;
}
