import { execFileSync, spawnSync } from "node:child_process";
import { createPrivateKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type SecureContext, TLSSocket } from "node:tls";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FramelensError } from "../../src/model/errors.js";
import { CertificateAuthority, defaultCaDir, LOOPBACK_NAMES } from "../../src/relay/certificate-authority.js";

const DAY_MS = 86_400_000;
const posix = process.platform !== "win32";
const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "framelens-ca-"));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

const modeOf = (path: string) => statSync(path).mode & 0o777;
const keyFile = () => join(dir, "ca-key.pem");
const certFile = () => join(dir, "ca.pem");
const leafOf = (pem: string) => new X509Certificate(pem);
const openFails = async (now?: number) => {
  const failure = await CertificateAuthority.open(dir, now === undefined ? {} : { now: () => now }).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(FramelensError);
  expect((failure as FramelensError).code).toBe("ERR_CA_UNUSABLE");
  expect((failure as FramelensError).message).not.toContain("\n");
  return (failure as FramelensError).message;
};

/** What a client sees that connects with this server name, trusts `ca` alone and is shown `context`. */
async function handshake(context: SecureContext, ca: string, servername: string | undefined, host = "127.0.0.1") {
  const server = createServer((socket) => {
    new TLSSocket(socket, { isServer: true, secureContext: context }).on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  try {
    return await new Promise<string>((resolve) => {
      const socket = connect({ port, host, ca, ...(servername !== undefined && { servername }) }, () => {
        resolve("ok");
        socket.destroy();
      });
      socket.on("error", (error) => resolve(error.message));
    });
  } finally {
    server.close();
  }
}

describe("the CA", () => {
  test("is made at first use: EC P-256, ten years, may sign leaves and nothing below them", async () => {
    const now = Date.parse("2026-11-22T10:00:00Z");
    const ca = await CertificateAuthority.open(dir, { now: () => now });
    const certificate = new X509Certificate(ca.certPem);
    expect(certificate.subject).toMatch(/^CN=framelens CA [0-9a-f]{8}$/);
    expect(certificate.issuer).toBe(certificate.subject);
    expect(certificate.ca).toBe(true);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.publicKey.asymmetricKeyDetails?.namedCurve).toBe("prime256v1");
    expect(new Date(certificate.validTo).getUTCFullYear()).toBe(2036);
    expect(Date.parse(certificate.validFrom)).toBe(now - DAY_MS);
    const der = certificate.raw.toString("hex");
    expect(der).toContain("0603551d130101ff040830060101ff020100"); // basicConstraints, critical: CA, path length 0
    expect(der).toContain("0603551d0f0101ff040403020106"); // keyUsage, critical: keyCertSign, cRLSign
    expect(ca.fingerprint256).toBe(certificate.fingerprint256);
    expect(ca.certPath).toBe(certFile());
    expect(readFileSync(certFile(), "utf8")).toBe(ca.certPem);
  });

  test.runIf(posix)("keeps its key from others: folder 0700, key 0600, certificate 0644", async () => {
    const folder = join(dir, "new", "folder");
    await CertificateAuthority.open(folder);
    expect(modeOf(folder)).toBe(0o700);
    expect(modeOf(join(folder, "ca-key.pem"))).toBe(0o600);
    expect(modeOf(join(folder, "ca.pem"))).toBe(0o644);
    expect(readdirSync(folder).sort()).toEqual(["ca-key.pem", "ca.pem"]);
  });

  test("is the same one when opened again, and another one in another folder", async () => {
    const first = await CertificateAuthority.open(dir);
    expect((await CertificateAuthority.open(dir)).certPem).toBe(first.certPem);
    expect((await CertificateAuthority.open(join(dir, "other"))).fingerprint256).not.toBe(first.fingerprint256);
  });

  test("is one pair for all who open it at once", async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => CertificateAuthority.open(dir)));
    expect(new Set(all.map((ca) => ca.certPem)).size).toBe(1);
    expect(new X509Certificate(all[0]!.certPem).checkPrivateKey(createPrivateKey(readFileSync(keyFile())))).toBe(true);
    expect(readdirSync(dir).sort()).toEqual(["ca-key.pem", "ca.pem"]);
  });

  test.runIf(posix)("closes a key that others could read", async () => {
    await CertificateAuthority.open(dir);
    chmodSync(keyFile(), 0o644);
    await CertificateAuthority.open(dir);
    expect(modeOf(keyFile())).toBe(0o600);
  });

  test("made anew for the same key is the same authority to a client that trusts the old certificate", async () => {
    const old = await CertificateAuthority.open(dir);
    unlinkSync(certFile());
    const [made, again] = await Promise.all([CertificateAuthority.open(dir), CertificateAuthority.open(dir)]);
    expect(again.certPem).toBe(made.certPem);
    expect(made.fingerprint256).not.toBe(old.fingerprint256);
    expect(await handshake(await made.contextFor("x.example"), old.certPem, "x.example")).toBe("ok");
  });
});

