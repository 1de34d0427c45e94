// One line of `--output log`: a call that streams or ended, a connection that is not decoded or failed, a problem.
import type { Call } from "../model/call.js";
import type { DriftEvent } from "../model/contract.js";
import type {
  CallEndEvent,
  ConnectionClosedEvent,
  ConnectionOpenedEvent,
  DroppedEvent,
  GoawayEvent,
  MessageEvent,
  ProtocolErrorEvent,
  SideTotals,
  WindowStallEvent,
} from "../model/events.js";
import { endedByDeadline, type KindOfStream, kindGlyph } from "./call-text.js";
import { formatBytes, formatCount, formatDuration, formatSize, formatTime } from "./format.js";
import { cutStart, cutText, padEnd, textWidth } from "./text-width.js";
import { visible } from "./visible.js";

/** Cells for what was asked, where it stands behind the reason of a failure, or says what a call is that streams. */
export const ASKED_CELLS = 60;

export type Tone = "plain" | "dim" | "cyan" | "yellow" | "red";

/** How a piece of text is coloured, where colours are wanted; else the text alone. */
export type Paint = (tone: Tone, text: string) => string;

export interface LogStyle {
  readonly paint: Paint;
  /** Cells of a terminal's line: what does not fit goes onto a second one. Undefined for a file or a pipe: one line each. */
  readonly width: number | undefined;
  /** What a schema says of a method; else a call's messages so far show who may send many. */
  readonly kindOf?: (method: string) => KindOfStream | undefined;
}

/** Cells of the other columns: the rest of a line is the method's and the status's. */
const WIDE_REST = 80;
/** Leaves 22 cells for the status, which is the longest with its glyph. */
const NARROW_REST = 57;
/** The same without how many messages came and went. */
const TIGHT_REST = 47;
/** The columns when nobody says how wide a line may be: with the status they end near 100. */
const UNBOUND_COLUMNS = 126;
/** From this width on there is room for milliseconds in the time, and for sizes. */
const WIDE_COLUMNS = 110;
const METHOD_COLUMNS = { least: 10, fewest: 16, most: 46 } as const;
/** What a message may take of a line that nobody bounds; longer ones are in the other outputs. */
const DETAIL_COLUMNS = 200;
/** A message without fields. */
const EMPTY = "{}";

/** What stands in the columns, as a person reads them from left to right. */
interface Row {
  readonly at: number;
  /** "17" for a call, "c3" for a connection. */
  readonly id: string;
  readonly glyph: string;
  readonly subject: string;
  readonly durationMs?: number;
  readonly client?: SideTotals;
  readonly server?: SideTotals;
  readonly status: string;
  readonly tone: Tone;
  /** Free text, the only thing that may be cut at its end. */
  readonly detail?: string;
  /** Not worth a second line. */
  readonly detailMayGo?: true;
}

function render(row: Row, style: LogStyle): string {
  const { paint } = style;
  const columns = style.width ?? UNBOUND_COLUMNS;
  const wide = columns >= WIDE_COLUMNS;
  const time = wide ? formatTime(row.at) : formatTime(row.at).slice(0, 8);
  const tight = columns < NARROW_REST + METHOD_COLUMNS.fewest;
  const room = columns - (wide ? WIDE_REST : tight ? TIGHT_REST : NARROW_REST);
  const fewest = tight ? METHOD_COLUMNS.least : METHOD_COLUMNS.fewest;
  const subjectColumns = Math.min(METHOD_COLUMNS.most, Math.max(fewest, room));
  const head = `${time} ${row.id.padStart(5)}`;
  const duration = row.durationMs === undefined ? "" : formatDuration(row.durationMs);
  const sides = tight ? "" : ` ${side(row.client, "↑", wide)} ${side(row.server, "↓", wide)}`;
  const gap = wide ? "  " : " ";
  const left = textWidth(head) + 3 + subjectColumns + 7 + textWidth(sides) + gap.length;
  const line =
    `${paint("dim", head)} ${row.glyph} ${subject(row.subject, subjectColumns, paint)} ` +
    `${duration.padStart(6)}${paint("dim", sides)}${gap}${paint(row.tone, row.status)}`;
  if (row.detail === undefined || row.detail === "") return line;
  if (style.width === undefined) return `${line} ${cutText(row.detail, DETAIL_COLUMNS)}`;
  const used = left + textWidth(row.status) + 1;
  if (used + textWidth(row.detail) <= style.width) return `${line} ${row.detail}`;
  if (row.detailMayGo === true) return line;
  return `${line}\n${" ".repeat(indentOf(wide))}${cutText(row.detail, detailRoom(style))}`;
}

