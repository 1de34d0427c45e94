// The columns of the list of calls: one table says what each shows, how wide it is and from which width on there is room for it.
import type { Call } from "../model/call.js";
import { durationMs, type KindOfStream, kindGlyph, methodLine, statusSpan } from "./call-text.js";
import { formatCount, formatDuration, formatSize, formatTime } from "./format.js";
import { type Line, lineWidth, type Span, type Style, span } from "./styled.js";
import { cutText, padEnd, textWidth } from "./text-width.js";

/** What a row shows of a call besides the call itself. */
export interface RowFacts {
  /** Unix ms. */
  readonly now: number;
  readonly marked: boolean;
  /** From the schema. */
  readonly kind: KindOfStream | undefined;
  /** Whether a schema knows the method; undefined when nobody was asked. */
  readonly known: boolean | undefined;
  /** Whether a message was seen that does not fit its schema. */
  readonly drifts?: boolean;
}

export interface Column {
  readonly name: string;
  readonly title: string;
  readonly help: string;
  /** Cells; 0 for the one that takes what is left. */
  readonly width: number;
  /** The list must be so wide to show it. */
  readonly from: number;
  readonly right?: true;
  /** What the list is sorted by when its title is clicked. */
  readonly sort?: string;
  cell(call: Call, facts: RowFacts, width: number): Line;
}

const one = (text: string, style: Style = "plain"): Line => [span(text, style)];
const count = (messages: number): Line => one(formatCount(messages, 4), messages === 0 ? "dim" : "plain");
const size = (bytes: number): Line => one(formatSize(bytes), "dim");

export const COLUMNS: readonly Column[] = [
  {
    name: "mark",
    title: "",
    help: "* when marked",
    width: 1,
    from: 0,
    cell: (_call, { marked }) => one(marked ? "*" : " ", "match"),
  },
  {
    name: "id",
    title: "#",
    help: "number of the call",
    width: 6,
    from: 46,
    right: true,
    sort: "start",
    cell: (call) => one(String(call.id % 1_000_000), "dim"),
  },
  {
    name: "time",
    title: "TIME",
    help: "when it began",
    width: 8,
    from: 64,
    sort: "start",
    cell: (call) => one(formatTime(call.startedAt).slice(0, 8), "dim"),
  },
  {
    name: "ms",
    title: "",
    help: "milliseconds of that",
    width: 3,
    from: 112,
    cell: (call) => one(formatTime(call.startedAt).slice(9), "dim"),
  },
  {
    name: "kind",
    title: "T",
    help: "→ unary ⇉ client stream ⇇ server stream ⇄ both; ? no schema, ! does not fit it",
    width: 2,
    from: 30,
    cell: (call, { kind, known, drifts }) => [
      span(kindGlyph(call, kind), "open"),
      drifts === true
        ? span("!", "serverFault")
        : span(known === false && call.protocol !== "unknown" ? "?" : " ", "warning"),
    ],
  },
  {
    name: "method",
    title: "METHOD",
    help: "service and method",
    width: 0,
    from: 0,
    sort: "method",
    cell: (call, _facts, width) => methodLine(call.method, width),
  },
  {
    name: "status",
    title: "STATUS",
    help: "how it stands or ended",
    width: 15,
    from: 0,
    sort: "status",
    cell: (call) => [statusSpan(call)],
  },
  {
    name: "duration",
    title: "DUR",
    help: "how long it took, or has been open",
    width: 6,
    from: 28,
    right: true,
    sort: "duration",
    cell: (call, { now }) => one(formatDuration(durationMs(call, now)), call.end === undefined ? "open" : "plain"),
  },
  {
    name: "ttfb",
    title: "TTFB",
    help: "until the server sent the first thing",
    width: 6,
    from: 122,
    right: true,
    sort: "ttfb",
    cell: (call) =>
      one(call.answeredAt === undefined ? "–" : formatDuration(Math.max(0, call.answeredAt - call.startedAt)), "dim"),
  },
  {
    name: "sent",
    title: "↑",
    help: "messages from the client",
    width: 4,
    from: 70,
    right: true,
    sort: "clientMessages",
    cell: (call) => count(call.client.messages),
  },
  {
    name: "received",
    title: "↓",
    help: "messages from the server",
    width: 4,
    from: 70,
    right: true,
    sort: "serverMessages",
    cell: (call) => count(call.server.messages),
  },
  {
    name: "clientBytes",
    title: "↑B",
    help: "bytes of the client's messages",
    width: 4,
    from: 98,
    right: true,
    sort: "clientBytes",
    cell: (call) => size(call.client.bytes),
  },
  {
    name: "serverBytes",
    title: "↓B",
    help: "bytes of the server's messages",
    width: 4,
    from: 98,
    right: true,
    sort: "serverBytes",
    cell: (call) => size(call.server.bytes),
  },
  {
    name: "connection",
    title: "CONN",
    help: "number of the connection",
    width: 5,
    from: 122,
    right: true,
    sort: "connection",
    cell: (call) => one(`c${call.connection}`, "dim"),
  },
];

