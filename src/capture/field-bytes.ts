// Where header lists and the rare events' details are kept: as octets, once a slab for a list that is used again and again.
import { type FieldList, firstPlace } from "../http2/hpack/field-list.js";
import type { Field } from "../model/fields.js";
import { ByteLog, uint32At } from "./byte-log.js";
import { SLAB_BYTES, type Slabs } from "./slabs.js";

/** A list is kept up to this; of the fields behind it only their number is. */
const MAX_LIST_BYTES = SLAB_BYTES / 2;
/** The number of fields kept and of those cut off, 32 bits each, in front of the list; two lengths in front of each field. */
const LIST_HEADER_BYTES = 8;
const LENGTH_BYTES = 4;
const FIELD_HEADER_BYTES = 2 * LENGTH_BYTES;
/**
 * A longer text stands once in a slab, and where it comes again its position stands in its place. One octet of a header
 * block can name 4 KiB of the peer's table: without this 60 octets would cost a copy of 128 KiB (CVE-2016-6581).
 */
const MAX_REPEATED_CHARS = 256;
/** In a length: the position of the text follows, not the text. No list has 2 GiB. */
const ELSEWHERE = 0x80000000;
/**
 * In the first number of a list: only what is not as in its model stands here. The other bits are the places of that; the model's
 * position follows, in the same slab, and a length and text for each of these values.
 */
const AS_MODEL = 0x80000000;
/** Of a list with more that is new all is kept, as far as there is room. */
const MAX_CHANGES_BYTES = MAX_LIST_BYTES / 2;

/** Lists of up to so many octets that were read last: 256 KiB of them. Live readers read the same few again and again. */
const MAX_READ_LISTS = 64;
const MAX_READ_LIST_BYTES = 4096;

const UTF8 = new TextEncoder();
const FROM_UTF8 = new TextDecoder();

export class FieldBytes {
  // Declared only, so that it never was undefined: V8 then knows what it is (src/README.md, "Speed").
  declare readonly log: ByteLog;
  readonly #grow: () => void;
  readonly #lastSeqOf: number[] = [];
  /** By where they stand in all that was ever written: the same list is the same array. */
  readonly #read = new Map<number, readonly Field[]>();
  /** Long texts of the current slab; 1,024 at most, as that is how many fit. */
  readonly #texts = new Map<string, number>();
  /** Where {@link putDetails} put it. */
  serial = 0;
  position = 0;

  constructor(memory: Slabs, grow: () => void) {
    this.log = new ByteLog(memory);
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
   * Keeps a list for the event `seq`; the list then says where.
   * A slab is dropped when the events written while it was current are gone, so a list is written again into each new one.
   */
  putList(list: FieldList, seq: number): void {
    if (this.holds(list) === true) return;
    if (list.model === undefined || !this.#writeChanges(list, list.model, seq)) this.#writeList(list, seq);
  }

  /** Whether a list stands in the current slab already. */
  holds(list: FieldList): boolean {
    return list.storedSerial === this.log.serial;
  }

  #writeList(list: FieldList, seq: number): void {
    const log = this.log;
    const fields = list.fields;
    const count = this.#makeRoom(fields, seq);
    list.storedSerial = log.serial;
    list.storedPosition = log.position;
    log.putUint32(count);
    log.putUint32(fields.length - count);
    for (let i = 0; i < count; i++) {
      const [name, value] = fields[i]!;
      const nameAt = this.#find(name);
      const valueAt = this.#find(value);
      this.#putLength(name, nameAt);
      this.#putLength(value, valueAt);
      this.#putText(name, nameAt);
      this.#putText(value, valueAt);
    }
  }

  /** Writes only what is not as in the model, which is short, so that all of it is kept. @returns false when that is too long, and nothing was written */
  #writeChanges(list: FieldList, model: FieldList, seq: number): boolean {
    const { fields, changed } = list;
    let size = LIST_HEADER_BYTES;
    for (let left = changed; left !== 0; left &= left - 1) size += LENGTH_BYTES + fields[firstPlace(left)]![1].length;
    if (size > MAX_CHANGES_BYTES) return false;
    this.#room(size, seq);
    if (this.holds(model) === false) {
      this.#room(size + LIST_HEADER_BYTES + FIELD_HEADER_BYTES * fields.length + model.fieldBytes, seq);
      this.#writeList(model, seq);
    }
    const log = this.log;
    list.storedSerial = log.serial;
    list.storedPosition = log.position;
    log.putUint32(AS_MODEL | changed);
    log.putUint32(model.storedPosition);
    for (let left = changed; left !== 0; left &= left - 1) {
      const value = fields[firstPlace(left)]![1];
      const at = this.#find(value);
      this.#putLength(value, at);
      this.#putText(value, at);
    }
    return true;
  }

