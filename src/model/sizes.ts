// How large the messages of a method are as protobuf and as JSON: shapes of the size report. Not an event of the capture: no seq.

export interface SideSizes {
  /** Those whose three sizes are all known. */
  readonly messages: number;
  /** As they crossed the wire, compressed if they were, without the 5-byte prefixes. */
  readonly wireBytes: number;
  /** After decompression. */
  readonly protobufBytes: number;
  /** As canonical JSON on one line, in UTF-8. */
  readonly jsonBytes: number;
  /** Those of which a size is not known: trimmed, not whole, or without a schema. */
  readonly others: number;
}

/** One of the last lines of ndjson, where it was asked for. */
export interface SizesEvent {
  readonly kind: "sizes";
  readonly method: string;
  readonly client: SideSizes;
  readonly server: SideSizes;
}
