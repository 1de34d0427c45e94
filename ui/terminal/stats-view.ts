// Statistics by method: a table to sort, and for the chosen row its latencies as a histogram and its statuses as bars.
import { statusName } from "../../src/model/status.js";
import { type MethodStatsView, RATE_SECONDS } from "../../src/stats/method-stats.js";
import { histogramLines, shareLines } from "../../src/view/bars.js";
import { formatWhole, methodLine, styleOfStatus } from "../../src/view/call-text.js";
import { type Area, type Canvas, MARK } from "../../src/view/canvas.js";
import { formatDuration } from "../../src/view/format.js";
import { type Line, lineWidth, span } from "../../src/view/styled.js";
import type { Context } from "./actions.js";
import { rule, wall } from "./box.js";
import type { Desk, View } from "./desk.js";
import { Scroll } from "./scroll.js";
import { factLines } from "./stats-facts.js";

interface StatColumn {
  readonly name: string;
  readonly width: number;
  /** The table must be so wide to show it. */
  readonly from: number;
  /** @param now Unix ms */
  readonly value: (stats: MethodStatsView, now: number) => number;
  readonly text: (stats: MethodStatsView, now: number) => string;
}

const ms = (value: number) => (Number.isFinite(value) ? formatDuration(value) : "–");
const rateText = (rate: number) => (rate < 100 ? rate.toFixed(1) : formatWhole(Math.round(rate)));
const share = (part: number, whole: number) => (whole === 0 ? "–" : `${((100 * part) / whole).toFixed(1)}%`);

const COLUMNS: readonly StatColumn[] = [
  { name: "CALLS", width: 10, from: 0, value: ({ calls }) => calls, text: ({ calls }) => formatWhole(calls) },
  {
    name: "RATE",
    width: 8,
    from: 86,
    value: ({ begun }, now) => begun.perSecond(now, RATE_SECONDS),
    text: ({ begun }, now) => rateText(begun.perSecond(now, RATE_SECONDS)),
  },
  { name: "OPEN", width: 6, from: 90, value: ({ open }) => open, text: ({ open }) => String(open) },
  {
    name: "ERR%",
    width: 7,
    from: 0,
    value: ({ errors, ended }) => errors / Math.max(1, ended),
    text: ({ errors, ended }) => share(errors, ended),
  },
  {
    name: "P50",
    width: 7,
    from: 60,
    value: ({ latency }) => latency.percentile(0.5),
    text: ({ latency }) => ms(latency.percentile(0.5)),
  },
  {
    name: "P95",
    width: 7,
    from: 70,
    value: ({ latency }) => latency.percentile(0.95),
    text: ({ latency }) => ms(latency.percentile(0.95)),
  },
  {
    name: "P99",
    width: 7,
    from: 0,
    value: ({ latency }) => latency.percentile(0.99),
    text: ({ latency }) => ms(latency.percentile(0.99)),
  },
  {
    name: "MAX",
    width: 7,
    from: 76,
    value: ({ latency }) => latency.max,
    text: ({ latency }) => ms(latency.count === 0 ? Number.NaN : latency.max),
  },
  {
    name: "TTFM",
    width: 7,
    from: 100,
    value: ({ firstMessage }) => firstMessage.percentile(0.5),
    text: ({ firstMessage }) => ms(firstMessage.percentile(0.5)),
  },
  {
    name: "GAP",
    width: 7,
    from: 110,
    value: ({ gap }) => gap.percentile(0.5),
    text: ({ gap }) => ms(gap.percentile(0.5)),
  },
];

/** Rows that the bars have before anything is told below them. */
const MIN_BAR_ROWS = 5;

export const STAT_COLUMNS: readonly string[] = COLUMNS.map(({ name }) => name.toLowerCase());

/** The table is sorted anew at most so often: rows that jump cannot be read. */
const SORT_EVERY_MS = 1000;

export class StatsView implements View {
  readonly contexts: readonly Context[] = ["stats", "moving", "global"];
  readonly #desk: Desk;
  readonly #scroll = new Scroll();
  #sort = "CALLS";
  #descending = true;
  #rows: readonly MethodStatsView[] = [];
  #sortedAt = 0;
  #chosen: string | undefined;

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  get title(): string {
    return "Statistics";
  }

