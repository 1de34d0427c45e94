// One row of a message's tree: name, value, type and the octets it stands for.
import { cutLine, type Line, lineWidth, type Span, type Style, span } from "./styled.js";

/** A row as the tree gives it; see message/tree-rows.ts. */
export interface TreeLineRow {
  readonly depth: number;
  readonly name: string;
  readonly value: string;
  readonly type: string;
  readonly number: number;
  readonly start: number;
  readonly end: number;
  readonly fold: "none" | "open" | "closed";
  readonly from: "schema" | "wire" | "raw";
  readonly isText: boolean;
  readonly problem: string | undefined;
  /** What else is believed of a guessed field; empty for nothing. */
  readonly note: string;
}

/** Nesting that is shown by indentation; what is deeper stands below each other. */
const MAX_INDENT = 24;
/** From these widths on there is room for byte ranges, and for types. */
const RANGES_FROM = 44;
const TYPES_FROM = 58;

/**
 * @param digits of the largest offset
 * @param guessed whether fields without a schema were guessed
 */
export function treeLine(row: TreeLineRow, width: number, digits: number, cursor: boolean, guessed: boolean): Line {
  const indent = "  ".repeat(Math.min(MAX_INDENT, row.depth));
  const fold = row.fold === "open" ? "▾ " : row.fold === "closed" ? "▸ " : "  ";
  const left: Span[] = [span(cursor ? "▌" : " ", "open"), span(`${indent}${fold}`, "dim")];
  if (row.problem !== undefined) left.push(span("! ", "serverFault"));
  else if (row.from !== "schema" && !guessed) left.push(span("? ", "unknown"));
  if (row.name !== "") left.push(span(row.name, nameStyle(row, guessed)));
  if (row.value !== "") left.push(span(": ", "dim"), span(row.value, row.isText ? "text" : "number"));
  if (row.problem !== undefined) left.push(span(`${row.name === "" ? "" : "  "}${row.problem}`, "warning"));
  if (row.note !== "") left.push(span(`  ${row.note}`, "guess"));
  const right = rightOf(row, width, digits);
  const room = width - lineWidth(right) - 1;
  const start = cutLine(left, room);
  return [...start, span(" ".repeat(Math.max(0, room - lineWidth(start) + 1))), ...right];
}

function nameStyle({ from }: TreeLineRow, guessed: boolean): Style {
  if (from === "schema") return "name";
  return guessed ? "guess" : "unknown";
}

function rightOf(row: TreeLineRow, width: number, digits: number): Line {
  if (width < RANGES_FROM) return [];
  const range = span(` ${String(row.start).padStart(digits)}..${String(row.end).padEnd(digits)}`, "dim");
  if (width < TYPES_FROM) return [range];
  const type = row.type === "" ? "" : row.number === 0 ? row.type : `#${row.number} ${row.type}`;
  const cells = Math.min(30, Math.max(14, Math.floor(width / 4)));
  const cut = cutLine([span(type, "type")], cells);
  return [span(" "), ...cut, span(" ".repeat(Math.max(0, cells - lineWidth(cut)))), range];
}
