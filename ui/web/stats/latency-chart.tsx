// How long calls took: a bar for each doubling, with p50, p95 and p99; a bar is a button that shows its calls.
import type { Histogram } from "../../../src/stats/histogram.js";
import { formatWhole } from "../../../src/view/call-text.js";
import { formatDuration } from "../../../src/view/format.js";

interface LatencyChartProps {
  readonly histogram: Histogram;
  /** [from, to) in ms. */
  readonly onPick: (from: number, to: number) => void;
}

const MARKS = [
  ["p50", 0.5],
  ["p95", 0.95],
  ["p99", 0.99],
] as const;

export function LatencyChart({ histogram, onPick }: LatencyChartProps) {
  const bars = histogram.bars();
  if (bars.length === 0) return <p class="none">No call has ended yet.</p>;
  const most = Math.max(1, ...bars.map(({ count }) => count));
  const marks = MARKS.map(([name, share]) => ({ name, value: histogram.percentile(share) }));
  return (
    <div class="latency" role="group" aria-label="Latency">
      {bars.map(({ from, to, count }) => {
        const names = marks.filter(({ value }) => value >= from && value < to).map(({ name }) => name);
        return (
          <button
            key={to}
            type="button"
            disabled={count === 0}
            title={`${formatWhole(count)} calls took ${formatDuration(from)} to ${formatDuration(to)}`}
            aria-label={`${count} calls of ${formatDuration(from)} to ${formatDuration(to)}${names.length === 0 ? "" : `, ${names.join(", ")}`}`}
            onClick={() => onPick(from, to)}
          >
            <span class="names">{names.join(" ")}</span>
            <span class="count">{count === 0 ? "" : formatWhole(count)}</span>
            <span
              class={names.length === 0 ? "bar" : "bar marked"}
              style={{ height: `${count === 0 ? 0 : Math.max(1.5, (70 * count) / most)}%` }}
            />
            <span class="upto">{shortTime(to)}</span>
          </button>
        );
      })}
    </div>
  );
}

function shortTime(ms: number): string {
  if (ms < 1) return `${Math.round(ms * 1000)}µs`;
  return ms < 1000 ? `${Math.round(ms)}ms` : `${Number((ms / 1000).toFixed(1))}s`;
}
