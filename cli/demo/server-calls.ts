// Handlers written as async functions and generators, fitted to what grpc-js calls; and the reset that grpc-js does not offer.
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { constants, gzip } from "node:zlib";
import {
  status as Code,
  type handleBidiStreamingCall,
  type handleClientStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  Metadata,
  type MethodDefinition,
  type Server,
  type ServerErrorResponse,
  type UntypedHandleCall,
} from "@grpc/grpc-js";
import { CallFailure, type FailureMaker } from "./failures.js";
import type { DemoMethod, DemoMethods, EncodedMessage } from "./protos.js";
import type { Random } from "./random.js";

/** What every service of the demo is made with. */
export interface ServiceContext {
  readonly methods: DemoMethods;
  readonly fail: FailureMaker;
  readonly random: Random;
  readonly open: OpenCall;
}

/** A method and who answers it; without a handler grpc-js answers UNIMPLEMENTED. */
export interface ServedMethod {
  // biome-ignore lint/suspicious/noExplicitAny: grpc-js's own type for "any method"
  readonly definition: MethodDefinition<any, any>;
  readonly handler?: UntypedHandleCall;
}

/** An answer, or an answer that is encoded already. */
export type Answer<Response> = Response | EncodedMessage;

/** What the four kinds of call have in common; grpc-js does not export its own name for it. */
export interface ServerSurfaceCall {
  readonly metadata: Metadata;
  sendMetadata(headers: Metadata): void;
  once(event: "cancelled", listener: () => void): unknown;
}

/** What a handler knows about its call. */
export interface CallContext {
  readonly call: ServerSurfaceCall;
  /** Aborted when the client cancels, the deadline passes, or the server stops. */
  readonly signal: AbortSignal;
  /** Trailing metadata of a call that ends well. */
  readonly trailers: Metadata;
}

/** Makes the context of a call; `over` is called when its handler is done. */
export type OpenCall = (call: ServerSurfaceCall) => CallContext & { over(): void };

export function unary<Request, Response>(
  open: OpenCall,
  handle: (request: Request, context: CallContext) => Promise<Answer<Response>>,
): handleUnaryCall<Request, Answer<Response>> {
  return (call, callback) => {
    const context = open(call);
    handle(call.request, context)
      .then(
        (answer) => callback(null, answer, context.trailers),
        (cause: unknown) => callback(asStatus(cause)),
      )
      .finally(context.over);
  };
}

export function clientStream<Request, Response>(
  open: OpenCall,
  handle: (requests: AsyncIterable<Request>, context: CallContext) => Promise<Answer<Response>>,
): handleClientStreamingCall<Request, Answer<Response>> {
  return (call, callback) => {
    const context = open(call);
    call.on("error", () => {}); // the iteration below throws the same error
    handle(call, context)
      .then(
        (answer) => callback(null, answer, context.trailers),
        (cause: unknown) => callback(asStatus(cause)),
      )
      .finally(context.over);
  };
}

export function serverStream<Request, Response>(
  open: OpenCall,
  handle: (request: Request, context: CallContext) => AsyncIterable<Answer<Response>>,
): handleServerStreamingCall<Request, Answer<Response>> {
  return (call) => {
    const context = open(call);
    writeAll(call, handle(call.request, context), context).finally(context.over);
  };
}

export function bidiStream<Request, Response>(
  open: OpenCall,
  handle: (requests: AsyncIterable<Request>, context: CallContext) => AsyncIterable<Answer<Response>>,
): handleBidiStreamingCall<Request, Answer<Response>> {
  return (call) => {
    const context = open(call);
    // Iterating a stream destroys it at its end, both halves of it, and here the answers are still to be written.
    const requests = call.iterator({ destroyOnReturn: false });
    writeAll(call, handle(requests, context), context).finally(context.over);
  };
}

const gzipped = promisify(gzip);

/** An answer compressed with gzip; its call must say so in `grpc-encoding`. */
export async function compress<Request, Response>(
  method: DemoMethod<Request, Response>,
  answer: Response,
): Promise<EncodedMessage> {
  // The fastest level: the demo shares its processor with the proxy.
  const encoded = await gzipped(method.encodeResponse(answer), { level: constants.Z_BEST_SPEED });
  return { encoded, compressed: true };
}

/** Response headers; to be sent at most once, before the first answer. */
export function sendHeaders({ call }: CallContext, fields: Readonly<Record<string, string>>): void {
  const headers = new Metadata();
  for (const [name, value] of Object.entries(fields)) headers.set(name, value);
  call.sendMetadata(headers);
}

/** The time a real server would take; rejects when the call is over before. */
export async function think({ signal }: CallContext, ms: number): Promise<void> {
  await sleep(ms, undefined, { signal });
}

export function addMethods(server: Server, served: readonly ServedMethod[]): void {
  server.addService(
    Object.fromEntries(served.map(({ definition }) => [definition.path, definition])),
    Object.fromEntries(served.flatMap(({ definition, handler }) => (handler ? [[definition.path, handler]] : []))),
  );
}

interface AnswerStream extends NodeJS.EventEmitter {
  write(answer: unknown): boolean;
  end(trailers?: Metadata): unknown;
}

async function writeAll(call: AnswerStream, answers: AsyncIterable<unknown>, context: CallContext): Promise<void> {
  try {
    for await (const answer of answers) {
      if (context.signal.aborted) return;
      if (!call.write(answer)) await once(call, "drain", { signal: context.signal });
    }
    call.end(context.trailers);
  } catch (cause) {
    // An aborted call is over on the wire: there is nobody to tell.
    if (!context.signal.aborted) call.emit("error", asStatus(cause));
  }
}

/** A handler's mistake must look like one from outside, and must not say more than a good server would. */
function asStatus(cause: unknown): ServerErrorResponse {
  if (cause instanceof CallFailure) return cause;
  return Object.assign(new Error("internal error"), { code: Code.INTERNAL, details: "internal error" });
}

/**
 * Ends a call with RST_STREAM and no status, as a crashing server does.
 * grpc-js offers no such thing, so this reaches for its HTTP/2 stream.
 * @param code RFC 9113 §7
 */
export function resetStream(call: ServerSurfaceCall, code: number): void {
  const inner = call as unknown as { call?: { stream?: { close?(code: number): void } } };
  if (inner.call?.stream?.close === undefined) throw new Error("grpc-js keeps its HTTP/2 stream elsewhere now");
  inner.call.stream.close(code);
}
