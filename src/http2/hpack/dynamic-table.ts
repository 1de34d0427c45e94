// The dynamic table: a first-in, first-out list of fields that both ends keep alike (RFC 7541 §2.3.2, §4).
import type { Field } from "../../model/fields.js";

/** What an entry counts beyond its octets: an estimate of two pointers and two lengths (RFC 7541 §4.1). */
export const ENTRY_OVERHEAD_BYTES = 32;
/** The size before any update: the initial SETTINGS_HEADER_TABLE_SIZE (RFC 9113 §6.5.2). */
export const INITIAL_TABLE_BYTES = 4096;

const FIRST_SLOTS = 16;

/** A field's share of the table (RFC 7541 §4.1). */
export function entryBytes(field: Field): number {
  return field[0].length + field[1].length + ENTRY_OVERHEAD_BYTES;
}

/** The table as a ring: the newest entry is at `#newest`, older ones follow. Nothing is allocated before the first. */
export class DynamicTable {
  /** Rises with every change, so that what was read over an unchanged table can be told. */
  version = 0;
  #slots: (Field | undefined)[] = [];
  #newest = 0;
  #count = 0;
  #bytes = 0;
  #maxBytes = INITIAL_TABLE_BYTES;

  get count(): number {
    return this.#count;
  }

  /** The sum of the entries' sizes (RFC 7541 §4.1). */
  get bytes(): number {
    return this.#bytes;
  }

  get maxBytes(): number {
    return this.#maxBytes;
  }

  /** The entry that many places after the newest (0 is the newest). */
  at(age: number): Field | undefined {
    return age < this.#count ? this.#slots[(this.#newest + age) & (this.#slots.length - 1)] : undefined;
  }

  /** Adds an entry and evicts what no longer fits; one bigger than the table only empties it (RFC 7541 §4.4). */
  insert(field: Field): void {
    const bytes = entryBytes(field);
    this.version++;
    this.#evictDownTo(this.#maxBytes - bytes);
    if (bytes > this.#maxBytes) return;
    if (this.#count === this.#slots.length) this.#grow();
    this.#newest = (this.#newest - 1) & (this.#slots.length - 1);
    this.#slots[this.#newest] = field;
    this.#count++;
    this.#bytes += bytes;
  }

  /** Sets the most the entries may come to and evicts what no longer fits (RFC 7541 §4.3). */
  resize(maxBytes: number): void {
    this.version++;
    this.#maxBytes = maxBytes;
    this.#evictDownTo(maxBytes);
  }

  /** Gives everything back to the collector. */
  clear(): void {
    this.version++;
    this.#slots = [];
    this.#newest = this.#count = this.#bytes = 0;
  }

  #evictDownTo(bytes: number): void {
    while (this.#bytes > bytes && this.#count > 0) {
      const oldest = (this.#newest + this.#count - 1) & (this.#slots.length - 1);
      this.#bytes -= entryBytes(this.#slots[oldest]!);
      this.#slots[oldest] = undefined;
      this.#count--;
    }
  }

  /** Doubles the ring: a power of two of slots turns "around the end" into a mask. */
  #grow(): void {
    const slots: (Field | undefined)[] = new Array(Math.max(FIRST_SLOTS, 2 * this.#slots.length)).fill(undefined);
    for (let age = 0; age < this.#count; age++) slots[age] = this.at(age);
    this.#slots = slots;
    this.#newest = 0;
  }
}
