// Certificates for servers of tests, made on the spot: good ones, expired ones, for other names, by strangers.
import { createPrivateKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { certificateNames } from "../../src/relay/certificate-names.js";
import { type Issuer, issueAuthority, issueLeaf } from "../../src/relay/certificates.js";

export interface CertAndKey {
  /** PEM of the leaf and its issuer. */
  readonly cert: string;
  /** PEM */
  readonly key: string;
}

/** An authority of a test's own. */
export class TestAuthority {
  /** PEM */
  readonly ca: string;
  readonly #issuer: Issuer;

  private constructor(issuer: Issuer) {
    this.ca = issuer.certificatePem;
    this.#issuer = issuer;
  }

  static async make(now = Date.now()): Promise<TestAuthority> {
    const key = createPrivateKey(newKey());
    const certificatePem = await issueAuthority(key, now);
    return new TestAuthority({ certificate: new X509Certificate(certificatePem), certificatePem, key });
  }

  /** @param now when it is made: in the past for one that has expired */
  async leaf(names: readonly string[] = ["localhost", "127.0.0.1"], now = Date.now()): Promise<CertAndKey> {
    const key = newKey();
    return { cert: await issueLeaf(this.#issuer, certificateNames(names), createPrivateKey(key), now), key };
  }
}

function newKey(): string {
  return generateKeyPairSync("ec", {
    namedCurve: "P-256",
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  }).privateKey;
}
