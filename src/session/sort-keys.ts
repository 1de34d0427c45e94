// The number that a call is ordered by, for each column a list can be sorted by.
import type { CallFacts } from "../capture/call-facts.js";

/** What a list can be sorted by: each entry gives the number of a call. What is not known yet comes last. */
const KEYS = {
  start: (call) => call.id,
  method: (call, ranks) => ranks.of(call),
  status: (call) => call.statusCode ?? -1,
  duration: (call) => ended(call.endedAt, call.startedAt),
  ttfb: (call) => ended(call.answeredAt, call.startedAt),
  connection: (call) => call.connection,
  clientMessages: (call) => call.clientMessages,
  serverMessages: (call) => call.serverMessages,
  clientBytes: (call) => call.clientBytes,
  serverBytes: (call) => call.serverBytes,
} as const satisfies Readonly<Record<string, (call: CallFacts, ranks: MethodRanks) => number>>;

export type SortColumn = keyof typeof KEYS;
export const SORT_COLUMNS = Object.keys(KEYS) as readonly SortColumn[];

export interface CallOrder {
  readonly by: SortColumn;
  readonly descending: boolean;
}

export function sortKey(by: SortColumn, call: CallFacts, ranks: MethodRanks): number {
  return KEYS[by](call, ranks);
}

function ended(at: number | undefined, startedAt: number): number {
  return at === undefined ? Number.POSITIVE_INFINITY : at - startedAt;
}

/** Names as numbers in the same order: a new one gets a number between those of its neighbours. */
export class MethodRanks {
  /** Sorted, with their ranks beside them. */
  readonly #names: string[] = [];
  #ranks: number[] = [];
  /** By the capture's number of the method. */
  readonly #byNumber: (number | undefined)[] = [];
  /** Grows when there was no number left between two: earlier ranks are void. */
  version = 0;

  /** Of a method that found no place among the capture's names: behind all. */
  of(call: CallFacts): number {
    const number = call.methodNumber;
    if (number === 0) return Number.POSITIVE_INFINITY;
    const known = this.#byNumber[number];
    if (known !== undefined) return known;
    while (this.#byNumber.length < number) this.#byNumber.push(undefined);
    const rank = this.rankOf(call.method);
    this.#byNumber[number] = rank;
    return rank;
  }

  rankOf(name: string): number {
    const names = this.#names;
    let low = 0;
    let high = names.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (names[middle]! < name) low = middle + 1;
      else high = middle;
    }
    if (names[low] === name) return this.#ranks[low]!;
    const before = this.#ranks[low - 1] ?? (this.#ranks[low] ?? 0) - 2;
    const after = this.#ranks[low] ?? before + 2;
    const rank = (before + after) / 2;
    names.splice(low, 0, name);
    this.#ranks.splice(low, 0, rank);
    if (rank > before && rank < after) return rank;
    this.#ranks = names.map((_, index) => index);
    this.#byNumber.length = 0;
    this.version++;
    return low;
  }
}
