// One client of the feed: its requests, one after the other, and its subscriptions, each at the client's pace.
import type { Socket } from "node:net";
import type { RawData, WebSocket } from "ws";
import type { Role } from "./access.js";
import { type AnswerContext, answer } from "./answer.js";
import { jsonLine } from "./json-line.js";
import { readFilter } from "./matcher.js";
import type { FeedRequest, Subscribe } from "./messages.js";
import type { Pace } from "./pace.js";
import { RateLimit } from "./rate-limit.js";
import { RequestMistake, readRequest } from "./request.js";
import { type Subscriber, Subscription } from "./subscription.js";

/** Octets on their way to a client before nothing more is made for it: some milliseconds of a browser's time. */
const MAX_BUFFERED_BYTES = 1024 * 1024;
/** A page has a few; the rest is a mistake. */
const MAX_SUBSCRIPTIONS = 16;
/** A page that scrolls asks some ten times a second. */
const REQUEST_BURST = 200;
const REQUESTS_PER_SECOND = 100;

/** WebSocket close codes (RFC 6455 §7.4.1, and 1013 of the IANA registry). */
export const CLOSE = { normal: 1000, goingAway: 1001, policy: 1008, internal: 1011, tryAgainLater: 1013 } as const;

export interface ConnectionOptions extends AnswerContext {
  readonly webSocket: WebSocket;
  readonly socket: Socket;
  readonly role: Role;
  readonly pace: Pace;
}

