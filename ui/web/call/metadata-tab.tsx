// Headers and trailers as they stood on the wire; secrets as the feed masks them, binary ones with what is in them.

import type { FeedCallEvent } from "../../../src/feed/messages.js";
import { statusName } from "../../../src/model/status.js";
import { formatDuration } from "../../../src/view/format.js";
import { visible } from "../../../src/view/visible.js";
import { Icon } from "../parts/icon.js";
import { copy } from "../parts/notice.js";
import type { WebCall } from "../state/web-call.js";
import type { CallRecord } from "./records.js";

type WithFields = Extract<FeedCallEvent, { readonly fields: unknown }>;

const TITLES: Readonly<Record<WithFields["kind"], string>> = {
  "client-header": "Request headers",
  "server-header": "Response headers",
  "client-trailer": "Client trailers",
  "server-trailer": "Trailers",
};
const MAX_FIELDS = 1000;
const MAX_CHARS = 4000;

export function MetadataTab({ call, records }: { readonly call: WebCall; readonly records: readonly CallRecord[] }) {
  const events = records.flatMap(({ event }) => ("fields" in event ? [event] : []));
  return (
    <div class="metadata" role="tabpanel">
      {events.map((event) => (
        <Group key={event.seq} event={event} call={call} />
      ))}
      {!events.some(({ kind }) => kind === "server-header") && <p class="none">No response headers came.</p>}
      {call.end !== undefined && !events.some(({ kind }) => kind === "server-trailer") && (
        <p class="none">No trailers came: the status is what clients take that for.</p>
      )}
    </div>
  );
}

function Group({ event, call }: { readonly event: WithFields; readonly call: WebCall }) {
  const more = event.fields.length - MAX_FIELDS + (event.droppedFields ?? 0);
  const only = event.kind === "server-trailer" && event.trailersOnly === true ? " (trailers-only)" : "";
  const informational = event.kind === "server-header" && event.informational === true ? " (informational)" : "";
  return (
    <table>
      <caption>
        {TITLES[event.kind]}
        {only}
        {informational} <i>{event.fields.length + (event.droppedFields ?? 0)}</i>
      </caption>
      <tbody>
        {event.problem !== undefined && (
          <tr>
            <td colSpan={2} class="s-warning">
              ! {event.problem.message}
            </td>
          </tr>
        )}
        {event.trimmed === true && (
          <tr>
            <td colSpan={2}>no longer kept</td>
          </tr>
        )}
        {event.fields.slice(0, MAX_FIELDS).map(([name, value], place) => (
          <tr key={place}>
            <th scope="row" class={name.startsWith(":") ? "pseudo" : ""}>
              {visible(name)}
            </th>
            <td>
              <Value value={value} />
              <Meaning name={name} value={value} timeoutMs={call.timeoutMs} />
              <Decoded event={event} name={name} />
              <button type="button" class="copy" aria-label={`Copy ${name}`} onClick={() => void copy(value, name)}>
                <Icon sign="⧉" />
              </button>
            </td>
          </tr>
        ))}
        {more > 0 && (
          <tr>
            <td colSpan={2}>… {more} more</td>
          </tr>
        )}
      </tbody>
    </table>
  );
}

function Value({ value }: { readonly value: string }) {
  const masked = /^<masked ([0-9a-f]{6})>$/.exec(value);
  if (masked === null) return <code>{textOf(value)}</code>;
  return (
    <code class="masked" title="A secret: alike for the same value. framelens --show-secrets shows it">
      •••••••• {masked[1]}
    </code>
  );
}

function Meaning({
  name,
  value,
  timeoutMs,
}: {
  readonly name: string;
  readonly value: string;
  readonly timeoutMs: number | undefined;
}) {
  let text = "";
  if (name === "grpc-timeout" && timeoutMs !== undefined) text = `deadline ${formatDuration(timeoutMs)}`;
  if (name === "grpc-status" && /^\d{1,3}$/.test(value)) text = statusName(Number(value));
  return text === "" ? null : <i>{text}</i>;
}

function Decoded({ event, name }: { readonly event: WithFields; readonly name: string }) {
  if (!name.toLowerCase().endsWith("-bin") || typeof event.decoded !== "object" || event.decoded === null) return null;
  const values = (event.decoded as Readonly<Record<string, unknown>>)[name.toLowerCase()];
  return values === undefined ? null : <pre>{JSON.stringify(values, undefined, 2)}</pre>;
}

/** Values are octets; those that are UTF-8 read better as such. */
function textOf(value: string): string {
  const text = value.slice(0, MAX_CHARS);
  if (!/[\x80-\xff]/.test(text)) return visible(text);
  try {
    const octets = Uint8Array.from(text, (char) => char.charCodeAt(0));
    return visible(new TextDecoder("utf-8", { fatal: true }).decode(octets));
  } catch {
    return visible(text);
  }
}
