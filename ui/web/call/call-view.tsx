// One call: what it was, how it stands or ended, and its messages, metadata and times under tabs.

import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { CallEvent } from "../../../src/model/events.js";
import { durationMs, kindGlyph, methodLine, statusSpan } from "../../../src/view/call-text.js";
import { endSentences } from "../../../src/view/end-sentence.js";
import { formatBytes, formatDuration, formatTime } from "../../../src/view/format.js";
import { MessageView } from "../message/message-view.js";
import { Icon } from "../parts/icon.js";
import { useActions } from "../parts/keys.js";
import { Spans } from "../parts/spans.js";
import { Tabs } from "../parts/tabs.js";
import { go, type MessageAddress } from "../state/route.js";
import { clearedAt, frame, link, marked, now, schemaVersion, toggleMark } from "../state/session.js";
import { list } from "../state/shown.js";
import type { WebCall } from "../state/web-call.js";
import { CallWatch } from "./call-watch.js";
import { CopyMenu, copyCall } from "./copy-menu.js";
import { FramesTab } from "./frames-tab.js";
import { MetadataTab } from "./metadata-tab.js";
import { Timeline } from "./timeline.js";
import { TimingTab } from "./timing-tab.js";

const TABS = ["Messages", "Metadata", "Timing", "Frames"] as const;
type Tab = (typeof TABS)[number];

interface CallViewProps {
  readonly call: number;
  readonly message: MessageAddress | undefined;
}

export function CallView({ call: id, message }: CallViewProps) {
  const watch = useMemo(() => new CallWatch(id), [id]);
  const tab = useSignal<Tab>("Messages");
  const isCopying = useSignal(false);
  useEffect(() => () => watch.close(), [watch]);
  const session = link.hello.value?.session;
  const version = schemaVersion.value;
  useEffect(() => {
    if (watch.records.peek().length > 0) watch.restart();
    else watch.refresh();
  }, [version, session]);

  const open = (next: MessageAddress | undefined) => go({ view: "calls", place: { call: id, message: next } });
  const step = (by: 1 | -1) => open(neighbour(watch, message, by) ?? message);
  useActions("call", {
    back: () => (message === undefined ? go({ view: "calls" }) : open(undefined)),
    "next-message": () => step(1),
    "previous-message": () => step(-1),
    // The list goes along; where there is no room for it, it is not there.
    "next-call": () => beside(id, 1),
    "previous-call": () => beside(id, -1),
    "tab-messages": () => {
      tab.value = "Messages";
    },
    "tab-metadata": () => {
      tab.value = "Metadata";
    },
    "tab-timing": () => {
      tab.value = "Timing";
    },
    "tab-frames": () => {
      tab.value = "Frames";
    },
    copy: () => copyCall(watch),
    "copy-as": () => {
      isCopying.value = !isCopying.value;
    },
  });

  const call = watch.call.value;
  if (call === undefined) {
    return (
      <section class="call" aria-label={`Call ${id}`}>
        <div class="empty">
          <h2>{watch.problem.value === undefined ? "Loading…" : `Call ${id} is not here`}</h2>
          {watch.problem.value !== undefined && (
            <p>
              {clearedAt.value === undefined
                ? "framelens keeps as many calls as fit into its memory; older ones go first. --max-memory gives it more."
                : "What was kept was cleared."}
            </p>
          )}
          <button type="button" onClick={() => go({ view: "calls" })}>
            Back to the list
          </button>
        </div>
      </section>
    );
  }
  const records = watch.records.value;
  const show = (next: MessageAddress) => {
    tab.value = "Messages";
    open(next);
  };
  return (
    <section class="call" aria-label={`Call ${id}`}>
      <CallHead call={call} watch={watch} isCopying={isCopying} />
      <Ending call={call} watch={watch} />
      <Tabs names={TABS} selected={tab.value} onSelect={(name) => (tab.value = name)} label="Parts of the call">
        <span class="totals">
          <b class="client">
            <Icon sign="↑" /> {call.client.messages}
          </b>{" "}
          {formatBytes(call.client.bytes)}
          <b class="server">
            <Icon sign="↓" /> {call.server.messages}
          </b>{" "}
          {formatBytes(call.server.bytes)}
        </span>
      </Tabs>
      {tab.value === "Messages" && (
        <div class={message === undefined ? "panes" : "panes two"} role="tabpanel">
          <Timeline call={call} records={records} selected={message} onOpen={open} />
          {message !== undefined && (
            <MessageView
              key={`${message.side} ${message.index}`}
              call={id}
              address={message}
              onClose={() => open(undefined)}
            />
          )}
        </div>
      )}
      {tab.value === "Metadata" && <MetadataTab call={call} records={records} />}
      {tab.value === "Timing" && <TimingTab call={call} records={records} onOpen={show} />}
      {tab.value === "Frames" && <FramesTab call={call} />}
    </section>
  );
}

