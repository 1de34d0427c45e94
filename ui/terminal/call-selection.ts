// What the user picked by hand: marked calls, hidden ones, and from which call on the list is shown.
import type { CallView } from "../../src/filter/call-view.js";
import type { Filter } from "../../src/filter/filter.js";

/** Marks and hidden calls that are remembered, at about 40 bytes each. */
const MAX_PICKED = 100_000;

export class CallSelection {
  readonly marks = new Set<number>();
  readonly #hidden = new Set<number>();
  markedOnly = false;
  /** While the list is held still: its newest call then. Newer ones are not in it, whatever is asked of it. */
  pausedAt: number | undefined;
  /** Calls up to this id are hidden. */
  #hiddenUpTo = 0;

  /** Whether some calls are left out whatever the filter. */
  get narrows(): boolean {
    return this.markedOnly || this.#hidden.size > 0 || this.#hiddenUpTo > 0;
  }

  toggleMark(id: number): void {
    if (!this.marks.delete(id) && this.marks.size < MAX_PICKED) this.marks.add(id);
  }

  hide(id: number): void {
    if (this.#hidden.size < MAX_PICKED) this.#hidden.add(id);
  }

  hideUpTo(id: number): void {
    this.#hiddenUpTo = id;
    this.#hidden.clear();
  }

  showHidden(): void {
    this.#hidden.clear();
    this.#hiddenUpTo = 0;
  }

  has({ id }: Pick<CallView, "id">): boolean {
    if (this.pausedAt !== undefined && id > this.pausedAt) return false;
    return id > this.#hiddenUpTo && !this.#hidden.has(id) && (!this.markedOnly || this.marks.has(id));
  }

  /** The same filter, for what was not left out by hand. */
  narrow(filter: Filter): Filter {
    if (!this.narrows && this.pausedAt === undefined) return filter;
    return { text: filter.text, needs: filter.needs, test: (call, now) => this.has(call) && filter.test(call, now) };
  }
}
