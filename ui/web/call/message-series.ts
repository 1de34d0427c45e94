// A call's messages over time: how large each was and how long after the one before it on the same side.
import type { Side } from "../../../src/model/fields.js";
import type { CallRecord } from "./records.js";

export interface MessagePoint {
  readonly side: Side;
  readonly index: number;
  /** Unix ms. */
  readonly at: number;
  /** Octets on the wire. */
  readonly bytes: number;
  /** Ms since the one before on the same side; undefined for the first, and where some in between are not known. */
  readonly gap: number | undefined;
}

export function messagePoints(records: readonly CallRecord[]): readonly MessagePoint[] {
  const points: MessagePoint[] = [];
  const last: Record<Side, number | undefined> = { client: undefined, server: undefined };
  for (const { event, passed } of records) {
    if (passed !== undefined) last.client = last.server = undefined;
    if (event.kind !== "client-message" && event.kind !== "server-message") continue;
    const side = event.kind === "client-message" ? "client" : "server";
    const before = last[side];
    const gap = before === undefined ? undefined : event.at - before;
    points.push({ side, index: event.index, at: event.at, bytes: event.wireLength, gap });
    last[side] = event.at;
  }
  return points;
}

/** Messages of one side that came in the same stretch of time. */
export interface Bin {
  readonly side: Side;
  readonly column: number;
  readonly count: number;
  readonly bytes: number;
  /** The largest one. */
  readonly largest: MessagePoint;
}

/** @param columns stretches between start and end, both Unix ms */
export function binned(points: readonly MessagePoint[], start: number, end: number, columns: number): readonly Bin[] {
  const bins = new Map<string, { -readonly [K in keyof Bin]: Bin[K] }>();
  const scale = columns / Math.max(end - start, 0.001);
  for (const point of points) {
    const column = Math.max(0, Math.min(columns - 1, Math.floor((point.at - start) * scale)));
    const key = `${point.side} ${column}`;
    const bin = bins.get(key);
    if (bin === undefined) bins.set(key, { side: point.side, column, count: 1, bytes: point.bytes, largest: point });
    else {
      bin.count++;
      bin.bytes += point.bytes;
      if (point.bytes > bin.largest.bytes) bin.largest = point;
    }
  }
  return [...bins.values()];
}

export interface Gaps {
  readonly count: number;
  readonly median: number;
  readonly max: number;
}

/** @returns undefined where a side sent fewer than two */
export function gapsOf(points: readonly MessagePoint[], side: Side): Gaps | undefined {
  const gaps = points.flatMap((point) => (point.side === side && point.gap !== undefined ? [point.gap] : []));
  gaps.sort((a, b) => a - b);
  const max = gaps.at(-1);
  return max === undefined ? undefined : { count: gaps.length, median: gaps[gaps.length >> 1]!, max };
}
