// A message of the feed as JSON: one line, in which nothing can be obeyed by a terminal that somebody shows it on.

/** What JSON leaves as it is and a terminal obeys, or a reader of lines takes for their end; see export/ndjson.ts. */
const UNSAFE = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

export function jsonLine(message: object): string {
  return JSON.stringify(message).replace(UNSAFE, escaped);
}

function escaped(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
