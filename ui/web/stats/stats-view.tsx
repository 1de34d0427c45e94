// Statistics by method: how often, how fast, how much of it failed, what it weighs; each number leads to its calls.
import { useSignal } from "@preact/signals";
import type { MethodStats } from "../../../src/feed/messages.js";
import { Histogram } from "../../../src/stats/histogram.js";
import { formatWhole, methodLine } from "../../../src/view/call-text.js";
import { formatDuration, formatSize } from "../../../src/view/format.js";
import { Icon, Signs } from "../parts/icon.js";
import { useActions } from "../parts/keys.js";
import { rateText } from "../parts/pulse.js";
import { Spans } from "../parts/spans.js";
import { filterText, go } from "../state/route.js";
import { stats } from "../state/session.js";
import { MethodPanel } from "./method-panel.js";

interface Row {
  readonly stats: MethodStats;
  readonly latency: Histogram;
}

interface StatsColumn {
  readonly title: string;
  readonly help: string;
  readonly value: (row: Row) => number;
  readonly text: (value: number) => string;
}

const time = (ms: number): string => (Number.isNaN(ms) ? "–" : formatDuration(ms));
const average = ({ messages, bytes }: { readonly messages: number; readonly bytes: number }): number =>
  messages === 0 ? Number.NaN : bytes / messages;
const size = (bytes: number): string => (Number.isNaN(bytes) ? "–" : formatSize(Math.round(bytes)));

const COLUMNS: readonly StatsColumn[] = [
  { title: "Calls", help: "calls that began", value: ({ stats: { calls } }) => calls, text: formatWhole },
  {
    title: "/s",
    help: "begun a second, over the last 10 seconds",
    value: ({ stats: { rate } }) => rate,
    text: rateText,
  },
  {
    title: "Err %",
    help: "ended calls whose status is not OK",
    value: ({ stats: { errors }, latency }) => (latency.count === 0 ? 0 : (100 * errors) / latency.count),
    text: (share) => share.toFixed(1),
  },
  {
    title: "p50",
    help: "half of all calls took no longer",
    value: ({ latency }) => latency.percentile(0.5),
    text: time,
  },
  {
    title: "p95",
    help: "95 of 100 calls took no longer",
    value: ({ latency }) => latency.percentile(0.95),
    text: time,
  },
  {
    title: "p99",
    help: "99 of 100 calls took no longer",
    value: ({ latency }) => latency.percentile(0.99),
    text: time,
  },
  {
    title: "Max",
    help: "the longest call",
    value: ({ latency }) => (latency.count === 0 ? Number.NaN : latency.max),
    text: time,
  },
  {
    title: "↑ avg",
    help: "bytes of a client's message",
    value: ({ stats: { client } }) => average(client),
    text: size,
  },
  {
    title: "↓ avg",
    help: "bytes of a server's message",
    value: ({ stats: { server } }) => average(server),
    text: size,
  },
];

export function StatsView({ method }: { readonly method: string | undefined }) {
  const sort = useSignal({ column: 0, descending: true });
  const answer = stats.value;
  const { column, descending } = sort.value;
  const rows = (answer?.methods ?? []).map((one): Row => ({ stats: one, latency: Histogram.fromJson(one.latency) }));
  const value = COLUMNS[column]?.value;
  const sorted =
    value === undefined ? rows : [...rows].sort((a, b) => order(value(a), value(b)) * (descending ? -1 : 1));
  const at = sorted.findIndex(({ stats: one }) => one.method === method);
  const select = (next: string | undefined) => go({ view: "stats", method: next });
  useActions("stats", {
    down: () => select(sorted[Math.min(sorted.length - 1, at + 1)]?.stats.method),
    up: () => select(sorted[Math.max(0, at - 1)]?.stats.method),
    open: () => {
      if (method !== undefined) showCalls(method, "");
      return method !== undefined;
    },
    back: () => (method === undefined ? go({ view: "calls" }) : select(undefined)),
    sort: () => {
      sort.value = { column: (column + 1) % COLUMNS.length, descending: true };
    },
    reverse: () => {
      sort.value = { column, descending: !descending };
    },
  });

  if (answer === undefined) return <main class="stats" />;
  if (rows.length === 0) {
    return (
      <main class="stats">
        <div class="empty">
          <h2>No calls yet</h2>
          <p>Numbers by method appear with the first call.</p>
        </div>
      </main>
    );
  }
  const shown = sorted[at] ?? { stats: answer.total, latency: Histogram.fromJson(answer.total.latency) };
  return (
    <main class="stats">
      <section class="methods" aria-label="Methods">
        <table>
          <thead>
            <tr>
              <th scope="col">Method</th>
              {COLUMNS.map(({ title, help }, place) => (
                <th
                  key={title}
                  scope="col"
                  aria-sort={place === column ? (descending ? "descending" : "ascending") : "none"}
                >
                  <button
                    type="button"
                    title={help}
                    onClick={() => (sort.value = { column: place, descending: place === column ? !descending : true })}
                  >
                    <Signs text={title} />
                    {place === column && <i>{descending ? "▾" : "▴"}</i>}
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {sorted.map((row) => {
              const { method: name } = row.stats;
              const isChosen = name === method;
              return (
                <tr
                  key={name}
                  aria-selected={isChosen}
                  data-method={name}
                  onClick={() => select(isChosen ? undefined : name)}
                >
                  <th scope="row">
                    <Spans line={methodLine(name, 300)} class="method" />
                  </th>
                  {COLUMNS.map(({ title, value: of, text }) => (
                    <td key={title} class={title === "Err %" && of(row) > 0 ? "s-serverFault" : ""}>
                      {text(of(row))}
                    </td>
                  ))}
                </tr>
              );
            })}
          </tbody>
        </table>
      </section>
      <MethodPanel key={shown.stats.method} stats={shown.stats} latency={shown.latency} />
    </main>
  );
}

/** NaN last. */
function order(a: number, b: number): number {
  return (Number.isNaN(a) ? -1 : a) - (Number.isNaN(b) ? -1 : b);
}

export function methodFilter(method: string): string {
  return `method == ${JSON.stringify(method)}`;
}

/** Shows the calls that a filter finds, of one method or of all. */
export function showCalls(method: string, condition: string): void {
  const parts = [method === "" ? "" : methodFilter(method), condition].filter((part) => part !== "");
  filterText.value = parts.join(" && ");
  go({ view: "calls" }, parts.join(" && "));
}

export function ShowCalls({ method }: { readonly method: string }) {
  return (
    <button type="button" onClick={() => showCalls(method, "")}>
      <Icon sign="→" /> Show its calls
    </button>
  );
}
