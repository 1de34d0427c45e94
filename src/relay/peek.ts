// Reads the first octets of a socket until they say enough, and leaves the socket paused for whoever comes next.
import type { Socket } from "node:net";

export const NOTHING = Buffer.alloc(0);
/** Node would make an exception with a stack for each. */
const ENOUGH = new Error("one of the two has said enough");

export interface Peeked<T> {
  /** All that was read so far; it is in no one else's hands any more. */
  readonly bytes: Buffer;
  /** What they say; undefined when the socket ended, closed or stayed silent before they did. */
  readonly found: T | undefined;
  /** Nothing more will come: the other side has sent its FIN, or is gone. */
  readonly ended: boolean;
}

export interface PeekOptions {
  /** How long to wait for the first octet: some protocols let the server speak first. */
  readonly silenceMs?: number | undefined;
  /** How long to wait for more where there are some that do not say enough. */
  readonly hesitationMs?: number | undefined;
  /** Ends the reading where it is. */
  readonly stop?: AbortSignal;
}

/**
 * @param already what was read before
 * @param decide undefined while more octets are needed
 */
export function peek<T>(
  socket: Socket,
  already: Buffer,
  decide: (bytes: Buffer) => T | undefined,
  options: PeekOptions = {},
): Promise<Peeked<T>> {
  const { silenceMs, hesitationMs, stop } = options;
  let bytes = already;
  const known = bytes.length === 0 ? undefined : decide(bytes);
  // Its end may have come while nobody listened.
  const over = socket.readableEnded || socket.destroyed;
  if (known !== undefined || over) return Promise.resolve({ bytes, found: known, ended: over });
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    const finish = (found: T | undefined, ended: boolean) => {
      clearTimeout(timer);
      socket.pause();
      socket.removeListener("data", onData);
      socket.removeListener("end", onEnd);
      socket.removeListener("close", onEnd);
      stop?.removeEventListener("abort", onStop);
      resolve({ bytes, found, ended });
    };
    const onStop = () => finish(undefined, false);
    const onEnd = () => finish(undefined, true);
    const wait = (ms: number | undefined) => {
      clearTimeout(timer);
      timer = ms === undefined ? undefined : setTimeout(onStop, ms);
    };
    const onData = (chunk: Buffer) => {
      bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
      const found = decide(bytes);
      if (found === undefined) wait(hesitationMs);
      else finish(found, false);
    };
    wait(bytes.length === 0 ? silenceMs : hesitationMs);
    stop?.addEventListener("abort", onStop);
    socket.on("data", onData);
    socket.on("end", onEnd);
    socket.on("close", onEnd);
    socket.resume();
  });
}

/**
 * Peeks at two sockets until one of them has said enough or ended; what was read of the other is given as well.
 * @param hesitationMs how long the first may stop before it has said enough
 */
export async function peekEither<A, B>(
  one: Socket,
  decideOne: (bytes: Buffer) => A | undefined,
  other: Socket,
  decideOther: (bytes: Buffer) => B | undefined,
  hesitationMs?: number,
): Promise<readonly [Peeked<A>, Peeked<B>]> {
  const stop = new AbortController();
  const first = peek(one, NOTHING, decideOne, { stop: stop.signal, hesitationMs });
  const second = peek(other, NOTHING, decideOther, { stop: stop.signal });
  await Promise.race([first, second]);
  stop.abort(ENOUGH);
  return Promise.all([first, second]);
}
