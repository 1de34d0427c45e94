// gRPC over HTTP/2: what its metadata means (grpc/doc/PROTOCOL-HTTP2.md).
import type { Field } from "../model/fields.js";

const TIMEOUT_NAME = "grpc-timeout";
/** Units of grpc-timeout; how many milliseconds one has, and how many parts of one it is: divided, so that 999997u are 999.997. */
const TIMEOUT_UNITS = "HMSmun";
const UNIT_MS: readonly number[] = [3_600_000, 60_000, 1000, 1, 1, 1];
const UNITS_A_MS: readonly number[] = [1, 1, 1, 1, 1000, 1_000_000];
const MAX_TIMEOUT_DIGITS = 8;
const DIGIT_0 = 0x30;

/**
 * Reads a `grpc-timeout` value.
 * @param value at most 8 digits and a unit letter, as in "150m"
 * @returns milliseconds (a fraction below 1 ms); undefined when malformed
 * Source: gRPC PROTOCOL-HTTP2, "Requests", TimeoutValue and TimeoutUnit
 */
export function readTimeout(value: string): number | undefined {
  const digits = value.length - 1;
  if (digits < 1 || digits > MAX_TIMEOUT_DIGITS) return undefined;
  let amount = 0;
  for (let at = 0; at < digits; at++) {
    const digit = value.charCodeAt(at) - DIGIT_0;
    if (digit < 0 || digit > 9) return undefined;
    amount = amount * 10 + digit;
  }
  const unit = TIMEOUT_UNITS.indexOf(value.charAt(digits));
  return unit < 0 ? undefined : (amount * UNIT_MS[unit]!) / UNITS_A_MS[unit]!;
}

/**
 * Whether a content-type is gRPC over HTTP/2: `application/grpc`, with a `+proto`-like suffix or parameters.
 * `application/grpc-web` is another protocol.
 */
export function isGrpcContentType(value: string): boolean {
  if (value === "application/grpc") return true;
  const type = value.length === 16 ? value : value.slice(0, 17);
  if (type.slice(0, 16).toLowerCase() !== "application/grpc") return false;
  return type.length === 16 || type[16] === "+" || type[16] === ";" || type[16] === " ";
}

/**
 * Reads a `grpc-status` value.
 * @returns the number as sent, below 2^31; undefined when it is no decimal number
 */
export function readStatusCode(value: string): number | undefined {
  if (!/^\d{1,9}$/.test(value)) return undefined;
  return Number(value);
}

const UTF8 = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Reads a `grpc-message` value: percent-encoded UTF-8. Never fails: a `%` that begins no octet stands for itself.
 * @param value one char per octet
 * Source: PROTOCOL-HTTP2, "Responses", Percent-Encoded ("must not error … provide the original")
 */
export function decodeStatusMessage(value: string): string {
  if (!/[%\x80-\xff]/.test(value)) return value;
  const octets = new Uint8Array(value.length);
  let length = 0;
  for (let at = 0; at < value.length; at++) {
    const octet =
      value[at] === "%" && /^[0-9a-f]{2}$/i.test(value.slice(at + 1, at + 3)) ? value.slice(at + 1, at + 3) : "";
    octets[length++] = octet === "" ? value.charCodeAt(at) & 0xff : Number.parseInt(octet, 16);
    if (octet !== "") at += 2;
  }
  return UTF8.decode(octets.subarray(0, length));
}

const TO_UTF8 = new TextEncoder();

/**
 * Writes a `grpc-message` value: UTF-8 with all but the printable ASCII octets other than `%` percent-encoded.
 * Source: PROTOCOL-HTTP2, "Responses", Percent-Encoded
 */
