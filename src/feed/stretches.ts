// Events read and told once for all subscriptions that are told everything in the same way from the same place on.
import { EVENT_KIND, type EventFacts } from "../capture/event-facts.js";
import type { EventTexts } from "./event-texts.js";
import { SUMMARY_EVENTS, SUMMARY_KINDS } from "./progress.js";
import type { FeedSource } from "./source.js";
import { Draft, type Form, gapText, isSameForm, Stretch } from "./stretch.js";

/** Stretches end where their seq is a multiple of this: subscriptions that are not at the same place come to be. */
const ALIGNED_ROWS = 1024;
/** A stretch ends when its text has this length: what one write should be, and its garbage is young. */
const MAX_CHARS = 64 * 1024;
/** Nor is a stretch made for longer, as the traffic waits meanwhile; looked at every so many rows. */
const MAX_MS = 0.25;
const LOOK_ROWS = 32;
/** What is remembered, of all forms: subscriptions that take turns are at the same place, give or take a few turns. */
const MAX_REMEMBERED = 16;
const MAX_REMEMBERED_CHARS = 2 * 1024 * 1024;
/** Others are still about there: a turn of each, and a rest. */
const RECENT_MS = 100;

type Made = Stretch | Promise<Stretch>;

interface Remembered {
  readonly from: number;
  readonly form: Form;
  readonly at: number;
  made: Made;
  /** 0 while it is not known. */
  chars: number;
}

export class Stretches {
  readonly #source: FeedSource;
  readonly #texts: EventTexts;
  readonly #facts: EventFacts;
  readonly #clock: () => number;
  /** The oldest first. */
  #remembered: Remembered[] = [];

  constructor(source: FeedSource, texts: EventTexts, clock: () => number = () => performance.now()) {
    this.#source = source;
    this.#texts = texts;
    this.#facts = source.capture.eventFacts();
    this.#clock = clock;
  }

  /** Messages may read otherwise now, or nothing that was said counts any more. */
  clear(): void {
    this.#remembered = [];
  }

  /**
   * @param from the seq of an event that is kept, or one that {@link resume} gave
   * @returns a promise where something must be waited for
   */
  of(from: number, form: Form): Made {
    const known = this.#remembered.find((each) => each.from === from && isSameForm(each.form, form));
    if (known !== undefined) return known.made;
    const made = this.#make(form, new Draft(from));
    this.#remember({ from, form, at: this.#clock(), made, chars: made instanceof Stretch ? made.chars : 0 });
    return made;
  }

  /**
   * Where a subscription goes on whose next event is not kept any more: with what others are just told, which is remembered.
   * @returns the lowest seq from this one on at which there is such; undefined when there is none
   */
  resume(from: number, form: Form): number | undefined {
    const since = this.#clock() - RECENT_MS;
    let lowest: number | undefined;
    for (const { from: other, form: known, at } of this.#remembered) {
      if (other >= from && other <= (lowest ?? other) && at >= since && isSameForm(known, form)) lowest = other;
    }
    return lowest;
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

  #remember(remembered: Remembered): void {
    const { made } = remembered;
    this.#remembered.push(remembered);
    if (made instanceof Promise) {
      const keep = (stretch: Stretch): void => {
        remembered.made = stretch;
        remembered.chars = stretch.chars;
      };
      const forget = (): void => {
        this.#remembered = this.#remembered.filter((each) => each !== remembered);
      };
      // Who waits for it hears of a failure; the next one tries again.
      made.then(keep, forget);
    }
    let chars = this.#remembered.reduce((sum, each) => sum + each.chars, 0);
    while (this.#remembered.length > MAX_REMEMBERED || chars > MAX_REMEMBERED_CHARS) {
      chars -= this.#remembered.shift()?.chars ?? chars;
    }
  }
}

function lastAligned(from: number): number {
  return (Math.floor(from / ALIGNED_ROWS) + 1) * ALIGNED_ROWS - 1;
}
