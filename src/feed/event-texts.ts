// Events as the text of feed messages: made once for all subscribers that are at the same place.
import { ListTexts } from "../export/list-texts.js";
import { ndjsonLine } from "../export/ndjson.js";
import type { CaptureEvent, MessageEvent } from "../model/events.js";
import type { Side } from "../model/fields.js";
import type { MessageView } from "../session/message-view.js";
import type { Subscribe } from "./messages.js";
import type { FeedSource } from "./source.js";

export type Want = NonNullable<Subscribe["want"]>;
/**
 * Whether messages' bytes are told: not, decompressed beside what they say, or as they crossed the wire instead of it.
 * Or, with "line", neither: what they say on one line.
 */
export type Bodies = boolean | "wire" | "line";

/** A message above this is left out of its event; it can be had in ranges. */
export const MAX_INLINE_BYTES = 256 * 1024;
/** The same for its text: JSON of 256 KiB of protobuf is two to four times as long. */
const MAX_INLINE_CHARS = 1024 * 1024;
/** Who takes bytes as they are has no other way to them: a message of the usual limit of gRPC passes. */
const MAX_WIRE_BYTES = 4 * 1024 * 1024;
/** What is remembered: subscribers that take turns are at the same place, give or take a few turns. What lives longer costs more. */
const MAX_REMEMBERED_CHARS = 2 * 1024 * 1024;
const MAX_REMEMBERED = 1024;

type Text = string | Promise<string>;

export interface Told {
  /** One JSON object on one line, without an id. */
  readonly text: Text;
  /** Of a message whose type is not known: its method. */
  readonly undecoded: string | undefined;
}

/** Texts of one form, the latest of them. */
class Remembered {
  readonly #texts = new Map<number, Told>();
  #chars = 0;

  get(seq: number): Told | undefined {
    return this.#texts.get(seq);
  }

  put(seq: number, told: Told): void {
    this.#texts.set(seq, told);
    const { text } = told;
    if (typeof text === "string") {
      this.#counted(text.length);
      return;
    }
    // Few are being made at a time: who waits for one asks for no other.
    const keep = (made: string): void => {
      if (this.#texts.get(seq) !== told) return;
      this.#texts.set(seq, { ...told, text: made });
      this.#counted(made.length);
    };
    // Who asked for it hears of a failure.
    text.then(keep, () => {});
  }

  #counted(chars: number): void {
    this.#chars += chars;
    for (const [oldest, { text }] of this.#texts) {
      if (this.#chars <= MAX_REMEMBERED_CHARS && this.#texts.size <= MAX_REMEMBERED) return;
      this.#chars -= typeof text === "string" ? text.length : 0;
      this.#texts.delete(oldest);
    }
  }

  clear(): void {
    this.#texts.clear();
    this.#chars = 0;
  }
}

export class EventTexts {
  readonly #source: FeedSource;
  readonly #forms = new Map<string, Remembered>();
  readonly #lists = new ListTexts();

  constructor(source: FeedSource) {
    this.#source = source;
  }

  /** Messages may read otherwise now. */
  clear(): void {
    for (const form of this.#forms.values()) form.clear();
  }

  /** @returns undefined when there is no such event, or what it said was trimmed */
  of(seq: number, want: Want, bodies: Bodies): Told | undefined {
    const key = want !== "full" || bodies === false ? want : bodies === true ? "bodies" : bodies;
    let form = this.#forms.get(key);
    if (form === undefined) {
      form = new Remembered();
      this.#forms.set(key, form);
    }
    const known = form.get(seq);
    if (known !== undefined) return known;
    const told = this.once(seq, want, bodies);
    if (told !== undefined) form.put(seq, told);
    return told;
  }

  /** The same for somebody who remembers it for all others. */
  once(seq: number, want: Want, bodies: Bodies): Told | undefined {
    const event = this.#source.capture.event(seq);
    if (event === undefined) return undefined;
    const text = this.#make(event, want, bodies);
    const undecoded = isMessage(event) && typeof bodies === "boolean" ? this.#undecoded(event) : undefined;
    return { text, undecoded };
  }

  #undecoded(event: MessageEvent): string | undefined {
    const { capture, messages } = this.#source;
    const method = capture.methodOf(event.call);
    return method === "" || messages.decoder === undefined || messages.decoder.knows(method) ? undefined : method;
  }

