// Turns header blocks into fields, following the peer's dynamic table from outside (RFC 7541 §3, §6).
import type { Field } from "../../model/fields.js";
import { BlockCache } from "./block-cache.js";
import { BlockReader } from "./block-reader.js";
import { DynamicTable, INITIAL_TABLE_BYTES } from "./dynamic-table.js";
import { FieldList } from "./field-list.js";
import { ListModels } from "./list-models.js";
import type { HpackProblem } from "./problem.js";
import { STATIC_FIELDS, STATIC_LENGTH } from "./static-table.js";

export { FieldList } from "./field-list.js";
export type { HpackCode, HpackProblem } from "./problem.js";

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/** Of a decoder that has read nothing yet: most connections of a flood never do. */
const NO_BLOCKS = new BlockCache();

/** What a decoder keeps at most, whatever the peer sends. */
export interface HpackLimits {
  readonly maxFields: number;
  readonly maxFieldBytes: number;
  readonly maxTableBytes: number;
}

/** One octet of a block can name a field, so octets alone bound nothing: 4,096 references are 32 KiB of list. */
export const MAX_FIELDS = 4096;
/** Most servers refuse lists over 16 KiB to 1 MiB (gRPC's default is 8 KiB), so this is what can still get an answer. */
export const MAX_FIELD_BYTES = 1024 * 1024;
/**
 * What browsers and Envoy announce at most; gRPC stays at 4 KiB. At 32 octets an entry at least these are 2,048 entries, which
 * take 3 octets on the wire and 80 here: with 1 MiB, 100 connections held 600 MiB for 20 MB sent.
 */
export const MAX_TABLE_BYTES = 64 * 1024;

/**
 * Follows one direction of one connection; every block must be given, in wire order.
 * After a problem the table is unknown, so each later call returns that same problem.
 */
export class HpackDecoder {
  readonly #limits: HpackLimits;
  readonly #table = new DynamicTable();
  #cache = NO_BLOCKS;
  #models = new ListModels();
  #allowedTableBytes = INITIAL_TABLE_BYTES;
  #broken: HpackProblem | undefined = undefined;

