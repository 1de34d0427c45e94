// What the lists of a call's metadata are called and what their values mean: the same in the terminal and on the page.
import { statusName } from "../model/status.js";
import { formatDuration } from "./format.js";
import { visible } from "./visible.js";

const MAX_VALUE_CHARS = 4000;

const TITLES = {
  "client-header": "Request headers",
  "server-header": "Response headers",
  "client-trailer": "Client trailers",
  "server-trailer": "Trailers",
} as const;

interface FieldsEvent {
  readonly kind: keyof typeof TITLES;
  readonly informational?: true | undefined;
  readonly trailersOnly?: boolean | undefined;
}

/** As in "Trailers", and what to say of them besides: "trailers-only", or nothing. */
export function fieldsTitle({
  kind,
  informational,
  trailersOnly,
}: FieldsEvent): readonly [title: string, note: string] {
  return [TITLES[kind], informational === true ? "informational" : trailersOnly === true ? "trailers-only" : ""];
}

/** What a value says to those who know the name; undefined for what says it itself. */
export function valueMeaning(name: string, value: string, timeoutMs: number | undefined): string | undefined {
  if (name === "grpc-timeout" && timeoutMs !== undefined) return `deadline ${formatDuration(timeoutMs)}`;
  if (name === "grpc-status" && /^\d{1,3}$/.test(value)) return statusName(Number(value));
  return undefined;
}

/** Values are octets; those that are UTF-8 read better as such. */
export function valueText(value: string): string {
  const text = value.slice(0, MAX_VALUE_CHARS);
  if (!/[\x80-\xff]/.test(text)) return visible(text);
  try {
    const octets = Uint8Array.from(text, (char) => char.charCodeAt(0));
    return visible(new TextDecoder("utf-8", { fatal: true }).decode(octets));
  } catch {
    return visible(text);
  }
}
