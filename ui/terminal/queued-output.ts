// The way to the terminal: nothing waits for it but the next frame.
import { EventEmitter } from "node:events";
import type { ScreenOutput } from "./blessed-screen.js";

export interface QueuedOutput extends ScreenOutput {
  /** Whether something is still on its way. */
  readonly busy: boolean;
  /** Settles when all is on the screen, or cannot get there any more. */
  drained(): Promise<void>;
  onDrained(listener: () => void): void;
}

/** What says how large the terminal is, and when that changes. */
export interface SizedTerminal {
  readonly columns: number;
  readonly rows: number;
  on(event: "resize", listener: () => void): unknown;
  removeListener(event: "resize", listener: () => void): unknown;
}

/** @param write settles when the terminal has taken it */
export function queuedOutput(write: (text: string) => Promise<void>, terminal: SizedTerminal): QueuedOutput {
  return new Queue(write, terminal);
}

class Queue extends EventEmitter implements QueuedOutput {
  readonly writable = true;
  readonly isTTY = true;
  readonly #write: (text: string) => Promise<void>;
  readonly #terminal: SizedTerminal;
  #pending = 0;

  constructor(write: (text: string) => Promise<void>, terminal: SizedTerminal) {
    super();
    this.#write = write;
    this.#terminal = terminal;
    terminal.on("resize", () => this.emit("resize"));
  }

  get columns(): number {
    return this.#terminal.columns;
  }

  get rows(): number {
    return this.#terminal.rows;
  }

  get busy(): boolean {
    return this.#pending > 0;
  }

  write(text: string): boolean {
    this.#pending++;
    void this.#write(text).finally(() => {
      if (--this.#pending === 0) this.emit("drained");
    });
    return true;
  }

  drained(): Promise<void> {
    return this.busy ? new Promise((resolve) => this.once("drained", resolve)) : Promise.resolve();
  }

  onDrained(listener: () => void): void {
    this.on("drained", listener);
  }
}
