// The proxy's own answer where no server can be reached: gRPC to a gRPC client, HTTP to any other, always saying whose it is.
import { ConnectionReader, type ConnectionSink, type StreamSink } from "../http2/connection-reader.js";
import { encodeFrame, encodeGoaway, encodeReset, encodeSettings } from "../http2/frame-writer.js";
import { FLAG, FRAME } from "../http2/frames.js";
import type { FieldList } from "../http2/hpack/decoder.js";
import { encodeFields } from "../http2/hpack/encoder.js";
import { CLIENT, type Http2Stream, type SideIndex } from "../http2/stream.js";
import { type Field, firstValue } from "../model/fields.js";
import { encodeStatusMessage, isGrpcContentType } from "../rpc/grpc.js";

const UNAVAILABLE = "14";

/** Reads an HTTP/2 client and says what to send it: every call is answered once, then the connection is given up. */
export class Http2Refusal implements StreamSink<never>, ConnectionSink<never> {
  readonly #reason: string;
  readonly #reader = new ConnectionReader<never>(this, this);
  #out: Uint8Array[] = [encodeSettings([])];
  #lastStream = 0;

  /** @param reason one line; where it is, what failed, why */
  constructor(reason: string) {
    this.#reason = reason;
  }

  /**
   * Whether the connection is to end: a call was answered, and a new connection may reach the server; or what the client
   * sends is no HTTP/2 after all.
   */
  get over(): boolean {
    return this.#lastStream > 0 || this.#reader.lost !== undefined;
  }

  /** @returns what tells the client that no call will be answered */
  goAway(): Uint8Array {
    return encodeGoaway(this.#lastStream, 0);
  }

  /** @returns what to send the client now */
  push(bytes: Uint8Array): Uint8Array {
    const before = this.#lastStream;
    this.#reader.push(CLIENT, bytes, 0);
    if (this.#lastStream > before) this.#out.push(encodeGoaway(this.#lastStream, 0));
    const out = Buffer.concat(this.#out);
    this.#out = [];
    return out;
  }

  plainRequest(): boolean {
    return false;
  }

  plainAnswer(): boolean {
    return false;
  }

  plainData(): boolean {
    return false;
  }

  headers(stream: Http2Stream<never>, _from: SideIndex, list: FieldList | undefined, endStream: boolean): void {
    if (stream.id <= this.#lastStream) return;
    this.#lastStream = stream.id;
    const grpc = isGrpcContentType(firstValue(list?.fields ?? [], "content-type") ?? "");
    if (grpc) {
      this.#headers(stream.id, true, [
        [":status", "200"],
        ["content-type", "application/grpc"],
        ["grpc-status", UNAVAILABLE],
        ["grpc-message", encodeStatusMessage(this.#reason)],
      ]);
    } else {
      const body = Buffer.from(`${this.#reason}\n`);
      this.#headers(stream.id, false, [
        [":status", "502"],
        ["content-type", "text/plain; charset=utf-8"],
        ["content-length", String(body.length)],
      ]);
      this.#out.push(encodeFrame(FRAME.data, FLAG.endStream, stream.id, body));
    }
    // The rest of the request is of no use to us (RFC 9113 §8.1).
    if (!endStream) this.#out.push(encodeReset(stream.id, 0));
  }

  settings(from: SideIndex, bytes: Uint8Array | undefined): void {
    if (from === CLIENT && bytes !== undefined)
      this.#out.push(encodeFrame(FRAME.settings, FLAG.ack, 0, new Uint8Array(0)));
  }

  ping(_from: SideIndex, ack: boolean, bytes: Uint8Array, start: number): void {
    if (!ack) this.#out.push(encodeFrame(FRAME.ping, FLAG.ack, 0, bytes.slice(start, start + 8)));
  }

  pushed(): void {}
  data(): void {}
  endStream(): void {}
  reset(): void {}
  refused(): void {}
  goaway(): void {}
  windowStall(): void {}
  unfollowed(): void {}
  problem(): void {}

  #headers(stream: number, endStream: boolean, fields: readonly Field[]): void {
    const flags = FLAG.endHeaders | (endStream ? FLAG.endStream : 0);
    this.#out.push(encodeFrame(FRAME.headers, flags, stream, encodeFields(fields)));
  }
}

/** The HTTP/1.1 answer; the connection ends with it. */
export function http1Refusal(reason: string, status = "502 Bad Gateway"): Uint8Array {
  const body = Buffer.from(`${reason}\n`);
  const head = [
    `HTTP/1.1 ${status}`,
    "content-type: text/plain; charset=utf-8",
    `content-length: ${body.length}`,
    "connection: close",
  ];
  return Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`), body]);
}
