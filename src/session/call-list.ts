// The calls of a capture that pass a filter, in an order, kept up as the traffic goes on, in slices of the time that the viewer gives.
import type { Capture } from "../capture/capture.js";
import type { EventFacts } from "../capture/event-facts.js";
import { EVERY_CALL, type Filter } from "../filter/filter.js";
import { BIT, CallStates } from "./call-states.js";
import { type CallMask, CaptureCallView, type MethodKinds } from "./capture-call-view.js";
import type { MessageReader } from "./message-reader.js";
import { OrderedIds } from "./ordered-ids.js";
import { Pace } from "./pace.js";
import { type CallOrder, MethodRanks, sortKey } from "./sort-keys.js";

export type { MethodKinds } from "./capture-call-view.js";
export { type CallOrder, SORT_COLUMNS, type SortColumn } from "./sort-keys.js";

export interface CallListOptions {
  readonly capture: Capture;
  /** Milliseconds of any clock that goes on evenly: what budgets are measured with. */
  readonly clock: () => number;
  /**
   * Events that may wait to be read. When more have come, the list goes on with the newest calls and looks at those in between
   * when there is time. Default: as many as the capture keeps.
   */
  readonly maxBehind?: number;
  /** For filters that look into messages. */
  readonly messages?: MessageReader | undefined;
  readonly kinds?: MethodKinds | undefined;
  readonly mask?: CallMask | undefined;
}

export interface CallListState {
  /** Whether the list, or what is known of a call in it, is another than after the update before: redraw. */
  readonly changed: boolean;
  /** Whether more time is wanted now: call update again soon. */
  readonly behind: boolean;
  /** Calls that are kept, and how many of them were asked whether they pass this filter: as many when the list is whole. */
  readonly total: number;
  readonly tested: number;
  /** Messages that the filter did not look into because of their size. */
  readonly unsearched: number;
}

/** Events between two looks at the clock: some 20 ns each. */
const BATCH_EVENTS = 512;
/** Of a filter whose answer changes with time alone: how often open calls are asked again, and all. */
const OPEN_AGAIN_MS = 250;
const ALL_AGAIN_MS = 1000;

/** Ids and places are numbers; no object is kept for a call. */
export class CallList {
  readonly #capture: Capture;
  readonly #clock: () => number;
  readonly #messages: MessageReader | undefined;
  readonly #maxBehind: number;
  readonly #view: CaptureCallView;
  readonly #events: EventFacts;
  readonly #ranks = new MethodRanks();
  readonly #states = new CallStates();
  readonly #ids = new OrderedIds();
  readonly #pace: Pace;
  #filter: Filter = EVERY_CALL;
  #order: CallOrder = { by: "start", descending: false };
  /** The event that is read next. */
  #nextSeq: number;
  /** Calls that something happened to, and how many of them were looked at. */
  #dirty: number[] = [];
  #dirtyDone = 0;
  /** Calls that wait for a message to be read. */
  #waiting: number[] = [];
  /** The call that the sweep over all looks at next, downwards from the newest; 0 when it is done. */
  #sweep = 0;
  /** Whether the sweep asks again those that were asked. */
  #sweepsAgain = false;
  /** Calls below are gone, but those put aside. */
  #oldest: number;
  #trimmed = 0;
  #tested = 0;
  #changed = true;
  #askedOpenAt = 0;
  #askedAllAt = 0;
  #ranksVersion = 0;
  #messagesVersion = 0;
  #deadline = 0;

  constructor(options: CallListOptions) {
    const { capture, clock, messages, kinds, mask, maxBehind = Number.POSITIVE_INFINITY } = options;
    this.#capture = capture;
    this.#clock = clock;
    this.#pace = new Pace(clock);
    this.#maxBehind = maxBehind;
    this.#messages = messages;
    this.#view = new CaptureCallView({ capture, messages, kinds, mask });
    this.#view.hurry(() => this.#isOverdue());
    this.#events = capture.eventFacts();
    this.#nextSeq = capture.newestSeq + 1;
    this.#oldest = capture.oldestCall;
    this.#messagesVersion = messages?.version ?? 0;
    this.#begin();
  }

  get filter(): Filter {
    return this.#filter;
  }

  get order(): CallOrder {
    return this.#order;
  }

  /** Calls that match, of those that were asked. */
  get length(): number {
    return this.#ids.length;
  }

  /** Begins anew, from the newest calls to the oldest; the list grows with the updates that follow. */
  setFilter(filter: Filter): void {
    this.#filter = filter;
    this.retest();
  }

  /** To be called when schemas have changed: asks all calls again, from the newest. */
  retest(): void {
    this.#view.forget();
    this.#states.reset();
    this.#ids.clear();
    this.#tested = 0;
    this.#pace.restart();
    this.#begin();
  }

