// One subscription: reads the capture at its client's pace. There is no queue but the capture; what is gone before it was read is told.
import { EVENT_KIND, type EventFacts } from "../capture/event-facts.js";
import { Undecoded } from "./decoded.js";
import type { Bodies, EventTexts, Want } from "./event-texts.js";
import { jsonLine } from "./json-line.js";
import type { CallFilter } from "./matcher.js";
import type { Subscribe } from "./messages.js";
import { Outbox, type Sender } from "./outbox.js";
import type { Pace } from "./pace.js";
import { Progress, SUMMARY_EVENTS, SUMMARY_KINDS } from "./progress.js";
import { type Resume, Selection, type Verdict } from "./selection.js";
import type { FeedSource } from "./source.js";
import { type Form, gapText, type Skipped, Stretch, skippedText } from "./stretch.js";
import type { Stretches } from "./stretches.js";

/** The client's connection, as far as a subscription needs it. */
export interface Subscriber extends Sender {
  /** Whether more may be sent now. */
  readonly hasRoom: boolean;
  /** Settles when there is room again, or the connection is gone. */
  room(): Promise<void>;
  /** The subscriber is too far behind to go on. */
  tooSlow(): void;
}

export interface SubscriptionOptions {
  readonly source: FeedSource;
  readonly texts: EventTexts;
  readonly stretches: Stretches;
  readonly pace: Pace;
  readonly subscriber: Subscriber;
  readonly request: Subscribe;
  /** Undefined when every call matches. */
  readonly filter: CallFilter | undefined;
}

/** Steps at a stretch before others get their turn: well below a millisecond. */
const STEPS = 128;
/** A live subscriber that is behind by this much in both is not told of messages until it has caught up. */
const LATE_EVENTS = 5000;
const LATE_MS = 1000;
/** How often open calls' progress is told, and filters that speak of time are asked again. */
const PROGRESS_MS = 250;
/** Calls in one message about what does not match any more. */
const MAX_LISTED = 1000;

/** Text or a stretch to send, one that is still being made or something else to wait for, nothing for this step, or nothing until something happens. */
type Step = string | Stretch | Promise<unknown> | undefined | typeof IDLE;
const IDLE = Symbol("idle");

export class Subscription {
  readonly #source: FeedSource;
  readonly #texts: EventTexts;
  readonly #stretches: Stretches;
  readonly #pace: Pace;
  readonly #subscriber: Subscriber;
  readonly #facts: EventFacts;
  /** The seq that is read next. */
  #next: number;
  readonly #selection: Selection;
  readonly #outbox: Outbox;
  /** The client is up to date when this event was read. */
  #target: number;
  #want: Want;
  #bodies: Bodies;
  #complete: boolean;
  #synced = false;
  #ended = false;
  #wake: (() => void) | undefined;
  #awake = false;
  /** What is to be done before the next event is read: of several changes the last one counts. */
  #change: { readonly request: Subscribe; readonly filter: CallFilter | undefined } | undefined;
  #isSchemaNew = false;
  /** Message events that were passed over, since the last event that was told. */
  #skipped: Skipped | undefined;
  readonly #progress = new Progress();
  /** Open calls that do not match yet; kept only for filters that speak of time. */
  readonly #waiting = new Set<number>();
  #progressAt = 0;
  #timer: NodeJS.Timeout | undefined;
  readonly #undecoded: Undecoded;

  constructor({ source, texts, stretches, pace, subscriber, request, filter }: SubscriptionOptions) {
    const { newestSeq } = source.capture;
    const sameSession = request.session === undefined || request.session === source.session;
    const since = sameSession ? Math.min(request.since ?? 0, newestSeq) : 0;
    const resume: Resume = { since, known: sameSession ? (request.known ?? []) : [] };
    this.#source = source;
    this.#texts = texts;
    this.#stretches = stretches;
    this.#pace = pace;
    this.#subscriber = subscriber;
    this.#undecoded = new Undecoded(source);
    this.#facts = source.capture.eventFacts();
    this.#next = since + 1;
    this.#selection = new Selection(source.capture, filter, resume);
    this.#outbox = new Outbox(request.id, request.batch ?? false, subscriber);
    this.#target = newestSeq;
    this.#want = request.want ?? "full";
    this.#bodies = bodiesOf(request) ?? false;
    this.#complete = request.complete ?? false;
  }

