// Events one after the other, read, told and framed once for all subscriptions that are told everything in the same way from the same place on.
import { EVENT_KIND, type EventFacts } from "../capture/event-facts.js";
import type { Bodies, EventTexts, Want } from "./event-texts.js";
import { batchText, singleText, textFrames } from "./frames.js";
import { jsonLine } from "./json-line.js";
import { SUMMARY_EVENTS, SUMMARY_KINDS } from "./progress.js";
import type { FeedSource } from "./source.js";

/** Stretches end where their seq is a multiple of this: subscriptions that are not at the same place come to be. */
const ALIGNED_ROWS = 1024;
/** A stretch ends when its text has this length: what one write should be, and its garbage is young. */
const MAX_CHARS = 64 * 1024;
/** Nor is a stretch made for longer, as the traffic waits meanwhile; looked at every so many rows. */
const MAX_MS = 0.5;
const LOOK_ROWS = 32;
/** What is remembered, of all forms: subscriptions that take turns are at the same place, give or take a few turns. */
const MAX_REMEMBERED = 32;
const MAX_REMEMBERED_CHARS = 2 * 1024 * 1024;

/** How events are told. */
export interface Form {
  readonly want: Want;
  readonly bodies: Bodies;
  /** Whether several come as one message, and so one after the other without anything between them. */
  readonly batching: boolean;
  /** Messages are passed over, and counted. */
  readonly late: boolean;
}

/** A stretch while it is made. */
class Draft {
  readonly from: number;
  /** The last seq that was read. */
  to: number;
  readonly texts: string[] = [];
  chars = 0;
  readonly undecoded = new Map<string, number>();
  readonly open = new Set<number>();
  readonly ended: number[] = [];
  /** Messages that were passed over since something was told. */
  #skipped: Skipped | undefined;

  constructor(from: number) {
    this.from = from;
    this.to = from - 1;
  }

  tell(text: string): void {
    this.texts.push(text);
    this.chars += text.length;
  }

  passOver(seq: number): void {
    const { from, events } = this.#skipped ?? { from: seq, events: 0 };
    this.#skipped = { from, to: seq, events: events + 1 };
  }

