// What is known of one connection, as names and values: addresses, TLS, both sides' settings, pings, GOAWAYs, waits for window.
import type { ConnectionClosedEvent, ConnectionOpenedEvent, GoawayEvent } from "../model/events.js";
import { formatBytes, formatDuration } from "./format.js";
import { visible } from "./visible.js";

export interface ConnectionSideSaid {
  readonly settings: Readonly<Record<string, number>>;
  readonly pings: number;
  readonly roundTripMs?: number | undefined;
  readonly goaway?: Pick<GoawayEvent, "name" | "code" | "lastStream" | "debug"> | undefined;
  readonly stalls: number;
  readonly stalledMs: number;
  readonly problems: number;
}

export interface KnownConnection {
  readonly opened?: Omit<ConnectionOpenedEvent, "seq" | "kind" | "connection"> | undefined;
  readonly closed?: Omit<ConnectionClosedEvent, "seq" | "kind" | "connection" | "at"> | undefined;
  readonly calls: number;
  readonly client: ConnectionSideSaid;
  readonly server: ConnectionSideSaid;
}

export interface ConnectionFact {
  readonly name: string;
  readonly value: string;
  readonly style?: "setting" | "warning" | "serverFault";
}

/** @param now Unix ms */
export function connectionFacts({ opened, closed, calls }: KnownConnection, now: number): readonly ConnectionFact[] {
  const facts: ConnectionFact[] = [];
  const add = (name: string, value: string) => facts.push({ name, value });
  if (opened?.relay === "log") {
    add("client", visible(opened.client) || "not told");
    add("server", visible(opened.server) || "not told");
    add("HTTP/2 and TLS", "not told: it was read from a binary log");
  } else if (opened !== undefined) {
    add("client", visible(opened.client));
    add("server", visible(opened.server) || "none was reached");
    if (opened.via !== undefined) add("asked for by", opened.via);
    add("relay, protocol", `${opened.relay}, ${visible(opened.protocol)}`);
    for (const [name, tls] of [
      ["TLS to the client", opened.tls],
      ["TLS to the server", opened.upstreamTls],
    ] as const) {
      if (tls === undefined) continue;
      const parts = [tls.version, tls.alpn === undefined ? undefined : `ALPN ${tls.alpn}`, tls.servername];
      add(name, visible(parts.filter((part) => part !== undefined).join(", ")));
    }
    if (opened.tls === undefined && opened.upstreamTls === undefined) add("TLS", "none: plaintext");
    if (closed === undefined) add("open for", formatDuration(Math.max(0, now - opened.at)));
  }
  if (closed !== undefined) {
    const reason = closed.reason === undefined ? "" : `: ${visible(closed.reason)}`;
    add("closed", `by the ${closed.by} (${closed.how}) after ${formatDuration(closed.durationMs)}${reason}`);
    add("bytes", `client ${formatBytes(closed.clientBytes)}, server ${formatBytes(closed.serverBytes)}`);
    if (closed.clientFrames !== undefined)
      add("frames", `client ${closed.clientFrames}, server ${closed.serverFrames ?? 0}`);
  }
  add("calls", String(calls));
  return facts;
}

/** What one side said of itself. */
export function sideFacts({ opened }: KnownConnection, side: ConnectionSideSaid): readonly ConnectionFact[] {
  if (opened?.relay === "log") return [];
  const settings = Object.entries(side.settings);
  const facts: ConnectionFact[] = settings.map(([name, value]) => ({
    ...{ name: visible(name), value: String(value), style: "setting" },
  }));
  if (settings.length === 0) facts.push({ name: "settings", value: "none sent: HTTP/2's defaults" });
  const trip = side.roundTripMs === undefined ? "" : `, last answered in ${formatDuration(side.roundTripMs)}`;
  facts.push({ name: "PINGs sent", value: `${side.pings}${trip}` });
  if (side.stalls > 0)
    facts.push({
      name: "waited for window",
      value: `${side.stalls === 1 ? "once" : `${side.stalls} times`}, ${formatDuration(side.stalledMs)} in all`,
    });
  if (side.goaway !== undefined) {
    const { name, code, lastStream, debug } = side.goaway;
    const said = debug === "" ? "" : `, “${visible(debug)}”`;
    facts.push({
      name: "GOAWAY",
      value: `${visible(name)} (${code}), last stream ${lastStream}${said}`,
      style: "warning",
    });
  }
  if (side.problems > 0) facts.push({ name: "protocol errors", value: String(side.problems), style: "serverFault" });
  return facts;
}
