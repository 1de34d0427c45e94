// Where a feed is and what gets one in, as a user writes it: the lines that framelens prints, a URL, or host:port.
import { EXIT, FramelensError } from "../src/index.js";
import { hostPort, parseListen } from "../src/relay/target.js";
import type { OptionTable } from "./options.js";

export const READ_FEED_OPTIONS = {
  feed: {
    type: "string",
    requiresArg: true,
    describe: "where it is: a link as framelens prints it, or [host:]port",
  },
  "feed-token": { type: "string", requiresArg: true, describe: "what gets one in, where the link does not have it" },
} as const satisfies OptionTable;

export interface ReadFeedArguments {
  readonly feed: string | undefined;
  readonly feedToken: string | undefined;
}

export interface FeedAddress {
  /** ws://host:port/feed */
  readonly url: string;
  readonly token: string;
}

const EXPECTED = "expected ws://host:port/feed, http://host:port/#token=… or [host:]port";

/** @throws FramelensError ERR_USAGE */
export function readFeedAddress({ feed, feedToken }: ReadFeedArguments): FeedAddress {
  if (feed === undefined) {
    throw usage(
      "--feed: which one? expected the link that framelens printed, as in --feed http://127.0.0.1:9229/#token=…",
    );
  }
  const { url, token } = parseAddress(feed);
  const known = feedToken ?? token;
  if (known === undefined) throw usage("--feed-token: expected the token, or a link that ends in #token=…");
  return { url, token: known };
}

function parseAddress(text: string): { readonly url: string; readonly token: string | undefined } {
  if (!text.includes("://")) {
    try {
      const { host, port } = parseListen(text);
      return { url: `ws://${hostPort(host, port)}/feed`, token: undefined };
    } catch {
      throw usage(`--feed "${text}"; ${EXPECTED}`);
    }
  }
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw usage(`--feed: no URL; ${EXPECTED}`);
  }
  const tls = url.protocol === "wss:" || url.protocol === "https:";
  if (!tls && url.protocol !== "ws:" && url.protocol !== "http:") throw usage(`--feed: "${url.protocol}"; ${EXPECTED}`);
  const token = /^#(?:.*&)?token=([^&]+)/.exec(url.hash)?.[1]?.replace(/%[0-7][0-9a-f]/gi, decodeURIComponent);
  return { url: `${tls ? "wss" : "ws"}://${url.host}/feed`, token };
}

function usage(message: string): FramelensError {
  return new FramelensError("ERR_USAGE", message, { exitCode: EXIT.usage });
}