describe("files that cannot be used are one line: what, where, what to do", () => {
  beforeEach(async () => {
    await CertificateAuthority.open(dir);
  });

  test("a key that is no key, and one of another kind", async () => {
    writeFileSync(keyFile(), "rubbish\n");
    expect(await openFails()).toBe(
      `CA key ${keyFile()} is not an unencrypted PEM private key; remove ${keyFile()} and ${certFile()} to have it made anew`,
    );
    writeFileSync(keyFile(), generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }));
    expect(await openFails()).toMatch(`CA key ${keyFile()} is not an EC P-256 key; remove`);
  });

  test("a certificate that is none", async () => {
    writeFileSync(certFile(), "");
    expect(await openFails()).toBe(
      `CA certificate ${certFile()} is not a PEM certificate; remove ${certFile()} to have it made anew`,
    );
  });

  test("a certificate that is a leaf's", async () => {
    const other = await CertificateAuthority.open(join(dir, "other"));
    const leaf = await other.leafFor(["x"]);
    writeFileSync(keyFile(), leaf.key);
    writeFileSync(certFile(), leaf.cert);
    expect(await openFails()).toMatch(`CA certificate ${certFile()} is not a CA's; remove`);
  });

  test("a certificate of another key", async () => {
    const other = await CertificateAuthority.open(join(dir, "other"));
    writeFileSync(certFile(), other.certPem);
    expect(await openFails()).toMatch(
      `CA certificate ${certFile()} does not belong to the key ${keyFile()}; remove ${keyFile()} and ${certFile()}`,
    );
  });

  test("a key that is gone while the certificate is there; and no new key is made in its place", async () => {
    unlinkSync(keyFile());
    expect(await openFails()).toBe(
      `CA key ${keyFile()} is missing but ${certFile()} is there; put the key back, or remove ${certFile()} to have it made anew`,
    );
    expect(readdirSync(dir)).toEqual(["ca.pem"]);
  });

  test("a certificate that is over, and one that has not begun", async () => {
    expect(await openFails(Date.now() + 3700 * DAY_MS)).toMatch(/ca\.pem expired on 20\d\d-\d\d-\d\d; remove .*ca-key/);
    expect(await openFails(Date.now() - 10 * DAY_MS)).toMatch(
      /ca\.pem is not valid before .*; check this machine's clock/,
    );
  });

  test("a folder that is a file, and a file that is a folder", async () => {
    const file = join(dir, "file");
    writeFileSync(file, "");
    await expect(CertificateAuthority.open(file)).rejects.toThrow(
      `cannot make the CA folder ${file} (EEXIST); choose another folder with --ca-dir`,
    );
    await expect(CertificateAuthority.open(join(file, "below"))).rejects.toThrow("(ENOTDIR)");
    unlinkSync(certFile());
    await CertificateAuthority.open(certFile());
    expect(await openFails()).toBe(
      `cannot read the CA file ${certFile()} (EISDIR); make it readable for you, or choose another folder with --ca-dir`,
    );
  });
});

