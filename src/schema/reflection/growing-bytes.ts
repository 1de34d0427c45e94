// A message that comes in pieces of any size, put together at a cost that depends on its octets and not on the pieces.

const FIRST_BYTES = 1024;

export class GrowingBytes {
  #bytes = new Uint8Array(FIRST_BYTES);
  #length = 0;

  append(bytes: Uint8Array, start: number, end: number): void {
    const length = this.#length + end - start;
    if (length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(length, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(bytes.subarray(start, end), this.#length);
    this.#length = length;
  }

  /** A copy of what has come so far, of just its size. */
  take(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }
}
