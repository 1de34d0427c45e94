import { execFileSync, spawnSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { linkSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import yargs from "yargs";
import { caCommand } from "../../cli/ca.js";
import { CLIENT_NAMES, shellQuote } from "../../cli/ca-instructions.js";
import { FramelensError } from "../../src/model/errors.js";

const hasShell = spawnSync("sh", ["-c", "true"]).status === 0;

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "framelens-ca-cli-"));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(dir, { recursive: true, force: true });
});

/** Runs the command as the main program does, and returns what it wrote. */
async function framelens(...args: string[]): Promise<{ readonly out: string; readonly err: string }> {
  const written = { out: "", err: "" };
  const spies = [
    vi.spyOn(process.stdout, "write").mockImplementation((text) => {
      written.out += text;
      return true;
    }),
    vi.spyOn(process.stderr, "write").mockImplementation((text) => {
      written.err += text;
      return true;
    }),
  ];
  try {
    await yargs(args)
      .option("listen", { type: "string" })
      .command(caCommand)
      .exitProcess(false)
      .fail((message, error) => {
        throw error ?? new Error(message);
      })
      .parseAsync();
  } finally {
    for (const spy of spies) {
      spy.mockRestore();
    }
  }
  return written;
}

const failureOf = async (...args: string[]) => {
  const error = await framelens(...args).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(FramelensError);
  expect((error as FramelensError).message).not.toContain("\n");
  return error as FramelensError;
};

const caDir = () => ["--ca-dir", join(dir, "ca")];
const certFile = () => join(dir, "ca", "ca.pem");

describe("framelens ca path", () => {
  test("prints the path of the certificate alone, and makes the CA", async () => {
    expect(await framelens("ca", "path", ...caDir())).toEqual({ out: `${certFile()}\n`, err: "" });
    expect(new X509Certificate(readFileSync(certFile())).ca).toBe(true);
  });

  test("takes --ca-dir before the command too", async () => {
    expect((await framelens(...caDir(), "ca", "path")).out).toBe(`${certFile()}\n`);
  });

  test("falls back to $FRAMELENS_CA_DIR", async () => {
    vi.stubEnv("FRAMELENS_CA_DIR", join(dir, "env"));
    try {
      expect((await framelens("ca", "path")).out).toBe(`${join(dir, "env", "ca.pem")}\n`);
    } finally {
      vi.unstubAllEnvs();
    }
  });
});

describe("framelens ca export", () => {
  test("prints the certificate and nothing else, with or without a dash", async () => {
    const { out, err } = await framelens("ca", "export", ...caDir());
    expect(out).toBe(readFileSync(certFile(), "utf8"));
    expect(err).toBe("");
    expect((await framelens("ca", "export", "-", ...caDir())).out).toBe(out);
  });

  test("writes a file and says so on stderr", async () => {
    const file = join(dir, "copy.pem");
    expect(await framelens("ca", "export", file, ...caDir())).toEqual({
      out: "",
      err: `CA certificate written to ${file}\n`,
    });
    expect(readFileSync(file, "utf8")).toBe(readFileSync(certFile(), "utf8"));
  });

  test("with roots adds the public ones to it", async () => {
    const { out } = await framelens("ca", "export", "--with-roots", ...caDir());
    const all = out.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/g) ?? [];
    expect(all).toHaveLength(rootCertificates.length + 1);
    expect(all.join("")).toBe(out);
    expect(all[0]).toBe(readFileSync(certFile(), "utf8"));
  });

  test("never writes the key", async () => {
    for (const more of [[], ["--with-roots"]]) {
      expect((await framelens("ca", "export", ...more, ...caDir())).out).not.toContain("PRIVATE");
    }
  });

  test("never writes over a private key, by whatever name", async () => {
    await framelens("ca", "path", ...caDir());
    const key = join(dir, "ca", "ca-key.pem");
    const before = readFileSync(key, "utf8");
    linkSync(key, join(dir, "innocent.pem"));
    for (const file of [key, join(dir, "innocent.pem")]) {
      const { message } = await failureOf("ca", "export", file, ...caDir());
      expect(message).toBe(`${file} holds a private key; choose another file for the certificate`);
    }
    expect(readFileSync(key, "utf8")).toBe(before);
  });

  test("to where nothing can be written is one line", async () => {
    const file = join(dir, "no", "such", "folder.pem");
    const { message, exitCode } = await failureOf("ca", "export", file, ...caDir());
    expect(message).toBe(`cannot write the CA certificate to ${file} (ENOENT); choose another file`);
    expect(exitCode).toBe(1);
    expect((await failureOf("ca", "export", dir, ...caDir())).message).toContain("(EISDIR)");
  });
});

