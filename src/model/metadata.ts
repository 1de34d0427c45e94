// What is inside binary metadata: shapes.
import type { Problem } from "./events.js";

/** One value of one name. */
export type MetadataValue =
  | {
      /** Full name of the protobuf type. */
      readonly type: string;
      /** Canonical protobuf JSON. */
      readonly json: unknown;
      /** The name only hints at the type: it may be another. */
      readonly guess?: true;
      /** What does not fit the type, and where. */
      readonly problems?: readonly (Problem & { readonly path: string })[];
    }
  | {
      /** What it is instead of protobuf, as in "census tags". */
      readonly format: string;
      readonly json: unknown;
    }
  | { readonly problem: Problem };

/** What could be read, by lower-case name, of each name all values in wire order. */
export type DecodedMetadata = Readonly<Record<string, readonly MetadataValue[]>>;
