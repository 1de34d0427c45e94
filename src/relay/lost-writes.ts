// Node can lose the end of a write over TLS, its error too. Whoever waits for it, and has stopped reading until then, would wait for ever.
import type { Leg } from "./dial.js";
import { NOTHING } from "./peek.js";

/** How long a write makes no progress before it is looked into: mostly it is a peer that does not read. */
const STILL_MS = 2000;

/**
 * What it takes to know: TLS writes what it has encrypted in parts, and one such part may come only behind the first. No chunk of
 * ours makes more than two.
 */
const PROBES = 3;

/**
 * Watches the writes of one leg, if it is TLS. TLSWrap::EncOut forgets the stream's write when the one below it was TLS's own (a
 * session ticket, say) and failed. What is written to the socket itself comes behind all that TLS wrote to it: when that is
 * through, and the stream's write still waits, it was lost, and so is the leg. A leg whose peer is gone fails by it.
 */
export class LostWrites {
  readonly #leg: Leg;
  /** The last look, for as long as anything waits: a write that begins to wait while a probe is out is looked into by it. */
  #timer: NodeJS.Timeout | undefined;
  #done = 0;

  constructor(leg: Leg) {
    this.#leg = leg;
    if (this.#isTls) leg.stream.once("close", () => clearTimeout(this.#timer));
  }

  /** A write waits, or the end of the stream does. Cheap, and may be said again and again. */
  waits(): void {
    if (this.#timer === undefined && this.#isTls && !this.#leg.stream.closed) this.#lookLater();
  }

  get #isTls(): boolean {
    return this.#leg.raw !== this.#leg.stream;
  }

  /** Octets whose writes have ended. */
  get #written(): number {
    return this.#leg.stream.bytesWritten - this.#leg.stream.writableLength;
  }

  #lookLater(): void {
    this.#done = this.#written;
    this.#timer = setTimeout(() => this.#look(), STILL_MS);
  }

  #look(): void {
    const { stream, raw } = this.#leg;
    const waits = stream.writableLength > 0 || (stream.writableEnded && !stream.writableFinished);
    if (raw.destroyed || stream.closed || !waits) this.#timer = undefined;
    else if (this.#written === this.#done && raw.writable) this.#probe(PROBES);
    else this.#lookLater();
  }

  #probe(left: number): void {
    const { stream, raw } = this.#leg;
    raw.write(NOTHING, (error) => {
      // When it fails, Node closes the socket.
      if (error || stream.closed) return;
      if (this.#written !== this.#done) this.#lookLater();
      else if (left > 1) this.#probe(left - 1);
      else raw.destroy();
    });
  }
}
