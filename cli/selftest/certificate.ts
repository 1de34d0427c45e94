// The selftest server's own certificate, for localhost, and the authority that a client must trust to accept it.
import { createPrivateKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { issueAuthority, issueLeaf } from "../../src/relay/certificates.js";

export const SERVER_NAME = "localhost";

export interface ServerCertificate {
  /** PEM of the leaf and its issuer. */
  readonly cert: string;
  /** PEM */
  readonly key: string;
  /** PEM of the issuer alone. */
  readonly ca: string;
}

export async function makeServerCertificate(now: number): Promise<ServerCertificate> {
  const issuerKey = createPrivateKey(newKey());
  const ca = await issueAuthority(issuerKey, now);
  const issuer = { certificate: new X509Certificate(ca), certificatePem: ca, key: issuerKey };
  const key = newKey();
  const names = [
    { type: "dns", value: SERVER_NAME },
    { type: "ip", value: "127.0.0.1" },
  ] as const;
  return { cert: await issueLeaf(issuer, names, createPrivateKey(key), now), key, ca };
}

function newKey(): string {
  return generateKeyPairSync("ec", {
    namedCurve: "P-256",
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  }).privateKey;
}
