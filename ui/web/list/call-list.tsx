// The list of calls with its waterfall: a grid of which only the rows in sight exist, drawn once a frame.

import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "../parts/icon.js";
import { useKeys } from "../parts/keys.js";
import { MatchingCalls } from "../state/call-lists.js";
import { filterText, go, route } from "../state/route.js";
import { follows, frame, link, list, marked, stats, total } from "../state/session.js";
import { Empty } from "./empty.js";
import { ListView } from "./list-view.js";

/** The call on which the cursor is. */
export const cursor = signal<number | undefined>(undefined);

export function CallList({ beside }: { readonly beside: boolean }) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<ListView | undefined>(undefined);

  useEffect(() => {
    const made = new ListView(host.current!, cursor);
    view.current = made;
    const stop = frame.subscribe(() => made.draw());
    const unmark = marked.subscribe(() => made.draw());
    const moved = cursor.subscribe(() => made.draw());
    const other = list.subscribe(() => made.restart());
    return () => {
      for (const end of [stop, unmark, moved, other]) end();
      made.end();
    };
  }, []);
  useEffect(() => view.current?.resized(), [beside]);
  const opened = route.value.view === "calls" ? route.value.place?.call : undefined;
  useEffect(() => {
    if (opened !== undefined) view.current?.reveal(opened);
  }, [opened]);

  useKeys("list", (key) => view.current?.press(key) ?? false);
  const shown = list.value;
  frame.value;
  const isEmpty = shown.length === 0 && !(shown instanceof MatchingCalls && shown.isLooking);
  return (
    <section class="list" aria-label="Calls">
      <div ref={host} class="list-host" />
      {isEmpty && link.state.value.kind === "open" && (
        <Empty filter={filterText.value} calls={total.value} seen={stats.value !== undefined} />
      )}
      {!follows.value && shown.length > 0 && (
        <button type="button" class="follow" onClick={() => view.current?.follow()}>
          <Icon sign="↓" /> Follow (F)
        </button>
      )}
      {route.value.view === "calls" && marked.value.size > 0 && <Marks />}
    </section>
  );
}

function Marks() {
  const [left, right] = [...marked.value].slice(-2);
  return (
    <div class="marks" role="status">
      <span>
        {marked.value.size} marked{right === undefined ? "; m marks another to compare" : ""}
      </span>
      {left !== undefined && right !== undefined && (
        <button type="button" onClick={() => go({ view: "compare", left: { call: left }, right: { call: right } })}>
          Compare {left} with {right} (c)
        </button>
      )}
      <button type="button" onClick={() => (marked.value = new Set())}>
        Unmark (U)
      </button>
    </div>
  );
}
