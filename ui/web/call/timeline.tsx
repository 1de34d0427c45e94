// What happened in a call, a row an event, growing while the stream is open: client on the left, server on the right.

import type { FeedCallEvent } from "../../../src/feed/messages.js";
import { formatSince, styleOfStatus } from "../../../src/view/call-text.js";
import { formatBytes, formatDuration } from "../../../src/view/format.js";
import { visible } from "../../../src/view/visible.js";
import { Icon, Signs } from "../parts/icon.js";
import { VirtualRows } from "../parts/virtual-rows.js";
import type { MessageAddress } from "../state/route.js";
import type { WebCall } from "../state/web-call.js";
import type { CallRecord } from "./records.js";

const ROW = 24;
/** A pause that is worth a word: in ms, and of how long the call took so far. */
const PAUSE = { ms: 1000, part: 0.05 } as const;

interface TimelineProps {
  readonly call: WebCall;
  readonly records: readonly CallRecord[];
  readonly selected: MessageAddress | undefined;
  readonly onOpen: (message: MessageAddress) => void;
}

export function Timeline({ call, records, selected, onOpen }: TimelineProps) {
  const isOpen = call.end === undefined;
  const chosen = selected === undefined ? -1 : records.findIndex(({ event }) => isAt(event, selected));
  const total = (records.at(-1)?.event.at ?? call.startedAt) - call.startedAt;
  const count = records.length + (isOpen ? 1 : 0);
  const row = (index: number) => {
    const record = records[index];
    if (record === undefined) {
      return (
        <div key="end" class="event last" role="row">
          open; what comes next appears here
        </div>
      );
    }
    const before = records[index - 1]?.event.at ?? record.event.at;
    const pause = record.event.at - before;
    return (
      <EventRow
        key={record.event.seq}
        record={record}
        start={call.startedAt}
        pause={record.passed === undefined && pause > Math.max(PAUSE.ms, total * PAUSE.part) ? pause : undefined}
        isSelected={index === chosen}
        onOpen={onOpen}
      />
    );
  };
  return (
    <VirtualRows
      class="timeline"
      role="grid"
      label="Events of the call"
      count={count}
      rowHeight={ROW}
      row={row}
      show={chosen}
      follow={isOpen && chosen < 0}
    />
  );
}

function isAt(event: FeedCallEvent, { side, index }: MessageAddress): boolean {
  const isMessage = event.kind === "client-message" || event.kind === "server-message";
  return isMessage && event.kind.startsWith(side) && event.index === index;
}

interface EventRowProps {
  readonly record: CallRecord;
  readonly start: number;
  readonly pause: number | undefined;
  readonly isSelected: boolean;
  readonly onOpen: (message: MessageAddress) => void;
}

function EventRow({ record, start, pause, isSelected, onOpen }: EventRowProps) {
  const { event } = record;
  const side = sideOf(event);
  const { label, detail, style } = partsOf(record);
  const passed = record.passed === undefined ? undefined : `${record.passed.toLocaleString("en")} events`;
  const isMessage = event.kind === "client-message" || event.kind === "server-message";
  const address = isMessage ? { side: side as "client" | "server", index: event.index } : undefined;
  return (
    <div
      class={`event ${side}${isMessage ? " says" : ""}${isSelected ? " selected" : ""}`}
      role="row"
      aria-selected={isMessage ? isSelected : undefined}
      tabIndex={isMessage ? 0 : undefined}
      data-message={address === undefined ? undefined : `${address.side}/${address.index}`}
      onClick={() => address !== undefined && onOpen(address)}
      onKeyDown={(pressed) => {
        if (pressed.key !== "Enter" || address === undefined) return;
        pressed.stopPropagation();
        onOpen(address);
      }}
    >
      <span class="since" role="gridcell" title={gapTitle(pause, passed)}>
        {formatSince(event.at - start)}
        {pause !== undefined && <i>┈ {formatDuration(pause)}</i>}
        {passed !== undefined && <i>┈ {passed}</i>}
      </span>
      <span class="arrow" role="gridcell">
        <Icon sign={side === "client" ? "▶" : side === "server" ? "◀" : "■"} />
      </span>
      <span class="label" role="gridcell">
        <Signs text={label} />
      </span>
      <span class={`detail s-${style}`} role="gridcell">
        {isMessage ? detail : <Signs text={detail} />}
      </span>
    </div>
  );
}