/** Below the method: behind the time, a number of five digits and the glyph. */
function indentOf(wide: boolean): number {
  return (wide ? 12 : 8) + 1 + 5 + 3;
}

/** Cells that a detail may take at most, on a line of its own if need be. */
function detailRoom({ width }: LogStyle): number {
  if (width === undefined) return DETAIL_COLUMNS;
  return Math.max(width - indentOf(width >= WIDE_COLUMNS), METHOD_COLUMNS.fewest);
}

function side(totals: SideTotals | undefined, arrow: string, wide: boolean): string {
  if (totals === undefined) return " ".repeat(wide ? 10 : 4);
  const digits = wide ? 4 : 3;
  const messages = `${formatCount(totals.messages, digits)}${arrow}`.padStart(digits + 1);
  return wide ? `${messages} ${formatSize(totals.bytes).padStart(4)}` : messages;
}

/** The package before a service is dimmed, and the first to go where there is no room. */
function subject(text: string, columns: number, paint: Paint): string {
  const method = /^\/?([^/\s]+)\/([^/\s]+)$/.exec(text);
  if (method === null) return padEnd(cutText(text, columns), columns);
  const shown = padEnd(fitMethod(`${method[1]}/${method[2]}`, columns), columns);
  const packageEnd = shown.lastIndexOf(".", shown.indexOf("/")) + 1;
  return packageEnd === 0 ? shown : `${paint("dim", shown.slice(0, packageEnd))}${shown.slice(packageEnd)}`;
}

function fitMethod(method: string, columns: number): string {
  let shown = method;
  while (textWidth(shown) > columns) {
    const dot = shown.indexOf(".");
    if (dot < 0 || dot > shown.indexOf("/")) break;
    shown = `…${shown.slice(dot + 1)}`;
  }
  // That a package is missing may go unsaid when its mark is the one cell too many.
  const bare = shown.replace(/^…/, "");
  return textWidth(shown) > columns && textWidth(bare) <= columns ? bare : cutStart(shown, columns);
}

type CallColumns = Pick<Row, "id" | "glyph" | "subject">;

/** A call that turns out to be a stream, or stays open. @param asked its only question, where that can be read */
export function streamingLine(call: Call, at: number, asked: string | undefined, style: LogStyle): string {
  const deadline = call.timeoutMs === undefined ? undefined : `deadline ${formatDuration(call.timeoutMs)}`;
  return render(
    {
      ...callColumns(call, style),
      at,
      durationMs: Math.max(0, at - call.startedAt),
      client: call.client,
      server: call.server,
      status: "● open",
      tone: "cyan",
      detail: [asked === EMPTY ? undefined : asked, deadline].filter((text) => text !== undefined).join(", "),
      detailMayGo: true,
    },
    style,
  );
}

function callColumns(call: Call, { kindOf }: LogStyle): CallColumns {
  return {
    id: String(call.id),
    glyph: kindGlyph(call, kindOf?.(call.method)),
    subject: visible(call.method),
  };
}

/** What a line tells of a call beyond its end. */
export interface EndFacts {
  /** The answer's, where it is no gRPC. */
  readonly httpStatus?: string | undefined;
  /** What was asked and answered, where it can be read: of several messages the last. */
  readonly asked?: string | undefined;
  readonly answered?: string | undefined;
  /** What binary metadata holds, the details of an error above all; empty when there is none to read. */
  readonly metadata?: string | undefined;
}

