// A call of a capture as a filter sees it: one object for all calls, moved from one to the next.
import type { CallFacts } from "../capture/call-facts.js";
import type { Capture } from "../capture/capture.js";
import { EVENT_KIND, type EventFacts } from "../capture/event-facts.js";
import type { CallView, FieldPart, MessageTest, ProblemTest, StreamKind } from "../filter/call-view.js";
import type { EndedBy, HowEnded } from "../model/events.js";
import type { Field } from "../model/fields.js";
import type { StatusSource } from "../model/status.js";
import { EventContent } from "./event-content.js";
import { EventScans, FOUND } from "./event-scan.js";
import type { MessageReader } from "./message-reader.js";

/** What the schemas know of methods; see `streamKindsOf`. */
export interface MethodKinds {
  /** undefined when no schema knows the method */
  kindOf(method: string): StreamKind | undefined;
}

/** What hides secrets, so that a filter is no way to guess them. */
export interface CallMask {
  fields(fields: readonly Field[]): readonly Field[];
  path(path: string): string;
}

export interface CallViewOptions {
  readonly capture: Capture;
  /** For filters that look into messages; without it they find nothing there. */
  readonly messages?: MessageReader | undefined;
  readonly kinds?: MethodKinds | undefined;
  readonly mask?: CallMask | undefined;
  /** Messages with more octets are not looked into; default {@link MAX_SEARCHED_BYTES}. */
  readonly maxMessageBytes?: number | undefined;
}

/** To decode 256 KiB takes some ms, as long as a viewer may be kept waiting. */
export const MAX_SEARCHED_BYTES = 256 * 1024;
/** Events between two looks at the clock; each message read is one more. */
const BATCH_EVENTS = 1000;
/** Of a call that has ended, what was found among so few events is found again as soon as it would be noted. */
const FEW_EVENTS = 16;

export class CaptureCallView implements CallView {
  /** The row, for those who order or show it. */
  readonly facts: CallFacts;
  readonly #capture: Capture;
  readonly #events: EventFacts;
  readonly #content: EventContent;
  readonly #kinds: MethodKinds | undefined;
  readonly #mask: CallMask | undefined;
  readonly #scans = new EventScans();
  /** By the capture's number of the method; null where no schema knows it. */
  #kindOf: (StreamKind | null | undefined)[] = [];
  #isOverdue: () => boolean = () => false;
  /** What was asked of the messages of this call, when it has ended. */
  #lastAsked: number[] = [];
  /** A message was read and time is up. */
  #stopsHere = false;
  /** Since {@link moveTo}: an answer was false only because not everything was looked at. Ask again later. */
  isPending = false;
  /** Since {@link moveTo}: whether a message was read, which takes as long as many rows. */
  hasRead = false;

  constructor({ capture, messages, kinds, mask, maxMessageBytes = MAX_SEARCHED_BYTES }: CallViewOptions) {
    this.#capture = capture;
    this.facts = capture.callFacts();
    this.#events = capture.eventFacts();
    this.#content = new EventContent(messages, { maxBytes: maxMessageBytes });
    this.#kinds = kinds;
    this.#mask = mask;
  }