describe("framelens ca instructions", () => {
  const listen = ["--listen", "127.0.0.1:6001"];

  test("tells of every client, with the real path and the proxy's address", async () => {
    const { out, err } = await framelens("ca", "instructions", ...caDir(), ...listen);
    for (const name of CLIENT_NAMES) {
      expect(out).toMatch(new RegExp(`^── .* ${name}$`, "m"));
    }
    expect(out).toContain(`export NODE_EXTRA_CA_CERTS='${certFile()}'`);
    expect(out).toContain("export grpc_proxy='http://127.0.0.1:6001'");
    expect(out).toContain("-Dhttps.proxyHost='127.0.0.1' -Dhttps.proxyPort=6001");
    expect(err).toBe("");
  });

  test("of one client are its alone, under any of its names", async () => {
    const { out } = await framelens("ca", "instructions", "python", ...caDir());
    expect(out.match(/^── /gm)).toHaveLength(1);
    expect(out).toContain("GRPC_DEFAULT_SSL_ROOTS_FILE_PATH");
    expect((await framelens("ca", "instructions", "C-core", ...caDir())).out).toBe(out);
  });

  test("say which clients were not tried", async () => {
    const sections = (await framelens("ca", "instructions", ...caDir())).out.split(/^── /m).slice(1);
    const untried = sections.filter((text) => text.includes("Not tried here")).map((text) => text.split(/\s/, 1)[0]);
    expect(untried).toEqual([".NET", "tonic", "Browsers"]);
    expect(sections.filter((text) => text.includes("\nTried with "))).toHaveLength(sections.length - 3);
  });

  test("fit 80 columns wherever no path stands", async () => {
    const { out } = await framelens("ca", "instructions", ...caDir());
    expect(out.split("\n").filter((line) => line.length > 80 && !line.includes(dir))).toEqual([]);
  });

  test("speak of the default port when none is given or any may be picked, and of loopback when all are bound", async () => {
    const proxyFor = async (...args: string[]) =>
      /grpc_proxy='(.*)'/.exec((await framelens("ca", "instructions", "grpc-js", ...caDir(), ...args)).out)?.[1];
    expect(await proxyFor()).toBe("http://127.0.0.1:50050");
    expect(await proxyFor("--listen", "127.0.0.1:0")).toBe("http://127.0.0.1:50050");
    expect(await proxyFor("--listen", "7000")).toBe("http://127.0.0.1:7000");
    expect(await proxyFor("--listen", "0.0.0.0:7000")).toBe("http://127.0.0.1:7000");
    expect(await proxyFor("--listen", "[::1]:7000")).toBe("http://[::1]:7000");
  });

  test.runIf(hasShell)("can be pasted into a shell whatever the folder is called", async () => {
    const odd = join(dir, 'it\'s $(touch PWNED) `touch PWNED`; "x" &\\');
    const { out } = await framelens("ca", "instructions", "node", "--ca-dir", odd);
    const line = /^ {2}(export NODE_EXTRA_CA_CERTS=.*)$/m.exec(out)![1]!;
    const script = `${line}\nprintf %s "$NODE_EXTRA_CA_CERTS"`;
    expect(execFileSync("sh", ["-c", script], { cwd: dir, encoding: "utf8" })).toBe(join(odd, "ca.pem"));
    expect(readdirSync(dir)).not.toContain("PWNED");
  });

  test.runIf(hasShell)("make the file with all roots by the line they give", async () => {
    const { out } = await framelens("ca", "instructions", "go", ...caDir());
    const line = /^ {2}framelens (ca export .*)$/m.exec(out)![1]!;
    const words = execFileSync("sh", ["-c", `printf '%s\\0' ${line}`], { encoding: "utf8" })
      .split("\0")
      .slice(0, -1);
    await framelens(...words);
    const bundle = /SSL_CERT_FILE='(.*)'/.exec(out)![1]!;
    expect(readFileSync(bundle, "utf8")).toContain(readFileSync(certFile(), "utf8"));
  });

  test("of an unknown client name those there are", async () => {
    const { message, exitCode } = await failureOf("ca", "instructions", "cobol", ...caDir());
    expect(message).toBe(
      'framelens ca instructions: no client "cobol"; expected grpc-js, python, go, java, dotnet, tonic, curl, node, browser',
    );
    expect(exitCode).toBe(2);
  });
});

describe("framelens ca", () => {
  test("without a word, or with another, says what it expects", async () => {
    const expected = "expected path, export [FILE] or instructions [CLIENT]";
    expect((await failureOf("ca")).message).toBe(`framelens ca; ${expected}`);
    const { message, exitCode } = await failureOf("ca", "bogus");
    expect(message).toBe(`framelens ca bogus; ${expected}`);
    expect(exitCode).toBe(2);
  });

  test("with a CA that cannot be used says why in one line", async () => {
    await framelens("ca", "path", ...caDir());
    writeFileSync(certFile(), "rubbish");
    expect((await failureOf("ca", "path", ...caDir())).message).toMatch(/ca\.pem is not a PEM certificate; remove/);
  });
});

test("a quoted word is closed, escaped and opened again at each quote", () => {
  expect(shellQuote("it's")).toBe("'it'\\''s'");
});
