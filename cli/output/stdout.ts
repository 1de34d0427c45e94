// Standard output as a sink: waits for a slow reader, and takes one that left for the end.
import { createWriteStream } from "node:fs";
import type { Sink } from "./output.js";

export interface Stdout extends Sink {
  /** Settles when the reader left (EPIPE). */
  readonly broken: Promise<void>;
  /** Settles when the reader has taken nothing for so long. */
  stuck(ms: number): Promise<void>;
}

/**
 * Node writes to a terminal while everything else waits, so that one that is paused (Ctrl-S, a slow link) would stop the
 * traffic; written to as to a file, in another thread, it does not. To pipes Node writes without waiting.
 */
function openStream(): NodeJS.WritableStream {
  return process.stdout.isTTY ? createWriteStream("", { fd: process.stdout.fd, autoClose: false }) : process.stdout;
}

export function openStdout(): Stdout {
  const stream = openStream();
  let gone = false;
  let takenAt = performance.now();
  let leave: () => void = () => {};
  const broken = new Promise<void>((resolve) => (leave = resolve));
  /** Writers that wait for the reader. */
  let waiting: (() => void)[] = [];
  const goOn = () => {
    takenAt = performance.now();
    const writers = waiting;
    waiting = [];
    for (const writer of writers) writer();
  };
  stream.on("drain", goOn);
  stream.on("error", () => {
    gone = true;
    leave();
    goOn();
  });
  return {
    broken,
    async write(text) {
      if (gone) return;
      if (waiting.length === 0) takenAt = performance.now();
      if (stream.write(text)) return;
      await new Promise<void>((resolve) => waiting.push(resolve));
    },
    stuck(ms) {
      return new Promise((resolve) => {
        const timer = setInterval(() => {
          if (waiting.length === 0 || performance.now() - takenAt < ms) return;
          clearInterval(timer);
          resolve();
        }, ms / 10);
        timer.unref();
      });
    },
  };
}
