// The measurements as text, one table a case.
import type { Missing } from "./bench.js";
import type { Target } from "./cases.js";
import type { IdleResult } from "./idle.js";
import type { MillionResult } from "./million.js";
import type { Ratio, RoundsResult, Row } from "./rounds.js";

export type Result = RoundsResult | IdleResult | MillionResult;

const COLUMNS = [-11, 12, 6, 13, 9, 13, 11, 7, 6] as const; // widths; negative: to the left

export function reportOf(result: Result): string {
  switch (result.kind) {
    case "rounds":
      return roundsReport(result);
    case "idle":
      return idleReport(result);
    case "million":
      return millionReport(result);
    default:
      return result satisfies never;
  }
}

/** What is broken in a result, a line each: calls that were lost, one of our own programs that did not start. */
export function brokenIn(result: Result): string[] {
  const broken = result.missing.filter((m) => m.broken === true).map((m) => `${m.proxy} ${m.why}`);
  const losses = result.kind === "million" ? [{ proxy: "framelens or the pipe", ...result }] : result.rows;
  for (const { proxy, lost, problem } of losses) {
    if (lost > 0) broken.push(`${proxy} lost ${lost} calls: ${problem ?? "no reason known"}`);
  }
  if (result.kind === "rounds") {
    for (const row of result.rows) if (!(row.perSecond > 0)) broken.push(`${row.proxy} carried no calls at all`);
  }
  return broken;
}

function roundsReport(result: RoundsResult): string {
  const { case: it, rows } = result;
  const against = it.against ?? "nghttpx";
  const unit = it.unit === "calls" ? "call" : "message";
  const lines = [
    `${it.name}: ${it.title}`,
    `  ${result.loader}, ${result.rounds} rounds of ${result.roundMs / 1000} s; requests of ${it.requestBytes} bytes, ` +
      `answers of ${count(it.messages)} × ${count(it.messageBytes)}`,
    columns(["", `${unit}s/s`, "÷pipe", "min–max", `÷${against}`, "min–max", `µs/${unit}`, "÷pipe", "busy"]),
  ];
  for (const row of rows) {
    lines.push(
      columns([
        row.proxy,
        count(row.perSecond),
        ...ratioCells(row.over.pipe),
        ...ratioCells(row.over[against]),
        fixed(row.cpuMicros),
        fixed(row.cpuOverPipe),
        row.busy === undefined ? "" : `${Math.round(row.busy * 100)} %`,
      ]),
    );
  }
  lines.push(...missingLines(result.missing));
  for (const target of it.targets) {
    const row = rows.find(({ proxy }) => proxy === (target.of ?? "framelens"));
    if (row !== undefined) lines.push(targetLine(target, row));
  }
  if (it.note !== undefined) lines.push(`  note: ${it.note}`);
  return lines.join("\n");
}

const MEASURES: Readonly<Record<Target["measure"], string>> = {
  "rate/pipe": "rate over the pipe's",
  "rate/nghttpx": "rate over nghttpx'",
  "rate/framelens": "rate over that of --output none",
  "cpu/pipe": "processor time over the pipe's",
  told: "events told a second",
};

function targetLine(target: Target, row: Row): string {
  const { measure, atLeast, atMost } = target;
  const text = measure === "told" ? (value: number | undefined) => (value === undefined ? "" : count(value)) : fixed;
  const wanted = atLeast === undefined ? `≤ ${text(atMost)}` : `≥ ${text(atLeast)}`;
  const reached = reachedIn(row, measure);
  const rounded = reached === undefined ? undefined : Number(reached.toFixed(2)); // judged as it is printed
  const verdict =
    rounded === undefined
      ? "not measured"
      : rounded >= (atLeast ?? Number.NEGATIVE_INFINITY) && rounded <= (atMost ?? Number.POSITIVE_INFINITY)
        ? "reached"
        : "MISSED";
  return `  target: ${MEASURES[measure].padEnd(31)} ${wanted}   ${row.proxy} ${text(reached).padStart(5)}   ${verdict}`;
}

function reachedIn(row: Row, measure: Target["measure"]): number | undefined {
  if (measure === "told") return row.told;
  if (measure === "cpu/pipe") return row.cpuOverPipe;
  return row.over[measure.slice("rate/".length)]?.median;
}

function idleReport(result: IdleResult): string {
  const lines = [
    `idle: ${count(result.wanted)} connections that have finished one call and do nothing`,
    columns(["", "connections", "", "MiB before", "after", "KiB each"]),
  ];
  for (const row of result.rows) {
    const grown =
      row.bytesBefore === undefined || row.bytesAfter === undefined ? undefined : row.bytesAfter - row.bytesBefore;
    lines.push(
      columns([
        row.proxy,
        count(row.connections),
        "",
        mebibytes(row.bytesBefore),
        mebibytes(row.bytesAfter),
        fixed(grown === undefined ? undefined : grown / 1024 / row.connections),
      ]),
    );
  }
  lines.push(...missingLines(result.missing));
  if (result.limit !== undefined) lines.push(`  note: ${result.limit}`);
  return lines.join("\n");
}

function millionReport(result: MillionResult): string {
  const { parts } = result;
  const each = result.calls / Math.max(parts.length, 1);
  const lines = [
    `million: ${count(result.calls)} unary calls on 1 connection, 100 in flight, --max-memory ${result.maxMemory}`,
    `  own load generator; each part of ${count(each)} calls alternates with one through the pipe`,
    columns(["", "calls/s", "÷pipe", "", "", "", "µs/call", "", "MiB"]),
  ];
  parts.forEach((part, i) => {
    lines.push(
      columns([
        `part ${i + 1}`,
        count(part.perSecond),
        fixed(part.overPipe),
        "",
        "",
        "",
        fixed(part.cpuMicros),
        "",
        mebibytes(part.residentBytes),
      ]),
    );
  });
  lines.push(...missingLines(result.missing));
  const first = parts[0];
  const last = parts.at(-1);
  if (first !== undefined && last !== undefined) {
    const over = (a?: number, b?: number): string => fixed(a === undefined || b === undefined ? undefined : a / b);
    lines.push(
      `  last part over first: calls/s ${over(last.perSecond, first.perSecond)}, against the pipe's ` +
        `${over(last.overPipe, first.overPipe)}, processor time a call ${over(last.cpuMicros, first.cpuMicros)}`,
    );
  }
  return lines.join("\n");
}

function missingLines(missing: readonly Missing[]): string[] {
  return missing.map((m) => `  ${m.proxy}: ${m.why}`);
}

function ratioCells(ratio: Ratio | undefined): [string, string] {
  return ratio === undefined ? ["", ""] : [fixed(ratio.median), `${fixed(ratio.min)}–${fixed(ratio.max)}`];
}

function columns(cells: readonly string[]): string {
  const padded = cells.map((cell, i) => {
    const width = COLUMNS[i] ?? 0;
    return width < 0 ? cell.padEnd(-width) : cell.padStart(width);
  });
  return `  ${padded.join(" ")}`.trimEnd();
}

function count(value: number): string {
  return Math.round(value).toLocaleString("en");
}

function fixed(value: number | undefined): string {
  return value === undefined || Number.isNaN(value) ? "" : value.toFixed(2);
}

function mebibytes(bytes: number | undefined): string {
  return bytes === undefined ? "" : (bytes / 2 ** 20).toFixed(1);
}
