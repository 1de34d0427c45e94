// One call of ServerReflectionInfo: questions go out as they come, answers belong to them in order.
import type { ClientHttp2Stream, Http2Session } from "http2-wrapper";
import { SERVER } from "../../http2/stream.js";
import { decompress } from "../../message/decompress.js";
import { http2ErrorName, statusOfHttp, statusOfReset } from "../../model/status.js";
import type { MessageSink } from "../../rpc/body.js";
import { decodeStatusMessage, isGrpcContentType, readStatusCode } from "../../rpc/grpc.js";
import { MessageSplitter } from "../../rpc/message-splitter.js";
import { GrowingBytes } from "./growing-bytes.js";
import { encodeQuery, type ReflectionAnswer, type ReflectionQuery, readAnswer } from "./messages.js";
import { problemOfStatus, type ReflectionProblem } from "./problem.js";

/** What a server may still send us, over all the calls of one ask. */
export interface Budget {
  bytes: number;
}

/** An answer, or why there will be none. */
export type Reply = ReflectionAnswer | { readonly kind: "ended"; readonly problem: ReflectionProblem };

type Headers = Readonly<Record<string, string | readonly string[] | number | undefined>>;

/** RST_STREAM code (RFC 9113 §7). */
const CANCEL = 8;
const OK = 0;
const UNKNOWN = 2;
const UNAVAILABLE = 14;

export class ReflectionStream implements MessageSink<undefined> {
  readonly #stream: ClientHttp2Stream;
  readonly #session: Http2Session | undefined;
  readonly #budget: Budget;
  readonly #splitter = new MessageSplitter<undefined>(SERVER);
  readonly #waiting: ((reply: Reply) => void)[] = [];
  /** Questions that no message has come for yet, those in decompression are not among them; -1 after one too many. */
  #due = 0;
  #growing: GrowingBytes | undefined;
  #growingFlag = 0;
  /** Messages are read one after the other, as decompression takes a while. */
  #reading: Promise<void> = Promise.resolve();
  #headers: Headers = {};
  #trailers: Headers | undefined;
  #failure: Error | undefined;
  #ended: ReflectionProblem | undefined;
  #answered = false;

