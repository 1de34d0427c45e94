// The reference client of the feed: connects, subscribes, and after a cut goes on where it was, without loss or repeats.
import type { Socket } from "node:net";
import { WebSocket } from "ws";
import { FramelensError } from "../model/errors.js";
import {
  FEED_VERSION,
  type FeedError,
  type FeedMessage,
  type FeedRequest,
  type Hello,
  type Streamed,
  SUBPROTOCOL,
  type Subscribe,
  type Synced,
  TOKEN_SUBPROTOCOL_PREFIX,
} from "./messages.js";
import { MAX_KNOWN_CALLS } from "./schema/requests.js";

export interface FeedClientOptions {
  /** ws://host:port/feed */
  readonly url: string;
  readonly token: string;
  readonly subscribe: Omit<Subscribe, "op" | "id" | "since" | "session" | "known" | "batch">;
  /**
   * Each event once, in order. What it returns is waited for before more is read.
   * @param text the same as it came: one line of JSON
   */
  readonly onEvent: (event: Streamed, text: string) => Promise<void> | void;
  readonly onHello?: (hello: Hello) => void;
  /** What is no event: answers to {@link FeedClient.ask}, mistakes in them, and that types have changed. */
  readonly onMessage?: (message: FeedMessage) => void;
  readonly onSynced?: (synced: Synced) => void;
  /**
   * The connection was cut, or could not be made; it is tried again.
   * @param isEnd the other side said that it ends
   */
  readonly onCut?: (reason: string, isEnd: boolean) => void;
  /** Before each further attempt, the last one for all that follow; default from 0.1 to 2 s. */
  readonly retryMs?: readonly number[];
  /** Connects by another way than the address in the url: through a tunnel of one's own. */
  readonly createConnection?: () => Socket;
}

export interface FeedClient {
  /** Settles when it was closed; fails when it makes no sense to go on: a wrong token, a filter that is none. */
  readonly ended: Promise<void>;
  /** Asks for something besides the subscription, whose id is 1; forgotten when there is no connection. */
  ask(request: FeedRequest): void;
  close(): void;
}

/** Soon at first, as a restart takes a second; then seldom. */
const RETRY_MS = [100, 250, 500, 1000, 2000] as const;
/** Messages that wait for their reader before the socket is paused. */
const MAX_WAITING = 64;
/** An event with the largest content has 1 MiB of JSON and some metadata. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;
/** A server that is there says so every 30 s. */
const SILENCE_MS = 75_000;
/** RFC 6455 §7.4.1 */
const GOING_AWAY = 1001;
const ID = 1;
/** With what an event begins. */
const ID_TEXT = `"id":${ID},`;

export function openFeed(options: FeedClientOptions): FeedClient {
  const reader = new FeedReader(options);
  return { ended: reader.run(), ask: (request) => reader.ask(request), close: () => reader.close() };
}

/** Why a connection ended. */
interface Cut {
  readonly reason: string;
  /** The other side said that it ends. */
  readonly isEnd?: boolean;
  /** Set when trying again makes no sense. */
  readonly fatal?: FramelensError;
}

class FeedReader {
  readonly #options: FeedClientOptions;
  readonly #retryMs: readonly number[];
  #webSocket: WebSocket | undefined;
  #closed = false;
  #endWait: (() => void) | undefined;
  #session: string | undefined;
  /** The last seq that was told or passed over. */
  #since = 0;
  /** Open calls that were told from their beginning. */
  readonly #open = new Set<number>();
  /** Open calls whose old events are being told, and the last seq of each. */
  readonly #partly = new Map<number, number>();
  #attempts = 0;

  constructor(options: FeedClientOptions) {
    this.#options = options;
    this.#retryMs = options.retryMs ?? RETRY_MS;
  }