  passedOver(): void {
    if (this.#skipped === undefined) return;
    this.tell(skippedText(this.#skipped));
    this.#skipped = undefined;
  }

  note(undecoded: string, seq: number): void {
    if (!this.undecoded.has(undecoded)) this.undecoded.set(undecoded, seq);
  }
}

export class Stretch {
  /** The last seq of it. */
  readonly to: number;
  /** Characters of all texts. */
  readonly chars: number;
  /** Methods of messages that were told without a type, with the seq of the first of them. */
  readonly undecoded: ReadonlyMap<string, number>;
  /** Of a summary: calls that go on, with messages that were not told; and calls that ended. */
  readonly open: ReadonlySet<number>;
  readonly ended: readonly number[];
  readonly #texts: readonly string[];
  readonly #batching: boolean;
  /** For one id: clients choose it, and most choose the same. */
  #framed: { readonly id: number; readonly frames: Buffer } | undefined;

  constructor({ to, chars, undecoded, open, ended, texts }: Draft, batching: boolean) {
    this.to = to;
    this.chars = chars;
    this.undecoded = undecoded;
    this.open = open;
    this.ended = ended;
    this.#texts = texts;
    this.#batching = batching;
  }

  /** All of it as the octets of WebSocket frames. @returns undefined when there is nothing to tell */
  frames(id: number): Buffer | undefined {
    const texts = this.#texts;
    if (texts.length === 0) return undefined;
    if (this.#framed?.id !== id) {
      const frames = textFrames(this.#batching ? [batchText(id, texts)] : texts.map((text) => singleText(id, text)));
      this.#framed = { id, frames };
    }
    return this.#framed.frames;
  }
}

type Made = Stretch | Promise<Stretch>;

export class Stretches {
  readonly #source: FeedSource;
  readonly #texts: EventTexts;
  readonly #facts: EventFacts;
  readonly #clock: () => number;
  /** By form and first seq, the oldest first. */
  readonly #remembered = new Map<string, Made>();
  #chars = 0;

  constructor(source: FeedSource, texts: EventTexts, clock: () => number = () => performance.now()) {
    this.#source = source;
    this.#texts = texts;
    this.#facts = source.capture.eventFacts();
    this.#clock = clock;
  }

  /** Messages may read otherwise now. */
  clear(): void {
    this.#remembered.clear();
    this.#chars = 0;
  }

  /** @param from the seq of an event that is kept @returns a promise where something must be waited for */
  of(from: number, form: Form): Made {
    const { want, bodies, batching, late } = form;
    const key = `${from} ${want} ${bodies} ${batching} ${late}`;
    const known = this.#remembered.get(key);
    if (known !== undefined) return known;
    const made = this.#make(form, new Draft(from));
    this.#remember(key, made);
    return made;
  }

  /** Goes on with a draft. */
  #make(form: Form, draft: Draft): Made {
    const last = Math.min(this.#source.capture.newestSeq, lastAligned(draft.from));
    const until = this.#clock() + MAX_MS;
    for (let seq = draft.to + 1; seq <= last && draft.chars < MAX_CHARS; seq++) {
      if (seq % LOOK_ROWS === 0 && seq > draft.from && this.#clock() > until) break;
      draft.to = seq;
      const text = this.#textOf(seq, form, draft);
      if (typeof text === "string") draft.tell(text);
      else if (text !== undefined) return this.#makeLate(form, draft, text);
    }
    draft.passedOver();
    return new Stretch(draft, form.batching);
  }

  /** One after the other: how long a text becomes is not known before. */
  async #makeLate(form: Form, draft: Draft, text: Promise<string>): Promise<Stretch> {
    draft.tell(await text);
    return this.#make(form, draft);
  }

  /** @returns undefined for what is not told */
  #textOf(seq: number, form: Form, draft: Draft): string | Promise<string> | undefined {
    const facts = this.#facts;
    // It may be trimmed while something was waited for.
    if (!facts.moveTo(seq)) return gapText(seq, seq);
    const { call, kind } = facts;
    const isMessage = kind === EVENT_KIND.clientMessage || kind === EVENT_KIND.serverMessage;
    if (form.want === "summary") {
      if (isMessage) draft.open.add(call);
      else if (kind === EVENT_KIND.callEnd) {
        draft.open.delete(call);
        draft.ended.push(call);
      }
      if (!this.#isInSummary(seq, call, kind)) return undefined;
    }
    if (isMessage && form.late) {
      draft.passOver(seq);
      return undefined;
    }
    // What comes as one message cannot be cut in between: there it is enough to say it at the end.
    if (!form.batching) draft.passedOver();
    const told = this.#texts.once(seq, form.want, form.bodies);
    if (told?.undecoded !== undefined) draft.note(told.undecoded, seq);
    // What it said may be trimmed before the event itself.
    return told?.text ?? gapText(seq, seq);
  }

  #isInSummary(seq: number, call: number, kind: number): boolean {
    if (call !== 0) return SUMMARY_KINDS.has(kind);
    const event = this.#source.capture.event(seq);
    return event === undefined || SUMMARY_EVENTS.has(event.kind);
  }

  #remember(key: string, made: Made): void {
    this.#remembered.set(key, made);
    if (made instanceof Stretch) this.#chars += made.chars;
    else {
      const isKept = (): boolean => this.#remembered.get(key) === made;
      const keep = (stretch: Stretch): void => {
        if (!isKept()) return;
        this.#remembered.set(key, stretch);
        this.#chars += stretch.chars;
      };
      // Who waits for it hears of a failure; the next one tries again.
      made.then(keep, () => isKept() && this.#remembered.delete(key));
    }
    for (const [oldest, stretch] of this.#remembered) {
      if (this.#remembered.size <= MAX_REMEMBERED && this.#chars <= MAX_REMEMBERED_CHARS) return;
      if (stretch instanceof Stretch) this.#chars -= stretch.chars;
      this.#remembered.delete(oldest);
    }
  }
}

function lastAligned(from: number): number {
  return (Math.floor(from / ALIGNED_ROWS) + 1) * ALIGNED_ROWS - 1;
}

/** What is not kept any more. */
export function gapText(from: number, to: number): string {
  return jsonLine({ kind: "dropped", from, to, events: to - from + 1 });
}

/** Messages that were passed over for a slow client. */
export interface Skipped {
  readonly from: number;
  readonly to: number;
  readonly events: number;
}

export function skippedText({ from, to, events }: Skipped): string {
  return `{"kind":"dropped","from":${from},"to":${to},"events":${events},"slow":true}`;
}
