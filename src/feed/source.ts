// What a feed tells of: a capture, what reads its messages, and what clients are told about the program.
import type { Capture } from "../capture/capture.js";
import type { Side } from "../model/fields.js";
import type { SchemaSet } from "../schema/schema-set.js";
import type { MethodKinds } from "../session/capture-call-view.js";
import type { MessageReader } from "../session/message-reader.js";
import type { ServerTrust } from "../view/shell-command.js";

export interface FeedSource {
  readonly capture: Capture;
  readonly messages: MessageReader;
  readonly showSecrets: boolean;
  /** See `maskFields`. */
  readonly salt: number;
  /** Another one for each capture: seqs and call numbers belong to it. */
  readonly session: string;
  /** Name and version of the program. */
  readonly program?: string | undefined;
  readonly upstream?: string | undefined;
  /** host:port where clients of the proxy connect to. */
  readonly listen?: string | undefined;
  /** The file that is shown, where it is no live traffic. */
  readonly file?: string | undefined;
  /** What `messages` is read with, as far as somebody may ask where it comes from. */
  readonly schema?: SchemaSet | undefined;
  /** How servers are told from others, for commands that reach them without the proxy. */
  readonly trust?: ServerTrust | undefined;
  /**
   * Adds types from a google.protobuf.FileDescriptorSet.
   * @returns how many files were new
   * @throws FramelensError ERR_SCHEMA… when it is none
   */
  addSchema?(protoset: Uint8Array): number;
  /** All types that are known, as a FileDescriptorSet, and what the user said of fields, as the text of a types file. */
  types?(): { readonly protoset: Uint8Array; readonly corrections: string };
  /**
   * Takes the user's word on a field that no schema knows; see `FixedTypes.set`.
   * @throws FramelensError ERR_TYPES for a path, name or type that is none
   */
  correct?(method: string, from: Side, path: string, said: { readonly name?: string; readonly type?: string }): void;
  readonly kinds?: MethodKinds | undefined;
  /** Unix ms. */
  readonly now: () => number;
}
