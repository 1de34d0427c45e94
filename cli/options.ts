// The options that every command that proxies shares, and every option's other name: FRAMELENS_… in the environment.
import type { Options } from "yargs";
import { EXIT, FramelensError } from "../src/index.js";
import type { ServerTrust } from "../src/view/shell-command.js";

export type OptionTable = Readonly<Record<string, Options>>;

const GENERAL = "Options:";
const SHOWING = "What is shown:";
const SERVERS = "Towards the server:";
const CLIENTS = "Towards clients:";

/** Text even where a number is meant: what cannot be read is quoted as it was written. */
const TEXT = { type: "string", requiresArg: true } as const;
const SWITCH = { type: "boolean", default: false } as const;

export const LISTEN_OPTION = {
  listen: {
    ...TEXT,
    alias: "l",
    group: GENERAL,
    default: "127.0.0.1:50050",
    describe: "[host:]port to listen on (127.0.0.1:50050); 0 picks a port",
  },
} as const satisfies OptionTable;

const SCHEMA = "Schemas:";
const LIST = { type: "string", array: true, requiresArg: true, group: SCHEMA } as const;

/** For every command that decodes. */
export const SCHEMA_OPTIONS = {
  proto: { ...LIST, describe: ".proto files or folders of them" },
  "import-path": { ...LIST, alias: "I", describe: "where imports are looked for" },
  protoset: { ...LIST, describe: "descriptor sets, as by protoc -o or buf build" },
} as const satisfies OptionTable;

/** What {@link SCHEMA_OPTIONS} become. */
export interface SchemaArguments {
  readonly proto: readonly string[] | undefined;
  readonly importPath: readonly string[] | undefined;
  readonly protoset: readonly string[] | undefined;
  /** How --proto and --protoset follow each other on the command line: the first source that knows a name counts. */
  readonly schemaOrder?: readonly ("proto" | "protoset")[];
}

const FEED = "Feed and page:";

export const FEED_OPTIONS = {
  feed: { ...TEXT, group: FEED, describe: "[host:]port of both (127.0.0.1, a free port); --no-feed for none" },
  "feed-token": { ...TEXT, group: FEED, describe: "what readers must know (another one at each start)" },
  "feed-view-token": { ...TEXT, group: FEED, describe: "the same for those who may look and not act" },
  open: { ...SWITCH, group: FEED, describe: "open the page in the browser" },
} as const satisfies OptionTable;

/** What {@link FEED_OPTIONS} become. */
export interface FeedArguments {
  /** False with --no-feed. */
  readonly feed: string | false | undefined;
  readonly feedToken: string | undefined;
  readonly feedViewToken: string | undefined;
  readonly open: boolean;
}

const FOR = { ...TEXT, group: GENERAL, describe: "stop after so many seconds" } as const;

/** For every command that shows traffic. */
const SHOWING_OPTIONS = {
  output: {
    ...TEXT,
    alias: "o",
    group: SHOWING,
    describe: "terminal (the full screen), log (lines to read), ndjson (for programs) or none",
  },
  filter: {
    ...TEXT,
    alias: "f",
    group: SHOWING,
    describe: "show these calls alone, whole, and the connections they are on: 'status != OK && duration > 100ms'",
  },
  bodies: { ...SWITCH, group: SHOWING, describe: "put message bytes into ndjson" },
  "show-secrets": {
    ...SWITCH,
    group: SHOWING,
    describe: "show tokens, cookies and keys as they are, and save them so",
  },
  sizes: { ...SWITCH, group: SHOWING, describe: "at the end, compare messages' sizes with those of JSON" },
  "max-memory": { ...TEXT, group: SHOWING, default: "256MiB", describe: "what is kept of the traffic (256MiB)" },
  "max-message": { ...TEXT, group: SHOWING, default: "16MiB", describe: "what is kept of one message (16MiB)" },
  ...SCHEMA_OPTIONS,
  types: { ...TEXT, group: SCHEMA, describe: "file that says what fields are that no schema knows (JSON)" },
  "fail-on-drift": { ...SWITCH, group: SCHEMA, describe: "check every message; exit 1 when traffic does not fit" },
} as const satisfies OptionTable;

