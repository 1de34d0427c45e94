// framelens ca: where our CA's certificate is, a copy of it, and how clients are made to trust it. Never the key.
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { rootCertificates } from "node:tls";
import type { ArgumentsCamelCase, Argv, CommandModule } from "yargs";
import { EXIT, FramelensError } from "../src/model/errors.js";
import { CertificateAuthority, defaultCaDir } from "../src/relay/certificate-authority.js";
import { CLIENT_NAMES, instructions, shellQuote } from "./ca-instructions.js";
import { LISTEN_OPTION, withEnvironment } from "./options.js";

const DEFAULT_PROXY = "127.0.0.1:50050";
const BUNDLE_FILE = "ca-and-roots.pem";
const USAGE = "expected path, export [FILE] or instructions [CLIENT]";

/** The `--ca-dir` option, the same wherever it is taken. */
export const caDirOption = {
  type: "string",
  requiresArg: true,
  describe: "folder of its certificate and key (framelens in the user's configuration folder)",
} as const;

/** The `ca` command and its three subcommands. */
export const caCommand: CommandModule = {
  command: "ca",
  describe: "show framelens's own CA and how clients are made to trust it",
  builder: (yargs) =>
    yargs
      .option("ca-dir", caDirOption)
      .options(withEnvironment(LISTEN_OPTION))
      .command("path", "print the path of the CA's certificate", {}, printPath)
      .command("export [file]", "print the CA's certificate, or write it to FILE", exportOptions, exportCertificate)
      .command("instructions [client]", "print how a client is brought to the proxy", clientOption, printInstructions),
  handler: ({ _: words }) => {
    throw usageError(["framelens", ...words].join(" "), USAGE);
  },
};

interface CaArguments {
  readonly caDir?: string;
  readonly listen?: unknown;
}

const exportOptions = (yargs: Argv) =>
  yargs.positional("file", { type: "string", describe: "- or nothing for stdout" }).option("with-roots", {
    type: "boolean",
    default: false,
    describe: "add the public root certificates, for clients that can only replace theirs",
  });

const clientOption = (yargs: Argv) =>
  yargs.positional("client", { type: "string", describe: CLIENT_NAMES.join(", "), defaultDescription: "all" });

async function printPath(args: ArgumentsCamelCase<CaArguments>): Promise<void> {
  const ca = await open(args);
  process.stdout.write(`${ca.certPath}\n`);
}

async function exportCertificate(
  args: ArgumentsCamelCase<CaArguments & { readonly file: string | undefined; readonly withRoots: boolean }>,
): Promise<void> {
  const ca = await open(args);
  const pem = args.withRoots ? [ca.certPem.trimEnd(), ...rootCertificates, ""].join("\n") : ca.certPem;
  if (!args.file || args.file === "-") {
    // yargs makes a lone dash an empty text here
    process.stdout.write(pem);
    return;
  }
  await writeCertificates(args.file, pem);
  process.stderr.write(`CA certificate written to ${args.file}\n`);
}

async function printInstructions(args: ArgumentsCamelCase<CaArguments & { readonly client: string | undefined }>) {
  const { certPath } = await open(args);
  const bundlePath = join(dirname(certPath), BUNDLE_FILE);
  const dirWords = args.caDir ? ` --ca-dir ${shellQuote(dirname(certPath))}` : "";
  const text = instructions(args.client, {
    certPath,
    bundlePath,
    makeBundle: `framelens ca export --with-roots${dirWords} ${shellQuote(bundlePath)}`,
    proxy: proxyAddress(args.listen),
  });
  if (text === undefined) {
    throw usageError(`framelens ca instructions: no client "${args.client}"`, `expected ${CLIENT_NAMES.join(", ")}`);
  }
  process.stdout.write(text);
}

function open({ caDir }: CaArguments): Promise<CertificateAuthority> {
  return CertificateAuthority.open(caDir || defaultCaDir());
}

/** Writes a file unless a private key would be lost by it. */
async function writeCertificates(path: string, pem: string): Promise<void> {
  try {
    const before = await readFile(path, "latin1").catch(() => "");
    if (before.includes("PRIVATE KEY-----")) {
      throw new FramelensError("ERR_CA_EXPORT", `${path} holds a private key; choose another file for the certificate`);
    }
    await writeFile(path, pem);
  } catch (cause) {
    if (cause instanceof FramelensError) {
      throw cause;
    }
    const { code } = cause as NodeJS.ErrnoException;
    throw new FramelensError(
      "ERR_CA_EXPORT",
      `cannot write the CA certificate to ${path} (${code}); choose another file`,
      {
        cause,
      },
    );
  }
}

/** Where clients find a proxy that listens at `[host:]port`; an address that means "all" is reached by loopback. */
function proxyAddress(listen: unknown): string {
  const parts = /^(?:(.*):)?(\d+)$/.exec(String(listen ?? ""));
  if (parts === null || Number(parts[2]) === 0) {
    return DEFAULT_PROXY;
  }
  const host = parts[1] ?? "";
  return `${["", "0.0.0.0", "[::]", "::", "*"].includes(host) ? "127.0.0.1" : host}:${parts[2]}`;
}

function usageError(what: string, expected: string): FramelensError {
  return new FramelensError("ERR_USAGE", `${what}; ${expected}`, { exitCode: EXIT.usage });
}
