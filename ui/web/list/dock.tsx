// What the list does not show as it is, and the way back: at its foot.

import type { ComponentChildren } from "preact";
import { formatWhole } from "../../../src/view/call-text.js";
import { Icon } from "../parts/icon.js";
import { runAction } from "../parts/keys.js";
import { MAX_SORTED, SortedCalls } from "../state/chosen-calls.js";
import { go } from "../state/route.js";
import { follows, frame, marked, store } from "../state/session.js";
import { hiddenCount, list, markedOnly, order, sortBy, still } from "../state/shown.js";

export function Dock() {
  frame.value;
  const held = still.value;
  const sorted = order.value;
  const hidden = markedOnly.value ? 0 : hiddenCount.value;
  const [left, right] = [...marked.value].slice(-2);
  const isMoving = held === undefined && sorted === undefined && !markedOnly.value;
  return (
    <div class="dock">
      {left !== undefined && (
        <Chip class="marked">
          <span>
            <Icon sign="✱" /> {marked.value.size} marked{right === undefined ? "; mark another to compare" : ""}
          </span>
          {right !== undefined && (
            <button type="button" onClick={() => go({ view: "compare", left: { call: left }, right: { call: right } })}>
              Compare {left} with {right} (c)
            </button>
          )}
          <button type="button" onClick={() => runAction("marked-only")}>
            {markedOnly.value ? "All calls (M)" : "Only these (M)"}
          </button>
          <button type="button" onClick={() => runAction("unmark-all")}>
            Unmark (U)
          </button>
        </Chip>
      )}
      {hidden > 0 && (
        <Chip>
          <span>{formatWhole(hidden)} hidden</span>
          <button type="button" onClick={() => runAction("show-hidden")}>
            Show (Z)
          </button>
        </Chip>
      )}
      {sorted !== undefined && !markedOnly.value && (
        <Chip>
          <span>
            by {sorted.by} <Icon sign={sorted.descending ? "▾" : "▴"} />
            {list.value instanceof SortedCalls && list.value.more ? ` the first ${formatWhole(MAX_SORTED)}` : ""}
          </span>
          <button type="button" onClick={() => sortBy(undefined)}>
            As they came
          </button>
        </Chip>
      )}
      {held !== undefined && (
        <Chip class="held">
          <span role="status">
            <Icon sign="⏸" /> held still; {formatWhole(Math.max(0, store.last - held.last))} new
          </span>
          <button type="button" onClick={() => runAction("pause")}>
            Go on (p)
          </button>
        </Chip>
      )}
      {!follows.value && isMoving && list.value.length > 0 && (
        <button type="button" class="follow" onClick={() => runAction("follow")}>
          <Icon sign="↓" /> Follow (F)
        </button>
      )}
    </div>
  );
}

function Chip({ children, class: name = "" }: { readonly children: ComponentChildren; readonly class?: string }) {
  return <div class={`chip ${name}`}>{children}</div>;
}
