// What connections hold of frames and header blocks that are not yet whole: bounded for all of them together.

/**
 * One connection may hold 1 MiB of a header block, and a peer can open a thousand connections: together they hold this.
 * 32 blocks of that size at once, or 1,000 of 48 KiB; nghttp2 takes none over 64 KiB.
 */
export const MAX_HELD_BYTES = 32 * 1024 * 1024;
/** A buffer up to this is not counted, so that ordinary headers are read whatever others do. */
const FREE_BYTES = 16_384;

/** Shared by the readers of one capture's connections. */
export class HeldBytes {
  readonly #maxBytes: number;
  /** Of all buffers, beyond what each has free. */
  bytes = 0;

  constructor(maxBytes = MAX_HELD_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /** A buffer of `from` octets is to have `to`. @returns false when there is no room for that: then it must not grow */
  mayGrow(from: number, to: number): boolean {
    const more = counted(to) - counted(from);
    if (this.bytes + more > this.#maxBytes) return false;
    this.bytes += more;
    return true;
  }

  /** A buffer of so many octets is gone. */
  giveBack(octets: number): void {
    this.bytes -= counted(octets);
  }
}

function counted(octets: number): number {
  return Math.max(0, octets - FREE_BYTES);
}
