// The handle of a call under way: where its row is, and the messages that are not yet events.
import type { CallSegment } from "./call-rows.js";
import type { GrowingMessage } from "./message-bytes.js";

export class OpenCall {
  readonly id: number;
  segment: CallSegment;
  slot: number;
  lastSeq = 0;
  clientMessage: GrowingMessage | undefined = undefined;
  serverMessage: GrowingMessage | undefined = undefined;

  constructor(id: number, segment: CallSegment, slot: number) {
    this.id = id;
    this.segment = segment;
    this.slot = slot;
  }
}
