// The streams of one connection by id: those open, and the last ones that ended, in objects that are used again.
import { Http2Stream } from "./stream.js";
import { StreamPool } from "./stream-pool.js";

const FIRST_SLOTS = 16;
/** 1,024 streams at once find their slot directly; those beyond it go to a map. */
const MAX_SLOTS = 1024;

/** Stands in every slot that has had no stream yet: a slot is then looked at without asking whether there is one. */
const NONE = new Http2Stream<never>(-1);
NONE.close();

const noStreams = <C>(size: number): Http2Stream<C>[] => Array.from({ length: size }, () => NONE as Http2Stream<C>);

/**
 * A client's ids are odd and rise by two, so that half the id, cut to a few bits, is a slot of its own for each of the last
 * so many streams. A stream that ended stays in its slot until a new one needs it: what comes late (a RST_STREAM that
 * crossed the trailers) still finds its call, and nothing is left for the garbage collector.
 */
export class StreamTable<C> {
  #slots: Http2Stream<C>[] = noStreams(1);
  #mask = 0;
  /** Open streams whose slot is another's, and those the server began. */
  readonly #overflow = new Map<number, Http2Stream<C>>();
  readonly #pool: StreamPool<C>;
  /** Streams that are open, or half-closed by one side. */
  open = 0;

  /** @param pool where streams come from, and go when they are over */
  constructor(pool = new StreamPool<C>()) {
    this.#pool = pool;
  }

  /** The stream whose slot this is, whichever it is: the one asked for, an older one or none at all (closed, of id -1). */
  inSlot(id: number): Http2Stream<C> {
    return this.#slots[(id >>> 1) & this.#mask]!;
  }

  /** An open stream, or one that ended not long ago. */
  find(id: number): Http2Stream<C> | undefined {
    const stream = this.#slots[(id >>> 1) & this.#mask]!;
    return stream.id === id ? stream : this.#findOverflow(id);
  }

  /** @param id never used before */
  add(id: number): Http2Stream<C> {
    this.open++;
    if ((id & 1) === 0) return this.#overflows(id);
    return this.#takeSlot(id);
  }

  /** {@link add} of a client's id, with the closed stream that is in its slot. */
  addInSlot(stream: Http2Stream<C>, id: number): void {
    this.open++;
    stream.begin(id);
  }

  #findOverflow(id: number): Http2Stream<C> | undefined {
    return this.#overflow.size === 0 ? undefined : this.#overflow.get(id);
  }

  #takeSlot(id: number): Http2Stream<C> {
    if (this.#slots.length < FIRST_SLOTS) this.#resize(FIRST_SLOTS);
    for (;;) {
      const slot = (id >>> 1) & this.#mask;
      const old = this.#slots[slot]!;
      if (old.id < 0) {
        const stream = this.#pool.take(id);
        this.#slots[slot] = stream;
        return stream;
      }
      if (old.closed) {
        old.begin(id);
        return old;
      }
      if (this.#slots.length >= MAX_SLOTS) return this.#overflows(id);
      this.#resize(this.#slots.length * 2);
    }
  }

  close(stream: Http2Stream<C>): void {
    if (stream.closed === true) return;
    stream.close();
    this.open--;
    if (this.#overflow.size > 0 && this.#overflow.delete(stream.id)) this.#pool.giveBack(stream);
  }

  /** Nobody asks for a stream any more. */
  release(): void {
    for (const streams of [this.#slots, this.#overflow.values()]) {
      for (const stream of streams) {
        if (stream.id < 0) continue;
        stream.close();
        this.#pool.giveBack(stream);
      }
    }
    this.#slots = noStreams(1);
    this.#mask = 0;
    this.#overflow.clear();
    this.open = 0;
  }

  *openStreams(): IterableIterator<Http2Stream<C>> {
    for (const stream of this.#slots) if (!stream.closed) yield stream;
    yield* this.#overflow.values();
  }

  #overflows(id: number): Http2Stream<C> {
    const stream = this.#pool.take(id);
    this.#overflow.set(id, stream);
    return stream;
  }

  #resize(size: number): void {
    const old = this.#slots;
    this.#slots = noStreams(size);
    this.#mask = size - 1;
    // Streams of different slots never share one in a larger table.
    for (const stream of old) if (stream.id >= 0) this.#slots[(stream.id >>> 1) & this.#mask] = stream;
  }
}
