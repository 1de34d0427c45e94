// Which metadata is a secret, and what is shown in its place.
import type { Field } from "./fields.js";

/** Names whose values give access to something, whole or by how they end; a `-bin` after them changes nothing. */
const SECRET =
  /^(x-)?(set-)?cookie2?$|(^|[-_.])((proxy-|x-)?authori[sz]ation|(api|access|auth|private|secret|session|signing|shared)[-_]?key|[a-z]*token|jwt|bearer|session(id|[-_]id)|secret|passw(or)?d|passphrase|credentials?)$/;

/** What is a secret in a query besides: signed URLs (AWS, Google, Azure), OAuth 2.0's `code`, and `?key=` of Google's APIs. */
const QUERY_SECRET = /^(key|code|sig|pwd|auth|(x-(amz|goog)-)?signature)$/;

/** Fields whose values are paths or URLs: what stands in their queries is shown but for its secrets. */
const URL_FIELDS: ReadonlySet<string> = new Set([":path", "location", "content-location", "referer"]);

/** @param name in any case: HTTP/2 wants lower case, but not every peer obeys */
export function isSecretName(name: string): boolean {
  return SECRET.test(name.toLowerCase().replace(/-bin$/, ""));
}

/**
 * Hides the values of secret fields: the same secret always looks the same within one session, and cannot be guessed back.
 * @param salt any number that outsiders do not know; one a session
 * @param also further names whose values are hidden, in lower case
 */
export function maskFields(fields: readonly Field[], salt: number, also: ReadonlySet<string> = NONE): readonly Field[] {
  if (fields.every((field) => masked(field, salt, also) === field)) return fields;
  return fields.map((field) => masked(field, salt, also));
}

const NONE: ReadonlySet<string> = new Set();

/**
 * Hides the secrets in the query of a path or URL, as in "/feed?access_token=…"; also behind a "#", which no client should send.
 * For every place that shows a path or a call's method.
 */
export function maskPath(path: string, salt: number): string {
  const start = path.search(/[?#]/);
  if (start < 0) return path;
  // Every other part is what stands between two parameters.
  const parts = path.slice(start).split(/([?#&;]+)/);
  return path.slice(0, start) + parts.map((part) => maskParameter(part, salt)).join("");
}

function maskParameter(parameter: string, salt: number): string {
  const equals = parameter.indexOf("=");
  if (equals < 0 || equals === parameter.length - 1 || !isSecretParameter(parameter.slice(0, equals))) return parameter;
  return `${parameter.slice(0, equals + 1)}${maskedValue(parameter.slice(equals + 1), salt)}`;
}

/** @param name as it stands in the query; what percent signs hide counts, too */
function isSecretParameter(name: string): boolean {
  const plain = name.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  // "filter[token]" and "user.password" are names, too.
  const last = plain.replace(/\]+$/, "").replace(/^.*\[(?=.)/, "");
  return isSecretName(last) || QUERY_SECRET.test(last.toLowerCase());
}

/** @returns the very field when there is nothing to hide */
function masked(field: Field, salt: number, also: ReadonlySet<string>): Field {
  const [name, value] = field;
  if (isSecretName(name) || also.has(name.toLowerCase())) return [name, maskedValue(value, salt)];
  if (!URL_FIELDS.has(name)) return field;
  const path = maskPath(value, salt);
  return path === value ? field : [name, path];
}

/** What stands for a secret: alike for the same one. */
export function maskedValue(value: string, salt: number): string {
  return `<masked ${fingerprint(value, salt)}>`;
}

/** 24 bits of FNV-1a over salt and value: enough to tell two secrets apart, too little to find one. */
function fingerprint(value: string, salt: number): string {
  let hash = 0x811c9dc5 ^ salt;
  for (let at = 0; at < value.length; at++) hash = Math.imul(hash ^ value.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  return ((hash ^ (hash >>> 13)) & 0xffffff).toString(16).padStart(6, "0");
}
