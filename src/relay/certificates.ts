// The two kinds of certificates we make: our CA's own and leaves signed by it (RFC 5280 §4.2, CA/Browser Forum lifetimes).
import { createHash, createPublicKey, type KeyObject, randomBytes, webcrypto, type X509Certificate } from "node:crypto";
import type { CertificateName } from "./certificate-names.js";
import { loadX509, type X509 } from "./x509.js";

const DAY_MS = 86_400_000;
const CA_DAYS = 3653; // ten years
const LEAF_DAYS = 199; // the longest that Apple's and the CA/Browser Forum's rule of 2026 allows is 200
const EARLY_MS = DAY_MS; // clients whose clock is behind ours
const MAX_COMMON_NAME_CHARS = 64; // RFC 5280 appendix A.1, ub-common-name
const EC_P256 = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/** What signs leaves. */
export interface Issuer {
  readonly certificate: X509Certificate;
  readonly certificatePem: string;
  readonly key: KeyObject;
}

/** True for the only kind of key we make and use: EC P-256. */
export function isP256(key: KeyObject): boolean {
  return key.asymmetricKeyType === "ec" && key.asymmetricKeyDetails?.namedCurve === "prime256v1";
}

/**
 * Makes the CA's certificate, signed by its own key.
 * Its subject is derived from the key, so that a certificate made anew for the same key is the same authority to clients.
 * @param now Unix ms
 * @returns PEM
 */
export async function issueAuthority(key: KeyObject, now: number): Promise<string> {
  const x509 = await loadX509();
  const publicKey = await webKey(createPublicKey(key));
  const id = createHash("sha256").update(spkiOf(key)).digest("hex").slice(0, 8);
  const subject = commonName(x509, `framelens CA ${id}`);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject,
    issuer: subject,
    notBefore: wholeSeconds(now - EARLY_MS),
    notAfter: wholeSeconds(now + CA_DAYS * DAY_MS),
    publicKey,
    signingKey: await webKey(key),
    signingAlgorithm: EC_P256,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
    ],
  });
  return pemOf(certificate);
}

/**
 * Makes a server certificate.
 * @param names at least one
 * @param now Unix ms
 * @returns PEM of the leaf followed by the issuer's certificate
 */
export type IssueLeaf = (names: readonly CertificateName[], now: number) => Promise<string>;

/**
 * Prepares what all leaves of one issuer share, which is most of the work.
 * @param key the key that all these leaves are for
 */
export async function leafIssuer(
  { certificate, certificatePem, key: issuerKey }: Issuer,
  key: KeyObject,
): Promise<IssueLeaf> {
  const x509 = await loadX509();
  const { KeyUsageFlags } = x509;
  const signingKey = await webKey(issuerKey);
  const publicKey = await webKey(createPublicKey(key));
  const issuer = new x509.X509Certificate(certificatePem).subjectName;
  const extensions = [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    await x509.SubjectKeyIdentifierExtension.create(publicKey),
    await x509.AuthorityKeyIdentifierExtension.create(await webKey(createPublicKey(issuerKey))),
  ];
  return async (names, now) => {
    const common = names.find((name) => name.value.length <= MAX_COMMON_NAME_CHARS)?.value ?? "framelens";
    const alternative = new x509.SubjectAlternativeNameExtension(names.map(({ type, value }) => ({ type, value })));
    const leaf = await x509.X509CertificateGenerator.create({
      serialNumber: serialNumber(),
      subject: commonName(x509, common),
      issuer,
      notBefore: wholeSeconds(Math.max(now - EARLY_MS, Date.parse(certificate.validFrom))),
      notAfter: wholeSeconds(Math.min(now + LEAF_DAYS * DAY_MS - EARLY_MS, Date.parse(certificate.validTo))),
      publicKey,
      signingKey,
      signingAlgorithm: EC_P256,
      extensions: [...extensions, alternative],
    });
    return pemOf(leaf) + certificatePem;
  };
}

/** Makes a single leaf; see leafIssuer for many. */
export async function issueLeaf(
  issuer: Issuer,
  names: readonly CertificateName[],
  key: KeyObject,
  now: number,
): Promise<string> {
  return (await leafIssuer(issuer, key))(names, now);
}

/** As an object, because a name given as text would need its commas, pluses and stars escaped. */
function commonName(x509: X509, text: string): InstanceType<X509["Name"]> {
  return new x509.Name([{ CN: [{ utf8String: text }] }]);
}

function spkiOf(key: KeyObject): Buffer {
  return createPublicKey(key).export({ type: "spki", format: "der" });
}

function webKey(key: KeyObject): Promise<webcrypto.CryptoKey> {
  return key.type === "private"
    ? webcrypto.subtle.importKey("pkcs8", key.export({ type: "pkcs8", format: "der" }), EC_P256, false, ["sign"])
    : webcrypto.subtle.importKey("spki", key.export({ type: "spki", format: "der" }), EC_P256, true, ["verify"]);
}

/** 126 random bits in 16 octets, positive and without a leading zero (RFC 5280 §4.1.2.2). */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0]! & 0x3f) | 0x40;
  return bytes.toString("hex");
}

/** Certificates know no milliseconds (RFC 5280 §4.1.2.5). */
function wholeSeconds(ms: number): Date {
  return new Date(Math.floor(ms / 1000) * 1000);
}

function pemOf(certificate: { toString(format: "pem"): string }): string {
  return `${certificate.toString("pem").trimEnd()}\n`;
}
