// Events of a feed as lines to read: a call when it streams and when it ends, connections when they fail.
import type { FeedEvent, FeedMessageEvent, Streamed } from "../src/feed/messages.js";
import type { Call, CallEndEvent, ConnectionOpenedEvent } from "../src/index.js";
import {
  connectionEndLine,
  droppedLine,
  endLine,
  goawayLine,
  goneLine,
  type LogStyle,
  messageProblemLine,
  problemLine,
  streamingLine,
} from "../src/view/log-line.js";
import { visible } from "../src/view/visible.js";

/** What is remembered of a call while it is open. */
interface OpenCall {
  readonly call: Call;
  messages: { client: number; server: number };
  bytes: { client: number; server: number };
  asked?: string;
  answered?: string;
  told: boolean;
}

/** Calls open at once, with their latest messages; of more, the oldest are forgotten. */
const MAX_OPEN = 10_000;
const PREVIEW_CHARS = 90;
/** Of a guessed message: more does not fit into a preview. */
const MAX_FIELDS = 20;
const MAX_DEPTH = 4;

export class TailLog {
  readonly #style: LogStyle = { width: undefined, paint: (_tone, text) => text };
  readonly #calls = new Map<number, OpenCall>();
  readonly #connections = new Map<number, ConnectionOpenedEvent>();

  /** @returns undefined for what nobody needs to hear of */
  lineOf(event: Streamed): string | undefined {
    switch (event.kind) {
      case "client-header":
        this.#begin(event);
        return undefined;
      case "client-message":
      case "server-message":
        return this.#message(event);
      case "call-end":
        return this.#end(event as CallEndEvent);
      case "protocol-error":
        return problemLine(event, event.call === undefined ? undefined : this.#callOf(event.call), this.#style);
      case "connection-opened":
        if (this.#connections.size >= MAX_OPEN) this.#connections.clear();
        this.#connections.set(event.connection, event as ConnectionOpenedEvent);
        return undefined;
      case "connection-closed": {
        const opened = this.#connections.get(event.connection);
        this.#connections.delete(event.connection);
        return event.how === "error" ? connectionEndLine(event, opened, this.#style) : undefined;
      }
      case "goaway":
        return event.code === 0 ? undefined : goawayLine(event, this.#style);
      case "dropped":
        this.#calls.clear();
        return event.slow === true ? droppedLine(event, this.#style) : goneLine(event, this.#style);
      case "left":
        for (const call of event.calls) this.#calls.delete(call);
        return undefined;
      default:
        return undefined;
    }
  }

  #begin(event: Extract<FeedEvent, { kind: "client-header" }>): void {
    for (const oldest of this.#calls.keys()) {
      if (this.#calls.size < MAX_OPEN) break;
      this.#calls.delete(oldest);
    }
    const { call: id, connection, stream, protocol, method, at, timeoutMs } = event;
    const none = { messages: 0, bytes: 0 };
    this.#calls.set(id, {
      call: {
        ...{ id, connection, stream, protocol, method, startedAt: at, client: none, server: none },
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
      },
      messages: { client: 0, server: 0 },
      bytes: { client: 0, server: 0 },
      told: false,
    });
  }

  #message(event: FeedMessageEvent): string | undefined {
    const open = this.#calls.get(event.call);
    const side = event.kind === "client-message" ? "client" : "server";
    if (open !== undefined) {
      open.messages[side]++;
      open.bytes[side] += event.wireLength;
      const text = previewOf(event);
      if (text !== undefined && side === "client") open.asked = text;
      else if (text !== undefined) open.answered = text;
    }
    if (event.problem !== undefined) return messageProblemLine(event, this.#callOf(event.call), this.#style);
    if (event.index !== 1 || open === undefined || open.told) return undefined;
    open.told = true;
    const call = this.#callOf(event.call);
    return call === undefined ? undefined : streamingLine(call, event.at, open.asked, this.#style);
  }

  #end(event: CallEndEvent): string {
    const open = this.#calls.get(event.call);
    const call = this.#callOf(event.call);
    this.#calls.delete(event.call);
    const answered = event.status.code === 0 ? open?.answered : undefined;
    return endLine(event, call, { asked: open?.asked, answered }, this.#style);
  }

  #callOf(id: number): Call | undefined {
    const open = this.#calls.get(id);
    if (open === undefined) return undefined;
    const { call, messages, bytes } = open;
    return {
      ...call,
      client: { messages: messages.client, bytes: bytes.client },
      server: { messages: messages.server, bytes: bytes.server },
    };
  }
}

/** What a message says, short and on one line; of a later one of a stream it is the latest. */
function previewOf({ json, guess, index }: FeedMessageEvent): string | undefined {
  if (json === undefined && guess === undefined) return undefined;
  const text = json === undefined ? guessText(guess, MAX_DEPTH) : JSON.stringify(json);
  const inner = visible(text.startsWith("{") ? text.slice(1, -1) : text);
  const short = inner.length > PREVIEW_CHARS ? `${inner.slice(0, PREVIEW_CHARS - 1)}…` : inner;
  return `${index === 0 ? "" : "… "}${short === "" ? "{}" : short}`;
}

/** A guessed message in the form of one whose type is known: of each field its name and its value. */
function guessText(guess: unknown, depth: number): string {
  const { fields } = (guess ?? {}) as { readonly fields?: unknown };
  if (!Array.isArray(fields) || depth === 0) return "{…}";
  const members = fields.slice(0, MAX_FIELDS).map((field: unknown) => {
    const { name, value, fields: inner } = (field ?? {}) as { name?: unknown; value?: unknown; fields?: unknown };
    return `${JSON.stringify(name ?? "?")}:${inner === undefined ? JSON.stringify(value ?? null) : guessText(field, depth - 1)}`;
  });
  return `{${members.join(",")}}`;
}
