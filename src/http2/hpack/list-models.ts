// Earlier lists by which later ones are told: a client with deadlines says the same in each call but for `grpc-timeout`.
import type { Field } from "../../model/fields.js";
import { FieldList } from "./field-list.js";

/** Of a connection: a few methods, or a server's headers and trailers. */
const MAX_MODELS = 4;
/** As many as there are bits for. */
const MAX_MODEL_FIELDS = 31;
/** gRPC's limit for a list. A model is kept for as long as its connection, whatever the peer's table forgot. */
const MAX_MODEL_BYTES = 8192;

/** A list of nothing is like no other: it stands there until there is one. */
const NO_MODELS = [new FieldList([], 0, 0)];

/** {@link changesFrom} of lists that are not alike. */
const UNLIKE = -1;

/**
 * Such a list costs its reader what is new in it: what follows from the rest is known, and written down, with its model.
 * Encoders enter each new value into the table, so no two of these blocks have the same octets (RFC 7541 §6.2.1).
 */
export class ListModels {
  /** The last that was used comes first. As short as it can be: most connections have one or two, and there may be thousands. */
  #models = NO_MODELS;

  /** The one that was used last; a list of nothing when there is none. */
  get latest(): FieldList {
    return this.#models[0]!;
  }

  /** The field that stands at this place in the latest model, if it is the same. */
  fieldAt(place: number, name: string, value: string): Field | undefined {
    const field = this.latest.fields[place];
    return field !== undefined && field[0] === name && field[1] === value ? field : undefined;
  }

  /**
   * Makes a list of fields, told by its model if there is one; if not, it is a model itself.
   * @param fields belong to the list from now on; those that the model has, too, become the very same
   * @returns the model itself if it says the same
   */
  list(fields: Field[], droppedFields: number, fieldBytes: number): FieldList {
    const models = this.#models;
    const mayHaveModel = droppedFields === 0 && fields.length <= MAX_MODEL_FIELDS && fields.length > 0;
    if (!mayHaveModel) return new FieldList(fields, droppedFields, fieldBytes);
    for (let i = 0; i < models.length; i++) {
      const model = models[i]!;
      const changed = changesFrom(model.fields, fields);
      if (changed === UNLIKE) continue;
      if (i > 0) {
        models.copyWithin(1, 0, i);
        models[0] = model;
      }
      return changed === 0 ? model : new FieldList(fields, 0, fieldBytes, model, changed);
    }
    const list = new FieldList(fields, 0, fieldBytes);
    if (fieldBytes <= MAX_MODEL_BYTES) this.#models = [list, ...models.slice(0, MAX_MODELS - 1)];
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
