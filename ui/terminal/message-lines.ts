// What is said of one message around its tree: what it is, what is wrong with it, a value read as every type that fits.
import type { TreeRow } from "../../src/message/tree-rows.js";
import type { MessageView } from "../../src/session/message-view.js";
import { formatBytes } from "../../src/view/format.js";
import { readings } from "../../src/view/readings.js";
import { type Line, span } from "../../src/view/styled.js";
import { wrapText } from "../../src/view/text-width.js";
import { visible } from "../../src/view/visible.js";

/** Octets of a value that are read in other ways. */
const MAX_READ_BYTES = 4096;
const MAX_DRIFT_LINES = 3;

/** "↑#0 · User · 246 B · JSON 522 B (2.1×)" */
export function headingOf(view: MessageView | undefined): string {
  if (view === undefined) return "message";
  const { event, from, sizes } = view;
  const parts = [
    `${from === "client" ? "↑" : "↓"}#${event.index}`,
    typeName(view),
    formatBytes(sizes.protobuf ?? sizes.wire),
  ];
  if (event.compressed === true) parts.push(`${visible(event.encoding)} ${formatBytes(sizes.wire)}`);
  if (sizes.json !== undefined && sizes.protobuf !== undefined && sizes.protobuf > 0)
    parts.push(`JSON ${formatBytes(sizes.json)} (${(sizes.json / sizes.protobuf).toFixed(1)}×)`);
  return parts.join(" · ");
}

function typeName({ type, guess }: MessageView): string {
  if (type !== undefined) return visible(type.slice(type.lastIndexOf(".") + 1));
  return guess === undefined ? "no schema" : "guessed";
}

export function emptyText(view: MessageView | undefined): string {
  if (view?.event.trimmed === true) return "the bytes of this message are no longer kept (--max-memory)";
  return view?.bytes?.length === 0 ? "an empty message: every field has its default" : "";
}

/** A field that the schema does not have yet is told after everything else: it harms nobody who reads by the schema. */
const MILD = "ERR_UNKNOWN_FIELD";

/** What does not fit its schema, as in "items[0].price: wire type 2, …"; undefined when all does. */
export function driftText({ drifts }: MessageView): string | undefined {
  const told = drifts.find(({ code }) => code !== MILD) ?? drifts[0];
  return told && visible(told.path === "" ? told.message : `${told.path}: ${told.message}`);
}

/** The same where there is room for little: fields that the schema does not have are left out. */
export function shortDriftText(view: MessageView): string | undefined {
  return view.drifts.every(({ code }) => code === MILD) ? undefined : driftText(view);
}

/** @param row the chosen one: what is wrong with it goes before what is wrong elsewhere */
function driftLines(view: MessageView, row: TreeRow | undefined, width: number): readonly Line[] {
  const chosen = row?.problem === undefined ? undefined : visible(`${row.name}: ${row.problem}`);
  const what = chosen ?? driftText(view);
  if (what === undefined) return [];
  const others = view.drifts.length - 1;
  const more = others > 0 ? ` (and ${others} other${others === 1 ? "" : "s"})` : "";
  return wrapText(`! does not fit the schema: ${what}${more}`, Math.max(10, width - 1))
    .slice(0, MAX_DRIFT_LINES)
    .map((text) => [span(text, "warning")]);
}

/** What is wrong with the whole of it. */
export function notesOf(view: MessageView | undefined, row: TreeRow | undefined, width: number): readonly Line[] {
  if (view === undefined) return [];
  const notes: Line[] = [];
  const { problem } = view;
  if (view.drifts.length > 0) notes.push(...driftLines(view, row, width));
  else if (problem !== undefined)
    notes.push([span(`! ${visible(problem.message)} (${visible(problem.code)})`, "warning")]);
  if (view.event.truncated === true) notes.push([span("! only the first part was kept (--max-message)", "warning")]);
  return notes;
}

/** The value of a field as every type that its octets may be. */
export function readingLines(view: MessageView | undefined, row: TreeRow | undefined): readonly Line[] {
  const bytes = view?.bytes === undefined ? undefined : view.shownBytes;
  if (bytes === undefined || row === undefined) return [];
  const value = bytes.subarray(row.valueStart, Math.min(row.end, row.valueStart + MAX_READ_BYTES));
  return readings(row.wireType, value).map(({ type, text }) => [
    span(` ${type.padEnd(20)}`, "type"),
    span(visible(text)),
  ]);
}

/** A line of indented JSON, its key apart from its value. */
export function jsonLine(text: string): Line {
  const key = /^(\s*)("(?:[^"\\]|\\.)*":)(.*)$/.exec(text);
  if (key === null) return [span(text, "text")];
  return [span(key[1]!), span(key[2]!, "name"), span(key[3]!, "text")];
}
