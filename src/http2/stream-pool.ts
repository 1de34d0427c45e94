// Streams that nobody follows any more, for those that begin: of all connections of a capture.
import { Http2Stream } from "./stream.js";

/**
 * As many as a capture follows at once, some 500 octets each with what hangs on them. A peer can open them, leave and come back:
 * made anew each time they were garbage that V8 collects late, 80 MiB of it for 15 MB sent.
 */
const MAX_SPARE_STREAMS = 32_768;

export class StreamPool<C> {
  readonly #spare: Http2Stream<C>[] = [];

  get spare(): number {
    return this.#spare.length;
  }

  take(id: number): Http2Stream<C> {
    const stream = this.#spare.pop();
    if (stream === undefined) return new Http2Stream<C>(id);
    stream.begin(id);
    return stream;
  }

  /** @param stream closed, and in no table any more */
  giveBack(stream: Http2Stream<C>): void {
    if (this.#spare.length < MAX_SPARE_STREAMS) this.#spare.push(stream);
  }
}
