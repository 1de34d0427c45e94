// What is chosen of a message: a row of its tree and the octets it stands for, found from either end.
import type { TreeRow } from "../../../src/feed/messages.js";

export interface Choice {
  /** Places among the rows; -1 for none. */
  readonly selected: number;
  readonly hovered: number;
}

export const Choice = {
  nothing: { selected: -1, hovered: -1 } as Choice,
};

/** The innermost row that an octet belongs to; -1 for none. Rows are in wire order, each before what lies in it. */
export function rowAt(rows: readonly TreeRow[], offset: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle]!.start <= offset) low = middle + 1;
    else high = middle;
  }
  // Those that begin before it, nearest first: the first that has not ended is the innermost.
  for (let place = low - 1, looked = 0; place >= 0 && looked < 4096; place--, looked++) {
    const { start, end } = rows[place]!;
    if (offset >= start && offset < end) return place;
  }
  return -1;
}
