// The rows that are on screen: a few dozen elements that are written again when what they show has changed.

import type { RowFacts } from "../../../src/view/call-columns.js";
import type { Line } from "../../../src/view/styled.js";
import { hasSigns, signNodes } from "../parts/icon.js";
import type { WebCall } from "../state/web-call.js";
import type { WebColumn } from "./columns.js";

interface PooledRow {
  readonly element: HTMLElement;
  readonly cells: HTMLElement[];
  /** What each cell shows. */
  readonly shown: string[];
  state: string;
  y: number;
}

/** A method longer than this is cut by the page, not by the column. */
const METHOD_CELLS = 400;

export class RowPool {
  readonly #layer: HTMLElement;
  #rows: PooledRow[] = [];
  #columns: readonly WebColumn[] = [];

  constructor(layer: HTMLElement) {
    this.#layer = layer;
  }

  /** Other columns, or another number of rows. */
  layOut(columns: readonly WebColumn[], count: number): void {
    const same =
      columns.length === this.#columns.length &&
      columns.every((one, at) => one.className === this.#columns[at]?.className);
    if (!same) {
      for (const { element } of this.#rows) element.remove();
      this.#rows = [];
      this.#columns = columns;
    }
    while (this.#rows.length > count) this.#rows.pop()!.element.remove();
    while (this.#rows.length < count) this.#rows.push(this.#made());
  }

  get count(): number {
    return this.#rows.length;
  }

  hide(at: number): void {
    const row = this.#rows[at]!;
    if (row.state === "hidden") return;
    row.state = "hidden";
    row.element.hidden = true;
    row.element.removeAttribute("id");
    delete row.element.dataset.call;
  }

  /** @param index its place in the list, from 0 */
  show(
    at: number,
    index: number,
    id: number,
    call: WebCall | undefined,
    facts: RowFacts,
    y: number,
    selected: boolean,
  ): void {
    const row = this.#rows[at]!;
    const state = `${id} ${selected} ${index}`;
    if (row.state !== state) {
      row.state = state;
      row.element.hidden = false;
      row.element.id = `call-row-${id}`;
      row.element.dataset.call = String(id);
      row.element.ariaRowIndex = String(index + 2);
      row.element.ariaSelected = String(selected);
    }
    if (row.y !== y) {
      row.y = y;
      row.element.style.transform = `translateY(${y}px)`;
    }
    this.#columns.forEach(({ column }, place) => {
      const line =
        call === undefined ? lacking(column.name, id) : column.cell(call, facts, column.width || METHOD_CELLS);
      write(row, place, line);
    });
  }

  #made(): PooledRow {
    const element = document.createElement("div");
    element.className = "row";
    element.role = "row";
    const cells = this.#columns.map(({ className }) => {
      const cell = document.createElement("span");
      cell.className = className;
      cell.role = "gridcell";
      element.append(cell);
      return cell;
    });
    this.#layer.append(element);
    return { element, cells, shown: [], state: "", y: -1 };
  }
}

/** What is shown of a call that is on its way. */
function lacking(column: string, id: number): Line {
  if (column === "id") return [{ text: String(id), style: "dim" }];
  return [{ text: column === "method" ? "…" : "", style: "dim" }];
}

/** Elements are used again: at a thousand calls a second every row is another one in every frame. */
function write(row: PooledRow, place: number, line: Line): void {
  let key = "";
  for (const { text, style } of line) key += `${style}\u0001${text}\u0002`;
  if (row.shown[place] === key) return;
  row.shown[place] = key;
  const cell = row.cells[place]!;
  while (cell.childElementCount > line.length) cell.lastElementChild!.remove();
  for (let at = 0; at < line.length; at++) {
    const { text, style } = line[at]!;
    let piece = cell.children[at];
    if (piece === undefined) {
      piece = document.createElement("span");
      cell.append(piece);
    }
    const className = `s-${style}`;
    if (piece.className !== className) piece.className = className;
    if (!hasSigns(text)) piece.textContent = text;
    else piece.replaceChildren(...signNodes(text));
  }
}
