// What a user gives to decode, as bytes: hex in any dress, base64 in any alphabet, binary, or length-prefixed gRPC messages.
import { EXIT, FramelensError } from "../../src/index.js";
import { undress } from "./dress.js";

export const INPUT_KINDS = ["hex", "base64", "binary", "grpc"] as const;
export type InputKind = (typeof INPUT_KINDS)[number];

/** One message of the input. */
export interface InputMessage {
  readonly bytes: Uint8Array;
  /** Of a gRPC-framed message: the prefix says that it is compressed. */
  readonly compressed: boolean;
  /** Why it is not whole. */
  readonly cut?: string;
}

/**
 * Takes the input apart.
 * @param kind undefined to tell by its look: hex, else base64, else gRPC messages, else binary; what was hex or base64 may itself be
 * gRPC messages
 * @throws FramelensError ERR_INPUT when it is not what it is said to be
 */
export function readInput(data: Uint8Array, kind: InputKind | undefined): readonly InputMessage[] {
  if (kind === undefined) return readGuessed(data);
  switch (kind) {
    case "hex":
    case "base64": {
      const plain = undress(asText(data));
      if (typeof plain !== "string") return [whole(plain)];
      return [whole(kind === "hex" ? readHex(plain) : readBase64(plain))];
    }
    case "grpc":
      return readFramed(data);
    case "binary":
      return [whole(data)];
  }
}

function readGuessed(data: Uint8Array): readonly InputMessage[] {
  const bytes = readText(asText(data)) ?? data;
  return looksFramed(bytes) ? readFramed(bytes) : [whole(bytes)];
}

const PRINTABLE = /^[\x09-\x0d\x20-\x7e]+$/;

