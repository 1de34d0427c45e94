// Descriptors for free: what servers answer to the reflection calls of others, which pass through the proxy.
import type { Capture } from "../../capture/capture.js";
import { EventCursor } from "../../capture/cursor.js";
import { decompress } from "../../message/decompress.js";
import type { CaptureEvent, DroppedEvent, MessageEvent } from "../../model/events.js";
import { isReflectionMethod, readAnswer, readFileFacts } from "./messages.js";

/** Takes FileDescriptorProtos; not all that they import need be among them. */
export type OnDescriptors = (files: readonly Uint8Array[]) => void;

/** Reflection calls open at once that are followed; a client has one. */
const MAX_CALLS = 1000;
/** Compressed answers that wait for their turn; further ones are let go. */
const MAX_WAITING = 64;

/** For a reader of events that is there anyway. */
export class Overhearer {
  readonly #bytesOf: (seq: number) => Uint8Array | undefined;
  readonly #onDescriptors: OnDescriptors;
  readonly #calls = new Set<number>();
  #waiting = 0;
  #turn: Promise<void> = Promise.resolve();
  #stopped = false;

  /** @param bytesOf as {@link Capture.messageBytes} */
  constructor(bytesOf: (seq: number) => Uint8Array | undefined, onDescriptors: OnDescriptors) {
    this.#bytesOf = bytesOf;
    this.#onDescriptors = onDescriptors;
  }

  /** Takes an event; cheap for those of other calls. */
  see(event: CaptureEvent | DroppedEvent): void {
    if (event.kind === "client-header") {
      if (isReflectionMethod(event.method)) this.#follow(event.call);
    } else if (event.kind === "call-end") {
      this.#calls.delete(event.call);
    } else if (event.kind === "server-message" && this.#calls.has(event.call)) {
      this.#message(event);
    }
  }

  /** Nothing is handed on any more. */
  stop(): void {
    this.#stopped = true;
  }

  #follow(call: number): void {
    this.#calls.add(call);
    if (this.#calls.size <= MAX_CALLS) return;
    const [oldest] = this.#calls;
    this.#calls.delete(oldest!);
  }

  #message(event: MessageEvent): void {
    // Its files could be cut, too.
    if (event.problem !== undefined || event.truncated === true) return;
    const bytes = this.#bytesOf(event.seq);
    if (bytes === undefined) return;
    if (event.encoding === "identity") {
      this.#answer(bytes);
      return;
    }
    if (this.#waiting >= MAX_WAITING) return;
    this.#waiting++;
    this.#turn = this.#turn.then(async () => {
      const plain = await decompress(event.encoding, bytes);
      this.#waiting--;
      if ("bytes" in plain) this.#answer(plain.bytes);
    });
  }

  #answer(bytes: Uint8Array): void {
    const answer = this.#stopped ? undefined : readAnswer(bytes);
    if (answer?.kind !== "files") return;
    const files = answer.files.filter((file) => readFileFacts(file) !== undefined);
    if (files.length > 0) this.#onDescriptors(files);
  }
}

/**
 * Learns from a capture as it grows, from its oldest event on. A file that passes twice is handed on twice.
 * @returns a function that ends it
 */
export function overhear(capture: Capture, onDescriptors: OnDescriptors): () => void {
  const overhearer = new Overhearer((seq) => capture.messageBytes(seq), onDescriptors);
  const stop = new EventCursor(capture).follow((event) => overhearer.see(event));
  return () => {
    overhearer.stop();
    stop();
  };
}
