// What the feed answers to a request that it cannot fulfil.

export interface MistakeFacts {
  readonly code: string;
  readonly message: string;
  /** [start, end) of the filter. */
  readonly span?: readonly [number, number];
}

export class FeedMistake extends Error {
  readonly code: string;
  readonly span: readonly [number, number] | undefined;

  constructor({ code, message, span }: MistakeFacts) {
    super(message);
    this.code = code;
    this.span = span;
  }
}
