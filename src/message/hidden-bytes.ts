// The octets of a message with those of hidden fields written over, for views that show octets.
import { openAny } from "./any.js";
import type { TypeLookup } from "./plan.js";
import type { FieldNode, MessageNode } from "./tree.js";
import { WIRE } from "./wire.js";

/** `*`, as a value of one octet also the end of a varint. */
const COVER = 0x2a;
/** The same with more octets to follow: what covers a varint can be read as one. */
const COVER_GOES_ON = 0xaa;

/**
 * Covers the values of fields marked `debug_redact`, whatever their type; tags and lengths stay.
 * @param root as read by its type
 * @returns the octets of the whole buffer: a copy where something is hidden in it, else the buffer itself
 */
export function hiddenBytes(root: MessageNode, types: TypeLookup): Uint8Array {
  const hidden: FieldNode[] = [];
  collect(root, types, hidden);
  if (hidden.length === 0) return root.bytes;
  // a Buffer's slice would be the same memory
  const bytes = new Uint8Array(root.bytes);
  for (const { valueStart, end, wireType } of hidden) {
    bytes.fill(wireType === WIRE.varint ? COVER_GOES_ON : COVER, valueStart, end);
    if (wireType === WIRE.varint && end > valueStart) bytes[end - 1] = COVER;
  }
  return bytes;
}

/** No deeper than the tree, which has a limit. */
function collect(message: MessageNode, types: TypeLookup, hidden: FieldNode[]): void {
  for (const node of message.fields) {
    if (node.plan?.redact === true) hidden.push(node);
    else if (node.message !== undefined) collect(node.message, types, hidden);
  }
  if (message.plan?.wellKnown !== "any") return;
  const inner = openAny(message, types).message;
  if (inner !== undefined) collect(inner, types, hidden);
}
