// Standard output as a sink: waits for a slow reader, and takes one that left for the end.
import type { Sink } from "./output.js";

export interface Stdout extends Sink {
  /** Settles when the reader left (EPIPE). */
  readonly broken: Promise<void>;
}

export function openStdout(): Stdout {
  const stream = process.stdout;
  let gone = false;
  let leave: () => void = () => {};
  const broken = new Promise<void>((resolve) => (leave = resolve));
  stream.on("error", () => {
    gone = true;
    leave();
  });
  return {
    broken,
    async write(text) {
      if (gone || stream.write(text)) return;
      await new Promise<void>((resolve) => {
        stream.once("drain", resolve);
        void broken.then(resolve);
      });
    },
  };
}
