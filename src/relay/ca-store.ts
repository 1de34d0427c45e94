// The CA's two files: found, checked, or made so that any number of processes starting at once end with the same pair.
import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, X509Certificate } from "node:crypto";
import { constants } from "node:fs";
import { chmod, copyFile, link, mkdir, open, readFile, stat, unlink } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { FramelensError } from "../model/errors.js";
import { type Issuer, isP256, issueAuthority } from "./certificates.js";

/** The CA's certificate, to be given to clients. */
export const CA_CERT_FILE = "ca.pem";
/** The CA's key; it never leaves its folder. */
export const CA_KEY_FILE = "ca-key.pem";

const OTHERS = 0o077; // the group's and the world's permission bits

/** The folder that holds the CA when none is named: `$FRAMELENS_CA_DIR`, else the user's configuration folder. */
export function defaultCaDir(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  if (env.FRAMELENS_CA_DIR) {
    return env.FRAMELENS_CA_DIR;
  }
  if (platform === "win32" && env.APPDATA) {
    return join(env.APPDATA, "framelens");
  }
  const config = env.XDG_CONFIG_HOME;
  // "All paths must be absolute … consider a relative path invalid and ignore it": XDG Base Directory 0.8
  return join(config && isAbsolute(config) ? config : join(env.HOME || homedir(), ".config"), "framelens");
}

/**
 * Reads the CA in `dir`, making what is not there.
 * The key file decides a race, because it is put in place exclusively and the certificate is made from whatever key is there.
 * @param now Unix ms
 * @throws FramelensError when the files cannot be read or written, do not belong together or are out of date
 */
export async function loadOrMakeAuthority(dir: string, now: number): Promise<Issuer> {
  const keyPath = join(dir, CA_KEY_FILE);
  const certPath = join(dir, CA_CERT_FILE);
  await makeFolder(dir);
  const key = await findOrMakeKey(keyPath, certPath);
  await closeToOthers(keyPath);
  const certificatePem =
    (await readIfThere(certPath)) ?? (await putInPlace(certPath, await issueAuthority(key, now), 0o644));
  return { key, certificatePem, certificate: checkedCertificate(certificatePem, certPath, key, keyPath, now) };
}

async function findOrMakeKey(keyPath: string, certPath: string): Promise<KeyObject> {
  let pem = await readIfThere(keyPath);
  if (pem === undefined && (await readIfThere(certPath)) !== undefined) {
    pem = await readIfThere(keyPath); // another process may have made both since the first look
    if (pem === undefined) {
      throw unusable(`CA key ${keyPath} is missing but ${certPath} is there`, `put the key back, or ${anew(certPath)}`);
    }
  }
  pem ??= await putInPlace(keyPath, newKeyPem(), 0o600);
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (cause) {
    throw unusable(`CA key ${keyPath} is not an unencrypted PEM private key`, anew(keyPath, certPath), cause);
  }
  if (!isP256(key)) {
    throw unusable(`CA key ${keyPath} is not an EC P-256 key`, anew(keyPath, certPath));
  }
  return key;
}

function newKeyPem(): string {
  const { privateKey } = generateKeyPairSync("ec", {
    namedCurve: "P-256",
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  return privateKey;
}

function checkedCertificate(
  pem: string,
  certPath: string,
  key: KeyObject,
  keyPath: string,
  now: number,
): X509Certificate {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(pem);
  } catch (cause) {
    // the key can sign a new certificate that clients accept like the old one
    throw unusable(`CA certificate ${certPath} is not a PEM certificate`, anew(certPath), cause);
  }
  if (!certificate.checkPrivateKey(key)) {
    throw unusable(`CA certificate ${certPath} does not belong to the key ${keyPath}`, anew(keyPath, certPath));
  }
  if (!certificate.ca) {
    throw unusable(`CA certificate ${certPath} is not a CA's`, anew(certPath));
  }
  if (now > Date.parse(certificate.validTo)) {
    throw unusable(`CA certificate ${certPath} expired on ${day(certificate.validTo)}`, anew(keyPath, certPath));
  }
  if (now < Date.parse(certificate.validFrom)) {
    throw unusable(
      `CA certificate ${certPath} is not valid before ${day(certificate.validFrom)}`,
      `check this machine's clock, or ${anew(keyPath, certPath)}`,
    );
  }
  return certificate;
}

async function makeFolder(dir: string): Promise<void> {
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw unusable(`cannot make the CA folder ${dir} (${codeOf(cause)})`, ELSEWHERE, cause);
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    if (codeOf(cause) === "ENOENT") {
      return undefined;
    }
    throw unusable(
      `cannot read the CA file ${path} (${codeOf(cause)})`,
      `make it readable for you, or ${ELSEWHERE}`,
      cause,
    );
  }
}

/** Writes a file whole or not at all, unless one is there already; returns what is there in the end. */
async function putInPlace(path: string, text: string, mode: number): Promise<string> {
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    const file = await open(temporary, "wx", mode);
    try {
      await file.writeFile(text);
      await file.chmod(mode); // whatever the umask took away
      await file.sync();
    } finally {
      await file.close();
    }
    await linkOrCopy(temporary, path);
    return text;
  } catch (cause) {
    const there = codeOf(cause) === "EEXIST" ? await readIfThere(path) : undefined;
    if (there !== undefined) {
      return there;
    }
    throw unusable(`cannot write the CA file ${path} (${codeOf(cause)})`, ELSEWHERE, cause);
  } finally {
    await unlink(temporary).catch(() => {});
  }
}

async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (cause) {
    if (codeOf(cause) === "EEXIST") {
      throw cause;
    }
    await copyFile(from, to, constants.COPYFILE_EXCL); // file systems without hard links (FAT, some mounts)
  }
}

async function closeToOthers(path: string): Promise<void> {
  if (process.platform === "win32") {
    return; // permission bits mean nothing there; the profile folder is the user's own
  }
  const { mode } = await stat(path);
  if ((mode & OTHERS) !== 0) {
    await chmod(path, 0o600).catch(() => {}); // a mount that keeps no permissions must not stop us
  }
}

const ELSEWHERE = "choose another folder with --ca-dir";

function anew(...paths: readonly string[]): string {
  return `remove ${paths.join(" and ")} to have it made anew`;
}

function unusable(what: string, todo: string, cause?: unknown): FramelensError {
  return new FramelensError("ERR_CA_UNUSABLE", `${what}; ${todo}`, { cause });
}

function codeOf(cause: unknown): string {
  return cause instanceof Error ? String((cause as NodeJS.ErrnoException).code ?? cause.message) : String(cause);
}

function day(text: string): string {
  return new Date(text).toISOString().slice(0, 10);
}
