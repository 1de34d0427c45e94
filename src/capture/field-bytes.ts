// Where header lists and the rare events' details are kept: as octets, once a slab for a list that is used again and again.
import type { FieldList } from "../http2/hpack/field-list.js";
import type { Field } from "../model/fields.js";
import { ByteLog, SLAB_BYTES, uint32At } from "./byte-log.js";

/** Fields whose encoded form would not fit a slab are cut: a list is kept up to this. */
const MAX_LIST_BYTES = SLAB_BYTES / 2;
/** Two lengths of 32 bits in front of each name and value, and the number of fields in front of the list. */
const FIELD_HEADER_BYTES = 8;

const UTF8 = new TextEncoder();
const FROM_UTF8 = new TextDecoder();

export class FieldBytes {
  readonly log: ByteLog;
  readonly #grow: () => void;
  readonly #lastSeqOf: number[] = [];
  #seq = 0;
  serial = 0;
  position = 0;

  constructor(spare: Uint8Array[], grow: () => void) {
    this.log = new ByteLog(spare);
    this.#grow = grow;
  }

  /** Drops the oldest slab even though events refer to it: they then have no fields. */
  dropOldest(): boolean {
    this.#lastSeqOf.shift();
    return this.log.dropOldest();
  }

  /** Drops the slabs that no event from `oldestSeq` on refers to. */
  dropBefore(oldestSeq: number): void {
    while (this.#lastSeqOf.length > 0 && this.#lastSeqOf[0]! < oldestSeq) {
      this.dropOldest();
    }
  }

  /**
   * Keeps a list for the event `seq`; where is then in `serial` and `position`.
   * A slab is dropped when the events written while it was current are gone, so a list is written again into each new one.
   */
  putList(list: FieldList, seq: number): void {
    this.#seq = seq;
    if (list.storedSerial === this.log.serial) {
      this.serial = list.storedSerial;
      this.position = list.storedPosition;
      return;
    }
    const fields = list.fields;
    let size = 4;
    let count = 0;
    for (const [name, value] of fields) {
      const more = FIELD_HEADER_BYTES + name.length + value.length;
      if (size + more > MAX_LIST_BYTES) break;
      size += more;
      count++;
    }
    this.#room(size);
    const log = this.log;
    list.storedSerial = this.serial = log.serial;
    list.storedPosition = this.position = log.position;
    log.putUint32(count);
    for (let i = 0; i < count; i++) {
      const [name, value] = fields[i]!;
      log.putUint32(name.length);
      log.putUint32(value.length);
      log.putText(name);
      log.putText(value);
    }
  }

  /** @returns undefined when it was trimmed */
  list(serial: number, position: number): readonly Field[] | undefined {
    const slab = this.log.slab(serial);
    if (slab === undefined) return undefined;
    const fields: Field[] = [];
    let at = position + 4;
    for (let left = uint32At(slab, position); left > 0; left--) {
      const nameEnd = at + FIELD_HEADER_BYTES + uint32At(slab, at);
      const valueEnd = nameEnd + uint32At(slab, at + 4);
      fields.push([latin1(slab, at + FIELD_HEADER_BYTES, nameEnd), latin1(slab, nameEnd, valueEnd)]);
      at = valueEnd;
    }
    return fields;
  }

  /** Keeps the details of a rare event for `seq`; at most half a slab, longer text is cut. */
  putDetails(text: string, seq: number): void {
    this.#seq = seq;
    const bytes = UTF8.encode(text).subarray(0, MAX_LIST_BYTES);
    this.#room(bytes.length + 4);
    this.serial = this.log.serial;
    this.position = this.log.position;
    this.log.putUint32(bytes.length);
    this.log.put(bytes, 0, bytes.length);
  }

  details(serial: number, position: number): string | undefined {
    const slab = this.log.slab(serial);
    if (slab === undefined) return undefined;
    return FROM_UTF8.decode(slab.subarray(position + 4, position + 4 + uint32At(slab, position)));
  }

  #room(size: number): void {
    if (size <= this.log.room) return;
    this.#grow();
    this.#lastSeqOf.push(this.#seq);
    this.log.nextSlab();
  }
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("latin1");
}
