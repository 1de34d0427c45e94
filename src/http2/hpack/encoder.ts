// Writes header blocks that need no dynamic table, for the answers the proxy itself gives (RFC 7541 §5, §6).
import type { Field } from "../../model/fields.js";
import { appendHuffman, huffmanLength } from "./huffman.js";
import { STATIC_FIELDS, STATIC_LENGTH } from "./static-table.js";

/** The first octet's high bits of each representation, and how many low bits are the integer's (RFC 7541 §6). */
export const REPRESENTATION = {
  indexed: { bits: 0x80, mask: 0x7f },
  incremental: { bits: 0x40, mask: 0x3f },
  tableSize: { bits: 0x20, mask: 0x1f },
  never: { bits: 0x10, mask: 0x0f },
  without: { bits: 0x00, mask: 0x0f },
} as const;

export interface EncodeOptions {
  /** Huffman code each string that does not grow by it; true unless said otherwise. */
  readonly huffman?: boolean;
  /** What tells readers about literals: "never" asks every later hop to keep the value out of its table. */
  readonly indexing?: "without" | "never";
}

/**
 * One header block that any decoder reads alike, whatever its dynamic table holds, and that changes no table.
 * @param fields one char per octet; names are written as given
 */
export function encodeFields(fields: Iterable<Field>, options: EncodeOptions = {}): Uint8Array {
  const { huffman = true, indexing = "without" } = options;
  const { bits, mask } = REPRESENTATION[indexing];
  const out: number[] = [];
  for (const [name, value] of fields) {
    const index = staticIndex(name, value);
    if (index > 0) {
      appendInteger(out, REPRESENTATION.indexed.bits, REPRESENTATION.indexed.mask, index);
      continue;
    }
    const nameIndex = staticNameIndex(name);
    appendInteger(out, bits, mask, nameIndex);
    if (nameIndex === 0) appendString(out, name, huffman);
    appendString(out, value, huffman);
  }
  return Uint8Array.from(out);
}

/** The static table's index of a whole field; 0 when it has none. */
export function staticIndex(name: string, value: string): number {
  for (let i = 1; i <= STATIC_LENGTH; i++)
    if (STATIC_FIELDS[i]![0] === name && STATIC_FIELDS[i]![1] === value) return i;
  return 0;
}

/** The static table's first index of a name; 0 when it has none. */
export function staticNameIndex(name: string): number {
  for (let i = 1; i <= STATIC_LENGTH; i++) if (STATIC_FIELDS[i]![0] === name) return i;
  return 0;
}

/** An integer (RFC 7541 §5.1) whose first octet also carries `bits`. */
export function appendInteger(out: number[], bits: number, mask: number, value: number): void {
  if (value < mask) {
    out.push(bits | value);
    return;
  }
  out.push(bits | mask);
  let rest = value - mask;
  for (; rest >= 128; rest = Math.floor(rest / 128)) out.push((rest % 128) | 0x80);
  out.push(rest);
}

/** A string literal (RFC 7541 §5.2), Huffman coded if that is wanted and no longer. */
export function appendString(out: number[], text: string, huffman: boolean): void {
  const coded = huffmanLength(text);
  if (huffman && text !== "" && coded <= text.length) {
    appendInteger(out, 0x80, 0x7f, coded);
    appendHuffman(out, text);
    return;
  }
  appendInteger(out, 0x00, 0x7f, text.length);
  for (let i = 0; i < text.length; i++) out.push(text.charCodeAt(i) & 0xff);
}
