// Strings that many calls share, as numbers: methods and protocols. Bounded, because a peer chooses them.

/** Beyond this a name is read from the call's own fields, while they are kept. */
const MAX_NAMES = 16_384;
/** A longer name is not worth a place: 16,384 of these are 4 MiB. */
const MAX_NAME_CHARS = 256;

export class Names {
  readonly #numbers = new Map<string, number>();
  readonly #names: string[] = [""];
  /** The last two names that were looked up: mostly a method and its protocol again. */
  #recent = "";
  #recentNumber = 0;
  #before = "";
  #beforeNumber = 0;

  /** @returns 0 for a name that found no place */
  numberOf(name: string): number {
    if (name === this.#recent) return this.#recentNumber;
    if (name === this.#before) return this.#beforeNumber;
    const known = this.#numbers.get(name);
    if (known !== undefined) {
      this.#before = this.#recent;
      this.#beforeNumber = this.#recentNumber;
      this.#recent = name;
      this.#recentNumber = known;
      return known;
    }
    if (name.length > MAX_NAME_CHARS || this.#names.length > MAX_NAMES) return 0;
    const number = this.#names.push(name) - 1;
    this.#numbers.set(name, number);
    return number;
  }

  /** @returns undefined for 0 */
  nameOf(number: number): string | undefined {
    return number === 0 ? undefined : this.#names[number];
  }
}
