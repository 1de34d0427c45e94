// The streams of one connection as calls: what each header block is, messages, and how and by whom the call was ended.
import type { StreamSink } from "../http2/connection-reader.js";
import { type FieldList, firstPlace } from "../http2/hpack/field-list.js";
import { CLIENT, type Http2Stream, SERVER, type SideIndex } from "../http2/stream.js";
import type { EndedBy, HowEnded } from "../model/events.js";
import type { Field } from "../model/fields.js";
import { type StatusSource, statusOfHttp, statusOfReset } from "../model/status.js";
import type { BodyReader } from "./body.js";
import type { CallSink } from "./call-sink.js";
import {
  REQUEST_FACT_NAMES,
  RESPONSE_FACT_NAMES,
  type RequestFacts,
  readTimeout,
  requestFacts,
  responseFacts,
  TIMEOUT_NAMES,
} from "./grpc.js";
import { MESSAGE_PREFIX_BYTES } from "./message-splitter.js";
import { GRPC, protocolOf, type RpcProtocol, UNKNOWN_PROTOCOL } from "./protocols.js";

/** A call under way; H is the sink's handle of it. Used again for another call once its stream is. */
export class FollowedCall<H> {
  // Declared only, so that they never were undefined: V8 then knows what they are (src/README.md, "Speed").
  declare handle: H;
  declare protocol: RpcProtocol;
  declare client: BodyReader<H>;
  declare server: BodyReader<H>;
  /** The response's: known when its headers came. */
  declare serverProtocol: RpcProtocol;
  /** Response headers that are no 1xx were seen; their HTTP status, 0 when there was none. */
  answered = false;
  httpStatus = 0;
  /** A call-end was told. */
  over = false;

  constructor(handle: H, protocol: RpcProtocol) {
    this.handle = handle;
    this.protocol = protocol;
    this.serverProtocol = protocol;
    this.client = protocol.body(CLIENT);
    this.server = protocol.body(SERVER);
  }

  begin(handle: H, protocol: RpcProtocol): void {
    if (this.handle !== handle) this.handle = handle;
    if (this.protocol === protocol) this.client.reset();
    else {
      this.client = protocol.body(CLIENT);
      this.protocol = protocol;
    }
    this.respond(protocol);
    this.server.reset();
    this.answered = false;
    this.httpStatus = 0;
    this.over = false;
  }

  /** Reads the response as another protocol's than the request's. */
  respond(protocol: RpcProtocol): void {
    if (this.serverProtocol === protocol) return;
    this.server = protocol.body(SERVER);
    this.serverProtocol = protocol;
  }
}

// V8 puts what a module's own constants say into the code that it compiles; what is imported it looks up each time.
const FROM_CLIENT = CLIENT;
const PREFIX_BYTES = MESSAGE_PREFIX_BYTES;

/** gRPC status codes that are inferred here. */
const UNKNOWN = 2;
const INTERNAL = 13;
const UNAVAILABLE = 14;

// What a list says, and what follows from it for the reading of its call. Classes, and numbers for what is not there: objects that
// come from literals with a spread have each their own shape, which made of every look at them a search.

/** No places were asked for yet. */
const NOT_LOOKED = -1;

class Request implements RequestFacts {
  readonly method: string;
  readonly authority: string | undefined;
  readonly contentType: string | undefined;
  readonly timeoutMs: number | undefined;
  declare readonly rpc: RpcProtocol;
  /** Of a model: where the fields are that this follows from, see {@link placesOf}; {@link NOT_LOOKED} before it was asked. */
  places = NOT_LOOKED;
  /** Which of them say the timeout. */
  timeoutPlaces = 0;

  constructor(
    method: string,
    authority: string | undefined,
    contentType: string | undefined,
    timeoutMs: number | undefined,
    rpc: RpcProtocol,
  ) {
    this.method = method;
    this.authority = authority;
    this.contentType = contentType;
    this.timeoutMs = timeoutMs;
    this.rpc = rpc;
  }
}

class Response {
  /** 0 when there is none. */
  declare readonly httpStatus: number;
  readonly contentType: string | undefined;
  /** As sent; undefined when there is none. */
  readonly grpcStatus: string | undefined;
  /** -1 when there is none, or it is no number. */
  declare readonly statusCode: number;
  /** The last protocol that accepted this as its answer: mostly the next to ask. */
  acceptedBy: RpcProtocol | undefined = undefined;
  /** As {@link Request.places}. */
  places = NOT_LOOKED;