export interface PlacedColumn {
  readonly column: Column;
  readonly x: number;
  readonly width: number;
}

/** A cursor or a blank stands at the left of every row. */
const GUTTER = 1;
/** A status in a narrow list. */
const NARROW = { below: 64, status: 11 } as const;
/** From 80 cells on the status grows by one for every three more, until the longest name has room with its glyph. */
const LONGEST_STATUS = 21;

/**
 * Where the columns stand in a list of so many cells.
 * @param hidden names of those that the user does not want
 */
export function layOutColumns(width: number, hidden: ReadonlySet<string> = new Set()): readonly PlacedColumn[] {
  const shown = COLUMNS.filter(({ name, from }) => width >= from && !hidden.has(name));
  const statusWidth = width < NARROW.below ? NARROW.status : undefined;
  const grown = (cells: number) => Math.max(cells, Math.min(LONGEST_STATUS, cells + Math.floor((width - 80) / 3)));
  const widthOf = ({ name, width: cells }: Column) => (name === "status" ? (statusWidth ?? grown(cells)) : cells);
  let taken = GUTTER;
  for (const column of shown) taken += widthOf(column) + gapAfter(column);
  const rest = Math.max(4, width - taken);
  const placed: PlacedColumn[] = [];
  let x = GUTTER;
  for (const column of shown) {
    const cells = column.width === 0 ? rest : widthOf(column);
    placed.push({ column, x, width: cells });
    x += cells + gapAfter(column);
  }
  return placed;
}

function gapAfter({ name }: Column): number {
  return name === "mark" ? 0 : 1;
}

/** @param sort what the list is sorted by, shown by an arrow */
export function headerLine(
  columns: readonly PlacedColumn[],
  sort: { readonly by: string; readonly descending: boolean } | undefined,
): Line {
  let text = "";
  for (const { column, x, width } of columns) {
    const sorted = sort !== undefined && column.sort === sort.by && column.name !== "time";
    const title = sorted ? `${column.title}${sort.descending ? "▾" : "▴"}` : column.title;
    const cut = cutText(title, width);
    const left = column.right === true ? x + width - textWidth(cut) : x;
    text = padEnd(text, left) + cut;
  }
  return [span(text, "dim")];
}

/** A row; its first cell is free for the cursor. */
export function callRow(call: Call, columns: readonly PlacedColumn[], facts: RowFacts): Line {
  const spans: Span[] = [span(" ")];
  let at = GUTTER;
  for (const { column, x, width } of columns) {
    if (x > at) spans.push(span(" ".repeat(x - at)));
    const cell = column.cell(call, facts, width);
    const used = lineWidth(cell);
    const blank = Math.max(0, width - used);
    if (column.right === true && blank > 0) spans.push(span(" ".repeat(blank)));
    if (used > width)
      spans.push({ text: cutText(cell.map(({ text }) => text).join(""), width), style: cell[0]!.style });
    else spans.push(...cell);
    if (column.right !== true && blank > 0) spans.push(span(" ".repeat(blank)));
    at = x + width;
  }
  return spans;
}
