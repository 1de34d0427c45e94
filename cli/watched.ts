// What a session shows: a capture, and where what is in it comes from.
import type { AddressInfo } from "node:net";
import type { Capture } from "../src/index.js";
import type { DecodedTraffic } from "../src/proxy/decoding.js";
import type { ServerTrust } from "../src/view/shell-command.js";

export interface Watched extends DecodedTraffic {
  readonly capture: Capture;
  /** In a few words, as in ":50050 → localhost:50051". */
  readonly where: string;
  /** host:port where clients connect to; undefined where none can. */
  readonly listen?: string | undefined;
  /** The file that is shown, where it is no live traffic. */
  readonly file?: string | undefined;
  /** Where calls go, as the user gave it. */
  readonly upstream?: string | undefined;
  /** How servers are told from others, for commands that reach them without us. */
  readonly trust?: ServerTrust | undefined;
  /** Unix ms, where it is not the clock's time: that of the last event of a file. */
  readonly now?: (() => number) | undefined;
  /** Never lets its clients reach this address, which is another of our own. */
  refuse?(own: AddressInfo): void;
}
