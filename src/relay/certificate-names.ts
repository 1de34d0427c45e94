// What a certificate can be made out to: DNS names and IP addresses (RFC 5280 §4.2.1.6, RFC 6125 §6.4.3, RFC 1035 §2.3.4).
import { isIP } from "node:net";

/** A subjectAltName entry, in the form @peculiar/x509 takes. */
export interface CertificateName {
  readonly type: "dns" | "ip";
  readonly value: string;
}

/** How a client reaches a proxy on its own machine. */
export const LOOPBACK_NAMES: readonly string[] = ["localhost", "127.0.0.1", "::1"];

const MAX_NAME_CHARS = 253; // RFC 1035 §2.3.4: 255 octets on the wire
const LABEL = /^[a-z0-9_-]{1,63}$/;

/**
 * Reads a name that a client asked for, or that a caller wants in a certificate.
 * @param text a DNS name (also `*.` and two labels or more), an IPv4 address, an IPv6 address with or without brackets
 * @returns the name in its canonical form; undefined when no certificate can be made out to it
 */
export function readCertificateName(text: string): CertificateName | undefined {
  if (text.length === 0 || text.length > MAX_NAME_CHARS + 2) {
    return undefined;
  }
  const bare = text.startsWith("[") && text.endsWith("]") ? text.slice(1, -1) : text;
  const address = bare.replace(/%.*$/s, ""); // a zone (fe80::1%eth0) means nothing to the other side
  switch (isIP(address)) {
    case 4:
      return { type: "ip", value: address };
    case 6:
      return { type: "ip", value: new URL(`http://[${address}]/`).hostname.slice(1, -1) };
    default:
      return readDnsName(text);
  }
}

/**
 * The names of one certificate, canonical, without duplicates and without those that cannot be certified.
 * @returns never empty: "localhost" when nothing else is left
 */
export function certificateNames(texts: Iterable<string | undefined>): readonly CertificateName[] {
  const names = new Map<string, CertificateName>();
  for (const text of texts) {
    const name = text === undefined ? undefined : readCertificateName(text);
    if (name !== undefined) {
      names.set(name.value, name);
    }
  }
  return names.size === 0 ? [{ type: "dns", value: "localhost" }] : [...names.values()];
}

function readDnsName(text: string): CertificateName | undefined {
  const value = text.toLowerCase().replace(/\.$/, "");
  if (value.length > MAX_NAME_CHARS) {
    return undefined;
  }
  const labels = value.split(".");
  const fixed = labels[0] === "*" && labels.length > 2 ? labels.slice(1) : labels;
  return fixed.every((label) => LABEL.test(label)) ? { type: "dns", value } : undefined;
}
