// What any list of calls is, wherever its calls come from.

export interface CallList {
  readonly length: number;
  idAt(index: number): number | undefined;
  /** Where a call stands; the place where it would stand when it is not there. */
  indexOf(id: number): number;
  has(id: number): boolean;
  /** Asks for what is missing of [from, to). */
  need(from: number, to: number): void;
}
