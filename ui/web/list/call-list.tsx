// The list of calls with its waterfall: a grid of which only the rows in sight exist, drawn once a frame.

import { signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { useActions } from "../parts/keys.js";
import { MatchingCalls } from "../state/call-lists.js";
import { SortedCalls } from "../state/chosen-calls.js";
import { filterText, route } from "../state/route.js";
import { base, frame, link, marked, stats, total } from "../state/session.js";
import { list } from "../state/shown.js";
import { Dock } from "./dock.js";
import { Empty } from "./empty.js";
import { ListView } from "./list-view.js";

/** The call on which the cursor is. */
export const cursor = signal<number | undefined>(undefined);

export function CallList({ beside }: { readonly beside: boolean }) {
  const host = useRef<HTMLDivElement>(null);
  const [view] = useState(() => new ListView(cursor));

  useEffect(() => {
    view.begin(host.current!);
    const stop = frame.subscribe(() => view.draw());
    const unmark = marked.subscribe(() => view.draw());
    const moved = cursor.subscribe(() => view.draw());
    const other = list.subscribe(() => view.restart());
    return () => {
      for (const end of [stop, unmark, moved, other]) end();
      view.end();
    };
  }, []);
  useEffect(() => view.resized(), [beside]);
  const opened = route.value.view === "calls" ? route.value.place?.call : undefined;
  useEffect(() => {
    if (opened !== undefined) view.reveal(opened);
  }, [opened]);

  useActions("list", view.actions);
  const shown = list.value;
  frame.value;
  const isLooking = [shown, base.value].some(
    (one) => (one instanceof MatchingCalls || one instanceof SortedCalls) && one.isLooking,
  );
  const isEmpty = shown.length === 0 && !isLooking;
  return (
    <section class="list" aria-label="Calls">
      <div ref={host} class="list-host" />
      {isEmpty && link.state.value.kind === "open" && (
        <Empty filter={filterText.value} calls={total.value} seen={stats.value !== undefined} />
      )}
      <Dock />
    </section>
  );
}
