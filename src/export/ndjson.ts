// Events as JSON, one object a line: what a program reads. The shapes are those of model/events.ts.
import type { Capture } from "../capture/capture.js";
import { base64Pieces } from "../message/long-text.js";
import type { ContractEvent, DriftEvent } from "../model/contract.js";
import type { CaptureEvent, DroppedEvent, MessageEvent } from "../model/events.js";
import type { Field } from "../model/fields.js";
import { maskPath } from "../model/secrets.js";
import type { SizesEvent } from "../model/sizes.js";
import type { Status } from "../model/status.js";
import { MESSAGE_CELLS, messageLine as messageLineOf } from "../session/message-line.js";
import type { MessageReader } from "../session/message-reader.js";
import type { MessageView } from "../session/message-view.js";
import type { ListTexts } from "./list-texts.js";
import { type TellingOptions, toldFields, typesForFields } from "./told-fields.js";

export interface NdjsonOptions extends TellingOptions {
  /** Puts message bytes into `data`, base64, after decompression where that is possible. */
  readonly bodies: boolean;
  /** In place of what a message says: `line`, the same on one line of a log. */
  readonly lines?: boolean;
  /** Inflates messages and puts `type` and `json`, or else `guess`, into them, `details` into statuses, `decoded` into lists of fields. */
  readonly messages?: MessageReader | undefined;
  /** Spares lists that come again the work. */
  readonly lists?: ListTexts;
}

/** A line, or its pieces: each made when it is asked for, and but for the first of some 32 KiB where the message has long values. */
export type Line = string | Iterable<string>;
type LineSoon = Line | Promise<Line>;
type HeaderEvent = Extract<CaptureEvent, { readonly fields: readonly Field[] }>;

/** What was found out by looking at every message, as one line with its newline. It is no event of the capture, so it has no seq. */
export function findingLine(finding: DriftEvent | ContractEvent | SizesEvent): string {
  return line(finding);
}

/** One line, with its newline. Only what must be decompressed or asked for takes more than this turn of the event loop. */
export function ndjsonLine(
  event: CaptureEvent | DroppedEvent,
  capture: Capture,
  options: NdjsonOptions,
): string | Promise<string> {
  const line = ndjsonPieces(event, capture, options);
  return line instanceof Promise ? line.then(whole) : whole(line);
}

function whole(line: Line): string {
  return typeof line === "string" ? line : [...line].join("");
}

/** The same line in pieces where it is long, for whoever can write them one after the other. */
export function ndjsonPieces(event: CaptureEvent | DroppedEvent, capture: Capture, options: NdjsonOptions): LineSoon {
  switch (event.kind) {
    case "client-message":
    case "server-message":
      return messageLine(event, options);
    case "call-end": {
      const status = withDetails(event.status, capture.trailersOf(event.call), options);
      return plainLine(status === event.status ? event : { ...event, status });
    }
    case "server-trailer": {
      const status = withDetails(event.status, event.fields, options);
      return headerLine(status === event.status ? event : { ...event, status }, options);
    }
    case "client-header": {
      const asked = typesForFields(event.method, event.fields, options);
      return asked === undefined
        ? clientHeaderLine(event, options)
        : asked.then(() => clientHeaderLine(event, options));
    }
    case "client-half-close":
    case "cancel":
      return plainLine(event);
    default:
      return "fields" in event ? headerLine(event, options) : line(event);
  }
}

function clientHeaderLine(event: CaptureEvent & { readonly kind: "client-header" }, options: NdjsonOptions): string {
  const method = options.showSecrets ? event.method : maskPath(event.method, options.salt);
  return headerLine(method === event.method ? event : { ...event, method }, options);
}

function headerLine(event: HeaderEvent, options: NdjsonOptions): string {
  const make = (fields: readonly Field[]) => safe(JSON.stringify(toldFields(fields, options)).slice(1));
  const version = options.messages?.version ?? 0;
  const rest = options.lists?.textOf(event.fields, version, make) ?? make(event.fields);
  return `{${members(event, "fields")},${rest}\n`;
}

function withDetails(status: Status, trailers: readonly Field[], options: NdjsonOptions): Status {
  const details = status.source === "trailers" ? options.messages?.decoder?.statusDetails(trailers) : undefined;
  if (details === undefined) return status;
  const detailed: Status & { readonly details: readonly unknown[] } = { ...status, details };
  return detailed;
}

