// The capture: an append-only list of events within a bound of memory. Bytes in byte logs, events and calls as rows of numbers.
import { FrameLog } from "../http2/frame-log.js";
import { HeldBytes } from "../http2/held-bytes.js";
import type { FieldList } from "../http2/hpack/decoder.js";
import { CLIENT, type SideIndex } from "../http2/stream.js";
import { StreamPool } from "../http2/stream-pool.js";
import type { Call, CaptureCounters } from "../model/call.js";
import type { CallEvent, CaptureEvent, ConnectionEvent, EndedBy, HowEnded } from "../model/events.js";
import type { Field } from "../model/fields.js";
import type { StatusSource } from "../model/status.js";
import type { FollowedCall } from "../rpc/call-follower.js";
import type { CallSink } from "../rpc/call-sink.js";
import type { RequestFacts } from "../rpc/grpc.js";
import { CallFacts } from "./call-facts.js";
import { FLOAT as CALL_FLOAT, WHOLE as CALL_WHOLE } from "./call-numbers.js";
import { CallRows } from "./call-rows.js";
import { EventFacts } from "./event-facts.js";
import {
  ROW_FLAG as EVENT_FLAG,
  HIGH as EVENT_HIGH,
  KIND as EVENT_KIND,
  EventRows,
  ROW_COLUMNS,
} from "./event-rows.js";
import { FieldBytes } from "./field-bytes.js";
import { GrowingMessage, MessageBytes } from "./message-bytes.js";
import { Names } from "./names.js";
import type { OpenCall } from "./open-call.js";
import { packOutcome, USUAL } from "./outcome.js";
import { CaptureReader } from "./reader.js";
import { SLAB_BYTES, Slabs } from "./slabs.js";

export const DEFAULT_MAX_MEMORY_BYTES = 256 * 1024 * 1024;
/** Below this the fixed parts leave nothing to keep. */
export const MIN_MAX_MEMORY_BYTES = 8 * 1024 * 1024;
export const DEFAULT_MAX_MESSAGE_BYTES = 16 * 1024 * 1024;
/** Calls open at once over all connections, about 1.5 KiB each with their streams, so 48 MiB; the rest are counted only. */
const MAX_OPEN_CALLS = 32_768;
/** A problem's text is ours but may quote a peer. */
const MAX_PROBLEM_CHARS = 500;

// V8 puts what a module's own constants say into the code that it compiles; what is imported it looks up each time.
const FROM_CLIENT = CLIENT;
const USUAL_OUTCOME = USUAL;
const FLOAT = CALL_FLOAT;
const WHOLE = CALL_WHOLE;
const KIND = EVENT_KIND;
const ROW_FLAG = EVENT_FLAG;
const HIGH = EVENT_HIGH;
const COLUMNS = ROW_COLUMNS;

/** An event without what the capture adds, whatever its kind. */
type WithoutCommon<E> = E extends unknown ? Omit<E, "seq" | "at"> : never;
export type NewConnectionEvent = WithoutCommon<ConnectionEvent>;

export interface CaptureOptions {
  /** Everything kept, {@link MIN_MAX_MEMORY_BYTES} at least; default {@link DEFAULT_MAX_MEMORY_BYTES}. */
  readonly maxMemoryBytes?: number;
  /** One message is kept up to this; default {@link DEFAULT_MAX_MESSAGE_BYTES}. */
  readonly maxMessageBytes?: number;
}

