// framelens [upstream]: the proxy itself, and the options that every command that proxies shares.
import type { Argv, CommandModule } from "yargs";
import { OUTPUTS } from "./output/output.js";
import { type ProxyArguments, startSession } from "./session.js";

export function proxyOptions<T>(yargs: Argv<T>): Argv<T & ProxyArguments> {
  return yargs.options({
    listen: {
      alias: "l",
      type: "string",
      default: "127.0.0.1:50050",
      describe: "[host:]port to listen on; port 0 picks one",
    },
    output: {
      alias: "o",
      type: "string",
      choices: Object.keys(OUTPUTS),
      defaultDescription: "log",
      describe: "what to show on stdout",
    },
    bodies: { type: "boolean", default: false, describe: "put message bytes into ndjson" },
    "show-secrets": { type: "boolean", default: false, describe: "show authorization, cookies and tokens as they are" },
    insecure: { alias: "k", type: "boolean", default: false, describe: "do not verify the server's certificate" },
    cacert: { type: "string", describe: "trust the CAs in this PEM file, too, for servers" },
    cert: { type: "string", describe: "client certificate (PEM) for servers that ask for one" },
    key: { type: "string", describe: "its key (PEM)" },
    servername: { type: "string", describe: "name to ask servers for and verify, instead of the client's" },
    "serve-cert": {
      type: "string",
      describe: "certificate (PEM) that clients are shown, instead of one by our own CA",
    },
    "serve-key": { type: "string", describe: "its key (PEM)" },
    "ca-dir": { type: "string", describe: "folder of our own CA" },
    "max-memory": { type: "string", default: "256MiB", describe: "what the capture may keep" },
    "max-message": { type: "string", default: "16MiB", describe: "how much of one message is kept" },
    for: { type: "number", describe: "stop by itself after so many seconds" },
    feed: { type: "boolean", hidden: true },
  }) as unknown as Argv<T & ProxyArguments>;
}

interface UpstreamArguments extends ProxyArguments {
  readonly upstream: string | undefined;
  readonly plaintext: boolean;
}

export const proxyCommand: CommandModule<object, UpstreamArguments> = {
  command: "$0 [upstream]",
  describe: "watch calls on their way to a server",
  builder: (yargs) =>
    proxyOptions(yargs)
      .positional("upstream", {
        type: "string",
        describe:
          "host:port (as the client speaks), http://host:port, https://host:port, unix:/path; none: be a forward proxy",
      })
      .option("plaintext", { type: "boolean", default: false, describe: "same as http:// in front of the upstream" }),
  handler: async (args) => {
    const http = args.plaintext && args.upstream !== undefined && !args.upstream.includes("/");
    const session = await startSession(args, http ? `http://${args.upstream}` : args.upstream);
    process.exitCode = await session.finished;
  },
};
