// What may be told of a list of fields, and what is inside those whose names end in -bin.
import type { Field } from "../model/fields.js";
import type { DecodedMetadata } from "../model/metadata.js";
import { maskFields } from "../model/secrets.js";
import { redactedNames } from "../schema/binary-metadata.js";
import type { MessageReader } from "../session/message-reader.js";

export interface TellingOptions {
  readonly showSecrets: boolean;
  /** See {@link maskFields}. */
  readonly salt: number;
  /** Knows what is inside binary fields. */
  readonly messages?: MessageReader | undefined;
}

export interface ToldList {
  readonly fields: readonly Field[];
  readonly decoded?: DecodedMetadata;
}

export function toldFields(fields: readonly Field[], { messages, showSecrets, salt }: TellingOptions): ToldList {
  const decoded = messages?.decoder?.metadata(fields);
  // Octets that hold what their decoded form hides are hidden as well.
  const hidden = decoded && redactedNames(decoded);
  const told = showSecrets ? fields : maskFields(fields, salt, hidden);
  return decoded === undefined ? { fields: told } : { fields: told, decoded };
}

/** What is to be hidden in octets is not known before the types are. @returns a promise where they must be asked for */
export function typesForFields(
  method: string,
  fields: readonly Field[],
  { messages }: TellingOptions,
): Promise<unknown> | undefined {
  return fields.some(isBinary) ? messages?.decoder?.ask(method) : undefined;
}

function isBinary([name]: Field): boolean {
  return name.endsWith("-bin");
}
