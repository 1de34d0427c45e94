// A list less what is hidden: places are counted around what is not there.
import type { CallList } from "./call-list.js";

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