export class Capture implements CallSink<OpenCall> {
  readonly maxMemoryBytes: number;
  /** What the readers of its connections hold of what is not yet whole. */
  readonly held = new HeldBytes();
  /** Streams of connections that are over, and what hangs on them. */
  readonly streams = new StreamPool<FollowedCall<OpenCall>>();
  /**
   * What read the connection that ended last: nobody looks at it or at {@link streams}, they are only there. Once there is no object of
   * a kind V8 forgets what they look like, and with it all that it compiled for them; after a pause between two connections
   * calls cost ten times as much for seconds.
   */
  lastReader: unknown;
  #frames: FrameLog | undefined;
  // Declared only, so that they never were undefined: V8 then knows what they are (src/README.md, "Speed").
  declare private readonly bodies: MessageBytes;
  declare private readonly fieldBytes: FieldBytes;
  declare private readonly eventRows: EventRows;
  declare private readonly callRows: CallRows;
  readonly #names = new Names();
  #lastFacts: RequestFacts | undefined;
  #lastMethod = 0;
  #lastProtocol = 0;
  #lastTimeoutMs = -1;
  readonly #reader: CaptureReader;
  readonly #listeners = new Set<() => void>();
  readonly #clearListeners = new Set<() => void>();
  /** There are listeners, and they were not yet called for what comes next. */
  #unheard = false;
  #now = 0;
  #chunks = 0;
  #connections = 0;
  #openConnections = 0;
  #trimmedMessageBytes = 0;
  #trimmedCalls = 0;
  #unfollowedCalls = 0;
  #failedCalls = 0;

  constructor(options: CaptureOptions = {}) {
    this.maxMemoryBytes = Math.max(MIN_MAX_MEMORY_BYTES, options.maxMemoryBytes ?? DEFAULT_MAX_MEMORY_BYTES);
    // One message must leave room for what belongs to it.
    const maxMessage = Math.min(options.maxMessageBytes ?? DEFAULT_MAX_MESSAGE_BYTES, this.maxMemoryBytes / 4);
    const memory = new Slabs(this.maxMemoryBytes);
    const grow = () => this.#trim();
    this.eventRows = new EventRows(memory, grow);
    this.callRows = new CallRows(memory, grow);
    this.fieldBytes = new FieldBytes(memory, grow);
    this.bodies = new MessageBytes(memory, maxMessage, grow);
    this.#reader = new CaptureReader(this.eventRows, this.callRows, this.fieldBytes, this.bodies, this.#names);
  }

  // Writing: called by the relay's readers, in the order in which things happened.

  /** The time of what comes next. @param now Unix ms, never less than before */
  tick(now: number): void {
    this.#now = now;
  }

  /** Chunks of traffic that were read so far: grows for as long as anything is carried, in the midst of a message too. */
  get chunks(): number {
    return this.#chunks;
  }

  /** New octets are about to be read: no range of those before is good any more. */
  beginChunk(): void {
    this.#chunks++;
    this.bodies.beginChunk();
  }

  /** The last frames of connections, when somebody asked for them to be kept. */
  get frames(): FrameLog | undefined {
    return this.#frames;
  }

  /** Keeps frames of connections that open from now on. */
  keepFrames(): void {
    this.#frames ??= new FrameLog();
  }

  get now(): number {
    return this.#now;
  }

  /** @returns the new connection's number: 1, 2, 3 … */
  openConnection(): number {
    this.#openConnections++;
    return ++this.#connections;
  }

  closeConnection(): void {
    this.#openConnections--;
  }

  connectionEvent(event: NewConnectionEvent): void {
    this.fieldBytes.putDetails(JSON.stringify(event), this.eventRows.newest + 1);
    this.#placeDetails(this.#beginAlone(event.connection, KIND.connection));
  }

  /** One that is counted only, because too many are open. */
  callNotFollowed(): void {
    this.#unfollowedCalls++;
  }

  openCall(
    connection: number,
    stream: number,
    protocol: string,
    list: FieldList | undefined,
    facts: RequestFacts,
    pushed: boolean,
    used: OpenCall | undefined,
  ): OpenCall | undefined {
    if (this.callRows.openCount >= MAX_OPEN_CALLS) {
      this.callNotFollowed();
      return undefined;
    }
    this.#look(facts, protocol);
    const call = this.callRows.open(used);
    this.#fillRow(call, connection, stream);
    this.#appendList(call, KIND.clientHeader | (pushed ? ROW_FLAG.special : 0), list, WHOLE.clientListSerial);
    return call;
  }