  /** @returns undefined when it was trimmed */
  list(serial: number, position: number): readonly Field[] | undefined {
    const slab = this.log.slab(serial);
    if (slab === undefined) return undefined;
    const place = serial * SLAB_BYTES + position;
    const known = this.#read.get(place);
    if (known !== undefined) return known;
    const first = uint32At(slab, position);
    const fields = first < AS_MODEL ? [] : [...this.list(serial, uint32At(slab, position + 4))!];
    const end =
      first < AS_MODEL ? readFields(slab, position, first, fields) : readChanges(slab, position, first, fields);
    if (end - position <= MAX_READ_LIST_BYTES) {
      if (this.#read.size >= MAX_READ_LISTS) this.#read.clear();
      this.#read.set(place, fields);
    }
    return fields;
  }

  /** Fields of a list that were cut off; 0 when it was trimmed. */
  cutOff(serial: number, position: number): number {
    const slab = this.log.slab(serial);
    return slab === undefined || uint32At(slab, position) >= AS_MODEL ? 0 : uint32At(slab, position + 4);
  }

  /** Keeps the details of a rare event for `seq`; at most half a slab, longer text is cut. */
  putDetails(text: string, seq: number): void {
    const bytes = UTF8.encode(text).subarray(0, MAX_LIST_BYTES);
    this.#room(bytes.length + 4, seq);
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

  /** @param seq the event that it is for: those before it may refer to the slab that is full */
  #room(size: number, seq: number): void {
    if (size <= this.log.room) return;
    this.#grow();
    this.#lastSeqOf.push(seq - 1);
    this.log.nextSlab();
    this.#texts.clear();
  }

  /** @returns how many of the fields are kept: those up to {@link MAX_LIST_BYTES} */
  #makeRoom(fields: readonly Field[], seq: number): number {
    let size = LIST_HEADER_BYTES;
    let count = 0;
    for (const [name, value] of fields) {
      const more = FIELD_HEADER_BYTES + name.length + value.length;
      if (size + more > MAX_LIST_BYTES) break;
      size += more;
      count++;
    }
    this.#room(size, seq);
    return count;
  }

  /** Where a long text stands in the current slab; -1 when it does not, or is short. */
  #find(text: string): number {
    return text.length <= MAX_REPEATED_CHARS ? -1 : (this.#texts.get(text) ?? -1);
  }

  /** @param at what {@link #find} said, here and of the text itself */
  #putLength(text: string, at: number): void {
    this.log.putUint32(at < 0 ? text.length : text.length | ELSEWHERE);
  }

  #putText(text: string, at: number): void {
    if (at >= 0) {
      this.log.putUint32(at);
      return;
    }
    if (text.length > MAX_REPEATED_CHARS) this.#texts.set(text, this.log.position);
    this.log.putText(text);
  }
}

/** Reads all the fields of a list. @returns where the list ends */
function readFields(slab: Uint8Array, position: number, count: number, into: Field[]): number {
  let at = position + LIST_HEADER_BYTES;
  for (let left = count; left > 0; left--) {
    const nameLength = uint32At(slab, at);
    const valueLength = uint32At(slab, at + LENGTH_BYTES);
    const nameAt = at + FIELD_HEADER_BYTES;
    const valueAt = nameAt + storedBytes(nameLength);
    into.push([textAt(slab, nameAt, nameLength), textAt(slab, valueAt, valueLength)]);
    at = valueAt + storedBytes(valueLength);
  }
  return at;
}

/** Puts into the model's fields what is not as there. @returns where the list ends */
function readChanges(slab: Uint8Array, position: number, changed: number, fields: Field[]): number {
  let at = position + LIST_HEADER_BYTES;
  for (let left = changed & ~AS_MODEL; left !== 0; left &= left - 1) {
    const place = firstPlace(left);
    const length = uint32At(slab, at);
    fields[place] = [fields[place]![0], textAt(slab, at + LENGTH_BYTES, length)];
    at += LENGTH_BYTES + storedBytes(length);
  }
  return at;
}

/** @param length as it stands in front of a text */
function storedBytes(length: number): number {
  return length >= ELSEWHERE ? 4 : length;
}

function textAt(slab: Uint8Array, at: number, length: number): string {
  if (length < ELSEWHERE) return latin1(slab, at, at + length);
  const elsewhere = uint32At(slab, at);
  return latin1(slab, elsewhere, elsewhere + length - ELSEWHERE);
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("latin1");
}
