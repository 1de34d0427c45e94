// framelens tail: another framelens' events as they happen, as lines or as JSON; the reference client of the feed.
import { openFeed } from "../src/feed/client.js";
import { EXIT, FramelensError } from "../src/index.js";
import { readFeedAddress } from "./feed-address.js";
import { closeInTheEnd, type FeedCommandArguments, feedCommand } from "./feed-command.js";
import { openStdout } from "./output/stdout.js";
import { TailLog } from "./tail-log.js";

interface TailArguments extends FeedCommandArguments {
  readonly output: string;
  readonly bodies: boolean;
}

export const tailCommand = feedCommand<TailArguments>({
  name: "tail",
  describe: "show what another framelens sees, as it happens",
  filter: "which calls, as in 'status != OK && method contains \"Users\"'",
  options: {
    output: {
      type: "string",
      alias: "o",
      requiresArg: true,
      default: "log",
      describe: "log (lines to read) or ndjson",
    },
    bodies: { type: "boolean", default: false, describe: "put message bytes into ndjson" },
  },
  run: tail,
});

async function tail(args: TailArguments): Promise<number> {
  if (args.output !== "log" && args.output !== "ndjson") {
    throw new FramelensError("ERR_USAGE", `--output "${args.output}"; expected log, ndjson`, { exitCode: EXIT.usage });
  }
  const stdout = openStdout();
  const log = args.output === "log" ? new TailLog() : undefined;
  let cut = false;
  const client = openFeed({
    ...readFeedAddress(args),
    subscribe: {
      want: "full",
      complete: true,
      ...(log === undefined ? {} : { line: true }),
      ...(args.filter === undefined ? {} : { filter: args.filter }),
      ...(args.bodies ? { bodies: true } : {}),
    },
    async onEvent(event, text) {
      const line = log === undefined ? text : log.lineOf(event);
      if (line !== undefined) await stdout.write(`${line}\n`);
    },
    onHello() {
      if (cut) process.stderr.write("framelens: connected again\n");
      cut = false;
    },
    onCut(reason, isEnd) {
      const why = isEnd ? "that framelens has ended" : `the feed cannot be read: ${reason}`;
      if (!cut) process.stderr.write(`framelens: ${why}; trying again, until ^C\n`);
      cut = true;
    },
  });
  closeInTheEnd(client, stdout);
  await client.ended;
  return EXIT.ok;
}