  /** Runs until it is ended. Never fails but for a bug. */
  async run(): Promise<void> {
    const pace = this.#pace;
    let left = STEPS;
    let begun = pace.begin();
    /** Whatever is waited for, it is not our time. */
    const others = async (turn: () => Promise<void>): Promise<void> => {
      pace.end(begun);
      await turn();
      begun = pace.begin();
    };
    for (const step of this.#steps()) {
      if (this.#ended) return;
      if (step === IDLE) {
        await others(() => this.#idle());
        left = 0;
      } else {
        let told: unknown = step;
        if (step instanceof Promise) {
          await others(async () => {
            told = await step;
          });
          if (this.#ended) return;
        }
        if (typeof told === "string") {
          this.#outbox.put(told);
          pace.told(1);
        } else if (told instanceof Stretch) {
          this.#tell(told);
          left = 0;
        }
      }
      if (--left <= 0 && !this.#ended) {
        this.#outbox.flush();
        await others(() => pace.turn());
        left = STEPS;
      }
      while (!this.#subscriber.hasRoom && !this.#ended) await others(() => this.#subscriber.room());
    }
  }

  /** There may be new events. */
  wake(): void {
    this.#awake = true;
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.wake();
  }

  /** What was read is sent. */
  flush(): void {
    this.#outbox.flush();
  }

  /** Another filter, or other wishes, from where it is. */
  change(request: Subscribe, filter: CallFilter | undefined): void {
    this.#change = { request, filter };
    this.wake();
  }

  /** Messages may read otherwise than before. */
  schemaChanged(): void {
    this.#isSchemaNew = true;
    this.wake();
  }

  *#steps(): Generator<Step> {
    for (;;) {
      yield* this.#chores();
      if (!this.#synced && this.#next > this.#target) {
        this.#synced = true;
        this.#outbox.alone({ kind: "synced", seq: this.#next - 1 });
      }
      const { oldestSeq, newestSeq } = this.#source.capture;
      if (this.#next > newestSeq) {
        yield* this.#caughtUp();
        yield IDLE;
      } else if (this.#next < oldestSeq) {
        yield* this.#gone(oldestSeq);
      } else if (this.#selection.isEverything) {
        yield this.#stretches.of(this.#next, this.#form());
      } else {
        yield* this.#read(this.#next++);
      }
    }
  }

  /** What comes next is not kept any more. */
  *#gone(oldestSeq: number): Generator<Step> {
    const position = this.#next;
    const others = this.#selection.isEverything ? this.#stretches.resume(position, this.#form()) : undefined;
    if (others === position) {
      yield this.#stretches.of(position, this.#form());
    } else if (this.#synced && position > this.#source.capture.clearedSeq) {
      this.#subscriber.tooSlow();
      yield IDLE;
    } else {
      const to = others ?? oldestSeq;
      yield gapText(position, to - 1);
      this.#next = to;
    }
  }

  *#chores(): Generator<Step> {
    const change = this.#change;
    this.#change = undefined;
    if (change !== undefined) yield* this.#changed(change.request, change.filter);
    if (!this.#isSchemaNew) return;
    this.#isSchemaNew = false;
    this.#selection.forget();
    if (!this.#selection.isEverything) yield* this.#lookAgain(this.#keptCalls());
    yield* this.#undecoded.again(this.#next, this.#want === "full", (call) => this.#selection.has(call));
  }

  *#read(seq: number): Generator<Step> {
    const facts = this.#facts;
    facts.moveTo(seq);
    const { call, kind, at } = facts;
    // Calls are asked for, not connections.
    if (call === 0) {
      yield undefined;
      return;
    }
    let verdict: Verdict = this.#selection.judge(call, kind);
    for (; verdict === "wait"; verdict = this.#selection.judge(call, kind)) yield this.#selection.ready;
    if (this.#selection.isTimed) this.#keepWaiting(call, kind, verdict === "skip");
    if (verdict === "skip") {
      yield undefined;
      return;
    }
    if (verdict === "tell-whole") yield* this.#before(call, seq);
    if (isMessage(kind)) yield* this.#message(seq, call, at);
    else if (this.#want === "summary" && !SUMMARY_KINDS.has(kind)) yield undefined;
    else yield* this.#one(seq);
    if (verdict === "tell-last") yield jsonLine({ kind: "left", calls: [call] });
    if (kind === EVENT_KIND.callEnd) this.#progress.forget(call);
  }

  /** How everything is told from here on. */
  #form(): Form {
    const seq = this.#next;
    // Of what is gone nobody knows when it was: long ago.
    const at = this.#facts.moveTo(seq) ? this.#facts.at : 0;
    return {
      ...{ want: this.#want, bodies: this.#bodies, batching: this.#outbox.batching, late: this.#isLate(seq, at) },
    };
  }

  #tell(stretch: Stretch): void {
    this.#next = stretch.to + 1;
    this.#outbox.stretch(stretch);
    this.#pace.told(stretch.events);
    for (const [method, seq] of stretch.undecoded) this.#undecoded.note(method, seq);
    for (const call of stretch.ended) this.#progress.forget(call);
    for (const call of stretch.open) this.#progress.note(call);
  }

  /** The events of a call up to one, as old ones. */
  *#before(call: number, seq: number): Generator<Step> {
    for (const event of this.#source.capture.eventsOf(call)) {
      if (event.seq >= seq) break;
      if (this.#want === "summary" && !SUMMARY_EVENTS.has(event.kind)) continue;
      const text = this.#textOf(event.seq);
      yield typeof text === "string" ? late(text) : text?.then(late);
    }
    // An open call's row says what its messages come to.
    if (this.#want === "summary") this.#progress.note(call);
  }

  *#message(seq: number, call: number, at: number): Generator<Step> {
    if (this.#want === "summary") {
      this.#progress.note(call);
      yield undefined;
    } else if (this.#isLate(seq, at)) {
      this.#skip(seq);
      yield undefined;
    } else {
      yield* this.#one(seq);
    }
  }

  *#one(seq: number): Generator<Step> {
    yield* this.#passedOver();
    // What it said may be trimmed before the event itself.
    yield this.#textOf(seq) ?? gapText(seq, seq);
  }

  *#passedOver(): Generator<Step> {
    if (this.#skipped === undefined) return;
    yield skippedText(this.#skipped);
    this.#skipped = undefined;
  }

  #textOf(seq: number): string | Promise<string> | undefined {
    const told = this.#texts.of(seq, this.#want, this.#bodies);
    if (told?.undecoded !== undefined) this.#undecoded.note(told.undecoded, seq);
    return told?.text;
  }

  #isLate(seq: number, at: number): boolean {
    if (!this.#synced || this.#complete) return false;
    const { capture, now } = this.#source;
    return capture.newestSeq - seq > LATE_EVENTS && now() - at > LATE_MS;
  }

  #skip(seq: number): void {
    const { from, events } = this.#skipped ?? { from: seq, events: 0 };
    this.#skipped = { from, to: seq, events: events + 1 };
  }

  *#changed(request: Subscribe, filter: CallFilter | undefined): Generator<Step> {
    yield* this.#passedOver();
    this.#want = request.want ?? this.#want;
    this.#bodies = bodiesOf(request) ?? this.#bodies;
    this.#outbox.batching = request.batch ?? this.#outbox.batching;
    this.#complete = request.complete ?? this.#complete;
    this.#waiting.clear();
    const position = this.#next;
    let left: number[] = [];
    for (const change of this.#selection.change(filter, position)) {
      if (change === undefined) yield undefined;
      else if (change instanceof Promise) yield change;
      else if (change.matches) yield* this.#before(change.call, position);
      else if (left.push(change.call) >= MAX_LISTED) {
        yield jsonLine({ kind: "left", calls: left });
        left = [];
      }
    }
    if (left.length > 0) yield jsonLine({ kind: "left", calls: left });
    this.#synced = false;
    this.#target = this.#source.capture.newestSeq;
  }

  *#lookAgain(calls: Iterable<number>): Generator<Step> {
    const position = this.#next;
    for (const call of calls) {
      let matches = this.#selection.lookAgain(call);
      for (; matches === undefined; matches = this.#selection.lookAgain(call)) yield this.#selection.ready;
      if (matches) yield* this.#before(call, position);
      else yield undefined;
    }
  }

  *#keptCalls(): Generator<number> {
    const position = this.#next;
    for (const { id } of this.#source.capture.calls()) {
      for (const { seq } of this.#source.capture.eventsOf(id)) {
        if (seq >= position) return;
        break;
      }
      yield id;
    }
  }

