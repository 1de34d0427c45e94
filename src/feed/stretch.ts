// Events one after the other as they are told: texts while it is made, then the octets of frames that any number of clients are sent.
import type { Bodies, Want } from "./event-texts.js";
import { batchText, singleText, textFrames } from "./frames.js";
import { jsonLine } from "./json-line.js";

/** How events are told. */
export interface Form {
  readonly want: Want;
  readonly bodies: Bodies;
  /** Whether several come as one message, and so one after the other without anything between them. */
  readonly batching: boolean;
  /** Messages are passed over, and counted. */
  readonly late: boolean;
}

export function isSameForm(a: Form, b: Form): boolean {
  return a.want === b.want && a.bodies === b.bodies && a.batching === b.batching && a.late === b.late;
}

/** A stretch while it is made. */
export class Draft {
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

  /** How many are told. */
  get events(): number {
    return this.#texts.length;
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
