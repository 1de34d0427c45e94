// Events as JSON, one object a line: what a program reads. The shapes are those of model/events.ts.
import type { Capture } from "../capture/capture.js";
import { decompress } from "../message/decompress.js";
import { isFatal } from "../message/problems.js";
import type { CaptureEvent, DroppedEvent, MessageEvent } from "../model/events.js";
import type { Field } from "../model/fields.js";
import { maskFields } from "../model/secrets.js";
import type { Status } from "../model/status.js";
import type { MessageDecoder } from "../schema/message-decoder.js";

export interface NdjsonOptions {
  /** Puts message bytes into `data`, base64, after decompression where that is possible. */
  readonly bodies: boolean;
  readonly showSecrets: boolean;
  /** See {@link maskFields}. */
  readonly salt: number;
  /** What one message may inflate to; default as {@link decompress}. */
  readonly maxInflatedBytes?: number;
  /** Puts `type` and `json` into messages whose method a schema knows, and `details` into statuses. */
  readonly decoder?: MessageDecoder;
}

type Line = string | Promise<string>;

/** One line, with its newline. Only what must be decompressed or asked for takes more than this turn of the event loop. */
export function ndjsonLine(event: CaptureEvent | DroppedEvent, capture: Capture, options: NdjsonOptions): Line {
  switch (event.kind) {
    case "client-message":
    case "server-message":
      return messageLine(event, capture, options);
    case "call-end":
      return line({ ...event, status: withDetails(event.status, capture.trailersOf(event.call), options) });
    case "server-trailer":
      return line({
        ...event,
        status: withDetails(event.status, event.fields, options),
        fields: shown(event.fields, options),
      });
    default:
      return "fields" in event ? line({ ...event, fields: shown(event.fields, options) }) : line(event);
  }
}

function shown(fields: readonly Field[], options: NdjsonOptions): readonly Field[] {
  return options.showSecrets ? fields : maskFields(fields, options.salt);
}

function withDetails(status: Status, trailers: readonly Field[], options: NdjsonOptions): object {
  const details = status.source === "trailers" ? options.decoder?.statusDetails(trailers) : undefined;
  return details === undefined ? status : { ...status, details };
}

function messageLine(event: MessageEvent, capture: Capture, options: NdjsonOptions): Line {
  const method = options.decoder === undefined ? undefined : capture.methodOf(event.call);
  if (method !== undefined && options.decoder?.knows(method) === false) {
    return options.decoder.ask(method).then(() => messageWith(event, capture, method, options));
  }
  return messageWith(event, capture, method, options);
}

function messageWith(event: MessageEvent, capture: Capture, method: string | undefined, options: NdjsonOptions): Line {
  const compressed = event.compressed === true && event.problem === undefined && event.truncated !== true;
  if (!compressed && !options.bodies && method === undefined) return line(event);
  const bytes = capture.messageBytes(event.seq);
  if (bytes === undefined) return line(event);
  if (!compressed) return decodedLine(event, bytes, method, options);
  return decompress(event.encoding, bytes, options.maxInflatedBytes).then((inflated) => {
    if (!("problem" in inflated)) {
      return decodedLine({ ...event, length: inflated.bytes.length }, inflated.bytes, method, options);
    }
    return line({ ...event, problem: inflated.problem, ...(options.bodies ? { data: base64(bytes) } : {}) });
  });
}

/** @param bytes after decompression; of a message that is still compressed or not whole, what there is */
function decodedLine(
  event: MessageEvent,
  bytes: Uint8Array,
  method: string | undefined,
  options: NdjsonOptions,
): string {
  const readable = event.compressed !== true || event.problem === undefined;
  const from = event.kind === "client-message" ? "client" : "server";
  const decoded = method === undefined || !readable ? undefined : options.decoder?.decode(method, from, bytes);
  const data = options.bodies ? { data: base64(bytes) } : {};
  if (decoded === undefined) return line({ ...event, ...data });
  const { type, json, problems } = decoded;
  const fatal = problems.find(isFatal);
  const told = {
    ...event,
    type,
    ...data,
    ...(problems.length === 0 ? {} : { problems }),
    ...(event.problem === undefined && fatal !== undefined
      ? { problem: { code: fatal.code, message: fatal.message } }
      : {}),
  };
  // The JSON is text already; it takes the place of the closing brace.
  return `${JSON.stringify(told).slice(0, -1)},"json":${json}}\n`;
}

/**
 * What JSON leaves as it is and a terminal obeys, or a reader of lines takes for their end: DEL, C1 controls (U+0085, U+009B),
 * line separators, and what reorders text.
 */
const UNSAFE = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

function line(event: object): string {
  return `${JSON.stringify(event).replace(UNSAFE, escaped)}\n`;
}

function escaped(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64");
}
