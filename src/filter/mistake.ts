// What is wrong with a filter's text: one line, the place, and what may have been meant.

/** [start, end) in UTF-16 code units of the text; start equals end at the place where something is missing. */
export type Span = readonly [start: number, end: number];

export interface FilterMistake {
  readonly code: "ERR_FILTER";
  /** One line, with the suggestion in it. */
  readonly message: string;
  readonly span: Span;
  /** Words that may stand at the span instead, nearest first. */
  readonly suggestions: readonly string[];
}

/** Thrown between the stations of the reader; parseFilter catches it. */
export class FilterError extends Error {
  readonly mistake: FilterMistake;

  constructor(message: string, span: Span, suggestions: readonly string[] = []) {
    super(message);
    const text = suggestions.length === 0 ? message : `${message}; did you mean ${orList(suggestions.map(quoted))}?`;
    this.mistake = { code: "ERR_FILTER", message: text, span, suggestions };
  }
}

/** Of a word of the filter only so much is repeated. */
const MAX_QUOTED_CHARS = 60;

/** A word as messages quote it: on one line, and not too long. */
export function quoted(word: string): string {
  const text = JSON.stringify(word.length > MAX_QUOTED_CHARS ? `${word.slice(0, MAX_QUOTED_CHARS)}…` : word);
  // What JSON leaves as it is and a terminal obeys or a reader is deceived by.
  return text.replace(/[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, (char) => {
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** "a, b or c". */
export function orList(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}
