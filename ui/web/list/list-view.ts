// Draws the list of calls into the page and moves in it: rows from the pool, the waterfall beside them.

import type { Signal } from "@preact/signals";
import { filterLike } from "../../../src/filter/like.js";
import { applyFilter } from "../filter/filter-bar.js";
import { signNodes } from "../parts/icon.js";
import type { Actions } from "../parts/keys.js";
import { notify } from "../parts/notice.js";
import { Press } from "../parts/press.js";
import { ask } from "../parts/prompt.js";
import { type CallOrder, SORT_COLUMNS, SORTS, type SortColumn } from "../state/chosen-calls.js";
import { filterText, go, route } from "../state/route.js";
import { follows, link, marked, store, toggleMark, touch } from "../state/session.js";
import {
  hide,
  hideAll,
  list,
  listTime,
  markedOnly,
  order,
  showHidden,
  shownCall,
  sortBy,
  still,
  togglePause,
} from "../state/shown.js";
import type { WebCall } from "../state/web-call.js";
import { columnsFor, type WebColumn } from "./columns.js";
import { RowPool } from "./row-pool.js";
import { ScrollWindow } from "./scroll-window.js";
import { type Bar, type Span, spanOf, Waterfall } from "./waterfall.js";

const ROW = 26;
const HEAD = 30;
/** A waterfall narrower than this says nothing. */
const WATERFALL = { least: 220, share: 0.34, most: 620, from: 760 } as const;
/** Methods have no room for their packages where the columns are narrower. */
const NARROW = 720;
/** Open calls are getting older: how often that is seen. */
const AGE_MS = 100;

export class ListView {
  readonly #cursor: Signal<number | undefined>;
  readonly #scroller = make("div", "scroller");
  readonly #sizer = make("div", "sizer");
  readonly #layer = make("div", "layer");
  readonly #head = make("div", "head");
  readonly #canvas = document.createElement("canvas");
  readonly #press = new Press([this.#layer, this.#canvas], touch);
  readonly #waterfall = new Waterfall(this.#canvas);
  readonly #window: ScrollWindow;
  readonly #pool = new RowPool(this.#layer);
  readonly #observer: ResizeObserver;
  #columns: readonly WebColumn[] = [];
  #span: Span = { from: 0, to: 1 };
  /** What the user drew a frame around; undefined: what is in sight. */
  #zoom: Span | undefined;
  #topId: number | undefined;
  #ageTimer: number | undefined;
  #width = 0;
  /** Of the waterfall. */
  #canvasWidth = 0;

