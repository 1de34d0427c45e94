// Which calls a list shows: all of them by number, or those that match a filter, as far as they have been looked for.

import type { FeedLink } from "../feed/link.js";
import type { CallList } from "./call-list.js";
import type { CallStore } from "./call-store.js";
import { PAGE_CALLS } from "./call-store.js";
import type { WebCall } from "./web-call.js";

/** Every call that is kept: number and place say the same, but for those few that are older. */
export class EveryCall implements CallList {
  readonly #store: CallStore;

  constructor(store: CallStore) {
    this.#store = store;
  }

  get length(): number {
    return this.#store.count;
  }

  idAt(index: number): number | undefined {
    const { early, first } = this.#store;
    if (index < early.length) return early[index];
    return index < this.length ? first + index - early.length : undefined;
  }

  indexOf(id: number): number {
    const { early, first } = this.#store;
    return id < first ? early.filter((one) => one < id).length : early.length + id - first;
  }

  has(id: number): boolean {
    const { early, first, last } = this.#store;
    return (id >= first && id <= last) || early.includes(id);
  }

  need(from: number, to: number): void {
    const { early, first, last } = this.#store;
    const start = first - early.length;
    this.#store.need(Math.max(first, start + from), Math.min(start + to, last + 1));
  }
}

/** Matches are found from the newest to the oldest, further ones when somebody scrolls towards them. */
export class MatchingCalls implements CallList {
  readonly filter: string;
  readonly #store: CallStore;
  readonly #link: FeedLink;
  /** Ascending. */
  #ids: number[] = [];
  readonly #known = new Set<number>();
  /** Whether there may be older matches. */
  more = true;
  #asking = false;
  #closed = false;

  constructor(filter: string, store: CallStore, link: FeedLink) {
    this.filter = filter;
    this.#store = store;
    this.#link = link;
    void this.#older();
  }

  get length(): number {
    return this.#ids.length;
  }

  get isLooking(): boolean {
    return this.#asking;
  }

  idAt(index: number): number | undefined {
    return this.#ids[index];
  }

  indexOf(id: number): number {
    let low = 0;
    let high = this.#ids.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#ids[middle]! < id) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  has(id: number): boolean {
    return this.#known.has(id);
  }

  need(from: number, to: number): void {
    if (from < PAGE_CALLS / 2) void this.#older();
    const lacking: number[] = [];
    for (let index = Math.max(0, from); index < Math.min(to, this.#ids.length); index++) {
      if (this.#store.get(this.#ids[index]!) === undefined) lacking.push(this.#ids[index]!);
    }
    if (lacking.length > 0) this.#store.need(lacking[0]!, lacking.at(-1)! + 1);
  }

  add(id: number): void {
    if (this.#known.has(id)) return;
    this.#known.add(id);
    if (this.#ids.length === 0 || id > this.#ids.at(-1)!) this.#ids.push(id);
    else this.#ids.splice(this.indexOf(id), 0, id);
  }

  drop(ids: readonly number[]): void {
    const gone = ids.filter((id) => this.#known.delete(id));
    if (gone.length === 0) return;
    const set = new Set(gone);
    this.#ids = this.#ids.filter((id) => !set.has(id));
  }

  close(): void {
    this.#closed = true;
  }

  async #older(): Promise<void> {
    if (this.#asking || !this.more || this.#closed) return;
    this.#asking = true;
    const before = this.#ids[0];
    try {
      const { calls, more } = await this.#link.ask("list", {
        op: "list",
        filter: this.filter,
        limit: PAGE_CALLS,
        ...(before === undefined ? {} : { before }),
      });
      if (this.#closed) return;
      this.more = more;
      const found: number[] = [];
      for (const { call } of calls) {
        if (this.#known.has(call)) continue;
        this.#known.add(call);
        found.push(call);
      }
      // Live ones may have come in the meantime.
      this.#ids = [...found.reverse(), ...this.#ids].sort((a, b) => a - b);
      this.#asking = false;
      this.#store.put(calls);
    } catch {
      this.more = false;
    } finally {
      this.#asking = false;
    }
  }
}

export type Shown = { readonly call: WebCall | undefined; readonly id: number };
