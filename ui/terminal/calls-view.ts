// The list of calls: live from the first header on, by filter and order, with marks, hidden calls and a cursor that stays where it was.

import type { Call } from "../../src/model/call.js";
import type { CallOrder, SortColumn } from "../../src/session/call-list.js";
import type { ConnectionFacts } from "../../src/session/connection-list.js";
import { COLUMNS, headerLine, layOutColumns, type PlacedColumn } from "../../src/view/call-columns.js";
import { formatWhole } from "../../src/view/call-text.js";
import { type Area, type Canvas, MARK } from "../../src/view/canvas.js";
import { span } from "../../src/view/styled.js";
import { textWidth, wrapText } from "../../src/view/text-width.js";
import { visible } from "../../src/view/visible.js";
import type { Context } from "./actions.js";
import { CallSelection } from "./call-selection.js";
import type { Desk, View } from "./desk.js";
import { FilterLine } from "./filter-line.js";
import { Menu } from "./menu.js";
import { RowLines } from "./row-lines.js";
import { Scroll } from "./scroll.js";

/** Calls that are looked at to find the next one of a kind, before the search gives up. */
const MAX_LOOKED_AT = 200_000;

export class CallsView implements View {
  readonly contexts: readonly Context[] = ["calls", "moving", "global"];
  readonly filter: FilterLine;
  readonly selection: CallSelection;
  readonly hiddenColumns = new Set<string>();
  follow = true;
  preview = true;
  readonly #desk: Desk;
  readonly #scroll = new Scroll();
  /** The call the cursor is on, wherever it goes. */
  #current: number | undefined;
  #order: CallOrder = { by: "start", descending: false };
  #columns: readonly PlacedColumn[] = [];
  /** What they were laid out for. */
  #laidOut = "";
  readonly #lines: RowLines;
  #openShown = false;
  /** The first row is what is looked for, whichever call that is, until the user moves. */
  #atTop = false;

  constructor(desk: Desk) {
    this.#desk = desk;
    this.selection = new CallSelection();
    this.filter = new FilterLine(desk, this.selection);
    this.#lines = new RowLines(desk);
  }

  /** Whether the list is held still, while capture goes on. */
  get paused(): boolean {
    return this.selection.pausedAt !== undefined;
  }

  get title(): string {
    return "Calls";
  }

