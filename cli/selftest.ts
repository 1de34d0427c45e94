// `framelens selftest`: does the proxy pass on what it is given? Against framelens itself, or against any other proxy.
import type { CommandModule } from "yargs";
import { EXIT, FramelensError } from "../src/model/errors.js";
import { withEnvironment } from "./options.js";
import { countFailed, type Row } from "./selftest/runner.js";
import { type Endpoint, testOwnProxy, testThrough } from "./selftest/session.js";
import { formatCount, formatHeading, formatRow, type TableStyle } from "./selftest/table.js";

const DEFAULT_SERVE = "127.0.0.1:50051";
const DEFAULT_SECONDS = 10;
const PIPED_WIDTH = 80;
const WIDEST = 120;
/** 128 and the number of SIGINT, as shells count. */
const INTERRUPTED = 130;

interface SelftestArguments {
  through: string | undefined;
  serve: string | undefined;
  timeout: number;
  strict: boolean;
  json: boolean;
}

const OPTIONS = {
  through: { type: "string", requiresArg: true, describe: "judge the proxy that listens at HOST:PORT (plaintext)" },
  serve: {
    type: "string",
    requiresArg: true,
    describe: `with --through: [HOST:]PORT of the selftest's server (${DEFAULT_SERVE})`,
  },
  timeout: {
    type: "number",
    requiresArg: true,
    default: DEFAULT_SECONDS,
    describe: `seconds in which nothing happens before a check counts as hung (${DEFAULT_SECONDS})`,
  },
  strict: {
    type: "boolean",
    default: false,
    describe: "with --through: fail also where a proxy may differ without breaking gRPC",
  },
  json: { type: "boolean", default: false, describe: "print the rows as one JSON array" },
} as const;

export const selftestCommand: CommandModule<object, SelftestArguments> = {
  command: "selftest",
  describe: "check that calls pass through a proxy unchanged: framelens itself, or any other",
  builder: (yargs) => yargs.options(withEnvironment(OPTIONS)),
  handler: runSelftest,
};

async function runSelftest(args: SelftestArguments): Promise<void> {
  if (!(args.timeout > 0)) throw usage(`--timeout ${args.timeout}; must be a number of seconds above 0`);
  if (args.serve !== undefined && args.through === undefined) throw usage("--serve needs --through HOST:PORT");
  const style = styleOf(process.stdout, process.env);
  let over: Row["over"] | undefined;
  const print = (row: Row) => {
    if (args.json) return;
    if (row.over !== over) process.stdout.write(`${over ? "\n" : ""}${formatHeading(row.over, style)}\n`);
    over = row.over;
    process.stdout.write(`${formatRow(row, style)}\n`);
  };
  const stop = new AbortController();
  const interrupted = () => stop.abort();
  process.once("SIGINT", interrupted);
  const options = {
    signal: stop.signal,
    boundMs: args.timeout * 1000,
    strict: args.strict || args.through === undefined,
    onRow: print,
  };
  const rows =
    args.through === undefined
      ? await testOwnProxy(async (proxy) => (await import("../src/index.js")).createProxy(proxy), options)
      : await testThrough(endpoint(args.through, "--through"), endpoint(args.serve ?? DEFAULT_SERVE, "--serve"), {
          ...options,
          onServing: (address) => process.stderr.write(`serving on ${address}: point the proxy there\n`),
        });
  if (args.json) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
  (args.json ? process.stderr : process.stdout).write(`${formatCount(rows)}\n`);
  process.off("SIGINT", interrupted);
  process.exitCode = stop.signal.aborted ? INTERRUPTED : countFailed(rows) === 0 ? EXIT.ok : EXIT.failed;
}

/** Reads `[host:]port`; an IPv6 address stands in brackets. */
function endpoint(text: string, option: string): Endpoint {
  const match = /^(?:(?:\[([0-9a-f:.]+)\]|([^:[\]]+)):)?(\d{1,5})$/i.exec(text);
  const port = Number(match?.[3]);
  if (!match || port > 65_535) throw usage(`${option} ${text}; must be HOST:PORT`);
  return { host: match[1] ?? match[2] ?? "127.0.0.1", port };
}

function styleOf(stdout: NodeJS.WriteStream, env: NodeJS.ProcessEnv): TableStyle {
  const width = stdout.isTTY ? Math.min(stdout.columns, WIDEST) : PIPED_WIDTH;
  return { width, colours: stdout.isTTY === true && !env.NO_COLOR };
}

function usage(message: string): FramelensError {
  return new FramelensError("ERR_USAGE", message, { exitCode: EXIT.usage });
}
