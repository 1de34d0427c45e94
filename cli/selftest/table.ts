// The rows as text: columns that fit a terminal of 80, one line a check unless something differs.
import { countFailed, type Row, type Verdict } from "./runner.js";

export interface TableStyle {
  /** Of the whole line; at least 60. */
  readonly width: number;
  readonly colours: boolean;
}

const NAME_WIDTH = 27;
const VERDICT_WIDTH = 7;
const GUTTER = "  ";
const MIN_WIDTH = 60;

const COLOURS: Readonly<Record<Verdict, string>> = { ok: "32", FAILED: "31", hung: "31", differs: "33" };

export function formatHeading(over: Row["over"], style: TableStyle): string {
  const title = over === "tls" ? "TLS on both legs" : "plaintext";
  return `${paint(title, "1", style)}  (H is HEADERS, D is DATA, +END is END_STREAM)\n${line(["check", "expected", "seen", "verdict"], style, (text) => paint(text, "2", style))}`;
}

/** One row; what did not hold is shown in full, what held by its first comparison. */
export function formatRow(row: Row, style: TableStyle): string {
  const wrong = row.facts.filter(({ holds }) => !holds);
  const shown = wrong.length > 0 ? wrong : row.facts.slice(0, 1);
  const lines: string[] = [];
  for (const [index, { what, expected, seen }] of shown.entries()) {
    const first = index === 0;
    const cells = [first ? row.check : "", what ? `${what}: ${expected}` : expected, seen, first ? row.verdict : ""];
    lines.push(line(cells, style, (text) => paint(text, COLOURS[row.verdict], style)));
  }
  return lines.join("\n");
}

/** As in "24 checks, 0 failed". */
export function formatCount(rows: readonly Row[]): string {
  const differs = rows.filter(({ verdict }) => verdict === "differs").length;
  const tail = differs > 0 ? `, ${differs} ${differs === 1 ? "differs" : "differ"} without breaking gRPC` : "";
  return `${rows.length} checks, ${countFailed(rows)} failed${tail}`;
}

/** Four cells over as many lines as the longest needs. */
function line(cells: readonly string[], style: TableStyle, mark: (text: string) => string): string {
  const free = Math.max(style.width, MIN_WIDTH) - NAME_WIDTH - VERDICT_WIDTH - 3 * GUTTER.length;
  // What is expected has the name of a side before it, and so is a little longer.
  const expected = Math.ceil(free / 2) + 3;
  const widths = [NAME_WIDTH, expected, free - expected, VERDICT_WIDTH];
  const wrapped = cells.map((cell, index) => wrap(printable(cell), widths[index]!));
  const height = Math.max(...wrapped.map((lines) => lines.length));
  return Array.from({ length: height }, (_, y) =>
    wrapped
      .map((lines, x) => {
        const text = lines[y] ?? "";
        return x === 3 ? text && mark(text) : text.padEnd(widths[x]!);
      })
      .join(GUTTER)
      .trimEnd(),
  ).join("\n");
}

/** Text from a peer, safe to print: nothing but visible ASCII. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

/** At spaces where there are any, else anywhere. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > width) {
    const space = rest.lastIndexOf(" ", width);
    const at = space > 0 ? space : width;
    lines.push(rest.slice(0, at));
    rest = rest.slice(space > 0 ? at + 1 : at);
  }
  return [...lines, rest];
}

function paint(text: string, code: string, style: TableStyle): string {
  return style.colours ? `\x1b[${code}m${text}\x1b[0m` : text;
}