  plainRequest(connection: number, stream: number, list: FieldList, facts: RequestFacts, used: OpenCall): boolean {
    const calls = this.callRows;
    const events = this.eventRows;
    if (facts !== this.#lastFacts || this.#unheard === true) return false;
    if (this.fieldBytes.holds(list) === false || events.hasRoom(1) === false) return false;
    if (calls.mayReopen(used) === false || calls.openCount >= MAX_OPEN_CALLS) return false;
    calls.reopen(used);
    this.#fillRow(used, connection, stream);
    this.#placeList(used, list, events.appendFirst(this.#now, used, KIND.clientHeader), WHOLE.clientListSerial);
    return true;
  }

  /** What is known of a call as it begins; its first event is the next. */
  #fillRow({ wholes, whole, floats, float }: OpenCall, connection: number, stream: number): void {
    floats[(float + FLOAT.startedAt) | 0] = this.#now;
    floats[(float + FLOAT.timeoutMs) | 0] = this.#lastTimeoutMs;
    floats[(float + FLOAT.firstSeq) | 0] = this.eventRows.newest + 1;
    wholes[(whole + WHOLE.connection) | 0] = connection;
    wholes[(whole + WHOLE.stream) | 0] = stream;
    wholes[(whole + WHOLE.method) | 0] = this.#lastMethod;
    wholes[(whole + WHOLE.protocol) | 0] = this.#lastProtocol;
  }

