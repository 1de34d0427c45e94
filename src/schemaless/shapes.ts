// What a value looks like: types that everybody uses, identifiers, digests, texts and files by their form. Guesses, each of them.

import type { FieldNode } from "../message/tree.js";
import { TYPE, textOf, WIRE } from "../message/wire.js";
import { plannedShape } from "./message-shapes.js";

/** Octets of a text that are looked at; JSON that is longer is not parsed. */
const MAX_TEXT = 8192;

/** A form of text, and what is told of a text faster than whether it has that form. */
interface TextForm {
  readonly shape: string;
  readonly form: RegExp;
  /** Characters that it has; see {@link MARKS}. */
  readonly has: number;
  /** Its octets; 0 for any number of them. */
  readonly length: number;
}

/** Octets that tell forms from most words, a bit each. */
const MARKS = "-:./@{[";
const markOf = new Uint8Array(256);
for (let at = 0; at < MARKS.length; at++) markOf[MARKS.charCodeAt(at)] = 1 << at;

function textForm(shape: string, has: string, length: number, form: RegExp): TextForm {
  return { shape, form, has: marksIn(Buffer.from(has), 0, has.length), length };
}

function marksIn(bytes: Uint8Array, start: number, end: number): number {
  let marks = 0;
  for (let at = start; at < end; at++) marks |= markOf[bytes[at]!]!;
  return marks;
}

const TEXT_FORMS: readonly TextForm[] = [
  textForm("UUID", "-", 36, /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i),
  textForm("point in time (RFC 3339)", "-:", 0, /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/),
  textForm("IPv4 address", ".", 0, /^(25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}(\/\d+|:\d+)?$/),
  textForm("IPv6 address", ":", 0, /^(?=.*:.*:)[0-9a-f:]{2,39}(\/\d+)?$/i),
  textForm("type URL", "/.", 0, /^[a-z0-9.-]+\.[a-z]+\/[\w]+(\.[\w]+)+$/i),
  textForm("URL", ":/", 0, /^[a-z][a-z0-9+.-]*:\/\/\S+$/i),
  textForm("e-mail address", "@.", 0, /^[^\s@]+@[^\s@]+\.[a-z]{2,}$/i),
  textForm("MD5 in hex", "", 32, /^[0-9a-f]{32}$/i),
  textForm("SHA-1 in hex", "", 40, /^[0-9a-f]{40}$/i),
  textForm("SHA-256 in hex", "", 64, /^[0-9a-f]{64}$/i),
  textForm("JWT", ".", 0, /^eyJ[\w-]+\.eyJ[\w-]+\.[\w-]*$/),
];

const OBJECT = markOf[0x7b]!;
const ARRAY = markOf[0x5b]!;

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
  const { bytes } = node.parent;
  const length = node.end - node.valueStart;
  const marks = marksIn(bytes, node.valueStart, node.end);
  let text: string | undefined;
  if ((marks & (OBJECT | ARRAY)) !== 0) {
    text = textOf(bytes, node.valueStart, node.end);
    if (isJson(text)) return "JSON";
  }
  for (const { shape, form, has, length: only } of TEXT_FORMS) {
    if ((marks & has) !== has || (only !== 0 && only !== length)) continue;
    text ??= textOf(bytes, node.valueStart, node.end);
    if (form.test(text)) return shape;
  }
  return undefined;
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
