// The page's session: the link, the calls it tells of, and what of them is shown. Things change at most once a frame.
import { computed, effect, signal } from "@preact/signals";
import type { FeedMessage, Hello, StatsAnswer } from "../../../src/feed/messages.js";
import { parseFilter } from "../../../src/filter/filter.js";
import { FeedLink } from "../feed/link.js";
import { takeToken } from "../feed/token.js";
import type { CallList } from "./call-list.js";
import { EveryCall, MatchingCalls } from "./call-lists.js";
import { CallStore, PAGE_CALLS } from "./call-store.js";
import { filterText, startRouting } from "./route.js";

const ALL = 1;
const MATCHING = 2;
/** After a longer cut the list is read anew: to hear all that happened would take longer. */
const MAX_CATCH_UP = 50_000;
/** What charts look back to; the feed remembers it for those who come late. */
export const SECONDS = 180;

export const link = new FeedLink(takeToken());
export const store = new CallStore(link);
/** Grows with each frame in which something changed. */
export const frame = signal(0);
/** Every call, or those of the filter; what is shown of them: see shown.ts. */
export const base = signal<CallList>(new EveryCall(store));
/** Grows when calls of before are gone: with another session, and when somebody cleared what was kept. */
export const beginnings = signal(0);
/** Set when what was kept was cleared: when, by this page's clock. */
export const clearedAt = signal<number | undefined>(undefined);
/** Whether the newest call is kept in sight. */
export const follows = signal(true);
export const marked = signal<ReadonlySet<number>>(new Set());
/** Message events of others are told, too; see {@link onProgress}. */
export const stats = signal<StatsAnswer | undefined>(undefined);
/** Messages that the feed skipped because the page was slow. */
export const skipped = signal(0);
/** Grows when types came or went: messages may read otherwise. */
export const schemaVersion = signal(0);
/** Set while the connection is back but what was missed is still being told. */
export const catchingUp = signal(false);

let since = 0;
let session: string | undefined;
/** By how much the server's clock is ahead of ours. */
let ahead = 0;
/** Of a file time does not go on. */
let stopped: number | undefined;
let asked = false;

/** Unix ms by the server's clock. */
export function now(): number {
  return stopped ?? Date.now() + ahead;
}

/** Something changed that may be seen. */
export function touch(): void {
  if (asked) return;
  asked = true;
  requestAnimationFrame(draw);
}

function draw(): void {
  if (rests > 0) {
    rests--;
    requestAnimationFrame(draw);
    return;
  }
  asked = false;
  const began = performance.now();
  frame.value++;
  // What takes long to draw is drawn less often, so that the page still answers.
  rests = performance.now() - began > LONG_MS ? 1 : 0;
}

/** Of the 16 ms between two frames. */
const LONG_MS = 6;
let rests = 0;

export const isNarrow = signal(false);
export const total = computed(() => {
  frame.value;
  return store.last;
});

export function start(): void {
  startRouting();
  const narrow = matchMedia("(max-width: 1099px)");
  isNarrow.value = narrow.matches;
  narrow.addEventListener("change", () => {
    isNarrow.value = narrow.matches;
  });
  store.onChange = touch;
  link.onHello = begin;
  link.onMessage = heard;
  link.open();
  effect(() => showMatching(filterText.value));
}

function begin(hello: Hello): void {
  ahead = hello.at - Date.now();
  stopped = hello.file === undefined ? undefined : hello.at;
  const resumes = hello.session === session && hello.newest - since <= MAX_CATCH_UP && since > 0;
  if (!resumes) {
    session = hello.session;
    since = hello.newest;
    store.clear(false);
    stats.value = undefined;
    clearedAt.value = undefined;
    beginnings.value++;
    readNewest();
  } else {
    catchingUp.value = true;
  }
  link.tell({ op: "subscribe", id: ALL, want: "summary", batch: true, since, session: hello.session });
  const filter = filterText.peek();
  base.value = new EveryCall(store);
  if (filter !== "") showMatching(filter);
  void readStats();
}

function readNewest(): void {
  link
    .ask("list", { op: "list", limit: PAGE_CALLS })
    .then(({ calls, total: kept }) => store.put(calls, kept))
    .catch(() => {});
}

let subscribed = false;

function showMatching(filter: string): void {
  const old = base.peek();
  if (old instanceof MatchingCalls) old.close();
  if (subscribed) link.tell({ op: "unsubscribe", id: MATCHING });
  subscribed = false;
  const isFilter = filter.trim() !== "" && parseFilter(filter).kind === "filter";
  if (!isFilter) {
    if (old instanceof MatchingCalls) base.value = new EveryCall(store);
  } else if (session !== undefined && link.state.peek().kind === "open") {
    base.value = new MatchingCalls(filter, store, link);
    link.tell({ op: "subscribe", id: MATCHING, filter, want: "summary", batch: true, since, session });
    subscribed = true;
  }
  touch();
}

/** What whoever looks is told of that he did not do himself. */
export const word = signal("");

const progressListeners = new Set<(calls: ReadonlySet<number>) => void>();

/** Calls have moved on. @returns what ends it */
export function onProgress(listener: (calls: ReadonlySet<number>) => void): () => void {
  progressListeners.add(listener);
  return () => progressListeners.delete(listener);
}

function told(calls: ReadonlySet<number>): void {
  for (const listener of progressListeners) listener(calls);
}

function heard(message: FeedMessage): void {
  switch (message.kind) {
    case "events": {
      const seq = store.hear(message.events);
      if (message.id === ALL) since = Math.max(since, seq);
      else matched(message);
      const moved = new Set<number>();
      for (const event of message.events) if (event.kind === "call-end") moved.add(event.call);
      if (moved.size > 0) told(moved);
      return;
    }
    case "progress":
      store.progress(message);
      told(new Set(message.calls.map(({ call }) => call)));
      return;
    case "synced":
      if (message.id === ALL) {
        since = Math.max(since, message.seq);
        catchingUp.value = false;
      }
      return;
    case "cleared":
      since = Math.max(since, message.seq);
      store.clear(true);
      base.value = new EveryCall(store);
      clearedAt.value = Date.now();
      word.value = `what was kept was cleared at ${new Date().toLocaleTimeString("en-GB")}`;
      beginnings.value++;
      readNewest();
      showMatching(filterText.peek());
      return;
    case "schema-changed":
      schemaVersion.value++;
      store.readAgain();
      return;
    default:
      return;
  }
}

function matched({ events }: Extract<FeedMessage, { readonly kind: "events" }>): void {
  const matching = base.peek();
  if (!(matching instanceof MatchingCalls)) return;
  for (const event of events) {
    if (event.kind === "client-header" || event.kind === "call-end") matching.add(event.call);
    else if (event.kind === "left") matching.drop(event.calls);
    else if (event.kind === "dropped") skipped.value += event.events;
  }
}

let statsTimer: number | undefined;

async function readStats(): Promise<void> {
  clearTimeout(statsTimer);
  const began = performance.now();
  const wantsHistory = stats.value?.behind !== false;
  try {
    if (document.visibilityState === "visible")
      stats.value = await link.ask("stats", wantsHistory ? { op: "stats", history: SECONDS } : { op: "stats" });
  } catch {
    return;
  }
  // What is dear to answer is asked for less often.
  const wait = Math.max(1000, 4 * (performance.now() - began));
  statsTimer = setTimeout(() => void readStats(), stats.value?.behind === true ? 100 : wait);
}

export function toggleMark(id: number): void {
  const next = new Set(marked.value);
  if (!next.delete(id)) next.add(id);
  marked.value = next;
}
