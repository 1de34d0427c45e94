// Writes down, a line an event, what the readers tell, and checks as it does so that they keep to their own contracts.
import { createHash } from "node:crypto";
import { Capture } from "../../src/capture/capture.js";
import { ConnectionRecorder } from "../../src/capture/connection-recorder.js";
import { ConnectionReader, type ConnectionSink } from "../../src/http2/connection-reader.js";
import { settingName } from "../../src/http2/frames.js";
import type { FieldList } from "../../src/http2/hpack/decoder.js";
import { CLIENT, type Http2Stream, type SideIndex, sideName } from "../../src/http2/stream.js";
import type { CallEndEvent, CaptureEvent, EndedBy, HowEnded, MessageEvent } from "../../src/model/events.js";
import type { Field } from "../../src/model/fields.js";
import type { StatusSource } from "../../src/model/status.js";
import { CallFollower, type FollowedCall } from "../../src/rpc/call-follower.js";
import type { CallSink } from "../../src/rpc/call-sink.js";
import type { RequestFacts } from "../../src/rpc/grpc.js";
import { anySplit, concat, type Fed, type Turn } from "./any-split.js";
import { textOf } from "./frames.js";

const SHOWN_BYTES = 40;
/** The time at which everything happens unless a test says otherwise. */
export const NOON = 43_200_000;

interface Growing {
  readonly flag: number;
  readonly announced: number | undefined;
  parts: Uint8Array[];
  received: number;
}

/** Handed out for a call and, as the capture does, used again for a later one. */
export class CallHandle {
  id = 0;
  over = false;
  readonly messages: [Growing | undefined, Growing | undefined] = [undefined, undefined];
  readonly counts: [number, number] = [0, 0];

  begin(id: number): void {
    this.id = id;
    this.over = false;
    this.messages.fill(undefined);
    this.counts.fill(0);
  }
}

export class RecordingSink implements CallSink<CallHandle> {
  /** As in "3 client-message 0 \"hi\"": the call's number, the kind, what is to be said of it. */
  readonly lines: string[] = [];
  /** The fields of every line that has some, by the line's place. */
  readonly fields: Record<number, readonly Field[]> = {};
  /** Of messages, by side. */
  readonly messageBytes: [number, number] = [0, 0];
  /** Calls are only counted once so many were opened. */
  maxCalls = Number.POSITIVE_INFINITY;
  #calls = 0;
  #lastFacts: RequestFacts | undefined;
  #lastProtocol = "";

  /** Whether it takes several things at once that are usual; each time it is asked. */
  takesPlain: () => boolean = () => true;

