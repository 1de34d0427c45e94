// The fields that one header block meant (RFC 7541 §1.3, "header list").
import type { Field } from "../../model/fields.js";

/** What one block said, in wire order. A block that repeats may be answered with the very same list: do not change it. */
export class FieldList {
  // Declared only, so that they never were undefined: V8 then knows what they are (src/README.md, "Speed").
  declare readonly fields: readonly Field[];
  /** Fields that came after the decoder's limits were reached: counted, not kept. */
  declare readonly droppedFields: number;
  /** Octets of the names and values of `fields`, shared ones counted each time. */
  declare readonly fieldBytes: number;
  /** For whoever keeps the list to hang what it worked out from it; the decoder never looks here. */
  memo: unknown = undefined;
  /** An earlier list that says the same, with the same names at the same places, but for the values at {@link changed}. */
  readonly model: FieldList | undefined;
  /** A bit for each place whose value is not that of {@link model}: bit 0 for the first field. */
  declare readonly changed: number;
  /** Where a capture has written it down; -1 while nowhere. Two numbers, because this is asked of every header block. */
  storedSerial = -1;
  storedPosition = 0;

  constructor(
    fields: readonly Field[],
    droppedFields: number,
    fieldBytes: number,
    model: FieldList | undefined = undefined,
    changed = 0,
  ) {
    this.fields = fields;
    this.droppedFields = droppedFields;
    this.fieldBytes = fieldBytes;
    this.model = model;
    this.changed = changed;
  }
}

/** The first of the places that bits stand for as in {@link FieldList.changed}; -1 of none. */
export function firstPlace(places: number): number {
  return 31 - Math.clz32(places & -places);
}
