// --output log: a line when a call starts streaming and one when it ends; connections only when they fail or are not decoded.
import { randomInt } from "node:crypto";
import {
  type Call,
  type CallEndEvent,
  type Capture,
  type CaptureEvent,
  type ConnectionClosedEvent,
  type ConnectionOpenedEvent,
  type DroppedEvent,
  type Field,
  firstValue,
  type MessageEvent,
  type ProtocolErrorEvent,
} from "../../src/index.js";
import { maskPath } from "../../src/model/secrets.js";
import type { DriftNews } from "../../src/session/contract.js";
import { MESSAGE_CELLS, messageLine } from "../../src/session/message-line.js";
import type { MessageReader } from "../../src/session/message-reader.js";
import type { MessageView } from "../../src/session/message-view.js";
import {
  ASKED_CELLS,
  connectionEndLine,
  connectionLine,
  driftLine,
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
import { metadataText } from "../../src/view/metadata-text.js";
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

const SGR: Readonly<Record<Tone, string>> = { plain: "", dim: "2", cyan: "36", yellow: "33", red: "31" };

export function startLog(capture: Capture, sink: Sink, options: OutputOptions): Output {
  const salt = options.showSecrets ? undefined : randomInt(2 ** 31);
  const { kinds } = options;
  const log = new Log(capture, options.messages, salt, {
    width: options.width,
    ...(kinds === undefined ? {} : { kindOf: (method) => kinds.kindOf(method) }),
    paint: (tone, text) => (options.colour && SGR[tone] !== "" ? `\x1b[${SGR[tone]}m${text}\x1b[0m` : text),
  });
  const { findings } = options;
  const news = () => log.news(findings?.takeNews() ?? []);
  const output = follow(
    capture,
    sink,
    options.see,
    (event) => {
      const lines = log.lineOf(event);
      return typeof lines === "string" ? lines + news() : lines.then((text) => text + news());
    },
    options.select?.(false),
  );
  const now = options.now ?? Date.now;
  // The time of a file is not ours.
  const timer =
    options.isFile === true
      ? undefined
      : setInterval(() => {
          const lines = log.longOpen(now(), LONG_OPEN_MS);
          if (lines !== "") void sink.write(lines);
        }, LONG_OPEN_MS / 4);
  timer?.unref();
  return {
    caughtUp: () => output.caughtUp(),
    async finish() {
      clearInterval(timer);
      await output.finish();
      // What was open when a file ends is told of now or never.
      if (options.isFile === true)
        for (let lines = log.longOpen(now(), 0); lines !== ""; lines = log.longOpen(now(), 0)) await sink.write(lines);
      await findings?.conclude();
      const last = news();
      if (last !== "") await sink.write(last);
    },
  };
}

interface Latest {
  client?: MessageEvent;
  server?: MessageEvent;
}

/** What is remembered between lines: only what is open, so that it stays as small as the traffic is. */
class Log {
  readonly #capture: Capture;
  readonly #messages: MessageReader | undefined;
  readonly #salt: number | undefined;
  readonly #style: LogStyle;
  /** The latest message of each side of calls that are open. */
  readonly #latest = new Map<number, Latest>();
  /** Calls that are open and not told of, oldest first. */
  readonly #quiet = new Set<number>();
  readonly #connections = new Map<number, ConnectionOpenedEvent>();
  /** Those that are open, not decoded and not told of, oldest first. */
  readonly #quietConnections = new Set<number>();
  /** Connections whose failure was told with one of their calls. */
  readonly #excused = new Set<number>();
  /** Problems told, by connection: the same one is told once a call, or once a connection. */
  readonly #problems = new Map<number, Set<string>>();

  /** @param salt see maskFields; undefined to show secrets */
  constructor(capture: Capture, messages: MessageReader | undefined, salt: number | undefined, style: LogStyle) {
    this.#capture = capture;
    this.#messages = messages;
    this.#salt = salt;
    this.#style = style;
  }

  /** @returns empty for an event that nobody needs to hear of */
  lineOf(event: CaptureEvent | DroppedEvent): string | Promise<string> {
    if (event.kind === "call-end") return this.#end(event);
    const line = this.#line(event);
    return line === undefined ? "" : `${line}\n`;
  }

  /** Lines for what does not fit a schema, one for each kind and method. */
  news(found: readonly DriftNews[]): string {
    const lines = found.filter(({ isNewToMethod }) => isNewToMethod);
    return lines.map((drift) => `${driftLine(drift, this.#style)}\n`).join("");
  }

  /** Lines for what has been open for so long without a word, as far as they are told at once. @param now Unix ms */
  longOpen(now: number, leastMs: number): string {
    let lines = "";
    for (const id of this.#quiet) {
      const call = this.#call(id);
      // Ids grow with time: those that follow are younger.
      if (call !== undefined && call.end === undefined && now - call.startedAt < leastMs) break;
      const line = this.#streams(call, now);
      if (line === undefined) this.#quiet.delete(id);
      else lines += `${line}\n`;
      // The rest is told the next time: nobody waits for 65,536 lines.
      if (lines.length > MAX_LONG_OPEN_CHARS) return lines;
    }
    for (const id of this.#quietConnections) {
      const opened = this.#connections.get(id);
      if (opened !== undefined && now - opened.at < leastMs) break;
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
        this.#remember(event);
        const call = this.#call(event.call);
        if (event.problem !== undefined) return messageProblemLine(event, call, style);
        return event.index === 1 ? this.#streams(call, event.at) : undefined;
      }
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
        this.#latest.clear();
        this.#connections.clear();
        this.#excused.clear();
        this.#problems.clear();
        return droppedLine(event, style);
      default:
        return undefined;
    }
  }

  #end(event: CallEndEvent): string | Promise<string> {
    const latest = this.#latest.get(event.call);
    this.#latest.delete(event.call);
    this.#quiet.delete(event.call);
    const asked = latest?.client && this.#messages?.readOnce(latest.client);
    const answered = latest?.server && this.#messages?.readOnce(latest.server);
    if (!(asked instanceof Promise) && !(answered instanceof Promise)) return this.#endLine(event, asked, answered);
    return Promise.all([asked, answered]).then((views) => this.#endLine(event, ...views));
  }

  #endLine(event: CallEndEvent, asked: MessageView | undefined, answered: MessageView | undefined): string {
    const call = this.#call(event.call);
    // Where the answer was gRPC, its message says why; else the connection's own line must.
    if (event.how === "proxy-error" && event.status.source === "trailers" && call !== undefined)
      this.#excused.add(call.connection);
    const failed = event.status.code !== 0;
    const answer = failed ? undefined : messageLine(answered, MESSAGE_CELLS);
    const facts = {
      metadata: this.#metadata(event.call),
      httpStatus: call?.protocol === "unknown" ? this.#httpStatus(event.call) : undefined,
      asked: event.client.messages === 1 ? messageLine(asked, failed ? ASKED_CELLS : MESSAGE_CELLS) : undefined,
      // Of several answers the last: it is what a stream came to.
      answered: answer === undefined || event.server.messages === 1 ? answer : `… ${answer}`,
    };
    return `${endLine(event, call, facts, this.#style)}\n`;
  }

  #remember(event: MessageEvent): void {
    const latest = this.#latest.get(event.call) ?? {};
    if (event.kind === "client-message") latest.client = event;
    else latest.server = event;
    this.#latest.set(event.call, latest);
  }

  #streams(call: Call | undefined, at: number): string | undefined {
    if (call === undefined || call.end !== undefined || !this.#quiet.delete(call.id)) return undefined;
    // What is asked of a stream says what it is; with several questions, none of them does.
    const question = call.client.messages === 1 ? this.#latest.get(call.id)?.client : undefined;
    const asked = question && this.#messages?.peek(question.seq);
    return streamingLine(call, at, messageLine(asked, ASKED_CELLS), this.#style);
  }

  #problem(event: ProtocolErrorEvent): string | undefined {
    const told = this.#problems.get(event.connection) ?? new Set();
    if (told.size >= MAX_PROBLEMS) told.clear();
    const key = `${event.call ?? ""} ${event.from} ${event.code}`;
    if (told.has(key)) return undefined;
    this.#problems.set(event.connection, told.add(key));
    return problemLine(event, event.call === undefined ? undefined : this.#call(event.call), this.#style);
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

  /** With the secrets in its path hidden. */
  #call(id: number): Call | undefined {
    const call = this.#capture.call(id);
    if (call === undefined || this.#salt === undefined) return call;
    const method = maskPath(call.method, this.#salt);
    return method === call.method ? call : { ...call, method };
  }

  /** What both sides sent in metadata of known types. */
  #metadata(call: number): string {
    const decoder = this.#messages?.decoder;
    if (decoder === undefined) return "";
    const lists = [this.#requestFields(call), this.#capture.trailersOf(call)];
    return lists
      .map((fields) => metadataText(decoder.metadata(fields) ?? {}))
      .filter((text) => text !== "")
      .join(", ");
  }

  #requestFields(call: number): readonly Field[] {
    for (const event of this.#capture.eventsOf(call)) return event.kind === "client-header" ? event.fields : [];
    return [];
  }

  #httpStatus(call: number): string | undefined {
    for (const event of this.#capture.eventsOf(call))
      if (event.kind === "server-header" && event.informational !== true) return firstValue(event.fields, ":status");
    return undefined;
  }
}
