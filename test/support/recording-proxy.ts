// A proxy in this process, and the calls it recorded, read from the lines that `--output ndjson --bodies` would print.
import { onTestFinished } from "vitest";
import { ndjsonLine } from "../../src/export/ndjson.js";
import {
  type CallEndEvent,
  type CallEvent,
  type CaptureEvent,
  type ConnectionEvent,
  createProxy,
  EventCursor,
  type Field,
  type ProxyOptions,
} from "../../src/index.js";
import { MessageReader } from "../../src/session/message-reader.js";

/** One call as the events tell it. */
export interface RecordedCall {
  readonly method: string;
  readonly protocol: string;
  readonly timeoutMs?: number;
  /** Kinds in order, without protocol errors. */
  readonly kinds: readonly string[];
  readonly requestFields: readonly Field[];
  readonly responseFields: readonly Field[];
  readonly trailerFields: readonly Field[];
  /** Bytes of each side's messages, after decompression. */
  readonly client: readonly Buffer[];
  readonly server: readonly Buffer[];
  readonly events: readonly CallEvent[];
  readonly end: CallEndEvent;
}

export interface RecordingProxy {
  readonly port: number;
  /** Waits until so many calls have ended and every connection is closed; in the order in which they began. */
  calls(count: number): Promise<readonly RecordedCall[]>;
  connectionEvents(): readonly ConnectionEvent[];
}

/** Starts a proxy that is closed when the test is over. */
export async function startRecording(options: ProxyOptions): Promise<RecordingProxy> {
  const proxy = await createProxy({ ...options, listen: "127.0.0.1:0" });
  onTestFinished(() => proxy.close());
  const { capture } = proxy;
  const all = (): CaptureEvent[] => {
    const cursor = new EventCursor(capture);
    const events: CaptureEvent[] = [];
    for (let event = cursor.read(); event !== undefined; event = cursor.read()) {
      if (event.kind === "dropped") throw new Error("events were dropped");
      events.push(event);
    }
    return events;
  };
  const shown = { bodies: true, showSecrets: true, salt: 0, messages: new MessageReader({ capture }) };
  const settled = (count: number) => {
    const { calls, openCalls, openConnections } = capture.counters;
    return calls >= count && openCalls === 0 && openConnections === 0;
  };
  return {
    port: proxy.address.port,
    async calls(count) {
      while (!settled(count)) await appended(proxy);
      const lines = all().map((event) => ndjsonLine(event, capture, shown));
      return callsOf((await Promise.all(lines)).map((line) => JSON.parse(line) as CaptureEvent & { data?: string }));
    },
    connectionEvents: () => all().filter((event) => "connection" in event && !("call" in event)) as ConnectionEvent[],
  };
}

function appended(proxy: { onEvent(listener: () => void): () => void }): Promise<void> {
  return new Promise((resolve) => {
    const stop = proxy.onEvent(() => {
      stop();
      resolve();
    });
  });
}

function callsOf(events: readonly (CaptureEvent & { readonly data?: string })[]): RecordedCall[] {
  const byCall = new Map<number, (CallEvent & { readonly data?: string })[]>();
  for (const event of events) {
    if (!("call" in event) || event.call === undefined) continue;
    const list = byCall.get(event.call) ?? [];
    byCall.set(event.call, [...list, event as CallEvent]);
  }
  return [...byCall.values()].map(callOf);
}

function callOf(events: readonly (CallEvent & { readonly data?: string })[]): RecordedCall {
  const find = <K extends CallEvent["kind"]>(kind: K) =>
    events.find((event): event is Extract<CallEvent, { kind: K }> => event.kind === kind);
  const bodies = (kind: string) =>
    events.filter((event) => event.kind === kind).map((event) => Buffer.from(event.data ?? "", "base64"));
  const header = find("client-header");
  const end = find("call-end");
  if (header === undefined || end === undefined) throw new Error("a call without its header or its end");
  return {
    method: header.method,
    protocol: header.protocol,
    ...(header.timeoutMs === undefined ? {} : { timeoutMs: header.timeoutMs }),
    kinds: events.map((event) => event.kind).filter((kind) => kind !== "protocol-error"),
    requestFields: header.fields,
    responseFields: find("server-header")?.fields ?? [],
    trailerFields: find("server-trailer")?.fields ?? [],
    client: bodies("client-message"),
    server: bodies("server-message"),
    events,
    end,
  };
}
