// Searching inside the messages of all calls of the list, in slices of time, from where the cursor is.
import { isInMessage } from "../../src/filter/message-text.js";
import type { CallEvent, MessageEvent } from "../../src/model/events.js";
import type { MessageView } from "../../src/session/message-view.js";
import { formatWhole } from "../../src/view/call-text.js";
import { visible } from "../../src/view/visible.js";
import type { App } from "./app.js";
import { Prompt } from "./prompt.js";

/** Reading at a stretch, and how long everybody else has in between. */
const SLICE_MS = 5;
const PAUSE_MS = 5;
/** Of one message. */
const MAX_TEXT = 1_000_000;

export class MessageSearch {
  readonly #app: App;
  readonly #history: string[] = [];
  #text = "";
  /** Grows with each search: an older one ends. */
  #run = 0;

  constructor(app: App) {
    this.#app = app;
  }

  /** What was searched for before, the latest first. */
  get texts(): readonly string[] {
    return [...this.#history].reverse();
  }

  ask(): void {
    this.#app.lay(
      new Prompt({
        label: "search messages for",
        text: "",
        history: this.#history,
        hint: "↵ search  Esc leave  then n N next, previous",
        accept: (text) => {
          this.begin(text);
          return undefined;
        },
      }),
    );
  }

  begin(text: string): void {
    this.#text = text.trim();
    this.next(1);
  }

  stop(): void {
    this.#run++;
  }

  /** Goes on from the message that is shown. */
  next(by: 1 | -1): void {
    if (this.#text === "") this.#app.say("nothing is searched for yet; S begins", "warning");
    else void this.#search(by, ++this.#run);
  }

  async #search(by: 1 | -1, run: number): Promise<void> {
    const app = this.#app;
    const wanted = this.#text.toLowerCase();
    const { list, capture } = app;
    const from = app.calls.currentId ?? list.at(0);
    const start = from === undefined ? 0 : list.indexOf(from);
    const first = start >= 0 ? start : Math.min(-1 - start, list.length - 1);
    // Beyond the message that is shown; in the list alone, the call that is chosen is the first to be looked into.
    let after = app.inCall ? app.call.message.seq : undefined;
    let until = performance.now() + SLICE_MS;
    let looked = 0;
    // Around the list and once more into the first call, for what lies before the message there.
    for (let step = 0; step <= list.length; step++, after = undefined) {
      const index = (((first + step * by) % list.length) + list.length) % list.length;
      const id = list.at(index);
      if (id === undefined) break;
      const wrapped = by > 0 ? index < first || step === list.length : index > first || step === list.length;
      for (const event of messagesOf(capture.eventsOf(id), by, after)) {
        const read = app.reader.readOnce(event);
        const view = read instanceof Promise ? await read : read;
        if (run !== this.#run) return;
        if (isInMessage(textOf(view), wanted)) {
          app.goToMessage(id, event.seq);
          app.call.message.find(this.#text, 1);
          const around = wrapped ? `, having begun again at the ${by > 0 ? "first" : "last"} call` : "";
          app.say(`found “${visible(this.#text)}”${around} · n next · N previous`);
          return;
        }
        if (performance.now() < until) continue;
        app.say(`searching “${visible(this.#text)}” … ${formatWhole(looked)} calls · Esc stops`);
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
        if (run !== this.#run) return;
        until = performance.now() + SLICE_MS;
      }
      looked++;
    }
    app.say(`“${visible(this.#text)}” is in no message of the ${formatWhole(list.length)} calls shown`, "warning");
  }
}

/** @param after the seq of the message that is shown: only those beyond it */
function messagesOf(events: Iterable<CallEvent>, by: 1 | -1, after: number | undefined): readonly MessageEvent[] {
  const found: MessageEvent[] = [];
  for (const event of events) {
    if (event.kind !== "client-message" && event.kind !== "server-message") continue;
    if (after === undefined || (event.seq - after) * by > 0) found.push(event);
  }
  return by > 0 ? found : found.reverse();
}

function textOf(view: MessageView): string {
  const text = view.json ?? view.guess?.values ?? view.guess?.json;
  if (text !== undefined) return text.slice(0, MAX_TEXT);
  const { bytes } = view;
  return bytes === undefined ? "" : new TextDecoder().decode(bytes.subarray(0, MAX_TEXT));
}