function gapTitle(pause: number | undefined, passed: string | undefined): string | undefined {
  if (passed !== undefined)
    return `${passed} before this one are not shown: the stream is too long, or too fast to read`;
  return pause === undefined ? undefined : `after a pause of ${formatDuration(pause)}`;
}

function sideOf(event: FeedCallEvent): "client" | "server" | "neither" {
  if (event.kind.startsWith("client-")) return "client";
  if (event.kind.startsWith("server-")) return "server";
  return "from" in event ? event.from : "neither";
}

interface Parts {
  readonly label: string;
  readonly detail: string;
  readonly style: string;
}

function partsOf({ event, preview, guessed }: CallRecord): Parts {
  switch (event.kind) {
    case "client-header":
    case "server-header":
    case "client-trailer":
      return { label: TITLES[event.kind], detail: namesOf(event.fields), style: "dim" };
    case "client-message":
    case "server-message": {
      const packed = event.compressed === true && event.length !== event.wireLength;
      const size = packed
        ? `${formatBytes(event.length)} → ${formatBytes(event.wireLength)} z`
        : formatBytes(event.wireLength);
      const label = `#${event.index}  ${size}`;
      const problem = event.problem?.message ?? event.problems?.[0]?.message;
      if (event.trimmed === true) return { label, detail: "its bytes are no longer kept", style: "dim" };
      if (problem !== undefined) return { label, detail: `! ${visible(problem)}  ${preview ?? ""}`, style: "warning" };
      if (event.omitted === true) return { label, detail: "large: open it to see what it says", style: "dim" };
      return { label, detail: `${guessed ? "? " : ""}${visible(preview ?? "")}`, style: guessed ? "guess" : "plain" };
    }
    case "client-half-close":
      return { label: "END_STREAM", detail: "the client has sent all", style: "dim" };
    case "server-trailer": {
      const { status } = event;
      const only = event.trailersOnly === true ? "TRAILERS-ONLY" : "TRAILERS";
      const said = status.source === "trailers" ? status.name : "no grpc-status";
      return {
        label: only,
        detail: `${glyphOf(status.code)}${visible(status.message === said ? said : `${said} ${status.message}`)}`,
        style: styleOfStatus(status.code),
      };
    }
    case "cancel":
      return { label: `RST_STREAM ${visible(event.name)}`, detail: `code ${event.code}`, style: "warning" };
    case "call-end":
      return {
        label: `end: ${event.how}`,
        detail: `${glyphOf(event.status.code)}${visible(event.status.name)} by the ${event.by} after ${formatDuration(event.durationMs)}`,
        style: styleOfStatus(event.status.code),
      };
    case "protocol-error":
      return {
        label: "! protocol error",
        detail: `${visible(event.message)} (${visible(event.code)})`,
        style: "serverFault",
      };
    default:
      return event satisfies never;
  }
}

const TITLES = { "client-header": "HEADERS", "server-header": "HEADERS", "client-trailer": "TRAILERS" } as const;
const MAX_NAMES = 12;

function glyphOf(code: number): string {
  return code === 0 ? "✓ " : code === 1 ? "⊘ " : "✗ ";
}

function namesOf(fields: readonly (readonly [string, string])[]): string {
  const own = fields.filter(([name]) => !name.startsWith(":"));
  const shown = own.slice(0, MAX_NAMES).map(([name]) => visible(name));
  return shown.join(", ") + (own.length > shown.length ? ", …" : "");
}
