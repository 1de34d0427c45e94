// A body without message framing: all DATA of one side is one message, closed by the end of the stream.
import type { SideIndex } from "../http2/stream.js";
import type { BodyReader, MessageSink } from "./body.js";

export class WholeBody<K> implements BodyReader<K> {
  readonly #from: SideIndex;
  #begun = false;

  constructor(from: SideIndex) {
    this.#from = from;
  }

  reset(): void {
    this.#begun = false;
  }

  push(call: K, bytes: Uint8Array, start: number, end: number, sink: MessageSink<K>): void {
    if (!this.#begun) sink.messageStart(call, this.#from, 0, undefined);
    this.#begun = true;
    sink.messagePart(call, this.#from, bytes, start, end);
  }

  finish(call: K, sink: MessageSink<K>): void {
    if (this.#begun) sink.messageEnd(call, this.#from, true);
    this.#begun = false;
  }
}
