// The outcomes of attacks as a table.
import type { Outcome } from "./arena.js";

const MB = 1e6;
const MIB = 1024 * 1024;

const COLUMNS: readonly (readonly [title: string, width: number, cell: (outcome: Outcome) => string])[] = [
  ["MB sent", 8, (o) => (o.sentBytes / MB).toFixed(1)],
  ["s", 6, (o) => o.seconds.toFixed(1)],
  ["MB/s", 7, (o) => (o.receivedBytes / MB / Math.max(o.seconds, 0.001)).toFixed(1)],
  ["cpu ms/MB", 10, (o) => (o.sentBytes < MB ? "-" : (o.cpuMs / (o.sentBytes / MB)).toFixed(1))],
  ["turn ms", 8, (o) => o.turnMs.toFixed(0)],
  ["during ms", 10, (o) => o.worstDuringMs.toFixed(0)],
  ["own ms", 7, (o) => o.ownStallMs.toFixed(0)],
  ["after ms", 9, (o) => o.afterMs.toFixed(0)],
  ["peak MiB", 9, (o) => `+${(o.growthBytes / MIB).toFixed(0)}`],
  ["left MiB", 9, (o) => `+${(o.leftBytes / MIB).toFixed(0)}`],
];

export function heading(title: string): string {
  return `\n${title}\n${"attack".padEnd(90)}${COLUMNS.map(([name, width]) => name.padStart(width)).join("")}  verdict`;
}

export function row(outcome: Outcome): string {
  const cells = COLUMNS.map(([, width, cell]) => cell(outcome).padStart(width)).join("");
  return `${outcome.attack.padEnd(90)}${cells}  ${outcome.wrong.length === 0 ? "ok" : `WRONG: ${outcome.wrong.join("; ")}`}`;
}