export function encodeStatusMessage(text: string): string {
  let encoded = "";
  for (const octet of TO_UTF8.encode(text)) {
    const plain = octet >= 0x20 && octet <= 0x7e && octet !== 0x25;
    encoded += plain ? String.fromCharCode(octet) : `%${octet.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return encoded;
}

const BASE64: readonly number[] = base64Table();

function base64Table(): number[] {
  const table = new Array<number>(128).fill(-1);
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (let value = 0; value < 64; value++) table[letters.charCodeAt(value)] = value;
  // The URL alphabet is not what the text asks for, but is met.
  table["-".charCodeAt(0)] = 62;
  table["_".charCodeAt(0)] = 63;
  return table;
}

/**
 * Reads the value of a metadata entry whose name ends in `-bin`.
 * @param value base64, padded or not; several values may stand in one, joined by commas. Or a zero octet and the octets themselves, one
 * char each: peers built on gRPC's core (Python, Ruby, C++, PHP) agree on that between them
 * @returns one entry a value, in order; undefined for a value that is no base64
 * Source: PROTOCOL-HTTP2, "Requests", Binary-Header and the note on commas; gRFC G1 (true binary metadata)
 */
export function decodeBinaryMetadata(value: string): readonly (Uint8Array | undefined)[] {
  if (value.startsWith("\0")) return [Uint8Array.from(value.slice(1), (char) => char.charCodeAt(0) & 0xff)];
  return value.split(",").map((part) => decodeBase64(part.trim()));
}

function decodeBase64(text: string): Uint8Array | undefined {
  const digits = text.replace(/={1,2}$/, "");
  if (digits.length % 4 === 1) return undefined;
  const out = new Uint8Array(Math.floor((digits.length * 3) / 4));
  let bits = 0;
  let held = 0;
  let length = 0;
  for (let at = 0; at < digits.length; at++) {
    const code = digits.charCodeAt(at);
    const value = code < 128 ? BASE64[code]! : -1;
    if (value < 0) return undefined;
    bits = ((bits << 6) | value) & 0xffffff;
    held += 6;
    if (held >= 8) {
      held -= 8;
      out[length++] = (bits >> held) & 0xff;
    }
  }
  return out;
}

/** What the reader needs of a request's fields. */
export interface RequestFacts {
  readonly method: string;
  readonly authority: string | undefined;
  readonly contentType: string | undefined;
  readonly timeoutMs: number | undefined;
}

/** Fields that {@link requestFacts} looks at. */
export const REQUEST_FACT_NAMES: ReadonlySet<string> = new Set([
  ":path",
  ":authority",
  "host",
  "content-type",
  TIMEOUT_NAME,
]);

/** Of these the one that says how long the client waits. */
export const TIMEOUT_NAMES: ReadonlySet<string> = new Set([TIMEOUT_NAME]);

/** One pass over the fields of a request; names of pseudo-headers from RFC 9113 §8.3.1. */
export function requestFacts(fields: readonly Field[]): RequestFacts {
  let method = "";
  let authority: string | undefined;
  let host: string | undefined;
  let contentType: string | undefined;
  let timeoutMs: number | undefined;
  for (const [name, value] of fields) {
    if (name === ":path") method = value;
    else if (name === ":authority") authority = value;
    else if (name === "host") host = value;
    else if (name === "content-type") contentType = value;
    else if (name === TIMEOUT_NAME) timeoutMs = readTimeout(value);
  }
  return { method, authority: authority ?? host, contentType, timeoutMs };
}

/** What the reader needs of response headers or trailers. */
export interface ResponseFacts {
  /** `:status`; undefined in trailers, or when it is no number of three digits. */
  readonly httpStatus: number | undefined;
  readonly contentType: string | undefined;
  /** As sent; undefined when there is none. */
  readonly grpcStatus: string | undefined;
  /** Its number; undefined when there is none, or it is no decimal number. */
  readonly statusCode: number | undefined;
}

/** Fields that {@link responseFacts} looks at. */
export const RESPONSE_FACT_NAMES: ReadonlySet<string> = new Set([":status", "content-type", "grpc-status"]);

export function responseFacts(fields: readonly Field[]): ResponseFacts {
  let httpStatus: number | undefined;
  let contentType: string | undefined;
  let grpcStatus: string | undefined;
  for (const [name, value] of fields) {
    if (name === ":status") httpStatus = /^\d{3}$/.test(value) ? Number(value) : undefined;
    else if (name === "content-type") contentType ??= value;
    else if (name === "grpc-status") grpcStatus ??= value;
  }
  const statusCode = grpcStatus === undefined ? undefined : readStatusCode(grpcStatus);
  return { httpStatus, contentType, grpcStatus, statusCode };
}
