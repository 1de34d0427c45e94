// A call's metadata as rows: requests, responses and trailers as they stood on the wire, secrets masked, -bin decoded.
import type { CallEvent } from "../model/events.js";
import type { Field } from "../model/fields.js";
import { isSecretName } from "../model/secrets.js";
import { fieldsTitle, valueMeaning, valueText } from "./metadata-facts.js";
import { type Line, type Span, span } from "./styled.js";
import { cutText, padEnd, wrapText } from "./text-width.js";
import { visible } from "./visible.js";

export interface MetadataRow {
  readonly line: Line;
  /** What can be copied. */
  readonly field?: Field;
  readonly secret?: true;
}

export interface MetadataOptions {
  /** Whether secrets are shown as they are. */
  readonly reveal: boolean;
  /** Cells. */
  readonly width: number;
  /** What a `-bin` value of these fields holds, one text a line. */
  readonly decode: (fields: readonly Field[], name: string, value: string) => readonly string[];
  readonly timeoutMs: number | undefined;
}

/** Fields of one list; a header block may have more, and the events say how many. */
const MAX_FIELDS = 500;
const MIN_VALUE_CELLS = 10;
const NAME = { least: 12, most: 28 } as const;

/** @param events of the call; those without fields are passed over */
export function metadataRows(events: readonly CallEvent[], options: MetadataOptions): readonly MetadataRow[] {
  const rows: MetadataRow[] = [];
  for (const event of events) {
    if (!("fields" in event)) continue;
    if (rows.length > 0) rows.push({ line: [] });
    const count = `${event.fields.length + (event.droppedFields ?? 0)} fields`;
    const [title, note] = fieldsTitle(event);
    const whole = note === "" ? title.toUpperCase() : `${title.toUpperCase()} (${note})`;
    rows.push({ line: [span(whole, "title"), span(`  ${count}`, "dim")] });
    if (event.problem !== undefined) rows.push({ line: [span(`  ! ${visible(event.problem.message)}`, "warning")] });
    if (event.trimmed === true) rows.push({ line: [span("  no longer kept", "dim")] });
    const widest = Math.max(NAME.least, ...event.fields.slice(0, MAX_FIELDS).map(([name]) => name.length));
    const nameWidth = Math.min(NAME.most, widest, Math.max(NAME.least, Math.floor(options.width / 3)));
    for (const field of event.fields.slice(0, MAX_FIELDS))
      rows.push(...fieldRows(field, event.fields, nameWidth, options));
    const more = event.fields.length - MAX_FIELDS + (event.droppedFields ?? 0);
    if (more > 0) rows.push({ line: [span(`  … ${more} more fields`, "dim")] });
  }
  return rows;
}

function fieldRows(field: Field, fields: readonly Field[], nameWidth: number, options: MetadataOptions): MetadataRow[] {
  const [name, value] = field;
  const secret = isSecretName(name);
  const shown = padEnd(cutText(visible(name), nameWidth), nameWidth);
  const head: Span = span(`  ${shown}  `, name.startsWith(":") ? "dim" : "name");
  if (secret && !options.reveal)
    return [{ line: [head, span("••••••••", "warning"), span("  v reveals", "dim")], field, secret: true }];
  const rows: MetadataRow[] = [];
  const meaning = valueMeaning(name, value, options.timeoutMs);
  const room = Math.max(MIN_VALUE_CELLS, options.width - nameWidth - 5);
  const indent = span(" ".repeat(nameWidth + 4));
  wrapText(valueText(value), room).forEach((text, row, all) => {
    const line: Span[] = [row === 0 ? head : indent, span(text)];
    if (meaning !== undefined && row === all.length - 1) line.push(span(`  ${meaning}`, "dim"));
    rows.push({ line, field, ...(secret ? { secret: true as const } : {}) });
  });
  const decoded = name.toLowerCase().endsWith("-bin") ? options.decode(fields, name, value) : undefined;
  for (const text of decoded ?? [])
    wrapText(visible(text), Math.max(MIN_VALUE_CELLS, room - 2)).forEach((part, row) => {
      rows.push({ line: [indent, span(row === 0 ? "→ " : "  ", "dim"), span(part, "text")], field });
    });
  return rows;
}
