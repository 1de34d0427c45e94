// The streams of one connection as calls: what each header block is, messages, and how and by whom the call was ended.
import type { FieldList } from "../http2/hpack/decoder.js";
import { CLIENT, type Http2Stream, SERVER, type SideIndex } from "../http2/stream.js";
import type { EndedBy } from "../model/events.js";
import { statusOfHttp, statusOfReset } from "../model/status.js";
import type { BodyReader } from "./body.js";
import type { CallOutcome, CallSink } from "./call-sink.js";
import { type RequestFacts, type ResponseFacts, readStatusCode, requestFacts, responseFacts } from "./grpc.js";
import { GRPC, protocolOf, type RpcProtocol, UNKNOWN_PROTOCOL } from "./protocols.js";

/** A call under way; H is the sink's handle of it. */
export class FollowedCall<H> {
  readonly handle: H;
  readonly protocol: RpcProtocol;
  readonly client: BodyReader<H>;
  /** Chosen when the response says what it is. */
  server: BodyReader<H> | undefined = undefined;
  /** Response headers that are no 1xx were seen; their HTTP status, 0 when there was none. */
  answered = false;
  httpStatus = 0;
  /** A call-end was told. */
  over = false;

  constructor(handle: H, protocol: RpcProtocol) {
    this.handle = handle;
    this.protocol = protocol;
    this.client = protocol.body(CLIENT);
  }
}

const NO_FACTS: RequestFacts = { method: "", authority: undefined, contentType: undefined, timeoutMs: undefined };

/** Facts are worked out once for each distinct list; the same block over an unchanged table is the same list. */
function requestFactsOf(list: FieldList | undefined): RequestFacts {
  if (list === undefined) return NO_FACTS;
  if (list.memo === undefined) list.memo = requestFacts(list.fields);
  return list.memo as RequestFacts;
}

function responseFactsOf(list: FieldList): ResponseFacts {
  if (list.memo === undefined) list.memo = responseFacts(list.fields);
  return list.memo as ResponseFacts;
}

export class CallFollower<H> {
  readonly #connection: number;
  readonly #sink: CallSink<H>;
  /** The server's side is the proxy's own answer. */
  readonly #byProxy: boolean;

  constructor(connection: number, sink: CallSink<H>, byProxy: boolean) {
    this.#connection = connection;
    this.#sink = sink;
    this.#byProxy = byProxy;
  }

  headers(
    stream: Http2Stream<FollowedCall<H>>,
    from: SideIndex,
    list: FieldList | undefined,
    endStream: boolean,
  ): void {
    if (from === CLIENT) this.#clientHeaders(stream, list, endStream);
    else if (stream.call !== undefined) this.#serverHeaders(stream.call, list, endStream);
  }

  pushed(stream: Http2Stream<FollowedCall<H>>, list: FieldList | undefined): void {
    this.#open(stream, list, true);
  }

