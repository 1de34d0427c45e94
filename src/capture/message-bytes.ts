// Where message bytes are kept: whole where they came whole, else as a chain of pieces in one byte log.
import { ByteLog, uint32At } from "./byte-log.js";
import type { Slabs } from "./slabs.js";

/** Serial and position of the next piece, and this piece's length: three 32-bit numbers in front of its octets. */
const PIECE_HEADER_BYTES = 12;
/** Serial that means "no further piece": 2^32 - 1 slabs are a petabyte. */
const NO_PIECE = 0xffffffff;
/** A message up to this is kept in one stretch, if need be at the cost of the rest of a slab. */
const WHOLE_BYTES = 16 * 1024;
/** A message up to this brings its neighbours along, up to that: a copy of 4 KiB costs little more than one of 100 octets. */
const SMALL_BYTES = 1024;
const RUN_BYTES = 4096;

const NO_BYTES = new Uint8Array(0);

/** A message that came in more than one range. */
export class GrowingMessage {
  /** Serial and position of the first piece; `serial` is NO_PIECE until one was written. */
  serial = NO_PIECE;
  position = 0;
  /** Octets that came, and of them those kept. */
  received = 0;
  kept = 0;
  /** Its octets are those after decompression; `received` is what crossed the wire. */
  inflated = false;
  readonly flag: number;
  /** From its prefix; undefined for a body without one. */
  readonly announced: number | undefined;
  pieceSerial = NO_PIECE;
  piecePosition = 0;
  pieceLength = 0;

  constructor(flag: number, announced: number | undefined) {
    this.flag = flag;
    this.announced = announced;
  }
}

export class MessageBytes {
  // Declared only, so that it never was undefined: V8 then knows what it is (src/README.md, "Speed").
  declare readonly log: ByteLog;
  readonly #maxMessageBytes: number = 0;
  /** No message of a run is longer than one may be. */
  readonly #maxRunBytes: number = 0;
  /** Called before a slab is added. */
  readonly #grow: () => void;
  /** The octets [start, end) of a chunk that were copied in one go, and where to. */
  #runBytes: Uint8Array = NO_BYTES;
  #runStart = 0;
  #runEnd = 0;
  runSerial = 0;
  /** From a place in the chunk to that in the slab. */
  #runShift = 0;
  /** Where {@link putWhole} put it. */
  serial = 0;
  position = 0;

  constructor(memory: Slabs, maxMessageBytes: number, grow: () => void) {
    this.log = new ByteLog(memory);
    this.#maxMessageBytes = maxMessageBytes;
    this.#maxRunBytes = Math.min(maxMessageBytes, RUN_BYTES);
    this.#grow = grow;
  }

  /** Forgets the run: its octets may be others by now. */
  beginChunk(): void {
    if (this.#runBytes !== NO_BYTES) this.#runBytes = NO_BYTES;
  }

  /** Where a message is kept that came along with one before it, in the current slab; -1 when it did not. */
  placeInRun(bytes: Uint8Array, start: number, end: number): number {
    if (this.#runBytes !== bytes || start < this.#runStart || end > this.#runEnd) return -1;
    return (this.#runShift + start) | 0;
  }

  /**
   * Keeps a message that came in one range, in one stretch. What follows a small message in its chunk is kept with it: one
   * copy for a run of small messages, the prefixes and frame headers between them included.
   * @returns false when it is too long for that; then it goes through {@link append}
   */
  putWhole(bytes: Uint8Array, start: number, end: number): boolean {
    const position = this.placeInRun(bytes, start, end);
    if (position < 0) return this.#put(bytes, start, end);
    this.serial = this.runSerial;
    this.position = position;
    return true;
  }

  #put(bytes: Uint8Array, start: number, end: number): boolean {
    const length = end - start;
    if (length > this.#maxMessageBytes || (length > WHOLE_BYTES && length > this.log.room)) return false;
    const keep = length > SMALL_BYTES ? length : Math.min(bytes.length - start, this.#maxRunBytes);
    if (keep > this.log.room) this.#next();
    this.serial = this.log.serial;
    this.position = this.log.position;
    this.log.put(bytes, start, start + keep);
    if (keep > length) {
      this.#runBytes = bytes;
      this.#runStart = start;
      this.#runEnd = start + keep;
      this.runSerial = this.serial;
      this.#runShift = this.position - start;
    }
    return true;
  }

  /** Keeps what fits under the limit for one message; the rest is counted only. */
  append(message: GrowingMessage, bytes: Uint8Array, start: number, end: number): void {
    const log = this.log;
    message.received += end - start;
    const last = Math.min(end, start + this.#maxMessageBytes - message.kept);
    let at = start;
    while (at < last) {
      if (
        message.pieceSerial !== log.serial ||
        message.piecePosition + PIECE_HEADER_BYTES + message.pieceLength !== log.position ||
        log.room === 0
      ) {
        this.#beginPiece(message);
      }
      const take = Math.min(last - at, log.room);
      log.put(bytes, at, at + take);
      at += take;
      message.pieceLength += take;
      message.kept += take;
      log.patchUint32(message.pieceSerial, message.piecePosition + 8, message.pieceLength);
    }
  }

  /**
   * @param length octets that were kept
   * @param chained whether it went through {@link append}
   * @param take gives the memory for the copy; default memory of its own
   * @returns a copy; undefined when any of it was trimmed
   */
  read(
    serial: number,
    position: number,
    length: number,
    chained: boolean,
    take?: (length: number) => Uint8Array,
  ): Uint8Array | undefined {
    if (length === 0) return new Uint8Array(0);
    // The oldest is trimmed first: no memory is asked for a message that is not there.
    const first = this.log.slab(serial);
    if (first === undefined) return undefined;
    if (!chained && take === undefined) return first.slice(position, position + length);
    const out = take?.(length) ?? new Uint8Array(length);
    if (!chained) {
      out.set(first.subarray(position, position + length));
      return out;
    }
    let done = 0;
    let at = position;
    for (let next = serial; next !== NO_PIECE && done < length; ) {
      const slab = this.log.slab(next);
      if (slab === undefined) return undefined;
      const pieceLength = Math.min(uint32At(slab, at + 8), length - done);
      const from = at + PIECE_HEADER_BYTES;
      out.set(slab.subarray(from, from + pieceLength), done);
      done += pieceLength;
      next = uint32At(slab, at);
      at = uint32At(slab, at + 4);
    }
    return done === length ? out : undefined;
  }

  #beginPiece(message: GrowingMessage): void {
    const log = this.log;
    // A piece should be worth its header.
    if (log.room < PIECE_HEADER_BYTES * 4) this.#next();
    if (message.serial === NO_PIECE) {
      message.serial = log.serial;
      message.position = log.position;
    } else {
      log.patchUint32(message.pieceSerial, message.piecePosition, log.serial);
      log.patchUint32(message.pieceSerial, message.piecePosition + 4, log.position);
    }
    message.pieceSerial = log.serial;
    message.piecePosition = log.position;
    message.pieceLength = 0;
    log.putUint32(NO_PIECE);
    log.putUint32(0);
    log.putUint32(0);
  }

  #next(): void {
    this.#grow();
    this.log.nextSlab();
  }
}
