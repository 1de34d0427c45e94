// A body without message framing: all DATA of one side is one message, closed by the end of the stream.
import { CLIENT, type SideIndex } from "../http2/stream.js";
import type { BodyReader, MessageSink } from "./body.js";

export class WholeBody<K> implements BodyReader<K> {
  readonly #from: SideIndex = CLIENT;
  between = true;

  constructor(from: SideIndex) {
    this.#from = from;
  }

  reset(): void {
    this.between = true;
  }

  /** Whether it is, is not known before the end of the stream. */
  isOne(): boolean {
    return false;
  }

  push(call: K, bytes: Uint8Array, start: number, end: number, sink: MessageSink<K>): void {
    if (this.between) sink.messageStart(call, this.#from, 0, undefined);
    this.between = false;
    sink.messagePart(call, this.#from, bytes, start, end);
  }

  finish(call: K, sink: MessageSink<K>): void {
    if (!this.between) sink.messageEnd(call, this.#from, true);
    this.between = true;
  }
}