/** No message begins with a backslash: it would be the end of a group. */
const ESCAPED = /^\s*(\\|b?(["']).*\\.*\2\s*$)/s;
/** Also hex that lost a digit: it could be base64, of something else. */
const HEX_ONLY = /^\s*[{[(]?\s*(0x)?[0-9a-f][0-9a-fx\s,:;-]*[}\])]?\s*;?\s*$/i;

/** @returns undefined when it is neither hex nor base64 */
function readText(text: string): Uint8Array | undefined {
  if (!PRINTABLE.test(text)) return undefined;
  const plain = undress(text);
  if (typeof plain !== "string") return plain;
  if (ESCAPED.test(plain) || HEX_ONLY.test(plain)) return readHex(plain);
  return base64Digits(plain) === undefined ? undefined : readBase64(plain);
}

/** Whether the input is text in which no bytes were found: most likely not what was meant. */
export function isPlainText(data: Uint8Array): boolean {
  const text = asText(data);
  return PRINTABLE.test(text) && readText(text) === undefined;
}

/**
 * Reads hex: with or without spaces, line breaks, commas, colons or hyphens between octets, `0x` or `\x` in front of them, braces around
 * all of them, in any case.
 * C escapes (`\x08\351\a"..."`, as strings of C, Python and protobuf's text format are written) are read as such.
 * @throws FramelensError ERR_INPUT
 */
export function readHex(text: string): Uint8Array {
  const digits = hexDigits(text);
  if (digits !== undefined) return Buffer.from(digits, "hex");
  if (/\\/.test(text)) return readEscapes(text);
  const bad = /[^0-9a-fA-F\s,:;x\\-]/.exec(text);
  const why = bad === null ? "an odd number of digits" : `"${bad[0]}" at character ${bad.index + 1}`;
  throw mistake(`not hex: ${why}; expected pairs of 0-9 a-f`);
}

/** The digits alone; undefined when there is anything that does not belong. */
function hexDigits(text: string): string | undefined {
  const digits = text
    .replace(/^\s*[{[(]|[}\])]\s*;?\s*$/g, "")
    // an octet of its own, where %x was written for %02x
    .replace(/(?:0x|\\x)([0-9a-f])(?![0-9a-f])/gi, "0$1")
    .replace(/0x|\\x/gi, "")
    .replace(/[\s,:;-]/g, "");
  return digits !== "" && digits.length % 2 === 0 && /^[0-9a-fA-F]*$/.test(digits) ? digits : undefined;
}

/** Escapes of one character. */
const ESCAPES: Readonly<Record<string, number>> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13, e: 27 };

function readEscapes(text: string): Uint8Array {
  const inner = text.trim().replace(/^b?(["'])(.*)\1$/s, "$2");
  const out: number[] = [];
  for (const match of inner.matchAll(/\\x([0-9a-fA-F]{1,2})|\\([0-7]{1,3})|\\(.)|(.)/gsu)) {
    const [, hex, octal, escaped, plain] = match;
    if (hex !== undefined) out.push(Number.parseInt(hex, 16));
    else if (octal !== undefined) out.push(Number.parseInt(octal, 8) & 0xff);
    else if (escaped !== undefined)
      out.push(...(ESCAPES[escaped] === undefined ? Buffer.from(escaped) : [ESCAPES[escaped]]));
    else if (plain !== undefined) out.push(...Buffer.from(plain));
  }
  return Uint8Array.from(out);
}

/**
 * Reads base64: standard or URL alphabet, padded or not, line breaks ignored.
 * @throws FramelensError ERR_INPUT
 */
export function readBase64(text: string): Uint8Array {
  const digits = base64Digits(text);
  if (digits === undefined) {
    const bad = /[^A-Za-z0-9+/_\-=\s]/.exec(text);
    const why = bad === null ? "its length or padding is wrong" : `"${bad[0]}" at character ${bad.index + 1}`;
    throw mistake(`not base64: ${why}`);
  }
  return Buffer.from(digits, "base64");
}

function base64Digits(text: string): string | undefined {
  const digits = text
    .replace(/\s/g, "")
    .replace(/-/g, "+")
    .replace(/_/g, "/")
    .replace(/={1,2}$/, "");
  return digits.length % 4 !== 1 && /^[A-Za-z0-9+/]*$/.test(digits) ? digits : undefined;
}

/** One octet of flags and four of length, big-endian (grpc/doc/PROTOCOL-HTTP2.md, "Length-Prefixed-Message"). */
const PREFIX_BYTES = 5;

/** Length-prefixed messages one after the other; the last may be cut. */
function readFramed(data: Uint8Array): readonly InputMessage[] {
  const messages: InputMessage[] = [];
  for (let at = 0; at < data.length; ) {
    const have = data.length - at - PREFIX_BYTES;
    if (have < 0) {
      messages.push({
        bytes: new Uint8Array(0),
        compressed: false,
        cut: `input ends after ${have + PREFIX_BYTES} of the 5 octets of a prefix`,
      });
      break;
    }
    const length = prefixLength(data, at);
    const bytes = data.subarray(at + PREFIX_BYTES, at + PREFIX_BYTES + length);
    const cut = have < length ? { cut: `cut after ${have} of ${length} bytes` } : {};
    messages.push({ bytes, compressed: data[at] === 1, ...cut });
    at += PREFIX_BYTES + length;
  }
  return messages;
}

/** The flags are 0 or 1, with which no protobuf message begins: it would be field number 0. */
function looksFramed(data: Uint8Array): boolean {
  return data.length >= PREFIX_BYTES && data[0]! <= 1;
}

function prefixLength(data: Uint8Array, at: number): number {
  return ((data[at + 1]! << 24) | (data[at + 2]! << 16) | (data[at + 3]! << 8) | data[at + 4]!) >>> 0;
}

function whole(bytes: Uint8Array): InputMessage {
  return { bytes, compressed: false };
}

function asText(data: Uint8Array): string {
  return Buffer.from(data.buffer, data.byteOffset, data.length).toString("latin1");
}

function mistake(message: string): FramelensError {
  return new FramelensError("ERR_INPUT", message, { exitCode: EXIT.usage });
}
