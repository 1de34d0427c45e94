// One side's ends of an attack's connections: what each sends, and what was put in and came out at it.
import { createHash } from "node:crypto";
import type { Socket } from "node:net";
import { NOTHING } from "./bytes.js";
import type { Script } from "./script.js";

/** Octets kept to tell whether what arrived is the beginning of what was sent. */
const KEPT_BYTES = 65_536;

/** How far one side's ends are. */
export interface Report {
  readonly ends: number;
  /** Those that are not closed. */
  readonly open: number;
  /** Those that still have something to do. */
  readonly acting: number;
  readonly sent: number;
  readonly received: number;
}

/** What passed one side's ends, one entry each. */
export interface Evidence {
  readonly sent: readonly Passed[];
  readonly received: readonly Passed[];
}

export interface Passed {
  readonly bytes: number;
  readonly hash: string;
  /** The first octets, where they were asked for. */
  readonly head: Uint8Array;
}

/** What passed one end in one direction. */
class Tally {
  bytes = 0;
  readonly #hash = createHash("sha256");
  readonly #kept: Uint8Array[] = [];
  #keptBytes = 0;

  add(bytes: Uint8Array): void {
    this.bytes += bytes.length;
    this.#hash.update(bytes);
    if (this.#keptBytes >= KEPT_BYTES) return;
    const keep = bytes.slice(0, KEPT_BYTES - this.#keptBytes);
    this.#kept.push(keep);
    this.#keptBytes += keep.length;
  }

  passed(head: boolean): Passed {
    const hash = this.#hash.copy().digest("hex");
    return { bytes: this.bytes, hash, head: head ? Buffer.concat(this.#kept) : NOTHING };
  }
}

/** One end of a connection. */
export class End {
  readonly socket: Socket;
  readonly script: Script;
  readonly sent = new Tally();
  readonly received = new Tally();
  readonly closed: Promise<void>;
  #spoken: () => void = () => {};
  readonly #spoke = new Promise<void>((resolve) => {
    this.#spoken = resolve;
  });

  constructor(socket: Socket, script: Script, first: Uint8Array) {
    this.socket = socket;
    this.script = script;
    socket.on("error", () => {});
    this.closed = new Promise((resolve) => (socket.closed ? resolve() : socket.once("close", () => resolve())));
    void this.closed.then(this.#spoken);
    const take = (chunk: Uint8Array) => {
      this.received.add(chunk);
      if (this.received.bytes >= (script.waitsFor ?? 1)) this.#spoken();
    };
    if (first.length > 0) take(first);
    if (script.deaf) {
      socket.pause();
      this.#spoken();
      return;
    }
    socket.on("data", take);
    socket.on("end", this.#spoken);
    socket.resume();
  }

  async act(bytes: number, connection: number): Promise<void> {
    const { script, socket } = this;
    if (script.open !== undefined) await this.#write(script.open);
    if (script.main !== undefined) {
      if (!script.atOnce) await this.#spoke;
      for (const piece of script.main(bytes, connection)) {
        if (socket.destroyed) break;
        await this.#write(piece);
      }
    }
    if (script.end === "reset") reset(socket);
    else if (script.end !== "stay") socket.end();
  }

  async #write(piece: Uint8Array): Promise<void> {
    if (this.script.drip) {
      for (let at = 0; at < piece.length && !this.socket.destroyed; at++) {
        await this.#put(piece.subarray(at, at + 1));
        await new Promise((resolve) => setImmediate(resolve));
      }
    } else await this.#put(piece);
  }

  async #put(piece: Uint8Array): Promise<void> {
    const { socket } = this;
    if (socket.destroyed || !socket.writable) return;
    this.sent.add(piece);
    if (socket.write(piece)) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        socket.removeListener("drain", done);
        socket.removeListener("close", done);
        resolve();
      };
      socket.on("drain", done);
      socket.on("close", done);
    });
  }
}

/** All ends of one side. */
export class Ends {
  readonly #script: Script;
  readonly #ends: End[] = [];
  #acting = 0;

  constructor(script: Script) {
    this.#script = script;
  }

  /**
   * @param first what was read of it before
   * @param connection 0, 1, 2 …
   * @returns once it has done its part
   */
  async act(socket: Socket, first: Uint8Array, bytes: number, connection = this.#ends.length): Promise<End> {
    const end = new End(socket, this.#script, first);
    this.#ends.push(end);
    this.#acting++;
    await end.act(bytes, connection);
    this.#acting--;
    return end;
  }

  report(): Report {
    const sum = (of: "sent" | "received") => this.#ends.reduce((total, end) => total + end[of].bytes, 0);
    const open = this.#ends.filter(({ socket }) => !socket.closed).length;
    return { ends: this.#ends.length, open, acting: this.#acting, sent: sum("sent"), received: sum("received") };
  }

  /** @param heads the first octets of each as well */
  evidence(heads: boolean): Evidence {
    const passed = (of: "sent" | "received") => this.#ends.map((end) => end[of].passed(heads));
    return { sent: passed("sent"), received: passed("received") };
  }

  /** Cuts them all. */
  async cut(): Promise<void> {
    for (const { socket } of this.#ends) socket.destroy();
    await Promise.all(this.#ends.map(({ closed }) => closed));
  }
}

/** As abruptly as can be: a RST, if it is TCP. */
function reset(socket: Socket): void {
  try {
    socket.resetAndDestroy();
  } catch {
    socket.destroy();
  }
}
