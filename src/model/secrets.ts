// Which metadata is a secret, and what is shown in its place.
import type { Field } from "./fields.js";

/** Names whose values give access to something, whole or by how they end; a `-bin` after them changes nothing. */
const SECRET =
  /^(x-)?(set-)?cookie2?$|(^|[-_.])((proxy-|x-)?authori[sz]ation|(api|access|auth|private|secret|session|signing|shared)[-_]?key|[a-z]*token|jwt|bearer|session(id|[-_]id)|secret|passw(or)?d|passphrase|credentials?)$/;

/** @param name in any case: HTTP/2 wants lower case, but not every peer obeys */
export function isSecretName(name: string): boolean {
  return SECRET.test(name.toLowerCase().replace(/-bin$/, ""));
}

/**
 * Hides the values of secret fields: the same secret always looks the same within one session, and cannot be guessed back.
 * @param salt any number that outsiders do not know; one a session
 */
export function maskFields(fields: readonly Field[], salt: number): readonly Field[] {
  if (!fields.some(([name]) => isSecretName(name))) return fields;
  return fields.map(([name, value]) =>
    isSecretName(name) ? [name, `<masked ${fingerprint(value, salt)}>`] : [name, value],
  );
}

/** 24 bits of FNV-1a over salt and value: enough to tell two secrets apart, too little to find one. */
function fingerprint(value: string, salt: number): string {
  let hash = 0x811c9dc5 ^ salt;
  for (let at = 0; at < value.length; at++) hash = Math.imul(hash ^ value.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  return ((hash ^ (hash >>> 13)) & 0xffffff).toString(16).padStart(6, "0");
}
