// Which calls a subscription tells: those that match its filter, each from its beginning, whenever it comes to match.
import type { Capture } from "../capture/capture.js";
import { EVENT_KIND } from "../capture/event-facts.js";
import { CallSet } from "./call-set.js";
import type { CallFilter } from "./matcher.js";

/** Calls that come to match between two looks at which ones are kept. */
const FORGET_EVERY = 32_768;

/**
 * What to do with an event of a call: nothing; tell it; tell what came before of its call, then it; tell it, and that the call
 * does not match any more; or wait, as it is not known yet.
 */
export type Verdict = "skip" | "tell" | "tell-whole" | "tell-last" | "wait";

/** Where a client goes on that was cut off. */
export interface Resume {
  /** The last seq it has. */
  readonly since: number;
  /** Calls open at the cut of which it has everything. */
  readonly known: readonly number[];
}

/** A call that matches now and did not, or the other way round. */
export interface Change {
  readonly call: number;
  readonly matches: boolean;
}

export class Selection {
  readonly #capture: Capture;
  /** The last seq that a resumed client has; 0 for a new one. */
  readonly #since: number;
  /** Undefined: every call matches, and connections are told of as well. */
  #filter: CallFilter | undefined;
  /** Calls that were told and match; nothing while every call does. */
  #told = new CallSet();
  /** The call at which it was looked for the last time which calls are not kept any more. */
  #forgotAt = 1;

  constructor(capture: Capture, filter: CallFilter | undefined, resume: Resume) {
    this.#capture = capture;
    this.#filter = filter;
    this.#since = resume.since;
    if (resume.since === 0) return;
    for (const call of resume.known) if (capture.call(call) !== undefined) this.#told.add(call);
  }

  get isEverything(): boolean {
    return this.#filter === undefined;
  }

  get isTimed(): boolean {
    return this.#filter?.isTimed === true;
  }

  /** Settles when it is worth asking again for what was not known. */
  get ready(): Promise<void> {
    return this.#filter?.ready ?? Promise.resolve();
  }

  /** Messages may read otherwise than before. */
  forget(): void {
    this.#filter?.forget();
  }

  /** Whether the call was told and matched when it was looked at last. */
  has(call: number): boolean {
    return this.#filter === undefined || this.#told.has(call);
  }

  /** What becomes of an event that is read now, in its order. @param kind see `EVENT_KIND` */
  judge(call: number, kind: number): Verdict {
    const filter = this.#filter;
    if (filter === undefined) return "tell";
    const told = this.#told.has(call);
    if (told && kind !== EVENT_KIND.callEnd) return "tell";
    const matches = filter.test(call);
    if (matches === undefined) return "wait";
    if (told && matches) return "tell";
    if (told) {
      this.#told.delete(call);
      return "tell-last";
    }
    if (!matches) return "skip";
    this.#add(call);
    return kind === EVENT_KIND.clientHeader || this.#clientHas(call) ? "tell" : "tell-whole";
  }

  /** Looks again at a call that was not told. @returns whether it matches now; undefined when it is not known yet */
  lookAgain(call: number): boolean | undefined {
    if (this.#filter === undefined || this.#told.has(call)) return false;
    const matches = this.#filter.test(call);
    if (matches === true) this.#add(call);
    return matches;
  }

  /**
   * Takes another filter.
   * @param before calls that began before this seq were looked at with the old one
   * @returns calls to tell from their beginning, and calls that do not match any more; between them what is to be waited for
   * before going on, and undefined for a rest
   */
  *change(filter: CallFilter | undefined, before: number): Generator<Change | Promise<void> | undefined> {
    const wasEverything = this.#filter === undefined;
    const old = this.#told;
    const told = new CallSet();
    this.#filter = filter;
    this.#told = told;
    for (const { id } of this.#capture.calls()) {
      if (this.#firstSeq(id) >= before) break;
      const was = wasEverything || old.has(id);
      let is = filter === undefined ? true : filter.test(id);
      for (; is === undefined; is = filter?.test(id)) yield this.ready;
      if (is) told.add(id);
      yield is === was ? undefined : { call: id, matches: is };
    }
  }

  #add(call: number): void {
    this.#told.add(call);
    if (call < this.#forgotAt + FORGET_EVERY) return;
    // Now and then: what the capture does not keep is not asked for any more.
    this.#forgotAt = call;
    for (const { id } of this.#capture.calls()) {
      this.#told.dropBelow(id);
      return;
    }
  }

  /** Whether the call had ended when the client was cut off, and was told then. */
  #clientHas(call: number): boolean {
    for (const event of this.#capture.eventsOf(call)) {
      if (event.seq > this.#since) return false;
      if (event.kind === "call-end") return true;
    }
    return false;
  }

  /** 0 when none of its events is kept. */
  #firstSeq(call: number): number {
    for (const event of this.#capture.eventsOf(call)) return event.seq;
    return 0;
  }
}
