// Lists made of another list, or of the feed's own order: without what is hidden, held still, marked, sorted by a column.
import type { List } from "../../../src/feed/messages.js";
import type { FeedLink } from "../feed/link.js";
import type { CallList } from "./call-lists.js";
import type { CallStore } from "./call-store.js";

/** Numbers of calls that do not change: those that are marked, or those of a list at one moment. */
export class FixedCalls implements CallList {
  readonly #ids: readonly number[] | Float64Array;
  readonly #store: CallStore;

  constructor(ids: readonly number[] | Float64Array, store: CallStore) {
    this.#ids = ids;
    this.#store = store;
  }

  /** As a list is now. */
  static of(list: CallList, store: CallStore): FixedCalls {
    const ids = new Float64Array(list.length);
    for (let index = 0; index < ids.length; index++) ids[index] = list.idAt(index) ?? 0;
    return new FixedCalls(ids, store);
  }

  get length(): number {
    return this.#ids.length;
  }

  idAt(index: number): number | undefined {
    return this.#ids[index];
  }

  indexOf(id: number): number {
    return Math.max(0, this.#ids.indexOf(id));
  }

  has(id: number): boolean {
    return this.#ids.includes(id);
  }

  need(from: number, to: number): void {
    needEach(this.#ids, this.#store, from, to);
  }
}

function needEach(ids: readonly number[] | Float64Array, store: CallStore, from: number, to: number): void {
  for (let index = Math.max(0, from); index < Math.min(to, ids.length); index++) {
    const id = ids[index]!;
    if (store.get(id) === undefined) store.need(id, id + 1);
  }
}

/** A list without some of its calls. */
export class WithoutHidden implements CallList {
  readonly #inner: CallList;
  readonly #below: number;
  /** Ascending. */
  readonly #hidden: readonly number[];
  readonly #set: ReadonlySet<number>;

  /** @param below calls up to this number are hidden, and so are those in the set */
  constructor(inner: CallList, below: number, hidden: ReadonlySet<number>) {
    this.#inner = inner;
    this.#below = below;
    this.#set = hidden;
    this.#hidden = [...hidden].filter((id) => id > below).sort((a, b) => a - b);
  }

  get length(): number {
    return Math.max(0, this.#inner.length - this.#start - this.#places().length);
  }

  idAt(index: number): number | undefined {
    if (index < 0) return undefined;
    let place = index + this.#start;
    for (const hidden of this.#places()) {
      if (hidden > place) break;
      place++;
    }
    return this.#inner.idAt(place);
  }

  indexOf(id: number): number {
    const place = this.#inner.indexOf(id);
    const before = this.#places().filter((hidden) => hidden < place).length;
    return Math.max(0, place - this.#start - before);
  }

  has(id: number): boolean {
    return id > this.#below && !this.#set.has(id) && this.#inner.has(id);
  }

  need(from: number, to: number): void {
    this.#inner.need(from + this.#start, to + this.#start + this.#hidden.length);
  }

  /** Where the first call stands that is not below. */
  get #start(): number {
    return this.#below === 0 ? 0 : Math.min(this.#inner.length, this.#inner.indexOf(this.#below + 1));
  }

  /** Where hidden ones stand in the list, ascending. */
  #places(): readonly number[] {
    return this.#hidden.flatMap((id) => (this.#inner.has(id) ? [this.#inner.indexOf(id)] : []));
  }
}

export type SortColumn = NonNullable<List["sort"]>;

/** What can be sorted by, and what it is. */
export const SORTS: Readonly<Record<SortColumn, string>> = {
  start: "when it began",
  method: "its name",
  status: "status code",
  duration: "how long it took",
  ttfb: "until the server's first word",
  connection: "number of the connection",
  clientMessages: "messages of the client",
  serverMessages: "messages of the server",
  clientBytes: "octets of the client's messages",
  serverBytes: "octets of the server's messages",
};
export const SORT_COLUMNS = Object.keys(SORTS) as readonly SortColumn[];

export interface CallOrder {
  readonly by: SortColumn;
  readonly descending: boolean;
}

/** Of one answer: nobody reads on so far. */
export const MAX_SORTED = 1000;
/** Calls come and go: the order is asked for anew so often while it is looked at. */
const FRESH_MS = 2000;

/** The first calls in the order of a column, as the feed sorts them. */
export class SortedCalls implements CallList {
  readonly order: CallOrder;
  readonly #filter: string;
  readonly #link: FeedLink;
  readonly #store: CallStore;
  readonly #isHidden: (id: number) => boolean;
  #ids: readonly number[] = [];
  /** There are more than are shown. */
  more = false;
  isLooking = false;
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor(order: CallOrder, filter: string, link: FeedLink, store: CallStore, isHidden: (id: number) => boolean) {
    this.order = order;
    this.#filter = filter;
    this.#link = link;
    this.#store = store;
    this.#isHidden = isHidden;
    this.need();
  }

  get length(): number {
    return this.#ids.length;
  }

  idAt(index: number): number | undefined {
    return this.#ids[index];
  }

  indexOf(id: number): number {
    return Math.max(0, this.#ids.indexOf(id));
  }

  has(id: number): boolean {
    return this.#ids.includes(id);
  }

  need(): void {
    const now = performance.now();
    if (this.isLooking || now - this.#askedAt < FRESH_MS) return;
    this.isLooking = true;
    this.#askedAt = now;
    const { by: sort, descending } = this.order;
    this.#link
      .ask("list", { op: "list", filter: this.#filter, sort, descending, limit: MAX_SORTED })
      .then(({ calls, more }) => {
        this.#ids = calls.map(({ call }) => call).filter((id) => !this.#isHidden(id));
        this.more = more;
        this.isLooking = false;
        this.#store.put(calls);
      })
      .catch(() => {
        this.isLooking = false;
      });
  }
}
