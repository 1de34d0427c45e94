// Messages that were told before their types were known, told again.
import type { CaptureEvent, MessageEvent, Problem } from "../model/events.js";
import type { MessageView } from "../session/message-view.js";
import { MAX_INLINE_BYTES } from "./event-texts.js";
import { jsonLine } from "./json-line.js";
import type { FeedSource } from "./source.js";

/** Methods whose messages may be told again when their types are known. */
const MAX_METHODS = 1000;

export class Undecoded {
  readonly #source: FeedSource;
  /** Methods whose messages were told without a type, and the seq of the first of them. */
  readonly #methods = new Map<string, number>();

  constructor(source: FeedSource) {
    this.#source = source;
  }

  note(method: string, seq: number): void {
    const first = this.#methods.get(method);
    if (first === undefined ? this.#methods.size < MAX_METHODS : first > seq) this.#methods.set(method, seq);
  }

  /**
   * Tells messages again whose methods are known by now.
   * @param before the seq of the first event that was not told yet
   * @param whole whether what the messages say is told, or only their types
   * @returns undefined between them for a rest
   */
  *again(
    before: number,
    whole: boolean,
    isTold: (call: number) => boolean,
  ): Generator<string | Promise<string> | undefined> {
    const { capture, messages } = this.#source;
    const known = [...this.#methods].filter(([method]) => messages.decoder?.knows(method) === true);
    for (const [method] of known) this.#methods.delete(method);
    const names = new Set(known.map(([method]) => method));
    const first = Math.max(capture.oldestSeq, Math.min(before, ...known.map(([, seq]) => seq)));
    for (let seq = first; seq < before; seq++) {
      const event = capture.event(seq);
      const isOfUse = event !== undefined && isMessage(event) && isTold(event.call);
      yield isOfUse && names.has(capture.methodOf(event.call)) ? decodedText(event, this.#source, whole) : undefined;
    }
  }
}

function isMessage(event: CaptureEvent): event is MessageEvent {
  return event.kind === "client-message" || event.kind === "server-message";
}

/** @param whole whether what the message says is told, or only its type */
function decodedText(event: MessageEvent, { messages, capture }: FeedSource, whole: boolean): string | Promise<string> {
  const side = event.kind === "client-message" ? "client" : "server";
  const { seq, call, index } = event;
  const type = messages.decoder?.typeOf(capture.methodOf(call), side)?.type.typeName ?? "";
  const told = { kind: "decoded", seq, call, side, index, type };
  if (!whole) return jsonLine(told);
  if (event.wireLength > MAX_INLINE_BYTES) return jsonLine({ ...told, omitted: true });
  const view = messages.readOnce(event);
  return view instanceof Promise ? view.then((late) => withContent(told, late)) : withContent(told, view);
}

function withContent(told: object, view: MessageView): string {
  const { json, problem, problems } = view;
  if ((json?.length ?? 0) > 4 * MAX_INLINE_BYTES) return jsonLine({ ...told, omitted: true });
  const more = {
    ...(problems.length === 0 ? {} : { problems }),
    ...(problem === undefined ? {} : { problem: problemOf(problem) }),
  };
  const text = jsonLine({ ...told, ...more });
  // JSON text already.
  return json === undefined ? text : `${text.slice(0, -1)},"json":${json}}`;
}

function problemOf({ code, message }: Problem): Problem {
  return { code, message };
}
