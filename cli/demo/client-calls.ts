// Calls as promises that never reject: how a call went is a value here, because failing calls are what the demo is about.
import { once } from "node:events";
import type { Client, status as Code, Metadata, StatusObject } from "@grpc/grpc-js";
import type { DemoMethod } from "./protos.js";

/** How a call went, as the client saw it. */
export interface Outcome<Response = unknown> {
  readonly code: Code;
  readonly message: string;
  readonly trailers: Metadata;
  readonly responses: readonly Response[];
}

/** The requests of a call: known beforehand, or made while it is open. */
export type Requests<Request> = Iterable<Request> | ((over: AbortSignal) => AsyncIterable<Request>);

export interface CallSettings {
  readonly metadata: Metadata;
  /** From now; none means that the call may last for ever. */
  readonly deadlineMs?: number;
  /** Cancel once this many answers have come. */
  readonly cancelAfter?: number;
  /** Cancel when this aborts. */
  readonly signal: AbortSignal;
}

/** Makes one call. On the wire the four kinds differ only in how many messages there are, so this makes them all. */
export function makeCall<Request, Response>(
  client: Client,
  method: DemoMethod<Request, Response>,
  requests: Requests<Request>,
  settings: CallSettings,
): Promise<Outcome<Response>> {
  const responses: Response[] = [];
  const over = new AbortController();
  const call = client.makeBidiStreamRequest(
    method.path,
    method.requestSerialize,
    method.responseDeserialize,
    settings.metadata,
    settings.deadlineMs === undefined ? {} : { deadline: Date.now() + settings.deadlineMs },
  );
  const cancel = () => call.cancel();
  return new Promise((resolve) => {
    call.on("data", (response: Response) => {
      responses.push(response);
      if (responses.length === settings.cancelAfter) cancel();
    });
    call.on("error", () => {}); // "status" brings the same news
    call.on("status", ({ code, details, metadata }: StatusObject) => {
      settings.signal.removeEventListener("abort", cancel);
      over.abort();
      resolve({ code, message: details, trailers: metadata, responses });
    });
    settings.signal.addEventListener("abort", cancel);
    if (settings.signal.aborted) cancel();
    sendAll(call, typeof requests === "function" ? requests(over.signal) : requests, over.signal).catch(cancel);
  });
}

interface RequestStream<Request> extends NodeJS.EventEmitter {
  write(request: Request): boolean;
  end(): unknown;
}

async function sendAll<Request>(
  call: RequestStream<Request>,
  requests: Iterable<Request> | AsyncIterable<Request>,
  over: AbortSignal,
): Promise<void> {
  for await (const request of requests) {
    if (over.aborted) return;
    if (!call.write(request)) await once(call, "drain", { signal: over });
  }
  if (!over.aborted) call.end();
}
