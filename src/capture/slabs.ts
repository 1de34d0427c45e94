// The memory of a capture: slabs of one size, taken from the system in two steps and used again for as long as the capture lives.

/** 256 KiB: small enough that trimming is fine-grained, large enough that a slab holds thousands of small messages. */
export const SLAB_BYTES = 256 * 1024;

/** 2 MiB, enough for a look at a few calls. */
const FIRST_SLABS = 8;
/** What is reserved at once, at most. */
const MAX_RESERVED_BYTES = 256 * 1024 * 1024;

/**
 * After the first slabs the rest of the bound is reserved in one go. The system gives pages when they are written to, so
 * this costs nothing by itself; but V8 counts all memory outside its heap that is allocated, and marks the whole heap for
 * every 30 to 60 MB of it: with a piece for each slab that was a tenth of the processor time of a relay at full speed.
 */
export class Slabs {
  readonly #maxBytes: number;
  readonly #spare: Uint8Array[] = [];
  #reserved: ArrayBuffer;
  #used = 0;
  #reservedBytes: number;

  /** @param maxBytes about what will be taken in all; going beyond is possible */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#reservedBytes = FIRST_SLABS * SLAB_BYTES;
    this.#reserved = new ArrayBuffer(this.#reservedBytes);
  }

  /** @returns SLAB_BYTES octets, of whatever content */
  take(): Uint8Array {
    const spare = this.#spare.pop();
    if (spare !== undefined) return spare;
    if (this.#used === this.#reserved.byteLength) this.#reserve();
    const slab = new Uint8Array(this.#reserved, this.#used, SLAB_BYTES);
    this.#used += SLAB_BYTES;
    return slab;
  }

  /** Nobody reads or writes it any more. */
  giveBack(slab: Uint8Array): void {
    this.#spare.push(slab);
  }

  #reserve(): void {
    const rest = Math.min(this.#maxBytes - this.#reservedBytes, MAX_RESERVED_BYTES);
    const slabs = Math.max(FIRST_SLABS, Math.ceil(rest / SLAB_BYTES));
    this.#reserved = new ArrayBuffer(slabs * SLAB_BYTES);
    this.#reservedBytes += slabs * SLAB_BYTES;
    this.#used = 0;
  }
}
