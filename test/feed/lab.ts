// A feed over a capture that a test fills by hand, and clients that believe nothing: every message must fit the schema.
import { once } from "node:events";
import { join } from "node:path";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { expect, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { Capture, type CaptureOptions } from "../../src/capture/capture.js";
import type { OpenCall } from "../../src/capture/open-call.js";
import type { FeedMessage, FeedRequest, Streamed } from "../../src/feed/messages.js";
import { ANSWERS } from "../../src/feed/schema/answers.js";
import { EVENTS } from "../../src/feed/schema/events.js";
import type { JsonSchema } from "../../src/feed/schema/type.js";
import { type FeedServerOptions, type RunningFeed, startFeedServer } from "../../src/feed/server.js";
import type { FeedSource } from "../../src/feed/source.js";
import { FieldList } from "../../src/http2/hpack/field-list.js";
import { CLIENT, SERVER, type SideIndex } from "../../src/http2/stream.js";
import type { Field } from "../../src/model/fields.js";
import { requestFacts } from "../../src/rpc/grpc.js";
import { MessageDecoder } from "../../src/schema/message-decoder.js";
import { SchemaSet } from "../../src/schema/schema-set.js";
import { MessageReader } from "../../src/session/message-reader.js";
import { freePort } from "../support/free-port.js";

const ajv = new Ajv2020({ strict: true, strictTuples: false, allErrors: false });
const VALIDATORS = new Map<string, ValidateFunction>(
  [...EVENTS, ...ANSWERS].map(({ json }) => [kindOf(json), ajv.compile(json)]),
);

function kindOf({ properties }: JsonSchema): string {
  return String(properties?.kind?.const);
}

/** @throws what is wrong with a message of the feed */
export function checkMessage(message: FeedMessage): void {
  const validate = VALIDATORS.get(message.kind);
  expect(validate, `kind ${message.kind}`).toBeDefined();
  if (validate?.(message) === false) {
    throw new Error(`${ajv.errorsText(validate.errors)} in ${JSON.stringify(message).slice(0, 500)}`);
  }
  if (message.kind === "events") for (const event of message.events) checkMessage(event);
}

/** Writes calls into a capture, as the relay's readers would. */
export class Traffic {
  readonly capture: Capture;
  now = 1_700_000_000_000;
  #stream = 1;

  constructor(capture: Capture) {
    this.capture = capture;
  }

  begin(method: string, ...more: readonly Field[]): TestCall {
    const fields = list([":path", method], ["content-type", "application/grpc"], ...more);
    this.capture.tick(this.now++);
    const call = this.capture.openCall(1, this.#stream, "grpc", fields, requestFacts(fields.fields), false, undefined);
    if (call === undefined) throw new Error("not opened");
    this.#stream += 2;
    return new TestCall(this, call);
  }

  /** A whole call with a message each way. */
  unary(method: string, status = 0): TestCall {
    const call = this.begin(method);
    call.says(CLIENT, [8, 1]);
    call.says(SERVER, [8, 2]);
    call.ends(status);
    return call;
  }

  /** @param server empty when none is reached */
  connection(server = "127.0.0.1:6"): void {
    const connection = this.capture.openConnection();
    const told = { client: "127.0.0.1:5", server, relay: "tap", protocol: "h2" } as const;
    this.capture.connectionEvent({ kind: "connection-opened", connection, ...told });
  }
}

export class TestCall {
  readonly id: number;
  readonly #traffic: Traffic;
  readonly #call: OpenCall;

  constructor(traffic: Traffic, call: OpenCall) {
    this.id = call.id;
    this.#traffic = traffic;
    this.#call = call;
  }

  says(from: SideIndex, bytes: ArrayLike<number>): void {
    const { capture } = this.#traffic;
    const chunk = Uint8Array.from(bytes);
    capture.tick(this.#traffic.now++);
    capture.beginChunk();
    capture.message(this.#call, from, 0, chunk, 0, chunk.length);
  }

  ends(status = 0): void {
    const { capture } = this.#traffic;
    capture.tick(this.#traffic.now++);
    capture.serverTrailer(
      this.#call,
      list(["grpc-status", String(status)], ["grpc-message", "so\u009b it ends"]),
      false,
    );
    capture.endCall(this.#call, "trailers", "server", status, "trailers", 0);
  }

  /** With the flag of a compressed message. */
  saysCompressed(from: SideIndex, bytes: Uint8Array): void {
    const { capture } = this.#traffic;
    capture.tick(this.#traffic.now++);
    capture.beginChunk();
    capture.message(this.#call, from, 1, bytes, 0, bytes.length);
  }

  /** By the client, with CANCEL. */
  isCutOff(): void {
    this.isReset();
    this.#traffic.capture.endCall(this.#call, "reset", "client", 1, "reset", 8);
  }

  /** What may come after the end. */
  isReset(): void {
    this.#traffic.capture.tick(this.#traffic.now++);
    this.#traffic.capture.cancel(this.#call, CLIENT, 8);
  }
}

function list(...fields: Field[]): FieldList {
  return new FieldList(fields, 0, 0);
}

export interface LabOptions extends CaptureOptions {
  readonly feed?: Partial<FeedServerOptions>;
  readonly source?: Partial<FeedSource>;
}

export const CONTROL_TOKEN = "control-token";
export const VIEW_TOKEN = "view-token";

export class FeedLab {
  readonly capture: Capture;
  readonly traffic: Traffic;
  readonly schema: SchemaSet;
  readonly source: FeedSource;
  feed: RunningFeed;

  private constructor(capture: Capture, source: FeedSource, feed: RunningFeed, schema: SchemaSet) {
    this.capture = capture;
    this.traffic = new Traffic(capture);
    this.source = source;
    this.feed = feed;
    this.schema = schema;
  }

  static async start(options: LabOptions = {}): Promise<FeedLab> {
    const capture = new Capture(options);
    const schema = new SchemaSet();
    const decoder = new MessageDecoder(schema, true);
    const source: FeedSource = {
      capture,
      messages: new MessageReader({ capture, decoder }),
      showSecrets: false,
      salt: 1,
      session: "session-1",
      program: "framelens test",
      now: () => Date.now(),
      ...options.source,
    };
    // So that it can be started again there.
    const listen = { host: "127.0.0.1", port: await freePort() };
    const feed = await startFeedServer(serverOptions(source, { listen, ...options.feed }));
    const lab = new FeedLab(capture, source, feed, schema);
    onTestFinished(() => lab.feed.close());
    return lab;
  }

  get port(): number {
    return this.feed.address.port;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}/feed`;
  }

  /** Connects, and has heard the hello. */
  async client(token = CONTROL_TOKEN): Promise<FeedReader> {
    const reader = new FeedReader(new WebSocket(this.url, ["framelens.v1", `token.${token}`]));
    await reader.heard("hello");
    return reader;
  }

  /** Ends the feed and starts it again at the same port, as after a restart. */
  async restart(source: Partial<FeedSource> = {}): Promise<void> {
    const { port } = this;
    await this.feed.close();
    this.feed = await startFeedServer(
      serverOptions({ ...this.source, ...source }, { listen: { host: "127.0.0.1", port } }),
    );
  }
}

function serverOptions(source: FeedSource, more: Partial<FeedServerOptions> = {}): FeedServerOptions {
  return {
    listen: { host: "127.0.0.1", port: 0 },
    tokens: { control: CONTROL_TOKEN, view: VIEW_TOKEN },
    pageFolder: join(import.meta.dirname, "page"),
    open: () => Promise.resolve(source),
    ...more,
  };
}

type Heard<K extends FeedMessage["kind"]> = Extract<FeedMessage, { kind: K }>;

/** A client that keeps what it hears, batches taken apart. */
export class FeedReader {
  readonly webSocket: WebSocket;
  readonly heardAll: FeedMessage[] = [];
  readonly texts: string[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  #next = 0;
  #waiting: (() => void)[] = [];
  #failed: unknown;

  constructor(webSocket: WebSocket) {
    this.webSocket = webSocket;
    webSocket.on("message", (data) => this.#take(String(data)));
    webSocket.on("error", () => {});
    this.closed = once(webSocket, "close").then(([code, reason]) => {
      this.#wake();
      return { code: code as number, reason: String(reason) };
    });
    onTestFinished(() => webSocket.terminate());
  }

  ask(request: FeedRequest): void {
    this.webSocket.send(JSON.stringify(request));
  }

  say(text: string): void {
    this.webSocket.send(text);
  }

  /** The next message of a kind, after the last one that was waited for. */
  async heard<K extends FeedMessage["kind"]>(
    kind: K,
    accepts: (message: Heard<K>) => boolean = () => true,
  ): Promise<Heard<K>> {
    for (;;) {
      if (this.#failed !== undefined) throw this.#failed;
      while (this.#next < this.heardAll.length) {
        const message = this.heardAll[this.#next++]!;
        if (message.kind === kind && accepts(message as Heard<K>)) return message as Heard<K>;
      }
      if (this.webSocket.readyState === WebSocket.CLOSED) throw new Error(`closed before ${kind}`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Events, gaps and the like of one subscription so far. */
  streamed(id = 1): Streamed[] {
    return this.heardAll.filter(
      (message): message is Streamed => "id" in message && message.id === id && isStreamed(message),
    );
  }

  /** "seq" of each event, "late" ones marked. */
  seqs(id = 1): string[] {
    return this.streamed(id).flatMap((event) =>
      "seq" in event ? [`${"late" in event ? "late " : ""}${event.seq}`] : [],
    );
  }

  #take(text: string): void {
    this.texts.push(text);
    try {
      const message = JSON.parse(text) as FeedMessage;
      checkMessage(message);
      if (message.kind === "events")
        for (const event of message.events) this.heardAll.push({ ...event, id: message.id });
      else this.heardAll.push(message);
    } catch (error) {
      this.#failed ??= error;
    }
    this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}

const NOT_STREAMED: ReadonlySet<string> = new Set([
  ...["hello", "synced", "events", "progress", "schema-changed", "unsubscribed"],
  ...[
    "list",
    "call",
    "message",
    "command",
    "stats",
    "connections",
    "sources",
    "schema",
    "types",
    "corrected",
    "cleared",
    "error",
  ],
]);

function isStreamed(message: FeedMessage): message is Streamed {
  return !NOT_STREAMED.has(message.kind);
}