  constructor(cursor: Signal<number | undefined>) {
    this.#cursor = cursor;
    this.#head.role = "row";
    this.#layer.role = "rowgroup";
    this.#scroller.role = "grid";
    this.#scroller.tabIndex = 0;
    this.#scroller.ariaLabel = "Calls";
    this.#sizer.role = "presentation";
    this.#sizer.append(this.#layer);
    this.#scroller.append(this.#head, this.#sizer);
    this.#canvas.className = "waterfall";
    this.#canvas.ariaLabel = "When calls were there; drag to zoom, double-click for all";
    this.#canvas.role = "img";
    this.#window = new ScrollWindow(this.#scroller, this.#sizer, ROW, () => {
      this.#topId = undefined;
      this.#press.end();
      follows.value = this.#window.isAtEnd;
      touch();
    });
    this.#layer.addEventListener("click", (event) => {
      const id = idOf(event.target);
      if (id !== undefined) this.#open(id);
    });
    this.#head.addEventListener("click", ({ target }) => {
      const by = target instanceof Element ? target.closest<HTMLElement>("[data-sort]")?.dataset.sort : undefined;
      const known = SORT_COLUMNS.find((name) => name === by);
      if (known === undefined) return;
      const now = order.peek();
      if (now?.by === known) this.actions.reverse();
      else this.#sort(known, known !== "method");
    });
    this.#brush();
    this.#observer = new ResizeObserver(() => this.resized());
  }

  begin(host: HTMLElement): void {
    host.replaceChildren(this.#scroller, this.#canvas);
    this.#observer.observe(host);
  }

  end(): void {
    this.#observer.disconnect();
    clearTimeout(this.#ageTimer);
  }

  /** Another list is shown. */
  restart(): void {
    this.#topId = undefined;
    this.#titles();
    if (follows.peek()) this.#window.toEnd();
    else if (order.peek() !== undefined && still.peek() === undefined) this.#window.moveTo(0);
    this.draw();
  }

  resized(): void {
    const clientWidth = this.#scroller.parentElement?.clientWidth ?? 0;
    if (clientWidth === 0) return;
    this.#width = clientWidth;
    const hasWaterfall = clientWidth >= WATERFALL.from;
    const wide = hasWaterfall
      ? Math.round(Math.min(WATERFALL.most, Math.max(WATERFALL.least, clientWidth * WATERFALL.share)))
      : 0;
    this.#canvas.hidden = !hasWaterfall;
    this.#canvasWidth = wide;
    this.#canvas.style.width = `${wide}px`;
    this.#scroller.style.setProperty("--waterfall", `${wide}px`);
    this.#scroller.classList.toggle("narrow", clientWidth - wide < NARROW);
    this.#columns = columnsFor(clientWidth - wide);
    this.#titles();
    this.draw();
  }

  #titles(): void {
    const now = order.peek();
    this.#head.replaceChildren(
      ...this.#columns.map((column) =>
        titleCell(column, now?.by === column.column.sort && column.column.name !== "time" ? now : undefined),
      ),
    );
  }

  draw(): void {
    if (this.#press.isDown) return;
    const calls = list.peek();
    const height = this.#scroller.clientHeight - HEAD;
    if (height <= 0 || this.#width === 0) return;
    const { length } = calls;
    this.#window.resize(length, height);
    if (follows.peek()) this.#window.toEnd();
    else this.#stay();
    this.#layer.style.height = `${height}px`;
    this.#pool.layOut(this.#columns, Math.ceil(height / ROW) + 1);
    this.#scroller.ariaRowCount = String(length + 1);
    const { first } = this.#window;
    this.#topId = calls.idAt(first);
    calls.need(first, Math.min(length, first + this.#pool.count));
    const time = listTime();
    const bars: Bar[] = [];
    let isOpen = false;
    for (let row = 0; row < this.#pool.count; row++) {
      const index = first + row;
      // A row keeps its element while it is in sight: scrolling moves it, and writes only what comes into sight.
      const at = index % this.#pool.count;
      const id = calls.idAt(index);
      if (id === undefined) {
        this.#pool.hide(at);
        continue;
      }
      const call = shownCall(id);
      const y = index * ROW - this.#window.top;
      const facts = { now: time, marked: marked.peek().has(id), kind: call?.streaming, known: knownOf(call) };
      this.#pool.show(at, index, id, call, facts, y, id === this.#cursor.peek());
      if (call === undefined) continue;
      bars.push({ call, y });
      isOpen ||= call.end === undefined;
    }
    const selected = this.#cursor.peek();
    this.#scroller.setAttribute("aria-activedescendant", selected === undefined ? "" : `call-row-${selected}`);
    this.#drawWaterfall(bars, time, height);
    if (isOpen && link.state.peek().kind === "open" && still.peek() === undefined) this.#age();
  }

  #drawWaterfall(bars: readonly Bar[], time: number, height: number): void {
    if (this.#canvas.hidden) return;
    const calls = bars.map(({ call }) => call);
    if (still.peek() === undefined) store.needTicks(calls);
    this.#span = this.#zoom ?? spanOf(calls, time);
    this.#waterfall.resize(this.#canvasWidth, height + HEAD);
    this.#waterfall.draw(bars, this.#span, time, ROW, HEAD);
  }

  /** Rows that came or went above do not move what is looked at. */
  #stay(): void {
    const calls = list.peek();
    if (this.#topId === undefined || calls.idAt(this.#window.first) === this.#topId) return;
    this.#window.shift(calls.indexOf(this.#topId) - this.#window.first);
  }

  #age(): void {
    this.#ageTimer ??= setTimeout(() => {
      this.#ageTimer = undefined;
      touch();
    }, AGE_MS);
  }

  reveal(id: number): void {
    this.#cursor.value = id;
    const calls = list.peek();
    if (!calls.has(id)) return;
    const index = calls.indexOf(id);
    const { first, page } = this.#window;
    if (index >= first && index < first + page) return;
    follows.value = false;
    this.#topId = undefined;
    this.#window.moveTo((index - page / 2) * ROW);
    this.draw();
  }

  /** Keys as in the terminal. */
  readonly actions: Actions<"list"> = {
    down: () => this.#step(1),
    up: () => this.#step(-1),
    "page-down": () => this.#step(this.#window.page),
    "page-up": () => this.#step(-this.#window.page),
    "half-down": () => this.#step(this.#window.page >> 1),
    "half-up": () => this.#step(-(this.#window.page >> 1)),
    first: () => this.#moveTo(0),
    last: () => {
      this.#moveTo(list.peek().length - 1);
      follows.value = order.peek() === undefined;
      touch();
    },
    open: () => {
      const id = this.#chosen() ?? list.peek().idAt(this.#nearest());
      if (id !== undefined) this.#open(id);
      return id !== undefined;
    },
    go: (number) => {
      const id = Number(number);
      if (Number.isSafeInteger(id) && id > 0) this.#open(id);
      else notify(`"${number ?? ""}" is no call; expected a number from the list`);
    },
    follow: () => {
      follows.value = !follows.peek();
      touch();
    },
    pause: togglePause,
    "filter-like": () => {
      const call = this.#selected();
      if (call !== undefined) applyFilter(filterLike(call, filterText.peek()));
    },
    "next-error": () => void this.#seek(true),
    "previous-error": () => void this.#seek(false),
    mark: () => {
      const selected = this.#cursor.peek();
      if (selected === undefined) notify("no call is chosen; j and k choose one");
      else toggleMark(selected);
    },
    "next-mark": () => this.#toMarked(true),
    "previous-mark": () => this.#toMarked(false),
    "marked-only": () => {
      if (marked.peek().size === 0) notify("no call is marked; m marks one");
      else markedOnly.value = !markedOnly.peek();
    },
    "unmark-all": () => {
      marked.value = new Set();
    },
    compare: () => {
      const [left, right = this.#cursor.peek()] = [...marked.peek()].slice(-2);
      if (left === undefined) notify("no call is marked; m marks one");
      else go({ view: "compare", left: { call: left }, right: right === undefined ? undefined : { call: right } });
    },
    hide: () => {
      const selected = this.#cursor.peek();
      if (selected === undefined) return;
      const at = list.peek().indexOf(selected);
      hide(selected);
      // What comes after it takes its place.
      this.#cursor.value = list.peek().idAt(Math.min(at, list.peek().length - 1));
    },
    "hide-all": () => {
      this.#cursor.value = undefined;
      hideAll();
      notify("all calls so far are hidden; Z shows them again");
    },
    "show-hidden": showHidden,
    sort: (column) => {
      const wanted = SORT_COLUMNS.find((name) => name === column);
      if (column !== undefined && wanted === undefined) {
        notify(`"${column}" is no column; expected ${SORT_COLUMNS.join(", ")}`);
        return;
      }
      const next =
        wanted ?? SORT_COLUMNS[(SORT_COLUMNS.indexOf(order.peek()?.by ?? "start") + 1) % SORT_COLUMNS.length]!;
      this.#sort(next, next !== "start" && next !== "method");
    },
    order: () =>
      ask({
        label: "sort by",
        hint: "Enter sorts   ↑ ↓ choose   Esc leaves",
        picks: true,
        suggest: (text) =>
          SORT_COLUMNS.filter((name) => name.toLowerCase().includes(text.toLowerCase())).map((name) => ({
            text: name,
            help: SORTS[name],
          })),
        accept: (name) => {
          this.actions.sort(name);
          return undefined;
        },
      }),
    reverse: () => {
      const { by = "start", descending = false } = order.peek() ?? {};
      this.#sort(by, !descending);
    },
  };

  #sort(by: SortColumn, descending: boolean): void {
    // As they came is the list itself, of any length.
    sortBy(by === "start" && !descending ? undefined : { by, descending });
  }

  #selected(): WebCall | undefined {
    const selected = this.#cursor.peek();
    return selected === undefined ? undefined : store.get(selected);
  }

  #toMarked(forward: boolean): void {
    const from = this.#cursor.peek() ?? 0;
    const ids = [...marked.peek()].sort((a, b) => (forward ? a - b : b - a));
    const next = ids.find((id) => (forward ? id > from : id < from));
    if (next !== undefined) this.reveal(next);
  }

  /** To the next call that failed, or the one before. */
  async #seek(forward: boolean): Promise<void> {
    const from = this.#cursor.peek() ?? (forward ? 0 : store.last + 1);
    const where = forward ? { after: from } : { before: Math.max(1, from) };
    try {
      const { calls } = await link.ask("list", { op: "list", filter: "error", limit: 1, ...where });
      store.put(calls);
      if (calls[0] !== undefined) this.reveal(calls[0].call);
    } catch {
      // Cut off: the header says so.
    }
  }

  #step(rows: number): void {
    const chosen = this.#chosen();
    this.#moveTo(chosen === undefined ? this.#nearest() : list.peek().indexOf(chosen) + rows);
  }

  /** Undefined as well when what was chosen is not in this list. */
  #chosen(): number | undefined {
    const selected = this.#cursor.peek();
    return selected !== undefined && list.peek().has(selected) ? selected : undefined;
  }

  /** Where one begins who has chosen nothing: the newest call in sight, and in another order the first. */
  #nearest(): number {
    const { first, page } = this.#window;
    return order.peek() === undefined ? Math.min(list.peek().length - 1, first + page - 1) : first;
  }

  #moveTo(index: number): void {
    const calls = list.peek();
    const place = Math.max(0, Math.min(index, calls.length - 1));
    const id = calls.idAt(place);
    if (id === undefined) return;
    follows.value = false;
    this.#topId = undefined;
    this.#window.show(place);
    this.#cursor.value = id;
    const shown = route.peek();
    if (shown.view === "calls" && shown.place !== undefined) go({ view: "calls", place: { call: id } });
  }

  #open(id: number): void {
    this.#cursor.value = id;
    follows.value = false;
    go({ view: "calls", place: { call: id } });
  }

  /** Drag over the waterfall to look at a part of it. */
  #brush(): void {
    let start: number | undefined;
    this.#canvas.addEventListener("pointerdown", (event) => {
      start = event.offsetX;
      this.#canvas.setPointerCapture(event.pointerId);
    });
    this.#canvas.addEventListener("pointerup", (event) => {
      if (start === undefined) return;
      const [left, right] = [Math.min(start, event.offsetX), Math.max(start, event.offsetX)];
      start = undefined;
      if (right - left >= 6) {
        this.#zoom = { from: this.#waterfall.timeAt(left, this.#span), to: this.#waterfall.timeAt(right, this.#span) };
        follows.value = false;
      } else {
        const id = list.peek().idAt(Math.floor((this.#window.top + event.offsetY - HEAD) / ROW));
        if (id !== undefined && event.offsetY > HEAD) this.#open(id);
      }
      this.draw();
    });
    this.#canvas.addEventListener("dblclick", () => {
      this.#zoom = undefined;
      this.draw();
    });
    this.#canvas.addEventListener("wheel", (event) => this.#scroller.scrollBy(0, event.deltaY), { passive: true });
  }
}

function knownOf(call: WebCall | undefined): boolean | undefined {
  if (call === undefined || call.streaming !== undefined) return undefined;
  // Nobody has said yet what a schema knows of it.
  return call.ticksAt === undefined ? undefined : false;
}

function titleCell({ className, title, column }: WebColumn, sorted: CallOrder | undefined): HTMLElement {
  const cell = make("span", className);
  cell.role = "columnheader";
  cell.replaceChildren(...signNodes(title));
  cell.title = column.help;
  if (column.sort === undefined) return cell;
  cell.dataset.sort = column.sort;
  cell.title = `${column.help}; click sorts by it`;
  if (sorted === undefined) return cell;
  cell.ariaSort = sorted.descending ? "descending" : "ascending";
  cell.append(...signNodes(sorted.descending ? " ▾" : " ▴"));
  return cell;
}

function make(tag: string, className: string): HTMLElement {
  const element = document.createElement(tag);
  element.className = className;
  return element;
}

function idOf(target: EventTarget | null): number | undefined {
  const row = target instanceof Element ? target.closest<HTMLElement>("[data-call]") : null;
  return row === null ? undefined : Number(row.dataset.call);
}
