// What is where on the screen: header, panes by its size, pulse line, key line.

import { sparkline } from "../../src/view/bars.js";
import { formatWhole } from "../../src/view/call-text.js";
import type { Area, Canvas } from "../../src/view/canvas.js";
import { formatBytes, formatDuration } from "../../src/view/format.js";
import { justify, type Line, lineWidth, type Span, span } from "../../src/view/styled.js";
import { cutText, textWidth, wrapText } from "../../src/view/text-width.js";
import type { App } from "./app.js";
import { rule, wall } from "./box.js";
import { paintStrip } from "./call-strip.js";
import type { View } from "./desk.js";
import { keyLabel } from "./keymap.js";
import { VIEW_NAMES, type ViewName } from "./layout.js";
import { previewLines } from "./preview-lines.js";
import { MIN_COLUMNS, MIN_ROWS } from "./terminal.js";

/** From these sizes on there is room for what makes the screen easier to read. */
const PULSE = { columns: 50, rows: 14 } as const;
const PREVIEW_ROWS = { from: 18, rows: 3 } as const;
const SIDE_FROM = 132;
const STACKED = { columns: 80, rows: 36 } as const;
/** From this size on what the chosen call's method takes stands below the list. */
const STRIP = { columns: 140, rows: 40, height: 10 } as const;
const MIN_PANE_COLUMNS = 24;
const RATE_SECONDS = 30;
const RATE_OVER_SECONDS = 3;

const TITLES: Readonly<Record<ViewName, string>> = {
  calls: "Calls",
  connections: "Connections",
  stats: "Statistics",
  schema: "Schemas",
  log: "Log",
};

type Hit =
  | { readonly view: View; readonly x: number; readonly y: number }
  | { readonly view: "tabs"; readonly name: ViewName };

export class Frame {
  readonly #app: App;
  #placed: { readonly view: View; readonly area: Area }[] = [];
  #tabs: { readonly name: ViewName; readonly from: number; readonly to: number }[] = [];
  /** How list and call shared the screen when they were painted last. */
  shownLayout: "side" | "stacked" | "single" = "single";
  /** The line between list and call: a column or a row, and within what it may be moved. */
  #divider:
    | { readonly axis: "x" | "y"; readonly at: number; readonly from: number; readonly length: number }
    | undefined;
  /** What the user made the list's part of it; undefined where that is left to us. */
  #share: { x?: number; y?: number } = {};

  /** Whether the call pane stands beside the list. */
  get showsCall(): boolean {
    return this.shownLayout !== "single";
  }

  constructor(app: App) {
    this.#app = app;
  }

