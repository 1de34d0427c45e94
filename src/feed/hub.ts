// All clients of one feed: who is let in, what they share, and that they are told when something happens.
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import type { Role } from "./access.js";
import type { AnswerContext } from "./answer.js";
import { CLOSE, Connection } from "./connection.js";
import { Connections } from "./connections.js";
import { EventTexts } from "./event-texts.js";
import { jsonLine } from "./json-line.js";
import { FEED_VERSION, SUBPROTOCOL } from "./messages.js";
import { Pace } from "./pace.js";
import type { FeedSource } from "./source.js";
import { Statistics } from "./statistics.js";
import { Stretches } from "./stretches.js";

/** Clients at once, with at most 1 MiB on its way to each: see connection.ts. */
const MAX_CLIENTS = 64;
/** Of one address. All that is on this machine has the same one. */
const MAX_CLIENTS_OF_ONE = 32;
/** What a client may say: a filter; with the control token a descriptor set, too. */
const MAX_VIEW_BYTES = 64 * 1024;
const MAX_CONTROL_BYTES = 16 * 1024 * 1024;
/** Nobody needs fragments for that; each costs memory of its own (CVE-2026-48779). */
const MAX_FRAGMENTS = 64;
/** Nobody sees 10 ms, and what happens within them is told at once: fewer, larger writes. */
const TICK_MS = 10;
const PING_MS = 30_000;
/** A client without a subscription that asks for nothing. */
const IDLE_MS = 10 * 60_000;
/** Learned types are told at most so often. */
const SCHEMA_MS = 500;

export class FeedHub {
  readonly #context: AnswerContext;
  readonly #pace: Pace;
  readonly #connections = new Map<Connection, string>();
  readonly #servers: Readonly<Record<Role, WebSocketServer>>;
  readonly #ping: NodeJS.Timeout;
  readonly #stop: (() => void)[];
  #tick: NodeJS.Timeout | undefined;
  #schemaTick: NodeJS.Timeout | undefined;
  #closing = false;

  constructor(source: FeedSource) {
    const texts = new EventTexts(source);
    const stretches = new Stretches(source, texts);
    const [statistics, connections] = [new Statistics(source), new Connections(source)];
    this.#context = { source, texts, stretches, statistics, connections, clear: () => source.capture.clear() };
    this.#pace = new Pace({ newestSeq: () => source.capture.newestSeq, clock: () => performance.now(), used, idle });
    this.#servers = { view: webSocketServer(MAX_VIEW_BYTES), control: webSocketServer(MAX_CONTROL_BYTES) };
    this.#ping = setInterval(() => {
      for (const connection of this.#connections.keys()) connection.check(IDLE_MS);
    }, PING_MS);
    this.#ping.unref();
    this.#stop = [
      source.capture.onClear(() => this.#cleared()),
      source.capture.onAppend(() => {
        if (this.#connections.size > 0) this.#tick ??= setTimeout(this.#wake, TICK_MS);
      }),
      source.messages.onChange(() => {
        texts.clear();
        stretches.clear();
        this.#schemaTick ??= setTimeout(this.#schemaChanged, SCHEMA_MS);
      }),
    ];
  }

  /** @returns 101 when the client is let in, else why not */
  accept(request: IncomingMessage, socket: Socket, head: Buffer, role: Role): { status: number; reason: string } {
    const address = socket.remoteAddress ?? "";
    const same = [...this.#connections.values()].filter((other) => other === address).length;
    if (this.#closing) return { status: 503, reason: "the feed ends" };
    if (this.#connections.size >= MAX_CLIENTS || same >= MAX_CLIENTS_OF_ONE) {
      return { status: 429, reason: "too many clients" };
    }
    this.#servers[role].handleUpgrade(request, socket, head, (webSocket) => {
      this.#begin(webSocket, socket, role, address);
    });
    return { status: 101, reason: "" };
  }

  /** Tells clients that it ends. @param ms how long they may take to leave */
  async close(ms: number): Promise<void> {
    this.#closing = true;
    for (const stop of this.#stop) stop();
    clearInterval(this.#ping);
    clearTimeout(this.#tick);
    clearTimeout(this.#schemaTick);
    const left = [...this.#connections.keys()].map((connection) => connection.gone);
    for (const connection of this.#connections.keys()) connection.close(CLOSE.goingAway, "framelens ends");
    let timer: NodeJS.Timeout | undefined;
    const enough = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
    await Promise.race([Promise.all(left), enough]);
    clearTimeout(timer);
    for (const connection of this.#connections.keys()) connection.terminate();
  }

  #begin(webSocket: WebSocket, socket: Socket, role: Role, address: string): void {
    const connection = new Connection({ ...this.#context, pace: this.#pace, webSocket, socket, role });
    this.#connections.set(connection, address);
    void connection.gone.then(() => this.#connections.delete(connection));
    connection.send(this.#hello(role));
  }

  #hello(role: Role): string {
    const { capture, session, program, upstream, listen, file, now } = this.#context.source;
    return jsonLine({
      kind: "hello",
      version: FEED_VERSION,
      session,
      oldest: capture.oldestSeq,
      newest: capture.newestSeq,
      at: now(),
      role,
      program,
      upstream,
      listen,
      file,
    });
  }

  /** All clients hear of it before anything that happens afterwards. */
  #cleared(): void {
    const { source, stretches } = this.#context;
    stretches.clear();
    for (const connection of this.#connections.keys()) connection.cleared(source.capture.clearedSeq);
  }

  readonly #wake = (): void => {
    this.#tick = undefined;
    for (const connection of this.#connections.keys()) connection.wake();
  };

  readonly #schemaChanged = (): void => {
    this.#schemaTick = undefined;
    for (const connection of this.#connections.keys()) connection.schemaChanged();
  };
}

function used(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function idle(): number {
  return performance.eventLoopUtilization().idle;
}

function webSocketServer(maxPayload: number): WebSocketServer {
  return new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload,
    maxFragments: MAX_FRAGMENTS,
    // The token is never said back.
    handleProtocols: () => SUBPROTOCOL,
  });
}
