// What was read of messages, as far as there is room: the ones looked at longest ago are read again.

/** Something whose size grows while it is used. */
export interface Sized {
  /** About as much memory as it holds. */
  readonly heldBytes: number;
}

export class MessageCache<T extends Sized> {
  readonly #maxBytes: number;
  /** Last used last. */
  readonly #entries = new Map<number, { readonly value: T; counted: number }>();
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
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  /** Takes the place of what was under the key. What is larger than everything may be is not kept. */
  set(key: number, value: T): void {
    this.delete(key);
    this.#entries.set(key, { value, counted: 0 });
    this.recount(key);
  }

  /** To be called when a value holds more than before, or less. */
  recount(key: number): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    const bytes = entry.value.heldBytes;
    this.#bytes += bytes - entry.counted;
    entry.counted = bytes;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#maxBytes) return;
      this.delete(oldest);
    }
  }

  delete(key: number): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#bytes -= entry.counted;
    this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }
}
