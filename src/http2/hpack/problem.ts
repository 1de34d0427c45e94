// What a header block can get wrong, as data (RFC 7541; each message cites the section that was broken).

/** Stable names of everything a header block can get wrong. */
export type HpackCode =
  | "ERR_HPACK_INDEX_ZERO"
  | "ERR_HPACK_INDEX_RANGE"
  | "ERR_HPACK_INTEGER_CUT"
  | "ERR_HPACK_INTEGER_TOO_LARGE"
  | "ERR_HPACK_STRING_CUT"
  | "ERR_HPACK_HUFFMAN_EOS"
  | "ERR_HPACK_HUFFMAN_PADDING"
  | "ERR_HPACK_UPDATE_LATE"
  | "ERR_HPACK_UPDATE_TOO_LARGE"
  | "ERR_HPACK_TABLE_TOO_LARGE";

/** Why a header block could not be read; the decoder that reports it cannot know its table any more. */
export interface HpackProblem {
  readonly code: HpackCode;
  /** One line: what, at which octet of the block (counted from 0), and what was expected. */
  readonly message: string;
}
