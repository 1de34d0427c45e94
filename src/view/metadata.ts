// A call's metadata as rows: requests, responses and trailers as they stood on the wire, secrets masked, -bin decoded.
import type { CallEvent } from "../model/events.js";
import type { Field } from "../model/fields.js";
import { isSecretName } from "../model/secrets.js";
import { statusName } from "../model/status.js";
import { formatDuration } from "./format.js";
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
const MAX_VALUE_CHARS = 4000;
const MIN_VALUE_CELLS = 10;
const NAME = { least: 12, most: 28 } as const;

const TITLES = {
  "client-header": "REQUEST HEADERS",
  "server-header": "RESPONSE HEADERS",
  "client-trailer": "CLIENT TRAILERS",
  "server-trailer": "TRAILERS",
} as const;

/** @param events of the call; those without fields are passed over */
export function metadataRows(events: readonly CallEvent[], options: MetadataOptions): readonly MetadataRow[] {
  const rows: MetadataRow[] = [];
  for (const event of events) {
    if (!("fields" in event)) continue;
    if (rows.length > 0) rows.push({ line: [] });
    const informational = event.kind === "server-header" && event.informational === true ? " (informational)" : "";
    const only = event.kind === "server-trailer" && event.trailersOnly === true ? " (trailers-only)" : "";
    const count = `${event.fields.length + (event.droppedFields ?? 0)} fields`;
    rows.push({ line: [span(`${TITLES[event.kind]}${informational}${only}`, "title"), span(`  ${count}`, "dim")] });
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
  const meaning = meaningOf(name, value, options);
  const room = Math.max(MIN_VALUE_CELLS, options.width - nameWidth - 5);
  const indent = span(" ".repeat(nameWidth + 4));
  wrapText(textOf(value), room).forEach((text, row, all) => {
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

function meaningOf(name: string, value: string, { timeoutMs }: MetadataOptions): string | undefined {
  if (name === "grpc-timeout" && timeoutMs !== undefined) return `deadline ${formatDuration(timeoutMs)}`;
  if (name === "grpc-status" && /^\d{1,3}$/.test(value)) return statusName(Number(value));
  return undefined;
}

/** Values are octets; those that are UTF-8 read better as such. */
function textOf(value: string): string {
  const text = value.slice(0, MAX_VALUE_CHARS);
  if (!/[\x80-\xff]/.test(text)) return visible(text);
  try {
    const octets = Uint8Array.from(text, (char) => char.charCodeAt(0));
    return visible(new TextDecoder("utf-8", { fatal: true }).decode(octets));
  } catch {
    return visible(text);
  }
}
