// --output log: a line when a call starts streaming and one when it ends; connections only when they fail or are not decoded.
import {
  type Call,
  type CallEndEvent,
  type Capture,
  type CaptureEvent,
  type ConnectionClosedEvent,
  type ConnectionOpenedEvent,
  type DroppedEvent,
  firstValue,
  type ProtocolErrorEvent,
} from "../../src/index.js";
import { decompress } from "../../src/message/decompress.js";
import type { MessageDecoder } from "../../src/schema/message-decoder.js";
import {
  connectionEndLine,
  connectionLine,
  droppedLine,
  endLine,
  goawayLine,
  type LogStyle,
  messageProblemLine,
  problemLine,
  stallLine,
  streamingLine,
  type Tone,
} from "../../src/view/log-line.js";
import { follow } from "./follow.js";
import type { Output, OutputOptions, Sink } from "./output.js";

/** A call that is open this long is told of even if nothing streams: it is what people wonder about. */
const LONG_OPEN_MS = 2000;
/** Of lines told at once of such calls. */
const MAX_LONG_OPEN_CHARS = 32_768;
/** Shorter waits for a window are how flow control works. */
const LONG_STALL_MS = 1000;
/** Problems of one connection that are remembered as told; calls come and go, and some of them all have one. */
const MAX_PROBLEMS = 1000;
/** Of each of the two messages of a unary call. */
const PREVIEW_CELLS = 90;

const SGR: Readonly<Record<Tone, string>> = { plain: "", dim: "2", cyan: "36", yellow: "33", red: "31" };

export function startLog(capture: Capture, sink: Sink, options: OutputOptions): Output {
  const log = new Log(capture, options.decoder, {
    width: options.width,
    paint: (tone, text) => (options.colour && SGR[tone] !== "" ? `\x1b[${SGR[tone]}m${text}\x1b[0m` : text),
  });
  const output = follow(capture, sink, options.see, (event) => log.lineOf(event));
  const timer = setInterval(() => {
    const lines = log.longOpen(Date.now());
    if (lines !== "") void sink.write(lines);
  }, LONG_OPEN_MS / 4);
  timer.unref();
  return {
    finish() {
      clearInterval(timer);
      return output.finish();
    },
  };
}

/** What is remembered between lines: only what is open, so that it stays as small as the traffic is. */
class Log {
  readonly #capture: Capture;
  readonly #decoder: MessageDecoder | undefined;
  readonly #style: LogStyle;
  /** Calls that are open and not told of, oldest first. */
  readonly #quiet = new Set<number>();
  readonly #connections = new Map<number, ConnectionOpenedEvent>();
  /** Those that are open, not decoded and not told of, oldest first. */
  readonly #quietConnections = new Set<number>();
  /** Connections whose failure was told with one of their calls. */
  readonly #excused = new Set<number>();
  /** Problems told, by connection: the same one is told once a call, or once a connection. */
  readonly #problems = new Map<number, Set<string>>();

  constructor(capture: Capture, decoder: MessageDecoder | undefined, style: LogStyle) {
    this.#capture = capture;
    this.#decoder = decoder;
    this.#style = style;
  }

  /** @returns empty for an event that nobody needs to hear of */
  lineOf(event: CaptureEvent | DroppedEvent): string | Promise<string> {
    if (event.kind === "call-end" && event.status.code === 0 && this.#decoder !== undefined) {
      return this.#messages(event.call).then((messages) => `${this.#end(event, messages)}\n`);
    }
    const line = this.#line(event);
    return line === undefined ? "" : `${line}\n`;
  }

  /** Lines for what has been open for long without a word. @param now Unix ms */
  longOpen(now: number): string {
    let lines = "";
    for (const id of this.#quiet) {
      const call = this.#capture.call(id);
      // Ids grow with time: those that follow are younger.
      if (call !== undefined && call.end === undefined && now - call.startedAt < LONG_OPEN_MS) break;
      const line = this.#streams(call, now);
      if (line === undefined) this.#quiet.delete(id);
      else lines += `${line}\n`;
      // The rest is told the next time: nobody waits for 65,536 lines.
      if (lines.length > MAX_LONG_OPEN_CHARS) return lines;
    }
    for (const id of this.#quietConnections) {
      const opened = this.#connections.get(id);
      if (opened !== undefined && now - opened.at < LONG_OPEN_MS) break;
      this.#quietConnections.delete(id);
      if (opened !== undefined) lines += `${connectionLine(opened, now, this.#style)}\n`;
    }
    return lines;
  }

