// Certificates and keys from files that the user names: what is wrong with one is said before anything listens.
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { EXIT, FramelensError } from "../src/index.js";

const CERTIFICATE = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]+-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g;
const KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;

/**
 * Reads the certificates of a file.
 * @param option its name, without hyphens, for the message
 * @throws FramelensError ERR_FILE, ERR_CERTIFICATE
 */
export function readCertificates(option: string, file: string): string {
  const pem = read(option, file);
  certificatesIn(option, file, pem);
  return pem;
}

export interface CertificateAndKey {
  readonly cert?: string;
  readonly key?: string;
}

/**
 * Reads a certificate (and those above it) and its key, which may stand in the same file.
 * @throws FramelensError ERR_FILE, ERR_CERTIFICATE, ERR_USAGE
 */
export function readPair(
  certOption: string,
  certFile: string | undefined,
  keyOption: string,
  keyFile: string | undefined,
): CertificateAndKey {
  if (certFile === undefined) {
    if (keyFile === undefined) return {};
    throw new FramelensError("ERR_USAGE", `--${keyOption} without --${certOption}; expected both`, {
      exitCode: EXIT.usage,
    });
  }
  const cert = read(certOption, certFile);
  const [leaf] = certificatesIn(certOption, certFile, cert);
  if (keyFile === undefined && !KEY.test(cert)) {
    throw new FramelensError("ERR_USAGE", `--${certOption} ${certFile} holds no key; add --${keyOption} FILE`, {
      exitCode: EXIT.usage,
    });
  }
  const key = keyFile === undefined ? cert : read(keyOption, keyFile);
  const [option, file] = keyFile === undefined ? [certOption, certFile] : [keyOption, keyFile];
  if (leaf?.checkPrivateKey(privateKey(option, file, key)) !== true) {
    throw bad(option, file, `the key is not that of the certificate in ${certFile}`);
  }
  return { cert, key };
}

function read(option: string, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const why = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new FramelensError("ERR_FILE", `--${option}: cannot read ${file} (${why})`, {
      exitCode: EXIT.usage,
      cause: error,
    });
  }
}

function certificatesIn(option: string, file: string, pem: string): readonly X509Certificate[] {
  const blocks = pem.match(CERTIFICATE) ?? [];
  if (blocks.length === 0) throw bad(option, file, "no certificate found; expected PEM");
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch (error) {
    throw bad(option, file, "a certificate in it is damaged; expected PEM", error);
  }
}

function privateKey(option: string, file: string, pem: string): KeyObject {
  if (!KEY.test(pem)) throw bad(option, file, "no private key found; expected PEM");
  if (/^Proc-Type: 4,ENCRYPTED|BEGIN ENCRYPTED PRIVATE KEY/m.test(pem)) {
    throw bad(option, file, "the key is encrypted; expected one without a passphrase");
  }
  try {
    return createPrivateKey(pem);
  } catch (error) {
    throw bad(option, file, "the private key is damaged; expected PEM", error);
  }
}

function bad(option: string, file: string, what: string, cause?: unknown): FramelensError {
  return new FramelensError("ERR_CERTIFICATE", `--${option} ${file}: ${what}`, { exitCode: EXIT.usage, cause });
}
