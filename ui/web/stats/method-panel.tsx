// One method, or all of them: latency, rate, statuses and sizes.
import type { MethodStats } from "../../../src/feed/messages.js";
import { statusName } from "../../../src/model/status.js";
import type { Histogram } from "../../../src/stats/histogram.js";
import { formatWhole, methodLine, styleOfStatus } from "../../../src/view/call-text.js";
import { formatBytes, formatDuration } from "../../../src/view/format.js";
import { Icon } from "../parts/icon.js";
import { Spans } from "../parts/spans.js";
import { LatencyChart } from "./latency-chart.js";
import { RateChart } from "./rate-chart.js";
import { SizesPanel } from "./sizes-panel.js";
import { ShowCalls, showCalls } from "./stats-view.js";

interface MethodPanelProps {
  readonly stats: MethodStats;
  readonly latency: Histogram;
}

export function MethodPanel({ stats, latency }: MethodPanelProps) {
  const { method } = stats;
  return (
    <section class="panel" aria-label={method === "" ? "All methods" : method}>
      <header>
        <h2>{method === "" ? "All methods" : <Spans line={methodLine(method, 300)} />}</h2>
        {method !== "" && <ShowCalls method={method} />}
      </header>
      <figure>
        <figcaption>
          Latency <i>{formatWhole(latency.count)} ended calls; a bar shows its calls</i>
        </figcaption>
        <LatencyChart histogram={latency} onPick={(from, to) => showCalls(method, between(from, to))} />
      </figure>
      <figure>
        <figcaption>
          Calls a second <i>of the last 3 minutes; what failed in red</i>
        </figcaption>
        <RateChart method={method === "" ? undefined : method} />
      </figure>
      <figure>
        <figcaption>Status</figcaption>
        <Statuses stats={stats} />
      </figure>
      <figure>
        <figcaption>Messages</figcaption>
        <Messages stats={stats} />
      </figure>
      {method !== "" && <SizesPanel method={method} />}
    </section>
  );
}

function between(from: number, to: number): string {
  const text = (ms: number) => (ms < 1 ? `${Math.round(ms * 1000)}us` : `${Number(ms.toFixed(3))}ms`);
  return from <= 0 ? `duration < ${text(to)} && !open` : `duration >= ${text(from)} && duration < ${text(to)} && !open`;
}

function Statuses({ stats }: { readonly stats: MethodStats }) {
  const shares = Object.entries(stats.statuses)
    .map(([code, count]) => ({ code: Number(code), count }))
    .sort((a, b) => b.count - a.count);
  const most = Math.max(1, ...shares.map(({ count }) => count));
  if (shares.length === 0) return <p class="none">No call has ended yet.</p>;
  return (
    <div class="bars">
      {shares.map(({ code, count }) => {
        const style = styleOfStatus(code);
        const name = code < 0 ? "other" : statusName(code);
        return (
          <button
            key={code}
            type="button"
            title={`Show calls with ${name}`}
            onClick={() => showCalls(stats.method, code < 0 ? "status > 16" : `status == ${name}`)}
          >
            <span class={`s-${style}`}>
              <Icon sign={code === 0 ? "✓" : code === 1 ? "⊘" : "✗"} /> {name}
            </span>
            <span class={`track ${style}`}>
              <span style={{ width: `${(100 * count) / most}%` }} />
            </span>
            <b>{formatWhole(count)}</b>
          </button>
        );
      })}
    </div>
  );
}

function Messages({ stats: { client, server, firstMessage, gap } }: { readonly stats: MethodStats }) {
  const mean = ({ count, sum }: { readonly count: number; readonly sum: number }) =>
    count === 0 ? "–" : formatDuration(sum / count);
  return (
    <dl class="facts">
      <dt class="client">
        <Icon sign="↑" /> client
      </dt>
      <dd>
        {formatWhole(client.messages)} messages, {formatBytes(client.bytes)}
        {client.compressed > 0 && `, ${formatWhole(client.compressed)} compressed`}
      </dd>
      <dt class="server">
        <Icon sign="↓" /> server
      </dt>
      <dd>
        {formatWhole(server.messages)} messages, {formatBytes(server.bytes)}
        {server.compressed > 0 && `, ${formatWhole(server.compressed)} compressed`}
      </dd>
      <dt>first answer</dt>
      <dd>{mean(firstMessage)} on average</dd>
      <dt>between messages</dt>
      <dd>{mean(gap)} on average</dd>
    </dl>
  );
}
