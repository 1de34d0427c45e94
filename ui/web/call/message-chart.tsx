// A picture of a call's messages: above the line the client's, below it the server's, as tall as they are large; under it the gaps.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Side } from "../../../src/model/fields.js";
import { formatBytes, formatDuration } from "../../../src/view/format.js";
import { axisText, niceStep } from "../list/waterfall.js";
import type { MessageAddress } from "../state/route.js";
import { type Bin, binned, type MessagePoint } from "./message-series.js";

const LEFT = 56;
const RIGHT = 10;
/** Of one side's bars, of the gaps, of what stands between. */
const BARS = 56;
const GAPS = 60;
const AXIS = 20;
const BETWEEN = 22;
const HEIGHT = 2 * BARS + BETWEEN + GAPS + AXIS;
/** A bar and the space to the next. */
const BAR_PX = 4;
const TICKS = 5;

interface MessageChartProps {
  readonly points: readonly MessagePoint[];
  /** Unix ms. */
  readonly start: number;
  readonly end: number;
  readonly onOpen: (message: MessageAddress) => void;
}

export function MessageChart({ points, start, end, onOpen }: MessageChartProps) {
  const host = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const observer = new ResizeObserver(() => setWidth(host.current?.clientWidth ?? 0));
    observer.observe(host.current!);
    return () => observer.disconnect();
  }, []);
  const room = Math.max(BAR_PX, width - LEFT - RIGHT);
  const bins = useMemo(() => binned(points, start, end, Math.floor(room / BAR_PX)), [points, start, end, room]);
  const most = (side: Side) => Math.max(0, ...bins.map((bin) => (bin.side === side ? bin.largest.bytes : 0)));
  const largest = Math.max(most("client"), most("server"));
  const x = (at: number) => LEFT + ((at - start) / Math.max(end - start, 0.001)) * room;
  return (
    <div ref={host} class="message-chart">
      <svg width={width} height={HEIGHT} role="img" aria-label={`${points.length} messages over time`}>
        <Axis start={start} end={end} x={x} />
        <line class="middle" x1={LEFT} x2={width - RIGHT} y1={BARS} y2={BARS} />
        <Scale y={8} side="client" text={most("client")} />
        <Scale y={2 * BARS - 2} side="server" text={most("server")} />
        {bins.map((bin) => (
          <Bar key={`${bin.side} ${bin.column}`} bin={bin} start={start} largest={largest} onOpen={onOpen} />
        ))}
        <GapDots points={points} x={x} width={width} />
      </svg>
    </div>
  );
}

function Scale({ y, side, text }: { readonly y: number; readonly side: Side; readonly text: number }) {
  if (text === 0) return null;
  return (
    <text class={side} x={LEFT - 8} y={y} text-anchor="end" dominant-baseline="middle">
      {formatBytes(text)}
    </text>
  );
}

interface BarProps {
  readonly bin: Bin;
  readonly start: number;
  readonly largest: number;
  readonly onOpen: (message: MessageAddress) => void;
}

function Bar({ bin: { side, column, count, bytes, largest: point }, start, largest, onOpen }: BarProps) {
  const tall = 3 + ((BARS - 6) * Math.log2(1 + point.bytes)) / Math.log2(2 + largest);
  const said =
    count === 1
      ? `${side} #${point.index}: ${formatBytes(bytes)} at +${formatDuration(point.at - start)}`
      : `${side}: ${count} messages, ${formatBytes(bytes)}; the largest #${point.index} at +${formatDuration(point.at - start)}`;
  return (
    <rect
      class={`bar ${side}`}
      x={LEFT + column * BAR_PX}
      y={side === "client" ? BARS - tall : BARS}
      width={BAR_PX - 1}
      height={tall}
      onClick={() => onOpen(point)}
    >
      <title>{said}; click opens it</title>
    </rect>
  );
}

function Axis({ start, end, x }: { readonly start: number; readonly end: number; readonly x: (at: number) => number }) {
  const total = Math.max(end - start, 0.001);
  const step = niceStep(total / TICKS);
  const times = Array.from({ length: Math.floor(total / step + 1e-6) + 1 }, (_, place) => place * step);
  return (
    <>
      {times.map((ms) => (
        <g key={ms}>
          <line class="grid" x1={x(start + ms)} x2={x(start + ms)} y1={0} y2={HEIGHT - AXIS} />
          <text x={x(start + ms)} y={HEIGHT - 6} text-anchor={ms > total * 0.96 ? "end" : "middle"}>
            {ms === 0 ? "0" : `+${axisText(ms)}`}
          </text>
        </g>
      ))}
    </>
  );
}

interface GapDotsProps {
  readonly points: readonly MessagePoint[];
  readonly x: (at: number) => number;
  readonly width: number;
}

/** A dot for each message at the height of the time since the one before: log scale, one a pixel. */
function GapDots({ points, x, width }: GapDotsProps) {
  const gaps = points.flatMap(({ gap }) => (gap === undefined || gap <= 0 ? [] : [gap]));
  const top = 2 * BARS + BETWEEN;
  if (gaps.length === 0) return null;
  const least = gaps.reduce((a, b) => Math.min(a, b));
  const most = gaps.reduce((a, b) => Math.max(a, b));
  const spread = Math.max(Math.log(most / least), 0.1);
  const seen = new Set<string>();
  return (
    <>
      <line class="middle" x1={LEFT} x2={width - RIGHT} y1={top + GAPS} y2={top + GAPS} />
      <text class="name" x={LEFT} y={top - 8}>
        time since the message before
      </text>
      <text x={LEFT - 8} y={top + 4} text-anchor="end" dominant-baseline="middle">
        {formatDuration(most)}
      </text>
      {most > least * 1.5 && (
        <text x={LEFT - 8} y={top + GAPS - 4} text-anchor="end" dominant-baseline="middle">
          {formatDuration(least)}
        </text>
      )}
      {points.map(({ side, index, at, gap }) => {
        if (gap === undefined || gap <= 0) return null;
        const left = Math.round(x(at));
        const up = Math.round(top + 4 + (1 - Math.log(gap / least) / spread) * (GAPS - 8));
        const key = `${side} ${left} ${up}`;
        if (seen.has(key)) return null;
        seen.add(key);
        return (
          <circle key={key} class={side} cx={left} cy={up} r={2.5}>
            <title>{`${side} #${index}: ${formatDuration(gap)} after the one before`}</title>
          </circle>
        );
      })}
    </>
  );
}
