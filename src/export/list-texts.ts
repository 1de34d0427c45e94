// Lists of fields as JSON, made once for a list that comes again: a capture gives the same list as the same array.
import type { Field } from "../model/fields.js";

export class ListTexts {
  #texts = new WeakMap<readonly Field[], string>();
  #version = 0;

  /** @param version another one when lists would be told otherwise than before */
  textOf(fields: readonly Field[], version: number, make: (fields: readonly Field[]) => string): string {
    if (version !== this.#version) {
      this.#texts = new WeakMap();
      this.#version = version;
    }
    let text = this.#texts.get(fields);
    if (text === undefined) {
      text = make(fields);
      this.#texts.set(fields, text);
    }
    return text;
  }
}