  /** Orders the list anew, from the newest calls to the oldest, without asking them again. */
  setOrder(order: CallOrder): void {
    const isSame = order.by === this.#order.by;
    this.#order = order;
    this.#changed = true;
    if (!isSame) this.#reorder();
  }

  /** @returns the id of the call at a place from 0; undefined beyond the end */
  at(index: number): number | undefined {
    return this.#ids.at(this.#order.descending ? this.#ids.length - 1 - index : index);
  }

  has(id: number): boolean {
    return (this.#states.bits(id) & BIT.listed) !== 0;
  }

  /** The place of a call; of one that is not in the list -1 less the place where it would be: a cursor can stay near. */
  indexOf(id: number): number {
    const { descending, by } = this.#order;
    const has = this.has(id);
    // Of a call that was never listed the number is not known; where it began is near enough to it when that is the order.
    const key = has || by !== "start" ? this.#states.key(id) : id;
    const place = this.#ids.placeOf(key, id);
    if (has) return descending ? this.#ids.length - 1 - place : place;
    return -1 - (descending ? this.#ids.length - place : place);
  }

  /**
   * Takes in what happened since, for at most so long.
   * @param now Unix ms
   */
  update(now: number, budgetMs: number): CallListState {
    const began = this.#clock();
    this.#deadline = began + budgetMs;
    if (this.#messages !== undefined && this.#messages.version !== this.#messagesVersion) {
      this.#messagesVersion = this.#messages.version;
      if (this.#filter.needs.messages || this.#filter.needs.schema) this.retest();
    }
    this.#askAgain(now);
    this.#dropTrimmed();
    this.#readEvents();
    // What happens now and what was there before get their turns, whichever of them is more.
    const middle = began + budgetMs / 2;
    this.#askDirty(now, this.#sweep > 0 ? middle : this.#deadline);
    this.#askAll(now);
    this.#askDirty(now, this.#deadline);
    if (this.#ranks.version !== this.#ranksVersion) {
      this.#ranksVersion = this.#ranks.version;
      if (this.#order.by === "method") this.#reorder();
    }
    return this.#state();
  }

  /** Whether all calls that there were when the filter or the order was set have been looked at. */
  get isWhole(): boolean {
    return this.#sweep === 0 && this.#waiting.length === 0;
  }

  /** Settles when a message that the filter waits for was read: then an update has something to do. */
  get ready(): Promise<void> | undefined {
    return this.#waiting.length === 0 ? undefined : this.#view.ready;
  }

  #state(): CallListState {
    const { calls, trimmedCalls } = this.#capture.counters;
    const behind =
      this.#sweep > 0 ||
      this.#dirtyDone < this.#dirty.length ||
      this.#nextSeq <= this.#capture.newestSeq ||
      (this.#waiting.length > 0 && this.#view.ready === undefined);
    const changed = this.#changed;
    this.#changed = false;
    return { changed, behind, total: calls - trimmedCalls, tested: this.#tested, unsearched: this.#view.unsearched };
  }

  #isOverdue(): boolean {
    return this.#clock() >= this.#deadline;
  }

  #begin(): void {
    this.#dirty = [];
    this.#dirtyDone = 0;
    this.#waiting = [];
    this.#sweep = this.#capture.newestCall;
    this.#sweepsAgain = false;
    this.#changed = true;
    for (const id of this.#capture.oldOpenCalls()) {
      this.#states.putAside(id);
      this.#touch(id);
    }
  }

  #reorder(): void {
    this.#states.unlist();
    this.#ids.clear();
    this.#sweep = this.#capture.newestCall;
    this.#changed = true;
    for (const id of this.#states.aside()) this.#touch(id);
  }

  /** Something happened to a call: it is to be looked at once. */
  #touch(id: number): void {
    const bits = this.#states.bits(id);
    if ((bits & BIT.dirty) !== 0) return;
    this.#states.setBits(id, bits | BIT.dirty);
    this.#dirty.push(id);
  }

  #readEvents(): void {
    const capture = this.#capture;
    const tooMany = capture.newestSeq - this.#nextSeq > this.#maxBehind;
    if (tooMany || this.#nextSeq < capture.oldestSeq) {
      // Nobody knows whom they were of, or is to know now: all calls are looked at again, the newest first.
      this.#nextSeq = tooMany ? capture.newestSeq + 1 : capture.oldestSeq;
      this.#sweep = capture.newestCall;
      this.#sweepsAgain = true;
      for (const id of this.#states.aside()) this.#touch(id);
    }
    for (let count = 1; this.#nextSeq <= capture.newestSeq; count++) {
      const id = this.#events.moveTo(this.#nextSeq++) ? this.#events.call : 0;
      // Those below are put aside or gone; what is gone must not get a state again.
      if (id >= this.#oldest || (id > 0 && this.#states.isAside(id))) this.#touch(id);
      if (count % BATCH_EVENTS === 0 && this.#isOverdue()) return;
    }
  }

  #askDirty(now: number, deadline: number): void {
    this.#pace.begin();
    while (this.#dirtyDone < this.#dirty.length) {
      const id = this.#dirty[this.#dirtyDone++]!;
      this.#states.setBits(id, this.#states.bits(id) & ~BIT.dirty);
      this.#look(id, true, now);
      if (this.#pace.isOver(deadline, this.#view.hasRead)) break;
    }
    if (this.#dirtyDone < this.#dirty.length) return;
    this.#dirty = [];
    this.#dirtyDone = 0;
  }

  #askAll(now: number): void {
    this.#pace.begin();
    while (this.#sweep > 0) {
      if (this.#sweep < this.#oldest) this.#sweep = 0;
      else this.#look(this.#sweep--, this.#sweepsAgain, now);
      if (this.#pace.isOver(this.#deadline, this.#view.hasRead)) return;
    }
    this.#sweepsAgain = false;
  }

  /** Calls that time alone may have changed, and those whose message was read. */
  #askAgain(now: number): void {
    const { time } = this.#filter.needs;
    if (time !== "never" && Math.abs(now - this.#askedOpenAt) >= OPEN_AGAIN_MS) {
      this.#askedOpenAt = now;
      for (const id of this.#capture.openCalls()) this.#touch(id);
    }
    if (time === "always" && this.#sweep === 0 && Math.abs(now - this.#askedAllAt) >= ALL_AGAIN_MS) {
      this.#askedAllAt = now;
      this.#sweep = this.#capture.newestCall;
      this.#sweepsAgain = true;
    }
    if (this.#waiting.length === 0 || this.#view.ready !== undefined) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const id of waiting) this.#touch(id);
  }

  /** Asks a call when need be, and puts it where it belongs. */
  #look(id: number, again: boolean, now: number): void {
    const states = this.#states;
    const before = states.bits(id);
    if (!this.#view.moveTo(id)) {
      this.#drop(id);
      return;
    }
    let bits = before;
    if (again || (bits & BIT.tested) === 0) {
      const matches = this.#filter.test(this.#view, now);
      if (this.#view.isPending) {
        this.#waiting.push(id);
        // What was found so far says nothing yet; a call that is listed stays until it is known.
        return;
      }
      if ((bits & BIT.tested) === 0) this.#tested++;
      bits = matches ? bits | BIT.tested | BIT.matches : (bits | BIT.tested) & ~BIT.matches;
    }
    bits = this.#place(id, bits);
    if (bits !== before) states.setBits(id, bits);
  }

  /** @returns the bits, with `listed` as it is now */
  #place(id: number, bits: number): number {
    const states = this.#states;
    const isListed = (bits & BIT.listed) !== 0;
    if ((bits & BIT.matches) === 0) {
      if (!isListed) return bits;
      this.#ids.remove(states.key(id), id);
      this.#changed = true;
      return bits & ~BIT.listed;
    }
    this.#changed = true;
    const key = sortKey(this.#order.by, this.#view.facts, this.#ranks);
    if (isListed) {
      const old = states.key(id);
      if (old === key) return bits;
      this.#ids.remove(old, id);
    }
    this.#ids.add(key, id);
    states.setKey(id, key);
    return bits | BIT.listed;
  }

  /** A call that the capture has let go. */
  #drop(id: number): void {
    const bits = this.#states.bits(id);
    if ((bits & BIT.tested) !== 0) this.#tested--;
    if ((bits & BIT.listed) !== 0) {
      this.#ids.remove(this.#states.key(id), id);
      this.#changed = true;
    }
    if (this.#states.isAside(id)) this.#states.forget(id);
    else if (bits !== 0) this.#states.setBits(id, 0);
  }

  /** Lets go of what the capture has let go; calls that were open are put aside there, and here. */
  #dropTrimmed(): void {
    const { trimmedCalls } = this.#capture.counters;
    const { oldestCall } = this.#capture;
    if (trimmedCalls === this.#trimmed && oldestCall === this.#oldest) return;
    for (let count = 1; this.#oldest < oldestCall; count++) {
      const id = this.#oldest++;
      if (this.#view.moveTo(id)) this.#states.putAside(id);
      else this.#drop(id);
      if (count % BATCH_EVENTS === 0 && this.#isOverdue()) break;
    }
    this.#states.forgetBelow(this.#oldest);
    if (this.#oldest < oldestCall) return;
    this.#trimmed = trimmedCalls;
    for (const id of [...this.#states.aside()]) if (!this.#view.moveTo(id)) this.#drop(id);
  }
}