  plainRequest(connection: number, stream: number, list: FieldList, facts: RequestFacts, used: CallHandle): boolean {
    if (!this.takesPlain() || !used.over || facts !== this.#lastFacts || this.#calls >= this.maxCalls) return false;
    must(this.openCall(connection, stream, this.#lastProtocol, list, facts, false, used) === used, "it is used again");
    return true;
  }

  plainMessage(
    call: CallHandle,
    from: SideIndex,
    flag: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    last: boolean,
  ): boolean {
    if (!this.takesPlain() || call.over) return false;
    must(from === CLIENT || !last, "a server that ends a call ends it by trailers");
    this.message(call, from, flag, bytes, start, end);
    if (last) this.halfClose(call);
    return true;
  }

  plainAnswer(call: CallHandle, list: FieldList): boolean {
    if (!this.takesPlain() || call.over) return false;
    this.serverHeader(call, list, false);
    return true;
  }

  plainEnd(call: CallHandle, list: FieldList, code: number): boolean {
    if (!this.takesPlain()) return false;
    this.serverTrailer(call, list, false);
    this.endCall(call, "trailers", "server", code, "trailers", 0);
    return true;
  }

  note(line: string, list?: FieldList): void {
    if (list !== undefined) this.fields[this.lines.length] = list.fields;
    this.lines.push(line);
  }

  openCall(
    _connection: number,
    _stream: number,
    protocol: string,
    list: FieldList | undefined,
    facts: RequestFacts,
    pushed: boolean,
    used: CallHandle | undefined,
  ): CallHandle | undefined {
    if (this.#calls >= this.maxCalls) return undefined;
    must(used === undefined || used.over, "the handle of an open call was offered for use");
    this.#lastFacts = facts;
    this.#lastProtocol = protocol;
    must(typeof facts.method === "string", "a request without a method is one with an empty method");
    const handle = used ?? new CallHandle();
    handle.begin(++this.#calls);
    const what = list === undefined ? "unreadable" : `${protocol} ${facts.method}`;
    this.note(`${handle.id} client-header ${what}${pushed ? " pushed" : ""}`, list);
    return handle;
  }

  serverHeader(call: CallHandle, list: FieldList | undefined, informational: boolean): void {
    this.note(`${call.id} server-header${list === undefined ? " unreadable" : informational ? " 1xx" : ""}`, list);
  }

  message(call: CallHandle, from: SideIndex, flag: number, bytes: Uint8Array, start: number, end: number): void {
    must(start >= 0 && start <= end && end <= bytes.length, "a range lies within its chunk");
    must(call.messages[from] === undefined, "a message does not begin within another");
    const growing: Growing = { flag, announced: end - start, parts: [bytes.slice(start, end)], received: end - start };
    this.#messageLine(call, from, growing, true);
  }

  messageStart(call: CallHandle, from: SideIndex, flag: number, announced: number | undefined): void {
    must(call.messages[from] === undefined, "a message does not begin within another");
    call.messages[from] = { flag, announced, parts: [], received: 0 };
  }

  messagePart(call: CallHandle, from: SideIndex, bytes: Uint8Array, start: number, end: number): void {
    must(start >= 0 && start < end && end <= bytes.length, "a part lies within its chunk and is never empty");
    const growing = call.messages[from];
    must(growing !== undefined, "a part belongs to a message");
    growing.parts.push(bytes.slice(start, end));
    growing.received += end - start;
  }

  messageEnd(call: CallHandle, from: SideIndex, complete: boolean): void {
    const growing = call.messages[from];
    must(growing !== undefined, "only what began can end");
    call.messages[from] = undefined;
    this.#messageLine(call, from, growing, complete);
  }

  prefixCut(call: CallHandle, from: SideIndex, have: number): void {
    must(have >= 1 && have <= 4, "1 to 4 octets of a prefix are a cut one");
    this.note(`${call.id} problem ${sideName(from)} ERR_MESSAGE_CUT`);
  }

  halfClose(call: CallHandle): void {
    this.note(`${call.id} client-half-close`);
  }

  clientTrailer(call: CallHandle, list: FieldList | undefined): void {
    this.note(`${call.id} client-trailer${list === undefined ? " unreadable" : ""}`, list);
  }

  serverTrailer(call: CallHandle, list: FieldList | undefined, only: boolean): void {
    this.note(
      `${call.id} server-trailer${only ? " trailers-only" : ""}${list === undefined ? " unreadable" : ""}`,
      list,
    );
  }

  cancel(call: CallHandle, from: SideIndex, code: number): void {
    this.note(`${call.id} cancel ${sideName(from)} ${code}`);
  }

  endCall(call: CallHandle, how: HowEnded, by: EndedBy, code: number, source: StatusSource, _detail: number): void {
    must(!call.over, "a call ends once");
    call.over = true;
    this.note(`${call.id} call-end ${how} by ${by}: ${code} from ${source}`);
  }

  problem(_connection: number, call: CallHandle | undefined, from: SideIndex, code: string, _message: string): void {
    this.note(`${call === undefined ? "" : `${call.id} `}problem ${sideName(from)} ${code}`);
  }

  #messageLine(call: CallHandle, from: SideIndex, growing: Growing, complete: boolean): void {
    const { announced, received, flag } = growing;
    must(announced === undefined || received <= announced, "no more comes of a message than was announced");
    must(!complete || announced === undefined || received === announced, "a complete message has what was announced");
    this.messageBytes[from] += received;
    const index = call.counts[from]++;
    const about = messageAbout(concat(...growing.parts), flag, complete ? undefined : announced);
    this.note(`${call.id} ${sideName(from)}-message ${index} ${about}`);
  }
}

function must(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`broken contract: ${what}`);
}

function messageAbout(bytes: Uint8Array, flag: number, cutOf: number | undefined): string {
  const what =
    bytes.length <= SHOWN_BYTES
      ? JSON.stringify(textOf(bytes))
      : `${bytes.length} ${createHash("sha1").update(bytes).digest("hex").slice(0, 8)}`;
  const compressed = flag === 1 ? " compressed" : "";
  if (cutOf !== undefined) return `${what}${compressed} cut of ${cutOf}`;
  return `${what}${flag > 1 ? ` flag ${flag}` : compressed}`;
}

/** Everything that the readers make of one connection. */
export class RecordedConnection implements ConnectionSink<FollowedCall<CallHandle>> {
  readonly sink = new RecordingSink();
  readonly reader: ConnectionReader<FollowedCall<CallHandle>>;
  /** Where to find what was wrong in words. */
  readonly problems: string[] = [];
  now = NOON;
  readonly #follower: CallFollower<CallHandle>;

  constructor(byProxy = false) {
    this.#follower = new CallFollower(1, this.sink, byProxy);
    this.reader = new ConnectionReader(this.#follower, this);
  }

  push(bytes: Uint8Array, from: SideIndex): void {
    this.reader.push(from, bytes, this.now);
  }

  close(by: EndedBy): void {
    this.reader.finish(this.now);
    for (const stream of this.reader.openStreams()) this.#follower.lost(stream, by);
  }

  settings(from: SideIndex, bytes: Uint8Array | undefined, start: number, end: number): void {
    const all: string[] = [];
    for (let at = start; bytes !== undefined && at + 6 <= end; at += 6) {
      const view = new DataView(bytes.buffer, bytes.byteOffset + at, 6);
      all.push(` ${settingName(view.getUint16(0))}=${view.getUint32(2)}`);
    }
    this.sink.note(`settings ${sideName(from)}${bytes === undefined ? " ack" : all.join("")}`);
  }

  ping(from: SideIndex, ack: boolean, bytes: Uint8Array, start: number): void {
    this.sink.note(`ping ${sideName(from)} ${textOf(bytes.slice(start, start + 8))}${ack ? " ack" : ""}`);
  }

  goaway(from: SideIndex, lastStream: number, code: number, bytes: Uint8Array, start: number, end: number): void {
    this.sink.note(`goaway ${sideName(from)} ${lastStream} ${code} ${textOf(bytes.slice(start, end))}`.trimEnd());
  }

  unfollowed(): void {}

  windowStall(from: SideIndex, stream: number, sinceMs: number): void {
    this.sink.note(`window-stall ${sideName(from)} ${stream} ${this.now - sinceMs}`);
  }

  problem(
    from: SideIndex,
    stream: Http2Stream<FollowedCall<CallHandle>> | undefined,
    code: string,
    message: string,
  ): void {
    this.problems.push(message);
    this.sink.problem(1, stream?.known === true ? stream.call?.handle : undefined, from, code, message);
  }
}

export interface Recording {
  readonly lines: readonly string[];
  readonly fields: Readonly<Record<number, readonly Field[]>>;
  readonly problems: readonly string[];
  readonly messageBytes: readonly [number, number];
}

/** What the readers make of turns, whatever the cut; the connection is then closed if a side is named. */
export function recordCalls(turns: readonly Turn[], closedBy?: EndedBy, seed?: number): Recording {
  let connections = 0;
  const start = (): Fed<Recording> => {
    const connection = new RecordedConnection();
    // One takes what is usual at once, the next step by step, the next now so, now so: it makes no difference.
    const mode = connections++ % 3;
    let asked = 0;
    connection.sink.takesPlain = () => mode === 0 || (mode === 2 && asked++ % 3 > 0);
    return {
      push: (bytes, from) => connection.push(bytes, from),
      result: () => {
        if (closedBy !== undefined) connection.close(closedBy);
        const { lines, fields, messageBytes } = connection.sink;
        return { lines, fields, problems: connection.problems, messageBytes };
      },
    };
  };
  return anySplit(turns, start, seed);
}

/** The same through the capture: its events as the same lines, and as they are but for their numbers and times. */
export function captureCalls(turns: readonly Turn[], closedBy: "client" | "server", seed?: number) {
  const start = () => {
    const capture = new Capture({ maxMemoryBytes: 0 });
    capture.tick(NOON);
    const recorder = new ConnectionRecorder(capture);
    recorder.opened({ client: "c:1", server: "s:1", relay: "tap", protocol: "h2" });
    return {
      push: (bytes: Uint8Array, from: SideIndex) => recorder.read(from, bytes),
      result: () => {
        recorder.closed(closedBy, "end", undefined);
        return readCapture(capture);
      },
    };
  };
  return anySplit(turns, start, seed);
}

function readCapture(capture: Capture) {
  const events: Record<string, unknown>[] = [];
  const lines: string[] = [];
  for (let seq = 1; seq <= capture.newestSeq; seq++) {
    const event = capture.event(seq)!;
    const bytes = capture.messageBytes(seq);
    const { seq: _seq, at: _at, ...rest } = event;
    events.push({ ...rest, ...(bytes === undefined ? {} : { sha1: createHash("sha1").update(bytes).digest("hex") }) });
    const line = captureLine(event, bytes);
    if (line !== undefined) lines.push(line);
  }
  return { events, lines };
}

function captureLine(event: CaptureEvent, bytes: Uint8Array | undefined): string | undefined {
  switch (event.kind) {
    case "client-header": {
      const what = event.problem === undefined ? `${event.protocol} ${event.method}` : "unreadable";
      return `${event.call} client-header ${what}${event.pushed === true ? " pushed" : ""}`;
    }
    case "server-header": {
      const what = event.problem !== undefined ? " unreadable" : event.informational === true ? " 1xx" : "";
      return `${event.call} server-header${what}`;
    }
    case "client-message":
    case "server-message":
      return `${event.call} ${event.kind} ${event.index} ${capturedMessage(event, bytes ?? new Uint8Array(0))}`;
    case "client-half-close":
      return `${event.call} client-half-close`;
    case "client-trailer":
      return `${event.call} client-trailer${event.problem === undefined ? "" : " unreadable"}`;
    case "server-trailer": {
      const only = event.trailersOnly === true ? " trailers-only" : "";
      return `${event.call} server-trailer${only}${event.problem === undefined ? "" : " unreadable"}`;
    }
    case "cancel":
      return `${event.call} cancel ${event.from} ${event.code}`;
    case "call-end":
      return endLine(event);
    case "protocol-error":
      return `${event.call === undefined ? "" : `${event.call} `}problem ${event.from} ${event.code}`;
    default:
      return undefined;
  }
}

function endLine({ call, how, by, status }: CallEndEvent): string {
  return `${call} call-end ${how} by ${by}: ${status.code} from ${status.source}`;
}

function capturedMessage(event: MessageEvent, bytes: Uint8Array): string {
  const cut =
    event.problem?.code === "ERR_MESSAGE_CUT" ? /of (\d+) bytes$/.exec(event.problem.message)?.[1] : undefined;
  const odd = event.problem?.code === "ERR_MESSAGE_FLAG" ? /with (\d+);/.exec(event.problem.message)?.[1] : undefined;
  return messageAbout(
    bytes,
    odd === undefined ? Number(event.compressed === true) : Number(odd),
    cut === undefined ? undefined : Number(cut),
  );
}
