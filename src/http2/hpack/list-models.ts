// Earlier lists by which later ones are told: a client with deadlines says the same in each call but for `grpc-timeout`.
import type { Field } from "../../model/fields.js";
import { FieldList } from "./field-list.js";

/** Of a connection: a few methods, or a server's headers and trailers. */
const MAX_MODELS = 4;
/** As many as there are bits for. */
const MAX_MODEL_FIELDS = 31;
/** gRPC's limit for a list. A model is kept for as long as its connection, whatever the peer's table forgot. */
const MAX_MODEL_BYTES = 8192;

const NO_LISTS: FieldList[] = [];
const NO_MODEL = new FieldList([], 0, 0);

/** {@link changesFrom} of lists that are not alike. */
const UNLIKE = -1;

/**
 * Such a list costs its reader what is new in it: what follows from the rest is known, and written down, with its model.
 * Encoders enter each new value into the table, so no two of these blocks have the same octets (RFC 7541 §6.2.1).
 */
export class ListModels {
  /** The last that was used comes first. As short as it can be: most connections have one or two, and there may be thousands. */
  #models = NO_LISTS;

  /** The one that was used last; a list of nothing when there is none. */
  latest = NO_MODEL;

  /** The field that stands at this place in the latest model, if it is the same. */
  fieldAt(place: number, name: string, value: string): Field | undefined {
    const field = this.latest.fields[place];
    return field !== undefined && field[0] === name && field[1] === value ? field : undefined;
  }

  /**
   * Looks for the model of a new list, which is a model itself if there is none.
   * @param fields the list's; those that the model has, too, become the very same
   * @returns the list, or its model if both say the same
   */
  settle(list: FieldList, fields: Field[]): FieldList {
    const models = this.#models;
    if (list.droppedFields > 0 || fields.length > MAX_MODEL_FIELDS || fields.length === 0) return list;
    for (let i = 0; i < models.length; i++) {
      const model = models[i]!;
      const changed = changesFrom(model.fields, fields);
      if (changed === UNLIKE) continue;
      if (i > 0) {
        models.copyWithin(1, 0, i);
        models[0] = this.latest = model;
      }
      if (changed === 0) return model;
      list.model = model;
      list.changed = changed;
      return list;
    }
    if (list.fieldBytes > MAX_MODEL_BYTES) return list;
    this.#models = [list, ...models.slice(0, MAX_MODELS - 1)];
    this.latest = list;
    return list;
  }
}

/** Where the values of fields differ from a model's, a bit a place; {@link UNLIKE} when the names do. */
function changesFrom(model: readonly Field[], fields: Field[]): number {
  if (model.length !== fields.length) return UNLIKE;
  let changed = 0;
  for (let place = 0; place < fields.length; place++) {
    const was = model[place]!;
    const is = fields[place]!;
    if (was === is) continue;
    if (was[0] !== is[0]) return UNLIKE;
    if (was[1] === is[1]) fields[place] = was;
    else changed |= 1 << place;
  }
  return changed;
}