  constructor(fields: readonly Field[]) {
    const { httpStatus, contentType, grpcStatus, statusCode } = responseFacts(fields);
    this.httpStatus = httpStatus ?? 0;
    this.contentType = contentType;
    this.grpcStatus = grpcStatus;
    this.statusCode = statusCode ?? -1;
  }
}

const NO_FACTS = requestOf([]);

/**
 * Facts are worked out once for each distinct list; the same block over an unchanged table is the same list.
 * Only for what the client sends: the server's lists, those of its PUSH_PROMISEs included, remember response facts.
 */
function requestIn(list: FieldList | undefined): Request {
  if (list === undefined) return NO_FACTS;
  if (list.memo === undefined) list.memo = workOutRequest(list);
  return list.memo as Request;
}

function workOutRequest({ model, changed, fields }: FieldList): Request {
  if (model !== undefined) {
    const before = requestIn(model);
    if (before.places === NOT_LOOKED) {
      before.places = placesOf(model.fields, REQUEST_FACT_NAMES);
      before.timeoutPlaces = placesOf(model.fields, TIMEOUT_NAMES);
    }
    const news = changed & before.places;
    if (news === 0) return before;
    // Of several only the last counts.
    if (news === before.timeoutPlaces && (news & (news - 1)) === 0) {
      const timeoutMs = readTimeout(fields[firstPlace(news)]![1]);
      return new Request(before.method, before.authority, before.contentType, timeoutMs, before.rpc);
    }
  }
  return requestOf(fields);
}

function requestOf(fields: readonly Field[]): Request {
  const { method, authority, contentType, timeoutMs } = requestFacts(fields);
  return new Request(method, authority, contentType, timeoutMs, protocolOf(contentType));
}

function responseIn(list: FieldList): Response {
  if (list.memo === undefined) list.memo = workOutResponse(list);
  return list.memo as Response;
}

function workOutResponse({ model, changed, fields }: FieldList): Response {
  if (model === undefined) return new Response(fields);
  const before = responseIn(model);
  if (before.places === NOT_LOOKED) before.places = placesOf(model.fields, RESPONSE_FACT_NAMES);
  return (changed & before.places) === 0 ? before : new Response(fields);
}

/** The places of fields with these names, a bit each as in {@link FieldList.changed}. */
function placesOf(fields: readonly Field[], names: ReadonlySet<string>): number {
  return fields.reduce((places, [name], place) => (names.has(name) ? places | (1 << place) : places), 0);
}

/** An HTML page from some gateway is no sequence of messages, even when the request was gRPC. */
function answersAs(asked: RpcProtocol, response: Response): RpcProtocol {
  if (response.acceptedBy === asked) return asked;
  if (!asked.accepts(response.contentType)) return UNKNOWN_PROTOCOL;
  response.acceptedBy = asked;
  return asked;
}

export class CallFollower<H> implements StreamSink<FollowedCall<H>> {
  readonly #connection: number = 0;
  declare private readonly sink: CallSink<H>;
  /** Who speaks on the server's side. */
  readonly #server: EndedBy;

  /** @param byProxy the server's side is the proxy's own answer */
  constructor(connection: number, sink: CallSink<H>, byProxy: boolean) {
    this.#connection = connection;
    this.sink = sink;
    this.#server = byProxy ? "proxy" : "server";
  }

  headers(
    stream: Http2Stream<FollowedCall<H>>,
    from: SideIndex,
    list: FieldList | undefined,
    endStream: boolean,
  ): void {
    if (from === FROM_CLIENT) this.#clientHeaders(stream, list, endStream);
    else if (stream.known === true) this.#serverHeaders(stream.call!, list, endStream);
  }

