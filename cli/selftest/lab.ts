// What a check has at hand: both ends of a call, and bounded waiting for what either of them sees.
import type { Socket } from "node:net";
import { type Field, firstValue } from "../../src/model/fields.js";
import { statusName } from "../../src/model/status.js";
import { hostPort } from "../../src/relay/target.js";
import { dial, dialHttp2, type Target } from "./client.js";
import type { Connection, ConnectionOptions } from "./connection.js";
import type { Pulse } from "./pulse.js";
import { type Message, messageBytes } from "./raw-http2.js";
import type { SelftestServer } from "./server.js";
import { type DataOptions, Ended, type HeaderOptions, type Stream } from "./stream.js";

/** One thing compared: whose view or what it is, what must be seen, what was seen; it holds when these are equal, unless said. */
export type Fact = readonly [what: string, expected: string, seen: string, holds?: boolean];

/** Ends a check early with what was seen instead of what it needs to go on. */
export class Missed extends Error {
  readonly fact: Fact;
  constructor(fact: Fact) {
    super(fact.join(", "));
    this.fact = fact;
  }
}

export interface RequestOptions extends HeaderOptions {
  /** Instead of the header every call of the selftest has. */
  readonly fields?: readonly Field[];
  /** Added to the header. */
  readonly metadata?: readonly Field[];
  /** Messages to send at once. */
  readonly messages?: readonly (Uint8Array | string)[];
  /** How to cut and pad what is sent at once. */
  readonly data?: DataOptions;
  /** The compressed flag of the messages. */
  readonly flag?: number;
  /** Half-close after them; default true. */
  readonly end?: boolean;
  /** Default: a connection of its own. */
  readonly on?: Connection;
}

/** Both ends of one call. */
export interface Call {
  readonly client: Stream;
  readonly server: Stream;
}

export const RESPONSE: readonly Field[] = [
  [":status", "200"],
  ["content-type", "application/grpc"],
];

export const OK: readonly Field[] = [["grpc-status", "0"]];

export interface LabOptions {
  readonly server: SelftestServer;
  readonly target: Target;
  readonly pulse: Pulse;
  /** Aborted when the check's time is over. */
  readonly signal: AbortSignal;
  /** Time between messages where a check spaces them. */
  readonly gapMs: number;
  /** How soon one end must learn what happened at the other. */
  readonly promptMs: number;
  /** How long nothing must move before a sender counts as stalled. */
  readonly quietMs: number;
  readonly name: string;
}

export class Lab {
  readonly server: SelftestServer;
  readonly target: Target;
  readonly #options: LabOptions;
  readonly #pulse: Pulse;
  readonly #sockets: Socket[] = [];
  readonly #paths = new Map<Stream, string>();
  readonly #waits: string[] = [];
  #failure: unknown;

  constructor(options: LabOptions) {
    this.#options = options;
    this.#pulse = options.pulse;
    this.server = options.server;
    this.target = options.target;
  }

  /** What the check waits for; empty when for nothing. */
  get waiting(): string {
    return this.#waits[0] ?? "";
  }

  get authority(): string {
    return hostPort(this.target.host, this.target.port);
  }

  /** The header of a call as grpc-go orders it. */
  requestFields(path: string, metadata: readonly Field[] = []): Field[] {
    return [
      [":method", "POST"],
      [":scheme", this.target.tls ? "https" : "http"],
      [":path", path],
      [":authority", this.authority],
      ["content-type", "application/grpc"],
      ["user-agent", "framelens-selftest/1 grpc-go/1.83.0"],
      ["te", "trailers"],
      ["grpc-accept-encoding", "gzip,deflate"],
      ...metadata,
    ];
  }

  /** A path no other call has. */
  path(): string {
    return `/framelens.Selftest/${this.#options.name}.${nextCall++}`;
  }

  /** A connection to the proxy, ready for requests. */
  async connect(options: ConnectionOptions = {}): Promise<Connection> {
    const connection = await this.#during("a connection", () =>
      dialHttp2(this.target, this.#pulse, this.#options.signal, options),
    );
    this.#sockets.push(connection.socket);
    await this.until("SETTINGS", () => connection.settled || connection.closed);
    if (connection.closed) throw new Missed(["connection", "open", `closed ${connection.problem}`.trim()]);
    return connection;
  }

  /** A bare socket to the proxy, for checks about TLS. */
  async socket(alpn: readonly string[]): Promise<Socket> {
    const socket = await this.#during("a connection", () => dial(this.target, alpn, this.#options.signal));
    this.#sockets.push(socket);
    socket.on("error", () => {});
    return socket;
  }

  /** Sends a request from the client's end and does not wait for it to arrive. */
  async request(options: RequestOptions = {}): Promise<Stream> {
    const connection = options.on ?? (await this.connect());
    const { messages = [], end = true } = options;
    const fields = options.fields ?? this.requestFields(this.path(), options.metadata);
    const stream = await this.#during("a free stream", () => connection.open(fields, options));
    this.#paths.set(stream, fields.find(([name]) => name === ":path")?.[1] ?? "");
    if (options.endStream) return stream;
    const bytes = Buffer.concat(messages.map((item) => messageBytes(item, options.flag)));
    this.meanwhile(async () => {
      if (bytes.length > 0) await stream.data(bytes, { ...options.data, endStream: end });
      else if (end) stream.end();
    });
    return stream;
  }

