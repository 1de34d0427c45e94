// The memory of long messages that are told one after the other: used again rather than left for V8 to collect.

/** A message may be as long by default. What longer ones had is not kept. */
const MAX_SPARE_BYTES = 16 * 1024 * 1024;

/**
 * V8 lets 64 MiB outside its heap gather before it looks for what nobody needs, and the system's allocator keeps much of what it
 * is given back.
 */
export class LentOctets {
  #spare: ArrayBuffer | undefined;

  /** @returns so many octets of any value, the caller's until they are given back; if they never are, they are V8's to collect */
  take(length: number): Uint8Array<ArrayBuffer> {
    const spare = this.#spare;
    this.#spare = undefined;
    const fits = spare !== undefined && spare.byteLength >= length;
    return new Uint8Array(fits ? spare : new ArrayBuffer(roomFor(length)), 0, length);
  }

  /** @param octets from {@link take}. Whoever still has them has an empty array then, and never another message's octets. */
  giveBack({ buffer }: Uint8Array<ArrayBuffer>): void {
    const memory = structuredClone(buffer, { transfer: [buffer] });
    if (memory.byteLength > MAX_SPARE_BYTES || memory.byteLength < (this.#spare?.byteLength ?? 0)) return;
    this.#spare = memory;
  }
}

/** A power of two, so that the next message, a little longer, finds room as well. Pages that are not written to cost nothing. */
function roomFor(length: number): number {
  return length > MAX_SPARE_BYTES ? length : 2 ** Math.ceil(Math.log2(Math.max(length, 1)));
}