  /** @returns false when there is no such call, or no more: then there is nothing to ask */
  moveTo(id: number): boolean {
    // Nothing more comes to a call that has ended; what was noted of it is of use only until all is answered.
    if (!this.isPending) for (const test of this.#lastAsked) this.#scans.forget(this.facts.id, test);
    this.#lastAsked = [];
    this.isPending = false;
    this.hasRead = false;
    return this.facts.moveTo(id);
  }

  /** @param isOverdue asked now and then while messages are read; default: there is no hurry */
  hurry(isOverdue: () => boolean): void {
    this.#isOverdue = isOverdue;
  }

  /** Settles when a message that has to be waited for was read; undefined when there is none. */
  get ready(): Promise<void> | undefined {
    return this.#content.ready;
  }

  /** Messages that were not looked into because of their size. */
  get unsearched(): number {
    return this.#content.tooLarge;
  }

  /** Forgets what was found out with the help of schemas, and for another filter. */
  forget(): void {
    this.#kindOf = [];
    this.#scans.clear();
    this.#content.tooLarge = 0;
  }

  get id(): number {
    return this.facts.id;
  }

  get connection(): number {
    return this.facts.connection;
  }

  get streamId(): number {
    return this.facts.streamId;
  }

  get method(): string {
    const { method } = this.facts;
    return this.#mask === undefined ? method : this.#mask.path(method);
  }

  get protocol(): string {
    return this.facts.protocol;
  }

  get startedAt(): number {
    return this.facts.startedAt;
  }

  get answeredAt(): number | undefined {
    return this.facts.answeredAt;
  }

  get endedAt(): number | undefined {
    return this.facts.endedAt;
  }

  get timeoutMs(): number | undefined {
    return this.facts.timeoutMs;
  }

  get clientMessages(): number {
    return this.facts.clientMessages;
  }

  get serverMessages(): number {
    return this.facts.serverMessages;
  }

  get clientBytes(): number {
    return this.facts.clientBytes;
  }

  get serverBytes(): number {
    return this.facts.serverBytes;
  }

  get statusCode(): number | undefined {
    return this.facts.statusCode;
  }

  get statusSource(): StatusSource | undefined {
    return this.facts.statusSource;
  }

  get how(): HowEnded | undefined {
    return this.facts.how;
  }

  get by(): EndedBy | undefined {
    return this.facts.by;
  }

  get resetCode(): number | undefined {
    return this.facts.resetCode;
  }

  get streamKind(): StreamKind | undefined {
    return this.#schemaKind() ?? seenKind(this.facts);
  }

  get hasSchema(): boolean {
    return this.#schemaKind() !== null;
  }

  get statusMessage(): string | undefined {
    return this.facts.statusMessage;
  }

  fields(part: FieldPart): readonly Field[] {
    const fields = this.facts.fields(part);
    return this.#mask === undefined ? fields : this.#mask.fields(fields);
  }

  someMessage(test: MessageTest): boolean {
    return this.#someEvent(test.id, () => this.#answers(test));
  }

  someProblem(test: ProblemTest): boolean {
    return this.#someEvent(test.id, () => {
      if (!this.#events.mayBeBroken) return false;
      const event = this.#capture.event(this.#events.seq);
      if (event === undefined) return false;
      if (event.kind === "protocol-error") return test.matches(event.code);
      return "problem" in event && event.problem !== undefined && test.matches(event.problem.code);
    });
  }

  /** Goes on where the question was put last. */
  #someEvent(test: number, answers: () => boolean): boolean {
    const { id, isOpen } = this.facts;
    const last = this.#scans.lastOf(id, test);
    if (!isOpen && last !== 0) this.#lastAsked.push(test);
    if (last === FOUND) return true;
    const events = this.#events;
    let seq = last > 0 && events.moveTo(last) ? events.next : Math.max(this.facts.firstSeq, last + 1);
    let seen = last;
    let count = 1;
    for (; seq > 0 && events.moveTo(seq) && events.call === id; count++) {
      if (count % BATCH_EVENTS === 0 && this.#isOverdue()) {
        this.isPending = true;
        break;
      }
      const { next } = events;
      this.#content.isWaiting = false;
      if (answers()) {
        this.#stopsHere = false;
        if (isOpen || count > FEW_EVENTS) this.#note(test, isOpen, FOUND);
        return true;
      }
      if (this.isPending) break;
      seen = seq;
      seq = next;
      if (this.#stopsHere && seq > 0) {
        this.isPending = true;
        break;
      }
    }
    this.#stopsHere = false;
    if (seen > last && (isOpen || this.isPending || count > FEW_EVENTS)) this.#note(test, isOpen, seen);
    return false;
  }

  #note(test: number, isOpen: boolean, seq: number): void {
    if (!isOpen) this.#lastAsked.push(test);
    this.#scans.note(this.facts.id, test, seq);
  }

  #answers({ side, index, matches }: MessageTest): boolean {
    const { kind, seq, wireLength, isCompressed, index: own } = this.#events;
    const isClients = kind === EVENT_KIND.clientMessage;
    if (!isClients && kind !== EVENT_KIND.serverMessage) return false;
    if ((side !== undefined && (side === "client") !== isClients) || (index !== undefined && own !== index))
      return false;
    this.#content.moveTo(seq, wireLength, isCompressed);
    this.hasRead = true;
    const answer = matches(this.#content);
    if (!this.#content.isWaiting) {
      // A message may take longer than all the rows before it: the next one waits for the next turn.
      this.#stopsHere = this.#isOverdue();
      return answer;
    }
    this.isPending = true;
    return false;
  }

  /** @returns null when no schema knows the method */
  #schemaKind(): StreamKind | null {
    if (this.#kinds === undefined) return null;
    const number = this.facts.methodNumber;
    if (number === 0) return this.#kinds.kindOf(this.facts.method) ?? null;
    const known = this.#kindOf[number];
    if (known !== undefined) return known;
    while (this.#kindOf.length < number) this.#kindOf.push(undefined);
    const kind = this.#kinds.kindOf(this.facts.method) ?? null;
    this.#kindOf[number] = kind;
    return kind;
  }
}

/** As far as messages tell; a call that could send more looks unary until it does. */
function seenKind({ clientMessages, serverMessages, protocol }: CallFacts): StreamKind | undefined {
  if (protocol === "unknown") return undefined;
  if (clientMessages > 1) return serverMessages > 1 ? "bidi" : "client";
  return serverMessages > 1 ? "server" : "unary";
}