/** @param call undefined when it was trimmed */
export function endLine(event: CallEndEvent, call: Call | undefined, facts: EndFacts, style: LogStyle): string {
  const { httpStatus } = facts;
  const by = event.by === "server" ? "" : ` by ${event.by}`;
  const common = {
    at: event.at,
    id: String(event.call),
    glyph: kindGlyph(event, call && style.kindOf?.(call.method)),
    subject: call === undefined ? "(no longer kept)" : visible(call.method),
    durationMs: event.durationMs,
    client: event.client,
    server: event.server,
  };
  if (call?.protocol === "unknown" && httpStatus !== undefined && event.status.source === "http-status") {
    const tone = /^5/.test(httpStatus) ? "red" : /^4/.test(httpStatus) ? "yellow" : "plain";
    const failed = tone === "plain" ? "" : "✗ ";
    return render({ ...common, status: `${failed}HTTP ${visible(httpStatus)}${by}`, tone, detail: "not gRPC" }, style);
  }
  const overdue = endedByDeadline(event, call?.timeoutMs);
  const metadata = facts.metadata ? `[${facts.metadata}]` : "";
  const told =
    event.status.code === 0
      ? [conversation(facts, detailRoom(style))]
      : [explanation(event, overdue ? call?.timeoutMs : undefined), question(facts)];
  const detail = [...told, metadata].filter(Boolean).join(" ");
  const colon = by === "" || detail === "" || detail.startsWith("(inferred") ? "" : ":";
  const glyph = event.status.code === 0 ? "" : event.status.code === 1 ? "⊘ " : "✗ ";
  return render(
    {
      ...common,
      status: `${glyph}${event.status.name}${by}${colon}`,
      tone: overdue ? "red" : toneOf(event.status.code),
      detail,
    },
    style,
  );
}

/** Both sides are to be seen where there is room for one line only. */
function conversation({ asked, answered }: EndFacts, room: number): string {
  if (asked === undefined || answered === undefined) return answered === undefined ? (asked ?? "") : `→ ${answered}`;
  const askedRoom = Math.max(Math.floor(room / 2), room - textWidth(answered)) - textWidth(" → ");
  return `${cutText(asked, Math.max(1, askedRoom))} → ${answered}`;
}

/** What a failure was the answer to: behind its reason, which says more. An empty question says nothing. */
function question({ asked }: EndFacts): string {
  return asked === undefined || asked === EMPTY ? "" : `← ${asked}`;
}

function explanation({ status, by }: CallEndEvent, overdueMs: number | undefined): string {
  // Some servers send "OK" as the message of OK.
  if (status.code === 0) return "";
  if (status.source === "trailers") return visible(status.message);
  const why = visible(status.message).replace(/(, as its deadline ran out)?(; no grpc-status)?$/, "");
  const whose = by !== "server" && why.startsWith(`${by} `) ? why.slice(by.length + 1) : why;
  const deadline = overdueMs === undefined ? "" : `deadline of ${formatDuration(overdueMs)} exceeded `;
  return `${deadline}(inferred: ${whose})`;
}

/** Statuses by whose fault they are: the caller's are yellow, CANCELLED is dim, the server's red. */
function toneOf(code: number): Tone {
  if (code === 0) return "plain";
  if (code === 1) return "dim";
  return [3, 5, 6, 7, 9, 11, 16].includes(code) ? "yellow" : "red";
}

/** A connection that stays open and that no calls will be seen of. @param at now, Unix ms */
export function connectionLine(opened: ConnectionOpenedEvent, at: number, style: LogStyle): string {
  const detail = notDecoded(opened);
  return render({ ...connectionColumns(opened), at, status: "● open", tone: "cyan", detail }, style);
}

/** @param opened undefined when that is no longer kept */
export function connectionEndLine(
  event: ConnectionClosedEvent,
  opened: ConnectionOpenedEvent | undefined,
  style: LogStyle,
): string {
  const failed = event.how === "error";
  const columns =
    opened === undefined ? { id: `c${event.connection}`, glyph: "·", subject: "" } : connectionColumns(opened);
  const sizes = `${formatBytes(event.clientBytes)}↑ ${formatBytes(event.serverBytes)}↓`;
  const end = event.how === "reset" ? `reset by ${event.by}` : `closed by ${event.by}`;
  const reason = event.reason === undefined ? "" : visible(event.reason);
  const what = opened === undefined ? sizes : `${sizes}, ${notDecoded(opened)}`;
  return render(
    {
      ...columns,
      at: event.at,
      durationMs: event.durationMs,
      status: failed ? "✗ failed" : end,
      tone: event.how === "end" ? "plain" : "red",
      detail: failed ? reason : reason === "" ? what : `${reason}; ${what}`,
    },
    style,
  );
}