  /** Whether the next `count` events of a call can be written down without anything else being done for them. */
  #takes(call: OpenCall, count: number): boolean {
    return call.isOpen === true && this.#unheard === false && this.eventRows.isNear(call.lastSeq, count) === true;
  }

  plainMessage(
    call: OpenCall,
    from: SideIndex,
    flag: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    last: boolean,
  ): boolean {
    const position = this.bodies.placeInRun(bytes, start, end);
    if (position < 0 || this.#takes(call, 2) === false) return false;
    const events = this.eventRows;
    const meta = ROW_FLAG.prefixed | (flag << 16) | (from === FROM_CLIENT ? KIND.clientMessage : SERVER_MESSAGE);
    const to =
      last === true
        ? events.appendTwo(this.#now, call, meta, KIND.clientHalfClose)
        : events.append(this.#now, call, meta);
    const length = (end - start) | 0;
    this.#countMessage(call, from, to, length);
    this.#placeMessage(to, this.bodies.runSerial, position, length);
    return true;
  }

  plainAnswer(call: OpenCall, list: FieldList): boolean {
    if (this.fieldBytes.holds(list) === false || this.#takes(call, 1) === false) return false;
    this.#placeList(call, list, this.eventRows.append(this.#now, call, KIND.serverHeader), WHOLE.serverListSerial);
    this.#answered(call);
    return true;
  }

  plainEnd(call: OpenCall, list: FieldList, code: number): boolean {
    if (this.fieldBytes.holds(list) === false || this.#takes(call, 2) === false) return false;
    const to = this.eventRows.appendTwo(this.#now, call, KIND.serverTrailer, KIND.callEnd);
    this.#placeList(call, list, to, WHOLE.trailerListSerial);
    this.#end(call, (to + COLUMNS) | 0, code, 0, USUAL_OUTCOME);
    return true;
  }

  serverHeader(call: OpenCall, list: FieldList | undefined, informational: boolean): void {
    if (informational) this.#appendList(call, KIND.serverHeader | ROW_FLAG.special, list, -1);
    else this.#appendList(call, KIND.serverHeader, list, WHOLE.serverListSerial);
    this.#answered(call);
  }

  message(call: OpenCall, from: SideIndex, flag: number, bytes: Uint8Array, start: number, end: number): void {
    const messages = this.bodies;
    if (messages.putWhole(bytes, start, end) === false) {
      this.#longMessage(call, from, flag, bytes, start, end);
      return;
    }
    const length = (end - start) | 0;
    const to = this.#beginMessage(call, from, ROW_FLAG.prefixed | (flag << 16), length);
    this.#placeMessage(to, messages.serial, messages.position, length);
  }

  /** Notes where a message's octets stand. @param to in its event's numbers */
  #placeMessage(to: number, serial: number, position: number, length: number): void {
    const { numbers } = this.eventRows;
    numbers[to] = serial;
    numbers[(to + 1) | 0] = position;
    numbers[(to + 2) | 0] = length;
  }

  #longMessage(call: OpenCall, from: SideIndex, flag: number, bytes: Uint8Array, start: number, end: number): void {
    this.messageStart(call, from, flag, end - start);
    this.messagePart(call, from, bytes, start, end);
    this.messageEnd(call, from, true);
  }

  messageStart(call: OpenCall, from: SideIndex, flag: number, announced: number | undefined): void {
    const message = new GrowingMessage(flag, announced);
    if (from === CLIENT) call.clientMessage = message;
    else call.serverMessage = message;
  }

  messagePart(call: OpenCall, from: SideIndex, bytes: Uint8Array, start: number, end: number): void {
    const message = from === CLIENT ? call.clientMessage : call.serverMessage;
    if (message !== undefined) this.bodies.append(message, bytes, start, end);
  }

  messageEnd(call: OpenCall, from: SideIndex, complete: boolean): void {
    const message = from === CLIENT ? call.clientMessage : call.serverMessage;
    if (message === undefined) return;
    if (from === CLIENT) call.clientMessage = undefined;
    else call.serverMessage = undefined;
    const meta =
      ROW_FLAG.chained |
      (message.flag << 16) |
      (message.announced === undefined ? 0 : ROW_FLAG.prefixed) |
      (complete ? 0 : ROW_FLAG.cut) |
      (message.inflated ? ROW_FLAG.inflated : message.kept < message.received ? ROW_FLAG.truncated : 0);
    const { serial, position, kept, received } = message;
    const to = this.#beginMessage(call, from, meta, received);
    this.#placeMessage(to, serial, position, kept);
    const { numbers } = this.eventRows;
    numbers[to + 4] = received;
    numbers[to + 5] = message.announced ?? received / HIGH;
  }

  prefixCut(call: OpenCall, from: SideIndex, have: number): void {
    if (call.isOpen === false) this.callRows.late(call);
    this.problem(
      call.wholes[call.whole + WHOLE.connection]!,
      call,
      from,
      "ERR_MESSAGE_CUT",
      `stream ended after ${have} of the 5 octets of a message prefix`,
    );
  }

  halfClose(call: OpenCall): void {
    this.#begin(call, KIND.clientHalfClose);
  }

  clientTrailer(call: OpenCall, list: FieldList | undefined): void {
    this.#appendList(call, KIND.clientTrailer, list, -1);
  }

  serverTrailer(call: OpenCall, list: FieldList | undefined, trailersOnly: boolean): void {
    this.#appendList(call, KIND.serverTrailer | (trailersOnly ? ROW_FLAG.special : 0), list, WHOLE.trailerListSerial);
    this.#answered(call);
  }

  cancel(call: OpenCall, from: SideIndex, code: number): void {
    this.eventRows.numbers[this.#begin(call, KIND.cancel | sideFlag(from))] = code;
  }

  endCall(call: OpenCall, how: HowEnded, by: EndedBy, code: number, source: StatusSource, detail: number): void {
    this.#end(call, this.#begin(call, KIND.callEnd), code, detail, packOutcome(how, by, source));
  }

  /** @param to where the numbers of the event go that tells it */
  #end(call: OpenCall, to: number, code: number, detail: number, outcome: number): void {
    const { wholes, whole } = call;
    call.floats[(call.float + FLOAT.endedAt) | 0] = this.#now;
    if (code !== 0) this.#failedCalls++;
    wholes[(whole + WHOLE.statusCode) | 0] = code;
    wholes[(whole + WHOLE.detail) | 0] = detail;
    wholes[(whole + WHOLE.outcome) | 0] = outcome;
    this.#tellCounts(call, to);
    this.callRows.end(call);
  }

  /** Writes down what passed during a call until now. @param to in an event's numbers */
  #tellCounts({ wholes, whole, floats, float }: OpenCall, to: number): void {
    const client = floats[(float + FLOAT.clientBytes) | 0]!;
    const server = floats[(float + FLOAT.serverBytes) | 0]!;
    const { numbers } = this.eventRows;
    numbers[to] = wholes[(whole + WHOLE.clientMessages) | 0]!;
    numbers[(to + 1) | 0] = wholes[(whole + WHOLE.serverMessages) | 0]!;
    // Rows keep the lower 32 bits of each number.
    numbers[(to + 2) | 0] = client;
    numbers[(to + 3) | 0] = client < HIGH ? 0 : client / HIGH;
    numbers[(to + 4) | 0] = server;
    numbers[(to + 5) | 0] = server < HIGH ? 0 : server / HIGH;
  }

  problem(connection: number, call: OpenCall | undefined, from: SideIndex, code: string, message: string): void {
    const text = `${connection}\n${code}\n${message.slice(0, MAX_PROBLEM_CHARS)}`;
    this.fieldBytes.putDetails(text, this.eventRows.newest + 1);
    const meta = KIND.protocolError | sideFlag(from);
    this.#placeDetails(call === undefined ? this.#beginAlone(0, meta) : this.#begin(call, meta));
  }

  /** Drops what happened so far, but for the rows of calls that are still open: what comes of them is kept. Nothing is counted anew. */
  clear(): void {
    this.#trimmedCalls += this.callRows.clear();
    this.eventRows.clear();
    this.fieldBytes.dropBefore(this.eventRows.oldest);
    while (this.#dropMessages());
    if (this.#unheard) this.#tellSoon();
    for (const listener of [...this.#clearListeners]) listener();
  }

  // Reading: what is made here is made for the one who asks.

  get counters(): CaptureCounters {
    return {
      calls: this.callRows.count,
      openCalls: this.callRows.openCount,
      events: this.eventRows.newest,
      connections: this.#connections,
      openConnections: this.#openConnections,
      keptBytes: this.#bytes(),
      trimmedMessageBytes: this.#trimmedMessageBytes,
      trimmedEvents: this.eventRows.oldest - 1,
      trimmedCalls: this.#trimmedCalls,
      unfollowedCalls: this.#unfollowedCalls,
      failedCalls: this.#failedCalls,
    };
  }

  /** The seq of the oldest event that is kept; one more than {@link newestSeq} when there is none. */
  get oldestSeq(): number {
    return this.eventRows.oldest;
  }

  /** The seq of the last event that {@link clear} dropped; 0 before it ever did. */
  get clearedSeq(): number {
    return this.eventRows.cleared;
  }

  /** The seq of the newest event; 0 before the first. */
  get newestSeq(): number {
    return this.eventRows.newest;
  }

  /** @returns undefined when there is no such event, or what it said was trimmed */
  event(seq: number): CaptureEvent | undefined {
    return this.#reader.event(seq);
  }

  /**
   * The events of one call that are still kept, in order.
   * @param after the seq of an event of the call: only those that follow it, for who has read so far; default all
   */
  eventsOf(call: number, after?: number): IterableIterator<CallEvent> {
    return this.#reader.eventsOf(call, after);
  }

  /** @returns undefined when there is no such call, or no more */
  call(id: number): Call | undefined {
    return this.#reader.call(id);
  }

  /** The method of a call, "" when the call is not kept: cheaper than all of {@link call}. */
  methodOf(id: number): string {
    return this.#reader.methodOf(id);
  }

  /** The trailers of a call; none when there are none, or no more. */
  trailersOf(id: number): readonly Field[] {
    return this.#reader.trailersOf(id);
  }

  /** All calls that are kept, by id. */
  calls(): IterableIterator<Call> {
    return this.#reader.calls();
  }

  /** Reads calls' rows without making objects; each reader has its own. */
  callFacts(): CallFacts {
    return new CallFacts(this.callRows, this.fieldBytes, this.#names);
  }

  /** Reads events' rows without making objects; each reader has its own. */
  eventFacts(): EventFacts {
    return new EventFacts(this.eventRows, this.callRows);
  }

  /** The first id that is kept with all that follow it; older ones are among {@link oldOpenCalls}, or gone. */
  get oldestCall(): number {
    return this.callRows.oldest;
  }

  /** The id of the newest call; 0 before the first. */
  get newestCall(): number {
    return this.callRows.count;
  }

  /** Ids of calls older than {@link oldestCall} that are kept, as they were open when the others went. */
  oldOpenCalls(): IterableIterator<number> {
    return this.callRows.survivors();
  }

  /** Ids of the calls that are open, oldest first. */
  openCalls(): IterableIterator<number> {
    return this.callRows.openCalls();
  }

  /**
   * The bytes of a message event as they crossed the wire, without the prefix: a copy, and only the first part of a message
   * that was longer than the limit.
   * @param take gives the memory for the copy; default memory of its own
   * @returns undefined when the seq is no message's, or its bytes were trimmed
   */
  messageBytes(seq: number, take?: (length: number) => Uint8Array): Uint8Array | undefined {
    return this.#reader.messageBytes(seq, take);
  }

  /**
   * Calls back when there are new events, or all were cleared, once for all those of a turn of the event loop: read them from where you stopped.
   * @returns a function that ends it
   */
  onAppend(listener: () => void): () => void {
    if (this.#listeners.size === 0) this.#unheard = true;
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#unheard = false;
    };
  }

  /** Calls back at once when all was cleared. @returns a function that ends it */
  onClear(listener: () => void): () => void {
    this.#clearListeners.add(listener);
    return () => this.#clearListeners.delete(listener);
  }

  /** Mostly the facts are the very same as the last call's, and their protocol with them. */
  #look(facts: RequestFacts, protocol: string): void {
    if (facts === this.#lastFacts) return;
    this.#lastFacts = facts;
    this.#lastMethod = this.#names.numberOf(facts.method);
    this.#lastProtocol = this.#names.numberOf(protocol);
    this.#lastTimeoutMs = facts.timeoutMs ?? -1;
  }

  #answered(call: OpenCall): void {
    const at = (call.float + FLOAT.answeredAt) | 0;
    if (call.floats[at] === 0) call.floats[at] = this.#now;
  }

  /** @param place where in the call's row it is noted where the list stands; -1 when that is nowhere */
  #appendList(call: OpenCall, meta: number, list: FieldList | undefined, place: number): void {
    if (list === undefined) {
      this.#begin(call, meta | ROW_FLAG.unreadable);
      return;
    }
    this.fieldBytes.putList(list, this.eventRows.newest + 1);
    this.#placeList(call, list, this.#begin(call, meta), place);
  }

  /** Notes where a list stands. @param to in the event's numbers @param place in the call's; -1 when nowhere there */
  #placeList(call: OpenCall, list: FieldList, to: number, place: number): void {
    const { storedSerial, storedPosition } = list;
    const { numbers } = this.eventRows;
    numbers[to] = storedSerial;
    numbers[(to + 1) | 0] = storedPosition;
    numbers[(to + 2) | 0] = list.droppedFields;
    if (place < 0) return;
    const { wholes } = call;
    const at = (call.whole + place) | 0;
    wholes[at] = storedSerial;
    wholes[(at + 1) | 0] = storedPosition + 1;
  }

  /** Begins a message's event and counts it. @returns where its numbers go; the fourth is written */
  #beginMessage(call: OpenCall, from: SideIndex, meta: number, received: number): number {
    const to = this.#begin(call, meta | (from === FROM_CLIENT ? KIND.clientMessage : SERVER_MESSAGE));
    this.#countMessage(call, from, to, received);
    return to;
  }

  /** @param to in the message's event, whose fourth number is how many came before it */
  #countMessage({ wholes, whole, floats, float }: OpenCall, from: SideIndex, to: number, received: number): void {
    const count = (whole + WHOLE.clientMessages + from) | 0;
    const index = wholes[count]!;
    wholes[count] = index + 1;
    floats[(float + FLOAT.clientBytes + from) | 0]! += received;
    this.eventRows.numbers[(to + 3) | 0] = index;
  }

  /** Begins an event of a call, before its row is written to. @returns where the event's numbers go */
  #begin(call: OpenCall, meta: number): number {
    if (call.isOpen === false) this.callRows.late(call);
    if (this.#unheard === true) this.#tellSoon();
    return this.eventRows.begin(this.#now, call, meta);
  }

  /** Of a problem or a connection's event: where in the fields its details stand, as they were put there last. */
  #placeDetails(to: number): void {
    this.eventRows.numbers[to] = this.fieldBytes.serial;
    this.eventRows.numbers[to + 1] = this.fieldBytes.position;
  }

  /** Begins an event of no call. */
  #beginAlone(owner: number, meta: number): number {
    if (this.#unheard === true) this.#tellSoon();
    return this.eventRows.beginAlone(this.#now, owner, meta);
  }

  #tellSoon(): void {
    this.#unheard = false;
    setImmediate(this.#notify);
  }

  readonly #notify = (): void => {
    this.#unheard = this.#listeners.size > 0;
    for (const listener of [...this.#listeners]) listener();
  };

  #bytes(): number {
    return this.bodies.log.bytes + this.fieldBytes.log.bytes + this.eventRows.bytes + this.callRows.bytes;
  }

  /**
   * Makes room for one more slab, and keeps to the bound with it. Oldest message bytes go first, down to a quarter of the bound, so that what
   * is happening now stays readable; then the oldest events with their fields, down to a quarter; then the oldest calls.
   */
  #trim(): void {
    const quarter = this.maxMemoryBytes / 4;
    while (this.#bytes() + SLAB_BYTES > this.maxMemoryBytes) {
      if (this.bodies.log.bytes > quarter && this.#dropMessages()) continue;
      if (this.fieldBytes.log.bytes > quarter && this.fieldBytes.dropOldest()) continue;
      if (this.eventRows.bytes + this.fieldBytes.log.bytes > quarter && this.#dropEvents()) continue;
      const dropped = this.callRows.dropOldest();
      this.#trimmedCalls += dropped;
      if (dropped === 0 && !this.#dropMessages() && !this.#dropEvents()) return;
    }
  }

  #dropMessages(): boolean {
    if (!this.bodies.log.dropOldest()) return false;
    this.#trimmedMessageBytes += SLAB_BYTES;
    return true;
  }

  #dropEvents(): boolean {
    const dropped = this.eventRows.dropOldest((owner, seq) => {
      const place = this.callRows.place(this.callRows.idOf(owner));
      if (place !== undefined) place.segment.floats[place.float + FLOAT.firstSeq] = seq;
    });
    if (dropped) this.fieldBytes.dropBefore(this.eventRows.oldest);
    return dropped;
  }
}

const SERVER_MESSAGE = KIND.serverMessage | ROW_FLAG.fromServer;

function sideFlag(from: SideIndex): number {
  return from === CLIENT ? 0 : ROW_FLAG.fromServer;
}
