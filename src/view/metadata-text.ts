// Decoded binary metadata in one line: the details of an error by their types, the rest by its name.
import type { DecodedMetadata, MetadataValue } from "../model/metadata.js";
import { cutText } from "./text-width.js";
import { visible } from "./visible.js";

/** Of one value. */
const VALUE_COLUMNS = 90;
/** A list of details is often one: what went wrong, where, and a link to read more. */
const MAX_VALUES = 3;

const STATUS_DETAILS = "grpc-status-details-bin";

/** As in `ErrorInfo {"reason":"STALE"}, x-user-bin {"id":7}`; empty when there is nothing that a person would want to read. */
export function metadataText(decoded: DecodedMetadata): string {
  const texts = Object.entries(decoded).flatMap(([name, values]) =>
    values.flatMap((value) => (name === STATUS_DETAILS ? detailTexts(value) : valueText(name, value))),
  );
  const shown = texts.slice(0, MAX_VALUES).map((text) => cutText(visible(text), VALUE_COLUMNS));
  return [...shown, ...(texts.length > MAX_VALUES ? [`… ${texts.length - MAX_VALUES} more`] : [])].join(", ");
}

/** What census writes is for machines. */
function valueText(name: string, value: MetadataValue): readonly string[] {
  if ("problem" in value) return [`${name}: ${value.problem.message}`];
  if ("format" in value) return [];
  return [`${name}${value.guess === true ? ` (${lastName(value.type)}?)` : ""} ${JSON.stringify(value.json)}`];
}

/** The details of a google.rpc.Status; its code and message are the call's own. */
function detailTexts(value: MetadataValue): readonly string[] {
  if ("problem" in value) return [`${STATUS_DETAILS}: ${value.problem.message}`];
  const { details } = value.json as { readonly details?: readonly Readonly<Record<string, unknown>>[] };
  return (details ?? []).map(({ "@type": type, ...fields }) => `${lastName(String(type))} ${JSON.stringify(fields)}`);
}

function lastName(type: string): string {
  return type.slice(Math.max(type.lastIndexOf("."), type.lastIndexOf("/")) + 1);
}
