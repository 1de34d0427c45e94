// The last frames of all connections, as numbers in a ring: what a stream's frames were, for as long as somebody may still ask.
import type { SideIndex } from "./stream.js";

/** Frames that are kept, 32 octets each: 2 MiB. Of a busy relay that is a moment, of a developer's machine an hour. */
const KEPT = 1 << 16;
/** Numbers of a row: connection, stream, octets, value, and side with type and flags. */
const COLUMNS = 5;

export interface LoggedFrame {
  readonly from: SideIndex;
  /** Unix ms, of the chunk in which it began. */
  readonly at: number;
  readonly type: number;
  readonly flags: number;
  /** Octets of payload. */
  readonly length: number;
  /** The code of an RST_STREAM, the increment of a WINDOW_UPDATE; 0 for others. */
  readonly value: number;
}

export class FrameLog {
  readonly #numbers = new Uint32Array(KEPT * COLUMNS);
  readonly #at = new Float64Array(KEPT);
  #connection = 0;
  #now = 0;
  /** Frames noted so far. */
  count = 0;

  /** Whose frames come next, and when. */
  begin(connection: number, now: number): void {
    this.#connection = connection;
    this.#now = now;
  }

  add(from: SideIndex, type: number, flags: number, stream: number, length: number): void {
    const row = this.count++ % KEPT;
    const to = row * COLUMNS;
    const numbers = this.#numbers;
    this.#at[row] = this.#now;
    numbers[to] = this.#connection;
    numbers[to + 1] = stream;
    numbers[to + 2] = length;
    numbers[to + 3] = 0;
    numbers[to + 4] = (from << 16) | (type << 8) | flags;
  }

  /** What the frame that was added last says. */
  value(value: number): void {
    if (this.count > 0) this.#numbers[((this.count - 1) % KEPT) * COLUMNS + 3] = value;
  }

  /** The frames of a stream, or with stream 0 those of the connection itself, that are still kept, oldest first. */
  of(connection: number, stream: number): readonly LoggedFrame[] {
    const numbers = this.#numbers;
    const found: LoggedFrame[] = [];
    for (let place = Math.max(0, this.count - KEPT); place < this.count; place++) {
      const row = place % KEPT;
      const from = row * COLUMNS;
      if (numbers[from] !== connection || numbers[from + 1] !== stream) continue;
      const kind = numbers[from + 4]!;
      found.push({
        from: (kind >> 16) as SideIndex,
        at: this.#at[row]!,
        type: (kind >> 8) & 0xff,
        flags: kind & 0xff,
        length: numbers[from + 2]!,
        value: numbers[from + 3]!,
      });
    }
    return found;
  }
}