  #line(event: CaptureEvent | DroppedEvent): string | undefined {
    const style = this.#style;
    switch (event.kind) {
      case "client-header":
        this.#quiet.add(event.call);
        return undefined;
      case "client-message":
      case "server-message": {
        const call = this.#capture.call(event.call);
        if (event.problem !== undefined) return messageProblemLine(event, call, style);
        return event.index === 1 ? this.#streams(call, event.at) : undefined;
      }
      case "call-end":
        return this.#end(event, undefined);
      case "protocol-error":
        return this.#problem(event);
      case "connection-opened":
        this.#connections.set(event.connection, event);
        if (event.protocol !== "h2") this.#quietConnections.add(event.connection);
        return undefined;
      case "connection-closed":
        return this.#closed(event);
      case "goaway":
        return event.code === 0 ? undefined : goawayLine(event, style);
      case "window-stall":
        return event.durationMs < LONG_STALL_MS ? undefined : stallLine(event, style);
      case "dropped":
        // What was remembered may have ended unseen.
        this.#connections.clear();
        this.#excused.clear();
        this.#problems.clear();
        return droppedLine(event, style);
      default:
        return undefined;
    }
  }

  #end(event: CallEndEvent, messages: string | undefined): string {
    const call = this.#capture.call(event.call);
    this.#quiet.delete(event.call);
    // Where the answer was gRPC, its message says why; else the connection's own line must.
    if (event.how === "proxy-error" && event.status.source === "trailers" && call !== undefined)
      this.#excused.add(call.connection);
    const httpStatus = call?.protocol === "unknown" ? this.#httpStatus(event.call) : undefined;
    return endLine(event, call, { httpStatus, messages }, this.#style);
  }

  /** "question → answer" of a call with one message each way, where a schema knows the method. */
  async #messages(id: number): Promise<string | undefined> {
    const call = this.#capture.call(id);
    const decoder = this.#decoder;
    if (call === undefined || decoder === undefined || call.client.messages !== 1 || call.server.messages !== 1)
      return undefined;
    await decoder.ask(call.method);
    const parts: string[] = [];
    for (const event of this.#capture.eventsOf(id)) {
      if (event.kind !== "client-message" && event.kind !== "server-message") continue;
      const bytes = this.#capture.messageBytes(event.seq);
      if (bytes === undefined || event.problem !== undefined || event.truncated === true) return undefined;
      const inflated = await decompress(event.encoding, bytes);
      if ("problem" in inflated) return undefined;
      const from = event.kind === "client-message" ? "client" : "server";
      const text = decoder.preview(call.method, from, inflated.bytes, PREVIEW_CELLS);
      if (text === undefined) return undefined;
      parts.push(text === "" ? "{}" : text);
    }
    return parts.join(" → ");
  }

  #streams(call: Call | undefined, at: number): string | undefined {
    if (call === undefined || call.end !== undefined || !this.#quiet.delete(call.id)) return undefined;
    return streamingLine(call, at, this.#style);
  }

  #problem(event: ProtocolErrorEvent): string | undefined {
    const told = this.#problems.get(event.connection) ?? new Set();
    if (told.size >= MAX_PROBLEMS) told.clear();
    const key = `${event.call ?? ""} ${event.from} ${event.code}`;
    if (told.has(key)) return undefined;
    this.#problems.set(event.connection, told.add(key));
    return problemLine(event, event.call === undefined ? undefined : this.#capture.call(event.call), this.#style);
  }

  #closed(event: ConnectionClosedEvent): string | undefined {
    const id = event.connection;
    const opened = this.#connections.get(id);
    this.#connections.delete(id);
    this.#quietConnections.delete(id);
    this.#problems.delete(id);
    const excused = this.#excused.delete(id);
    const tells = opened === undefined || opened.protocol === "h2" ? event.how === "error" && !excused : true;
    return tells ? connectionEndLine(event, opened, this.#style) : undefined;
  }

  #httpStatus(call: number): string | undefined {
    for (const event of this.#capture.eventsOf(call))
      if (event.kind === "server-header" && event.informational !== true) return firstValue(event.fields, ":status");
    return undefined;
  }
}
