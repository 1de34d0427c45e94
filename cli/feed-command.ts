// What commands that read another framelens' feed have in common: how they are called, and how they end.
import type { Argv, CommandModule } from "yargs";
import type { FeedClient } from "../src/feed/client.js";
import { READ_FEED_OPTIONS, type ReadFeedArguments } from "./feed-address.js";
import { type OptionTable, withEnvironment } from "./options.js";
import type { Stdout } from "./output/stdout.js";

export interface FeedCommandArguments extends ReadFeedArguments {
  readonly filter: string | undefined;
}

export interface FeedCommand<T extends FeedCommandArguments> {
  readonly name: string;
  readonly describe: string;
  /** What the filter is for. */
  readonly filter: string;
  /** Besides those that say where the feed is. */
  readonly options: OptionTable;
  /** @returns the exit code */
  readonly run: (args: T) => Promise<number>;
}

export function feedCommand<T extends FeedCommandArguments>(command: FeedCommand<T>): CommandModule<object, T> {
  const { name, describe, filter, options, run } = command;
  const positional = withEnvironment({ filter: { type: "string", describe: filter } });
  return {
    command: `${name} [filter]`,
    describe,
    builder: (yargs) =>
      yargs
        .positional("filter", positional.filter)
        .options(withEnvironment({ ...READ_FEED_OPTIONS, ...options })) as unknown as Argv<T>,
    handler: async (args) => {
      process.exitCode = await run(args as unknown as T);
    },
  };
}

/** The reading ends with a signal, and when nobody reads what is written. @returns what ends it */
export function closeInTheEnd(client: FeedClient, stdout: Pick<Stdout, "broken">): () => void {
  const end = () => client.close();
  process.once("SIGINT", end);
  process.once("SIGTERM", end);
  void stdout.broken.then(end);
  return end;
}
