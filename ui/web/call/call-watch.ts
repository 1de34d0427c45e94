// One call that is looked at: its row and its events, as they are and as they come.

import { signal } from "@preact/signals";
import type { FeedCallEvent } from "../../../src/feed/messages.js";
import { FeedMistake } from "../feed/mistake.js";
import { guessedValues } from "../message/guess.js";
import { link, onProgress, store, touch } from "../state/session.js";
import { fromRow, type WebCall } from "../state/web-call.js";

/** An event without what its message says: of that only the beginning is kept. */
export interface CallRecord {
  readonly event: FeedCallEvent;
  /** One line; undefined for what is no message, or cannot be read. */
  readonly preview?: string;
  readonly guessed?: true;
}

/** What a timeline has room for; of longer streams the rest is told by number. */
const MAX_RECORDS = 20_000;
const PREVIEW_CHARS = 300;
/** Of one answer: the first is small, so that something is seen soon. */
const LIMITS = { first: 200, next: 1000 } as const;

export class CallWatch {
  readonly id: number;
  readonly call = signal<WebCall | undefined>(undefined);
  readonly records = signal<readonly CallRecord[]>([]);
  readonly problem = signal<string | undefined>(undefined);
  readonly isLoading = signal(true);
  /** There are more events than are shown. */
  readonly isCut = signal(false);
  #asking = false;
  #again = false;
  #closed = false;
  readonly #stop: () => void;

  constructor(id: number) {
    this.id = id;
    this.call.value = store.get(id);
    this.#stop = onProgress((calls) => {
      if (calls.has(id)) this.refresh();
    });
    this.refresh();
  }

  close(): void {
    this.#closed = true;
    this.#stop();
  }

  /** There may be more events. */
  refresh(): void {
    if (this.#asking) this.#again = true;
    else void this.#read();
  }

  /** Everything is read anew: messages may read otherwise now. */
  restart(): void {
    this.records.value = [];
    this.refresh();
  }

  async #read(): Promise<void> {
    this.#asking = true;
    do {
      this.#again = false;
      const old = this.records.peek();
      const after = old.at(-1)?.event.seq ?? 0;
      const limit = old.length === 0 ? LIMITS.first : LIMITS.next;
      try {
        const answer = await link.ask("call", { op: "get", call: this.id, after, limit, want: "full" });
        if (this.#closed) return;
        const room = MAX_RECORDS - old.length;
        this.isCut.value = answer.events.length > room;
        const added = answer.events.slice(0, room).map(recordOf);
        if (added.length > 0 && this.records.peek() === old) this.records.value = [...old, ...added];
        this.call.value = fromRow(answer.call);
        this.problem.value = undefined;
        if (answer.more && added.length > 0) this.#again = true;
      } catch (error) {
        if (this.#closed) return;
        const isCut = error instanceof FeedMistake && error.code === "ERR_CUT";
        if (!isCut) this.problem.value = error instanceof Error ? error.message : String(error);
        break;
      } finally {
        this.isLoading.value = false;
      }
    } while (this.#again && !this.#closed);
    this.#asking = false;
    touch();
  }
}

function recordOf(event: FeedCallEvent): CallRecord {
  if (event.kind !== "client-message" && event.kind !== "server-message") return { event };
  const { json, guess, ...facts } = event;
  if (json === undefined && guess === undefined) return { event: facts };
  const preview = inline(json ?? guessedValues(guess));
  return json === undefined ? { event: facts, preview, guessed: true } : { event: facts, preview };
}

/** JSON as people write it when nobody is looking: no quotes about names, no outer braces. */
export function inline(value: unknown): string {
  const text = inner(value, 0);
  const bare = text.startsWith("{") && text.endsWith("}") ? text.slice(1, -1) : text;
  return bare.length > PREVIEW_CHARS ? `${bare.slice(0, PREVIEW_CHARS)}…` : bare;
}

/** Ends where a line does: depth and length are bounded. */
function inner(value: unknown, depth: number): string {
  if (typeof value === "string") return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
  if (typeof value !== "object" || value === null) return String(value);
  if (depth > 4) return "…";
  const parts: string[] = [];
  let length = 0;
  const isList = Array.isArray(value);
  for (const [name, item] of Object.entries(value)) {
    if (length > PREVIEW_CHARS) {
      parts.push("…");
      break;
    }
    const part = isList ? inner(item, depth + 1) : `${name}: ${inner(item, depth + 1)}`;
    length += part.length;
    parts.push(part);
  }
  return isList ? `[${parts.join(", ")}]` : `{${parts.join(", ")}}`;
}
