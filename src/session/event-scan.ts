// How far each question of a filter has been put to the events of each call: messages are looked at once, however often the call is.

/** Questions to calls that are open, some 100 octets each. Beyond it all are put again from the beginning. */
const MAX_SCANS = 100_000;
/** More than the questions a filter can have: each takes 4 characters of its text or more. */
const TESTS = 1024;
/** In place of a seq: an event answered. */
export const FOUND = -1;

export class EventScans {
  /** By call and question: the seq of the event looked at last, or {@link FOUND}. */
  readonly #scans = new Map<number, number>();

  /** @returns the seq of the event looked at last; 0 before the first, {@link FOUND} when one answered */
  lastOf(call: number, test: number): number {
    return this.#scans.get(call * TESTS + test) ?? 0;
  }

  /** @param seq of the event looked at last, or {@link FOUND} */
  note(call: number, test: number, seq: number): void {
    if (this.#scans.size >= MAX_SCANS) this.#scans.clear();
    this.#scans.set(call * TESTS + test, seq);
  }

  /** For a call to which nothing more is to come, when all was asked. */
  forget(call: number, test: number): void {
    this.#scans.delete(call * TESTS + test);
  }

  clear(): void {
    this.#scans.clear();
  }
}
