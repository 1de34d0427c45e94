// The feed and the page of a session, as the command line asks for them.
import { randomBytes } from "node:crypto";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isLoopback, isTokenText, newToken, type Tokens } from "../src/feed/access.js";
import { startFeedServer } from "../src/feed/server.js";
import type { FeedSource } from "../src/feed/source.js";
import { EXIT, FramelensError } from "../src/index.js";
import { hostPort, parseListen } from "../src/relay/target.js";
import type { FeedArguments, ShowingArguments } from "./options.js";
import type { SessionSchema } from "./session-schema.js";
import { version } from "./version.js";
import { watchEvents } from "./watch-events.js";
import type { Watched } from "./watched.js";

/** A token that others than this machine's users may try to find. */
const MIN_REMOTE_TOKEN_CHARS = 16;

export interface SessionFeed {
  /** What is told to the user: where both are, and how to get in. */
  readonly lines: readonly string[];
  /** The page's address with the token. */
  readonly page: string;
  /** An address of the page that works once, and needs no token. */
  link(): string;
  close(): Promise<void>;
}

/** What the options ask for. */
export interface FeedOptions {
  readonly listen: { readonly host: string; readonly port: number };
  readonly tokens: Tokens;
}

/** @returns undefined with --no-feed @throws FramelensError ERR_USAGE */
export function readFeedOptions(args: FeedArguments): FeedOptions | undefined {
  const listen = readFeedListen(args.feed);
  if (listen === undefined && args.open) throw usage("--open: there is no page without the feed");
  return listen === undefined ? undefined : { listen, tokens: readTokens(args, listen.host) };
}

/**
 * Starts the feed's server; what reads messages is loaded when the first client comes.
 * @param schema what the session decodes with; undefined when its output shows no messages
 * @throws FramelensError ERR_LISTEN
 */
export async function startSessionFeed(
  { listen, tokens }: FeedOptions,
  args: ShowingArguments,
  watched: Watched,
  schema: SessionSchema | undefined,
): Promise<SessionFeed> {
  let late: Promise<SessionSchema> | undefined;
  let stopLearning = () => {};
  const openLate = async (): Promise<SessionSchema> => {
    const { openSessionSchema } = await import("./session-schema.js");
    const opened = await openSessionSchema(args, watched);
    stopLearning = watchEvents(watched.capture, opened.learn);
    return opened;
  };
  // What the user named and got wrong is told at the start, not to the first who opens the page.
  if (schema === undefined && namesTypes(args)) {
    late = openLate();
    await late;
  }
  const server = await startFeedServer({
    listen,
    tokens,
    pageFolder: pageFolder(),
    async open() {
      if (schema === undefined) late ??= openLate();
      return sourceOf(args, watched, schema ?? (await late!));
    },
  }).catch(async (error) => {
    (await late)?.close();
    throw error;
  });
  watched.refuse?.(server.address);
  return {
    lines: lines(listen.host, server.address.port, tokens.control),
    page: pageAddress(reachable(listen.host, server.address.port), tokens.control),
    link: () => `http://${reachable(listen.host, server.address.port)}${server.issueTicket()}`,
    async close() {
      await server.close();
      stopLearning();
      (await late)?.close();
    },
  };
}

function namesTypes({ types, proto, protoset, reflectHeader }: ShowingArguments): boolean {
  return [types, proto, protoset, reflectHeader].some((named) => named !== undefined && named.length > 0);
}

function sourceOf(
  args: ShowingArguments,
  { capture, upstream, listen, file, trust, now }: Watched,
  { schema, messages, kinds, types, addTypes, protoset }: SessionSchema,
): FeedSource {
  return {
    capture,
    messages,
    showSecrets: args.showSecrets,
    salt: randomBytes(4).readInt32LE(),
    session: randomBytes(9).toString("base64url"),
    program: `framelens ${version()}`,
    upstream,
    listen,
    file,
    schema,
    trust,
    addSchema: addTypes,
    types: () => ({ protoset: protoset(), corrections: types.toText() }),
    correct: (method, side, path, said) => types.set(method, side, path, said),
    kinds,
    now: now ?? (() => performance.timeOrigin + performance.now()),
  };
}

/** @returns undefined with --no-feed, or FRAMELENS_FEED=off. @throws FramelensError */
function readFeedListen(feed: FeedArguments["feed"]): { readonly host: string; readonly port: number } | undefined {
  if (feed === false || (feed !== undefined && /^(false|no|off)$/i.test(feed))) return undefined;
  if (feed === undefined) return { host: "127.0.0.1", port: 0 };
  try {
    return parseListen(feed);
  } catch (error) {
    if (!(error instanceof FramelensError)) throw error;
    throw usage(`--feed "${feed}"; expected [host:]port`);
  }
}

function readTokens({ feedToken, feedViewToken }: FeedArguments, host: string): Tokens {
  for (const [option, token] of [
    ["feed-token", feedToken],
    ["feed-view-token", feedViewToken],
  ] as const) {
    if (token === undefined) continue;
    // Not repeated: what stands here is a secret.
    if (!isTokenText(token)) throw usage(`--${option}: expected 1 to 200 letters, digits and !#$%&'*+.^_\`|~-`);
    if (!isLoopback(host) && token.length < MIN_REMOTE_TOKEN_CHARS) {
      throw usage(
        `--${option}: too short where others can reach the feed; expected ${MIN_REMOTE_TOKEN_CHARS} characters`,
      );
    }
  }
  if (feedToken !== undefined && feedToken === feedViewToken) {
    throw usage("--feed-view-token: it is the same as --feed-token; expected another one");
  }
  return { control: feedToken ?? newToken(), view: feedViewToken };
}

function lines(host: string, port: number, token: string): readonly string[] {
  const at = reachable(host, port);
  const where = `feed ws://${at}/feed  page ${pageAddress(at, token)}`;
  if (isLoopback(host)) return [where];
  return [where, `framelens: others can reach the feed on ${hostPort(host, port)}; who has the token sees the traffic`];
}

function pageAddress(at: string, token: string): string {
  return `http://${at}/#token=${encodeURIComponent(token)}`;
}

/** Where this machine reaches what listens there. */
function reachable(host: string, port: number): string {
  return hostPort(host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host, port);
}

/** Where `npm run build` puts the page: beside the program, or in dist when the program runs from its sources. */
function pageFolder(): string {
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  return basename(root) === "dist" ? join(root, "ui", "web") : join(root, "dist", "ui", "web");
}

function usage(message: string): FramelensError {
  return new FramelensError("ERR_USAGE", message, { exitCode: EXIT.usage });
}
