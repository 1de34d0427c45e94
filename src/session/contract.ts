// What of the traffic does not fit its schemas, kept as it is found: each kind once, with its first example and how often it came.
import type { ContractEvent, Drift, DriftEvent, DriftPlace } from "../model/contract.js";
import type { Side } from "../model/fields.js";

/** Kinds that are listed; a peer can make up fields and methods. At 1 KiB each with its texts, 2 MiB. */
const MAX_DRIFTS = 2000;
/** Of a method's name or a path that is kept. */
const MAX_TEXT = 300;
/** Kinds that nobody has fetched yet: a reader that is slow is told of the first ones, and of all at the end. */
const MAX_NEWS = 1000;

interface Kind extends Drift {
  count: number;
}

/** Where something was found. */
export interface DriftSource extends Omit<DriftPlace, "path" | "message"> {
  readonly method: string;
  readonly side: Side;
}

export interface DriftFound {
  readonly code: string;
  readonly message: string;
  readonly path: string;
  readonly field: string;
}

export interface DriftNews extends DriftEvent {
  /** The first of its code with this method. */
  readonly isNewToMethod: boolean;
}

export class Contract {
  readonly #kinds = new Map<string, Kind>();
  /** Methods with the codes that were found with them. */
  readonly #codes = new Set<string>();
  #news: DriftNews[] = [];
  #more = 0;
  checked = 0;
  lost = 0;
  unreadable = 0;

  add(found: DriftFound, { method: fullMethod, side, at, call, index }: DriftSource): void {
    const method = cut(fullMethod);
    const field = cut(found.field);
    const key = `${side} ${found.code} ${method} ${field}`;
    const known = this.#kinds.get(key);
    if (known !== undefined) {
      known.count++;
      return;
    }
    if (this.#kinds.size >= MAX_DRIFTS) {
      this.#more++;
      return;
    }
    const { code } = found;
    const place = {
      at,
      call,
      ...(index === undefined ? {} : { index }),
      path: cut(found.path),
      message: found.message,
    };
    this.#kinds.set(key, { method, side, code, path: field, count: 1, first: place });
    const isNewToMethod = !this.#codes.has(`${code} ${method}`);
    this.#codes.add(`${code} ${method}`);
    if (this.#news.length < MAX_NEWS) this.#news.push({ kind: "drift", ...place, method, side, code, isNewToMethod });
  }

  /** What was found for the first time since this was called last. */
  takeNews(): readonly DriftNews[] {
    if (this.#news.length === 0) return NO_NEWS;
    const news = this.#news;
    this.#news = [];
    return news;
  }

  /** All so far, by method, the most frequent kind first. Of messages without a schema it knows nothing. */
  get result(): ContractEvent {
    const { checked, lost, unreadable } = this;
    const methods = [...new Set([...this.#kinds.values()].map(({ method }) => method))];
    const rank = new Map(methods.map((method, index) => [method, index]));
    const drifts = [...this.#kinds.values()]
      .map((kind): Drift => ({ ...kind }))
      .sort((a, b) => rank.get(a.method)! - rank.get(b.method)! || b.count - a.count);
    return {
      kind: "contract",
      fits: drifts.length === 0 && lost === 0 && unreadable === 0,
      checked,
      unchecked: { lost, unreadable, unknown: 0 },
      drifts,
      ...(this.#more === 0 ? {} : { moreDrifts: this.#more }),
    };
  }
}

const NO_NEWS: readonly DriftNews[] = [];

function cut(text: string): string {
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}…`;
}