function connectionColumns(opened: ConnectionOpenedEvent): CallColumns {
  const to = opened.server === "" ? "" : ` to ${opened.server}`;
  return { id: `c${opened.connection}`, glyph: "·", subject: visible(`${opened.client}${to}`) };
}

function notDecoded(opened: ConnectionOpenedEvent): string {
  const what = opened.protocol === "unknown" ? "unknown protocol" : opened.protocol.toUpperCase();
  return `${visible(what)}, carried as it is`;
}

export function problemLine(event: ProtocolErrorEvent, call: Call | undefined, style: LogStyle): string {
  const detail = `${visible(event.message)} (${event.code})`;
  return render(
    { ...problemColumns(event.connection, call), at: event.at, status: `! by ${event.from}:`, tone: "red", detail },
    style,
  );
}

/** A message that could not be read whole. */
export function messageProblemLine(event: MessageEvent, call: Call | undefined, style: LogStyle): string | undefined {
  if (event.problem === undefined) return undefined;
  const from = event.kind === "client-message" ? "client" : "server";
  const detail = `message ${event.index}: ${visible(event.problem.message)} (${event.problem.code})`;
  const columns = call === undefined ? { id: String(event.call), glyph: "!", subject: "" } : problemColumns(0, call);
  return render({ ...columns, at: event.at, status: `! by ${from}:`, tone: "red", detail }, style);
}

/** A GOAWAY that names an error. */
export function goawayLine(event: GoawayEvent, style: LogStyle): string {
  const debug = event.debug === "" ? "" : ` "${visible(event.debug)}"`;
  const detail = `GOAWAY ${event.name}${debug}, last stream ${event.lastStream}`;
  return render(
    {
      ...problemColumns(event.connection, undefined),
      at: event.at,
      status: `! by ${event.from}:`,
      tone: "red",
      detail,
    },
    style,
  );
}

/** Data that waited for the other side to read. */
export function stallLine(event: WindowStallEvent, style: LogStyle): string {
  const where = event.stream === 0 ? "the connection" : `stream ${event.stream}`;
  const reader = event.from === "client" ? "server" : "client";
  const detail = `${event.from}'s data had to wait: the window of ${where} was used up`;
  const columns = problemColumns(event.connection, undefined);
  return render(
    { ...columns, at: event.at, durationMs: event.durationMs, status: `! by ${reader}:`, tone: "yellow", detail },
    style,
  );
}

function problemColumns(connection: number, call: Call | undefined): CallColumns {
  if (call !== undefined) return { id: String(call.id), glyph: "!", subject: visible(call.method) };
  return { id: `c${connection}`, glyph: "!", subject: `connection ${connection}` };
}

/** What does not fit a schema, and where it was seen first. */
export function driftLine(drift: DriftEvent, style: LogStyle): string {
  const message = drift.index === undefined ? "" : `message ${drift.index}: `;
  const field = drift.path === "" ? "" : `${visible(drift.path)}: `;
  return render(
    {
      at: drift.at,
      id: String(drift.call),
      glyph: "!",
      subject: visible(drift.method),
      status: `! by ${drift.side}:`,
      tone: "yellow",
      detail: `does not fit the schema: ${message}${field}${visible(drift.message)} (${drift.code})`,
    },
    style,
  );
}

export function droppedLine(event: DroppedEvent, style: LogStyle): string {
  return missing(event, "this output was read too slowly to keep up", style);
}

/** Events that were cleared, or trimmed, before somebody asked for them. */
export function goneLine(event: DroppedEvent, style: LogStyle): string {
  return missing(event, "not kept any more when it was asked for", style);
}

function missing({ events }: DroppedEvent, why: string, style: LogStyle): string {
  return style.paint("red", `! ${events} ${events === 1 ? "event is" : "events are"} missing here: ${why}`);
}