  plainRequest(stream: Http2Stream<FollowedCall<H>>, id: number, list: FieldList): boolean {
    const call = stream.call;
    const facts = list.memo as Request | undefined;
    if (call === undefined || facts === undefined) return false;
    if (facts.rpc !== call.protocol || facts.rpc !== call.serverProtocol) return false;
    if (call.client.between === false || call.server.between === false) return false;
    if (this.sink.plainRequest(this.#connection, id, list, facts, call.handle) === false) return false;
    call.answered = false;
    call.httpStatus = 0;
    call.over = false;
    return true;
  }

  plainAnswer(stream: Http2Stream<FollowedCall<H>>, list: FieldList, endStream: boolean): boolean {
    const call = stream.call!;
    const facts = list.memo as Response | undefined;
    if (facts === undefined || call.over === true) return false;
    if (endStream === true) {
      if (call.answered === false || call.server.between === false) return false;
      if (facts.statusCode < 0 || this.#server !== "server") return false;
      if (this.sink.plainEnd(call.handle, list, facts.statusCode) === false) return false;
      call.over = true;
      return true;
    }
    if (call.answered === true || facts.httpStatus < 200 || facts.acceptedBy !== call.protocol) return false;
    if (call.serverProtocol !== call.protocol || this.sink.plainAnswer(call.handle, list) === false) return false;
    call.answered = true;
    call.httpStatus = facts.httpStatus;
    return true;
  }

  plainData(
    stream: Http2Stream<FollowedCall<H>>,
    from: SideIndex,
    octets: DataView,
    bytes: Uint8Array,
    start: number,
    end: number,
    endStream: boolean,
  ): boolean {
    // A server that ends a call ends it by trailers.
    if (endStream === true && from !== FROM_CLIENT) return false;
    const call = stream.call!;
    const body = from === FROM_CLIENT ? call.client : call.server;
    if (body.between === false || body.isOne(octets, start, end) === false) return false;
    const message = (start + PREFIX_BYTES) | 0;
    return this.sink.plainMessage(call.handle, from, octets.getUint8(start), bytes, message, end, endStream);
  }

  pushed(stream: Http2Stream<FollowedCall<H>>, list: FieldList | undefined): void {
    this.#open(stream, list, true);
  }

  data(stream: Http2Stream<FollowedCall<H>>, from: SideIndex, bytes: Uint8Array, start: number, end: number): void {
    if (stream.known === false) return;
    const call = stream.call!;
    (from === FROM_CLIENT ? call.client : call.server).push(call.handle, bytes, start, end, this.sink);
  }

  endStream(stream: Http2Stream<FollowedCall<H>>, from: SideIndex): void {
    if (stream.known === false) return;
    const call = stream.call!;
    if (from === FROM_CLIENT) {
      call.client.finish(call.handle, this.sink);
      this.sink.halfClose(call.handle);
    } else {
      call.server.finish(call.handle, this.sink);
      this.#endWithoutTrailers(call, "end-stream");
    }
  }

  reset(stream: Http2Stream<FollowedCall<H>>, from: SideIndex, code: number): void {
    if (stream.known === false) return;
    const call = stream.call!;
    this.#finishBodies(call);
    this.sink.cancel(call.handle, from, code);
    this.#end(call, "reset", from === CLIENT ? "client" : this.#server, statusOfReset(code), "reset", code);
  }

  refused(stream: Http2Stream<FollowedCall<H>>): void {
    if (stream.known === false) return;
    this.#finishBodies(stream.call!);
    this.#end(stream.call!, "goaway", this.#server, UNAVAILABLE, "goaway", 0);
  }

  /** The connection ended with the stream open. */
  lost(stream: Http2Stream<FollowedCall<H>>, by: EndedBy): void {
    if (stream.known === false) return;
    this.#finishBodies(stream.call!);
    this.#end(stream.call!, "connection-lost", by, UNAVAILABLE, "connection", 0);
  }

  #open(stream: Http2Stream<FollowedCall<H>>, list: FieldList | undefined, pushed: boolean): void {
    const facts = pushed && list !== undefined ? requestOf(list.fields) : requestIn(list);
    const protocol = facts.rpc;
    const old = stream.call;
    const handle = this.sink.openCall(this.#connection, stream.id, protocol.name, list, facts, pushed, old?.handle);
    if (handle === undefined) {
      stream.countOnly();
      return;
    }
    if (old === undefined) stream.call = new FollowedCall(handle, protocol);
    else old.begin(handle, protocol);
    stream.know();
  }

  #clientHeaders(stream: Http2Stream<FollowedCall<H>>, list: FieldList | undefined, endStream: boolean): void {
    if (stream.known === false) {
      if (stream.counted === true) return;
      this.#open(stream, list, false);
    } else {
      const { handle } = stream.call!;
      this.sink.clientTrailer(handle, list);
      if (!endStream) this.#problem(handle, CLIENT, "ERR_TRAILERS", "trailers without END_STREAM (RFC 9113 §8.1)");
    }
    if (endStream === true) this.endStream(stream, CLIENT);
  }

  #serverHeaders(call: FollowedCall<H>, list: FieldList | undefined, endStream: boolean): void {
    if (list === undefined) {
      this.#unreadable(call, endStream);
      return;
    }
    const facts = responseIn(list);
    if (call.answered === true) {
      this.#trailers(call, list, facts, "trailers", endStream);
      return;
    }
    if (facts.httpStatus > 0 && facts.httpStatus < 200 && endStream === false) {
      this.sink.serverHeader(call.handle, list, true);
      return;
    }
    call.answered = true;
    call.httpStatus = facts.httpStatus;
    const protocol = answersAs(call.protocol, facts);
    if (protocol !== call.serverProtocol) {
      call.server.finish(call.handle, this.sink);
      call.respond(protocol);
    }
    if (endStream === true && (call.protocol === GRPC || facts.grpcStatus !== undefined)) {
      this.#trailers(call, list, facts, "trailers-only", true);
      return;
    }
    this.sink.serverHeader(call.handle, list, false);
    if (endStream === true) this.#endWithoutTrailers(call, "end-stream");
  }

  /** Of a block that cannot be read only its place is known; the messages around it are read as before. */
  #unreadable(call: FollowedCall<H>, endStream: boolean): void {
    if (!endStream) {
      call.answered = true;
      this.sink.serverHeader(call.handle, undefined, false);
      return;
    }
    call.server.finish(call.handle, this.sink);
    this.sink.serverTrailer(call.handle, undefined, !call.answered);
    this.#end(call, call.answered ? "trailers" : "trailers-only", this.#server, UNKNOWN, "missing", 0);
  }