  #make(event: CaptureEvent, want: Want, bodies: Bodies): Text {
    if (!isMessage(event)) return this.#line(event, true, false);
    if (want !== "full") return this.#line(this.#typed(event), false, false);
    if (bodies === "wire") return this.#wired(event);
    if (event.wireLength > MAX_INLINE_BYTES) return this.#omitted(event);
    const text = this.#line(event, true, bodies);
    return typeof text === "string" ? this.#fitting(event, text) : text.then((late) => this.#fitting(event, late));
  }

  #fitting(event: MessageEvent, text: string): Text {
    return text.length > MAX_INLINE_CHARS ? this.#omitted(event) : text;
  }

  #omitted(event: MessageEvent): Text {
    return this.#line({ ...this.#typed(event), ...{ omitted: true } }, false, false);
  }

  /** Read only to cover what is hidden in it: whoever asks for its bytes reads them. */
  #wired(event: MessageEvent): Text {
    const { capture, messages } = this.#source;
    if (event.wireLength > MAX_WIRE_BYTES) return this.#withWire(event, undefined);
    const method = capture.methodOf(event.call);
    // What is to be covered is not known before the type is. Where nobody knows it, nothing says that something is.
    const asked = messages.decoder?.ask(method);
    return asked === undefined ? this.#wiredAs(event, method) : asked.then(() => this.#wiredAs(event, method));
  }

  #wiredAs(event: MessageEvent, method: string): Text {
    const { capture, messages } = this.#source;
    const side: Side = event.kind === "client-message" ? "client" : "server";
    const hides = messages.decoder?.typeOf(method, side)?.mask === true;
    if (!hides) return this.#withWire(event, capture.messageBytes(event.seq));
    const view = messages.readOnce(event);
    return view instanceof Promise ? view.then((late) => this.#covered(event, late)) : this.#covered(event, view);
  }

  #covered(event: MessageEvent, view: MessageView): Text {
    const { shownBytes, bytes, wireBytes } = view;
    if (shownBytes === undefined) return this.#withWire(event, undefined);
    if (shownBytes === (bytes ?? wireBytes)) return this.#withWire(event, this.#source.capture.messageBytes(event.seq));
    if (event.compressed !== true) return this.#withWire(event, shownBytes);
    // Covered octets cannot be compressed to what was sent.
    return this.#withWire({ ...event, length: shownBytes.length, inflated: true }, shownBytes);
  }

  #withWire(event: MessageEvent, bytes: Uint8Array | undefined): Text {
    const more = bytes === undefined ? { omitted: true } : { wire: Buffer.from(bytes).toString("base64") };
    return this.#line({ ...event, ...more }, false, false);
  }

  #typed(event: MessageEvent): MessageEvent {
    const { capture, messages } = this.#source;
    const side: Side = event.kind === "client-message" ? "client" : "server";
    const method = capture.methodOf(event.call);
    const type = messages.decoder?.typeOf(method, side)?.type.typeName;
    if (type === undefined) void messages.decoder?.ask(method);
    return type === undefined ? event : { ...event, ...{ type } };
  }

  #line(event: CaptureEvent, read: boolean, form: boolean | "line"): Text {
    const { capture, messages, showSecrets, salt } = this.#source;
    const what = { bodies: form === true, lines: form === "line", messages: read ? messages : undefined };
    const options = { ...what, showSecrets, salt, lists: this.#lists };
    const line = ndjsonLine(event, capture, options);
    return typeof line === "string" ? line.slice(0, -1) : line.then((late) => late.slice(0, -1));
  }
}

function isMessage(event: CaptureEvent): event is MessageEvent {
  return event.kind === "client-message" || event.kind === "server-message";
}
