// What of the calls the list shows: those of the filter, less what is hidden; or marked ones only; or sorted; or held still.
import { computed, effect, signal } from "@preact/signals";
import type { CallList } from "./call-list.js";
import { type CallOrder, FixedCalls, SortedCalls } from "./chosen-calls.js";
import { filterText } from "./route.js";
import { base, beginnings, follows, link, marked, now, store, touch } from "./session.js";
import type { WebCall } from "./web-call.js";
import { WithoutHidden } from "./without-hidden.js";

/** Calls that were hidden one by one. */
const hidden = signal<ReadonlySet<number>>(new Set());
/** Calls up to this number are hidden. */
const hiddenUpTo = signal(0);
export const markedOnly = signal(false);
/** Undefined: as calls came. */
export const order = signal<CallOrder | undefined>(undefined);

interface Still {
  readonly list: CallList;
  /** Unix ms by the server's clock. */
  readonly at: number;
  /** The newest call then. */
  readonly last: number;
  /** Calls as they were, of those that were looked at. */
  readonly calls: Map<number, WebCall>;
}

/** Set while the list is held still. */
export const still = signal<Still | undefined>(undefined);

const moving = computed<CallList>(() => {
  if (markedOnly.value)
    return new FixedCalls(
      [...marked.value].sort((a, b) => a - b),
      store,
    );
  const { value: sorted } = order;
  if (sorted !== undefined) {
    // Another filter or another capture is another list.
    base.value;
    const one = hidden.value;
    const filter = [filterText.value, hiddenUpTo.value === 0 ? "" : `id > ${hiddenUpTo.value}`];
    return new SortedCalls(sorted, bothFilters(filter), link, store, (id) => one.has(id));
  }
  const isWhole = hiddenUpTo.value === 0 && hidden.value.size === 0;
  return isWhole ? base.value : new WithoutHidden(base.value, hiddenUpTo.value, hidden.value);
});
export const list = computed<CallList>(() => still.value?.list ?? moving.value);

export const hiddenCount = computed(() => hidden.value.size + Math.max(0, hiddenUpTo.value - store.first + 1));

function bothFilters(filters: readonly string[]): string {
  const said = filters.filter((filter) => filter.trim() !== "");
  return said.length < 2 ? (said[0] ?? "") : said.map((filter) => `(${filter})`).join(" && ");
}

export function hide(id: number): void {
  hidden.value = new Set([...hidden.value, id]);
}

export function hideAll(): void {
  hiddenUpTo.value = store.last;
  hidden.value = new Set();
}

export function showHidden(): void {
  hiddenUpTo.value = 0;
  hidden.value = new Set();
}

export function sortBy(next: CallOrder | undefined): void {
  order.value = next;
  follows.value = false;
  if (next === undefined) follows.value = true;
  touch();
}

export function togglePause(): void {
  const isStill = still.peek() !== undefined;
  still.value = isStill
    ? undefined
    : { list: FixedCalls.of(list.peek(), store), at: now(), last: store.last, calls: new Map() };
  touch();
}

/** The time of the list: it does not go on while it is held still. */
export function listTime(): number {
  return still.peek()?.at ?? now();
}

/** A call as the list shows it. */
export function shownCall(id: number): WebCall | undefined {
  const call = store.get(id);
  const held = still.peek();
  if (held === undefined || call === undefined) return call;
  let kept = held.calls.get(id);
  if (kept === undefined) {
    kept = { ...call };
    if (kept.end !== undefined && kept.end.at > held.at) delete kept.end;
    held.calls.set(id, kept);
  }
  return kept;
}

// Numbers are of one session, and what was cleared is nobody's any more.
effect(() => {
  beginnings.value;
  hidden.value = new Set();
  hiddenUpTo.value = 0;
  markedOnly.value = false;
  still.value = undefined;
  marked.value = new Set();
});
effect(() => {
  if (marked.value.size === 0) markedOnly.value = false;
});
