// The feed's port: the page's files over HTTP, the feed over WebSocket (RFC 6455). Small as long as nobody looks: the rest is loaded then.
import { createServer, type Server, STATUS_CODES } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { EXIT, FramelensError } from "../model/errors.js";
import type { Tokens } from "./access.js";
import type { FeedHub } from "./hub.js";
import type { FeedSource } from "./source.js";
import { Tickets } from "./ticket.js";

export interface FeedServerOptions {
  readonly listen: { readonly host: string; readonly port: number };
  readonly tokens: Tokens;
  /** The built page; it may not be there. */
  readonly pageFolder: string;
  /** What is told to those who are let in; called when the first one is. */
  readonly open: () => Promise<FeedSource>;
}

export interface RunningFeed {
  /** As the system tells it. */
  readonly address: AddressInfo;
  /** The path of an address that leads to the page and lets it in, once; see {@link Tickets}. */
  issueTicket(): string;
  /** Tells clients that it ends, and waits until they are gone, but not for long. */
  close(): Promise<void>;
}

export const FEED_PATH = "/feed";
export const SCHEMA_PATH = "/feed.schema.json";

/** Sockets of browsers and programs, 6 a browser for files, one for each feed. */
const MAX_SOCKETS = 256;
/** A request for a file, or an upgrade, is one packet. */
const REQUEST_MS = 10_000;
/** What a client that left a second ago may still have to hear. */
const CLOSE_MS = 1000;

/** @throws FramelensError ERR_LISTEN */
export async function startFeedServer(options: FeedServerOptions): Promise<RunningFeed> {
  const { listen, tokens } = options;
  const server = createServer({ headersTimeout: REQUEST_MS, requestTimeout: REQUEST_MS, keepAliveTimeout: REQUEST_MS });
  server.maxConnections = MAX_SOCKETS;
  const address = await listening(server, listen);
  const bound = { host: listen.host, port: address.port };
  const tickets = new Tickets();
  let hub: Promise<FeedHub> | undefined;
  const openHub = async (): Promise<FeedHub> => {
    const [{ FeedHub }, source] = await Promise.all([import("./hub.js"), options.open()]);
    return new FeedHub(source);
  };

  server.on("request", (request, response) => {
    void (async () => {
      const [{ admit, isOwnHost }, { answerText, answerTicket, servePage }] = await Promise.all([
        import("./access.js"),
        import("./page.js"),
      ]);
      if (!isOwnHost(request.headers.host, bound)) answerText(response, 403, "the Host is not this feed's");
      else if (request.url === FEED_PATH) {
        // A browser does not tell its page why a WebSocket was refused; whoever asks so is told whether it is the token.
        const admitted = request.headers.authorization === undefined || admit(request.headers, tokens, bound);
        if (typeof admitted === "object") answerText(response, admitted.status, admitted.reason);
        else answerText(response, 426, "expected a WebSocket", { upgrade: "websocket" });
      } else if (request.url === SCHEMA_PATH) {
        const { schemaText } = await import("./schema/document.js");
        answerText(response, 200, schemaText(), { "content-type": "application/schema+json" });
      } else if (request.method === "GET" && tickets.redeem(request.url ?? "")) {
        answerTicket(response, tokens.control);
      } else await servePage(request, response, options.pageFolder);
    })().catch((error: unknown) => {
      response.destroy();
      warn(error);
    });
  });
  server.on("upgrade", (request, socket, head) => {
    socket.on("error", () => socket.destroy());
    void (async () => {
      const { admit } = await import("./access.js");
      if (request.url !== FEED_PATH) return refuse(socket, 404, `the feed is at ${FEED_PATH}`);
      const admitted = admit(request.headers, tokens, bound);
      if (typeof admitted !== "string") return refuse(socket, admitted.status, admitted.reason);
      hub ??= openHub();
      const opened = await hub.catch((error: unknown) => {
        // The next client may find it otherwise.
        hub = undefined;
        warn(error);
        return undefined;
      });
      if (opened === undefined) return refuse(socket, 500, "the feed cannot be opened; framelens says why");
      const { status, reason } = opened.accept(request, socket as Socket, head, admitted);
      if (status !== 101) refuse(socket, status, reason);
    })().catch((error: unknown) => {
      socket.destroy();
      warn(error);
    });
  });
  server.on("clientError", (_error, socket) => socket.destroy());
  server.on("error", warn);
  return {
    address,
    issueTicket: () => tickets.issue(),
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const opened = await hub?.catch(() => undefined);
      await opened?.close(CLOSE_MS);
      server.closeAllConnections();
      await closed;
    },
  };
}

/** A plain answer instead of the upgrade; the connection ends with it. */
function refuse(socket: Duplex, status: number, reason: string): void {
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    "connection: close",
    "content-type: text/plain; charset=utf-8",
    `content-length: ${Buffer.byteLength(reason) + 1}`,
    ...(status === 401 ? ["www-authenticate: Bearer"] : []),
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${reason}\n`, () => socket.destroy());
}

function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : new Error(String(error)));
}

function listening(server: Server, { host, port }: FeedServerOptions["listen"]): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) => {
      const why = error.code === "EADDRINUSE" ? "the port is in use" : error.message;
      const at = `${host.includes(":") ? `[${host}]` : host}:${port}`;
      const message = `cannot listen on ${at} for the feed: ${why}`;
      reject(new FramelensError("ERR_LISTEN", message, { exitCode: EXIT.listen, cause: error }));
    };
    server.once("error", fail);
    server.listen({ host, port }, () => {
      server.removeListener("error", fail);
      resolve(server.address() as AddressInfo);
    });
  });
}
