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
  /** {@link OpenCalls} knows it: to open it again takes no more than to count it. */
  listed = false;

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

/** Fewer handles than this are not worth being gone through. */
const FEW = 64;

/** Which calls are open. */
export class OpenCalls {
  /** All handles that are open, in no order, with some that are not: most are soon used again, and then need nothing done. */
  #handles: OpenCall[] = [];
  /** How many handles there may be until those that are not open are let go of. */
  #limit = FEW;
  count = 0;

  /** @param call begun just now */
  add(call: OpenCall): void {
    this.count++;
    if (call.listed === false) this.#list(call);
  }

  /** The call is over; what comes late is still written. */
  remove(call: OpenCall): void {
    if (call.isOpen === false) return;
    call.isOpen = false;
    this.count--;
  }

  /** @param id only those before it @returns the open calls, oldest first */
  before(id: number): OpenCall[] {
    const open = this.#handles.filter((call) => call.isOpen && call.id < id);
    return open.sort((one, other) => one.id - other.id);
  }

  #list(call: OpenCall): void {
    if (this.#handles.length >= this.#limit) this.#letGo();
    call.listed = true;
    this.#handles.push(call);
  }

  #letGo(): void {
    const open: OpenCall[] = [];
    for (const call of this.#handles) {
      call.listed = call.isOpen;
      if (call.isOpen) open.push(call);
    }
    this.#handles = open;
    this.#limit = Math.max(FEW, 2 * open.length);
  }
}