  constructor(limits: Partial<HpackLimits> = {}) {
    this.#limits = {
      maxFields: limits.maxFields ?? MAX_FIELDS,
      maxFieldBytes: limits.maxFieldBytes ?? MAX_FIELD_BYTES,
      maxTableBytes: limits.maxTableBytes ?? MAX_TABLE_BYTES,
    };
  }

  /** Why this decoder can read nothing more. */
  get broken(): HpackProblem | undefined {
    return this.#broken;
  }

  /** Sum of the dynamic table's entry sizes (RFC 7541 §4.1). */
  get tableBytes(): number {
    return this.#table.bytes;
  }

  /** A copy of the dynamic table, newest first: its first entry has index 62. */
  tableFields(): Field[] {
    return Array.from({ length: this.#table.count }, (_, age) => this.#table.at(age)!);
  }

  /**
   * Tells what the reader of these blocks announced as SETTINGS_HEADER_TABLE_SIZE (RFC 9113 §6.5.2).
   * The largest ever announced counts: from outside nobody knows when the writer saw a smaller one.
   */
  allowTableSize(bytes: number): void {
    if (bytes > this.#allowedTableBytes) this.#allowedTableBytes = bytes;
  }

  /**
   * Reads one whole header block, bytes[start,end), of which nothing is kept.
   * @param octets the same as `bytes`, where they are at hand
   * @returns the list, the very same one for equal octets over an unchanged table, and mostly for equal fields; or what is
   * wrong with the block
   */
  decode(bytes: Uint8Array, start: number, end: number, octets = viewOf(bytes)): FieldList | HpackProblem {
    if (this.#broken !== undefined) return this.#broken;
    const known = this.#cache.find(octets, start, end);
    if (known !== undefined) return known;
    const version = this.#table.version;
    const list = this.#read(new BlockReader(bytes, start, end));
    if (!(list instanceof FieldList)) return this.#break(list);
    if (version === this.#table.version) {
      if (this.#cache === NO_BLOCKS) this.#cache = new BlockCache();
      this.#cache.add(octets, start, end, list);
    } else this.#cache.clear();
    return list;
  }

  /**
   * What {@link decode} says of a block that comes in its turn, as calls repeat, and so do their blocks. It may be asked of the
   * same block afterwards.
   * @returns undefined for any other
   */
  guess(octets: DataView, start: number, end: number): FieldList | undefined {
    return this.#cache.guess(octets, start, end);
  }

  /** Of what is known nothing is to be told any more. */
  forget(): void {
    this.#cache = NO_BLOCKS;
    this.#models = new ListModels();
  }

  /** Reads a block for as long as it is like the list before it: of that only what is new is looked at. */
  #read(reader: BlockReader): FieldList | HpackProblem {
    const model = this.#models.latest;
    const fields = model.fields.slice();
    let bytes = model.fieldBytes;
    let changed = 0;
    let place = 0;
    for (; place < fields.length; place++) {
      const octet = reader.peek();
      if (octet < 0 || (octet & 0xe0) === 0x20) break;
      const field = this.#field(reader, octet, place);
      if (field === undefined) return reader.problem!;
      const was = fields[place]!;
      if (field === was) continue;
      if (field[0] !== was[0]) return this.#readOn(reader, [...fields.slice(0, place), field]);
      if (field[1] === was[1]) continue;
      bytes += field[1].length - was[1].length;
      changed |= 1 << place;
      fields[place] = field;
    }
    if (place < fields.length || reader.peek() >= 0 || bytes > this.#limits.maxFieldBytes || changed === 0) {
      return this.#readOn(reader, fields.slice(0, place));
    }
    return new FieldList(fields, 0, bytes, model, changed);
  }

  /** @param begun the fields that the block began with */
  #readOn(reader: BlockReader, begun: readonly Field[]): FieldList | HpackProblem {
    const fields: Field[] = [];
    let dropped = 0;
    let bytes = 0;
    const add = (field: Field): void => {
      const more = field[0].length + field[1].length;
      if (dropped > 0 || fields.length === this.#limits.maxFields || bytes + more > this.#limits.maxFieldBytes) {
        dropped++;
      } else {
        fields.push(field);
        bytes += more;
      }
    };
    begun.forEach(add);
    for (let octet = reader.peek(); octet >= 0; octet = reader.peek()) {
      if ((octet & 0xe0) === 0x20) {
        if (!this.#update(reader, fields.length + dropped)) return reader.problem!;
        continue;
      }
      const field = this.#field(reader, octet, fields.length);
      if (field === undefined) return reader.problem!;
      add(field);
    }
    // A pushed-to array has room for 17 at least; lists are kept for long, so they get no more than they need.
    return this.#models.list(fields.slice(), dropped, bytes);
  }

  /** A dynamic table size update (RFC 7541 §6.3); the RFC has writers send two at most, we follow any number. */
  #update(reader: BlockReader, fieldsBefore: number): boolean {
    const { position } = reader;
    const bytes = reader.integer(0x1f);
    if (bytes < 0) return false;
    const where = `dynamic table size update to ${bytes} at octet ${position} of the header block`;
    if (fieldsBefore > 0) {
      reader.fail("ERR_HPACK_UPDATE_LATE", `${where} comes after a field; expected it before the first`, "4.2");
      return false;
    }
    const allowed = this.#allowedTableBytes;
    if (bytes > allowed) {
      reader.fail("ERR_HPACK_UPDATE_TOO_LARGE", `${where}; expected at most the ${allowed} that were announced`, "6.3");
      return false;
    }
    this.#table.resize(bytes);
    return true;
  }

  /** @param octet the next @param place in the list */
  #field(reader: BlockReader, octet: number, place: number): Field | undefined {
    return octet & 0x80 ? this.#indexed(reader, 0x7f) : this.#literal(reader, octet, place);
  }

  /** A field that the tables hold: an indexed field (RFC 7541 §6.1), or the one whose name a literal borrows. */
  #indexed(reader: BlockReader, mask: number): Field | undefined {
    const { position } = reader;
    const index = reader.integer(mask);
    const field = index > STATIC_LENGTH ? this.#table.at(index - STATIC_LENGTH - 1) : STATIC_FIELDS[index];
    return field !== undefined && index > 0 ? field : this.#noField(reader, index, position);
  }

  #noField(reader: BlockReader, index: number, position: number): undefined {
    if (index < 0) return;
    const what = `index ${index} at octet ${position} of the header block`;
    if (index === 0) reader.fail("ERR_HPACK_INDEX_ZERO", `${what}; expected 1 or more`, "6.1");
    else {
      const last = STATIC_LENGTH + this.#table.count;
      reader.fail("ERR_HPACK_INDEX_RANGE", `${what}; expected at most ${last}, the oldest entry`, "2.3.3");
    }
  }

  /**
   * A literal with, without or never with indexing (RFC 7541 §6.2.1 to §6.2.3); its name may be one the tables hold.
   * @param place in the list
   */
  #literal(reader: BlockReader, octet: number, place: number): Field | undefined {
    const { position } = reader;
    const indexing = (octet & 0xc0) === 0x40;
    const mask = indexing ? 0x3f : 0x0f;
    let name: string | undefined;
    if ((octet & mask) === 0) {
      reader.integer(mask);
      name = reader.string();
    } else {
      name = this.#indexed(reader, mask)?.[0];
    }
    if (name === undefined) return undefined;
    const value = reader.string();
    if (value === undefined) return undefined;
    const field: Field = this.#models.fieldAt(place, name, value) ?? [name, value];
    if (!indexing) return field;
    this.#table.insert(field);
    if (this.#table.bytes <= this.#limits.maxTableBytes) return field;
    const message = `dynamic table of ${this.#table.bytes} octets after the field at octet ${position} of the header block; expected at most the ${this.#limits.maxTableBytes} that are kept here`;
    reader.fail("ERR_HPACK_TABLE_TOO_LARGE", message, "4.1");
    return undefined;
  }

  /** Nothing can be read any more, so nothing is kept. */
  #break(problem: HpackProblem): HpackProblem {
    this.#broken = problem;
    this.#table.clear();
    this.forget();
    return problem;
  }
}
