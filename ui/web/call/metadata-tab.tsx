// Headers and trailers as they stood on the wire; secrets as the feed masks them, binary ones with what is in them.

import type { FeedCallEvent } from "../../../src/feed/messages.js";
import { fieldsTitle, valueMeaning, valueText } from "../../../src/view/metadata-facts.js";
import { visible } from "../../../src/view/visible.js";
import { Icon } from "../parts/icon.js";
import { copy } from "../parts/notice.js";
import type { WebCall } from "../state/web-call.js";
import type { CallRecord } from "./records.js";

type WithFields = Extract<FeedCallEvent, { readonly fields: unknown }>;

const MAX_FIELDS = 1000;

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
  const [title, note] = fieldsTitle(event);
  const more = event.fields.length - MAX_FIELDS + (event.droppedFields ?? 0);
  return (
    <table>
      <caption>
        {title} {note !== "" && `(${note}) `}
        <i>{event.fields.length + (event.droppedFields ?? 0)}</i>
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
              <i>{valueMeaning(name, value, call.timeoutMs)}</i>
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
  if (masked === null) return <code>{valueText(value)}</code>;
  return (
    <code class="masked" title="A secret: alike for the same value. framelens --show-secrets shows it">
      •••••••• {masked[1]}
    </code>
  );
}

function Decoded({ event, name }: { readonly event: WithFields; readonly name: string }) {
  if (!name.toLowerCase().endsWith("-bin") || typeof event.decoded !== "object" || event.decoded === null) return null;
  const values = (event.decoded as Readonly<Record<string, unknown>>)[name.toLowerCase()];
  return values === undefined ? null : <pre>{JSON.stringify(values, undefined, 2)}</pre>;
}
