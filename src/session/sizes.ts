// Adds up, for each method and side, what its messages take on the wire, as protobuf and as JSON.
import type { CaptureEvent, DroppedEvent, MessageEvent } from "../model/events.js";
import type { SideSizes, SizesEvent } from "../model/sizes.js";
import type { MessageReader } from "./message-reader.js";
import type { MessageView } from "./message-view.js";

/** Methods that are told apart; a client chooses their names. What comes after is not counted. */
const MAX_METHODS = 1000;
/** Of a method's name that is kept. */
const MAX_TEXT = 300;

type Sums = { -readonly [name in keyof SideSizes]: number };

export class Sizes {
  readonly #messages: MessageReader;
  readonly #show: (path: string) => string;
  readonly #methods = new Map<string, { readonly client: Sums; readonly server: Sums }>();

  /** @param show how a method's path is told; see maskPath */
  constructor(messages: MessageReader, show: (path: string) => string = (path) => path) {
    this.#messages = messages;
    this.#show = show;
  }

  /** Takes every event, each once. @returns a promise where the next event must wait */
  see(event: CaptureEvent | DroppedEvent): Promise<void> | undefined {
    if (event.kind !== "client-message" && event.kind !== "server-message") return undefined;
    const view = this.#messages.readOnce(event);
    if (view instanceof Promise) return view.then((read) => this.#add(event, read));
    this.#add(event, view);
    return undefined;
  }

  /** The methods that something was seen of, in the order of their first messages. */
  get result(): readonly SizesEvent[] {
    return [...this.#methods].map(([method, { client, server }]) => ({
      kind: "sizes",
      method: this.#show(method),
      client: { ...client },
      server: { ...server },
    }));
  }

  #add(event: MessageEvent, view: MessageView): void {
    const sides = this.#sidesOf(view.method);
    if (sides === undefined) return;
    const sums = event.kind === "client-message" ? sides.client : sides.server;
    const isWhole = event.problem === undefined && event.truncated !== true && view.bytes !== undefined;
    const { wire, protobuf, json } = isWhole ? view.sizes : { wire: 0, protobuf: undefined, json: undefined };
    if (protobuf === undefined || json === undefined) {
      sums.others++;
      return;
    }
    sums.messages++;
    sums.wireBytes += wire;
    sums.protobufBytes += protobuf;
    sums.jsonBytes += json;
  }

  #sidesOf(fullMethod: string) {
    const method = fullMethod.length <= MAX_TEXT ? fullMethod : `${fullMethod.slice(0, MAX_TEXT)}…`;
    const known = this.#methods.get(method);
    if (known !== undefined || this.#methods.size >= MAX_METHODS) return known;
    const sides = { client: noSums(), server: noSums() };
    this.#methods.set(method, sides);
    return sides;
  }
}

function noSums(): Sums {
  return { messages: 0, wireBytes: 0, protobufBytes: 0, jsonBytes: 0, others: 0 };
}
