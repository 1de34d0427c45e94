// Lists made of another list, or of the feed's own order: held still, marked, sorted by a column.
import type { List } from "../../../src/feed/messages.js";
import type { FeedLink } from "../feed/link.js";
import type { CallList } from "./call-list.js";
import type { CallStore } from "./call-store.js";

/** Calls by their numbers, in an order of their own. */
abstract class ListedCalls implements CallList {
  protected ids: readonly number[] | Float64Array;

  constructor(ids: readonly number[] | Float64Array) {
    this.ids = ids;
  }

  get length(): number {
    return this.ids.length;
  }

  idAt(index: number): number | undefined {
    return this.ids[index];
  }

  indexOf(id: number): number {
    return Math.max(0, this.ids.indexOf(id));
  }

  has(id: number): boolean {
    return this.ids.includes(id);
  }

  abstract need(from: number, to: number): void;
}

/** Numbers of calls that do not change: those that are marked, or those of a list at one moment. */
export class FixedCalls extends ListedCalls {
  readonly #store: CallStore;

  constructor(ids: readonly number[] | Float64Array, store: CallStore) {
    super(ids);
    this.#store = store;
  }

  /** As a list is now. */
  static of(list: CallList, store: CallStore): FixedCalls {
    const ids = new Float64Array(list.length);
    for (let index = 0; index < ids.length; index++) ids[index] = list.idAt(index) ?? 0;
    return new FixedCalls(ids, store);
  }

  need(from: number, to: number): void {
    for (let index = Math.max(0, from); index < Math.min(to, this.ids.length); index++) {
      const id = this.ids[index]!;
      if (this.#store.get(id) === undefined) this.#store.need(id, id + 1);
    }
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
export class SortedCalls extends ListedCalls {
  readonly order: CallOrder;
  readonly #filter: string;
  readonly #link: FeedLink;
  readonly #store: CallStore;
  readonly #isHidden: (id: number) => boolean;
  /** There are more than are shown. */
  more = false;
  isLooking = false;
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor(order: CallOrder, filter: string, link: FeedLink, store: CallStore, isHidden: (id: number) => boolean) {
    super([]);
    this.order = order;
    this.#filter = filter;
    this.#link = link;
    this.#store = store;
    this.#isHidden = isHidden;
    this.need();
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
        this.ids = calls.map(({ call }) => call).filter((id) => !this.#isHidden(id));
        this.more = more;
        this.isLooking = false;
        this.#store.put(calls);
      })
      .catch(() => {
        this.isLooking = false;
      });
  }
}
