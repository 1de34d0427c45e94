// Reads the first octets of a socket until they say enough, and leaves the socket paused for whoever comes next.
import type { Socket } from "node:net";

export interface Peeked<T> {
  /** All that was read so far. */
  readonly bytes: Buffer;
  /** What they say; undefined when the socket ended, closed or stayed silent before they did. */
  readonly found: T | undefined;
  /** The other side has sent its FIN. */
  readonly ended: boolean;
}

/**
 * @param decide undefined while more octets are needed
 * @param silenceMs how long to wait for the first octet: some protocols let the server speak first
 */
export function peek<T>(
  socket: Socket,
  already: Buffer,
  decide: (bytes: Buffer) => T | undefined,
  silenceMs?: number,
): Promise<Peeked<T>> {
  let bytes = already;
  const now = bytes.length === 0 ? undefined : decide(bytes);
  if (now !== undefined) return Promise.resolve({ bytes, found: now, ended: false });
  return new Promise((resolve) => {
    const finish = (found: T | undefined, ended: boolean) => {
      clearTimeout(timer);
      socket.pause();
      socket.removeListener("data", onData);
      socket.removeListener("end", onEnd);
      socket.removeListener("close", onEnd);
      resolve({ bytes, found, ended });
    };
    const timer = silenceMs === undefined ? undefined : setTimeout(() => finish(undefined, false), silenceMs);
    const onData = (chunk: Buffer) => {
      clearTimeout(timer);
      bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
      const found = decide(bytes);
      if (found !== undefined) finish(found, false);
    };
    const onEnd = () => finish(undefined, true);
    socket.on("data", onData);
    socket.on("end", onEnd);
    socket.on("close", onEnd);
    socket.resume();
  });
}