interface CallHeadProps {
  readonly call: WebCall;
  readonly watch: CallWatch;
  readonly isCopying: Signal<boolean>;
}

function CallHead({ call, watch, isCopying }: CallHeadProps) {
  const { id } = call;
  const isMarked = marked.value.has(id);
  return (
    <header class="call-head">
      <button
        type="button"
        class="icon"
        aria-label="Back to the list"
        title="Back (Esc)"
        onClick={() => go({ view: "calls" })}
      >
        <Icon sign="‹" />
      </button>
      <div class="what">
        <h1>
          <span class="s-open">
            <Icon sign={kindGlyph(call, call.streaming)} />
          </span>{" "}
          <Spans line={methodLine(call.method, 300)} />
        </h1>
        <p>
          <Spans line={[statusSpan(call)]} class="pill" />
          <Age call={call} />
          <span>call {id}</span>
          <span>{formatTime(call.startedAt)}</span>
          <span>
            connection {call.connection}, stream {call.stream}
          </span>
        </p>
      </div>
      <button type="button" aria-pressed={isMarked} title="Mark to compare (m)" onClick={() => toggleMark(id)}>
        <Icon sign="✱" /> {isMarked ? "Marked" : "Mark"}
      </button>
      <CopyMenu watch={watch} isOpen={isCopying} />
    </header>
  );
}

function Age({ call }: { readonly call: WebCall }) {
  if (call.end === undefined) frame.value;
  return <b class="number">{formatDuration(durationMs(call, now()))}</b>;
}

function Ending({ call, watch }: { readonly call: WebCall; readonly watch: CallWatch }) {
  if (call.end === undefined) frame.value;
  const events = watch.records.value.map(({ event }) => event as CallEvent);
  const [first, ...others] = endSentences(
    call,
    { events, lastAt: events.at(-1)?.at, isFile: link.hello.value?.file !== undefined },
    now(),
  );
  const trailer = events.findLast((event) => event.kind === "server-trailer");
  const details =
    trailer?.kind === "server-trailer" ? ((trailer.status as { details?: readonly unknown[] }).details ?? []) : [];
  return (
    <section class="ending" aria-label="How it ended">
      <p>
        <strong>{first}</strong> {others.join(" ")}
      </p>
      {details.map((detail, place) => (
        <pre key={place}>{JSON.stringify(detail, undefined, 1).replace(/\n\s*/g, " ")}</pre>
      ))}
    </section>
  );
}

/** Opens the call before or after one in the list. */
function beside(id: number, by: 1 | -1): void {
  const calls = list.peek();
  const next = calls.has(id) ? calls.idAt(calls.indexOf(id) + by) : undefined;
  if (next !== undefined) go({ view: "calls", place: { call: next } });
}

function neighbour(watch: CallWatch, message: MessageAddress | undefined, step: number): MessageAddress | undefined {
  const messages = watch.records.value.flatMap(({ event }) =>
    event.kind === "client-message" || event.kind === "server-message"
      ? [{ side: event.kind === "client-message" ? ("client" as const) : ("server" as const), index: event.index }]
      : [],
  );
  const at = messages.findIndex(({ side, index }) => side === message?.side && index === message.index);
  return messages[at < 0 ? (step > 0 ? 0 : messages.length - 1) : at + step];
}
