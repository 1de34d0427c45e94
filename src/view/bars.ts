// Numbers as pictures in text: sparklines, bars, histograms.
import { formatDuration } from "./format.js";
import { type Line, type Style, span } from "./styled.js";
import { padEnd } from "./text-width.js";

const LEVELS = "▁▂▃▄▅▆▇█";
const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"] as const;

/** One character a value; the tallest is the largest of them. Zero is the lowest, and anything above it stands out. */
export function sparkline(values: readonly number[]): string {
  const most = Math.max(1, ...values);
  return values.map((value) => LEVELS[value <= 0 ? 0 : Math.max(1, Math.round((value / most) * 7))]).join("");
}

/** A bar of up to `width` cells, in eighths of a cell; something that is not zero is seen. @param share 0 to 1 */
export function bar(share: number, width: number): string {
  if (!(share > 0) || width <= 0) return "";
  const eighths = Math.max(1, Math.round(Math.min(1, share) * width * 8));
  return "█".repeat(eighths >> 3) + EIGHTHS[eighths & 7];
}

export interface Bar {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** Percentiles that are pointed at beside the bars. */
export interface Pointer {
  readonly name: string;
  readonly value: number;
}

/**
 * Durations as bars, one line each, with a pointer where each percentile lies.
 * @param rows lines at most; neighbouring bars are added up until they fit
 */
export function histogramLines(
  bars: readonly Bar[],
  pointers: readonly Pointer[],
  width: number,
  rows: number,
): Line[] {
  let shown = bars;
  while (shown.length > Math.max(1, rows)) shown = halved(shown);
  const most = Math.max(1, ...shown.map(({ count }) => count));
  const room = Math.max(1, width - 8 - 20);
  return shown.map(({ from, to, count }) => {
    const names = pointers.filter(({ value }) => value >= from && value < to).map(({ name }) => name);
    const drawn = padEnd(bar(count / most, room), room);
    const note = names.length === 0 ? "" : ` ◂ ${names.join(" ")}`;
    return [
      span(`${formatDuration(to).padStart(6)} `, "dim"),
      span(drawn, "server"),
      span(String(count).padStart(7), count === 0 ? "dim" : "plain"),
      span(note, "match"),
    ];
  });
}

function halved(bars: readonly Bar[]): Bar[] {
  const joined: Bar[] = [];
  for (let at = 0; at < bars.length; at += 2) {
    const [low, high] = [bars[at]!, bars[at + 1] ?? bars[at]!];
    joined.push({ from: low.from, to: high.to, count: low === high ? low.count : low.count + high.count });
  }
  return joined;
}

export interface Share {
  readonly name: string;
  readonly count: number;
  readonly style: Style;
}

/** Names with their counts and a bar each, most first. */
export function shareLines(shares: readonly Share[], width: number, rows: number): Line[] {
  const sorted = [...shares].sort((a, b) => b.count - a.count).slice(0, Math.max(0, rows));
  const most = Math.max(1, ...sorted.map(({ count }) => count));
  const nameWidth = Math.min(20, Math.max(0, ...sorted.map(({ name }) => name.length)));
  const room = Math.max(1, width - nameWidth - 10);
  return sorted.map(({ name, count, style }) => [
    span(padEnd(name.slice(0, nameWidth), nameWidth), style),
    span(String(count).padStart(8)),
    span(` ${bar(count / most, room)}`, style === "plain" ? "server" : style),
  ]);
}
