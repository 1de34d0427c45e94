// Whose socket is read when: what one peer sends may take long to be read, and the others' must not wait for all of it.

/** libuv reads a socket up to 32 times in a row; octets made to be slow to read took 260 ms so, a few turns of which are seconds. */
const TURN_MS = 2;
/** Chunks that come one right after the other are of one turn. */
const GAP_MS = 0.5;
/** What is over long with such a chunk, TLS's largest, is worth two looks at the clock; a smaller one ends a turn by itself. */
export const LARGE_CHUNK_BYTES = 16_384;

/** How long the chunks of one leg have held everybody up. */
export class Turn {
  #spentMs = 0;
  #endedAt = 0;

  /**
   * A large chunk was read.
   * @returns whether the others are to have their turn
   */
  took(began: number, ended: number): boolean {
    this.#spentMs = began - this.#endedAt < GAP_MS ? this.#spentMs + ended - began : ended - began;
    this.#endedAt = ended;
    if (this.#spentMs < TURN_MS) return false;
    this.#spentMs = 0;
    return true;
  }
}
