// The handle of a call under way: where its row is, and the messages that are not yet events.
import type { CallSegment } from "./call-rows.js";
import type { GrowingMessage } from "./message-bytes.js";

const NO_FLOATS = new Float64Array(0);
const NO_WHOLES = new Uint32Array(0);

/** Used again and again: a call must not leave garbage behind. */
export class OpenCall {
  id = 0;
  isOpen = false;
  floats: Float64Array = NO_FLOATS;
  wholes: Uint32Array = NO_WHOLES;
  /** Where its numbers begin in `floats` and `wholes`. */
  float = 0;
  whole = 0;
  segment: CallSegment | undefined = undefined;
  slot = 0;
  lastSeq = 0;
  clientMessage: GrowingMessage | undefined = undefined;
  serverMessage: GrowingMessage | undefined = undefined;

  begin(id: number, segment: CallSegment, slot: number, float: number, whole: number): void {
    this.id = id;
    this.isOpen = true;
    this.segment = segment;
    this.floats = segment.floats;
    this.wholes = segment.wholes;
    this.slot = slot;
    this.float = float;
    this.whole = whole;
    this.lastSeq = 0;
    this.clientMessage = undefined;
    this.serverMessage = undefined;
  }

  /** Its row is the first of another segment now. */
  moveTo(segment: CallSegment): void {
    this.segment = segment;
    this.floats = segment.floats;
    this.wholes = segment.wholes;
    this.slot = 0;
    this.float = 0;
    this.whole = 0;
  }

  /** No longer open; what comes late is still written. */
  end(): void {
    this.isOpen = false;
    if (this.segment !== undefined) this.segment.open[this.slot] = undefined;
  }
}
