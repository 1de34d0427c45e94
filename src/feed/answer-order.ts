// Which calls an answer has: the first that are met, or the first in the order of a column.
import type { CallFacts } from "../capture/call-facts.js";
import type { Capture } from "../capture/capture.js";
import type { Call } from "../model/call.js";
import { MethodRanks, type SortColumn, sortKey } from "../session/sort-keys.js";
import type { List } from "./messages.js";

/** As many as are wanted, in the order in which they are met. */
export class FirstCalls {
  more = false;
  readonly #limit: number;
  readonly #found: Call[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** @returns whether there is any use in a further one */
  add(call: Call): boolean {
    this.more = this.#found.length >= this.#limit;
    if (!this.more) this.#found.push(call);
    return !this.more;
  }

  calls(): readonly Call[] {
    return this.#found;
  }
}

/** See `sortKey`: as in how long a call took that is open. */
const UNKNOWN = Number.POSITIVE_INFINITY;
/** Names are compared themselves. */
const NO_RANKS = new MethodRanks();

interface Keyed {
  readonly id: number;
  readonly key: number | string;
}

/** All that are met are weighed; at no time more than twice as many as are wanted are kept. */
export class SortedCalls {
  more = false;
  readonly #capture: Capture;
  readonly #facts: CallFacts;
  readonly #limit: number;
  readonly #by: SortColumn;
  readonly #sign: 1 | -1;
  #found: Keyed[] = [];

  constructor(capture: Capture, { sort = "start", descending = false }: List, limit: number) {
    this.#capture = capture;
    this.#facts = capture.callFacts();
    this.#limit = limit;
    this.#by = sort;
    this.#sign = descending ? -1 : 1;
  }

  add({ id }: Call): boolean {
    if (!this.#facts.moveTo(id)) return true;
    const key = this.#by === "method" ? this.#facts.method : sortKey(this.#by, this.#facts, NO_RANKS);
    this.#found.push({ id, key });
    if (this.#found.length >= 2 * this.#limit) this.#trim();
    return true;
  }

  calls(): readonly Call[] {
    this.#trim();
    return this.#found.flatMap(({ id }) => this.#capture.call(id) ?? []);
  }

  #trim(): void {
    this.#found.sort((a, b) => {
      // Newest first among equals; what is not known yet stands last in either direction.
      if (a.key === b.key) return b.id - a.id;
      if (a.key === UNKNOWN || b.key === UNKNOWN) return a.key === UNKNOWN ? 1 : -1;
      return a.key < b.key ? -this.#sign : this.#sign;
    });
    this.more ||= this.#found.length > this.#limit;
    this.#found.length = Math.min(this.#found.length, this.#limit);
  }
}