  paint(canvas: Canvas): void {
    this.#placed = [];
    this.#tabs = [];
    const { width, height } = canvas;
    if (width < MIN_COLUMNS || height < MIN_ROWS) {
      canvas.text(0, 0, `at least ${MIN_COLUMNS}×${MIN_ROWS}, please`, "warning");
      return;
    }
    this.#divider = undefined;
    const app = this.#app;
    const overlayRows = app.overlay?.rows ?? 0;
    const pulse = width >= PULSE.columns && height >= PULSE.rows;
    const keys = height >= 8;
    const bottom = Math.max(overlayRows, (pulse ? 1 : 0) + (keys ? 1 : 0));
    this.#paintHeader(canvas);
    const body: Area = { x: 0, y: 1, width, height: height - 1 - bottom };
    if (app.other !== undefined) this.#place(canvas, app.other, body, true);
    else this.#paintCalls(canvas, body);
    if (overlayRows > 0) return;
    if (pulse) canvas.line(0, height - (keys ? 2 : 1), width, this.#pulseLine(width));
    if (app.message === undefined) {
      if (keys) canvas.line(0, height - 1, width, this.#keyLine(canvas));
      return;
    }
    const said = this.#said(width, Math.max(1, bottom));
    for (const [row, line] of said.entries()) canvas.line(0, height - said.length + row, width, line);
  }

  /** What stands at a cell. */
  at(x: number, y: number): Hit | undefined {
    if (y === 0) {
      const tab = this.#tabs.find(({ from, to }) => x >= from && x < to);
      return tab === undefined ? undefined : { view: "tabs", name: tab.name };
    }
    const placed = this.#placed.find(
      ({ area }) => x >= area.x && x < area.x + area.width && y >= area.y && y < area.y + area.height,
    );
    return placed && { view: placed.view, x: x - placed.area.x, y: y - placed.area.y };
  }

  /** @returns whether the line between list and call is there: then {@link drag} moves it */
  isDivider(x: number, y: number): boolean {
    const divider = this.#divider;
    return divider !== undefined && (divider.axis === "x" ? x : y) === divider.at && y > 0;
  }

  drag(x: number, y: number): void {
    const divider = this.#divider;
    if (divider === undefined) return;
    const to = (divider.axis === "x" ? x : y) - divider.from;
    this.#share[divider.axis] = Math.max(0.15, Math.min(0.85, to / divider.length));
  }

  #place(canvas: Canvas, view: View, area: Area, focused: boolean): void {
    this.#placed.push({ view, area });
    view.paint(canvas, area, focused && this.#app.overlay === undefined);
  }

  #paintCalls(canvas: Canvas, body: Area): void {
    const app = this.#app;
    const layout = this.#layout(canvas);
    this.shownLayout = layout;
    this.#divider = undefined;
    if (this.showsCall) app.call.show(app.calls.currentId);
    if (layout === "side") {
      const list =
        this.#share.x === undefined
          ? Math.max(64, Math.min(Math.floor(body.width * 0.52), 110))
          : Math.max(MIN_PANE_COLUMNS, Math.floor(body.width * this.#share.x));
      this.#divider = { axis: "x", at: list, from: 0, length: body.width };
      const strip = canvas.width >= STRIP.columns && canvas.height >= STRIP.rows ? STRIP.height : 0;
      this.#place(canvas, app.calls, { ...body, width: list, height: body.height - strip }, !app.inCall);
      if (strip > 0)
        paintStrip(app, canvas, { x: body.x, y: body.y + body.height - strip, width: list, height: strip });
      wall(canvas, list, body.y, body.height);
      this.#place(canvas, app.call, { ...body, x: list + 1, width: body.width - list - 1 }, app.inCall);
    } else if (layout === "stacked") {
      const list = Math.max(3, Math.floor(body.height * (this.#share.y ?? (app.inCall ? 0.3 : 0.45))));
      this.#divider = { axis: "y", at: body.y + list, from: body.y, length: body.height };
      this.#place(canvas, app.calls, { ...body, height: list }, !app.inCall);
      rule(canvas, body.x, body.y + list, body.width);
      this.#place(canvas, app.call, { ...body, y: body.y + list + 1, height: body.height - list - 1 }, app.inCall);
    } else if (app.inCall) this.#place(canvas, app.call, body, true);
    else this.#paintList(canvas, body);
  }

  /** The list alone, with what was said in the chosen call below it. */
  #paintList(canvas: Canvas, body: Area): void {
    const app = this.#app;
    const call = app.calls.current;
    const preview = app.calls.preview && canvas.height >= PREVIEW_ROWS.from && call !== undefined;
    const rows = preview ? PREVIEW_ROWS.rows : 0;
    this.#place(canvas, app.calls, { ...body, height: body.height - rows }, true);
    if (!preview) return;
    const y = body.y + body.height - rows;
    rule(canvas, body.x, y, body.width, `${call.id}`, "↵ open");
    previewLines(app, call, body.width).forEach((line, index) => {
      if (index < rows - 1) canvas.line(body.x, y + 1 + index, body.width, line);
    });
  }

  #layout({ width, height }: Canvas): "side" | "stacked" | "single" {
    const { layout } = this.#app;
    if (layout === "side" && width >= 100) return "side";
    if (layout === "stacked" && height >= 20) return "stacked";
    if (layout !== "auto") return "single";
    if (width >= SIDE_FROM) return "side";
    return width >= STACKED.columns && height >= STACKED.rows ? "stacked" : "single";
  }

  #paintHeader(canvas: Canvas): void {
    const app = this.#app;
    const { counters } = app.capture;
    const calls = counters.calls - app.clearedCounts.calls;
    const errors = counters.failedCalls - app.clearedCounts.failedCalls;
    const left: Span[] = [span(" framelens ", "barStrong")];
    let at = lineWidth(left);
    const roomy = canvas.width >= 76;
    for (const [index, name] of VIEW_NAMES.entries()) {
      if (!roomy && name !== app.view) continue;
      const unseen = name === "log" && app.log.unseen > 0 && app.view !== "log" ? "•" : "";
      const text =
        canvas.width >= 92 || name === app.view ? ` ${index + 1} ${TITLES[name]}${unseen} ` : ` ${index + 1}${unseen} `;
      left.push(span(text, name === app.view ? "barStrong" : "bar"));
      this.#tabs.push({ name, from: at, to: at + textWidth(text) });
      at += textWidth(text);
    }
    const { trouble } = app;
    if (canvas.width >= 120 && trouble === undefined) left.push(span(`  ${app.where}`, "bar"));
    const right: Line = [
      span(canvas.width >= 60 ? `${counted(calls, "call")} ` : `${formatWhole(calls)} `, "bar"),
      span(errors > 0 ? ` ${counted(errors, "error")} ` : " ", errors > 0 ? "barAlert" : "bar"),
    ];
    if (trouble !== undefined) {
      const room = canvas.width - lineWidth(left) - lineWidth(right) - 1;
      left.push(span(cutText(` ${trouble} `, Math.max(0, room)), "barAlert"));
    }
    const line = justify(left, right, canvas.width).map((piece) =>
      piece.style === "plain" ? span(piece.text, "bar") : piece,
    );
    canvas.line(0, 0, canvas.width, line);
  }

  #pulseLine(width: number): Line {
    const app = this.#app;
    const { total } = app.stats;
    const seconds = Math.min(RATE_SECONDS, Math.max(8, Math.floor(width / 5)));
    const counts = app.stats.callsBySecond(app.now(), seconds);
    // The running second is not over yet.
    const lately = counts.slice(-1 - RATE_OVER_SECONDS, -1);
    const rate = Math.round(lately.reduce((sum, count) => sum + count, 0) / Math.max(1, lately.length));
    const { latency } = total;
    const groups: Span[][] = [[span(` ${sparkline(counts)} `, "server"), span(`${formatWhole(rate)}/s`, "strong")]];
    if (latency.count > 0)
      for (const share of [0.5, 0.95, 0.99])
        groups.push([span(`  p${share * 100} `, "dim"), span(formatDuration(latency.percentile(share)))]);
    if (total.ended > 0) {
      const failed = (100 * total.errors) / total.ended;
      // More telling than the percentiles of what went well: the last to be left out.
      groups.splice(1, 0, [
        span("  err ", "dim"),
        span(`${failed.toFixed(failed < 10 ? 1 : 0)}%`, total.errors > 0 ? "callerFault" : "plain"),
      ]);
    }
    const right: Span[] = [];
    const { filter, selection, follow, paused, order } = app.calls;
    if (filter.text !== "")
      right.push(
        span(`/${cutText(withoutPackages(filter.text), Math.max(8, Math.floor(width / 3)))} `, "match"),
        span(`${formatWhole(app.list.length)} `, "dim"),
      );
    if (selection.narrows) right.push(span(selection.markedOnly ? "MARKED " : "HIDDEN ", "warning"));
    if (order.by !== "start" || order.descending)
      right.push(span(`by ${order.by}${order.descending ? "▾" : "▴"} `, "dim"));
    // In a call that fills the screen, the keys are for the call, which says so itself.
    const hasKeys = !app.inCall || this.shownLayout !== "single";
    if (paused) right.push(span("PAUSED ", "warning"));
    else if (follow && hasKeys) right.push(span("FOLLOW ", "open"));
    right.push(...this.#lost());
    // What does not fit is left out whole: half a number says nothing.
    while (groups.length > 1 && lineWidth(groups.flat()) + lineWidth(right) + 1 > width) groups.pop();
    return justify(groups.flat(), right, width);
  }

  /** What is no longer kept, or never was. */
  #lost(): Span[] {
    const { counters } = this.#app.capture;
    const cleared = this.#app.clearedCounts;
    const { unfollowedCalls } = counters;
    const trimmedCalls = counters.trimmedCalls - cleared.trimmedCalls;
    const trimmedMessageBytes = counters.trimmedMessageBytes - cleared.trimmedMessageBytes;
    const lost: Span[] = [];
    if (trimmedCalls > 0) lost.push(span(`${formatWhole(trimmedCalls)} calls dropped `, "warning"));
    else if (trimmedMessageBytes > 0) lost.push(span(`${formatBytes(trimmedMessageBytes)} dropped `, "warning"));
    if (unfollowedCalls > 0) lost.push(span(`${formatWhole(unfollowedCalls)} not followed `, "serverFault"));
    return lost;
  }

  /** As many keys of the innermost context first as there is room for. */
  #keyLine({ width, ascii }: Canvas): Line {
    const app = this.#app;
    const shown = new Set<string>();
    const pieces: Span[] = [];
    if (app.keymap.prefix !== "") pieces.push(span(` ${keyLabel(app.keymap.prefix, ascii)}…`, "key"));
    let left = width - 1 - lineWidth(pieces);
    for (const context of app.focus.contexts)
      for (const { action, keys } of app.keymap.actionsOf(context)) {
        const [key] = keys;
        if (action.short === undefined || key === undefined || shown.has(action.name)) continue;
        const text = ` ${action.short} `;
        const label = keyLabel(key, ascii);
        const cells = textWidth(label) + textWidth(text) + 1;
        if (cells > left) continue;
        shown.add(action.name);
        left -= cells;
        pieces.push(span(` ${label}`, "key"), span(text, "dim"));
      }
    return pieces;
  }

  /** @param most lines that it may take: what is told matters more than the pulse */
  #said(width: number, most: number): readonly Line[] {
    const { text, style } = this.#app.message!;
    const lines = wrapText(text, width - 2);
    const shown = lines.slice(0, most);
    if (lines.length > most) shown[most - 1] = cutText(lines.slice(most - 1).join(" "), width - 2);
    return shown.map((line) => [span(` ${line}`, style)]);
  }
}

/** A method's own name says more in little room: `method == "…Things/Get"`. */
function withoutPackages(filter: string): string {
  return filter.replace(/"\/(?:\w+\.)+(\w+\/\w+)"/g, '"…$1"');
}

function counted(count: number, what: string): string {
  return `${formatWhole(count)} ${what}${count === 1 ? "" : "s"}`;
}