  /** How often a request came to the server. */
  arrivals(client: Stream): number {
    return this.server.arrivals(this.#paths.get(client) ?? "").length;
  }

  /** The server's end of a request. */
  arrival(client: Stream): Promise<Stream> {
    return this.until("request at the server", () => {
      const stream = this.server.arrivals(this.#paths.get(client) ?? "")[0];
      if (!stream && client.over) throw new Missed(["server", "the request", `none; client got ${describe(client)}`]);
      return stream;
    });
  }

  /** Sends a request and waits until its header is at the server. */
  async call(options: RequestOptions = {}): Promise<Call> {
    const client = await this.request(options);
    return { client, server: await this.arrival(client) };
  }

  /** The message at an index, counted from 0; a stream that ends before it has missed. */
  message(stream: Stream, index: number): Promise<Message> {
    const who = stream.connection.role;
    return this.until(`message ${index + 1} at the ${who}`, () => {
      const message = stream.messages[index];
      if (!message && stream.over) throw new Missed([who, `message ${index + 1}`, describe(stream)]);
      return message;
    });
  }

  /** Waits until nothing more can come on a stream. */
  async over(stream: Stream): Promise<void> {
    await this.until(`end at the ${stream.connection.role}`, () => stream.over);
  }

  /** Waits for a condition until the check's time is over. */
  until<T>(what: string, test: () => T | undefined | false): Promise<T> {
    return this.#during(what, () =>
      this.#pulse.until(() => {
        if (this.#failure) throw this.#failure;
        return test();
      }, this.#options.signal),
    );
  }

  /** Waits for a condition a given time at most. @returns whether it came */
  async atMost(ms: number, test: () => boolean): Promise<boolean> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#pulse.changed();
    }, ms);
    try {
      await this.#pulse.until(() => test() || late, this.#options.signal);
      return test();
    } finally {
      clearTimeout(timer);
    }
  }

  /** Waits for a condition as long as a peer may take that has nothing to wait for itself. @returns whether it came */
  soon(test: () => boolean): Promise<boolean> {
    return this.atMost(this.#options.promptMs, test);
  }

  /** Waits until a number has not changed for the quiet time. @returns that number */
  quiet(measure: () => number): Promise<number> {
    return this.#during("the sender to stall", async () => {
      for (;;) {
        const before = measure();
        await this.atMost(this.#options.quietMs, () => false);
        if (measure() === before) return before;
      }
    });
  }

  /** Waits the space between two messages. */
  async gap(): Promise<void> {
    await this.atMost(this.#options.gapMs, () => false);
  }

  /** Does something beside the check, whose failure becomes the check's; a peer's end is no failure. */
  meanwhile(task: () => Promise<void>): void {
    task().catch((error: unknown) => {
      if (error instanceof Ended || this.#options.signal.aborted) return;
      this.#failure ??= error;
      this.#pulse.changed();
    });
  }

  /** Ends what the check has opened. */
  close(): void {
    for (const socket of this.#sockets) socket.destroySoon();
  }

  async #during<T>(what: string, wait: () => Promise<T>): Promise<T> {
    this.#waits.push(what);
    try {
      return await wait();
    } finally {
      // What a check still waits for when its time is over is what it hung on.
      if (!this.#options.signal.aborted) this.#waits.splice(this.#waits.indexOf(what), 1);
    }
  }
}

let nextCall = 1;

/** What arrived on a stream, with its HTTP status unless that is 200, and its gRPC status when there is one. */
export function describe(stream: Stream): string {
  const http = firstValue(stream.head, ":status") ?? "200";
  const status = firstValue(stream.trailers, "grpc-status");
  return [
    stream.shape,
    ...(http === "200" ? [] : [`HTTP ${http}`]),
    ...(status === undefined ? [] : [statusName(Number(status))]),
  ].join(" ");
}

/** What a cell of a table has room for. */
const MOST_CHANGES = 3;

/** How one list of fields differs from another: "9 as sent", else the first differences. */
export function compareFields(sent: readonly Field[], seen: readonly Field[]): string {
  const text = (field: Field) => `${field[0]}: ${field[1]}`;
  const left = sent.map(text);
  const right = seen.map(text);
  const removed = without(left, right);
  const added = without(right, left);
  const changes = [...removed.map((item) => `-${short(item)}`), ...added.map((item) => `+${short(item)}`)];
  if (changes.length > MOST_CHANGES) return `${changes.slice(0, MOST_CHANGES).join(" ")} and more`;
  if (changes.length > 0) return changes.join(" ");
  return left.every((item, index) => item === right[index]) ? `${sent.length} as sent` : "other order";
}

function without(from: readonly string[], what: readonly string[]): string[] {
  const left = [...from];
  for (const item of what) {
    const at = left.indexOf(item);
    if (at >= 0) left.splice(at, 1);
  }
  return left;
}

function short(text: string): string {
  return text.length > 40 ? `${text.slice(0, 37)}...` : text;
}
