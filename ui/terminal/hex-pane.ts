// The octets of a message, with the field that is chosen in the tree standing out, and a cursor of their own.
import type { TreeRow } from "../../src/message/tree-rows.js";
import type { Area, Canvas } from "../../src/view/canvas.js";
import { HEX_OFFSET_CELLS, type HexSelection, hexColumns, hexRow } from "../../src/view/hex.js";

export class HexPane {
  /** The octet the cursor is on. */
  octet = 0;
  #top = 0;
  #columns = 8;
  #height = 1;

  reset(): void {
    this.octet = 0;
    this.#top = 0;
  }

  paint(canvas: Canvas, area: Area, bytes: Uint8Array, chosen: TreeRow | undefined, focused: boolean): void {
    this.#columns = hexColumns(area.width);
    this.#height = Math.max(1, area.height);
    const columns = this.#columns;
    const line = Math.floor((focused ? this.octet : (chosen?.start ?? 0)) / columns);
    const count = Math.ceil(bytes.length / columns);
    if (line < this.#top) this.#top = line;
    if (line >= this.#top + area.height) this.#top = line - area.height + 1;
    this.#top = Math.max(0, Math.min(this.#top, count - area.height));
    const { start, valueStart, end } = chosen ?? { start: 0, valueStart: 0, end: 0 };
    const selection: HexSelection = { start, valueStart, end, cursor: focused ? this.octet : undefined };
    for (let y = 0; y < area.height && this.#top + y < count; y++)
      canvas.line(area.x, area.y + y, area.width, hexRow(bytes, (this.#top + y) * columns, columns, selection));
  }

  /** @returns the octet at a cell of the pane */
  at(x: number, y: number): number {
    const column = Math.floor((x - HEX_OFFSET_CELLS) / 3);
    return (this.#top + y) * this.#columns + Math.max(0, Math.min(column, this.#columns - 1));
  }

  /**
   * @param rows of the tree, and which of them is chosen
   * @returns where an action leads; undefined for one that is none of moving among octets
   */
  step(action: string, rows: readonly TreeRow[], chosen: number): number | undefined {
    const page = this.#columns * Math.max(1, this.#height - 1);
    switch (action) {
      case "down":
        return this.octet + this.#columns;
      case "up":
        return this.octet - this.#columns;
      case "page-down":
        return this.octet + page;
      case "page-up":
        return this.octet - page;
      case "half-down":
        return this.octet + (page >> 1);
      case "half-up":
        return this.octet - (page >> 1);
      case "first":
        return 0;
      case "last":
        return Number.MAX_SAFE_INTEGER;
      case "next-octet":
        return this.octet + 1;
      case "previous-octet":
        return this.octet - 1;
      case "next-field":
        return rows[chosen + 1]?.start ?? this.octet;
      case "previous-field":
        return rows[chosen - 1]?.start ?? this.octet;
      default:
        return undefined;
    }
  }
}
