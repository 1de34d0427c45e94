// What a subscription says, on its way to the connection: each message alone, or several as one.
import { jsonLine } from "./json-line.js";

/** A batch is sent when it has this length. */
const BATCH_CHARS = 64 * 1024;

export class Outbox {
  /** Whether events may come as a list. */
  batching: boolean;
  readonly #id: number;
  readonly #send: (text: string) => void;
  #batch: string[] = [];
  #chars = 0;

  constructor(id: number, batching: boolean, send: (text: string) => void) {
    this.#id = id;
    this.batching = batching;
    this.#send = send;
  }

  /** @param text one JSON object without an id */
  put(text: string): void {
    if (!this.batching) {
      this.flush();
      this.#send(`{"id":${this.#id},${text.slice(1)}`);
      return;
    }
    this.#batch.push(text);
    this.#chars += text.length;
    if (this.#chars >= BATCH_CHARS) this.flush();
  }

  /** What is in no batch. */
  alone(message: object): void {
    this.flush();
    this.#send(jsonLine({ ...message, id: this.#id }));
  }

  flush(): void {
    if (this.#batch.length === 0) return;
    this.#send(`{"kind":"events","id":${this.#id},"events":[${this.#batch.join(",")}]}`);
    this.#batch = [];
    this.#chars = 0;
  }
}
