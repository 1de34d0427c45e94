// A set of calls, a bit each: what was told of a capture is remembered for as long as the capture keeps it.

/** Calls in one page: 4 KiB. */
const PAGE_CALLS = 32_768;

export class CallSet {
  /** By the number of the first call in them, divided by the size. */
  readonly #pages = new Map<number, Uint32Array>();

  has(call: number): boolean {
    const page = this.#pages.get(Math.floor(call / PAGE_CALLS));
    return page !== undefined && (page[word(call)]! & bit(call)) !== 0;
  }

  add(call: number): void {
    const number = Math.floor(call / PAGE_CALLS);
    let page = this.#pages.get(number);
    if (page === undefined) {
      page = new Uint32Array(PAGE_CALLS / 32);
      this.#pages.set(number, page);
    }
    page[word(call)]! |= bit(call);
  }

  delete(call: number): void {
    const page = this.#pages.get(Math.floor(call / PAGE_CALLS));
    if (page !== undefined) page[word(call)]! &= ~bit(call);
  }

  /** Pages in use; each holds the bits of 32,768 calls. */
  get pages(): number {
    return this.#pages.size;
  }

  /** Forgets calls far below one that is still of interest. */
  dropBelow(call: number): void {
    const first = Math.floor(call / PAGE_CALLS);
    for (const number of this.#pages.keys()) if (number < first) this.#pages.delete(number);
  }
}

function word(call: number): number {
  return (call % PAGE_CALLS) >>> 5;
}

function bit(call: number): number {
  return 1 << (call & 31);
}
