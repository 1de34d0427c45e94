// A .proto file while it is read: the cursor, what the resolver will need, and the parts of the grammar that all definitions share.
import { SymbolVisibility } from "@bufbuild/protobuf/wkt";
import type { OptionList, OptionStatement, ParsedFault, TypeReference } from "./parsed-file.js";
import { ProtoCursor } from "./proto-cursor.js";

/** Field numbers have 29 bits (protobuf encoding, "tag"). */
export const MAX_FIELD_NUMBER = 536_870_911;
export const MIN_INT32 = -2_147_483_648;
export const MAX_INT32 = 2_147_483_647;

/** Stands for `max` until it is known what the greatest number is. */
export const RANGE_MAX = -1;

export class ProtoDraft {
  readonly cursor: ProtoCursor;
  readonly references: TypeReference[] = [];
  readonly options: OptionList[] = [];
  readonly faults: ParsedFault[] = [];
  proto3 = false;

  constructor(source: string) {
    this.cursor = new ProtoCursor(source);
  }

  /** Edition 2024: `export message`, `local enum`. */
  visibility(): SymbolVisibility | undefined {
    const cursor = this.cursor;
    for (const [word, visibility] of [
      ["export", SymbolVisibility.VISIBILITY_EXPORT],
      ["local", SymbolVisibility.VISIBILITY_LOCAL],
    ] as const) {
      if (cursor.sees(word) && (cursor.seesNext("message") || cursor.seesNext("enum"))) {
        cursor.accept(word);
        return visibility;
      }
    }
    return undefined;
  }

  /** Says so when a name stands for two things in one scope; the first counts. */
  fresh(name: string, siblings: readonly { readonly name: string }[], at: number): boolean {
    if (!siblings.some((sibling) => sibling.name === name)) return true;
    this.faults.push({ message: `"${name}" is defined twice here; the first definition counts`, at });
    return false;
  }

  /** Takes a keyword if a name, or one of some other tokens, stands behind it: keywords may be names too. */
  acceptKeyword(word: string, ...others: readonly string[]): boolean {
    const cursor = this.cursor;
    if (!cursor.sees(word)) return false;
    if (!cursor.seesIdentifierNext() && !others.some((other) => cursor.seesNext(other))) return false;
    return cursor.accept(word);
  }

  /** `[a = 1, b = 2]`, or nothing. */
  bracketed(read: () => void): void {
    const cursor = this.cursor;
    if (!cursor.accept("[")) return;
    do read();
    while (cursor.accept(","));
    cursor.expect("]", "after the options");
  }

  /** `1, 2 to 5;` or `"a", "b";` or, in editions, `a, b;` */
  rangesOrNames(names: string[], readRange: () => void): void {
    const cursor = this.cursor;
    const readItem = cursor.seesString()
      ? () => names.push(cursor.string("a quoted name"))
      : cursor.seesIdentifier()
        ? () => names.push(cursor.identifier("a name"))
        : readRange;
    do readItem();
    while (cursor.accept(","));
    cursor.expect(";", "at the end of the reserved list");
  }

  /** @returns both ends, inclusive; `max` is RANGE_MAX */
  range(min: number, max: number): readonly [number, number] {
    const cursor = this.cursor;
    const start = cursor.integerWithin("a number", min, max);
    if (!cursor.accept("to")) return [start, start];
    return [start, cursor.accept("max") ? RANGE_MAX : cursor.integerWithin("a number or max", min, max)];
  }

  optionStatement(statements: OptionStatement[]): void {
    statements.push(this.cursor.optionStatement());
    this.cursor.expect(";", "at the end of the option");
  }

  optionList(type: string, scope: string, assign: (encoded: Uint8Array) => void): OptionList {
    const list: OptionList = { type, scope, statements: [], assign };
    this.options.push(list);
    return list;
  }
}

/** The full name of what is defined in a scope. */
export function within(scope: string, name: string): string {
  return scope === "" ? name : `${scope}.${name}`;
}
