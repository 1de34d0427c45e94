// What a value looks like: types that everybody uses, identifiers, digests, texts and files by their form. Guesses, each of them.

import type { FieldNode } from "../message/tree.js";
import { TYPE, textOf, WIRE } from "../message/wire.js";
import { plannedShape } from "./message-shapes.js";

/** Octets of a text that are looked at; JSON that is longer is not parsed. */
const MAX_TEXT = 8192;

const TEXT_SHAPES: readonly (readonly [shape: string, form: RegExp])[] = [
  ["UUID", /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i],
  ["point in time (RFC 3339)", /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/],
  ["IPv4 address", /^(25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}(\/\d+|:\d+)?$/],
  ["IPv6 address", /^(?=.*:.*:)[0-9a-f:]{2,39}(\/\d+)?$/i],
  ["type URL", /^[a-z0-9.-]+\.[a-z]+\/[\w]+(\.[\w]+)+$/i],
  ["URL", /^[a-z][a-z0-9+.-]*:\/\/\S+$/i],
  ["e-mail address", /^[^\s@]+@[^\s@]+\.[a-z]{2,}$/i],
  ["MD5 in hex", /^[0-9a-f]{32}$/i],
  ["SHA-1 in hex", /^[0-9a-f]{40}$/i],
  ["SHA-256 in hex", /^[0-9a-f]{64}$/i],
  ["JWT", /^eyJ[\w-]+\.eyJ[\w-]+\.[\w-]*$/],
];

const FILES: readonly (readonly [shape: string, magic: readonly number[]])[] = [
  ["gzip", [0x1f, 0x8b, 8]],
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd]],
  ["PNG image", [0x89, 0x50, 0x4e, 0x47]],
  ["JPEG image", [0xff, 0xd8, 0xff]],
  ["GIF image", [0x47, 0x49, 0x46, 0x38]],
  ["PDF", [0x25, 0x50, 0x44, 0x46]],
  ["ZIP", [0x50, 0x4b, 3, 4]],
  ["ELF program", [0x7f, 0x45, 0x4c, 0x46]],
  ["DER (ASN.1)", [0x30, 0x82]],
];

/** @returns what it looks like; undefined for a value like any other */
export function shapeOf(node: FieldNode): string | undefined {
  if (node.message !== undefined) return plannedShape(node.message);
  if (node.wireType !== WIRE.len || node.isPacked) return undefined;
  return node.read === TYPE.string ? textShape(node) : octetShape(node.bytes);
}

function textShape(node: FieldNode): string | undefined {
  if (node.end - node.valueStart > MAX_TEXT) return undefined;
  const text = textOf(node.parent.bytes, node.valueStart, node.end);
  return isJson(text) ? "JSON" : TEXT_SHAPES.find(([, form]) => form.test(text))?.[0];
}

/** Objects and arrays: a number or a quoted word is hardly meant as JSON. */
function isJson(text: string): boolean {
  if (!/^\s*(\{[\s\S]*\}|\[[\s\S]*\])\s*$/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function octetShape(bytes: Uint8Array): string | undefined {
  const file = FILES.find(([, magic]) => magic.every((octet, at) => bytes[at] === octet));
  if (file !== undefined) return file[0];
  // zlib (RFC 1950 §2.2): the method, a window, and a check of both.
  if (bytes.length > 6 && bytes[0] === 0x78 && (0x7800 + bytes[1]!) % 31 === 0) return "zlib";
  switch (bytes.length) {
    case 4:
      return `IPv4 address ${bytes.join(".")}?`;
    case 16:
      // RFC 9562 §4: version and variant.
      if (bytes[6]! >> 4 >= 1 && bytes[6]! >> 4 <= 8 && bytes[8]! >> 6 === 2) return "UUID";
      return bytes[0]! >> 5 === 1 || (bytes[0] === 0xfe && bytes[1] === 0x80) ? "IPv6 address?" : "MD5, or 128 bits?";
    case 20:
      return "SHA-1?";
    case 32:
      return "SHA-256, or a key?";
    case 64:
      return "SHA-512, or a signature?";
    default:
      return undefined;
  }
}