export class Connection implements Subscriber {
  /** Settles when the client is gone. */
  readonly gone: Promise<void>;
  readonly #options: ConnectionOptions;
  readonly #subscriptions = new Map<number, Subscription>();
  readonly #limit = new RateLimit(REQUEST_BURST, REQUESTS_PER_SECOND);
  readonly #requests: RawData[] = [];
  #answering = false;
  #corked = false;
  #over = false;
  #roomMakers: (() => void)[] = [];
  /** Whether it answered since it was asked last; and when it last asked for something, in the source's time. */
  #alive = true;
  #activeAt: number;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    const { webSocket, socket, source } = options;
    this.#activeAt = source.now();
    socket.on("drain", () => this.#makeRoom());
    // What a peer gets wrong ends in a close, which ws tells as well.
    webSocket.on("error", () => {});
    webSocket.on("pong", () => (this.#alive = true));
    this.gone = new Promise((resolve) => {
      webSocket.on("close", () => {
        this.#end();
        resolve();
      });
    });
    webSocket.on("message", (data, isBinary) => this.#received(data, isBinary));
  }

  get hasRoom(): boolean {
    return this.#over || this.#options.webSocket.bufferedAmount < MAX_BUFFERED_BYTES;
  }

  room(): Promise<void> {
    if (this.hasRoom) return Promise.resolve();
    return new Promise((resolve) => this.#roomMakers.push(resolve));
  }

  send(text: string): void {
    if (this.#cork()) this.#options.webSocket.send(text);
  }

  /** Between what ws sends: without compression it writes at once, and whole frames. */
  sendFrames(frames: Uint8Array): void {
    if (this.#cork()) this.#options.socket.write(frames);
  }

  /** What is said within a turn goes out as one. @returns whether something can be said */
  #cork(): boolean {
    const { webSocket, socket, pace } = this.#options;
    if (webSocket.readyState !== webSocket.OPEN) return false;
    if (this.#corked) return true;
    this.#corked = true;
    socket.cork();
    setImmediate(() => {
      const begun = pace.begin();
      this.#corked = false;
      socket.uncork();
      pace.end(begun);
    });
    return true;
  }

  tooSlow(): void {
    this.close(CLOSE.tryAgainLater, "too slow: what was not read is gone; subscribe again with since");
  }

  /** New events may be there. */
  wake(): void {
    for (const subscription of this.#subscriptions.values()) subscription.wake();
  }

  /** @param seq of the last event that is gone */
  cleared(seq: number): void {
    for (const subscription of this.#subscriptions.values()) subscription.flush();
    this.send(`{"kind":"cleared","seq":${seq}}`);
  }

  schemaChanged(): void {
    this.send('{"kind":"schema-changed"}');
    for (const subscription of this.#subscriptions.values()) subscription.schemaChanged();
  }

  /**
   * To be called every now and then: a client that is gone, or that wants nothing, is let go.
   * @param idleMs how long a client without a subscription may ask for nothing
   */
  check(idleMs: number): void {
    const { webSocket, source } = this.#options;
    if (!this.#alive) webSocket.terminate();
    else if (this.#subscriptions.size === 0 && source.now() - this.#activeAt > idleMs) this.close(CLOSE.normal, "idle");
    else {
      this.#alive = false;
      webSocket.ping();
    }
  }

  close(code: number, reason: string): void {
    this.#endSubscriptions();
    this.#options.webSocket.close(code, reason);
  }

  terminate(): void {
    this.#options.webSocket.terminate();
  }

  #received(data: RawData, isBinary: boolean): void {
    this.#activeAt = this.#options.source.now();
    if (isBinary || !this.#limit.take(performance.now())) {
      this.close(CLOSE.policy, isBinary ? "expected text" : "too many requests");
      return;
    }
    this.#requests.push(data);
    // Nothing more is read until this one is answered.
    this.#options.webSocket.pause();
    if (!this.#answering) void this.#answerAll();
  }

  async #answerAll(): Promise<void> {
    this.#answering = true;
    for (let data = this.#requests.shift(); data !== undefined && !this.#over; data = this.#requests.shift()) {
      await this.room();
      try {
        await this.#answer(readRequest(String(data), this.#options.role));
      } catch (error) {
        this.#failed(error);
      }
    }
    this.#answering = false;
    if (!this.#over) this.#options.webSocket.resume();
  }

  async #answer(request: FeedRequest): Promise<void> {
    if (request.op === "subscribe") this.#subscribe(request);
    else if (request.op === "unsubscribe") this.#unsubscribe(request.id);
    else this.send(await answer(request, this.#options));
  }

  #unsubscribe(id: number): void {
    const subscription = this.#subscriptions.get(id);
    if (subscription === undefined) throw new RequestMistake("ERR_NO_SUBSCRIPTION", "no such subscription", id);
    subscription.end();
    this.#subscriptions.delete(id);
    this.send(jsonLine({ kind: "unsubscribed", id }));
  }

  #subscribe(request: Subscribe): void {
    const { source, texts, stretches, pace } = this.#options;
    const filter = readFilter(request.filter ?? "", source, request.id);
    const known = this.#subscriptions.get(request.id);
    if (known !== undefined) {
      known.change(request, filter);
      return;
    }
    if (this.#subscriptions.size >= MAX_SUBSCRIPTIONS) {
      const message = `at most ${MAX_SUBSCRIPTIONS} subscriptions on one connection`;
      throw new RequestMistake("ERR_TOO_MANY_SUBSCRIPTIONS", message, request.id);
    }
    const subscription = new Subscription({ source, texts, stretches, pace, subscriber: this, request, filter });
    this.#subscriptions.set(request.id, subscription);
    subscription.run().catch((error: unknown) => this.#failed(error));
  }

  #failed(error: unknown): void {
    if (error instanceof RequestMistake) {
      this.send(error.text);
      return;
    }
    process.emitWarning(error instanceof Error ? error : new Error(String(error)));
    this.close(CLOSE.internal, "a bug of framelens");
  }

  #makeRoom(): void {
    if (!this.hasRoom) return;
    const makers = this.#roomMakers;
    this.#roomMakers = [];
    for (const make of makers) make();
  }

  #end(): void {
    this.#over = true;
    this.#requests.length = 0;
    this.#endSubscriptions();
    this.#makeRoom();
  }

  #endSubscriptions(): void {
    for (const subscription of this.#subscriptions.values()) subscription.end();
    this.#subscriptions.clear();
  }
}
