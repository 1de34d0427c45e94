// A filter as a tree, before anything is known of its names.
import type { Step } from "./lexer.js";
import type { Span } from "./mistake.js";

/** A name as it was written, with the steps of it. */
export interface FieldName {
  readonly text: string;
  readonly steps: readonly Step[];
  readonly span: Span;
}

export interface Literal {
  readonly text: string;
  readonly quoted: boolean;
  readonly span: Span;
}

export type FilterNode =
  | { readonly kind: "all" }
  | { readonly kind: "and" | "or"; readonly parts: readonly FilterNode[] }
  | { readonly kind: "not"; readonly part: FilterNode }
  /** A word alone: the method contains it. */
  | { readonly kind: "word"; readonly value: Literal }
  /** A field alone: it has a value. */
  | { readonly kind: "has"; readonly field: FieldName }
  | {
      readonly kind: "compare";
      readonly field: FieldName;
      readonly operator: { readonly text: string; readonly span: Span };
      /** One, but for `in`. */
      readonly values: readonly Literal[];
    }
  /** One of mitmproxy's, as in ~c NOT_FOUND. */
  | {
      readonly kind: "tilde";
      readonly name: { readonly text: string; readonly span: Span };
      readonly value: Literal | undefined;
    };
