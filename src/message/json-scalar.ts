// One value that is no message as JSON text: of a field, of a packed element, of a map key.
import { base64, doubleText, floatText, quote } from "./json-text.js";
import type { FieldPlan } from "./plan.js";
import type { FieldNode } from "./tree.js";
import { boolAt, doubleAt, floatAt, int32At, int64Text } from "./value.js";
import { TYPE, varintLow, WIRE } from "./wire.js";

/** @param bytes the buffer in which [start, end) is the value */
export function scalarText(plan: FieldPlan, bytes: Buffer, start: number, end: number): string {
  switch (plan.type) {
    case TYPE.double:
      return doubleText(doubleAt(bytes, start));
    case TYPE.float:
      return floatText(floatAt(bytes, start));
    case TYPE.int64:
    case TYPE.uint64:
    case TYPE.fixed64:
    case TYPE.sfixed64:
    case TYPE.sint64:
      return `"${int64Text(plan.type, bytes, start, end)}"`;
    case TYPE.bool:
      return boolAt(bytes, start, end) ? "true" : "false";
    case TYPE.string:
      return stringText(bytes, start, end);
    case TYPE.bytes:
      return `"${base64(bytes, start, end)}"`;
    case TYPE.enum:
      return enumText(plan, varintLow(bytes, start, end));
    default:
      return String(int32At(plan.type, bytes, start, end));
  }
}

/** Text with its quotes. */
export function stringText(bytes: Buffer, start: number, end: number): string {
  for (let at = start; at < end; at++) {
    const octet = bytes[at]!;
    // What JSON or a terminal takes for more than itself: controls, DEL, '"', '\' and all that is not ASCII.
    if (octet < 0x20 || octet > 0x7e || octet === 0x22 || octet === 0x5c)
      return quote(bytes.toString("utf8", start, end));
  }
  return `"${bytes.toString("latin1", start, end)}"`;
}

function enumText(plan: FieldPlan, number: number): string {
  if (plan.enum?.isNull) return "null";
  return plan.enum?.jsonNames.get(number) ?? String(number);
}

/** The value of a field that is not there. */
export function zeroText(plan: FieldPlan): string {
  if (plan.type === TYPE.enum) return enumText(plan, plan.enum?.first ?? 0);
  if (plan.type === TYPE.string || plan.type === TYPE.bytes) return '""';
  return scalarText(plan, ZEROES, 0, plan.wire === WIRE.varint ? 1 : ZEROES.length);
}

const ZEROES = Buffer.alloc(8);

/** The key of a map entry, as a JSON string. @param node undefined when the entry has none */
export function keyText(plan: FieldPlan, node: FieldNode | undefined, bytes: Buffer): string {
  const text = node === undefined ? zeroText(plan) : scalarText(plan, bytes, node.valueStart, node.end);
  return text.startsWith('"') ? text : `"${text}"`;
}

/** Whether all bits are zero, or there are none: −0 is not zero. */
export function isZero(node: FieldNode): boolean {
  const { bytes } = node.parent;
  const { read, valueStart, end } = node;
  if (read === TYPE.string || read === TYPE.bytes) return end === valueStart;
  if (node.wireType === WIRE.varint) {
    if (bytes[valueStart]! < 0x80) return bytes[valueStart] === 0;
    return LOW_32.has(read) ? varintLow(bytes, valueStart, end) === 0 : !boolAt(bytes, valueStart, end);
  }
  for (let at = valueStart; at < end; at++) if (bytes[at] !== 0) return false;
  return true;
}

/** Varint types whose upper half does not count. */
const LOW_32: ReadonlySet<number> = new Set([TYPE.int32, TYPE.uint32, TYPE.sint32, TYPE.enum]);
