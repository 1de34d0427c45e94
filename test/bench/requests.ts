// The requests of our load generator as bytes, one maker a connection (HPACK: RFC 7541; fields: gRPC PROTOCOL-HTTP2).
import { appendInteger, appendString, REPRESENTATION } from "../../src/http2/hpack/encoder.js";
import {
  END_HEADERS,
  END_STREAM,
  FIRST_DYNAMIC_INDEX,
  FRAME,
  FRAME_HEADER_BYTES,
  frame,
  grpcMessage,
  indexedField,
  indexingField,
  STREAM_ID_OFFSET,
} from "./h2.js";

/** Makes the calls of one connection, in the order of their streams. */
export interface Requests {
  /** The bytes of the next calls: HEADERS and DATA each, on streams 1, 3, 5 … */
  next(calls: number): Buffer;
}

export interface RequestOptions {
  readonly port: number;
  readonly tls: boolean;
  readonly requestBytes: number;
  /** Send a `grpc-timeout` that is another in every call, as clients with deadlines do. */
  readonly deadlines: boolean;
}

type RequestField = readonly [name: string | number, value: string];

/** What every call says; a number is a name in the static table (RFC 7541 appendix A). */
function commonFields(port: number): readonly RequestField[] {
  return [
    [4, "/bench.v1.Bench/Call"], // :path
    [1, `127.0.0.1:${port}`], // :authority
    ["te", "trailers"],
    [31, "application/grpc"], // content-type
    [58, "framelens-bench/1"], // user-agent
    ["grpc-accept-encoding", "identity,deflate,gzip"],
  ];
}

const POST = indexedField(3); // static table: :method POST
const scheme = (tls: boolean): Buffer => indexedField(tls ? 7 : 6); // static table: :scheme https, :scheme http

export function makeRequests(options: RequestOptions): Requests {
  return options.deadlines ? new DeadlineRequests(options) : new CannedRequests(options);
}

function stamp(out: Buffer, frameAt: number, stream: number): void {
  const at = frameAt + STREAM_ID_OFFSET;
  out[at] = stream >>> 24;
  out[at + 1] = stream >>> 16;
  out[at + 2] = stream >>> 8;
  out[at + 3] = stream;
}

/** The same call again and again: the first fills the HPACK table, the later ones name its entries. */
class CannedRequests implements Requests {
  readonly #first: Buffer;
  #later: Buffer; // so many calls in a row as were ever wanted at once
  readonly #callBytes: number;
  readonly #dataBytes: number;
  #stream = 1;

  constructor({ port, tls, requestBytes }: RequestOptions) {
    const fields = commonFields(port);
    const data = frame(FRAME.data, END_STREAM, 0, grpcMessage(requestBytes));
    const call = (block: readonly Buffer[]): Buffer =>
      Buffer.concat([frame(FRAME.headers, END_HEADERS, 0, Buffer.concat([POST, scheme(tls), ...block])), data]);
    this.#first = call(fields.map(([name, value]) => indexingField(name, value)));
    // the newest entry has the lowest index
    this.#later = call(fields.map((_, i) => indexedField(FIRST_DYNAMIC_INDEX + fields.length - 1 - i)));
    this.#callBytes = this.#later.length;
    this.#dataBytes = data.length;
  }

