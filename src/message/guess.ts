// What reads messages that no schema knows: the seam between those who look at messages and the schemaless reader.
import type { Side } from "../model/fields.js";
import type { MessageNode } from "./tree.js";

/** A message read by its octets and by others of the same method and side. */
export interface MessageGuess {
  /** Every octet in exactly one field, as from `walk`; fields carry in `read` what they were taken for. */
  readonly tree: MessageNode;
  /** One line of JSON: what an event has under `guess`. */
  readonly json: string;
  /** The same in pieces, of which none is made before it is asked for; absent where there is only the whole. */
  readonly jsonPieces?: Iterable<string>;
  /** The values alone, in protobuf JSON by names as "field_3": what filters look into; that of {@link json} when absent. */
  readonly values?: string;
  /** @param width cells of a terminal @returns one line that no terminal obeys */
  preview(width: number): string;
}

export interface MessageGuesser {
  /**
   * Reads a message, and may learn from it. Never throws; bounded in time for any octets.
   * @param method "/pkg.Service/Name"
   * @param bytes after decompression; kept by the tree, not copied
   */
  guess(method: string, from: Side, bytes: Uint8Array): MessageGuess;
  /** Another number as soon as messages of that method and side would be read otherwise than before. */
  version(method: string, from: Side): number;
  /**
   * Tells when the user changed how messages are read; what is learned from traffic is only seen by {@link version}.
   * @returns how to stop listening
   */
  onChange(listener: () => void): () => void;
}