describe("a leaf", () => {
  let ca: CertificateAuthority;
  beforeEach(async () => {
    ca = await CertificateAuthority.open(dir);
  });

  test("lasts 199 days from yesterday, is signed by the CA and comes with its certificate", async () => {
    const now = Date.parse("2026-11-22T10:00:00Z");
    const timed = await CertificateAuthority.open(join(dir, "timed"), { now: () => now });
    const { cert } = await timed.leafFor(["things.example"]);
    const leaf = leafOf(cert);
    expect(Date.parse(leaf.validFrom)).toBe(now - DAY_MS);
    expect(Date.parse(leaf.validTo)).toBe(now + 198 * DAY_MS);
    expect(leaf.ca).toBe(false);
    expect(leaf.checkIssued(new X509Certificate(timed.certPem))).toBe(true);
    expect(leaf.verify(new X509Certificate(timed.certPem).publicKey)).toBe(true);
    expect(leaf.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]); // serverAuth
    expect(leaf.subject).toBe("CN=things.example");
    expect(cert.endsWith(timed.certPem)).toBe(true);
  });

  test("ends with its CA when that ends sooner", async () => {
    const later = Date.now() + 3600 * DAY_MS;
    const late = await CertificateAuthority.open(dir, { now: () => later });
    const leaf = await late.leafFor(["x"]);
    expect(leafOf(leaf.cert).validTo).toBe(new X509Certificate(ca.certPem).validTo);
  });

  test("carries every name once: DNS names, wildcards, IPv4 and IPv6", async () => {
    const names = ["*.test.google.fr", "Foo.Example.", "foo.example", "127.0.0.1", "[2001:DB8::1]", "::1", "0:0::1"];
    const { cert } = await ca.leafFor(names);
    expect(leafOf(cert).subjectAltName).toBe(
      "DNS:*.test.google.fr, DNS:foo.example, IP Address:127.0.0.1, IP Address:2001:DB8:0:0:0:0:0:1, IP Address:0:0:0:0:0:0:0:1",
    );
  });

  test("passes the client's check for the name asked for, for a loopback address and for no name", async () => {
    const context = await ca.contextFor("foo.test.google.fr");
    expect(await handshake(context, ca.certPem, "foo.test.google.fr")).toBe("ok");
    expect(await handshake(context, ca.certPem, "localhost")).toBe("ok");
    expect(await handshake(context, ca.certPem, undefined)).toBe("ok");
    expect(await handshake(await ca.contextFor(undefined), ca.certPem, undefined, "localhost")).toBe("ok");
    expect(await handshake(context, ca.certPem, "other.example")).toMatch(/does not match certificate's altnames/);
  });

  test("is refused by a client that trusts another CA", async () => {
    const other = await CertificateAuthority.open(join(dir, "other"));
    expect(await handshake(await ca.contextFor("x"), other.certPem, "x")).toMatch(/self-signed|unable to verify/);
  });

  test("has a serial number of its own, and the key of all leaves", async () => {
    const [one, two] = await Promise.all([ca.leafFor(["one"]), ca.leafFor(["two"])]);
    expect(leafOf(one.cert).serialNumber).not.toBe(leafOf(two.cert).serialNumber);
    expect(leafOf(one.cert).serialNumber).toMatch(/^[4-7][0-9A-F]{31}$/);
    expect(one.key).toBe(two.key);
    expect(one.key).not.toBe(readFileSync(keyFile(), "utf8"));
  });

  test("is made once for all who ask at once, and kept", async () => {
    const all = await Promise.all(Array.from({ length: 10 }, () => ca.contextFor("same.example")));
    expect(new Set(all).size).toBe(1);
    expect(await ca.contextFor("SAME.example.")).toBe(all[0]);
  });

  test("is not made when all who asked have left before its turn, and pushes no other out", async () => {
    const kept = await ca.contextFor("kept");
    const gone = AbortSignal.abort();
    const asked = Array.from({ length: 400 }, (_, i) => ca.leafFor([`n${i}`], gone));
    const both = [ca.leafFor(["both"], gone), ca.leafFor(["both"])];
    const outcomes = await Promise.allSettled(asked);
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(["rejected"]));
    expect(new Set((await Promise.all(both)).map(({ cert }) => cert)).size).toBe(1);
    expect(await ca.contextFor("kept")).toBe(kept);
    expect((await ca.leafFor(["n7"])).cert).toContain("BEGIN CERTIFICATE");
  });

  test("unused for 256 other names is forgotten; one in use is not", async () => {
    const [idle, used] = [await ca.contextFor("idle"), await ca.contextFor("used")];
    for (let i = 0; i < 255; i++) {
      await ca.contextFor(`n${i}`);
      expect(await ca.contextFor("used")).toBe(used);
    }
    expect(await ca.contextFor("idle")).not.toBe(idle);
  });

  test("in a process that runs for long is replaced at half its life, once for all who ask", async () => {
    let now = Date.now();
    const aging = await CertificateAuthority.open(dir, { now: () => now });
    const first = await aging.leafFor(["x"]);
    now += 99 * DAY_MS;
    expect(await aging.leafFor(["x"])).toBe(first);
    now += 2 * DAY_MS;
    const [second, third] = await Promise.all([aging.leafFor(["x"]), aging.leafFor(["x"])]);
    expect(Date.parse(leafOf(second.cert).validTo)).toBeGreaterThan(now + 190 * DAY_MS);
    expect(third).toBe(second);
  });

  test.each([
    ["", "*", "*.com", "a.*.com", "a*.com", "a\0b", "a b", "münchen.example", "a..b", ".", "-\n", "<script>", "a,CN=b"],
    ["x".repeat(64), `${"a.".repeat(130)}b`, "x".repeat(100_000), "1.2.3.4/8", "[::1", "::1]", "__proto__:x", "\u202e"],
  ])("for a name that cannot be certified is one for the other names", async (...names) => {
    for (const name of names) {
      const leaf = leafOf((await ca.leafFor([name, ...LOOPBACK_NAMES])).cert);
      expect(leaf.subjectAltName).toBe("DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1");
      expect(leafOf((await ca.leafFor([name])).cert).subjectAltName).toBe("DNS:localhost");
    }
  });

  test("for a name longer than a common name may be carries it all the same", async () => {
    const long = `${"a".repeat(60)}.${"b".repeat(60)}.${"c".repeat(60)}.example`;
    const leaf = leafOf((await ca.leafFor([long])).cert);
    expect(leaf.subject).toBe("CN=framelens");
    expect(leaf.checkHost(long)).toBe(long);
  });

  test("comes for whatever a client may ask", async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string({ unit: "binary" }), fc.ipV6(), fc.domain()), async (name) => {
        expect(await ca.contextFor(name)).toBeDefined();
      }),
      { numRuns: 60 },
    );
  });

  test("leaves no trace of the library's needs on Reflect", async () => {
    await ca.leafFor(["x"]);
    expect("getMetadata" in Reflect || "getOwnMetadata" in Reflect).toBe(false);
  });

  test.runIf(hasOpenssl)("satisfies openssl's strict check", async () => {
    const { cert } = await ca.leafFor(["*.test.google.fr", "2001:db8::1", ...LOOPBACK_NAMES]);
    const file = join(dir, "leaf.pem");
    writeFileSync(file, cert);
    for (const check of [
      ["-verify_hostname", "foo.test.google.fr"],
      ["-verify_ip", "2001:db8::1"],
      ["-verify_ip", "127.0.0.1"],
    ]) {
      const args = ["verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", ca.certPath, ...check, file];
      expect(execFileSync("openssl", args, { encoding: "utf8" })).toBe(`${file}: OK\n`);
    }
  });
});

describe("the CA's folder", () => {
  test("is $FRAMELENS_CA_DIR, else under $XDG_CONFIG_HOME, else under ~/.config", () => {
    expect(defaultCaDir({ FRAMELENS_CA_DIR: "/a", XDG_CONFIG_HOME: "/b" }, "linux")).toBe("/a");
    expect(defaultCaDir({ XDG_CONFIG_HOME: "/b", HOME: "/h" }, "darwin")).toBe(join("/b", "framelens"));
    expect(defaultCaDir({ XDG_CONFIG_HOME: "relative", HOME: "/h" }, "linux")).toBe(join("/h", ".config", "framelens"));
    expect(defaultCaDir({ FRAMELENS_CA_DIR: "", HOME: "/h" }, "darwin")).toBe(join("/h", ".config", "framelens"));
    expect(defaultCaDir({}, "linux")).toBe(join(homedir(), ".config", "framelens"));
  });

  test("is under %APPDATA% on Windows", () => {
    expect(defaultCaDir({ APPDATA: "/roaming", HOME: "/h" }, "win32")).toBe(join("/roaming", "framelens"));
  });
});
