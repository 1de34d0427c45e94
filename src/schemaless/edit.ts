// A message with one value changed: every other octet stays as it was, but for the lengths of the messages around it.
import { EncodeContext } from "../message/encode-context.js";
import { writeScalar } from "../message/encode-scalar.js";
import type { Json } from "../message/json-parser.js";
import { NO_TYPES } from "../message/plan.js";
import type { FieldNode, MessageNode } from "../message/tree.js";
import { WIRE } from "../message/wire.js";
import { FramelensError } from "../model/errors.js";

/**
 * @param message as it was guessed, or read by a schema
 * @param path as in "3.1", or "3[0].1[2]" where a number comes more than once; a name does as well as a number
 * @param value as in protobuf JSON: 64-bit numbers may be texts, bytes are base64, of packed numbers an array
 * @returns the whole message
 * @throws FramelensError ERR_EDIT for a path that leads to no value, ERR_JSON_MAPPING for a value that does not fit its type
 */
export function encodeEdited(message: MessageNode, path: string, value: Json): Uint8Array {
  const way = wayTo(message, path);
  const field = way.at(-1)!;
  if (field.message !== undefined || field.plan === undefined || field.read === 0)
    throw mistake(`${path} is no value that can be edited; expected a number, a text or bytes`);
  let changed = join(tagOf(field), valueOctets(field, path, value));
  let inner = field;
  for (const outer of way.slice(0, -1).reverse()) {
    const { bytes } = outer.parent;
    const content = join(bytes.subarray(outer.valueStart, inner.start), changed, bytes.subarray(inner.end, outer.end));
    const head = outer.wireType === WIRE.len ? join(tagOf(outer), lengthOctets(outer, content.length)) : tagOf(outer);
    changed = join(head, content);
    inner = outer;
  }
  const { bytes } = message;
  return join(bytes.subarray(message.start, inner.start), changed, bytes.subarray(inner.end, message.end));
}

/** The fields from the outermost to the one that is meant. */
function wayTo(message: MessageNode, path: string): FieldNode[] {
  const way: FieldNode[] = [];
  let inside: MessageNode | undefined = message;
  for (const step of path.split(".")) {
    const match = /^([A-Za-z_]\w*|\d+)(?:\[(\d+)\])?$/.exec(step);
    if (match === null) throw mistake(`${path} is no path; expected numbers or names, as in 3[0].1`);
    const [, name, index = "0"] = match;
    const same: FieldNode[] = (inside?.fields ?? []).filter(
      ({ number, plan }) => number > 0 && (String(number) === name || plan?.name === name),
    );
    const field: FieldNode | undefined = same[Number(index)];
    if (field === undefined) throw mistake(`${path}: there is no ${step}`);
    way.push(field);
    inside = field.message;
  }
  return way;
}

function valueOctets(field: FieldNode, path: string, value: Json): Uint8Array {
  const context = new EncodeContext(path, NO_TYPES, {});
  const plan = field.plan!;
  if (field.isPacked) {
    if (!Array.isArray(value)) throw context.expected("array", value);
    const begin = context.writer.begin();
    for (const element of value as readonly Json[]) writeScalar(context, plan, element);
    context.writer.end(begin);
  } else writeScalar(context, plan, value);
  return context.writer.finish();
}

function tagOf({ parent: { bytes }, start }: FieldNode): Uint8Array {
  let end = start;
  while (bytes[end]! >= 0x80) end++;
  return bytes.subarray(start, end + 1);
}

/** A length as wide as it was, where its serializer made it wider than it had to be. */
function lengthOctets(field: FieldNode, length: number): Uint8Array {
  const octets: number[] = [];
  let rest = length;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) octets.push((rest & 0x7f) | 0x80);
  octets.push(rest);
  const before = field.parent.bytes.subarray(field.start + tagOf(field).length, field.valueStart);
  const wasPadded = before.length > 1 && before.at(-1) === 0;
  while (wasPadded && octets.length < before.length) {
    octets[octets.length - 1]! |= 0x80;
    octets.push(0);
  }
  return Uint8Array.from(octets);
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function mistake(message: string): FramelensError {
  return new FramelensError("ERR_EDIT", message);
}
