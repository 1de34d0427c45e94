// --reflect-header "name: value": metadata for our own calls, checked before the first of them (PROTOCOL-HTTP2, "Requests", Custom-Metadata).
import { EXIT, FramelensError } from "../../model/errors.js";
import type { Field } from "../../model/fields.js";

/** Header-Name, and what a user may write in upper case. */
const NAME = /^[0-9a-z_.-]+$/;
/** ASCII-Value */
const VALUE = /^[\x20-\x7e]*$/;
/** Base64, padded or not: how a `-bin` value stands on the wire. */
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** Ours to set, or HTTP/2's to forbid (RFC 9113 §8.2.2). */
const TAKEN: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "content-type",
  "host",
  "http2-settings",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/**
 * Reads one --reflect-header.
 * @param text `name: value`; the value of a name that ends in `-bin` is base64
 * @throws FramelensError ERR_REFLECT_HEADER
 */
export function parseReflectHeader(text: string): Field {
  const colon = text.indexOf(":", 1);
  const name = text.slice(0, Math.max(colon, 0)).trim().toLowerCase();
  const value = text.slice(colon + 1).trim();
  // The value may be a secret: it is never repeated.
  if (colon < 0) throw mistake("no colon", `expected "name: value"`);
  if (!NAME.test(name)) throw mistake(`"${name}" is no metadata name`, "expected letters, digits, - _ and .");
  if (TAKEN.has(name) || (name.startsWith("grpc-") && !name.endsWith("-bin"))) {
    throw mistake(`"${name}" is the protocol's own`, "expected a name of your own");
  }
  if (name.endsWith("-bin") && !BASE64.test(value)) throw mistake(`the value of "${name}"`, "expected base64");
  if (!VALUE.test(value)) throw mistake(`the value of "${name}"`, "expected printable ASCII");
  return [name, value];
}

function mistake(what: string, expected: string): FramelensError {
  return new FramelensError("ERR_REFLECT_HEADER", `--reflect-header: ${what}; ${expected}`, { exitCode: EXIT.usage });
}
