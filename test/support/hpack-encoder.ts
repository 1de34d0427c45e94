// An HPACK encoder with a dynamic table, for tests: every representation at will (RFC 7541 §4, §6).
// Its table is a plain array and shares nothing with the decoder's.
import {
  appendInteger,
  appendString,
  REPRESENTATION,
  staticIndex,
  staticNameIndex,
} from "../../src/http2/hpack/encoder.js";
import type { Field } from "../../src/model/fields.js";

const FIRST_DYNAMIC_INDEX = 62;

/** "indexed" is used where the tables hold the whole field; where they do not, the literal is added to the table. */
export type Indexing = "indexed" | "incremental" | "without" | "never";

export class HpackEncoder {
  /** Newest first. */
  readonly table: Field[] = [];
  huffman: boolean;
  #maxBytes = 4096;
  readonly #updates: number[] = [];

  constructor(options: { readonly huffman?: boolean } = {}) {
    this.huffman = options.huffman ?? true;
  }

  get tableBytes(): number {
    return this.table.reduce((sum, [name, value]) => sum + name.length + value.length + 32, 0);
  }

  /** Changes the table's size; the next block opens with the update (several are written one after the other). */
  resize(bytes: number): void {
    this.#updates.push(bytes);
    this.#maxBytes = bytes;
    this.#evict();
  }

  /** One block; all fields are written alike unless each brings its own indexing. */
  encode(fields: readonly (Field | readonly [name: string, value: string, indexing: Indexing])[]): Uint8Array {
    const out: number[] = [];
    for (const bytes of this.#updates.splice(0)) {
      appendInteger(out, REPRESENTATION.tableSize.bits, REPRESENTATION.tableSize.mask, bytes);
    }
    for (const [name, value, indexing = "indexed"] of fields) this.#append(out, name, value, indexing);
    return Uint8Array.from(out);
  }

  #append(out: number[], name: string, value: string, indexing: Indexing): void {
    const index = staticIndex(name, value) || this.#dynamicIndex((field) => field[0] === name && field[1] === value);
    if (indexing === "indexed" && index > 0) {
      appendInteger(out, REPRESENTATION.indexed.bits, REPRESENTATION.indexed.mask, index);
      return;
    }
    const literal = indexing === "indexed" ? "incremental" : indexing;
    const { bits, mask } = REPRESENTATION[literal];
    const nameIndex = staticNameIndex(name) || this.#dynamicIndex((field) => field[0] === name);
    appendInteger(out, bits, mask, nameIndex);
    if (nameIndex === 0) appendString(out, name, this.huffman);
    appendString(out, value, this.huffman);
    if (literal !== "incremental") return;
    this.table.unshift([name, value]);
    this.#evict();
  }

  #dynamicIndex(matches: (field: Field) => boolean): number {
    const age = this.table.findIndex(matches);
    return age < 0 ? 0 : FIRST_DYNAMIC_INDEX + age;
  }

  #evict(): void {
    while (this.tableBytes > this.#maxBytes) this.table.pop();
  }
}
