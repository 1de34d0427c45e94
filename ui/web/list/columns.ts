// Columns of the list: the terminal's own table, with widths in pixels, and which of them there is room for.
import { COLUMNS, type Column } from "../../../src/view/call-columns.js";

export interface WebColumn {
  readonly column: Column;
  /** As a class: how wide it is stands in list.css. */
  readonly className: string;
  readonly title: string;
}

/** What a cell of the terminal is here, about. */
const CELL_PX = 9.5;
/** In the list the time has its milliseconds with it where there is room. */
const LEFT_OUT: ReadonlySet<string> = new Set(["ms"]);

export function columnsFor(width: number): readonly WebColumn[] {
  const cells = width / CELL_PX;
  return COLUMNS.filter(({ name, from }) => cells >= from && !LEFT_OUT.has(name)).map((column) => ({
    column,
    className: `c-${column.name}${column.right === true ? " right" : ""}`,
    title: TITLES[column.name] ?? column.title.charAt(0) + column.title.slice(1).toLowerCase(),
  }));
}

const TITLES: Readonly<Record<string, string>> = {
  mark: "",
  kind: "",
  duration: "Time",
  time: "At",
  ttfb: "TTFB",
  sent: "↑ msgs",
  received: "↓ msgs",
  clientBytes: "↑ size",
  serverBytes: "↓ size",
};