  /** @param stream just opened, its request side open */
  constructor(stream: ClientHttp2Stream, budget: Budget) {
    this.#stream = stream;
    this.#session = stream.session;
    this.#budget = budget;
    stream.on("response", (headers: Headers, flags: number) => {
      this.#headers = headers;
      this.#answered = true;
      const http = Number(headers[":status"]);
      if (http !== 200 || !isGrpcContentType(text(headers["content-type"]))) {
        this.abort(problemOfStatus(statusOfHttp(http), `HTTP ${http} ${text(headers["content-type"])}`.trim()));
        return;
      }
      // Trailers-only: END_STREAM on the headers (PROTOCOL-HTTP2, "Responses").
      if ((flags & 1) !== 0) this.#trailers = headers;
    });
    stream.on("trailers", (trailers: Headers) => {
      this.#trailers = trailers;
    });
    stream.on("data", (chunk: Uint8Array) => this.#push(chunk));
    // The server's word is said: without ours the stream would stay half open, and what it said be read when time is up.
    stream.on("end", () => stream.end());
    stream.on("error", (error: Error) => {
      this.#failure = error;
    });
    stream.on("close", () => {
      this.#reading = this.#reading.then(() => this.#end(this.#reasonOfEnd()));
    });
  }

  /** Whether the server has said anything. */
  get answered(): boolean {
    return this.#answered;
  }

  /** Never rejects. */
  ask(query: ReflectionQuery): Promise<Reply> {
    if (this.#ended !== undefined) return Promise.resolve({ kind: "ended", problem: this.#ended });
    this.#due++;
    this.#stream.write(framed(encodeQuery(query)));
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** All is asked and answered. */
  finish(): void {
    this.#ended ??= { code: "ERR_REFLECTION_CLOSED", message: "the call is over" };
    this.#stream.end();
    this.#stream.resume();
  }

  /** Gives up: what was not answered will not be. */
  abort(problem: ReflectionProblem): void {
    this.#end(problem);
    this.#stream.close(CANCEL);
  }

  message(_: undefined, __: number, flag: number, bytes: Uint8Array, start: number, end: number): void {
    this.#took(flag, bytes.slice(start, end));
  }

  messageStart(_: undefined, __: number, flag: number, announced: number | undefined): void {
    if (announced !== undefined && announced > this.#budget.bytes) this.#tooLarge();
    this.#growing = new GrowingBytes();
    this.#growingFlag = flag;
  }

  messagePart(_: undefined, __: number, bytes: Uint8Array, start: number, end: number): void {
    this.#growing?.append(bytes, start, end);
  }

  messageEnd(_: undefined, __: number, complete: boolean): void {
    if (complete && this.#growing !== undefined) this.#took(this.#growingFlag, this.#growing.take());
    this.#growing = undefined;
  }

  prefixCut(): void {}

  #push(chunk: Uint8Array): void {
    if (this.#ended !== undefined) {
      this.#stream.close(CANCEL);
      return;
    }
    this.#budget.bytes -= chunk.length;
    if (this.#budget.bytes < 0) this.#tooLarge();
    else this.#splitter.push(undefined, chunk, 0, chunk.length, this);
  }

  #tooLarge(): void {
    this.abort({ code: "ERR_REFLECTION_LIMIT", message: "the server sends more octets than we take" });
  }

  #took(flag: number, bytes: Uint8Array): void {
    if (this.#ended !== undefined || this.#due < 0) return;
    if (this.#due-- === 0) {
      // After those that were asked for have been read.
      const problem = { code: "ERR_REFLECTION_MALFORMED", message: "an answer that nobody asked for" } as const;
      this.#reading = this.#reading.then(() => this.abort(problem));
      return;
    }
    this.#reading = this.#reading.then(() => this.#read(flag, bytes));
  }

  async #read(flag: number, bytes: Uint8Array): Promise<void> {
    const encoding = flag === 0 ? "identity" : String(this.#headers["grpc-encoding"] ?? "");
    const plain = await decompress(encoding, bytes, Math.max(1, this.#budget.bytes));
    if (this.#ended !== undefined) return;
    if ("problem" in plain) {
      const limit = plain.problem.code === "ERR_INFLATED_SIZE";
      const code = limit ? "ERR_REFLECTION_LIMIT" : "ERR_REFLECTION_MALFORMED";
      this.abort({ code, message: plain.problem.message });
      return;
    }
    if (flag !== 0) this.#budget.bytes -= plain.bytes.length;
    this.#waiting.shift()?.(readAnswer(plain.bytes));
  }

  #end(problem: ReflectionProblem): void {
    this.#ended ??= problem;
    for (const resolve of this.#waiting.splice(0)) resolve({ kind: "ended", problem: this.#ended });
  }

  /** What a gRPC client would report: trailers, else the HTTP status, else how the stream was cut. */
  #reasonOfEnd(): ReflectionProblem {
    const fields = this.#trailers ?? {};
    const code = readStatusCode(text(fields["grpc-status"]));
    if (code === OK) return { code: "ERR_REFLECTION_MALFORMED", message: "the server ended before it had answered" };
    if (code !== undefined) return problemOfStatus(code, decodeStatusMessage(text(fields["grpc-message"])));
    if (this.#lost) return problemOfStatus(UNAVAILABLE, this.#failure?.message ?? "the connection was lost");
    const reset = this.#stream.rstCode;
    if (reset !== 0) return problemOfStatus(statusOfReset(reset), `RST_STREAM ${http2ErrorName(reset)}`);
    return problemOfStatus(UNKNOWN, "no grpc-status");
  }

  /** Whether the whole connection went, which node tells as a reset of each stream, too. */
  get #lost(): boolean {
    return this.#session === undefined || this.#session.destroyed;
  }
}

/** A message behind its prefix (PROTOCOL-HTTP2, "Length-Prefixed-Message"). */
function framed(message: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(5 + message.length);
  new DataView(bytes.buffer).setUint32(1, message.length);
  bytes.set(message, 5);
  return bytes;
}

function text(value: Headers[string]): string {
  return value === undefined ? "" : String(value);
}