  async run(): Promise<void> {
    while (!this.#closed) {
      const { reason, isEnd = false, fatal } = await this.#connection();
      if (fatal !== undefined) throw fatal;
      if (this.#closed) return;
      this.#options.onCut?.(reason, isEnd);
      const wait = this.#retryMs[Math.min(this.#attempts++, this.#retryMs.length - 1)] ?? 0;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, wait);
        this.#endWait = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  ask(request: FeedRequest): void {
    if (this.#webSocket?.readyState === WebSocket.OPEN) this.#webSocket.send(JSON.stringify(request));
  }

  close(): void {
    this.#closed = true;
    this.#endWait?.();
    this.#webSocket?.close(1000);
  }

  /** One connection from its beginning to its end; all that came is told by then. */
  #connection(): Promise<Cut> {
    const { url, token, createConnection } = this.#options;
    return new Promise((resolve) => {
      const webSocket = new WebSocket(url, [SUBPROTOCOL, TOKEN_SUBPROTOCOL_PREFIX + token], {
        perMessageDeflate: false,
        maxPayload: MAX_MESSAGE_BYTES,
        ...(createConnection === undefined ? {} : { createConnection }),
      });
      this.#webSocket = webSocket;
      let cut: Cut = { reason: "the connection was lost" };
      let waiting = 0;
      let told: Promise<void> = Promise.resolve();
      webSocket.on("unexpected-response", (_request, response) => {
        response.setEncoding("utf8");
        let text = "";
        response.on("data", (part: string) => (text = (text + part).slice(0, 200)));
        response.on("end", () => {
          cut = refusal(response.statusCode ?? 0, text);
          webSocket.terminate();
        });
      });
      webSocket.on("error", (error) => {
        cut = cut.fatal === undefined ? { reason: error.message } : cut;
      });
      webSocket.on("message", (data) => {
        if (++waiting >= MAX_WAITING) webSocket.pause();
        told = told
          .then(() => this.#told(String(data), webSocket))
          .catch((error: unknown) => {
            cut = { reason: "", fatal: fatalOf(error) };
            webSocket.terminate();
          })
          .then(() => {
            if (--waiting === 0) webSocket.resume();
          });
      });
      const silence = setTimeout(() => webSocket.terminate(), SILENCE_MS);
      webSocket.on("ping", () => silence.refresh());
      webSocket.on("close", (code, reason) => {
        clearTimeout(silence);
        if (reason.length > 0) cut = { ...cut, reason: `${reason.toString()} (${code})`, isEnd: code === GOING_AWAY };
        void told.then(() => resolve(cut));
      });
    });
  }

  async #told(text: string, webSocket: WebSocket): Promise<void> {
    if (this.#closed) return;
    const message = JSON.parse(text) as FeedMessage;
    switch (message.kind) {
      case "hello":
        this.#hello(message, webSocket);
        return;
      case "synced":
        this.#since = Math.max(this.#since, message.seq);
        this.#options.onSynced?.(message);
        return;
      case "error":
        if (message.id === undefined || message.id === ID) throw new FramelensError(message.code, mistakeText(message));
        this.#options.onMessage?.(message);
        return;
      case "schema-changed":
      case "types":
      case "corrected":
      case "cleared":
        this.#options.onMessage?.(message);
        return;
      case "progress":
      case "unsubscribed":
      case "events":
      case "list":
      case "call":
      case "message":
      case "frames":
      case "command":
      case "stats":
      case "connections":
      case "sources":
      case "schema":
        // Not asked for, or nothing to tell.
        return;
      default:
        await this.#event(message, text.startsWith(`{${ID_TEXT}`) ? `{${text.slice(ID_TEXT.length + 1)}` : text);
    }
  }

  #hello(hello: Hello, webSocket: WebSocket): void {
    if (hello.version !== FEED_VERSION) {
      throw new FramelensError("ERR_FEED_VERSION", `the feed has version ${hello.version}; expected ${FEED_VERSION}`);
    }
    if (hello.session !== this.#session) {
      // Another framelens: its numbers are others.
      this.#session = hello.session;
      this.#since = 0;
      this.#open.clear();
      this.#partly.clear();
    }
    this.#attempts = 0;
    this.#options.onHello?.(hello);
    const { subscribe } = this.#options;
    const known = subscribe.filter === undefined ? {} : { known: [...this.#open].slice(-MAX_KNOWN_CALLS) };
    const resume = this.#since === 0 ? {} : { since: this.#since, session: hello.session, ...known };
    webSocket.send(JSON.stringify({ ...subscribe, op: "subscribe", id: ID, ...resume }));
  }

  async #event(event: Streamed, text: string): Promise<void> {
    if (event.kind === "dropped") this.#since = Math.max(this.#since, event.to);
    else if (event.kind === "left") for (const call of event.calls) this.#open.delete(call);
    else if (event.kind !== "decoded" && !this.#isNew(event)) return;
    await this.#options.onEvent(event, text);
  }

  /** Whether an event was not told before; old ones are told again when a cut came amidst them. */
  #isNew(event: Streamed & { readonly seq: number; readonly call?: number; readonly late?: true }): boolean {
    const { seq, call, late, kind } = event;
    if (late === true && call !== undefined) {
      if ((this.#partly.get(call) ?? 0) >= seq) return false;
      if (kind === "call-end") this.#partly.delete(call);
      else this.#partly.set(call, seq);
      return true;
    }
    this.#since = Math.max(this.#since, seq);
    if (call === undefined) return true;
    const wasPartly = this.#partly.delete(call);
    if (kind === "call-end") this.#open.delete(call);
    else if (kind === "client-header" || wasPartly) this.#open.add(call);
    return true;
  }
}

function refusal(status: number, text: string): Cut {
  const reason = `refused with ${status}: ${text.trim()}`;
  // Too many clients, or one that ends: later it may be otherwise.
  if (status === 429 || status >= 500) return { reason };
  return { reason, fatal: new FramelensError("ERR_FEED_REFUSED", `the feed ${reason}`) };
}

function mistakeText({ message, span }: FeedError): string {
  return span === undefined ? message : `${message} (at character ${span[0] + 1})`;
}

function fatalOf(error: unknown): FramelensError {
  if (error instanceof FramelensError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new FramelensError("ERR_FEED", `the feed said what cannot be read: ${message}`, { cause: error });
}