  act(action: string, argument: string | undefined): boolean {
    switch (action) {
      case "open":
        if (this.#chosen?.startsWith("/")) this.#desk.act("filter", `method == ${JSON.stringify(this.#chosen)}`);
        this.#desk.act("view-calls");
        return true;
      case "sort": {
        const names = COLUMNS.map(({ name }) => name);
        const wanted = argument?.toUpperCase() ?? names[(names.indexOf(this.#sort) + 1) % names.length]!;
        if (!names.includes(wanted))
          this.#desk.say(`sort by "${argument}"; expected ${names.join(", ").toLowerCase()}`, "warning");
        else this.#sort = wanted;
        this.#sortedAt = 0;
        return true;
      }
      case "reverse":
        this.#descending = !this.#descending;
        this.#sortedAt = 0;
        return true;
      case "reset":
        this.#desk.stats.reset();
        this.#sortedAt = 0;
        return true;
      default:
        if (!this.#scroll.act(action, this.#rows.length)) return false;
        this.#chosen = this.#rows[this.#scroll.cursor]?.method;
        return true;
    }
  }

  click(x: number, y: number, twice: boolean): void {
    if (y === 0) {
      let at = this.#firstColumn();
      for (const column of this.#shown()) {
        if (x >= at && x < at + column.width) {
          this.#descending = this.#sort === column.name ? !this.#descending : true;
          this.#sort = column.name;
          this.#sortedAt = 0;
        }
        at += column.width;
      }
      return;
    }
    this.#scroll.cursor = Math.min(this.#rows.length - 1, this.#scroll.top + y - 1);
    this.#chosen = this.#rows[this.#scroll.cursor]?.method;
    if (twice) this.act("open", undefined);
  }

  wheel(_x: number, _y: number, lines: number): void {
    this.#scroll.wheel(lines, this.#rows.length);
    this.#chosen = this.#rows[this.#scroll.cursor]?.method;
  }

  #width = 80;

  paint(canvas: Canvas, area: Area, focused: boolean): void {
    this.#width = area.width;
    this.#sortRows();
    const columns = this.#shown();
    const now = this.#desk.now();
    const methodWidth = this.#firstColumn() - 1;
    const header = columns
      .map(({ name, width }) => `${name}${name === this.#sort ? (this.#descending ? "▾" : "▴") : ""}`.padStart(width))
      .join("");
    canvas.line(area.x, area.y, area.width, [span(` ${"METHOD".padEnd(methodWidth)}${header}`, "dim")]);
    const below = area.height >= 14 ? Math.max(7, Math.floor(area.height * 0.45)) : 0;
    const rows = Math.max(1, area.height - 1 - below);
    const top = this.#scroll.fit(this.#rows.length, rows);
    for (let row = 0; row < rows; row++) {
      const stats = this.#rows[top + row];
      if (stats === undefined) break;
      const isCursor = top + row === this.#scroll.cursor;
      const name: Line =
        stats.method === "" ? [span("all methods", "strong")] : methodLine(stats.method, methodWidth - 1);
      const line: Line = [
        span(isCursor ? "▌" : " ", "open"),
        ...name,
        span(" ".repeat(Math.max(0, methodWidth - lineWidth(name)))),
        ...columns.map((column) =>
          span(
            column.text(stats, now).padStart(column.width),
            column.name === "ERR%" && stats.errors > 0 ? "callerFault" : "plain",
          ),
        ),
      ];
      canvas.line(
        area.x,
        area.y + 1 + row,
        area.width,
        line,
        isCursor ? (focused ? MARK.selected : MARK.unfocused) : MARK.none,
      );
    }
    if (below > 0) this.#paintChosen(canvas, { ...area, y: area.y + area.height - below, height: below });
  }

  #paintChosen(canvas: Canvas, area: Area): void {
    const stats = this.#rows[this.#scroll.cursor];
    if (stats === undefined) return;
    const { latency } = stats;
    const half = area.width >= 76 ? area.width >> 1 : area.width;
    rule(
      canvas,
      area.x,
      area.y,
      area.width,
      `latency ${stats.method === "" ? "of all methods" : stats.method}`,
      this.#desk.stats.skippedCalls > 0
        ? `a sample of ${formatWhole(latency.count)} calls: more came than there was time for`
        : `${formatWhole(latency.count)} ended`,
    );
    const pointers = [0.5, 0.95, 0.99].map((part) => ({ name: `p${part * 100}`, value: latency.percentile(part) }));
    const facts = factLines(stats, this.#desk, area.width);
    const told = facts.slice(0, Math.max(0, area.height - 1 - MIN_BAR_ROWS));
    const bars = area.height - 1 - told.length;
    told.forEach((line, row) => {
      canvas.line(area.x, area.y + 1 + bars + row, area.width, line);
    });
    const lines = histogramLines(latency.bars(), pointers, half - 1, bars);
    lines.forEach((line, row) => {
      canvas.line(area.x, area.y + 1 + row, half - 1, line);
    });
    if (latency.count === 0) canvas.text(area.x + 2, area.y + 1, "no call has ended yet", "dim");
    if (half === area.width) return;
    wall(canvas, area.x + half, area.y + 1, bars);
    const statuses = Object.entries(stats.statuses).map(([code, count]) => ({
      name: statusName(Number(code)),
      count,
      style: styleOfStatus(Number(code)),
    }));
    shareLines(statuses, area.width - half - 2, bars).forEach((line, row) => {
      canvas.line(area.x + half + 2, area.y + 1 + row, area.width - half - 2, line);
    });
  }

  #shown(): readonly StatColumn[] {
    return COLUMNS.filter(({ from }) => this.#width >= from);
  }

  #firstColumn(): number {
    return Math.max(10, this.#width - this.#shown().reduce((sum, { width }) => sum + width, 0) - 1);
  }

  #sortRows(): void {
    const now = this.#desk.now();
    if (now - this.#sortedAt < SORT_EVERY_MS) return;
    this.#sortedAt = now;
    const { stats } = this.#desk;
    const column = COLUMNS.find(({ name }) => name === this.#sort) ?? COLUMNS[0]!;
    const sign = this.#descending ? -1 : 1;
    const number = (one: MethodStatsView) => {
      const value = column.value(one, now);
      return Number.isFinite(value) ? value : -1;
    };
    const methods = [...stats.methods()].sort(
      (a, b) => sign * (number(a) - number(b)) || (a.method < b.method ? -1 : 1),
    );
    this.#rows = [stats.total, ...methods];
    const at = this.#rows.findIndex(({ method }) => method === this.#chosen);
    if (at >= 0) this.#scroll.cursor = at;
  }
}