  #trailers(
    call: FollowedCall<H>,
    list: FieldList,
    facts: Response,
    how: "trailers" | "trailers-only",
    endStream: boolean,
  ): void {
    const { handle } = call;
    call.server.finish(handle, this.sink);
    this.sink.serverTrailer(handle, list, how === "trailers-only");
    if (endStream === false) {
      this.#problem(handle, SERVER, "ERR_TRAILERS", "trailers without END_STREAM (RFC 9113 §8.1)");
    } else if (facts.grpcStatus === undefined) {
      this.#endWithoutTrailers(call, how);
    } else if (facts.statusCode < 0) {
      const text = JSON.stringify(facts.grpcStatus.slice(0, 40));
      this.#problem(handle, SERVER, "ERR_GRPC_STATUS", `grpc-status ${text}; must be a decimal number`);
      this.#end(call, how, this.#server, UNKNOWN, "trailers", 0);
    } else {
      this.#end(call, how, this.#server, facts.statusCode, "trailers", 0);
    }
  }

  /** No grpc-status came: the HTTP status tells, or nothing does. Such a call never counts as OK. */
  #endWithoutTrailers(call: FollowedCall<H>, how: HowEnded): void {
    const http = call.httpStatus;
    if (call.serverProtocol !== GRPC || http !== 200) {
      this.#end(call, how, this.#server, statusOfHttp(http), "http-status", http);
    } else {
      this.#end(call, how, this.#server, INTERNAL, "missing", http);
    }
  }

  #finishBodies(call: FollowedCall<H>): void {
    call.client.finish(call.handle, this.sink);
    call.server.finish(call.handle, this.sink);
  }

  #end(call: FollowedCall<H>, how: HowEnded, by: EndedBy, code: number, source: StatusSource, detail: number): void {
    if (call.over === true) return;
    call.over = true;
    this.sink.endCall(
      call.handle,
      by === "proxy" && how !== "connection-lost" ? "proxy-error" : how,
      by,
      code,
      source,
      detail,
    );
  }

  #problem(handle: H, from: SideIndex, code: string, message: string): void {
    this.sink.problem(this.#connection, handle, from, code, message);
  }
}