  data(stream: Http2Stream<FollowedCall<H>>, from: SideIndex, bytes: Uint8Array, start: number, end: number): void {
    const call = stream.call;
    if (call === undefined) return;
    if (from === CLIENT) {
      call.client.push(call.handle, bytes, start, end, this.#sink);
      return;
    }
    // DATA before any HEADERS is against RFC 9113 §8.1; it is read as the request's protocol would have it.
    call.server ??= call.protocol.body(SERVER);
    call.server.push(call.handle, bytes, start, end, this.#sink);
  }

  endStream(stream: Http2Stream<FollowedCall<H>>, from: SideIndex): void {
    const call = stream.call;
    if (call === undefined) return;
    if (from === CLIENT) {
      call.client.finish(call.handle, this.#sink);
      this.#sink.halfClose(call.handle);
    } else {
      call.server?.finish(call.handle, this.#sink);
      this.#end(call, this.#withoutTrailers(call));
    }
  }

  reset(stream: Http2Stream<FollowedCall<H>>, from: SideIndex, code: number): void {
    const call = stream.call;
    if (call === undefined) return;
    this.#finishBodies(call);
    this.#sink.cancel(call.handle, from, code);
    const by = from === CLIENT ? "client" : this.#server();
    this.#end(call, { how: "reset", by, code: statusOfReset(code), source: "reset", detail: code });
  }

  refused(stream: Http2Stream<FollowedCall<H>>): void {
    const call = stream.call;
    if (call === undefined) return;
    this.#finishBodies(call);
    this.#end(call, { how: "goaway", by: this.#server(), code: 14, source: "goaway", detail: 0 });
  }

  /** The connection ended with the stream open. */
  lost(stream: Http2Stream<FollowedCall<H>>, by: EndedBy): void {
    const call = stream.call;
    if (call === undefined) return;
    this.#finishBodies(call);
    this.#end(call, { how: "connection-lost", by, code: 14, source: "connection", detail: 0 });
  }

  #open(
    stream: Http2Stream<FollowedCall<H>>,
    list: FieldList | undefined,
    pushed: boolean,
  ): FollowedCall<H> | undefined {
    const facts = requestFactsOf(list);
    const protocol = protocolOf(facts.contentType);
    const handle = this.#sink.openCall(this.#connection, stream.id, protocol.name, list, facts, pushed);
    if (handle !== undefined) stream.call = new FollowedCall(handle, protocol);
    return stream.call;
  }

  #clientHeaders(stream: Http2Stream<FollowedCall<H>>, list: FieldList | undefined, endStream: boolean): void {
    let call = stream.call;
    if (call === undefined) {
      // A stream whose opening was only counted stays uncounted.
      if (stream.reset || (stream.ended & 2) !== 0) return;
      call = this.#open(stream, list, false);
    } else {
      if (list !== undefined) this.#sink.clientTrailer(call.handle, list);
      if (!endStream) {
        this.#sink.problem(
          this.#connection,
          call.handle,
          CLIENT,
          "ERR_TRAILERS",
          "trailers without END_STREAM (RFC 9113 §8.1)",
        );
      }
    }
    if (endStream && call !== undefined) this.endStream(stream, CLIENT);
  }

  #serverHeaders(call: FollowedCall<H>, list: FieldList | undefined, endStream: boolean): void {
    if (list === undefined) {
      if (endStream) {
        call.server?.finish(call.handle, this.#sink);
        this.#end(call, { how: "trailers", by: this.#server(), code: 2, source: "missing", detail: 0 });
      }
      return;
    }
    const facts = responseFactsOf(list);
    if (call.answered) {
      this.#trailers(call, list, facts, false, endStream);
      return;
    }
    if (facts.httpStatus !== undefined && facts.httpStatus < 200 && !endStream) {
      this.#sink.serverHeader(call.handle, list, true);
      return;
    }
    call.answered = true;
    call.httpStatus = facts.httpStatus ?? 0;
    if (endStream && call.protocol === GRPC) {
      this.#trailers(call, list, facts, true, true);
      return;
    }
    // An HTML page from some gateway is no sequence of messages, even when the request was gRPC.
    const answer = call.protocol.accepts(facts.contentType) ? call.protocol : UNKNOWN_PROTOCOL;
    call.server ??= answer.body(SERVER);
    this.#sink.serverHeader(call.handle, list, false);
    if (endStream) this.#end(call, this.#withoutTrailers(call));
  }

  #trailers(call: FollowedCall<H>, list: FieldList, facts: ResponseFacts, only: boolean, endStream: boolean): void {
    call.server?.finish(call.handle, this.#sink);
    this.#sink.serverTrailer(call.handle, list, only);
    if (!endStream) {
      this.#sink.problem(
        this.#connection,
        call.handle,
        SERVER,
        "ERR_TRAILERS",
        "trailers without END_STREAM (RFC 9113 §8.1)",
      );
      return;
    }
    const how = only ? "trailers-only" : "trailers";
    if (facts.grpcStatus === undefined) {
      this.#end(call, { ...this.#withoutTrailers(call), how });
      return;
    }
    const code = readStatusCode(facts.grpcStatus);
    if (code === undefined) {
      this.#sink.problem(
        this.#connection,
        call.handle,
        SERVER,
        "ERR_GRPC_STATUS",
        `grpc-status ${JSON.stringify(facts.grpcStatus.slice(0, 40))}; must be a decimal number`,
      );
    }
    this.#end(call, { how, by: this.#server(), code: code ?? 2, source: "trailers", detail: 0 });
  }

  /** No grpc-status came: the HTTP status tells, or nothing does. Such a call never counts as OK. */
  #withoutTrailers(call: FollowedCall<H>): CallOutcome {
    const http = call.httpStatus;
    const says = call.protocol !== GRPC || http !== 200;
    return {
      how: "end-stream",
      by: this.#server(),
      code: says ? statusOfHttp(http) : 13,
      source: says ? "http-status" : "missing",
      detail: http,
    };
  }

  #finishBodies(call: FollowedCall<H>): void {
    call.client.finish(call.handle, this.#sink);
    call.server?.finish(call.handle, this.#sink);
  }

  #end(call: FollowedCall<H>, outcome: CallOutcome): void {
    if (call.over) return;
    call.over = true;
    this.#sink.endCall(
      call.handle,
      this.#byProxy && outcome.by === "proxy" ? { ...outcome, how: "proxy-error" } : outcome,
    );
  }

  #server(): EndedBy {
    return this.#byProxy ? "proxy" : "server";
  }
}
