// One line about all traffic: how much, how fast, how much of it fails.

import { useEffect, useRef } from "preact/hooks";
import { Histogram } from "../../../src/stats/histogram.js";
import { formatWhole } from "../../../src/view/call-text.js";
import { formatBytes, formatDuration } from "../../../src/view/format.js";
import { addressOf } from "../state/route.js";
import { stats } from "../state/session.js";
import { paint } from "../state/theme.js";
import { series } from "../stats/series.js";
import { Signs } from "./icon.js";
import { drawSparkline } from "./sparkline.js";

export function Pulse() {
  const total = stats.value?.total;
  const canvas = useRef<HTMLCanvasElement>(null);
  const { calls, errors } = series.value;
  const colours = paint.value;
  useEffect(() => {
    if (canvas.current !== null) drawSparkline(canvas.current, calls, errors);
  }, [calls, errors, colours]);
  const latency = total === undefined ? undefined : Histogram.fromJson(total.latency);
  const ended = total === undefined ? 0 : total.latency.count;
  const time = (share: number) =>
    latency === undefined || latency.count === 0 ? "–" : formatDuration(latency.percentile(share));
  return (
    <section class="pulse" aria-label="All traffic">
      <Figure name="calls" value={formatWhole(total?.calls ?? 0)} />
      <span class="figure rate">
        <canvas ref={canvas} role="img" aria-label="Calls a second, lately" />
        <b>{rateText(total?.rate ?? 0)}</b>
        <i>/s</i>
      </span>
      <Figure name="open" value={formatWhole(total?.open ?? 0)} />
      <a
        class={total !== undefined && total.errors > 0 ? "figure bad" : "figure"}
        href={addressOf({ view: "calls" }, "error")}
      >
        <i>errors</i>
        <b>{formatWhole(total?.errors ?? 0)}</b>
        {ended > 0 && <em>{((100 * (total?.errors ?? 0)) / ended).toFixed(1)}%</em>}
      </a>
      <span class="gap" />
      <Figure name="p50" value={time(0.5)} />
      <Figure name="p95" value={time(0.95)} />
      <Figure name="p99" value={time(0.99)} />
      <span class="gap" />
      <Figure name="↑" value={formatBytes(total?.client.bytes ?? 0)} class="figure sent" />
      <Figure name="↓" value={formatBytes(total?.server.bytes ?? 0)} class="figure sent" />
    </section>
  );
}

interface FigureProps {
  readonly name: string;
  readonly value: string;
  readonly class?: string;
}

function Figure({ name, value, class: className = "figure" }: FigureProps) {
  return (
    <span class={className}>
      <i>
        <Signs text={name} />
      </i>
      <b>{value}</b>
    </span>
  );
}

export function rateText(rate: number): string {
  return rate >= 100 ? formatWhole(rate) : rate >= 10 ? rate.toFixed(0) : rate.toFixed(1);
}