/** For a command that shows what was saved. */
export const OPEN_OPTIONS = { for: FOR, ...SHOWING_OPTIONS, ...FEED_OPTIONS } as const satisfies OptionTable;

export const PROXY_OPTIONS = {
  ...LISTEN_OPTION,
  for: FOR,
  save: {
    ...TEXT,
    alias: "w",
    group: GENERAL,
    describe: "keep everything in this file, whatever is shown; framelens open shows it (*.gz: gzipped)",
  },
  ...SHOWING_OPTIONS,
  reflect: {
    type: "boolean",
    default: true,
    group: SCHEMA,
    describe: "ask servers by reflection for methods that no file knows; --no-reflect does not",
  },
  "reflect-header": { ...LIST, describe: 'metadata for that: "name: value"' },
  insecure: { ...SWITCH, alias: "k", group: SERVERS, describe: "do not verify the server's certificate" },
  cacert: { ...TEXT, group: SERVERS, describe: "trust these CAs too (PEM file)" },
  cert: { ...TEXT, group: SERVERS, describe: "client certificate (PEM file)" },
  key: { ...TEXT, group: SERVERS, describe: "its key (PEM file)" },
  servername: { ...TEXT, group: SERVERS, describe: "name to ask for and verify, not the client's" },
  "serve-cert": { ...TEXT, group: CLIENTS, describe: "certificate to show, not one by our own CA (PEM file)" },
  "serve-key": { ...TEXT, group: CLIENTS, describe: "its key (PEM file)" },
  "ca-dir": { ...TEXT, group: CLIENTS, describe: "folder of our own CA" },
  ...FEED_OPTIONS,
} as const satisfies OptionTable;

/** What {@link OPEN_OPTIONS} become, and what only servers that can be reached are asked with. */
export interface ShowingArguments extends SchemaArguments, FeedArguments {
  readonly types: string | undefined;
  readonly reflect: boolean;
  readonly reflectHeader: readonly string[] | undefined;
  readonly failOnDrift: boolean;
  readonly for: string | undefined;
  readonly output: string | undefined;
  readonly filter: string | undefined;
  readonly bodies: boolean;
  readonly showSecrets: boolean;
  readonly sizes: boolean;
  readonly maxMemory: string;
  readonly maxMessage: string;
}

/** What {@link PROXY_OPTIONS} become. */
export interface ProxyArguments extends ShowingArguments {
  readonly listen: string;
  readonly save: string | undefined;
  readonly insecure: boolean;
  readonly cacert: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly servername: string | undefined;
  readonly serveCert: string | undefined;
  readonly serveKey: string | undefined;
  readonly caDir: string | undefined;
}

/** How servers are told from others, as files were named. */
export function trustOf({ cacert, cert, key, servername, insecure }: ProxyArguments): ServerTrust {
  return { cacert, cert, key, servername, insecure };
}

/** FRAMELENS_MAX_MEMORY for max-memory. */
export function environmentName(option: string): string {
  return `FRAMELENS_${option.toUpperCase().replaceAll("-", "_")}`;
}

/**
 * Options whose defaults are what the environment says. Variables that are no option of the command mean nothing to it.
 * @throws FramelensError ERR_USAGE for a switch that is neither on nor off
 */
export function withEnvironment<T extends OptionTable>(options: T, env: NodeJS.ProcessEnv = process.env): T {
  const table = Object.entries(options).map(([name, option]): [string, Options] => {
    const variable = environmentName(name);
    const text = env[variable];
    if (text === undefined || text === "") return [name, option];
    return [name, { ...option, default: option.type === "boolean" ? readSwitch(variable, text) : text }];
  });
  return Object.fromEntries(table) as T;
}

function readSwitch(variable: string, text: string): boolean {
  if (/^(1|true|yes|on)$/i.test(text)) return true;
  if (/^(0|false|no|off)$/i.test(text)) return false;
  throw new FramelensError("ERR_USAGE", `${variable} "${text}"; expected true or false`, { exitCode: EXIT.usage });
}
