// A message as JSON, in colour; only the lines in sight exist.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { visible } from "../../../src/view/visible.js";
import { VirtualRows } from "../parts/virtual-rows.js";
import type { MessageAddress } from "../state/route.js";
import { schemaVersion } from "../state/session.js";
import { type JsonText, readJson } from "./read-message.js";

const ROW = 20;
const MAX_LINE = 4000;

export function JsonPane({ call, address }: { readonly call: number; readonly address: MessageAddress }) {
  const json = useSignal<JsonText | undefined>(undefined);
  const version = schemaVersion.value;
  useEffect(() => {
    let isOver = false;
    readJson(call, address).then(
      (read) => {
        if (!isOver) json.value = read;
      },
      () => {},
    );
    return () => {
      isOver = true;
    };
  }, [call, address.side, address.index, version]);
  const { value } = json;
  if (value === undefined) return null;
  if (value.text === "")
    return <p class="none">No schema knows this message, and it could not be guessed. Its octets are under Tree.</p>;
  const lines = value.text.split("\n");
  return (
    <VirtualRows
      class="json"
      role="group"
      label="JSON"
      count={lines.length}
      rowHeight={ROW}
      row={(index) => <JsonLine key={index} text={lines[index]!} />}
    />
  );
}

function JsonLine({ text }: { readonly text: string }) {
  const match = /^(\s*)("(?:[^"\\]|\\.)*": )?(.*?)(,?)$/.exec(text.slice(0, MAX_LINE));
  if (match === null) return <div class="json-line">{visible(text.slice(0, MAX_LINE))}</div>;
  const [, space = "", name = "", value = "", comma = ""] = match;
  const style = value.startsWith('"') ? "text" : /^[-\d]|^(true|false|null)/.test(value) ? "number" : "dim";
  return (
    <div class="json-line">
      {space}
      {name !== "" && <span class="s-name">{visible(name.slice(0, -2))}</span>}
      {name !== "" && <span class="s-dim">: </span>}
      <span class={`s-${style}`}>{visible(value)}</span>
      <span class="s-dim">{comma}</span>
    </div>
  );
}
