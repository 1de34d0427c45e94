// The one place where a captured message becomes something to look at: inflated, its type found, remembered while there is room.
import type { Capture } from "../capture/capture.js";
import { type Decompressed, decompress, decompressNow, MAX_INFLATED_BYTES } from "../message/decompress.js";
import type { MessageGuesser } from "../message/guess.js";
import { LONG_VALUE_BYTES } from "../message/long-text.js";
import type { MessageEvent, Problem } from "../model/events.js";
import type { Side } from "../model/fields.js";
import type { MessageDecoder } from "../schema/message-decoder.js";
import { LentOctets } from "./lent-octets.js";
import { MessageCache } from "./message-cache.js";
import { MessageView } from "./message-view.js";

export interface MessageReaderOptions {
  readonly capture: Capture;
  /** What knows types; without it every message is read by its octets. */
  readonly decoder?: MessageDecoder | undefined;
  /** What reads messages that no schema knows. */
  readonly guesser?: MessageGuesser | undefined;
  /** What one message may inflate to; default {@link MAX_INFLATED_BYTES}. */
  readonly maxInflatedBytes?: number | undefined;
  /** Of what is remembered; default {@link MAX_REMEMBERED_BYTES}. */
  readonly maxRememberedBytes?: number | undefined;
}

/** What was read of messages and is likely to be looked at again: a screen of 50 messages of 64 KiB with trees of 10 times that. */
export const MAX_REMEMBERED_BYTES = 32 * 1024 * 1024;

/** Inflated while everybody waits: from up to so much, to up to so much. 256 KiB take about a millisecond. */
const MAX_NOW_WIRE_BYTES = 64 * 1024;
const MAX_NOW_BYTES = 256 * 1024;

export class MessageReader {
  readonly decoder: MessageDecoder | undefined;
  readonly #capture: Capture;
  readonly #guesser: MessageGuesser | undefined;
  readonly #maxInflatedBytes: number;
  /** By the seq of their events. */
  readonly #views: MessageCache<MessageView>;
  readonly #listeners = new Set<() => void>();
  readonly #stop: (() => void)[] = [];
  readonly #memory = new LentOctets();
  readonly #lent = new WeakMap<MessageView, Uint8Array<ArrayBuffer>>();
  /** What {@link readOnce} read last. */
  #latest: { readonly seq: number; readonly view: MessageView | Promise<MessageView> } | undefined;
  #version = 1;

  constructor(options: MessageReaderOptions) {
    this.#capture = options.capture;
    this.decoder = options.decoder;
    this.#guesser = options.guesser;
    this.#maxInflatedBytes = options.maxInflatedBytes ?? MAX_INFLATED_BYTES;
    this.#views = new MessageCache(options.maxRememberedBytes ?? MAX_REMEMBERED_BYTES);
    for (const source of [options.decoder, options.guesser]) {
      if (source !== undefined) this.#stop.push(source.onChange(() => this.#changed()));
    }
  }

  /** Grows when messages may be read otherwise than before: what was shown of earlier ones is to be read again. */
  get version(): number {
    return this.#version;
  }

  /** Tells when {@link version} has grown. @returns how to stop listening */
  onChange(listener: () => void): () => void {
    // A listener added twice is called twice, and each can be removed.
    const entry = () => listener();
    this.#listeners.add(entry);
    return () => this.#listeners.delete(entry);
  }

  /** @param index counts from 0 on each side @returns the seq of the message's event; undefined when there is none, or no more */
  seqOf(call: number, from: Side, index: number): number | undefined {
    const kind = `${from}-message`;
    for (const event of this.#capture.eventsOf(call))
      if (event.kind === kind && (event as MessageEvent).index === index) return event.seq;
    return undefined;
  }

  /**
   * Reads a message without waiting, as a filter or a screen needs it; a server is asked for its type in the meantime,
   * and {@link onChange} tells.
   * @returns undefined when the seq is no message's, and for one that is too large to be inflated at once: {@link read} does
   */
  peek(seq: number): MessageView | undefined {
    const known = this.#views.get(seq);
    if (known !== undefined) return known;
    const view = this.#viewNow(seq, () => this.#views.recount(seq));
    return view && this.#remember(seq, view);
  }

  /**
   * As {@link peek}, but nothing is remembered: for a filter that goes through all messages of a session, which would push out
   * what the screens look at and fill the heap with what nobody looks at again.
   */
  glance(seq: number): MessageView | undefined {
    return this.#views.get(seq) ?? this.#viewNow(seq);
  }

  /**
   * Reads a message; waits for its inflation, and once for a server's word on its type, but not for long.
   * @returns undefined when the seq is no message's
   */
  async read(seq: number): Promise<MessageView | undefined> {
    const event = this.#eventOf(seq);
    if (event === undefined) return undefined;
    const method = this.#capture.methodOf(event.call);
    if (this.decoder?.knows(method) === false) await this.decoder.ask(method);
    const known = this.#views.get(seq);
    if (known !== undefined) return known;
    const wireBytes = this.#capture.messageBytes(seq);
    const inflated =
      needsInflating(event) && wireBytes !== undefined ? await this.#inflate(event, wireBytes) : undefined;
    return this.#remember(
      seq,
      this.#view(event, method, wireBytes, inflated, () => this.#views.recount(seq)),
    );
  }

