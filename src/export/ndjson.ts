// Events as JSON, one object a line: what a program reads. The shapes are those of model/events.ts.
import type { Capture } from "../capture/capture.js";
import { decompress } from "../message/decompress.js";
import type { CaptureEvent, DroppedEvent, MessageEvent } from "../model/events.js";
import { maskFields } from "../model/secrets.js";

export interface NdjsonOptions {
  /** Puts message bytes into `data`, base64, after decompression where that is possible. */
  readonly bodies: boolean;
  readonly showSecrets: boolean;
  /** See {@link maskFields}. */
  readonly salt: number;
  /** What one message may inflate to; default as {@link decompress}. */
  readonly maxInflatedBytes?: number;
}

/** One line, with its newline. Only a compressed message takes more than this turn of the event loop. */
export function ndjsonLine(
  event: CaptureEvent | DroppedEvent,
  capture: Capture,
  options: NdjsonOptions,
): string | Promise<string> {
  if (event.kind === "client-message" || event.kind === "server-message") return messageLine(event, capture, options);
  if ("fields" in event && !options.showSecrets)
    return line({ ...event, fields: maskFields(event.fields, options.salt) });
  return line(event);
}

function messageLine(event: MessageEvent, capture: Capture, options: NdjsonOptions): string | Promise<string> {
  const compressed = event.compressed === true && event.problem === undefined && event.truncated !== true;
  if (!compressed && !options.bodies) return line(event);
  const bytes = capture.messageBytes(event.seq);
  if (bytes === undefined) return line(event);
  if (!compressed) return line({ ...event, data: base64(bytes) });
  return decompress(event.encoding, bytes, options.maxInflatedBytes).then((inflated) => {
    if ("problem" in inflated)
      return line({ ...event, problem: inflated.problem, ...(options.bodies ? { data: base64(bytes) } : {}) });
    return line({
      ...event,
      length: inflated.bytes.length,
      ...(options.bodies ? { data: base64(inflated.bytes) } : {}),
    });
  });
}

function line(event: object): string {
  return `${JSON.stringify(event)}\n`;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64");
}
