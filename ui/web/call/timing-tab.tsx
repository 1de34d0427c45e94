// When the parts of a call came, as bars from its first header to its end.
import { useMemo } from "preact/hooks";
import type { Side } from "../../../src/model/fields.js";
import { durationMs, formatSince } from "../../../src/view/call-text.js";
import { formatBytes, formatDuration } from "../../../src/view/format.js";
import { Icon } from "../parts/icon.js";
import type { MessageAddress } from "../state/route.js";
import { frame, now } from "../state/session.js";
import type { WebCall } from "../state/web-call.js";
import { MessageChart } from "./message-chart.js";
import { gapsOf, type MessagePoint, messagePoints } from "./message-series.js";
import type { CallRecord } from "./records.js";

interface Phase {
  readonly name: string;
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly side: "client" | "server" | "neither";
}

const CHART_MS = 250;

interface TimingTabProps {
  readonly call: WebCall;
  readonly records: readonly CallRecord[];
  readonly onOpen: (message: MessageAddress) => void;
}

export function TimingTab({ call, records, onOpen }: TimingTabProps) {
  // A chart of a stream that runs moves on four times a second.
  const chartEnd = call.end?.at ?? Math.ceil(now() / CHART_MS) * CHART_MS;
  const points = useMemo(() => messagePoints(records), [records]);
  if (call.end === undefined) frame.value;
  const time = now();
  const total = Math.max(0.001, durationMs(call, time));
  const at = (kind: string, last = false) =>
    (last ? records.findLast(({ event }) => event.kind === kind) : records.find(({ event }) => event.kind === kind))
      ?.event.at;
  const end = call.end?.at ?? time;
  const phases: readonly Phase[] = [
    { name: "request headers", from: call.startedAt, to: call.startedAt, side: "client" },
    { name: "client messages", from: at("client-message"), to: at("client-message", true), side: "client" },
    { name: "client done", from: at("client-half-close"), to: at("client-half-close"), side: "client" },
    { name: "waiting", from: call.startedAt, to: call.answeredAt ?? end, side: "neither" },
    { name: "response headers", from: at("server-header"), to: at("server-header"), side: "server" },
    { name: "server messages", from: at("server-message"), to: at("server-message", true), side: "server" },
    { name: "trailers", from: at("server-trailer"), to: at("server-trailer"), side: "server" },
  ];
  const { timeoutMs, client, server } = call;
  return (
    <div class="timing" role="tabpanel">
      <div class="phases" role="table" aria-label="Parts of the call">
        {phases.map(({ name, from, to, side }) => (
          <div key={name} class={`phase ${side}`} role="row">
            <span role="rowheader">{name}</span>
            <b role="cell">
              {from === undefined
                ? "–"
                : to === from
                  ? formatSince(from - call.startedAt)
                  : formatDuration((to ?? end) - from)}
            </b>
            <span class="track" role="presentation">
              {from !== undefined && (
                <span
                  style={{
                    left: `${(100 * (from - call.startedAt)) / total}%`,
                    width: `${(100 * ((to ?? end) - from)) / total}%`,
                  }}
                />
              )}
            </span>
          </div>
        ))}
      </div>
      {timeoutMs !== undefined && (
        <div class="budget">
          <span>deadline {formatDuration(timeoutMs)}</span>
          <meter
            min={0}
            max={timeoutMs}
            high={timeoutMs * 0.8}
            value={Math.min(total, timeoutMs)}
            aria-label="Used of the deadline"
          />
          <b>{Math.min(999, Math.round((100 * total) / timeoutMs))}% used</b>
        </div>
      )}
      {points.length > 0 && (
        <figure>
          <figcaption>
            Messages over time <i>height: size, log scale; a bar opens its message</i>
          </figcaption>
          <MessageChart points={points} start={call.startedAt} end={chartEnd} onOpen={onOpen} />
        </figure>
      )}
      <dl>
        <dt class="client">
          <Icon sign="↑" /> client sent
        </dt>
        <dd>
          {count(client.messages)}, {formatBytes(client.bytes)}
          {gapText(points, "client")}
        </dd>
        <dt class="server">
          <Icon sign="↓" /> server sent
        </dt>
        <dd>
          {count(server.messages)}, {formatBytes(server.bytes)}
          {gapText(points, "server")}
        </dd>
        <dt>longest pause</dt>
        <dd>{formatDuration(longestPause(records))} without anything from either side</dd>
        <dt>messages a second</dt>
        <dd>{((client.messages + server.messages) / (total / 1000)).toFixed(1)}</dd>
      </dl>
    </div>
  );
}

function gapText(points: readonly MessagePoint[], side: Side): string {
  const gaps = gapsOf(points, side);
  return gaps === undefined
    ? ""
    : `; half of them within ${formatDuration(gaps.median)} of the one before, at most ${formatDuration(gaps.max)}`;
}

function count(messages: number): string {
  return `${messages} message${messages === 1 ? "" : "s"}`;
}

function longestPause(records: readonly CallRecord[]): number {
  let longest = 0;
  for (let place = 1; place < records.length; place++) {
    longest = Math.max(longest, records[place]!.event.at - records[place - 1]!.event.at);
  }
  return longest;
}