  /**
   * Reads a message as {@link read} does, for somebody who looks at each once as they come: only the latest is remembered,
   * for all who look at it. All who do not hold the view look at it in the turn in which they get it, and before they ask for the next.
   * @returns at once, unless something must be waited for
   */
  readOnce(event: MessageEvent): MessageView | Promise<MessageView> {
    const latest = this.#latest;
    if (latest?.seq === event.seq) return latest.view;
    // Of those who waited for it, some may still have to look at it.
    if (latest !== undefined && !(latest.view instanceof Promise) && !latest.view.isHeld) this.#giveBack(latest.view);
    const view = this.#readOnce(event);
    this.#latest = { seq: event.seq, view };
    return view;
  }

  /** Whoever held a view of {@link readOnce} has told it, and with the last of them it is of no use any more. */
  done(view: MessageView): void {
    if (view.release()) this.#giveBack(view);
  }

  /** Nobody looks at a view any more. */
  #giveBack(view: MessageView): void {
    const octets = this.#lent.get(view);
    if (octets === undefined) return;
    this.#lent.delete(view);
    if (this.#latest?.seq === view.event.seq) this.#latest = undefined;
    this.#memory.giveBack(octets);
  }

  #viewNow(seq: number, onGrow?: () => void): MessageView | undefined {
    const event = this.#eventOf(seq);
    if (event === undefined) return undefined;
    const method = this.#capture.methodOf(event.call);
    void this.decoder?.ask(method);
    const wireBytes = this.#capture.messageBytes(seq);
    if (!needsInflating(event) || wireBytes === undefined)
      return this.#view(event, method, wireBytes, undefined, onGrow);
    if (wireBytes.length > MAX_NOW_WIRE_BYTES) return undefined;
    const inflated = decompressNow(event.encoding, wireBytes, Math.min(MAX_NOW_BYTES, this.#maxInflatedBytes));
    return inflated && this.#view(event, method, wireBytes, inflated, onGrow);
  }

  #readOnce(event: MessageEvent): MessageView | Promise<MessageView> {
    const method = this.#capture.methodOf(event.call);
    const asked = this.decoder?.ask(method);
    return asked === undefined ? this.#viewOnce(event, method) : asked.then(() => this.#viewOnce(event, method));
  }

  close(): void {
    for (const stop of this.#stop) stop();
    this.#listeners.clear();
    this.#views.clear();
    this.#latest = undefined;
  }

  #viewOnce(event: MessageEvent, method: string): MessageView | Promise<MessageView> {
    if (!needsInflating(event)) return this.#plainOnce(event, method);
    const wireBytes = this.#capture.messageBytes(event.seq);
    if (wireBytes === undefined) return this.#view(event, method, wireBytes, undefined);
    return this.#inflate(event, wireBytes).then((inflated) => this.#view(event, method, wireBytes, inflated));
  }

  /** What is long lies in memory that {@link done} gives back. */
  #plainOnce(event: MessageEvent, method: string): MessageView {
    let lent: Uint8Array<ArrayBuffer> | undefined;
    const take = (length: number) => (lent = this.#memory.take(length));
    const isLong = event.wireLength >= LONG_VALUE_BYTES;
    const view = this.#view(event, method, this.#capture.messageBytes(event.seq, isLong ? take : undefined), undefined);
    if (lent !== undefined && view.wireBytes === undefined) this.#memory.giveBack(lent);
    else if (lent !== undefined) this.#lent.set(view, lent);
    return view;
  }

  #view(
    event: MessageEvent,
    method: string,
    wireBytes: Uint8Array | undefined,
    inflated: Decompressed | undefined,
    onGrow?: () => void,
  ): MessageView {
    const from = event.kind === "client-message" ? "client" : "server";
    const type = this.decoder?.typeOf(method, from);
    const guesser = type === undefined ? this.#guesserFor(event) : undefined;
    let told = event;
    let bytes = event.compressed === true && event.inflated !== true ? undefined : wireBytes;
    let problem: Problem | undefined;
    if (inflated !== undefined && "problem" in inflated) problem = inflated.problem;
    else if (inflated !== undefined) {
      bytes = inflated.bytes;
      told = { ...event, length: bytes.length };
    }
    return new MessageView({ event: told, method, wireBytes, bytes, problem, type, guesser }, onGrow);
  }

  /** A body that is no gRPC message is not guessed at: it is a page, or an image. */
  #guesserFor(event: MessageEvent): MessageGuesser | undefined {
    if (this.#guesser === undefined) return undefined;
    const protocol = this.#capture.call(event.call)?.protocol;
    return protocol === undefined || protocol === "unknown" ? undefined : this.#guesser;
  }

  #inflate(event: MessageEvent, wireBytes: Uint8Array): Promise<Decompressed> {
    return decompress(event.encoding, wireBytes, this.#maxInflatedBytes);
  }

  #eventOf(seq: number): MessageEvent | undefined {
    const event = this.#capture.event(seq);
    return event?.kind === "client-message" || event?.kind === "server-message" ? event : undefined;
  }

  #remember(seq: number, view: MessageView): MessageView {
    this.#views.set(seq, view);
    return view;
  }

  #changed(): void {
    this.#version++;
    this.#views.clear();
    this.#latest = undefined;
    for (const listener of [...this.#listeners]) listener();
  }
}

/** What is not whole is not inflated, and neither is what nobody says how it is compressed. */
function needsInflating({ compressed, inflated, problem, truncated }: MessageEvent): boolean {
  return compressed === true && inflated !== true && problem === undefined && truncated !== true;
}
