// An append-only log of octets in slabs: the oldest slab is dropped first, and its memory used again.
import { SLAB_BYTES, type Slabs } from "./slabs.js";

/** Below this a loop is faster than the view that `set` and `write` need. */
const LOOP_BYTES = 96;

/**
 * Octets are found by the serial number of their slab (0, 1, 2 …, never reused) and their position in it.
 * What is dropped by one log is taken by the next that needs a slab.
 */
export class ByteLog {
  readonly #memory: Slabs;
  readonly #slabs: Uint8Array[] = [];
  #slab: Uint8Array;
  /** Serial of the slab that is written to. */
  serial = 0;
  /** Where the next octet goes. */
  position = 0;
  /** Serial of the oldest slab that is kept. */
  oldest = 0;

  constructor(memory: Slabs) {
    this.#memory = memory;
    this.#slab = memory.take();
    this.#slabs.push(this.#slab);
    // Not a constant to V8, see event-rows.ts.
    this.oldest = 1;
    this.oldest = 0;
  }

  get bytes(): number {
    return this.#slabs.length * SLAB_BYTES;
  }

  /** Octets that still fit into the current slab. */
  get room(): number {
    return SLAB_BYTES - this.position;
  }

  nextSlab(): void {
    this.#slab = this.#memory.take();
    this.#slabs.push(this.#slab);
    this.serial++;
    this.position = 0;
  }

  /** @returns false when only the slab being written to is left */
  dropOldest(): boolean {
    if (this.#slabs.length < 2) return false;
    this.#memory.giveBack(this.#slabs.shift()!);
    this.oldest++;
    return true;
  }

  /** Appends octets [start, end), which must fit into the current slab. */
  put(bytes: Uint8Array, start: number, end: number): void {
    const slab = this.#slab;
    let to = this.position;
    if (end - start <= LOOP_BYTES) for (let at = start; at < end; at++) slab[to++] = bytes[at]!;
    else slab.set(bytes.subarray(start, end), to);
    this.position += end - start;
  }

  /** Appends one char an octet (latin1); must fit. */
  putText(text: string): void {
    const slab = this.#slab;
    let to = this.position;
    if (text.length <= LOOP_BYTES) for (let at = 0; at < text.length; at++) slab[to++] = text.charCodeAt(at);
    else to += Buffer.from(slab.buffer, slab.byteOffset, slab.length).write(text, to, "latin1");
    this.position = to;
  }

  putUint32(value: number): void {
    write(this.#slab, this.position, value);
    this.position += 4;
  }

  /** Overwrites; does nothing when the slab was dropped. */
  patchUint32(serial: number, position: number, value: number): void {
    const slab = this.#slabs[serial - this.oldest];
    if (slab !== undefined) write(slab, position, value);
  }

  /** The slab's own memory, good until the next append; undefined when it was dropped. */
  slab(serial: number): Uint8Array | undefined {
    return this.#slabs[serial - this.oldest];
  }
}

const write = (slab: Uint8Array, at: number, value: number): void => {
  slab[at] = value;
  slab[at + 1] = value >>> 8;
  slab[at + 2] = value >>> 16;
  slab[at + 3] = value >>> 24;
};

/** Little-endian, as {@link ByteLog.putUint32} writes it. */
export function uint32At(slab: Uint8Array, at: number): number {
  return (slab[at]! | (slab[at + 1]! << 8) | (slab[at + 2]! << 16) | (slab[at + 3]! << 24)) >>> 0;
}
