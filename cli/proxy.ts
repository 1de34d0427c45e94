// framelens [upstream]: the proxy itself.
import type { Argv, CommandModule } from "yargs";
import { FramelensError } from "../src/index.js";
import { PROXY_OPTIONS, type ProxyArguments, withEnvironment } from "./options.js";
import { startSession } from "./session.js";
import { nearest } from "./suggest.js";

interface UpstreamArguments extends ProxyArguments {
  readonly upstream: string | undefined;
  readonly plaintext: boolean;
}

const UPSTREAM = {
  upstream: {
    type: "string",
    describe:
      "host:port (plaintext or TLS, as the client speaks), http://…, https://… or unix:/path; none: a forward proxy",
  },
} as const;

const OPTIONS = {
  ...PROXY_OPTIONS,
  plaintext: {
    type: "boolean",
    default: false,
    group: PROXY_OPTIONS.insecure.group,
    describe: "http:// where the upstream says neither",
  },
} as const;

/** @param commands names that an upstream without a port may have been meant for */
export function proxyCommand(commands: Iterable<string>): CommandModule<object, UpstreamArguments> {
  return {
    command: "$0 [upstream]",
    describe: "watch calls on their way to a server",
    builder: (yargs) =>
      yargs
        .positional("upstream", withEnvironment(UPSTREAM).upstream)
        .options(withEnvironment(OPTIONS)) as unknown as Argv<UpstreamArguments>,
    handler: async (args) => {
      const session = await startSession(args, readUpstream(args)).catch((error: unknown) => {
        throw didYouMean(error, args.upstream, commands);
      });
      process.exitCode = await session.untilOver();
    },
  };
}

function readUpstream({ upstream, plaintext }: UpstreamArguments): string | undefined {
  return plaintext && upstream !== undefined && !upstream.includes("/") ? `http://${upstream}` : upstream;
}

/** "dmeo" is an upstream without a port to the one who reads upstreams. */
function didYouMean(error: unknown, upstream: string | undefined, commands: Iterable<string>): unknown {
  if (!(error instanceof FramelensError) || error.code !== "ERR_UPSTREAM" || !/^[a-z]+$/.test(upstream ?? ""))
    return error;
  const command = nearest(upstream ?? "", commands);
  if (command === undefined) return error;
  return new FramelensError(error.code, `unknown command "${upstream}"; did you mean "framelens ${command}"?`, {
    exitCode: error.exitCode,
    cause: error,
  });
}
