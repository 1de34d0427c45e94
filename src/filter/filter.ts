// The filter language: text to a question about calls, or to what is wrong with the text and where.
import type { CallView } from "./call-view.js";
import { FilterCompiler } from "./compile.js";
import { FilterError, type FilterMistake } from "./mistake.js";
import { FilterParser } from "./parser.js";

/** What a filter reads of a call besides the numbers of its row. */
export interface FilterNeeds {
  readonly fields: boolean;
  readonly messages: boolean;
  readonly problems: boolean;
  /** Whether a schema that comes late may change the answer; those that need messages may be changed by one, too. */
  readonly schema: boolean;
  /** Whether time alone changes the answer: never, of calls that are open (`duration`), or of all (`age`). */
  readonly time: "never" | "open" | "always";
}

export interface Filter {
  /** As it was written. */
  readonly text: string;
  readonly needs: FilterNeeds;
  /** @param now Unix ms, for `age` and for the duration of calls that are open */
  test(call: CallView, now: number): boolean;
}

export type FilterResult =
  | { readonly kind: "filter"; readonly filter: Filter }
  | { readonly kind: "mistake"; readonly mistake: FilterMistake };

/**
 * Reads a filter. Empty text is the filter that every call passes.
 * @returns never throws, whatever the text
 */
export function parseFilter(text: string): FilterResult {
  try {
    const compiler = new FilterCompiler();
    const { test } = compiler.compile(new FilterParser(text).parse());
    return { kind: "filter", filter: { text, needs: compiler.needs, test } };
  } catch (error) {
    if (error instanceof FilterError) return { kind: "mistake", mistake: error.mistake };
    throw error;
  }
}

/** The filter that every call passes. */
export const EVERY_CALL: Filter = {
  text: "",
  needs: { fields: false, messages: false, problems: false, schema: false, time: "never" },
  test: () => true,
};
