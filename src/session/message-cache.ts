// What was read of messages, as far as there is room: the ones looked at longest ago are read again.

/** Something whose size grows while it is used. */
export interface Sized {
  /** About as much memory as it holds. */
  readonly heldBytes: number;
}

/** A link of the chain from the one used longest ago to the one used last. */
interface Entry<T> {
  readonly key: number;
  readonly value: T;
  counted: number;
  older: Entry<T> | undefined;
  newer: Entry<T> | undefined;
}

/**
 * The order is a chain of its own: a Map forgets in order as well, but finding its first entry means to step over
 * all that were deleted before it, thousands of them for every message once the cache is full.
 */
export class MessageCache<T extends Sized> {
  readonly #maxBytes: number;
  readonly #entries = new Map<number, Entry<T>>();
  #oldest: Entry<T> | undefined;
  #newest: Entry<T> | undefined;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(key: number): T | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (entry !== this.#newest) {
      this.#unlink(entry);
      this.#append(entry);
    }
    return entry.value;
  }

  /** Takes the place of what was under the key. What is larger than everything may be is not kept. */
  set(key: number, value: T): void {
    this.delete(key);
    const entry = { key, value, counted: 0, older: undefined, newer: undefined };
    this.#entries.set(key, entry);
    this.#append(entry);
    this.recount(key);
  }

  /** To be called when a value holds more than before, or less. */
  recount(key: number): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    const bytes = entry.value.heldBytes;
    this.#bytes += bytes - entry.counted;
    entry.counted = bytes;
    while (this.#bytes > this.#maxBytes && this.#oldest !== undefined) this.delete(this.#oldest.key);
  }

  delete(key: number): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#bytes -= entry.counted;
    this.#entries.delete(key);
    this.#unlink(entry);
  }

  clear(): void {
    this.#entries.clear();
    this.#oldest = undefined;
    this.#newest = undefined;
    this.#bytes = 0;
  }

  #append(entry: Entry<T>): void {
    entry.older = this.#newest;
    entry.newer = undefined;
    if (this.#newest === undefined) this.#oldest = entry;
    else this.#newest.newer = entry;
    this.#newest = entry;
  }

  #unlink(entry: Entry<T>): void {
    const { older, newer } = entry;
    // What is forgotten must not hold on to what comes after it: scavenges would keep the whole chain.
    entry.older = undefined;
    entry.newer = undefined;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
  }
}
