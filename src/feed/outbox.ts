// What a subscription says, on its way to the connection: each message alone, or several as one.
import { batchText, singleText } from "./frames.js";
import { jsonLine } from "./json-line.js";
import type { Stretch } from "./stretch.js";

/** Where it goes. */
export interface Sender {
  send(text: string): void;
  /** @param frames octets of whole WebSocket frames, which others are sent too */
  sendFrames(frames: Uint8Array): void;
}

/** A batch is sent when it has this length. */
const BATCH_CHARS = 64 * 1024;

export class Outbox {
  /** Whether events may come as a list. */
  batching: boolean;
  readonly #id: number;
  readonly #sender: Sender;
  #batch: string[] = [];
  #chars = 0;

  constructor(id: number, batching: boolean, sender: Sender) {
    this.#id = id;
    this.batching = batching;
    this.#sender = sender;
  }

  /** @param text one JSON object without an id */
  put(text: string): void {
    if (!this.batching) {
      this.flush();
      this.#sender.send(singleText(this.#id, text));
      return;
    }
    this.#batch.push(text);
    this.#chars += text.length;
    if (this.#chars >= BATCH_CHARS) this.flush();
  }

  /** All of it at once. */
  stretch(stretch: Stretch): void {
    this.flush();
    const frames = stretch.frames(this.#id);
    if (frames !== undefined) this.#sender.sendFrames(frames);
  }

  /** What is in no batch. */
  alone(message: object): void {
    this.flush();
    this.#sender.send(jsonLine({ ...message, id: this.#id }));
  }

  flush(): void {
    if (this.#batch.length === 0) return;
    this.#sender.send(batchText(this.#id, this.#batch));
    this.#batch = [];
    this.#chars = 0;
  }
}
