// Events of a feed as lines to read: a call when it streams and when it ends, connections when they fail.
import type { FeedEvent, FeedMessageEvent, Streamed } from "../src/feed/messages.js";
import type { Call, CallEndEvent, ConnectionOpenedEvent } from "../src/index.js";
import type { DecodedMetadata } from "../src/model/metadata.js";
import {
  ASKED_CELLS,
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
import { metadataText } from "../src/view/metadata-text.js";
import { cutText } from "../src/view/text-width.js";
import { visible } from "../src/view/visible.js";

/** What is remembered of a call while it is open. */
interface OpenCall {
  readonly call: Call;
  messages: { client: number; server: number };
  bytes: { client: number; server: number };
  /** What binary metadata of the request holds, and that of the trailers. */
  readonly metadata: string[];
  /** What the latest message of each side says. */
  asked: string | undefined;
  answered: string | undefined;
  told: boolean;
}

/** Calls open at once, with their latest messages; of more, the oldest are forgotten. */
const MAX_OPEN = 10_000;

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
      case "server-trailer":
        this.#calls.get(event.call)?.metadata.push(...metadataOf(event));
        return undefined;
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
      metadata: metadataOf(event),
      asked: undefined,
      answered: undefined,
      told: false,
    });
  }

  #message(event: FeedMessageEvent): string | undefined {
    const open = this.#calls.get(event.call);
    const side = event.kind === "client-message" ? "client" : "server";
    if (open !== undefined) {
      open.messages[side]++;
      open.bytes[side] += event.wireLength;
      // Octets that no line was made of are none of what was said before either.
      if (side === "client") open.asked = lineOf(event);
      else open.answered = lineOf(event);
    }
    if (event.problem !== undefined) return messageProblemLine(event, this.#callOf(event.call), this.#style);
    if (event.index !== 1 || open === undefined || open.told) return undefined;
    open.told = true;
    const call = this.#callOf(event.call);
    // With several questions, none of them says what the stream is.
    const asked = open.messages.client === 1 ? short(open.asked) : undefined;
    return call === undefined ? undefined : streamingLine(call, event.at, asked, this.#style);
  }

  #end(event: CallEndEvent): string {
    const open = this.#calls.get(event.call);
    const call = this.#callOf(event.call);
    this.#calls.delete(event.call);
    const failed = event.status.code !== 0;
    const answer = failed ? undefined : open?.answered;
    const facts = {
      metadata: open?.metadata.join(", "),
      asked: event.client.messages === 1 ? (failed ? short(open?.asked) : open?.asked) : undefined,
      answered: answer === undefined || event.server.messages === 1 ? answer : `… ${answer}`,
    };
    return endLine(event, call, facts, this.#style);
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

function metadataOf({ decoded }: { readonly decoded?: unknown }): string[] {
  const text = metadataText((decoded ?? {}) as DecodedMetadata);
  return text === "" ? [] : [text];
}

/** The feed's words, made safe again: it may be anybody's. */
function lineOf({ line }: FeedMessageEvent): string | undefined {
  return line === undefined ? undefined : visible(line);
}

function short(line: string | undefined): string | undefined {
  return line === undefined ? undefined : cutText(line, ASKED_CELLS);
}
