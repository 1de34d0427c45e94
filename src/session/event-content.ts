// The message of an event as a filter sees it: read as far as the filter asks, and only when it can be read without waiting.
import type { MessageContent } from "../filter/call-view.js";
import type { MessageReader } from "./message-reader.js";
import type { MessageView } from "./message-view.js";

/** Small messages read last, for the other questions that a filter has to the same call: trees of 4 KiB take 100 KiB at worst. */
const MAX_RECENT = 32;
const MAX_RECENT_BYTES = 4096;

const NO_DRIFTS: readonly string[] = [];
const UTF8 = new TextDecoder();

export interface ContentLimits {
  /** A message with more octets on the wire is not read; its length is known all the same unless it is compressed. */
  readonly maxBytes: number;
}

/** One message at a time. */
export class EventContent implements MessageContent {
  readonly #reader: MessageReader | undefined;
  readonly #maxBytes: number;
  /** By the seq modulo their number: no Map, as one that is filled and emptied keeps a scavenger busy with its old tables. */
  readonly #recent: (MessageView | undefined)[] = Array.from({ length: MAX_RECENT }, () => undefined);
  /** The reader's, when they were read. */
  #version = 0;
  #seq = 0;
  #wireLength = 0;
  #isCompressed = false;
  #view: MessageView | undefined;
  /** The one that is waited for, or was: inflating may take its time. */
  #awaited: { readonly seq: number; view: MessageView | undefined; done: boolean } | undefined;
  /** Something was asked that is not known yet: what was answered does not count. */
  isWaiting = false;
  /** Messages that were too large to be read. */
  tooLarge = 0;

  constructor(reader: MessageReader | undefined, limits: ContentLimits) {
    this.#reader = reader;
    this.#maxBytes = limits.maxBytes;
  }

  moveTo(seq: number, wireLength: number, isCompressed: boolean): void {
    this.#seq = seq;
    this.#wireLength = wireLength;
    this.#isCompressed = isCompressed;
    this.#view = undefined;
    this.isWaiting = false;
  }

  /** Settles when what is waited for is there; undefined when nothing is. */
  ready: Promise<void> | undefined;

  get length(): number {
    if (!this.#isCompressed) return this.#wireLength;
    return this.#read()?.bytes?.length ?? this.#wireLength;
  }

  get json(): unknown {
    return this.#read()?.value;
  }

  get jsonLength(): number | undefined {
    return this.#read()?.sizes.json;
  }

  get drifts(): readonly string[] {
    return this.#read()?.drifts.map(({ code }) => code) ?? NO_DRIFTS;
  }

  get text(): string {
    const view = this.#read();
    const bytes = view?.bytes ?? view?.wireBytes;
    return view?.json ?? (bytes === undefined ? "" : UTF8.decode(bytes));
  }

  #read(): MessageView | undefined {
    const reader = this.#reader;
    if (this.#view !== undefined || reader === undefined) return this.#view;
    if (this.#wireLength > this.#maxBytes) {
      this.tooLarge++;
      return undefined;
    }
    if (this.#version !== reader.version) {
      this.#version = reader.version;
      this.#recent.fill(undefined);
    }
    const recent = this.#recent[this.#seq % MAX_RECENT];
    this.#view = recent?.event.seq === this.#seq ? recent : reader.glance(this.#seq);
    if (this.#view !== undefined && (this.#view.bytes?.length ?? 0) <= MAX_RECENT_BYTES)
      this.#recent[this.#seq % MAX_RECENT] = this.#view;
    if (this.#view === undefined && this.#isCompressed) this.#view = this.#await(reader);
    return this.#view;
  }

  #await(reader: MessageReader): MessageView | undefined {
    const awaited = this.#awaited;
    if (awaited?.seq === this.#seq && awaited.done) return awaited.view;
    this.isWaiting = true;
    if (awaited?.done === false) return undefined;
    const now: { readonly seq: number; view: MessageView | undefined; done: boolean } = {
      seq: this.#seq,
      view: undefined,
      done: false,
    };
    this.#awaited = now;
    this.ready = reader.read(now.seq).then((view) => {
      now.view = view;
      now.done = true;
      this.ready = undefined;
    });
    return undefined;
  }
}