  #keepWaiting(call: number, kind: number, skipped: boolean): void {
    if (!skipped || kind === EVENT_KIND.callEnd) this.#waiting.delete(call);
    else if (this.#source.capture.call(call)?.end === undefined) this.#waiting.add(call);
  }

  /** What is told a few times a second. */
  *#caughtUp(): Generator<Step> {
    yield* this.#passedOver();
    if (this.#progress.isEmpty && this.#waiting.size === 0) return;
    const now = this.#source.now();
    const wait = this.#progressAt + PROGRESS_MS - now;
    if (wait > 0 && wait <= PROGRESS_MS) {
      this.#timer ??= setTimeout(this.#onTimer, wait);
      return;
    }
    this.#progressAt = now;
    clearTimeout(this.#timer);
    this.#timer = this.#waiting.size === 0 ? undefined : setTimeout(this.#onTimer, PROGRESS_MS);
    yield* this.#lookAgain([...this.#waiting]);
    this.#progress.tell(this.#source.capture, this.#outbox);
  }

  readonly #onTimer = (): void => {
    this.#timer = undefined;
    this.wake();
  };

  async #idle(): Promise<void> {
    this.#outbox.flush();
    if (!this.#awake) await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#wake = undefined;
    this.#awake = false;
  }
}

function bodiesOf({ wire, line, bodies }: Subscribe): Bodies | undefined {
  if (wire === true) return "wire";
  return line === true ? "line" : bodies;
}

function isMessage(kind: number): boolean {
  return kind === EVENT_KIND.clientMessage || kind === EVENT_KIND.serverMessage;
}

function late(text: string): string {
  return `{"late":true,${text.slice(1)}`;
}