  next(calls: number): Buffer {
    if (this.#stream === 1) {
      const first = Buffer.from(this.#first);
      this.#stampCall(first, 0, first.length);
      return calls === 1 ? first : Buffer.concat([first, this.next(calls - 1)]);
    }
    const bytes = calls * this.#callBytes;
    while (this.#later.length < bytes) this.#later = Buffer.concat([this.#later, this.#later]);
    const out = Buffer.from(this.#later.subarray(0, bytes));
    for (let at = 0; at < bytes; at += this.#callBytes) this.#stampCall(out, at, at + this.#callBytes);
    return out;
  }

  #stampCall(out: Buffer, start: number, end: number): void {
    stamp(out, start, this.#stream);
    stamp(out, end - this.#dataBytes, this.#stream);
    this.#stream += 2;
  }
}

const TABLE_BYTES = 4096; // the HPACK table before any SETTINGS say otherwise, RFC 9113 §6.5.2
const ENTRY_OVERHEAD_BYTES = 32; // RFC 7541 §4.1
const TIMEOUT_NAME = "grpc-timeout";
const TIMEOUT_CHARS = 8; // "4999999u": what is left of 5 s, in the unit that needs no more than 8 digits
const LONGEST_BLOCK_BYTES = 256; // all common fields spelled out, and the timeout

/**
 * Like grpc-go and other clients whose encoder enters every field into the table, deadlines too: each new `grpc-timeout`,
 * its name taken from the one before and its value Huffman coded, moves all indexes on and in time pushes out the
 * common fields, which are then sent again. No two blocks in a row are the same.
 */
class DeadlineRequests implements Requests {
  readonly #common: readonly { readonly literal: Buffer; readonly bytes: number; entry: number }[];
  #timeoutEntry = -1;
  readonly #pseudo: Buffer;
  readonly #data: Buffer;
  readonly #sizes: number[] = []; // of the entries in the table, oldest first
  #oldest = 0; // number of the oldest entry still there; entries are numbered from 0 as they enter
  #tableBytes = 0;
  #left = 4_999_999;
  #stream = 1;

  constructor({ port, tls, requestBytes }: RequestOptions) {
    const staticNames: Readonly<Record<number, string>> = {
      1: ":authority",
      4: ":path",
      31: "content-type",
      58: "user-agent",
    };
    this.#common = commonFields(port).map(([name, value]) => ({
      literal: indexingField(name, value),
      bytes: (typeof name === "number" ? staticNames[name]! : name).length + value.length + ENTRY_OVERHEAD_BYTES,
      entry: -1,
    }));
    this.#pseudo = Buffer.concat([POST, scheme(tls)]);
    this.#data = frame(FRAME.data, END_STREAM, 0, grpcMessage(requestBytes));
  }

  next(calls: number): Buffer {
    const out = Buffer.allocUnsafe(calls * (FRAME_HEADER_BYTES + LONGEST_BLOCK_BYTES + this.#data.length));
    let at = 0;
    for (let i = 0; i < calls; i++) at = this.#call(out, at);
    return out.subarray(0, at);
  }

  #call(out: Buffer, start: number): number {
    let at = start + FRAME_HEADER_BYTES;
    at += this.#pseudo.copy(out, at);
    for (const field of this.#common) {
      if (field.entry >= this.#oldest) {
        const index = this.#indexOf(field.entry);
        if (index < 127) out[at++] = 0x80 | index;
        else {
          out[at++] = 0xff; // a 7-bit prefix, RFC 7541 §5.1; the table holds too few entries for a third octet
          out[at++] = index - 127;
        }
      } else {
        at += field.literal.copy(out, at);
        field.entry = this.#enter(field.bytes);
      }
    }
    at = this.#writeTimeout(out, at);
    out.writeUIntBE(at - start - FRAME_HEADER_BYTES, start, 3);
    out[start + 3] = FRAME.headers;
    out[start + 4] = END_HEADERS;
    stamp(out, start, this.#stream);
    const dataAt = at;
    at += this.#data.copy(out, at);
    stamp(out, dataAt, this.#stream);
    this.#stream += 2;
    return at;
  }

  #indexOf(entry: number): number {
    return FIRST_DYNAMIC_INDEX + (this.#oldest + this.#sizes.length - 1 - entry);
  }

  /** @returns where it ends */
  #writeTimeout(out: Buffer, at: number): number {
    const octets: number[] = [];
    const { bits, mask } = REPRESENTATION.incremental;
    appendInteger(octets, bits, mask, this.#timeoutEntry < 0 ? 0 : this.#indexOf(this.#timeoutEntry));
    if (this.#timeoutEntry < 0) appendString(octets, TIMEOUT_NAME, true);
    appendString(octets, `${this.#left--}u`, true); // microseconds
    if (this.#left < 1_000_000) this.#left = 4_999_999; // by then the table has long forgotten the first ones
    this.#timeoutEntry = this.#enter(TIMEOUT_NAME.length + TIMEOUT_CHARS + ENTRY_OVERHEAD_BYTES);
    out.set(octets, at);
    return at + octets.length;
  }

  /** @returns the number of the new entry */
  #enter(bytes: number): number {
    this.#sizes.push(bytes);
    this.#tableBytes += bytes;
    while (this.#tableBytes > TABLE_BYTES) {
      this.#tableBytes -= this.#sizes.shift()!;
      this.#oldest++;
    }
    return this.#oldest + this.#sizes.length - 1;
  }
}
