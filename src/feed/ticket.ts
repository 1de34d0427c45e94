// A way into the page that works once: for a link that others may see, as a program's arguments are in the list of processes.
import { randomBytes } from "node:crypto";

/** A browser that has to be started first may take a while. */
const GOOD_FOR_MS = 60_000;
const PREFIX = "/open/";

export class Tickets {
  readonly #clock: () => number;
  /** Until when each is good. */
  readonly #until = new Map<string, number>();

  /** @param clock milliseconds of any clock that goes on evenly */
  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
  }

  /** @returns the path of an address that leads to the page, with its token, once */
  issue(): string {
    const path = PREFIX + randomBytes(24).toString("base64url");
    this.#until.set(path, this.#clock() + GOOD_FOR_MS);
    return path;
  }

  /** @returns whether it was a ticket, and not used yet */
  redeem(path: string): boolean {
    const until = this.#until.get(path);
    return until !== undefined && this.#until.delete(path) && this.#clock() <= until;
  }
}
