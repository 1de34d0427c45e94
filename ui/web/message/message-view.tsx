// One message: its tree beside its octets, linked both ways, or its JSON; and what it would weigh as JSON.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Side } from "../../../src/model/fields.js";
import { formatBytes } from "../../../src/view/format.js";
import { visible } from "../../../src/view/visible.js";
import { pinned } from "../compare/pinned.js";
import { FeedMistake } from "../feed/mistake.js";
import { Icon } from "../parts/icon.js";
import { useActions } from "../parts/keys.js";
import { copy, notify } from "../parts/notice.js";
import { Tabs } from "../parts/tabs.js";
import { go, type MessageAddress } from "../state/route.js";
import { schemaVersion } from "../state/session.js";
import { Choice } from "./choice.js";
import { Correction } from "./correction.js";
import { HexPane } from "./hex-pane.js";
import { JsonPane } from "./json-pane.js";
import { type ReadMessage, readJson, readMessage } from "./read-message.js";
import { Readings } from "./readings.js";
import { TreePane } from "./tree-pane.js";

const FORMS = ["Tree", "JSON"] as const;

interface MessageViewProps {
  readonly call: number;
  readonly address: MessageAddress;
  readonly onClose: () => void;
}

export function MessageView({ call, address, onClose }: MessageViewProps) {
  const message = useSignal<ReadMessage | undefined>(undefined);
  const problem = useSignal<string | undefined>(undefined);
  const form = useSignal<(typeof FORMS)[number]>("Tree");
  const version = schemaVersion.value;
  useEffect(() => {
    let isOver = false;
    readMessage(call, address).then(
      (read) => {
        if (!isOver) message.value = read;
      },
      (error: unknown) => {
        if (!isOver && !(error instanceof FeedMistake && error.code === "ERR_CUT"))
          problem.value = String((error as Error).message);
      },
    );
    return () => {
      isOver = true;
    };
  }, [call, address.side, address.index, version]);
  useActions("message", {
    json: () => {
      form.value = form.value === "Tree" ? "JSON" : "Tree";
    },
    pin: () => {
      pinned.value = { call, message: address };
    },
  });

  const copyJson = () =>
    void readJson(call, address).then(
      ({ text }) => (text === "" ? notify("no schema knows this message") : copy(text, "the message as JSON")),
      (error: unknown) => notify(String(error)),
    );
  const read = message.value;
  return (
    <section class="message" aria-label={`Message ${address.index} of the ${address.side}`}>
      <header>
        <h2>
          <span class={address.side}>
            <Icon sign={address.side === "client" ? "▶" : "◀"} />
          </span>{" "}
          #{address.index}
          {read !== undefined && <Type read={read} />}
        </h2>
        {read !== undefined && <Sizes read={read} />}
        <span class="gap" />
        <button type="button" onClick={copyJson}>
          <Icon sign="⧉" /> JSON
        </button>
        <PinButton call={call} address={address} />
        <button type="button" class="icon" aria-label="Close the message" title="Close (Esc)" onClick={onClose}>
          <Icon sign="✕" />
        </button>
      </header>
      <Tabs names={FORMS} selected={form.value} onSelect={(name) => (form.value = name)} label="Forms of the message">
        {read?.facts.problems?.[0] !== undefined && (
          <span class="s-warning problem" title={read.facts.problems.map(({ message: text }) => text).join("\n")}>
            ! {visible(read.facts.problems[0].message)}
            {read.facts.problems.length > 1 ? ` and ${read.facts.problems.length - 1} more` : ""}
          </span>
        )}
      </Tabs>
      {problem.value !== undefined && <p class="none">{problem.value}</p>}
      {form.value === "JSON" && <JsonPane call={call} address={address} />}
      {form.value === "Tree" && read !== undefined && <Linked read={read} call={call} side={address.side} />}
    </section>
  );
}

interface LinkedProps {
  readonly read: ReadMessage;
  readonly call: number;
  readonly side: Side;
}

function Linked({ read, call, side }: LinkedProps) {
  const choice = useSignal<Choice>(Choice.nothing);
  const { facts, rows, runners, bytes, total } = read;
  if (facts.problem !== undefined && bytes.length === 0) return <p class="none">! {visible(facts.problem.message)}</p>;
  if (total === 0) return <p class="none">An empty message: every field has its default value.</p>;
  const { selected } = choice.value;
  return (
    <div class="linked" role="tabpanel">
      <TreePane rows={rows} runners={runners} choice={choice} guessed={facts.type === undefined} />
      <div class="octets">
        <HexPane bytes={bytes} total={total} rows={rows} choice={choice} />
        {selected >= 0 && rows[selected] !== undefined && <Readings row={rows[selected]} bytes={bytes} />}
        {selected >= 0 && rows[selected]?.numbers !== undefined && (
          <Correction key={rows[selected].numbers} row={rows[selected]} call={call} side={side} />
        )}
      </div>
    </div>
  );
}

function Type({ read: { facts } }: { readonly read: ReadMessage }) {
  if (facts.type !== undefined) return <b class="type">{visible(facts.type)}</b>;
  return (
    <b
      class="type guess"
      title="No schema knows this message: fields are read from the octets alone, and none is known as a secret to be hidden. --proto, --protoset or reflection give it names"
    >
      ? no schema, a guess
    </b>
  );
}

/** Bars of what it weighs on the wire, as protobuf and as JSON. */
function Sizes({ read: { facts } }: { readonly read: ReadMessage }) {
  const { wire = 0, protobuf, json } = facts.sizes ?? {};
  const isPacked = facts.event.compressed === true && protobuf !== undefined && protobuf !== wire;
  return (
    <span class="sizes">
      {isPacked && <span title="on the wire, compressed">{formatBytes(wire)} z ←</span>}
      <span title="as protobuf">{formatBytes(protobuf ?? wire)}</span>
      {json !== undefined && protobuf !== undefined && protobuf > 0 && (
        <span class="dim" title="as canonical JSON">
          JSON {formatBytes(json)} <b>{(json / protobuf).toFixed(1)}×</b>
        </span>
      )}
    </span>
  );
}

function PinButton({ call, address }: { readonly call: number; readonly address: MessageAddress }) {
  const here = { call, message: address };
  const left = pinned.value;
  const isHere = left?.call === call && left.message?.side === address.side && left.message.index === address.index;
  if (left === undefined || isHere) {
    return (
      <button
        type="button"
        aria-pressed={isHere}
        title="Remember it, to compare another one with it"
        onClick={() => (pinned.value = isHere ? undefined : here)}
      >
        <Icon sign="⇔" /> {isHere ? "Pinned" : "Pin"}
      </button>
    );
  }
  return (
    <button type="button" class="primary" onClick={() => go({ view: "compare", left, right: here })}>
      <Icon sign="⇔" /> Compare with pinned
    </button>
  );
}
