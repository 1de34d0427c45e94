// What an attack is: what each side puts on the wire, how it reads, and how it leaves.
import type { Side } from "../../src/model/fields.js";

/** One side's part in an attack. */
export interface Script {
  /** Sent at once. */
  readonly open?: Uint8Array;
  /**
   * Sent once the other side has spoken, as fast as it is taken.
   * @param bytes about how many octets, in all pieces together
   * @param connection 0, 1, 2 … where the attack opens several
   */
  readonly main?: (bytes: number, connection: number) => Iterable<Uint8Array>;
  /** Does not wait for the other side's first octets. */
  readonly atOnce?: boolean;
  /** Waits for so many of the other side's octets, on each connection. */
  readonly waitsFor?: number;
  /** One octet a write, each in a turn of its own. */
  readonly drip?: boolean;
  /** Never reads: what is sent to it stays in buffers. */
  readonly deaf?: boolean;
  /** `stay` waits for the arena to cut all connections; default `fin`. */
  readonly end?: "fin" | "reset" | "stay";
}

/** A number for `npm test`, and one for the full sizes. */
export interface Sizes {
  readonly quick: number;
  readonly full: number;
}

export interface Attack {
  readonly name: string;
  /** What it is known by: a CVE, or the section that it plays with. */
  readonly source: string;
  readonly from: Side | "both";
  readonly client: Script;
  readonly server: Script;
  /** Octets that `main` is asked for, on each connection. */
  readonly bytes: Sizes;
  readonly connections?: Sizes;
  /** How many of them at once; default all. */
  readonly atOnce?: number;
  /**
   * What must arrive: `all` (default) of each side's octets; a `part` (the sender resets, so that the end may be lost, but
   * what arrives is the beginning of what was sent); `nothing` when the proxy answers itself.
   */
  readonly arrives?: "all" | "part" | "nothing";
  /** The client writes to the TCP socket even where the proxy is spoken to in TLS. */
  readonly raw?: boolean;
  /** It ends when nothing moves any more, because a side is deaf. */
  readonly stalls?: boolean;
  /** How the proxy is started: with a server behind it (default), or as a forward proxy without one. */
  readonly proxy?: "upstream" | "forward";
}
