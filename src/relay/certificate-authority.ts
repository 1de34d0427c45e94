// Our own CA: shows each client a certificate for the very name it asked for, so that TLS can be read on its way.
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { join, resolve } from "node:path";
import { createSecureContext, type SecureContext } from "node:tls";
import { CA_CERT_FILE, defaultCaDir, loadOrMakeAuthority } from "./ca-store.js";
import { type CertificateName, certificateNames, LOOPBACK_NAMES } from "./certificate-names.js";
import { type IssueLeaf, type Issuer, leafIssuer } from "./certificates.js";

export { defaultCaDir } from "./ca-store.js";
export { LOOPBACK_NAMES } from "./certificate-names.js";

// A context takes some 35 KiB, so 256 take 9 MiB; a client that asks for ever new names gains no more than that.
const MAX_LEAVES = 256;
const RENEW_AFTER_MS = 100 * 86_400_000; // half a leaf's life

/** The first one takes long, as libraries are loaded for it. */
const MAX_REST_MS = 20;

/** What a TLS server shows: the leaf followed by the CA's certificate, the leaf's key, and both as a ready context. */
export interface Leaf {
  readonly cert: string;
  readonly key: string;
  readonly context: SecureContext;
}

interface MadeLeaf {
  readonly leaf: Leaf;
  readonly madeAt: number;
}

interface AwaitedLeaf {
  readonly leaf: Promise<Leaf>;
  /** Of those who wait; undefined among them is one who always will. */
  readonly waiting: (AbortSignal | undefined)[];
}

/** Signs leaves for any name; all leaves of one process share one key. */
export class CertificateAuthority {
  /** Absolute path of the certificate that clients must trust. */
  readonly certPath: string;
  readonly certPem: string;
  /** Upper-case hex with colons. */
  readonly fingerprint256: string;
  readonly #issuer: Issuer;
  readonly #now: () => number;
  readonly #leafKey: KeyObject;
  readonly #leafKeyPem: string;
  #issue: Promise<IssueLeaf> | undefined;
  #lastMade: Promise<void> = Promise.resolve();
  readonly #made = new Map<string, MadeLeaf>(); // oldest use first
  readonly #awaited = new Map<string, AwaitedLeaf>(); // at most one a connection

  private constructor(dir: string, issuer: Issuer, now: () => number) {
    this.certPath = join(dir, CA_CERT_FILE);
    this.certPem = issuer.certificatePem;
    this.fingerprint256 = issuer.certificate.fingerprint256;
    this.#issuer = issuer;
    this.#now = now;
    this.#leafKey = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
    this.#leafKeyPem = this.#leafKey.export({ type: "pkcs8", format: "pem" }).toString();
  }

  /**
   * Opens the CA in a folder, and makes it at first use.
   * @throws FramelensError ERR_CA_UNUSABLE
   */
  static async open(
    dir: string = defaultCaDir(),
    options: { readonly now?: () => number } = {},
  ): Promise<CertificateAuthority> {
    const now = options.now ?? Date.now;
    const folder = resolve(dir);
    return new CertificateAuthority(folder, await loadOrMakeAuthority(folder, now()), now);
  }

  /**
   * A leaf valid for all these names (DNS names, `*.` names, IP addresses).
   * What no certificate can be made out to is left out; nothing left means "localhost".
   * @param left aborts when the one who asks has no use for it any more: then it is not made, and the promise rejects
   */
  leafFor(names: readonly string[], left?: AbortSignal): Promise<Leaf> {
    const certifiable = certificateNames(names);
    const id = certifiable.map((name) => name.value).join(" ");
    const now = this.#now();
    const made = this.#made.get(id);
    if (made !== undefined && now - made.madeAt <= RENEW_AFTER_MS) {
      this.#keep(id, made);
      return Promise.resolve(made.leaf);
    }
    let awaited = this.#awaited.get(id);
    if (awaited === undefined) {
      const waiting: (AbortSignal | undefined)[] = [];
      const leaf = this.#inTurn(async () => {
        if (waiting.every((signal) => signal?.aborted === true)) throw new Error("nobody waits for this certificate");
        const fresh = await this.#make(certifiable, now);
        this.#keep(id, { leaf: fresh, madeAt: now });
        return fresh;
      }).finally(() => this.#awaited.delete(id));
      awaited = { leaf, waiting };
      this.#awaited.set(id, awaited);
    }
    awaited.waiting.push(left);
    return awaited.leaf;
  }

  /** As the one used last. */
  #keep(id: string, made: MadeLeaf): void {
    this.#made.delete(id);
    this.#made.set(id, made);
    if (this.#made.size <= MAX_LEAVES) return;
    const [oldest] = this.#made.keys();
    this.#made.delete(oldest!);
  }

  /**
   * The context to show a client, as for `SNICallback`.
   * @param servername as the client sent it, however odd; undefined when it sent none
   * @param extraNames further names the leaf carries, for clients that check the address they connected to
   * @param left see {@link leafFor}
   */
  async contextFor(
    servername: string | undefined,
    extraNames: readonly string[] = LOOPBACK_NAMES,
    left?: AbortSignal,
  ): Promise<SecureContext> {
    const names = servername === undefined ? extraNames : [servername, ...extraNames];
    return (await this.leafFor(names, left)).context;
  }

  /** One after the other, and then as long a rest: some 7 ms each, they must not hold up what is carried meanwhile. */
  #inTurn(make: () => Promise<Leaf>): Promise<Leaf> {
    let began = 0;
    const made = this.#lastMade.then(() => {
      began = performance.now();
      return make();
    });
    const rest = () => pause(Math.min(performance.now() - began, MAX_REST_MS));
    this.#lastMade = made.then(rest, nextTurn);
    return made;
  }

  async #make(names: readonly CertificateName[], now: number): Promise<Leaf> {
    this.#issue ??= leafIssuer(this.#issuer, this.#leafKey);
    const issue = await this.#issue;
    const cert = await issue(names, now);
    const key = this.#leafKeyPem;
    return { cert, key, context: createSecureContext({ cert, key }) };
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
