// The user's word on a field that no schema knows: its name and its type, for all messages of the method and side.

import { useSignal } from "@preact/signals";
import type { TreeRow } from "../../../src/feed/messages.js";
import type { Side } from "../../../src/model/fields.js";
import { notify } from "../parts/notice.js";
import { link, store } from "../state/session.js";

/** What can be said, by what is on the wire. */
const TYPES: Readonly<Record<TreeRow["wire"], readonly string[]>> = {
  varint: ["int32", "int64", "uint32", "uint64", "sint32", "sint64", "bool"],
  i64: ["fixed64", "sfixed64", "double"],
  len: [
    ...["string", "bytes", "message"],
    ...["packed int32", "packed sint64", "packed fixed32", "packed float", "packed double"],
  ],
  i32: ["fixed32", "sfixed32", "float"],
  group: [],
  raw: [],
};

interface CorrectionProps {
  readonly row: TreeRow;
  readonly call: number;
  readonly side: Side;
}

export function Correction({ row, call, side }: CorrectionProps) {
  const isSaid = row.note === "as you said";
  // A name that was made of the number is nobody's word.
  const own = /^field_\d+$/.test(row.name) ? "" : row.name;
  const name = useSignal(isSaid ? own : "");
  const type = useSignal("");
  const method = store.get(call)?.method;
  const canSay = link.hello.value?.role === "control" && method !== undefined;
  const say = (said: { readonly name?: string; readonly type?: string }) => {
    if (method === undefined) return;
    link.ask("corrected", { op: "correct", method, side, path: row.numbers ?? "", ...said }).then(
      () => notify(`field ${row.numbers} of ${method} is read so from now on`),
      (error: unknown) => notify(error instanceof Error ? error.message : String(error)),
    );
  };
  if (!canSay) return <p class="correction none">Who has the control token can say what this field is.</p>;
  return (
    <form
      class="correction"
      aria-label={`What field ${row.numbers} is`}
      onSubmit={(event) => {
        event.preventDefault();
        say({
          ...(name.value.trim() === "" ? {} : { name: name.value.trim() }),
          ...(type.value === "" ? {} : { type: type.value }),
        });
      }}
    >
      <span>
        Field <b>{row.numbers}</b> is
      </span>
      <input
        aria-label="Name"
        placeholder="name"
        size={14}
        spellcheck={false}
        autocomplete="off"
        value={name.value}
        onInput={({ currentTarget }) => (name.value = currentTarget.value)}
      />
      <select aria-label="Type" value={type.value} onChange={({ currentTarget }) => (type.value = currentTarget.value)}>
        <option value="">type as guessed</option>
        {TYPES[row.wire].map((one) => (
          <option key={one} value={one}>
            {one}
          </option>
        ))}
      </select>
      <button type="submit" class="primary" disabled={name.value.trim() === "" && type.value === ""}>
        Say so
      </button>
      {isSaid && (
        <button type="button" onClick={() => say({})}>
          Take it back
        </button>
      )}
    </form>
  );
}
