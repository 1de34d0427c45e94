// One stream as one end sees it: what the peer sent on it, in order, and the means to answer frame by frame (RFC 9113 §5, §8.1).
import { FLAG, FRAME } from "../../src/http2/frames.js";
import { type Field, firstValue } from "../../src/model/fields.js";
import type { Connection } from "./connection.js";
import { DEFAULT_FRAME_BYTES, frame, type Message, MessageSplitter, messageBytes, numberFrame } from "./raw-http2.js";

/** A connection or stream that ended under a sender. */
export class Ended extends Error {}

export interface HeaderOptions {
  readonly endStream?: boolean;
  /** Octets of the block in each frame, to force CONTINUATION. */
  readonly split?: number;
  readonly padding?: number;
  readonly priority?: boolean;
}

export interface DataOptions {
  readonly endStream?: boolean;
  /** The most octets in one frame. */
  readonly frameBytes?: number;
  readonly padding?: number;
}

/** A stream as this end sees it: what the peer sent on it, and the means to answer. */
export class Stream {
  readonly id: number;
  readonly connection: Connection;
  /** Header lists that arrived, informational and trailers too. */
  readonly heads: (readonly Field[])[] = [];
  readonly messages: Message[] = [];
  /** Octets of DATA that arrived, without padding. */
  bodyBytes = 0;
  /** Kept only up to a little: enough for a body that is no gRPC. */
  readonly bodyStart: Buffer[] = [];
  /** END_STREAM arrived. */
  ended = false;
  /** The code of the RST_STREAM that arrived. */
  resetCode: number | undefined;
  /** No window is granted to the peer while this holds. */
  hold = false;
  /** What this end may still send. */
  sendWindow: number;
  /** What the peer has used and was not granted again. */
  owed = 0;
  readonly #order: string[] = [];
  readonly #splitter = new MessageSplitter();

  constructor(connection: Connection, id: number, sendWindow: number) {
    this.connection = connection;
    this.id = id;
    this.sendWindow = sendWindow;
  }

  /** Whether nothing more can come. */
  get over(): boolean {
    return this.ended || this.resetCode !== undefined || this.connection.closed;
  }

  /** What arrived, in order, as in "H D H+END RST 0": H for HEADERS, D for any number of DATA frames. */
  get shape(): string {
    const lost = this.connection.closed && !this.ended && this.resetCode === undefined;
    return [...this.#order, ...(lost ? ["closed"] : [])].join(" ") || "nothing";
  }

  /** The last header list, when it came with END_STREAM or after data; else an empty list. */
  get trailers(): readonly Field[] {
    return this.#order.includes("H+END") ? (this.heads.at(-1) ?? []) : [];
  }

  /** The first header list that is not informational (RFC 9110 §15.2). */
  get head(): readonly Field[] {
    return this.heads.find((fields) => !firstValue(fields, ":status")?.startsWith("1")) ?? [];
  }

  /** The messages that arrived, as text. */
  get texts(): string {
    return this.messages.map((message) => message.bytes.toString("latin1") || '""').join(" ") || "no message";
  }

  headers(fields: readonly Field[], options: HeaderOptions = {}): void {
    this.connection.writeHeaders(this.id, fields, options);
  }

  /** Sends octets as DATA as the windows allow; resolves when all are handed to the socket. */
  async data(bytes: Uint8Array, options: DataOptions = {}): Promise<void> {
    await this.connection.writeData(this, bytes, options);
  }

  async message(data: Uint8Array | string, options: DataOptions & { readonly flag?: number } = {}): Promise<void> {
    await this.data(messageBytes(data, options.flag), options);
  }

  /** An empty DATA frame with END_STREAM. */
  end(): void {
    this.connection.write(frame(FRAME.data, FLAG.endStream, this.id));
  }

  reset(code: number): void {
    this.connection.write(numberFrame(FRAME.rstStream, this.id, code));
  }

  takeHeaders(fields: readonly Field[], endStream: boolean): void {
    this.heads.push(fields);
    const status = firstValue(fields, ":status");
    this.#note(status?.startsWith("1") ? status : "H", endStream);
  }

  takeData(bytes: Buffer, endStream: boolean): void {
    this.bodyBytes += bytes.length;
    if (this.bodyBytes <= DEFAULT_FRAME_BYTES) this.bodyStart.push(bytes);
    this.messages.push(...this.#splitter.push(bytes));
    if (this.#order.at(-1) === "D") this.#order.pop();
    this.#note("D", endStream);
  }

  takeReset(code: number): void {
    this.resetCode ??= code;
    this.#order.push(`RST ${code}`);
  }

  #note(what: string, endStream: boolean): void {
    this.#order.push(endStream ? `${what}+END` : what);
    if (endStream) this.ended = true;
  }
}
