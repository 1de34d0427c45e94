// One field's value as a short text for people, cut to a length before it is made: a message can have 16 MB in one field.
import { visible } from "../view/visible.js";
import { doubleText, floatText, quote } from "./json-text.js";
import type { FieldNode } from "./tree.js";
import { eachPacked, readScalar } from "./value.js";
import { isText, TYPE, textOf } from "./wire.js";

/**
 * @param max characters that are wanted at most, roughly
 * @returns nothing in it is obeyed by a terminal
 */
export function valueText(node: FieldNode, max: number): string {
  if (node.isPacked) return packedText(node, max);
  return scalarText(node, node.valueStart, node.end, max);
}

function packedText(node: FieldNode, max: number): string {
  const parts: string[] = [];
  let length = 2;
  let isWhole = true;
  eachPacked(node, (start, end) => {
    isWhole = length <= max;
    if (!isWhole) return false;
    const text = scalarText(node, start, end, max);
    parts.push(text);
    length += text.length + 2;
    return true;
  });
  return `[${parts.join(", ")}${isWhole ? "" : ", …"}]`;
}

function scalarText(node: FieldNode, start: number, end: number, max: number): string {
  const { bytes } = node.parent;
  if (node.read === TYPE.string) return quotedText(bytes, start, end, max);
  const value = readScalar(node, start, end);
  if (value instanceof Uint8Array) {
    if (node.read === 0 && value.length > 0 && isPrintable(value)) return quotedText(bytes, start, end, max);
    return hexText(value, max);
  }
  if (typeof value !== "number") return visible(String(value));
  if (node.read === TYPE.float) return floatText(value).replaceAll('"', "");
  return node.read === TYPE.double ? doubleText(value).replaceAll('"', "") : String(value);
}

function quotedText(bytes: Uint8Array, start: number, end: number, max: number): string {
  // A character has four octets at most.
  const near = Math.min(end, start + max * 4);
  const text = textOf(bytes, start, near);
  return near < end || text.length > max ? `${quote(text.slice(0, max)).slice(0, -1)}…"` : quote(text);
}

const HEX = Array.from({ length: 256 }, (_, octet) => octet.toString(16).padStart(2, "0"));

/** "0a 0b …" */
function hexText(bytes: Uint8Array, max: number): string {
  const shown = bytes.subarray(0, Math.max(1, Math.floor(max / 3)));
  let digits = "";
  for (let at = 0; at < shown.length; at++) digits += at === 0 ? HEX[shown[at]!] : ` ${HEX[shown[at]!]}`;
  return `<${digits}${shown.length < bytes.length ? ` … ${bytes.length} bytes` : ""}>`;
}

/** Text without control characters other than tab and line ends; the beginning decides of a long one. */
function isPrintable(bytes: Uint8Array): boolean {
  if (!isText(bytes, 0, bytes.length)) return false;
  for (const octet of bytes.subarray(0, 4096))
    if ((octet < 0x20 && octet !== 0x09 && octet !== 0x0a && octet !== 0x0d) || octet === 0x7f) return false;
  return true;
}
