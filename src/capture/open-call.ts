// The handle of a call under way: where its row is, and the messages that are not yet events.
import { FLOAT } from "./call-numbers.js";
import type { CallSegment } from "./call-rows.js";
import type { EventOwner } from "./event-rows.js";
import type { GrowingMessage } from "./message-bytes.js";

const NO_FLOATS = new Float64Array(0);
const NO_WHOLES = new Uint32Array(0);

/** Used again and again: a call must not leave garbage behind. */
export class OpenCall implements EventOwner {
  id = 0;
  low = 0;
  isOpen = false;
  floats: Float64Array = NO_FLOATS;
  wholes: Uint32Array = NO_WHOLES;
  /** Where its numbers begin in `floats` and `wholes`. */
  float = 0;
  whole = 0;
  lastSeq = 0;
  clientMessage: GrowingMessage | undefined = undefined;
  serverMessage: GrowingMessage | undefined = undefined;
  /** Its neighbours in the list of open calls. */
  older: OpenCall | undefined = undefined;
  newer: OpenCall | undefined = undefined;

  begin(id: number, segment: CallSegment, float: number, whole: number): void {
    this.id = id;
    this.low = id | 0;
    this.isOpen = true;
    this.moveTo(segment, float, whole);
    this.lastSeq = 0;
    if (this.clientMessage !== undefined) this.clientMessage = undefined;
    if (this.serverMessage !== undefined) this.serverMessage = undefined;
  }

  beginsAt(seq: number): void {
    this.floats[this.float + FLOAT.firstSeq] = seq;
  }

  moveTo(segment: CallSegment, float: number, whole: number): void {
    // A pointer that is written must be told to the garbage collector; one that is compared need not.
    if (this.floats !== segment.floats) {
      this.floats = segment.floats;
      this.wholes = segment.wholes;
    }
    this.float = float;
    this.whole = whole;
  }
}

/** The open calls by age, in links that the calls themselves hold. */
export class OpenCalls {
  oldest: OpenCall | undefined = undefined;
  #newest: OpenCall | undefined = undefined;
  count = 0;

  add(call: OpenCall): void {
    this.count++;
    call.older = this.#newest;
    call.newer = undefined;
    if (this.#newest === undefined) this.oldest = call;
    else this.#newest.newer = call;
    this.#newest = call;
  }

  /** The call is over; what comes late is still written. */
  remove(call: OpenCall): void {
    if (!call.isOpen) return;
    call.isOpen = false;
    this.count--;
    if (call.older === undefined) this.oldest = call.newer;
    else call.older.newer = call.newer;
    if (call.newer === undefined) this.#newest = call.older;
    else call.newer.older = call.older;
    call.older = undefined;
    call.newer = undefined;
  }
}
