// The tabs of a call that are lines of facts: its metadata with how it ended, and its connection.

import type { Call } from "../../src/model/call.js";
import type { CallEvent } from "../../src/model/events.js";
import { type Field, firstValue } from "../../src/model/fields.js";
import type { DecodedMetadata, MetadataValue } from "../../src/model/metadata.js";
import { decodeBinaryMetadata } from "../../src/rpc/grpc.js";
import { hexText } from "../../src/view/hex.js";
import { type MetadataRow, metadataRows } from "../../src/view/metadata.js";
import { type Line, span } from "../../src/view/styled.js";
import { wrapText } from "../../src/view/text-width.js";
import { visible } from "../../src/view/visible.js";
import { connectionLines } from "./connection-lines.js";
import type { Desk } from "./desk.js";
import { frameLines } from "./frame-lines.js";

/** Of a binary value that is shown as octets. */
const MAX_HEX_BYTES = 32;
/** Details of one error that are shown; google.rpc.Status has no limit. */
const MAX_DETAILS = 20;

export function metadataTab(
  desk: Desk,
  call: Call,
  events: readonly CallEvent[],
  sentences: readonly string[],
  width: number,
): readonly MetadataRow[] {
  return [...endRows(desk, call, sentences, width), { line: [] }, ...fieldRows(desk, call, events, width)];
}

/** How a call ended, with the details of its error. */
export function endRows(desk: Desk, call: Call, sentences: readonly string[], width: number): readonly MetadataRow[] {
  const ended: MetadataRow[] = [{ line: [span(call.end === undefined ? "HOW IT STANDS" : "HOW IT ENDED", "title")] }];
  for (const sentence of sentences)
    for (const text of wrapText(sentence, Math.max(10, width - 3))) ended.push({ line: [span(`  ${text}`)] });
  return [...ended, ...detailRows(desk, desk.capture.trailersOf(call.id), width)];
}

/** One list of fields; what trailers hold of an error comes first. */
export function fieldsRows(
  desk: Desk,
  call: Call,
  event: CallEvent & { readonly fields: readonly Field[] },
  width: number,
): readonly MetadataRow[] {
  const details = event.kind === "server-trailer" ? detailRows(desk, event.fields, width) : [];
  return [...details, ...fieldRows(desk, call, [event], width)];
}

function fieldRows(desk: Desk, call: Call, events: readonly CallEvent[], width: number): readonly MetadataRow[] {
  return metadataRows(events, {
    reveal: desk.reveal,
    width,
    timeoutMs: call.timeoutMs,
    decode: (fields, name, value) => decodeBin(desk.reader.decoder?.metadata(fields), name, value),
  });
}

function detailRows(desk: Desk, trailers: readonly Field[], width: number): readonly MetadataRow[] {
  return errorDetails(desk, trailers)
    .slice(0, MAX_DETAILS)
    .flatMap((detail) =>
      wrapText(detailText(detail), Math.max(10, width - 11)).map((text, index) => ({
        line: [span(index === 0 ? "  detail  " : " ".repeat(10), "dim"), span(text, "warning")],
      })),
    );
}

/** What google.rpc.Status in trailers says more of an error; a JSON value each. */
export function errorDetails({ reader }: Desk, trailers: readonly Field[]): readonly unknown[] {
  if (firstValue(trailers, "grpc-status-details-bin") === undefined) return [];
  return reader.decoder?.statusDetails(trailers) ?? [];
}

/** "google.rpc.ErrorInfo {reason: …}" of canonical JSON with its @type. */
export function detailText(detail: unknown): string {
  if (typeof detail !== "object" || detail === null) return visible(JSON.stringify(detail) ?? "");
  const { "@type": url, ...rest } = detail as Record<string, unknown>;
  const type = typeof url === "string" ? url.slice(url.lastIndexOf("/") + 1) : "";
  return visible(`${type} ${JSON.stringify(rest)}`);
}

/** @param decoded what schemas make of it */
function decodeBin(decoded: DecodedMetadata | undefined, name: string, value: string): readonly string[] {
  const known = decoded !== undefined && Object.hasOwn(decoded, name) ? decoded[name] : undefined;
  return decodeBinaryMetadata(value).map((bytes, index) => {
    const read = known?.[index];
    if (read !== undefined && !("problem" in read)) return `${typeText(read)} ${JSON.stringify(read.json)}`;
    if (bytes === undefined) return "not base64";
    const text = asText(bytes);
    if (text !== undefined) return `${bytes.length} bytes of text: ${text}`;
    return `${bytes.length} bytes: ${hexText(bytes.subarray(0, MAX_HEX_BYTES))}${bytes.length > MAX_HEX_BYTES ? "…" : ""}`;
  });
}

function typeText(read: Exclude<MetadataValue, { readonly problem: unknown }>): string {
  if ("format" in read) return read.format;
  return read.guess === true ? `${read.type}?` : read.type;
}

function asText(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return /^[^\x00-\x08\x0e-\x1f\x7f]*$/.test(text) ? text : undefined;
  } catch {
    return undefined;
  }
}

function framesOf(desk: Desk, { connection, stream, startedAt }: Call): readonly Line[] {
  const frames = desk.capture.frames?.of(connection, stream) ?? [];
  const title: Line = [span("FRAMES OF THIS STREAM", "title"), span(`  ${frames.length}`, "dim")];
  if (frames.length > 0) return [[], title, ...frameLines(frames, startedAt)];
  const why = desk.isFile ? "frames are not saved" : "none is kept any more: only the last 65,536 of all streams are";
  return [[], title, [span(` ${why}`, "dim")]];
}

export function http2Lines(desk: Desk, call: Call): readonly Line[] {
  const fact = (name: string, value: string): Line => [span(` ${name.padEnd(22)}`, "dim"), span(value)];
  const connection = desk.connections.get(call.connection);
  const lines: Line[] = [
    [span("STREAM", "title")],
    ...(call.stream === 0 ? [] : [fact("stream", String(call.stream))]),
    fact("protocol", visible(call.protocol)),
    ...(call.stream === 0
      ? []
      : [fact("begun by", call.stream % 2 === 1 ? "the client" : "the server (PUSH_PROMISE)")]),
    ...framesOf(desk, call),
    [],
    [span(`CONNECTION c${call.connection}`, "title")],
  ];
  if (connection === undefined) return [...lines, [span(" no longer kept", "dim")]];
  return [...lines, ...connectionLines(connection, desk.now())];
}