  /** Calls that are open last longer as time goes by. */
  get ticks(): boolean {
    return (this.#openShown && !this.paused) || this.#lines.isPending;
  }

  get currentId(): number | undefined {
    return this.#current;
  }

  get current(): Call | undefined {
    return this.#current === undefined ? undefined : this.#desk.capture.call(this.#current);
  }

  get order(): CallOrder {
    return this.#order;
  }

  /** To be called when the list took in something new. */
  updated(): void {
    const { list } = this.#desk;
    if (this.#atTop) {
      this.#scroll.cursor = 0;
      this.#scroll.top = 0;
      this.#current = list.at(0);
      return;
    }
    if (this.follow && !this.paused) {
      this.#scroll.cursor = this.#order.by === "start" && this.#order.descending ? 0 : Math.max(0, list.length - 1);
      this.#current = list.at(this.#scroll.cursor);
      return;
    }
    this.#find();
  }

  /** Puts the cursor on a call, whether or not it is new. */
  goTo(id: number): void {
    this.#leaveTop();
    this.#current = id;
    this.#find();
    this.#desk.changed();
  }

  moveBy(lines: number): void {
    this.#leaveTop();
    this.#scroll.cursor = Math.max(0, Math.min(this.#desk.list.length - 1, this.#scroll.cursor + lines));
    this.#current = this.#desk.list.at(this.#scroll.cursor);
  }

  act(action: string, argument: string | undefined): boolean {
    const { list } = this.#desk;
    if (this.#scroll.act(action, list.length)) {
      // While the list is looked through, what comes first is not known yet.
      this.#atTop = action === "first" && !list.isWhole;
      this.#current = list.at(this.#scroll.cursor);
      // The end of a list that grows is where it is followed.
      this.follow = action === "last" && this.#order.by === "start" && !this.#order.descending;
      return true;
    }
    const act = ACTS[action];
    if (act === undefined) return this.filter.act(action, argument, this.current);
    act(this, argument);
    return true;
  }

  click(x: number, y: number, twice: boolean): void {
    if (y === 0) {
      const column = this.#columns.findLast((placed) => x >= placed.x)?.column;
      if (column?.sort !== undefined) this.sortBy(column.sort as SortColumn);
      return;
    }
    const index = this.#scroll.top + y - 1;
    const id = this.#desk.list.at(index);
    if (id === undefined) return;
    this.#leaveTop();
    this.#scroll.cursor = index;
    this.#current = id;
    if (twice) this.#desk.act("open");
  }

  wheel(_x: number, _y: number, lines: number): void {
    this.#leaveTop();
    this.#scroll.wheel(lines, this.#desk.list.length);
    this.#current = this.#desk.list.at(this.#scroll.cursor);
  }

  paint(canvas: Canvas, area: Area, focused: boolean): void {
    const { list } = this.#desk;
    this.#layOut(area.width);
    canvas.line(area.x, area.y, area.width, headerLine(this.#columns, this.#order));
    const rows = area.height - 1;
    const now = this.#desk.now();
    const top = this.#scroll.fit(list.length, rows);
    this.#openShown = false;
    for (let row = 0; row < rows; row++) {
      const id = list.at(top + row);
      if (id === undefined) break;
      const isCursor = top + row === this.#scroll.cursor;
      const mark = isCursor ? (focused ? MARK.selected : MARK.unfocused) : MARK.none;
      const y = area.y + 1 + row;
      const known = this.#lines.of(id, this.selection.marks.has(id), now);
      canvas.line(area.x, y, area.width, known?.line ?? [span(` ${id} is no longer kept`, "dim")], mark);
      if (isCursor) canvas.text(area.x, y, "▌", "open", mark);
      if (known?.isOpen === true) this.#openShown = true;
    }
    if (list.length === 0 && rows > 2) this.#paintEmpty(canvas, area);
  }

  setPaused(on: boolean): void {
    if (on === this.paused) return;
    this.selection.pausedAt = on ? this.#desk.capture.newestCall : undefined;
    if (!on) this.filter.resume();
    else if (!this.#desk.list.isWhole) this.filter.apply();
  }

  setFollow(on: boolean): void {
    this.follow = on;
    this.#atTop = false;
  }

  sortBy(by: SortColumn): void {
    const descending = this.#order.by === by ? !this.#order.descending : by !== "start" && by !== "method";
    this.#setOrder({ by, descending });
  }

  reverse(): void {
    this.#setOrder({ ...this.#order, descending: !this.#order.descending });
  }

  /** @param name of a column that is shown or hidden at once; default: asks */
  chooseColumns(name?: string): void {
    if (name !== undefined) {
      const column = COLUMNS.find((known) => known.name.toLowerCase() === name.toLowerCase());
      if (column === undefined) this.#desk.say(`columns "${name}"; Tab completes`, "warning");
      else if (!this.hiddenColumns.delete(column.name)) this.hiddenColumns.add(column.name);
      return;
    }
    const items = () =>
      COLUMNS.filter(({ name }) => name !== "mark" && name !== "method").map(({ name, help }, index) => ({
        key: String.fromCharCode(97 + index),
        line: [
          span(this.hiddenColumns.has(name) ? "  " : "✓ ", "open"),
          span(name.padEnd(12), "strong"),
          span(help, "dim"),
        ],
        choose: () => {
          if (!this.hiddenColumns.delete(name)) this.hiddenColumns.add(name);
          return true;
        },
      }));
    this.#desk.lay(new Menu("columns, where there is room", items));
  }

  /** @param test of the calls before or after the cursor, nearest first */
  jump(by: 1 | -1, what: string, test: (call: Call) => boolean): void {
    const { list, capture } = this.#desk;
    let at = this.#scroll.cursor + by;
    for (let left = MAX_LOOKED_AT; left > 0 && at >= 0 && at < list.length; left--, at += by) {
      const id = list.at(at);
      const call = id === undefined ? undefined : capture.call(id);
      if (call === undefined || !test(call)) continue;
      this.moveBy(at - this.#scroll.cursor);
      return;
    }
    this.#desk.say(`no ${what} ${by > 0 ? "after" : "before"} this one`, "warning");
  }

  #layOut(width: number): void {
    const asked = `${width} ${[...this.hiddenColumns].join(" ")}`;
    if (asked !== this.#laidOut) this.#columns = layOutColumns(width, this.hiddenColumns);
    this.#laidOut = asked;
    this.#lines.begin(this.#columns);
  }

  #setOrder(order: CallOrder): void {
    this.#order = order;
    // What is slowest, largest or latest is what an order is asked for.
    this.#atTop = order.by !== "start" || order.descending;
    if (this.#atTop) this.follow = false;
    this.#desk.list.setOrder(order);
    if (this.paused) this.filter.apply();
    this.#desk.changed();
  }

  #leaveTop(): void {
    this.follow = false;
    this.#atTop = false;
  }

  #find(): void {
    if (this.#current === undefined) {
      this.#current = this.#desk.list.at(this.#scroll.cursor);
      return;
    }
    const at = this.#desk.list.indexOf(this.#current);
    const before = this.#scroll.cursor;
    this.#scroll.cursor = at >= 0 ? at : Math.max(0, Math.min(-1 - at, this.#desk.list.length - 1));
    // The row stays where it is on the screen.
    this.#scroll.top += this.#scroll.cursor - before;
    if (at < 0 && this.#desk.list.length > 0) this.#current = this.#desk.list.at(this.#scroll.cursor);
  }

  #paintEmpty(canvas: Canvas, area: Area): void {
    const { calls } = this.#desk.capture.counters;
    const middle = area.y + Math.max(1, area.height >> 1) - 1;
    const filtered = calls > 0 && (this.filter.text !== "" || this.selection.narrows);
    const first = !this.filter.isWhole
      ? "looking…"
      : filtered
        ? `none of ${formatWhole(calls)} calls match`
        : calls > 0
          ? "no call is kept any more"
          : this.#desk.isFile
            ? "no call is in the file"
            : "waiting for the first call";
    const below =
      filtered && this.filter.isWhole
        ? ["\\ clears the filter · Z shows hidden calls"]
        : calls === 0
          ? this.#beginning(area.width)
          : [];
    const texts = [first, ...(area.height > 4 ? below : [])];
    texts.forEach((text, index) => {
      const x = area.x + Math.max(0, (area.width - textWidth(text)) >> 1);
      canvas.text(x, middle + index, text, index === 0 ? "strong" : "dim");
    });
  }

  /** What is good to know before there is anything to see. */
  #beginning(width: number): readonly string[] {
    const { page, trouble, connections } = this.#desk;
    const room = Math.max(10, width - 2);
    if (trouble !== undefined) return wrapText(trouble, room);
    const link = page === undefined ? [] : [`page ${page}`];
    const shown = link.map((text) => (textWidth(text) <= width ? text : "5 says where the page is"));
    const failed = connections.all().findLast((connection) => failureOf(connection) !== undefined);
    if (failed === undefined) return shown;
    return [...shown, "", ...wrapText(`connection ${failed.id}: ${visible(failureOf(failed)!)}`, room)];
  }
}

/** Why a connection brought no call; undefined when there is nothing wrong with it. */
function failureOf({ client, server, closed }: ConnectionFacts): string | undefined {
  if (server.problem !== undefined) return `the server ${server.problem}`;
  if (client.problem !== undefined) return `the client ${client.problem}`;
  if (closed === undefined || closed.how === "end") return undefined;
  return `${closed.how === "reset" ? "reset" : "failed"} by the ${closed.by}${closed.reason === undefined ? "" : `: ${closed.reason}`}`;
}

const isError = (call: Call) => call.end !== undefined && call.end.status.code !== 0;

const ACTS: Readonly<Record<string, (view: CallsView, argument: string | undefined) => void>> = {
  follow: (view) => {
    view.setFollow(!view.follow);
    view.setPaused(false);
    view.updated();
  },
  pause: (view) => {
    view.setPaused(!view.paused);
  },
  mark: (view) => {
    if (view.currentId === undefined) return;
    view.selection.toggleMark(view.currentId);
    if (view.selection.markedOnly) view.filter.apply();
    else view.moveBy(1);
  },
  "marked-only": (view) => {
    view.selection.markedOnly = !view.selection.markedOnly;
    view.filter.apply();
  },
  "unmark-all": (view) => {
    view.selection.marks.clear();
    view.selection.markedOnly = false;
    view.filter.apply();
  },
  hide: (view) => {
    const id = view.currentId;
    if (id === undefined) return;
    view.moveBy(1);
    view.selection.hide(id);
    view.filter.apply();
  },
  clear: (view) => view.filter.hideAll(),
  "show-hidden": (view) => {
    view.selection.showHidden();
    view.filter.apply();
  },
  sort: (view, argument) => view.filter.sort(view, argument),
  reverse: (view) => view.reverse(),
  columns: (view, argument) => view.chooseColumns(argument),
  preview: (view) => {
    view.preview = !view.preview;
  },
  "next-error": (view) => view.jump(1, "call that failed", isError),
  "previous-error": (view) => view.jump(-1, "call that failed", isError),
  "next-mark": (view) => view.jump(1, "marked call", ({ id }) => view.selection.marks.has(id)),
  "previous-mark": (view) => view.jump(-1, "marked call", ({ id }) => view.selection.marks.has(id)),
};
