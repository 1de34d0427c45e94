// Filters of a feed's clients: text to a question about the calls of its capture, answered a few milliseconds at a time.
import { type Filter, parseFilter } from "../filter/filter.js";
import { maskFields, maskPath } from "../model/secrets.js";
import { type CallMask, CaptureCallView } from "../session/capture-call-view.js";
import { RequestMistake } from "./request.js";
import type { FeedSource } from "./source.js";

/** Messages of one call are looked into for so long at a time. */
const SLICE_MS = 2;

/** Reads a filter. @returns undefined for the one that every call passes @throws RequestMistake with the place in the text */
export function readFilter(text: string, source: FeedSource, request: number): CallFilter | undefined {
  if (text.trim() === "") return undefined;
  const result = parseFilter(text);
  if (result.kind === "filter") return new CallFilter(result.filter, source);
  const { code, message, span, suggestions } = result.mistake;
  throw new RequestMistake(code, message, request, { span, ...(suggestions.length === 0 ? {} : { suggestions }) });
}

export class CallFilter {
  /** Whether open calls may come to match by the passing of time alone. */
  readonly isTimed: boolean;
  readonly #filter: Filter;
  readonly #view: CaptureCallView;
  readonly #now: () => number;
  #until = 0;

  constructor(filter: Filter, { capture, messages, showSecrets, salt, kinds, now }: FeedSource) {
    this.isTimed = filter.needs.time !== "never";
    this.#filter = filter;
    this.#now = now;
    // What is masked when it is shown cannot be guessed by a filter.
    const mask: CallMask | undefined = showSecrets
      ? undefined
      : { fields: (fields) => maskFields(fields, salt), path: (path) => maskPath(path, salt) };
    this.#view = new CaptureCallView({ capture, messages, kinds, mask });
    this.#view.hurry(() => performance.now() > this.#until);
  }

  /** @returns undefined when it is not known yet: ask again when {@link ready} */
  test(call: number): boolean | undefined {
    if (!this.#view.moveTo(call)) return false;
    this.#until = performance.now() + SLICE_MS;
    const matches = this.#filter.test(this.#view, this.#now());
    return !matches && this.#view.isPending ? undefined : matches;
  }

  /** Settles when there is more to know, or others had their turn. */
  get ready(): Promise<void> {
    return this.#view.ready ?? new Promise((resolve) => setImmediate(resolve));
  }

  /** Messages may read otherwise than before. */
  forget(): void {
    this.#view.forget();
  }
}
