// Joins the fragments of a header block (RFC 9113 §4.3) and decodes it, until one is met that cannot be read.
import { HeldBytes } from "./held-bytes.js";
import { FieldList, HpackDecoder } from "./hpack/decoder.js";

/** A block over this ends the reading of that side's headers: HPACK state is lost with it. nghttp2 and grpc-go stop at 64 KiB and 16 MiB. */
export const MAX_HEADER_BLOCK_BYTES = 1 << 20;

const NOTHING = new Uint8Array(0);

export class HeaderBlocks {
  readonly #decoder = new HpackDecoder();
  #bytes = NOTHING;
  #length = 0;
  /** Why headers from this side can no longer be read. */
  broken: { readonly code: string; readonly message: string } | undefined;
  readonly #held: HeldBytes;

  constructor(held = new HeldBytes()) {
    this.#held = held;
  }

  allowTableSize(octets: number): void {
    this.#decoder.allowTableSize(octets);
  }

  /** A fragment after which more follow. */
  append(bytes: Uint8Array, start: number, end: number): void {
    if (this.broken !== undefined) return;
    const needed = this.#length + (end - start);
    if (needed > MAX_HEADER_BLOCK_BYTES) {
      this.give("ERR_HEADER_BLOCK_TOO_LARGE", `header block over ${MAX_HEADER_BLOCK_BYTES} octets; read no further`);
      return;
    }
    if (needed > this.#bytes.length) {
      const size = Math.max(needed, this.#bytes.length * 2, 1024);
      if (!this.#held.mayGrow(this.#bytes.length, size)) {
        const message = `header block over ${this.#length} octets while other connections hold long ones; read no further`;
        this.give("ERR_HEADER_BLOCK_TOO_LARGE", message);
        return;
      }
      const grown = new Uint8Array(size);
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(bytes.subarray(start, end), this.#length);
    this.#length = needed;
  }

  /** A block that came whole and in its turn; it may still be read by {@link finish}. @returns undefined for any other */
  guess(octets: DataView, start: number, end: number): FieldList | undefined {
    return this.#length === 0 ? this.#decoder.guess(octets, start, end) : undefined;
  }

  /** The last fragment. @returns undefined when this side's headers can no longer be read; {@link broken} says why */
  finish(bytes: Uint8Array, start: number, end: number, octets?: DataView): FieldList | undefined {
    if (this.broken !== undefined) return undefined;
    if (this.#length === 0) return this.#decode(bytes, start, end, octets);
    this.append(bytes, start, end);
    const list = this.broken === undefined ? this.#decode(this.#bytes, 0, this.#length) : undefined;
    this.#length = 0;
    // One long block must not cost memory for as long as the connection lives.
    if (this.#bytes.length > 16_384) this.release();
    return list;
  }

  /** Lets go of a block that is not whole: it never will be. */
  release(): void {
    this.#held.giveBack(this.#bytes.length);
    this.#bytes = NOTHING;
    this.#length = 0;
  }

  /** Reads no further headers from this side. */
  give(code: string, message: string): void {
    this.broken = { code, message };
    this.#decoder.forget();
    this.release();
  }

  #decode(bytes: Uint8Array, start: number, end: number, octets?: DataView): FieldList | undefined {
    const list = this.#decoder.decode(bytes, start, end, octets);
    if (list instanceof FieldList) return list;
    this.give(list.code, list.message);
    return undefined;
  }
}
