// One call that is looked at: its row and its events, as they are and as they come.

import { signal } from "@preact/signals";
import { FeedMistake } from "../feed/mistake.js";
import { beginnings, link, onProgress, store, touch } from "../state/session.js";
import { fromRow, messagesOf, type WebCall } from "../state/web-call.js";
import { type CallRecord, joined, recordOf } from "./records.js";

/** Of a long stream its beginning is shown and what is newest. */
const BEGINNING = 15_000;
/** Of a stream that runs so many events are read that happened before; what is new matters more. */
const MAX_BEHIND = 2000;
/** Of one answer: the first is small, so that something is seen soon. */
const FIRST = 200;
const LIMIT = { least: 100, most: 1000 } as const;
/** An answer about a stream that runs should not take longer, or less by far. */
const ANSWER_MS = 200;

export class CallWatch {
  readonly id: number;
  readonly call = signal<WebCall | undefined>(undefined);
  readonly records = signal<readonly CallRecord[]>([]);
  readonly problem = signal<string | undefined>(undefined);
  readonly isLoading = signal(true);
  /** Everything up to now was told at least once. */
  #isUpToDate = false;
  #limit: number = FIRST;
  #asking = false;
  #again = false;
  #closed = false;
  readonly #stop: readonly (() => void)[];

  constructor(id: number) {
    this.id = id;
    this.call.value = store.get(id);
    const begun = beginnings.peek();
    this.#stop = [
      onProgress((calls) => {
        if (calls.has(id)) this.refresh();
      }),
      beginnings.subscribe((now) => {
        if (now !== begun) this.#forget();
      }),
    ];
    this.refresh();
  }

  close(): void {
    this.#closed = true;
    for (const stop of this.#stop) stop();
  }

  /** There may be more events. */
  refresh(): void {
    if (this.#asking) this.#again = true;
    else void this.#read();
  }

  /** Everything is read anew: messages may read otherwise now. */
  restart(): void {
    this.records.value = [];
    this.#isUpToDate = false;
    this.#limit = FIRST;
    this.refresh();
  }

  /** What was read is of calls that are gone: the number may be another one's now, or nobody's. */
  #forget(): void {
    this.call.value = store.get(this.id);
    this.restart();
  }

  #wantsNewest(records: readonly CallRecord[]): boolean {
    if (records.length === 0) return false;
    const call = this.call.peek();
    if (call === undefined || call.end !== undefined) return records.length >= BEGINNING;
    if (this.#isUpToDate || records.length >= BEGINNING) return true;
    const told = records.reduce((sum, { passed = 0 }) => sum + 1 + passed, 0);
    return messagesOf(call) - told > MAX_BEHIND;
  }

  /** A stream that runs may be too fast to be told all of it. */
  #adapt(ms: number): void {
    if (this.call.peek()?.end !== undefined) this.#limit = LIMIT.most;
    else if (ms > ANSWER_MS) this.#limit = Math.max(LIMIT.least, this.#limit >> 1);
    else if (ms < ANSWER_MS / 3) this.#limit = Math.min(LIMIT.most, this.#limit * 2);
  }

  async #read(): Promise<void> {
    this.#asking = true;
    do {
      this.#again = false;
      const old = this.records.peek();
      const after = old.at(-1)?.event.seq ?? 0;
      const newest = this.#wantsNewest(old);
      const began = performance.now();
      try {
        const answer = await link.ask("call", {
          op: "get",
          call: this.id,
          after,
          limit: this.#limit,
          newest,
          want: "full",
        });
        if (this.#closed) return;
        const added = answer.events.map(recordOf);
        if (added.length > 0 && this.records.peek() === old) this.records.value = joined(old, added, answer.passed);
        this.call.value = fromRow(answer.call);
        this.#isUpToDate ||= !answer.more;
        this.#adapt(performance.now() - began);
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