function messageLine(event: MessageEvent, options: NdjsonOptions): LineSoon {
  if (options.messages === undefined) return plainLine(event);
  const { messages } = options;
  const view = messages.readOnce(event);
  return view instanceof Promise
    ? view.then((read) => viewLine(read, messages, options))
    : viewLine(view, messages, options);
}

function viewLine(view: MessageView, messages: MessageReader, options: NdjsonOptions): Line {
  if (options.lines === true) return shortLine(view);
  const told = factsOf(view);
  if (view.isLong) {
    view.hold();
    return heldPieces(told, view, messages, options);
  }
  const { json } = view;
  // Base64 is safe as it is, and so is what was read: it is JSON text already.
  const bytes = options.bodies ? view.shownBytes : undefined;
  const data = bytes === undefined ? "" : `,"data":"${bufferOf(bytes).toString("base64")}"`;
  const guess = json === undefined ? view.guess?.json : undefined;
  const read = json !== undefined ? `,"json":${json}` : guess !== undefined ? `,"guess":${guess}` : "";
  return `{${told}${data}${read}}\n`;
}

function shortLine(view: MessageView): string {
  const { event, type, problem } = view;
  let told = members(event, "problem");
  if (type !== undefined) told += `,"type":${valueText(type)}`;
  if (problem !== undefined) told += `,"problem":${valueText({ code: problem.code, message: problem.message })}`;
  const line = messageLineOf(view, MESSAGE_CELLS);
  return `{${told}${line === undefined ? "" : `,"line":${valueText(line)}`}}\n`;
}

/** However the telling ends, the octets are not needed after it. */
function* heldPieces(
  told: string,
  view: MessageView,
  messages: MessageReader,
  options: NdjsonOptions,
): Iterable<string> {
  try {
    yield* linePieces(told, view, options);
  } finally {
    messages.done(view);
  }
}

/** The same line as of any message. */
function* linePieces(told: string, view: MessageView, options: NdjsonOptions): Iterable<string> {
  yield `{${told}`;
  const bytes = options.bodies ? view.shownBytes : undefined;
  if (bytes !== undefined) {
    yield ',"data":"';
    yield* base64Pieces(bufferOf(bytes), 0, bytes.length);
    yield '"';
  }
  const json = view.jsonPieces;
  const guess = json === undefined ? view.guess : undefined;
  if (json !== undefined) {
    yield ',"json":';
    yield* json;
  } else if (guess !== undefined) {
    yield ',"guess":';
    yield* guess.jsonPieces ?? [guess.json];
  }
  yield "}\n";
}

/** The members of a line about a message, but for what is in the message. */
function factsOf(view: MessageView): string {
  const { event, type, jsonPieces: json, problem, problems } = view;
  let told = members(event, "problem");
  if (type !== undefined && json !== undefined) told += `,"type":${valueText(type)}`;
  const jsonLength = json === undefined ? undefined : view.sizes.json;
  if (jsonLength !== undefined) told += `,"jsonLength":${jsonLength}`;
  if (problems.length > 0) told += `,"problems":${valueText(problems)}`;
  if (problem !== undefined) told += `,"problem":${valueText({ code: problem.code, message: problem.message })}`;
  return told;
}

/** An event whose members are ours, and named so: the same as {@link line}, in half the time. */
function plainLine(event: object): string {
  return `{${members(event, "")}}\n`;
}

/** The members of an object but one, without brackets: several times as fast as an object without it would be. */
function members(event: object, without: string): string {
  let text = "";
  for (const key in event) {
    const value = (event as Readonly<Record<string, unknown>>)[key];
    if (key === without || value === undefined) continue;
    text += text === "" ? `"${key}":${valueText(value)}` : `,"${key}":${valueText(value)}`;
  }
  return text;
}

/** Letters and what stands in methods and names of encodings: nothing to be escaped. */
const PLAIN = /^[\w./:-]*$/;

function valueText(value: unknown): string {
  if (typeof value === "number" && Number.isFinite(value)) return `${value}`;
  if (typeof value === "string" && PLAIN.test(value)) return `"${value}"`;
  return safe(JSON.stringify(value));
}

/**
 * What JSON leaves as it is and a terminal obeys, or a reader of lines takes for their end: DEL, C1 controls (U+0085, U+009B),
 * line separators, and what reorders text.
 */
const UNSAFE = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

function line(event: object): string {
  return `${safe(JSON.stringify(event))}\n`;
}

function safe(json: string): string {
  return json.replace(UNSAFE, escaped);
}

function escaped(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
