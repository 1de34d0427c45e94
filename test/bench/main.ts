// `npm run bench`: framelens beside a bare TCP pipe, nghttpx and haproxy, in one run, as ratios.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { CertificateAuthority, LOOPBACK_NAMES } from "../../src/relay/certificate-authority.js";
import type { Bench } from "./bench.js";
import { CASE_NAMES, IDLE_CASE, MILLION_CASE, OUTPUT_CASES, ROUNDS_CASES } from "./cases.js";
import { Children, places } from "./children.js";
import { runIdle } from "./idle.js";
import { H2load, OwnLoader } from "./loaders.js";
import { runMillion } from "./million.js";
import { extraProxy, PROXIES } from "./proxies.js";
import { brokenIn, type Result, reportOf } from "./report.js";
import { runRounds } from "./rounds.js";
import type { TimingOptions } from "./timing.js";

const HELP = `npm run bench -- [json|walker|page] [options]

  json             protobuf against JSON instead: sizes and speeds, as tables in Markdown
  walker           our reader of messages against @bufbuild/protobuf's instead, and how soon schemas are loaded
  page             the page in a real browser instead: whether it keeps up with 10,000 events a second, and how soon it is there

  --case NAME…     only these: ${CASE_NAMES.join(", ")}
  --rounds N       rounds of each case (default 12)
  --quick          shorter rounds and runs: a look, not a measurement
  --load WITH      own or h2load (default: h2load where installed)
  --proxy LINE     measure this program too: NAME=COMMAND with {listen} and {upstream}, and with {scheme}, {key} and
                   {cert} if it can do TLS; may be given again
  --no-pin         leave the processes to the system instead of giving each its processor
  --json           the results as one JSON document
  --help           this text
`;

interface ModeOptions extends TimingOptions {
  readonly quick: boolean;
}

/** What is measured in other ways than relays in turn. */
const MODES = {
  page: async ({ rounds, quick }: ModeOptions) => {
    const { measurePage, pageReport } = await import("./page.js");
    const result = await measurePage({ rounds, quick });
    return { result, text: pageReport(result) };
  },
  json: async (timing: ModeOptions) => {
    const { formatsReport, measureFormats } = await import("./formats.js");
    const result = await measureFormats(timing);
    return { result, text: formatsReport(result, timing) };
  },
  walker: async (timing: ModeOptions) => {
    const { measureWalker, walkerReport } = await import("./walker.js");
    const result = await measureWalker(timing);
    return { result, text: walkerReport(result) };
  },
} as const;

interface Options {
  readonly mode: keyof typeof MODES | undefined;
  readonly cases: readonly string[];
  readonly rounds: number | undefined;
  readonly quick: boolean;
  readonly load: "own" | "h2load";
  readonly proxies: readonly string[];
  readonly pin: boolean;
  readonly json: boolean;
  readonly help: boolean;
}

/** @throws Error with one line that says what was wrong */
function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true, // the further names after --case
    options: {
      case: { type: "string", multiple: true },
      rounds: { type: "string" },
      quick: { type: "boolean" },
      load: { type: "string" },
      proxy: { type: "string", multiple: true },
      "no-pin": { type: "boolean" },
      json: { type: "boolean" },
      help: { type: "boolean" },
    },
  });
  const [first = ""] = positionals;
  const mode = values.case === undefined && first in MODES ? (first as keyof typeof MODES) : undefined;
  const cases = [...(values.case ?? []), ...positionals.slice(mode === undefined ? 0 : 1)];
  if (mode !== undefined && cases.length > 0) throw new Error(`${mode} ${cases[0]}: expected no further name`);
  const unknown = cases.find((name) => !CASE_NAMES.includes(name));
  if (unknown !== undefined) throw new Error(`--case ${unknown}: expected one of ${CASE_NAMES.join(", ")}`);
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0)) {
    throw new Error(`--rounds ${values.rounds}: expected a whole number above 0`);
  }
  const load = values.load ?? (H2load.installed() ? "h2load" : "own");
  if (load !== "own" && load !== "h2load") throw new Error(`--load ${load}: expected own or h2load`);
  if (load === "h2load" && !H2load.installed()) throw new Error("--load h2load: h2load is not installed");
  return {
    mode,
    cases: cases.length > 0 ? cases : CASE_NAMES,
    rounds,
    quick: values.quick === true,
    load,
    proxies: values.proxy ?? [],
    pin: values["no-pin"] !== true,
    json: values.json === true,
    help: values.help === true,
  };
}

async function prepare(options: Options): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), "framelens-bench-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const children = new Children(options.pin ? places() : undefined);
  mkdirSync(join(folder, "server-ca"));
  const authority = await CertificateAuthority.open(join(folder, "server-ca"));
  const keys = await authority.leafFor(LOOPBACK_NAMES);
  writeFileSync(join(folder, "key.pem"), keys.key, { mode: 0o600 });
  writeFileSync(join(folder, "cert.pem"), keys.cert);
  writeFileSync(join(folder, "both.pem"), `${keys.cert}\n${keys.key}`, { mode: 0o600 });
  const own = await OwnLoader.start(children);
  return {
    children,
    proxies: [...PROXIES, ...options.proxies.map(extraProxy)],
    loader: options.load === "h2load" ? new H2load(children, folder) : own,
    own,
    folder,
    keys: { key: keys.key, cert: keys.cert },
    rounds: options.rounds ?? (options.quick ? 5 : 12),
    roundMs: options.quick ? 250 : 400,
    // A proxy runs for hours: what compiling its code costs in the first seconds is no part of what a call costs.
    warmUpMs: options.quick ? 500 : 3000,
    maxWarmUps: options.quick ? 1 : 5,
    scale: options.quick ? 0.2 : 1,
  };
}

async function runCase(bench: Bench, name: string): Promise<Result> {
  if (name === IDLE_CASE.name) return runIdle(bench);
  if (name === MILLION_CASE.name) return runMillion(bench);
  return runRounds(bench, [...ROUNDS_CASES, ...OUTPUT_CASES].find((it) => it.name === name)!);
}

async function main(): Promise<number> {
  let options: Options;
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`bench: ${(error as Error).message}\n`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  if (options.mode !== undefined) {
    const { quick } = options;
    const timing = { rounds: options.rounds ?? (quick ? 5 : 15), roundMs: quick ? 10 : 25, quick };
    const { result, text } = await MODES[options.mode](timing);
    process.stdout.write(options.json ? `${JSON.stringify(result, null, 2)}\n` : `${text}\n`);
    return 0;
  }
  const bench = await prepare(options);
  const results: Result[] = [];
  const broken: string[] = [];
  for (const name of CASE_NAMES.filter((each) => options.cases.includes(each))) {
    const result = await runCase(bench, name);
    results.push(result);
    broken.push(...brokenIn(result).map((line) => `${name}: ${line}`));
    if (!options.json) process.stdout.write(`${reportOf(result)}\n\n`);
  }
  if (options.json) process.stdout.write(`${JSON.stringify({ results, broken }, null, 2)}\n`);
  for (const line of broken) process.stderr.write(`BROKEN ${line}\n`);
  return broken.length > 0 ? 1 : 0;
}

// exit, not return: it is on "exit" that the other processes and the folder go
for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const) {
  process.on(signal, () => process.exit(code));
}
process.exit(await main());
